"""Intervals for rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z95 = 1.959964  # standard normal quantile of a two-sided 95 % interval


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: float, trials: int) -> Interval:
    """A rate with its Wilson score interval (Wilson 1927), 95 %.

    Raises:
        ValueError: no trials.
    """
    if trials < 1:
        raise ValueError(f"trials must be at least 1, got {trials}")
    rate, z2 = successes / trials, Z95**2
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return Interval(rate, max(0.0, middle - half), min(1.0, middle + half))
