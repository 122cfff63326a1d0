"""Probabilities of default that mean what they say: Platt's line on the log-odds, fitted on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from training.credit import metrics

Array = np.ndarray


@dataclass(frozen=True)
class Calibration:
    """Affine map of raw log-odds to calibrated log-odds, under which attributions stay exact."""

    slope: float
    intercept: float

    def probability(self, raw: Array) -> Array:
        """The calibrated probability of default, 0..1, of raw log-odds."""
        return expit(self.slope * raw + self.intercept)


def calibrate(raw: Array, default: Array) -> Calibration:
    """The slope and intercept that maximise the likelihood of the outcomes (Platt, on log-odds)."""

    def loss(line: Array) -> float:
        return metrics.log_loss(default, expit(line[0] * raw + line[1]))

    slope, intercept = minimize(loss, x0=np.array([1.0, 0.0]), method="BFGS").x
    return Calibration(float(slope), float(intercept))


def cross_calibrated(raw: Array, default: Array, fold: Array) -> Array:
    """Probabilities by a calibration fitted on the other folds."""
    probability = np.zeros(len(raw))
    for number in np.unique(fold):
        held = fold == number
        probability[held] = calibrate(raw[~held], default[~held]).probability(raw[held])
    return probability
