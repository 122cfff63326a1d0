"""Where the lender draws the line: the cut-off that costs least, from counts measured out of fold."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from models import arguments
from models.credit.wording import Number
from models.errors import InputError, shown

COST_RATIO_RANGE = (1.0, 50.0)  # how many refused good loans one missed default costs
BORDERLINE = 0.01  # a client within one percentage point of the cut-off is a borderline case
_IN_METRICS = ("threshold", "tp", "fp", "tn", "fn")  # what ``metrics.json`` calls the columns of a policy


@dataclass(frozen=True)
class Confusion:
    """Counts at a cut-off; refusing is the positive answer, a default the positive outcome.

    Attributes:
        refused_bad, refused_good: refused, would have defaulted or repaid.
        granted_good, granted_bad: granted, repaid or defaulted.
    """

    refused_bad: int
    refused_good: int
    granted_good: int
    granted_bad: int

    @property
    def total(self) -> int:
        """Number of loans counted."""
        return self.refused_bad + self.refused_good + self.granted_good + self.granted_bad


@dataclass(frozen=True)
class CutOff:
    """The cheapest cut-off under a cost ratio.

    Attributes:
        cost_ratio: cost of a missed default, in refused good loans.
        threshold: P(default) from which a loan is refused.
        confusion: what it would have done to the training loans, out of fold.
        cost: average cost a loan, in refused good loans.
    """

    cost_ratio: float
    threshold: float
    confusion: Confusion
    cost: float


@dataclass(frozen=True)
class Policy:
    """Confusion counts over a grid of thresholds, each array of shape (t,)."""

    thresholds: np.ndarray
    true_positives: np.ndarray
    false_positives: np.ndarray
    true_negatives: np.ndarray
    false_negatives: np.ndarray

    @classmethod
    def from_metrics(cls, metrics: dict[str, Any]) -> Policy:
        """From the out-of-fold counts that training wrote into ``metrics.json``."""
        return cls(*(np.asarray(metrics["thresholds"][name]) for name in _IN_METRICS))

    def to_metrics(self) -> dict[str, list[float]]:
        """The ``thresholds`` of ``metrics.json``: lists by name."""
        return {
            name: getattr(self, column.name).tolist() for name, column in zip(_IN_METRICS, fields(self), strict=True)
        }

    def costs(self, cost_ratio: float) -> np.ndarray:
        """(t,) average cost a loan: ``(cost_ratio * missed defaults + refused good loans) / loans``."""
        total = self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
        cost: np.ndarray = (cost_ratio * self.false_negatives + self.false_positives) / total
        return cost

    def at(self, index: int) -> Confusion:
        """The counts at one threshold of the grid."""
        return Confusion(
            int(self.true_positives[index]),
            int(self.false_positives[index]),
            int(self.true_negatives[index]),
            int(self.false_negatives[index]),
        )

    def read(self, written: str) -> CutOff:
        """The threshold of least cost at a ratio as a link writes it.

        Raises:
            InputError: it is no number, or outside ``COST_RATIO_RANGE``.
        """
        try:
            return self.cut_off(float(written))
        except ValueError:
            return self.cut_off(written)  # type: ignore[arg-type]  # refused, by what was written

    def cut_off(self, cost_ratio: float) -> CutOff:
        """The threshold of least cost.

        Raises:
            InputError: the ratio is outside ``COST_RATIO_RANGE``.
        """
        low, high = COST_RATIO_RANGE
        try:
            ratio = arguments.number("cost_ratio", cost_ratio, low, high)
        except InputError as error:
            written = Number(cost_ratio) if arguments.is_number(cost_ratio) else shown(cost_ratio).strip("'")
            of_link = InputError("ratio_of_link", received=written, low=Number(low), high=Number(high))
            raise InputError(error.key, on_page=of_link, **error.details) from None
        costs = self.costs(ratio)
        index = int(np.argmin(costs))
        return CutOff(ratio, float(self.thresholds[index]), self.at(index), float(costs[index]))
