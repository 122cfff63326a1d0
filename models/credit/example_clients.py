"""Clients to begin with: some that are worth a look, and those of a band of probabilities."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from models.credit.portfolio import Portfolio
from models.texts import Texts

BAND_EDGES = (0.0, 0.02, 0.05, 0.08, 0.12, 0.20, 1.0)  # P(default)


@dataclass(frozen=True)
class ProbabilityBand:
    """Clients by probability of default, from ``low`` (included) to ``high``."""

    low: float
    high: float

    def message(self, texts: Texts) -> str:
        """``5% to 10%``."""
        return texts("credit.finder.from_to", low=texts.percent(self.low, 0), high=texts.percent(self.high, 0))

    def members(self, portfolio: Portfolio) -> np.ndarray:
        """The rows of its clients in a portfolio."""
        probabilities = portfolio.probabilities
        return np.flatnonzero((probabilities >= self.low) & (probabilities < self.high))

    def draw(self, portfolio: Portfolio) -> int:
        """The number of one of its clients, at random."""
        return int(portfolio.ids[random.choice(self.members(portfolio))])  # noqa: S311  # no secret


@dataclass(frozen=True)
class ExampleClient:
    """A client worth a look; ``key`` says why (section ``credit.finder.examples``)."""

    key: str
    client_id: int


def probability_bands(portfolio: Portfolio) -> list[ProbabilityBand]:
    """The bands that have clients."""
    bands = [ProbabilityBand(low, high) for low, high in pairwise(BAND_EDGES)]
    return [band for band in bands if len(band.members(portfolio))]


def example_clients(portfolio: Portfolio, threshold: float) -> list[ExampleClient]:
    """The clients just above and just below a cut-off, the safest, the riskiest, and a good one refused, each another;
    at an extreme cut-off some of them do not exist.
    """
    probabilities = portfolio.probabilities
    distance = probabilities - threshold
    ranks = {  # the client of the lowest rank is taken
        "just_refused": np.where(distance >= 0, distance, np.inf),
        "just_granted": np.where(distance < 0, -distance, np.inf),
        "safest": probabilities,
        "riskiest": -probabilities,
        "refused_good": np.where((portfolio.outcomes == 0) & (distance >= 0), -probabilities, np.inf),
    }
    rows: dict[str, int] = {}
    # the ends first: whoever they are, nobody else is the safest or the riskiest
    for key in sorted(ranks, key=lambda key: key not in ("safest", "riskiest")):
        rank = ranks[key]
        free = (int(row) for row in np.argsort(rank, kind="stable") if int(row) not in rows.values())
        row = next(free, None)
        if row is not None and rank[row] < np.inf:
            rows[key] = row
    return [ExampleClient(key, int(portfolio.ids[rows[key]])) for key in ranks if key in rows]
