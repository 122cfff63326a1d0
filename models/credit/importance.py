"""What matters over the whole portfolio: attributions of every client, none of whom the model was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from models.credit.interactions import mean_interactions
from models.credit.portfolio import Portfolio
from models.credit.tree_explainers import TreeExplainers
from models.errors import InputError, shown

SAMPLE = 400  # clients whose interactions say which features act together


@dataclass(frozen=True)
class Dependence:
    """A feature's attribution against its value, coloured by another feature.

    Attributes:
        feature, partner: names of features of the model.
        values, attributions, colours: (n,) each; NaN where unknown.
        categories: of a category, its values in the order of their codes, which ``values`` holds; else empty.
    """

    feature: str
    partner: str
    values: np.ndarray
    attributions: np.ndarray
    colours: np.ndarray
    categories: tuple[str, ...] = ()


class Importance:
    """Attributions of a portfolio: ``values`` (n, f) in log-odds, ``features`` (n, f) as the model reads them,
    ``known`` the same without what stands in for unknown ones.
    """

    def __init__(self, portfolio: Portfolio, explainers: TreeExplainers) -> None:
        self._explainers = explainers
        answer = portfolio.model.attributions(portfolio.applications)
        self.names = portfolio.model.features
        self.values = answer.values
        self.features = answer.features
        self.known = portfolio.known_features
        self._categories = portfolio.model.feature_spec.categories
        self.mean_absolute = np.abs(answer.values).mean(axis=0)
        self.order = np.argsort(-self.mean_absolute, kind="stable")

    def place(self, feature: object) -> int:
        """The position of a feature among the model's columns.

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
            self.known[:, place],
            self.values[:, place],
            self.known[:, other],
            tuple(self._categories.get(self.names[place], ())),
        )

    def partner(self, place: int) -> int:
        """The feature that a feature interacts with most: the largest mean absolute SHAP interaction value."""
        return int(np.argmax(self._interactions[place]))

    @cached_property
    def _interactions(self) -> np.ndarray:
        """(f, f) mean absolute interaction values of ``SAMPLE`` clients, evenly spread over the portfolio."""
        rows = np.linspace(0, len(self.features) - 1, min(SAMPLE, len(self.features))).astype(int)
        return mean_interactions(self._explainers, self.features[rows])


def numeric(portfolio: Portfolio, name: object) -> np.ndarray:
    """(n,) values of a numeric original column or of a feature, codes such as 365243 as NaN.

    Raises:
        InputError: there is no such column, or it is a category.
    """
    values = portfolio.values(name)
    if values.dtype == object:
        raise InputError("feature_category", feature=name)
    return values
