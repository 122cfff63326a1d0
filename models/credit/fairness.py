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
    caught: Interval
    served: Interval
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
        rates.append((name, total, wilson(tn + fn, total), wilson(tp, max(tp + fn, 1)), wilson(tn, max(tn + fp, 1))))
    accepted_ratios = _to_highest([accepted for _, _, accepted, _, _ in rates])
    caught_ratios = _to_highest([caught for _, _, _, caught, _ in rates])
    return tuple(
        GroupRates(*rate, *ratios) for rate, *ratios in zip(rates, accepted_ratios, caught_ratios, strict=True)
    )


def _to_highest(rates: Sequence[Interval]) -> list[float | None]:
    """Each rate over the highest of them."""
    highest = max((rate.value for rate in rates), default=0.0)
    return [rate.value / highest if highest else None for rate in rates]
