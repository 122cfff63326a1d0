"""Intervals for rates."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.stats import binomtest


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """A rate with its Wilson score interval (Wilson 1927), 95 %.

    Raises:
        ValueError: no trials, or more successes than trials.
    """
    found = binomtest(int(successes), int(trials)).proportion_ci(method="wilson")
    return Interval(successes / trials, float(found.low), float(found.high))
