"""Several LightGBM models whose scores are averaged, as one LightGBM model.

A booster's raw score is the sum of its trees' leaves. So the trees of k boosters, every value in them divided
by k, are one model whose raw score is the mean of the k raw scores, and whose exact attributions are the mean
of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np

SCALED = ("leaf_value", "internal_value", "shrinkage")  # the lines of a tree's text that hold values


def merge(boosters: Sequence[lgb.Booster]) -> lgb.Booster:
    """One booster whose raw score is the mean of the raw scores of several on the same features.

    Args:
        boosters: each cut at its best iteration, if it has one.
    """
    header = _parts(boosters[0])[0]
    trees = [_scaled(tree, 1 / len(boosters)) for booster in boosters for tree in _parts(booster)[1]]
    numbered = [f"Tree={place}\n{tree}\n\n\n" for place, tree in enumerate(trees)]
    sizes = "tree_sizes=" + " ".join(str(len(tree.encode())) for tree in numbered)
    head = "\n".join(sizes if line.startswith("tree_sizes=") else line for line in header.splitlines())
    return lgb.Booster(model_str=head + "\n\n" + "".join(numbered) + "end of trees\n")


def _parts(booster: lgb.Booster) -> tuple[str, list[str]]:
    """The header of a model's text, and the text of each tree below its number."""
    text = booster.model_to_string(num_iteration=booster.best_iteration or -1)
    header, *trees = text.split("end of trees")[0].split("Tree=")
    return header.strip(), [tree.split("\n", 1)[1].strip() for tree in trees]


def _scaled(tree: str, factor: float) -> str:
    lines = []
    for line in tree.splitlines():
        name, _, values = line.partition("=")
        if name in SCALED and values:
            values = " ".join(repr(float(value)) for value in np.array(values.split(), dtype=float) * factor)
        lines.append(f"{name}={values}")
    return "\n".join(lines)
