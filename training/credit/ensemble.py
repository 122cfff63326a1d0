"""Several LightGBM models as one, and a calibration as part of it: both rewrite the values in the text of the trees.

A booster's raw output is a sum over its trees of one leaf each. So the trees of k boosters, every value divided by k,
are one model whose output is the mean of theirs; and a line along which the leaves move is one along which the output
moves. SHAP values are linear in the leaves: those of the one model are exact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import lightgbm as lgb
import numpy as np

from training.credit.calibration import Calibration


def average(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """One booster whose raw output is the mean of those of several on the same features."""
    return _moved(boosters, 1 / len(boosters), 0.0)


def fold_into_leaves(booster: lgb.Booster, calibration: Calibration) -> lgb.Booster:
    """A booster whose raw output is the calibrated log-odds; each tree bears its share of the intercept."""
    return _moved([booster], calibration.slope, calibration.intercept / booster.num_trees())


def _moved(boosters: Sequence[lgb.Booster], slope: float, shift: float) -> lgb.Booster:
    """The trees of all boosters in one, each value multiplied by the slope, then shifted.

    The means at the inner nodes go with them, which ``Booster.set_leaf_output`` would leave behind.
    """
    texts = [booster.model_to_string().split("end of trees")[0].split("Tree=") for booster in boosters]
    trees = [tree.split("\n", 1)[1] for text in texts for tree in text[1:]]
    written = [f"Tree={number}\n{_along(tree, slope, shift)}" for number, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree.encode())) for tree in written)
    header = re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", texts[0][0])
    return lgb.Booster(model_str=header + "".join(written) + "end of trees\n")


def _along(tree: str, slope: float, shift: float) -> str:
    def values(line: re.Match[str]) -> str:
        moved = slope * np.array(line[2].split(), dtype=float) + shift
        return f"{line[1]}={' '.join(map(repr, moved.tolist()))}"

    return re.sub(r"(?m)^(leaf_value|internal_value)=(.+)$", values, tree)
