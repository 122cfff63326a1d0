"""The credit model as ``shap.TreeExplainer`` reads it, against a background or along the trees' own paths.

shap's interventional algorithm keeps thresholds in single precision (``struct Node`` of ``tree_shap.h``), so a value
that lies between a threshold and its rounding goes the wrong way. Here every value is replaced by the number of
thresholds below it, and every threshold by its place among those of its feature: whole numbers, which single precision
holds exactly. Each comparison comes out as before, so the trees, and their SHAP values, are the same.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, get_args

import lightgbm as lgb
import numpy as np
import shap

Array = np.ndarray
Output = Literal["raw", "probability"]
OUTPUTS: tuple[Output, ...] = get_args(Output)


class TreeExplainers:
    """Explainers of one booster.

    Args:
        booster: binary, with numeric splits only; its raw output is log-odds.

    Raises:
        ValueError: a split that this reading does not know.
    """

    def __init__(self, booster: lgb.Booster) -> None:
        trees = [_nodes(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
        splits = [node for nodes in trees for node in nodes if "threshold" in node]
        if odd := {(node["decision_type"], node["missing_type"]) for node in splits} - {("<=", "None"), ("<=", "NaN")}:
            raise ValueError(f"splits that are no plain comparisons: {sorted(odd)}")
        self._thresholds = [
            np.unique([node["threshold"] for node in splits if node["split_feature"] == place])
            for place in range(booster.num_feature())
        ]
        self._trees = [self._arrays(nodes) for nodes in trees]

    @cached_property
    def path_dependent(self) -> shap.TreeExplainer:
        """The explainer that compares with the training data: it weighs each branch of a tree by the training rows that
        took it, as LightGBM's ``pred_contrib`` does.
        """
        return shap.TreeExplainer(_model(self._trees), feature_perturbation="tree_path_dependent")

    def interventional(self, background: Array, output: Output) -> shap.TreeExplainer:
        """The explainer that compares with the rows of a background, all of them (interventional SHAP).

        Args:
            background: (b, f) features.
            output: ``raw`` for log-odds, or ``probability``.
        """
        rows = shap.maskers.Independent(self.ranks(background), max_samples=len(background))
        # shap counts the background's rows into the weights that it is given: they stay ours
        trees = [tree | {"node_sample_weight": tree["node_sample_weight"].copy()} for tree in self._trees]
        return shap.TreeExplainer(_model(trees), rows, model_output=output, feature_perturbation="interventional")

    def ranks(self, features: Array) -> Array:
        """(n, f) features as the explainers take them: how many of its thresholds lie below a value; NaN stays."""
        ranked = np.column_stack(
            [
                np.searchsorted(thresholds, features[:, place], side="left").astype(float)
                for place, thresholds in enumerate(self._thresholds)
            ]
        )
        return np.where(np.isnan(features), np.nan, ranked)

    def _arrays(self, nodes: list[dict[str, Any]]) -> dict[str, Array]:
        """A tree as shap takes it: one entry a node, -1 for the children of a leaf."""
        place = {id(node): number for number, node in enumerate(nodes)}
        left, right, default, feature, threshold, value, weight = ([] for _ in range(7))
        for node in nodes:
            leaf = "threshold" not in node
            left.append(-1 if leaf else place[id(node["left_child"])])
            right.append(-1 if leaf else place[id(node["right_child"])])
            default.append(-1 if leaf else (left if _unknown_goes_left(node) else right)[-1])
            feature.append(-1 if leaf else node["split_feature"])
            among = () if leaf else self._thresholds[node["split_feature"]]
            threshold.append(-1.0 if leaf else float(np.searchsorted(among, node["threshold"])))
            value.append([node["leaf_value"] if leaf else node["internal_value"]])
            weight.append(float(node.get("leaf_count", 1) if leaf else node["internal_count"]))
        return {
            "children_left": np.array(left, dtype=np.int32),
            "children_right": np.array(right, dtype=np.int32),
            "children_default": np.array(default, dtype=np.int32),
            "features": np.array(feature, dtype=np.int32),
            "thresholds": np.array(threshold),
            "values": np.array(value),
            "node_sample_weight": np.array(weight),
        }


def _model(trees: list[dict[str, Array]]) -> dict[str, Any]:
    """Trees as the dictionary that shap takes for a model."""
    return {"trees": trees, "tree_output": "log_odds"}


def _nodes(root: dict[str, Any]) -> list[dict[str, Any]]:
    """Every node of a tree, the root first."""
    nodes = [root]
    for node in nodes:  # grows while it is walked
        if "threshold" in node:
            nodes += [node["left_child"], node["right_child"]]
    return nodes


def _unknown_goes_left(node: dict[str, Any]) -> bool:
    """Where LightGBM sends NaN: where it learnt to, or as if it were 0 where training knew every value."""
    return bool(node["default_left"]) if node["missing_type"] == "NaN" else node["threshold"] >= 0
