"""What matters over the whole portfolio: attributions of every client, none of whom the model was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.credit.portfolio import Portfolio
from models.errors import InputError, shown


@dataclass(frozen=True)
class Dependence:
    """A feature's attribution against its value, coloured by another feature.

    Attributes:
        feature, partner: names of features of the model.
        values, attributions, colours: (n,) each; NaN where unknown.
    """

    feature: str
    partner: str
    values: np.ndarray
    attributions: np.ndarray
    colours: np.ndarray


class Importance:
    """Attributions of a portfolio: ``values`` (n, f) in log-odds, ``features`` (n, f)."""

    def __init__(self, portfolio: Portfolio) -> None:
        answer = portfolio.model.attributions(portfolio.applications)
        self.names = portfolio.model.features
        self.values = answer.values
        self.features = answer.features
        self.mean_absolute = np.abs(answer.values).mean(axis=0)
        self.order = np.argsort(-self.mean_absolute, kind="stable")

    def place(self, feature: object) -> int:
        """A feature's place in the model.

        Raises:
            InputError: the model has no such feature.
        """
        if isinstance(feature, str) and feature in self.names:
            return self.names.index(feature)
        raise InputError("choice", argument="feature", received=shown(feature), allowed=", ".join(self.names))

    def dependence(self, feature: object, partner: object = "") -> Dependence:
        """A feature's dependence; without a partner, the feature that interacts with it most."""
        place = self.place(feature)
        other = self.place(partner) if partner else self.partner(place)
        return Dependence(
            self.names[place],
            self.names[other],
            self.features[:, place],
            self.values[:, place],
            self.features[:, other],
        )

    def partner(self, place: int, bins: int = 12) -> int:
        """The feature whose values explain most of a feature's attribution among clients of like value.

        The heuristic of ``shap.approximate_interactions``: sort by value, cut into bins, sum the absolute correlations
        of attribution and other feature within the bins.
        """
        known = np.flatnonzero(~np.isnan(self.features[:, place]))
        parts = np.array_split(known[np.argsort(self.features[known, place], kind="stable")], bins)
        strength = np.zeros(len(self.names))
        for part in parts:
            attributions = self.values[part, place]
            for other in range(len(self.names)):
                colours = np.nan_to_num(self.features[part, other])
                if other != place and len(part) > 2 and attributions.std() > 0 and colours.std() > 0:
                    strength[other] += abs(np.corrcoef(attributions, colours)[0, 1])
        return int(np.argmax(strength))


def numeric(portfolio: Portfolio, name: object) -> np.ndarray:
    """(n,) values of a numeric original column or of a feature, codes such as 365243 as NaN.

    Raises:
        InputError: there is no such column, or it is a category.
    """
    values = portfolio.values(name)
    if values.dtype == object:
        raise InputError("feature_category", feature=name)
    return values
