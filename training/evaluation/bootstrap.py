"""The percentile bootstrap (Efron 1979): how far a figure would move, had others been drawn.

>>> mean_with_interval([0.0, 1.0] * 50)
Figure(mean=0.5, ci95=(0.4, 0.6))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

QUANTILES = (0.025, 0.975)  # of a 95 % interval
RESAMPLES, SEED = 2000, 0  # of a mean


@dataclass(frozen=True)
class Figure:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    ci95: tuple[float, float]


def resamples(count: int, draws: int, seed: int) -> Iterator[np.ndarray]:
    """``draws`` bootstrap samples of ``count`` rows, each the indices (count,) that were drawn with replacement."""
    rng = np.random.default_rng(seed)
    return (rng.integers(0, count, count) for _ in range(draws))


def group_weights(groups: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Bootstrap samples of whole groups, as how often each row stands in each: (draws, N).

    Args:
        groups: (N,) number of each row's group, which is drawn as a whole.
        draws: samples.
        seed: of the random numbers.
    """
    _, place = np.unique(groups, return_inverse=True)
    size = place.max() + 1
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), draws)[:, place]


def percentile_interval(values: np.ndarray | Sequence[float] | Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The middle 95 % of the figures of the samples, along the first axis: their lower and upper ends."""
    low, high = np.quantile(values, QUANTILES, axis=0)
    return low, high


def ratio_with_interval(parts: Sequence[float], wholes: Sequence[float]) -> Figure:
    """The sum of the parts over the sum of the wholes, and where it would lie had other pairs been drawn.

    A mean of ratios would be at the mercy of the smallest whole. Samples whose wholes sum to nothing have no ratio, and
    are left out.

    Raises:
        ValueError: the wholes themselves sum to nothing, or to less.
    """
    pairs = np.asarray([parts, wholes], dtype=float)
    if not pairs[1].sum() > 0:
        raise ValueError(f"the wholes must sum to more than 0, got {pairs[1].sum()}")

    drawn = [pairs[:, rows].sum(axis=1) for rows in resamples(pairs.shape[1], RESAMPLES, SEED)]
    low, high = percentile_interval([part / whole for part, whole in drawn if whole > 0])
    part, whole = pairs.sum(axis=1)
    return Figure(float(part / whole), (float(low), float(high)))


def mean_with_interval(values: Sequence[float]) -> Figure:
    """The mean, and where it would lie had others been drawn."""
    sample = np.asarray(values)
    low, high = percentile_interval([sample[rows].mean() for rows in resamples(len(sample), RESAMPLES, SEED)])
    return Figure(float(sample.mean()), (float(low), float(high)))
