"""What another set of features would cost and bring: how far the model depends on facts that call for a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from models.statistics import Interval
from training.credit import metrics as figures
from training.credit.artifacts import Json, ScoredApplications, cut_off, groups
from training.credit.calibration import cross_calibrated
from training.evaluation.bootstrap import percentile_interval, resamples

Array = np.ndarray

# the sex, which is never a feature, and the age, which is one
ALTERNATIVES: dict[str, Callable[[tuple[str, ...]], tuple[str, ...]]] = {
    "with_gender": lambda features: (*features, "CODE_GENDER"),
    "without_age": lambda features: tuple(name for name in features if name != "DAYS_BIRTH"),
}
DRAWS = 200  # of the paired bootstrap


def measure_alternative(model: ScoredApplications, raw: Array, cost_ratio: float) -> Json:
    """The figures of another model on the same rows and folds.

    Args:
        model: the shipped features' scores, out of fold.
        raw: (n,) log-odds of the other features, out of fold, before calibration.
        cost_ratio: good loans refused that cost as much as one default granted.

    Returns:
        ``roc_auc`` and its ``difference`` to the model's, with the 95 % interval of a bootstrap that draws the rows of
        both together; ``ece``; ``cut_off``, which refuses as many applications as the model's of least cost, so that
        their groups compare; ``thresholds`` and ``groups`` as in ``metrics.json``, at that cut-off alone.
    """
    default = model.default
    other = replace(model, raw=raw, probability=cross_calibrated(raw, default, model.fold))
    auc = figures.roc_auc(default, raw)
    grid = figures.threshold_grid(model.probability)
    own = cut_off(figures.decisions(default, model.probability, grid), cost_ratio)
    at = np.quantile(other.probability, [1 - own["refused_share"]])
    return {
        "roc_auc": auc,
        "difference": auc - figures.roc_auc(default, model.raw),
        "difference_interval": asdict(_difference(default, raw, model.raw)),
        "ece": figures.ece(default, other.probability),
        "cut_off": cut_off(figures.decisions(default, other.probability, at), cost_ratio),
        "thresholds": {"threshold": at.tolist()},
        "groups": groups(other, at),
    }


def _difference(default: Array, other: Array, own: Array) -> Interval:
    drawn = [
        figures.roc_auc(default[rows], other[rows]) - figures.roc_auc(default[rows], own[rows])
        for rows in resamples(len(default), DRAWS, seed=0)
    ]
    low, high = percentile_interval(drawn)
    value = figures.roc_auc(default, other) - figures.roc_auc(default, own)
    return Interval(value, float(low), float(high))
