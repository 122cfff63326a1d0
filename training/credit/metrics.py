"""What a credit score is worth: discrimination, calibration, cost, and how groups fare.

Everywhere ``default`` is 1 for a loan that defaulted and ``probability`` its predicted risk in 0..1; a loan
is refused when its probability reaches the threshold. So a true positive is a default refused, a false
positive a good loan refused, a false negative a default granted. Results are aggregates, free of single rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sklearn.metrics
from scipy.stats import ks_2samp
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from models.credit.features import DAYS_PER_YEAR
from models.credit.policy import Policy
from models.statistics import Interval, wilson
from training.evaluation.bootstrap import percentile_interval, resamples

Array = np.ndarray

AGE_BANDS = (
    ("<30", 0, 30),
    ("30-40", 30, 40),
    ("40-50", 40, 50),
    ("50-60", 50, 60),
    ("60+", 60, 200),
)  # years
GRID = np.linspace(0, 1, 101)  # shares at which the ROC and precision-recall curves are read


@dataclass(frozen=True)
class CurveBand:
    """A curve ``y(x)`` with the 95 % band of its bootstrap."""

    x: list[float]
    y: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True)
class CalibrationBin:
    """Loans of similar predicted risk: predicted mean, observed rate, and the rate's Wilson 95 % interval."""

    predicted: float
    observed: float
    count: int
    low: float
    high: float


def roc_auc(default: Array, probability: Array) -> float:
    """Area under the ROC curve: the chance that a default is scored above a good loan."""
    return float(roc_auc_score(default, probability))


def pr_auc(default: Array, probability: Array) -> float:
    """Average precision; a random score has the default rate."""
    return float(average_precision_score(default, probability))


def ks(default: Array, probability: Array) -> float:
    """Kolmogorov-Smirnov: largest gap between the score distributions of defaults and good loans, 0..1."""
    return float(ks_2samp(probability[default == 1], probability[default == 0], method="asymp").statistic)


def brier(default: Array, probability: Array) -> float:
    """Mean squared distance between probability and outcome."""
    return float(brier_score_loss(default, probability))


def log_loss(default: Array, probability: Array) -> float:
    """Mean negative log-likelihood, in nats."""
    return float(sklearn.metrics.log_loss(default, np.clip(probability, 1e-12, 1 - 1e-12)))


def _bins(probability: Array, count: int, equal_mass: bool) -> list[Array]:
    if equal_mass:
        return np.array_split(np.argsort(probability, kind="stable"), count)
    places = np.minimum((probability * count).astype(int), count - 1)
    return [np.flatnonzero(places == place) for place in range(count)]


def ece(default: Array, probability: Array, bins: int = 10, equal_mass: bool = True) -> float:
    """Expected calibration error: mean absolute gap between predicted and observed risk over bins, by loans.

    Args:
        default: outcomes.
        probability: predicted risks.
        bins: how many.
        equal_mass: bins of equal count, else of equal width.
    """
    gaps = [
        abs(probability[rows].mean() - default[rows].mean()) * len(rows)
        for rows in _bins(probability, bins, equal_mass)
        if len(rows)
    ]
    return float(sum(gaps) / len(default))


def calibration_curve(default: Array, probability: Array, bins: int = 15) -> list[CalibrationBin]:
    """Predicted against observed risk in bins of equal count."""
    curve = []
    for rows in _bins(probability, bins, equal_mass=True):
        rate = wilson(int(default[rows].sum()), len(rows))
        curve.append(CalibrationBin(float(probability[rows].mean()), rate.value, len(rows), rate.low, rate.high))
    return curve


def threshold_grid(probability: Array, count: int = 400) -> Array:
    """Thresholds dense where the scores are: half at quantiles of the scores, half evenly from 0 to 1."""
    quantiles = np.quantile(probability, np.linspace(0.002, 0.998, count // 2))
    return np.unique(np.round(np.concatenate([quantiles, np.linspace(0, 1, count - count // 2)]), 5))


def decisions(default: Array, probability: Array, thresholds: Array) -> Policy:
    """Decisions by outcome at each threshold."""
    bad = np.sort(probability[default == 1])
    good = np.sort(probability[default == 0])
    fn = np.searchsorted(bad, thresholds, side="left")  # refused from the threshold on, itself included
    tn = np.searchsorted(good, thresholds, side="left")
    return Policy(thresholds, len(bad) - fn, len(good) - tn, tn, fn)


def bootstrap(
    figure: Callable[[Array, Array], float],
    default: Array,
    probability: Array,
    draws: int = 500,
    seed: int = 0,
) -> Interval:
    """A figure with the 2.5 % and 97.5 % quantiles of its bootstrap over rows."""
    values = [figure(default[rows], probability[rows]) for rows in resamples(len(default), draws, seed)]
    low, high = percentile_interval(values)
    return Interval(figure(default, probability), float(low), float(high))


def roc_curve(default: Array, probability: Array) -> Array:
    """True positive rate at the false positive rates of ``GRID``."""
    bad, good = _refused_from_the_riskiest(default, probability)
    return np.interp(GRID, np.append(0, good / good[-1]), np.append(0, bad / bad[-1]))


def pr_curve(default: Array, probability: Array) -> Array:
    """Precision at the recalls of ``GRID``; at recall 0, that at recall 0.01."""
    bad, good = _refused_from_the_riskiest(default, probability)
    return np.interp(np.maximum(GRID, GRID[1]), bad / bad[-1], bad / (bad + good))


def _refused_from_the_riskiest(default: Array, probability: Array) -> tuple[Array, Array]:
    riskiest_first = default[np.argsort(-probability, kind="stable")]
    return np.cumsum(riskiest_first), np.cumsum(1 - riskiest_first)


def band(
    curve: Callable[[Array, Array], Array],
    default: Array,
    probability: Array,
    draws: int = 200,
    seed: int = 0,
) -> CurveBand:
    """A curve on ``GRID`` with the pointwise 95 % band of its bootstrap over rows."""
    drawn = [curve(default[rows], probability[rows]) for rows in resamples(len(default), draws, seed)]
    low, high = percentile_interval(drawn)
    rounded = (np.round(values, 5).tolist() for values in (GRID, curve(default, probability), low, high))
    return CurveBand(*rounded)


def age_band(days_birth: Array) -> Array:
    """The name of the age band of each client, from days before the application (negative)."""
    years = -np.asarray(days_birth, dtype=float) / DAYS_PER_YEAR
    names = np.full(len(years), "", dtype=object)
    for name, youngest, eldest in AGE_BANDS:
        names[(years >= youngest) & (years < eldest)] = name
    return names
