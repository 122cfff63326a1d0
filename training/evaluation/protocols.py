"""Two ways to judge the same cheap model: by groups that are kept together, and at random.

The cheap model is a logistic regression on frozen features (:mod:`training.evaluation.encoders`). Cross-validation
keeps every group of near copies in one fold. Random splits, which published figures come from in shares of their own,
are drawn 70/15/15 here, stratified by class, and let copies fall on both sides; they are measured as they are, and with
the copies of the test photos taken out of training: the difference is what the leak is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from models.vision.predictions import CLASSES
from training.evaluation.statistics import Answers, compare, draws, figures

STRENGTHS = (1e-3, 1e-2, 1e-1)  # C, the inverse of the penalty on the squared weights, of standardised features
FOLDS = 5
INNER_FOLDS = 3  # within the training part, to choose the strength
SPLITS = 5  # random ones
SHARE = 0.15  # of the photos, for validation and for test each
SEED = 0


@dataclass(frozen=True)
class Split:
    """Indices of the photos of each part, none in two."""

    train: np.ndarray
    val: np.ndarray
    test: np.ndarray


def head(strength: float) -> Pipeline:
    """Standardised features, then multinomial logistic regression."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=500, tol=1e-3))


def outer_folds(labels: np.ndarray, groups: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The rows to learn from and those to judge on, of each fold: stratified by label (N,), groups (N,) together."""
    yield from StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, labels, groups)


def fold_numbers(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The fold that judges each photo, (N,)."""
    found = np.empty(len(labels), dtype=int)
    for number, (_, held) in enumerate(outer_folds(labels, groups)):
        found[held] = number
    return found


def cross_validate(features: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Predicted classes (N,) of every photo, by a head that has seen no photo of its group.

    Args:
        features: (N, D).
        labels: (N,).
        groups: (N,), kept together.
    """
    predicted = np.empty(len(labels), dtype=int)
    for train, test in outer_folds(labels, groups):
        inner = StratifiedGroupKFold(INNER_FOLDS, shuffle=True, random_state=SEED)
        parts = [(train[a], train[b]) for a, b in inner.split(train, labels[train], groups[train])]
        strength = _strongest(features, labels, parts)
        predicted[test] = head(strength).fit(features[train], labels[train]).predict(features[test])
    return predicted


def cross_validation(predicted: Mapping[str, np.ndarray], labels: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    """A section of ``results.json``: each cross-validated model's figures, and McNemar's test between each two.

    Args:
        predicted: model -> classes (N,).
        labels: (N,).
        groups: (N,), kept together.
    """
    weights, folds = draws(groups), fold_numbers(labels, groups)
    answers, models = [], {}
    for name, classes in predicted.items():
        answers.append(Answers(name, classes, labels))
        right = answers[-1].right
        models[name] = figures(answers[-1], len(CLASSES), weights).to_json()
        models[name]["folds"] = [float(right[folds == fold].mean()) for fold in range(FOLDS)]
    return {
        "folds": FOLDS,
        "photos": len(labels),
        "models": models,
        "pairs": [compare(first, second, weights).to_json() for first, second in combinations(answers, 2)],
    }


def fit_and_predict(features: np.ndarray, labels: np.ndarray, split: Split) -> np.ndarray:
    """Predictions for the test photos by a head trained on train, its strength chosen on val."""
    strength = _strongest(features, labels, [(split.train, split.val)])
    return head(strength).fit(features[split.train], labels[split.train]).predict(features[split.test])


def _strongest(features: np.ndarray, labels: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """The strength of the highest accuracy over (train, held out) parts; the smallest among equals."""

    def hits(strength: float) -> float:
        return sum(
            (head(strength).fit(features[train], labels[train]).predict(features[held]) == labels[held]).sum()
            for train, held in parts
        )

    return max(STRENGTHS, key=hits)


def random_splits(labels: np.ndarray, count: int = SPLITS) -> Iterator[Split]:
    """70/15/15 at random, stratified by class, copies where they fall."""
    held = round(SHARE * len(labels))
    for seed in range(count):
        rest, test = next(StratifiedShuffleSplit(1, test_size=held, random_state=seed).split(labels, labels))
        parts = StratifiedShuffleSplit(1, test_size=held, random_state=seed).split(rest, labels[rest])
        train, val = next(parts)
        yield Split(rest[train], rest[val], test)


def without_near_duplicates(split: Split, groups: np.ndarray) -> Split:
    """The same test photos, none of whose near copies is left in training or validation.

    Args:
        split: any.
        groups: (N,) number of each photo's group.
    """
    tested = groups[split.test]
    return Split(
        split.train[~np.isin(groups[split.train], tested)], split.val[~np.isin(groups[split.val], tested)], split.test
    )
