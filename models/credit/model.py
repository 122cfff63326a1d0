"""The credit model: LightGBM's text model, whose leaves are calibrated log-odds, so that its attributions are too."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.credit.features import FEATURES, FeatureSpec, engineer, sources
from models.credit.score import Contribution, Score
from models.credit.wording import NOT_APPLICABLE, Value, is_missing, told
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
        """The log-odds of default of each application, (n,)."""
        log_odds: np.ndarray = self.base_value + self.values.sum(axis=1)
        return log_odds


class CreditModel:
    """A trained model with its features.

    The trees' raw output is the calibrated log-odds: training fitted a line to the raw log-odds out of fold and folded
    it into the leaves (``training.credit.calibration``). SHAP values are linear in the leaves, so they are those of the
    calibrated log-odds (Lundberg et al. 2020, "From local explanations to global understanding with explainable AI for
    trees").

    Raises:
        ModelUnavailable: a file is missing or does not fit.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            self.booster = lgb.Booster(model_file=folder / "model.txt")
            self.feature_spec = FeatureSpec.from_config(self.config)
            self.features = self.feature_spec.features
            if tuple(self.booster.feature_name()) != self.features:
                raise ValueError("model.txt and config.json name different features")
            if unknown := set(self.features) - set(FEATURES):
                raise ValueError(f"features that this version does not know: {', '.join(sorted(unknown))}"[:200])
            self.ranges: dict[str, tuple[float, float]] = {
                name: (float(low), float(high)) for name, (low, high) in self.config["ranges"].items()
            }  # usual values of a column of numbers, both ends included
            self.cost_ratio = float(self.config["cutoff"]["cost_ratio"])
            self.threshold = float(self.config["cutoff"]["probability"])
        except (OSError, ValueError, KeyError, TypeError, lgb.basic.LightGBMError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelUnavailable(
                "weights", model="credit", folder=folder.name, reason=reason, remedy=RETRAIN
            ) from error

    def matrix(self, applications: pd.DataFrame) -> np.ndarray:
        """(n, f) features of n applications of original columns."""
        return engineer(applications, self.feature_spec)

    def row(self, application: Mapping[str, Value]) -> np.ndarray:
        """(1, f) features of one application; an absent column or None is unknown."""
        return engineer({name: (application.get(name),) for name in self.feature_spec.columns}, self.feature_spec)

    def log_odds(self, applications: pd.DataFrame) -> np.ndarray:
        """(n,) log-odds of default."""
        return np.asarray(self.booster.predict(self.matrix(applications), raw_score=True))

    def probability(self, applications: pd.DataFrame) -> np.ndarray:
        """(n,) P(default)."""
        probability: np.ndarray = 1.0 / (1.0 + np.exp(-self.log_odds(applications)))
        return probability

    def attributions(self, applications: pd.DataFrame) -> Attributions:
        """Exact SHAP values of the log-odds, from LightGBM's own ``pred_contrib``."""
        matrix = self.matrix(applications)
        values = np.asarray(self.booster.predict(matrix, pred_contrib=True))
        return Attributions(float(values[0, -1]), values[:, :-1], matrix)

    def score(
        self, application: Mapping[str, Value], client_id: int | None = None, threshold: float | None = None
    ) -> Score:
        """The score of one application, contributions by magnitude.

        Args:
            application: original column -> value; an absent column or None is unknown.
            client_id: whose it is.
            threshold: cut-off on P(default), in (0, 1); None for the model's own.
        """
        matrix = self.row(application)
        # one row is done before a second thread has started
        values = np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=1))[0].tolist()
        contributions = [
            self._contribution(name, group, _value(columns, application, made), value, application)
            for (name, group, columns), made, value in zip(self._told, matrix[0].tolist(), values, strict=False)
        ]
        return Score(
            client_id,
            self.threshold if threshold is None else threshold,
            values[-1],
            math.fsum(values),
            tuple(sorted(contributions, key=lambda item: -abs(item.contribution))),
        )

    def _contribution(
        self, name: str, group: str, value: Value, contribution: float, application: Mapping[str, Value]
    ) -> Contribution:
        return Contribution(
            name,
            group,
            value,
            contribution,
            self.feature_spec.stand_in(name, value),
            is_missing(value) or value in self.feature_spec.codes.get(name, (value,)),
            told(name, application) != NOT_APPLICABLE,
        )

    @cached_property
    def _told(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """Of each feature its name, its group, and the original columns that it is made of."""
        return tuple((name, FEATURES[name].group, sources(name)) for name in self.features)


def _value(columns: tuple[str, ...], application: Mapping[str, Value], made: float) -> Value:
    """A feature's value for a reader: as the application has it, or the ratio that was made; None where unknown."""
    if len(columns) == 1:
        return application.get(columns[0])
    held = [application.get(column) for column in columns]
    return None if any(map(is_missing, held)) or held[-1] == 0 else made
