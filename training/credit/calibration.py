"""Log-odds that are calibrated in the model itself: a line, folded into the leaves of the trees."""

from __future__ import annotations

import re
from dataclasses import dataclass

import lightgbm as lgb
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


def fold_into_leaves(booster: lgb.Booster, calibration: Calibration) -> lgb.Booster:
    """A booster whose raw output is the calibrated log-odds.

    Every leaf is multiplied by the slope, and each tree bears its share of the intercept: the output, a sum over the
    trees of one leaf each, moves along the line, and so do the attributions. LightGBM's ``set_leaf_output`` would leave
    the means at the inner nodes behind, from which SHAP reads the base value, so both are rewritten in the text.
    """
    header, *trees = booster.model_to_string().split("end of trees")[0].split("Tree=")
    share = calibration.intercept / len(trees)
    moved = ["Tree=" + _moved(tree, calibration.slope, share) for tree in trees]
    sizes = " ".join(str(len(tree.encode())) for tree in moved)
    head = re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", header)
    return lgb.Booster(model_str=head + "".join(moved) + "end of trees\n")


def _moved(tree: str, slope: float, share: float) -> str:
    def along(line: re.Match[str]) -> str:
        values = slope * np.array(line[2].split(), dtype=float) + share
        return f"{line[1]}={' '.join(map(repr, values.tolist()))}"

    return re.sub(r"(?m)^(leaf_value|internal_value)=(.+)$", along, tree)
