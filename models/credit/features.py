"""The facts that the credit model reads, each with its group and the only way it may move the risk.

Pure numpy on named columns: the same code serves a table of 300,000 applications at training and a single
application in the app (0.2 ms). An absent column counts as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray

NOT_EMPLOYED = 365243  # the table's code in DAYS_EMPLOYED for "has no employment"
NOT_GIVEN = "XNA"  # the table's code in text columns for "not given"
DAYS_PER_YEAR = 365.25
# The groups that features are explained in, in the order of an application form.
GROUPS = ("external_scores", "loan", "income", "work", "person", "home", "region", "credit_history", "papers")


def _over(numerator: Array, denominator: Array) -> Array:
    ratio = numerator / denominator
    return np.where(np.isfinite(ratio), ratio, np.nan)  # nothing is a share of nothing


@dataclass(frozen=True)
class Feature:
    """A fact of an application that the model may read.

    Args:
        group: one of ``GROUPS``.
        monotone: 1 where a larger value never lowers the risk, -1 where it never raises it, 0 where it may do either.
        sources: of a ratio, the original columns of its numerator and its denominator; empty for an original column.
        what: of a ratio, what it measures.
    """

    group: str
    monotone: int = 0
    sources: tuple[str, ...] = ()
    what: str = ""


# CODE_GENDER is left out on purpose: EU Directive 2004/113 forbids it as a factor. What it would add to the
# ROC-AUC is recorded in the model card. DAYS_* count backwards from the application: a larger one is more recent.
FEATURES: dict[str, Feature] = {
    "EXT_SOURCE_1": Feature("external_scores", monotone=-1),
    "EXT_SOURCE_2": Feature("external_scores", monotone=-1),
    "EXT_SOURCE_3": Feature("external_scores", monotone=-1),
    "NAME_CONTRACT_TYPE": Feature("loan"),
    "AMT_CREDIT": Feature("loan", monotone=1),
    "AMT_ANNUITY": Feature("loan", monotone=1),
    "AMT_GOODS_PRICE": Feature("loan"),
    "CREDIT_TO_GOODS": Feature(
        "loan", 1, ("AMT_CREDIT", "AMT_GOODS_PRICE"), "amount borrowed over the price of the goods"
    ),
    "CREDIT_TERM": Feature("loan", 0, ("AMT_CREDIT", "AMT_ANNUITY"), "amount borrowed over the instalment, months"),
    "ANNUITY_TO_INCOME": Feature("income", 1, ("AMT_ANNUITY", "AMT_INCOME_TOTAL"), "instalment over the income"),
    "AMT_INCOME_TOTAL": Feature("income"),
    "NAME_INCOME_TYPE": Feature("income"),
    "DAYS_EMPLOYED": Feature("work", monotone=1),
    "OCCUPATION_TYPE": Feature("work"),
    "ORGANIZATION_TYPE": Feature("work"),
    "FLAG_WORK_PHONE": Feature("work"),
    "DAYS_BIRTH": Feature("person"),
    "NAME_FAMILY_STATUS": Feature("person"),
    "CNT_CHILDREN": Feature("person"),
    "NAME_EDUCATION_TYPE": Feature("person"),
    "NAME_HOUSING_TYPE": Feature("home"),
    "FLAG_OWN_REALTY": Feature("home"),
    "OWN_CAR_AGE": Feature("home"),
    "REGION_RATING_CLIENT_W_CITY": Feature("region", monotone=1),
    "REGION_POPULATION_RELATIVE": Feature("region"),
    "REG_CITY_NOT_LIVE_CITY": Feature("region"),
    "REG_CITY_NOT_WORK_CITY": Feature("region"),
    "DAYS_REGISTRATION": Feature("region"),
    "DEF_30_CNT_SOCIAL_CIRCLE": Feature("credit_history", monotone=1),
    "AMT_REQ_CREDIT_BUREAU_QRT": Feature("credit_history"),
    "AMT_REQ_CREDIT_BUREAU_YEAR": Feature("credit_history"),
    "DAYS_ID_PUBLISH": Feature("papers"),
    "DAYS_LAST_PHONE_CHANGE": Feature("papers"),
    "FLAG_DOCUMENT_3": Feature("papers"),
}


def sources(name: str) -> tuple[str, ...]:
    """The original columns that a feature is computed from."""
    known = FEATURES.get(name)
    return known.sources if known and known.sources else (name,)


@dataclass(frozen=True)
class FeatureSpec:
    """What turns applications into the model's features.

    Args:
        features: the names in order.
        categories: category column -> its values, from the lowest default rate at training to the highest; a value's
            code is its place in the list.
        usual: feature -> its median at training, for those that were hardly ever unknown there: a model cannot learn
            what it means that they are, so unknown counts as usual.
    """

    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    usual: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FeatureSpec:
        """Of a model's ``config.json``."""
        return cls(
            features=tuple(config["features"]),
            categories={name: tuple(values) for name, values in config["categories"].items()},
            usual={name: float(value) for name, value in config["usual"].items()},
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every original column that the model uses, each once."""
        return tuple(dict.fromkeys(source for name in self.features for source in sources(name)))

    @cached_property
    def codes(self) -> Mapping[str, Mapping[object, float]]:
        """Category column -> value -> its code."""
        return {
            name: {value: float(code) for code, value in enumerate(self.categories[name])} for name in self.categories
        }

    def stand_in(self, name: str, value: object) -> float | str | None:
        """What the model takes in place of a feature's value that is unknown, or a category that training hardly met:
        the usual value, a category by its name; None where it takes the value itself, or unknown as unknown.
        """
        usual = self.usual.get(name)
        if usual is None:
            return None
        categories = self.categories.get(name)
        if categories is not None:
            return None if value in self.codes[name] else categories[int(usual)]
        return usual if value is None or value != value else None  # NaN is not itself

    @cached_property
    def plan(self) -> tuple[tuple[tuple[str, ...], float | None], ...]:
        """Of each feature, the columns that it is made of and what stands in for unknown, if anything does."""
        return tuple((sources(name), self.usual.get(name)) for name in self.features)


def engineer(applications: pd.DataFrame | Mapping[str, Array | Sequence[Any]], spec: FeatureSpec) -> Array:
    """The model's features.

    Args:
        applications: n values of each original column of ``application_train``; an absent column counts as missing.
        spec: what to compute.

    Returns:
        (n, f) float64, the columns ``spec.features`` in order; a category is its code. A missing value, or a category
        that training never saw, is NaN, unless there is a usual value for it.
    """
    rows = len(applications) if isinstance(applications, pd.DataFrame) else len(next(iter(applications.values())))
    columns = {name: _column(applications, name, spec, rows) for name in spec.columns}
    made = np.empty((rows, len(spec.features)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for place, (names, usual) in enumerate(spec.plan):
            values = _over(*(columns[source] for source in names)) if len(names) == 2 else columns[names[0]]
            made[:, place] = values if usual is None else np.where(np.isnan(values), usual, values)
    return made


def _column(applications: pd.DataFrame | Mapping[str, Any], name: str, spec: FeatureSpec, rows: int) -> Array:
    """An original column as numbers, NaN where unknown; of a category, the codes."""
    if name not in applications:
        return np.full(rows, np.nan)
    given = applications[name]
    if name in spec.categories:
        codes = spec.codes[name]
        return np.array([codes.get(value, np.nan) for value in given])
    values = given.to_numpy(dtype=float, na_value=np.nan) if isinstance(given, pd.Series) else np.asarray(given, float)
    return np.where(values == NOT_EMPLOYED, np.nan, values) if name == "DAYS_EMPLOYED" else values
