"""What an auditor asks for: how groups fare at a cut-off, from counts measured out of fold."""

from __future__ import annotations

from collections.abc import Mapping
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
        acceptance_ratio, caught_ratio: to the group with the highest rate; the "four-fifths rule" asks for 0.8.
    """

    group: str
    count: int
    acceptance: Interval
    caught: Interval
    served: Interval
    acceptance_ratio: float
    caught_ratio: float


def group_rates(metrics: Mapping[str, Any], key: str, threshold: float) -> tuple[GroupRates, ...]:
    """The rates of every group of a key ("CODE_GENDER" or "AGE") at the grid's threshold nearest to the one given."""
    grid = np.asarray(metrics["thresholds"]["threshold"])
    place = int(np.abs(grid - threshold).argmin())
    rates = []
    # the youngest band, "<30", comes first
    for name, counts in sorted(metrics["groups"][key].items(), key=lambda item: (item[0][0] != "<", item[0])):
        tp, fp, tn, fn = (int(counts[kind][place]) for kind in ("tp", "fp", "tn", "fn"))
        total = tp + fp + tn + fn
        rates.append((name, total, wilson(tn + fn, total), wilson(tp, max(tp + fn, 1)), wilson(tn, max(tn + fp, 1))))
    most_accepted = max(rate[2].value for rate in rates)
    most_caught = max(rate[3].value for rate in rates)
    return tuple(
        GroupRates(name, total, accepted, caught, served, accepted.value / most_accepted, caught.value / most_caught)
        for name, total, accepted, caught, served in rates
    )
