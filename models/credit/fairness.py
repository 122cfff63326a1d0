"""What an auditor asks for: how groups fare at a cut-off, from counts measured out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.statistics import Interval, wilson


@dataclass(frozen=True)
class GroupRates:
    """One group at a cut-off.

    Attributes:
        group: such as "F" or "30-40".
        count: loans.
        acceptance: share of the group's loans that are granted.
        caught: true-positive rate: share of the group's defaults that are refused.
        served: share of the group's good loans that are granted.
        acceptance_ratio, caught_ratio: to the group with the highest rate; the "four-fifths rule" asks for 0.8. None
            where that rate is 0: at an extreme cut-off nobody is granted a loan, or no default refused.
    """

    group: str
    count: int
    acceptance: Interval
    caught: Interval | None
    served: Interval | None
    acceptance_ratio: float | None
    caught_ratio: float | None


def group_rates(metrics: Mapping[str, Any], key: str, threshold: float) -> tuple[GroupRates, ...]:
    """The rates of every group of a key ("CODE_GENDER" or "AGE") at the grid's threshold nearest to the one given."""
    grid = np.asarray(metrics["thresholds"]["threshold"])
    place = int(np.abs(grid - threshold).argmin())
    rates = []
    # the youngest band, "<30", comes first
    for name, counts in sorted(metrics["groups"][key].items(), key=lambda item: (item[0][0] != "<", item[0])):
        tp, fp, tn, fn = (int(counts[kind][place]) for kind in ("tp", "fp", "tn", "fn"))
        total = tp + fp + tn + fn
        if not total:
            continue
        rates.append((name, total, wilson(tn + fn, total), _rate(tp, tp + fn), _rate(tn, tn + fp)))
    accepted_ratios = _to_highest([accepted for _, _, accepted, _, _ in rates])
    caught_ratios = _to_highest([caught for _, _, _, caught, _ in rates])
    return tuple(
        GroupRates(*rate, *ratios) for rate, *ratios in zip(rates, accepted_ratios, caught_ratios, strict=True)
    )


@dataclass(frozen=True)
class Alternative:
    """The model as it is, or with another set of features, out of fold, each refusing as many loans.

    Attributes:
        name: "shipped", "with_gender" or "without_age".
        roc_auc: out of fold, raw scores.
        difference: to the shipped model's, over the same rows; None for that one.
        cost: average a loan, in refused good loans.
        age_ratio, gender_ratio: of the group that is granted least often to the one that is most; None where nobody is.
    """

    name: str
    roc_auc: float
    difference: Interval | None
    cost: float
    age_ratio: float | None
    gender_ratio: float | None


def alternatives(metrics: Mapping[str, Any]) -> tuple[Alternative, ...]:
    """The shipped model and the others that training measured beside it (``train_credit --compare``)."""
    measured = {name: metrics[name] for name in ("with_gender", "without_age") if "cut_off" in metrics.get(name, {})}
    auc = metrics["figures"]["roc_auc"]["value"]  # of calibrated scores; what is compared is that of raw ones
    for other in measured.values():
        auc = other["roc_auc"] - other["difference"]
    found = [_alternative("shipped", metrics, auc, None, metrics["default_cutoff"])]
    for name, other in measured.items():
        difference = Interval(**other["difference_interval"])
        found.append(_alternative(name, other, other["roc_auc"], difference, other["cut_off"]))
    return tuple(found)


def _alternative(
    name: str, metrics: Mapping[str, Any], auc: float, difference: Interval | None, cut_off: Mapping[str, float]
) -> Alternative:
    ratios = []
    for key in ("AGE", "CODE_GENDER"):
        rates = group_rates(metrics, key, cut_off["threshold"]) if key in metrics["groups"] else ()
        ratios.append(min((rate.acceptance_ratio for rate in rates if rate.acceptance_ratio is not None), default=None))
    return Alternative(name, auc, difference, cut_off["cost_per_loan"], *ratios)


def _rate(count: int, total: int) -> Interval | None:
    return wilson(count, total) if total else None


def _to_highest(rates: Sequence[Interval | None]) -> list[float | None]:
    """Each rate over the highest of them; None without one, or where all are 0."""
    highest = max((rate.value for rate in rates if rate is not None), default=0.0)
    return [rate.value / highest if rate is not None and highest else None for rate in rates]
