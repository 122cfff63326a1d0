"""How far figures can be trusted, and whether two models differ.

The bootstrap (Efron 1979) redraws whole groups of copies, since two photos of one product are no two witnesses.
McNemar's test (1947) looks only at the photos on which two models differ; it is exact here, as there are few of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import binomtest

from models.statistics import Interval
from training.evaluation.bootstrap import group_weights, percentile_interval

RESAMPLES = 5000
SEED = 0


@dataclass(frozen=True)
class Answers:
    """What one model answered to N photos.

    Attributes:
        model: its name.
        predicted: (N,) indices of the classes it chose.
        labels: (N,) indices of the true classes.
    """

    model: str
    predicted: np.ndarray
    labels: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """(N,) bool."""
        return self.predicted == self.labels


@dataclass(frozen=True)
class Figures:
    """Accuracy and macro F1, each with its 95 % bootstrap interval."""

    accuracy: Interval
    macro_f1: Interval

    def to_json(self) -> dict[str, Any]:
        """The four entries that ``metrics.json`` holds."""
        return {
            "accuracy": self.accuracy.value,
            "accuracy_ci95": [self.accuracy.low, self.accuracy.high],
            "macro_f1": self.macro_f1.value,
            "macro_f1_ci95": [self.macro_f1.low, self.macro_f1.high],
        }


@dataclass(frozen=True)
class Pair:
    """Two models on the same photos.

    Attributes:
        first, second: their names.
        only_first, only_second: photos that one alone got right.
        difference: accuracy of the first less that of the second, with its 95 % bootstrap interval.
        p_value: of McNemar's exact test, two-sided.
    """

    first: str
    second: str
    only_first: int
    only_second: int
    difference: Interval
    p_value: float

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain numbers, ready for JSON."""
        return {
            "first": self.first,
            "second": self.second,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "difference": self.difference.value,
            "difference_ci95": [self.difference.low, self.difference.high],
            "p_value": self.p_value,
        }


def draws(groups: np.ndarray, count: int = RESAMPLES, seed: int = SEED) -> np.ndarray:
    """Bootstrap samples of whole groups: :func:`training.evaluation.bootstrap.group_weights`."""
    return group_weights(groups, count, seed)


def figures(answers: Answers, classes: int, weights: np.ndarray) -> Figures:
    """Accuracy and macro F1 with intervals.

    Args:
        answers: of one model.
        classes: how many there are.
        weights: from :func:`draws`.
    """
    cells = np.eye(classes * classes)[answers.labels * classes + answers.predicted]
    confusions = (np.vstack([np.ones(len(answers.labels)), weights]) @ cells).reshape(-1, classes, classes)
    hits = np.diagonal(confusions, axis1=1, axis2=2)
    accuracy = hits.sum(axis=1) / confusions.sum(axis=(1, 2))
    f1 = 2 * hits / np.maximum(confusions.sum(axis=1) + confusions.sum(axis=2), 1)
    return Figures(_interval(accuracy), _interval(f1.mean(axis=1)))


def compare(first: Answers, second: Answers, weights: np.ndarray) -> Pair:
    """McNemar's test, and the difference of accuracies over the same bootstrap samples.

    Raises:
        ValueError: they did not answer to the same photos.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError(f"{first.model} and {second.model} must be asked about the same photos, in the same order")
    only_first = int((first.right & ~second.right).sum())
    only_second = int((second.right & ~first.right).sum())
    gain = first.right.astype(float) - second.right
    sampled = weights @ gain / weights.sum(axis=1)
    trials = only_first + only_second
    return Pair(
        first.model,
        second.model,
        only_first,
        only_second,
        _interval(np.concatenate([[gain.mean()], sampled])),
        float(binomtest(only_first, trials).pvalue) if trials else 1.0,
    )


def _interval(values: np.ndarray) -> Interval:
    """The first value, and the middle 95 % of the others."""
    low, high = percentile_interval(values[1:])
    return Interval(float(values[0]), float(low), float(high))
