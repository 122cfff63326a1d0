"""One LightGBM model of the risk of default, monotone where the business demands it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from models.credit.features import FEATURES

Array = np.ndarray
Parameters = Mapping[str, float | int]


@dataclass(frozen=True)
class Choice:
    """What a model is made of.

    Args:
        features: their names.
        parameters: of LightGBM.
        rounds: trees.
    """

    features: tuple[str, ...]
    parameters: Parameters
    rounds: int


def settings(features: Sequence[str], parameters: Parameters, seed: int, threads: int) -> dict[str, object]:
    """LightGBM's parameters for a repeatable model of these features."""
    return {
        **parameters,
        "objective": "binary",
        "metric": "auc",
        "monotone_constraints": [FEATURES[name].monotone if name in FEATURES else 0 for name in features],
        "seed": seed,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }


def fit(matrix: Array, default: Array, features: Sequence[str], choice: Choice, seed: int, threads: int) -> lgb.Booster:
    """A model of the given number of trees.

    Args:
        matrix: (n, f) features.
        default: (n,) outcomes, 0 or 1.
        features: (f,) their names.
        choice: parameters and number of trees.
        seed: of the rows and columns drawn for each tree.
        threads: of LightGBM; part of what makes a run repeatable.
    """
    given = settings(features, choice.parameters, seed, threads)
    rows = lgb.Dataset(matrix, default, params=given, feature_name=list(features))
    return lgb.train(given, rows, choice.rounds)
