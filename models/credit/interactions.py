"""Facts that count together: exact SHAP interaction values of pairs of features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models import arguments
from models.credit.model import CreditModel
from models.credit.score import sigmoid
from models.credit.tree_explainers import TreeExplainers
from models.credit.wording import Value, label
from models.texts import ENGLISH, Texts

PAIRS = 5  # that are told


@dataclass(frozen=True)
class Pair:
    """Two features of the model, and what they add beyond the effect of each.

    Attributes:
        features: the stronger of the two first, by its contribution.
        interaction: SHAP interaction value in log-odds, as ``shap_interaction_values`` has it in either of the pair's
            two cells; together the two add twice as much.
        probability: by how much P(default) would differ without what the two add together, -1..1.
    """

    features: tuple[str, str]
    interaction: float
    probability: float

    def to_json(self, texts: Texts = ENGLISH) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "features": list(self.features),
            "labels": [label(name, texts) for name in self.features],
            "interaction": self.interaction,
        }


def strongest_pairs(
    model: CreditModel, explainers: TreeExplainers, application: Mapping[str, Value], limit: object = PAIRS
) -> tuple[Pair, ...]:
    """The pairs of features that act together most for an application, largest magnitude first.

    Exact, by ``shap_interaction_values`` along the trees' paths (Lundberg et al. 2020, "From local explanations to
    global understanding with explainable AI for trees"): a feature's row of the matrix sums to its contribution.

    Args:
        model: what scored it.
        explainers: its trees as shap reads them.
        application: original column -> value; an absent column or None is unknown.
        limit: pairs at most.

    Raises:
        InputError: the limit is no whole number from 1 to the number of pairs.
    """
    names = model.features
    first, second = np.triu_indices(len(names), 1)
    count = arguments.whole_number("limit", limit, 1, len(first))
    row = model.row(application)
    values = explainers.path_dependent.shap_interaction_values(explainers.ranks(row))[0]
    log_odds = float(np.asarray(model.booster.predict(row, raw_score=True))[0])
    strength = np.abs(values.sum(axis=1))
    pairs = []
    for place in np.argsort(-np.abs(values[first, second]), kind="stable")[:count]:
        one, other = sorted((first[place], second[place]), key=lambda feature: -strength[feature])
        together = 2 * float(values[one, other])
        moved = sigmoid(log_odds) - sigmoid(log_odds - together)
        pairs.append(Pair((names[one], names[other]), float(values[one, other]), moved))
    return tuple(pairs)


def mean_interactions(explainers: TreeExplainers, features: np.ndarray) -> np.ndarray:
    """(f, f) mean absolute SHAP interaction value of each pair over n rows of features; 0 on the diagonal."""
    values = explainers.path_dependent.shap_interaction_values(explainers.ranks(features))
    strength = np.asarray(np.abs(values).mean(axis=0))
    np.fill_diagonal(strength, 0.0)
    return strength
