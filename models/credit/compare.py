"""A client among others: the distribution of a feature for all clients or for similar ones, by outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models import arguments
from models.credit.application import columns
from models.credit.features import DAYS_PER_YEAR
from models.credit.portfolio import Portfolio
from models.credit.wording import WITHOUT, Value, is_missing, is_said, label
from models.errors import InputError, shown
from models.texts import ENGLISH, Texts

GROUPS = ("all", "similar")
# What "similar" may mean; the first three are the usual choice. The age band is five years to each side.
CRITERIA = (
    "DAYS_BIRTH",
    "NAME_INCOME_TYPE",
    "NAME_CONTRACT_TYPE",
    "NAME_EDUCATION_TYPE",
    "NAME_FAMILY_STATUS",
    "OCCUPATION_TYPE",
    "FLAG_OWN_REALTY",
)
USUAL_CRITERIA = CRITERIA[:3]
AGE_BAND = 5 * DAYS_PER_YEAR
BINS = 24


@dataclass(frozen=True)
class ClientComparison:
    """A feature's distribution in a group, with the client in it.

    Attributes:
        client_id: the client.
        feature: an original column or a feature of the model.
        value: the client's value, None where unknown.
        group: "all" or "similar".
        criteria: by which columns similar clients were chosen.
        size: clients in the group; ``known`` of them have a value.
        percentile: share of known values below the client's, 0..100 (ties count half), where ages and durations are
            negative days and the eldest is the lowest; None for a category or an unknown value.
        below, above: shares of known values that are less and more than the client's, 0..1; None where it is.
        code: what stands in place of a value, as :meth:`Portfolio.code` says; None where nothing does.
        edges: (b + 1,) bin edges of a number, else None.
        categories: (b,) values of a category, most frequent first, else None.
        repaid, defaulted: (b,) counts by outcome.
    """

    client_id: int
    feature: str
    value: Value
    group: str
    criteria: tuple[str, ...]
    size: int
    known: int
    percentile: float | None
    edges: tuple[float, ...] | None
    categories: tuple[str, ...] | None
    repaid: tuple[int, ...]
    defaulted: tuple[int, ...]
    below: float | None = None
    above: float | None = None
    code: Value = None

    def to_json(self, texts: Texts = ENGLISH) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "client_id": self.client_id,
            "feature": self.feature,
            "label": label(self.feature, texts),
            "value": self.value,
            "group": self.group,
            "group_size": self.size,
            "known": self.known,
            "percentile": self.percentile,
            "histogram": {
                "edges": list(self.edges) if self.edges is not None else None,
                "categories": list(self.categories) if self.categories is not None else None,
                "repaid": list(self.repaid),
                "defaulted": list(self.defaulted),
            },
        }


@dataclass(frozen=True)
class _Nobodys:
    """That a feature is known of nobody in a group, for a visitor of the page."""

    feature: str
    group: str
    there_is_none: bool

    def message(self, texts: Texts) -> str:
        group = texts(f"credit.compare.{self.group}")
        if self.there_is_none:
            owner, _ = WITHOUT.get(self.feature, (self.feature, None))
            return texts(f"credit.compare.nobody.{owner}", group=group)
        return texts("credit.compare.nobodys", feature=label(self.feature, texts), group=group)


def compare(
    portfolio: Portfolio,
    client_id: object,
    feature: object,
    group: object = "all",
    criteria: Sequence[str] = USUAL_CRITERIA,
) -> ClientComparison:
    """Places a client in the distribution of a feature.

    Raises:
        InputError: no such client, feature or group, or a criterion that is not among ``CRITERIA``.
    """
    row = portfolio.row(client_id)
    chosen_group = arguments.one_of("group", group, GROUPS)
    values = portfolio.values(feature)
    name = str(feature)
    used = tuple(arguments.one_of("criteria", item, CRITERIA) for item in criteria) if chosen_group == "similar" else ()
    members = alike(portfolio, portfolio.application(client_id), used)
    own, outcomes, values = values[row], portfolio.outcomes[members], values[members]
    known = int(sum(is_said(value) for value in values))
    if not known:
        rows = np.flatnonzero(members)
        raise InputError(
            "feature_unknown",
            received=shown(name),
            group=shown(chosen_group),
            count=len(columns()),
            allowed=", ".join(map(shown, GROUPS)),
            on_page=_Nobodys(name, chosen_group, all(portfolio.code(one, name) is not None for one in rows)),
        )
    numeric = values.dtype != object
    distribution = _of_numbers(float(own), values, outcomes) if numeric else _of_categories(own, values, outcomes)
    return ClientComparison(
        client_id=int(portfolio.ids[row]),
        feature=name,
        group=chosen_group,
        criteria=used,
        size=len(values),
        known=known,
        code=portfolio.code(row, name),
        **distribution,
    )


def alike(portfolio: Portfolio, application: Mapping[str, Value], criteria: Sequence[str]) -> np.ndarray:
    """Which clients match an application in every criterion, (n,) bool; all of them where there is no criterion.

    Args:
        portfolio: the clients.
        application: original column -> value; who lacks a value is like those of whom it is not known either.
        criteria: among ``CRITERIA``; of the age, five years to each side, of the others the same value.

    Raises:
        InputError: a criterion that is not among them.
    """
    members = np.ones(len(portfolio.ids), dtype=bool)
    for name in criteria:
        criterion = arguments.one_of("criteria", name, CRITERIA)
        values, own = portfolio.applications[criterion], application.get(criterion)
        if is_missing(own):
            members &= values.isna().to_numpy()
        elif criterion == "DAYS_BIRTH":
            members &= (values - float(own or 0)).abs().le(AGE_BAND).to_numpy()
        else:
            members &= np.array([value == own for value in values.tolist()])
    return members


def _of_numbers(own: float, values: np.ndarray, outcomes: np.ndarray) -> dict[str, Any]:
    """The part of a comparison that depends on the values, of a number."""
    known = ~np.isnan(values)
    seen = values[known]
    whole = np.all(seen == np.round(seen)) and np.ptp(seen) <= BINS
    edges = np.arange(seen.min() - 0.5, seen.max() + 1) if whole else np.histogram_bin_edges(seen, BINS)
    repaid, defaulted = (np.histogram(values[known & (outcomes == outcome)], edges)[0] for outcome in (0, 1))
    below, above = float((seen < own).mean()), float((seen > own).mean())
    unknown = bool(np.isnan(own))
    return {
        "value": None if unknown else own,
        "percentile": None if unknown else 50 * (1 + below - above),
        "below": None if unknown else below,
        "above": None if unknown else above,
        "edges": tuple(edges.tolist()),
        "categories": None,
        "repaid": tuple(repaid.tolist()),
        "defaulted": tuple(defaulted.tolist()),
    }


def _of_categories(own: Value, values: np.ndarray, outcomes: np.ndarray) -> dict[str, Any]:
    """The same of a category."""
    known = np.array([is_said(value) for value in values])
    found, counts = np.unique(values[known].astype(str), return_counts=True)
    categories = tuple(str(name) for name in found[np.argsort(-counts, kind="stable")])
    repaid, defaulted = (
        tuple(int((values[outcomes == outcome] == category).sum()) for category in categories) for outcome in (0, 1)
    )
    return {
        "value": own if is_said(own) else None,
        "percentile": None,
        "edges": None,
        "categories": categories,
        "repaid": repaid,
        "defaulted": defaulted,
    }
