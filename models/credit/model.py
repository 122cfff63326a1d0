"""The credit model: LightGBM's text model, calibrated so that its attributions stay exact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.credit.features import FeatureSpec, engineer
from models.credit.score import Contribution, Score
from models.credit.wording import Value
from models.errors import ModelUnavailable

RETRAIN = "python -m training.train_credit --data FILE"


@dataclass(frozen=True)
class Attributions:
    """What each feature adds, for n applications and f features.

    Attributes:
        base_value: log-odds before any feature is known.
        values: (n, f), log-odds.
        features: (n, f), the features' values, category codes and NaN included.
    """

    base_value: float
    values: np.ndarray
    features: np.ndarray

    @property
    def log_odds(self) -> np.ndarray:
        """(n,), calibrated."""
        return self.base_value + self.values.sum(axis=1)


class CreditModel:
    """A trained model with its calibration and its features.

    The raw log-odds r of the trees are calibrated to ``slope * r + intercept``. SHAP values are linear in the output,
    so multiplying them by ``slope`` gives the exact attributions of the calibrated log-odds (Lundberg et al. 2020,
    "From local explanations to global understanding with explainable AI for trees").

    Raises:
        ModelUnavailable: a file is missing or does not fit.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.booster = lgb.Booster(model_file=folder / "model.txt")
            self.recipe = FeatureSpec.from_config(self.config)
            self.features = self.recipe.features
            if tuple(self.booster.feature_name()) != self.features:
                raise ValueError("model.txt and config.json name different features")
            self.slope = float(self.config["calibration"]["slope"])
            self.intercept = float(self.config["calibration"]["intercept"])
            self.cost_ratio = float(self.config["cutoff"]["cost_ratio"])
            self.threshold = float(self.config["cutoff"]["probability"])
        except (OSError, ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelUnavailable(
                "weights", model="credit", folder=folder.name, reason=reason, remedy=RETRAIN
            ) from error

    def matrix(self, applications: pd.DataFrame) -> np.ndarray:
        """(n, f) features of n applications of original columns."""
        return engineer(applications, self.recipe).to_numpy()

    def log_odds(self, applications: pd.DataFrame) -> np.ndarray:
        """(n,) calibrated log-odds of default."""
        raw = self.booster.predict(self.matrix(applications), raw_score=True)
        return self.slope * np.asarray(raw) + self.intercept

    def probability(self, applications: pd.DataFrame) -> np.ndarray:
        """(n,) P(default)."""
        return 1.0 / (1.0 + np.exp(-self.log_odds(applications)))

    def attributions(self, applications: pd.DataFrame) -> Attributions:
        """Exact SHAP values of the calibrated log-odds, from LightGBM's own ``pred_contrib``."""
        matrix = self.matrix(applications)
        threads = 1 if len(matrix) == 1 else 0  # one row is done before a second thread has started
        raw = np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=threads))
        base_value = self.slope * float(raw[0, -1]) + self.intercept
        return Attributions(base_value, self.slope * raw[:, :-1], matrix)

    def value(self, feature: str, code: float) -> Value:
        """A feature's value for a reader: a category's text, a number, or None where unknown."""
        if np.isnan(code):
            return None
        if feature in self.recipe.categories:
            return self.recipe.categories[feature][int(code)]
        return float(code)

    def score(self, application: pd.DataFrame, client_id: int | None = None, threshold: float | None = None) -> Score:
        """The score of one application (a table of one row), contributions by magnitude."""
        answer = self.attributions(application)
        order = np.argsort(-np.abs(answer.values[0]), kind="stable")
        contributions = tuple(
            Contribution(
                self.features[index],
                self.value(self.features[index], answer.features[0, index]),
                float(answer.values[0, index]),
            )
            for index in order
        )
        return Score(
            client_id,
            self.threshold if threshold is None else threshold,
            answer.base_value,
            float(answer.log_odds[0]),
            contributions,
        )
