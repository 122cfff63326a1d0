"""From the columns of a credit application to the columns that the credit model reads.

Pure numpy on named columns: the same code serves a table of 300,000 applications at training and a single
application in the app (under 3 ms). An absent column counts as missing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Array = np.ndarray

NOT_EMPLOYED = 365243  # the table's code in DAYS_EMPLOYED for "has no employment"
NOT_GIVEN = "XNA"  # the table's code in text columns for "not given"
DAYS_PER_YEAR = 365.25
EXTERNAL_SCORES = ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3")  # 0 (worst) to 1 (best)
ENQUIRIES = tuple(f"AMT_REQ_CREDIT_BUREAU_{span}" for span in ("HOUR", "DAY", "WEEK", "MON", "QRT", "YEAR"))
ADDRESSES = (
    "REG_REGION_NOT_LIVE_REGION",
    "REG_REGION_NOT_WORK_REGION",
    "LIVE_REGION_NOT_WORK_REGION",
    "REG_CITY_NOT_LIVE_CITY",
    "REG_CITY_NOT_WORK_CITY",
    "LIVE_CITY_NOT_WORK_CITY",
)


@dataclass(frozen=True)
class Derived:
    """A feature computed from original columns.

    Args:
        sources: the original columns, in the order in which ``compute`` takes them.
        compute: arrays of one length in, one array out; a missing value is NaN.
        what: what the feature measures, with its unit.
    """

    sources: tuple[str, ...]
    compute: Callable[..., Array]
    what: str


def _over(numerator: Array, denominator: Array) -> Array:
    return np.where(denominator != 0, numerator / denominator, np.nan)


def _sum(*counts: Array) -> Array:
    return np.sum(counts, axis=0)


def _mean(*scores: Array) -> Array:
    return np.nanmean(scores, axis=0)


def _geometric_mean(*scores: Array) -> Array:
    return np.exp(np.nanmean(np.log(np.add(scores, 1e-3)), axis=0))


def _mean_odds(*scores: Array) -> Array:
    kept = np.clip(scores, 1e-3, 1 - 1e-3)
    return np.nanmean(np.log(kept / (1 - kept)), axis=0)


def _lowest(*scores: Array) -> Array:
    return np.fmin.reduce(scores)


def _highest(*scores: Array) -> Array:
    return np.fmax.reduce(scores)


def _spread(*scores: Array) -> Array:
    known = np.isfinite(scores).sum(axis=0)
    return np.where(known > 1, np.nanstd(scores, axis=0), np.nan)


def _product(*scores: Array) -> Array:
    return np.where(np.isnan(scores).all(axis=0), np.nan, np.nanprod(scores, axis=0))


def _weighted(first: Array, second: Array, third: Array) -> Array:
    return np.nansum([2 * first, second, 3 * third], axis=0)


def _years(days_before: Array) -> Array:
    return -days_before / DAYS_PER_YEAR


def _years_between(earlier: Array, later: Array) -> Array:
    return _years(earlier - later)


def _usual_term(credit: Array, annuity: Array) -> Array:
    """The shortest multiple of 3 months, 6 to 60, whose annuities repay more than the credit."""
    terms = 3 * (np.floor(credit / annuity / 3) + 1)
    return np.clip(terms, 6, 60)


def _monthly_rate(credit: Array, annuity: Array) -> Array:
    """The monthly interest rate at which the annuity repays the credit in the usual term; Newton's method.

    The rate r solves credit / annuity = (1 - (1 + r)^-term) / r. The start is its second-order approximation.
    """
    ratio, term = credit / annuity, _usual_term(credit, annuity)
    rate = np.maximum(2 * (term - ratio) / (ratio * (term + 1)), 1e-6)
    for _ in range(6):
        discount = (1 + rate) ** -term
        gap = (1 - discount) / rate - ratio
        slope = (term * discount / (1 + rate) - (1 - discount) / rate) / rate
        rate = np.maximum(rate - gap / slope, 1e-6)
    return rate


def _least_interest(credit: Array, annuity: Array) -> Array:
    return np.ceil(credit / annuity) * annuity / credit - 1


CREDIT, ANNUITY, GOODS, INCOME = "AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE", "AMT_INCOME_TOTAL"
BORN, HIRED = "DAYS_BIRTH", "DAYS_EMPLOYED"
DERIVED: dict[str, Derived] = {
    "CREDIT_TERM": Derived((CREDIT, ANNUITY), _over, "credit over annuity: payments, without interest"),
    "USUAL_TERM": Derived((CREDIT, ANNUITY), _usual_term, "shortest usual term that repays the credit, months"),
    "MONTHLY_RATE": Derived((CREDIT, ANNUITY), _monthly_rate, "interest rate at the shortest usual term, per month"),
    "LEAST_INTEREST": Derived((CREDIT, ANNUITY), _least_interest, "interest over credit, at the fewest payments"),
    "GOODS_TERM": Derived((GOODS, ANNUITY), _over, "price of the goods over annuity: payments"),
    "CREDIT_TO_GOODS": Derived((CREDIT, GOODS), _over, "credit per unit of price of the goods"),
    "CREDIT_ABOVE_GOODS": Derived((CREDIT, GOODS), np.subtract, "credit beyond the price of the goods, money"),
    "CREDIT_ABOVE_GOODS_TO_INCOME": Derived(
        (CREDIT, GOODS, INCOME), lambda c, g, i: _over(c - g, i), "credit beyond the goods over yearly income"
    ),
    "CREDIT_TO_INCOME": Derived((CREDIT, INCOME), _over, "credit over yearly income: years"),
    "GOODS_TO_INCOME": Derived((GOODS, INCOME), _over, "price of the goods over yearly income: years"),
    "ANNUITY_TO_INCOME": Derived((ANNUITY, INCOME), _over, "annuity over yearly income"),
    "INCOME_ABOVE_ANNUITY": Derived((INCOME, ANNUITY), np.subtract, "yearly income less the annuity, money"),
    "INCOME_PER_PERSON": Derived((INCOME, "CNT_FAM_MEMBERS"), _over, "yearly income per member of the family"),
    "INCOME_PER_YEAR_OF_AGE": Derived((INCOME, BORN), lambda i, b: _over(i, _years(b)), "income over age, per year"),
    "CREDIT_PER_YEAR_OF_AGE": Derived((CREDIT, BORN), lambda c, b: _over(c, _years(b)), "credit over age, per year"),
    "INCOME_PER_YEAR_EMPLOYED": Derived(
        (INCOME, HIRED), lambda i, h: _over(i, _years(h)), "income over years in the present job"
    ),
    "AGE_AT_END": Derived(
        (BORN, CREDIT, ANNUITY), lambda b, c, a: _years(b) + _over(c, a) / 12, "age at the last payment, years"
    ),
    "AGE_AT_EMPLOYMENT": Derived((BORN, HIRED), _years_between, "age at hiring, years"),
    "AGE_AT_REGISTRATION": Derived((BORN, "DAYS_REGISTRATION"), _years_between, "age at registration, years"),
    "AGE_AT_ID_PUBLISH": Derived((BORN, "DAYS_ID_PUBLISH"), _years_between, "age at the last identity paper, years"),
    "EMPLOYED_SHARE_OF_LIFE": Derived((HIRED, BORN), _over, "share of the life in the present job"),
    "REGISTERED_SHARE_OF_LIFE": Derived(("DAYS_REGISTRATION", BORN), _over, "share of the life since registration"),
    "ID_SHARE_OF_LIFE": Derived(("DAYS_ID_PUBLISH", BORN), _over, "share of the life since the identity paper"),
    "PHONE_SHARE_OF_LIFE": Derived(("DAYS_LAST_PHONE_CHANGE", BORN), _over, "share of the life with this phone"),
    "CAR_AGE_TO_AGE": Derived(("OWN_CAR_AGE", BORN), lambda c, b: _over(c, _years(b)), "age of car over client's"),
    "EXT_SOURCE_MEAN": Derived(EXTERNAL_SCORES, _mean, "mean of the known external scores, 0..1"),
    "EXT_SOURCE_GEOMETRIC_MEAN": Derived(EXTERNAL_SCORES, _geometric_mean, "geometric mean of the external scores"),
    "EXT_SOURCE_MEAN_ODDS": Derived(EXTERNAL_SCORES, _mean_odds, "mean log-odds of the known external scores"),
    "EXT_SOURCE_MIN": Derived(EXTERNAL_SCORES, _lowest, "lowest known external score, 0..1"),
    "EXT_SOURCE_MAX": Derived(EXTERNAL_SCORES, _highest, "highest known external score, 0..1"),
    "EXT_SOURCE_SPREAD": Derived(EXTERNAL_SCORES, _spread, "standard deviation of the known external scores"),
    "EXT_SOURCE_PRODUCT": Derived(EXTERNAL_SCORES, _product, "product of the known external scores, 0..1"),
    "EXT_SOURCE_WEIGHTED": Derived(EXTERNAL_SCORES, _weighted, "external scores weighted 2, 1, 3; unknown as 0"),
    "EXT_SOURCE_1_2": Derived(("EXT_SOURCE_1", "EXT_SOURCE_2"), np.multiply, "product of external scores 1 and 2"),
    "EXT_SOURCE_1_3": Derived(("EXT_SOURCE_1", "EXT_SOURCE_3"), np.multiply, "product of external scores 1 and 3"),
    "EXT_SOURCE_2_3": Derived(("EXT_SOURCE_2", "EXT_SOURCE_3"), np.multiply, "product of external scores 2 and 3"),
    "EXT_SOURCE_1_LESS_3": Derived(("EXT_SOURCE_1", "EXT_SOURCE_3"), np.subtract, "external score 1 less score 3"),
    "EXT_SOURCE_2_LESS_3": Derived(("EXT_SOURCE_2", "EXT_SOURCE_3"), np.subtract, "external score 2 less score 3"),
    "EXT_SOURCE_1_LESS_2": Derived(("EXT_SOURCE_1", "EXT_SOURCE_2"), np.subtract, "external score 1 less score 2"),
    "EXT_SOURCE_1_TO_AGE": Derived(
        ("EXT_SOURCE_1", BORN), lambda s, b: _over(s, _years(b)), "external score 1 over age, per year"
    ),
    "ENQUIRIES": Derived(ENQUIRIES, _sum, "credit bureau enquiries in the last year"),
    "ADDRESS_MISMATCHES": Derived(ADDRESSES, _sum, "addresses (registered, home, work) that differ, pairs 0..6"),
    "CIRCLE_DEFAULT_SHARE": Derived(
        ("DEF_30_CNT_SOCIAL_CIRCLE", "OBS_30_CNT_SOCIAL_CIRCLE"),
        lambda late, seen: late / (seen + 1),
        "acquaintances 30 days late over those observed, plus one",
    ),
}


@dataclass(frozen=True)
class Lookup:
    """A statistic of groups of applications, learnt at training and read at prediction.

    Args:
        key: the category column that names the group.
        table: group -> value.
        default: the value of a group never seen, or of none.
    """

    key: str
    table: Mapping[str, float]
    default: float


@dataclass(frozen=True)
class FeatureSpec:
    """What turns applications into the model's features.

    Args:
        features: the names in order: an original column, a key of ``DERIVED`` or of ``lookups``.
        categories: category column -> its values; a value's code is its place in the list.
        lookups: feature -> its statistic by group.
    """

    features: tuple[str, ...]
    categories: Mapping[str, tuple[str, ...]]
    lookups: Mapping[str, Lookup] = field(default_factory=dict)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FeatureSpec:
        """Read the recipe from ``weights/credit/config.json``."""
        return cls(
            features=tuple(config["features"]),
            categories={name: tuple(values) for name, values in config["categories"].items()},
            lookups={name: Lookup(**lookup) for name, lookup in config["lookups"].items()},
        )

    def sources(self, feature: str) -> tuple[str, ...]:
        """The original columns that a feature is computed from."""
        if feature in self.lookups:
            return (self.lookups[feature].key,)
        return DERIVED[feature].sources if feature in DERIVED else (feature,)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every original column that the model uses, each once."""
        return tuple(dict.fromkeys(source for feature in self.features for source in self.sources(feature)))


def engineer(applications: pd.DataFrame, recipe: FeatureSpec) -> pd.DataFrame:
    """The model's features.

    Args:
        applications: original columns of ``application_train``; an absent column counts as missing.
        recipe: what to compute.

    Returns:
        One row per application, the columns ``recipe.features`` in order, float64; a category is its code.
        A missing value, or a category that training never saw, is NaN.
    """
    columns = _clean(applications, recipe)
    made = np.empty((len(applications), len(recipe.features)))
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Mean of empty slice|Degrees of freedom")  # no score known: NaN is meant
        for place, name in enumerate(recipe.features):
            if name in recipe.lookups:
                made[:, place] = _look_up(applications, recipe.lookups[name])
            elif name in DERIVED:
                made[:, place] = DERIVED[name].compute(*(columns[source] for source in DERIVED[name].sources))
            else:
                made[:, place] = columns[name]
    return pd.DataFrame(made, columns=list(recipe.features), index=applications.index)


def _clean(applications: pd.DataFrame, recipe: FeatureSpec) -> dict[str, Array]:
    """Every original column that the features are computed from: numbers, or codes of categories."""
    looked_up = {lookup.key for lookup in recipe.lookups.values()}
    numeric = [name for name in recipe.columns if name not in recipe.categories and name not in looked_up]
    # all at once: for a single application, pandas takes longer to hand out columns than numpy to compute
    table = applications.reindex(columns=numeric).to_numpy(dtype=float, na_value=np.nan)
    columns = dict(zip(numeric, table.T, strict=True))
    if "DAYS_EMPLOYED" in columns:
        hired = columns["DAYS_EMPLOYED"]
        columns["DAYS_EMPLOYED"] = np.where(hired == NOT_EMPLOYED, np.nan, hired)
    for name, categories in recipe.categories.items():
        codes: dict[object, float] = {value: float(code) for code, value in enumerate(categories)}
        values = applications[name].tolist() if name in applications else [None] * len(applications)
        columns[name] = np.array([codes.get(value, np.nan) for value in values])
    return columns


def _look_up(applications: pd.DataFrame, lookup: Lookup) -> Array:
    if lookup.key not in applications:
        return np.full(len(applications), lookup.default)
    return np.array([lookup.table.get(group, lookup.default) for group in applications[lookup.key].tolist()])
