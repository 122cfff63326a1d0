"""What would it take? The smallest changes to the terms of a loan that flip the decision, each verified by rescoring.

Only the terms of the loan are touched, never the person: amount, instalment and price of the goods (Wachter et al.
2018, "Counterfactual explanations without opening the black box"; the restriction to actionable columns follows Ustun
et al. 2019, "Actionable recourse in linear classification"). A grid over one, two and three columns is scored at once;
the best point of each set of columns is drawn towards the client's own terms as far as the decision stays flipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from models.credit.application import frame
from models.credit.model import CreditModel
from models.credit.portfolio import Portfolio
from models.credit.score import Decision, decide
from models.credit.wording import Value
from models.texts import ENGLISH, Texts

ACTIONABLE = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
LIMITS = (0.25, 2.5)  # a term may shrink to a quarter and grow to two and a half times its own
STEPS = {1: 81, 2: 25, 3: 13}  # grid points a column, by how many columns change
NEAREST = 5  # grid points of a set of columns that are drawn back towards the client's own terms
FRACTIONS = 64  # steps of that way
ROUNDING = 500.0  # amounts are proposed in steps of this much, instalments in tenths of it
MOST = 3  # sets of changes in an answer


@dataclass(frozen=True)
class Counterfactual:
    """One set of changes that flips the decision.

    Attributes:
        changes: original column -> new value.
        probability: P(default) with these changes, rescored.
        decision: the decision with these changes.
        distance: root of the summed squared log-ratios of new to old values: 0 is no change.
    """

    changes: Mapping[str, float]
    probability: float
    decision: Decision
    distance: float


@dataclass(frozen=True)
class CounterfactualAnswer:
    """Every set found, smallest change first.

    Attributes:
        client_id: the client.
        probability, threshold, decision: as things stand.
        found: at most ``MOST`` sets of changes.
        reason: key in the catalogue (section ``credit.counterfactual``) that says why there is none, or None.
    """

    client_id: int
    probability: float
    threshold: float
    decision: Decision
    found: tuple[Counterfactual, ...]
    reason: str | None

    def to_json(self, texts: Texts = ENGLISH) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "client_id": self.client_id,
            "probability": self.probability,
            "threshold": self.threshold,
            "decision": self.decision,
            "counterfactuals": [
                {"changes": dict(item.changes), "probability": item.probability, "decision": item.decision}
                for item in self.found
            ],
            "reason": texts(f"credit.counterfactual.{self.reason}") if self.reason else None,
        }


@dataclass(frozen=True)
class Bounds:
    """Which terms a lender offers: ranges between the portfolio's 1st and 99th percentile, by kind of contract."""

    amounts: Mapping[str, tuple[float, float]]
    ratios: Mapping[tuple[str, str], tuple[float, float]]

    @classmethod
    def of(cls, portfolio: Portfolio, contract: Value) -> Bounds:
        """From the loans of the same kind of contract."""
        loans = portfolio.applications[portfolio.applications["NAME_CONTRACT_TYPE"] == contract]
        amounts = {name: _range(loans[name]) for name in ACTIONABLE}
        pairs = (("AMT_CREDIT", "AMT_ANNUITY"), ("AMT_CREDIT", "AMT_GOODS_PRICE"))
        return cls(amounts, {pair: _range(loans[pair[0]] / loans[pair[1]]) for pair in pairs})

    def allow(self, terms: Mapping[str, np.ndarray], own: Mapping[str, float]) -> np.ndarray:
        """Which rows of terms lie in the ranges; a range is stretched to hold the client's own terms."""
        inside = np.ones(len(next(iter(terms.values()))), dtype=bool)
        for name, (low, high) in self.amounts.items():
            if name in terms:
                inside &= (terms[name] >= min(low, own[name])) & (terms[name] <= max(high, own[name]))
        for (top, bottom), (low, high) in self.ratios.items():
            if top in terms and bottom in terms:
                ratio, own_ratio = terms[top] / terms[bottom], own[top] / own[bottom]
                slack = 1e-9 * own_ratio
                inside &= (ratio >= min(low, own_ratio) - slack) & (ratio <= max(high, own_ratio) + slack)
        return inside


def _range(values: pd.Series) -> tuple[float, float]:
    low, high = values.dropna().quantile([0.01, 0.99])
    return float(low), float(high)


def counterfactuals(
    portfolio: Portfolio, model: CreditModel, client_id: object, threshold: float
) -> CounterfactualAnswer:
    """The smallest sets of changes that flip a client's decision at a cut-off.

    Raises:
        InputError: there is no such client.
    """
    row = portfolio.row(client_id)
    application = portfolio.application(client_id)
    probability = float(portfolio.probabilities[row])
    decision = decide(probability, threshold)
    own = {name: float(value) for name in ACTIONABLE if isinstance(value := application[name], (int, float)) and value}
    search = _Search(
        model, application, own, Bounds.of(portfolio, application["NAME_CONTRACT_TYPE"]), threshold, decision
    )
    found = [
        best
        for count in STEPS
        for names in combinations(own, count)
        if (best := search.best(names, STEPS[count])) is not None
    ]
    # a larger set of columns that changes more than a smaller one within it teaches nothing
    kept = [item for item in found if not any(_beats(other, item) for other in found)]
    smallest = tuple(sorted(kept, key=lambda item: item.distance)[:MOST])
    reason = None if smallest else ("none" if own else "no_terms")
    return CounterfactualAnswer(int(portfolio.ids[row]), probability, threshold, decision, smallest, reason)


def _beats(other: Counterfactual, item: Counterfactual) -> bool:
    return set(other.changes) < set(item.changes) and other.distance <= item.distance


@dataclass(frozen=True)
class _Search:
    model: CreditModel
    application: Mapping[str, Value]
    own: Mapping[str, float]
    bounds: Bounds
    threshold: float
    decision: Decision

    def best(self, names: Sequence[str], steps: int) -> Counterfactual | None:
        """The smallest change of these columns, all of them, that flips the decision; None if there is none."""
        positions = np.linspace(np.log(LIMITS[0]), np.log(LIMITS[1]), steps)
        grid = np.stack(np.meshgrid(*[positions] * len(names), indexing="ij"), axis=-1).reshape(-1, len(names))
        flips = self.flipped(names, grid)
        if not flips.any():
            return None
        distances = np.where(flips, np.linalg.norm(grid, axis=1), np.inf)
        nearest = grid[np.argsort(distances)[: min(NEAREST, int(flips.sum()))]]
        # how far each may be drawn back: fractions of the way from the client's own terms
        fractions = np.linspace(0, 1, FRACTIONS + 1)[1:]
        candidates = (nearest[:, None, :] * fractions[:, None]).reshape(-1, len(names))
        lengths = np.where(self.flipped(names, candidates), np.linalg.norm(candidates, axis=1), np.inf)
        changes = candidates[int(lengths.argmin())]
        return self._verified(names, changes)

    def flipped(self, names: Sequence[str], log_ratios: np.ndarray) -> np.ndarray:
        """(n,) whether terms are allowed and flip the decision; ``log_ratios`` (n, columns) of new to old."""
        terms = self._terms(names, log_ratios)
        changed = np.logical_and.reduce([terms[name] != self.own[name] for name in names])
        allowed = np.flatnonzero(self.bounds.allow(terms, self.own) & changed)
        flips = np.zeros(len(log_ratios), dtype=bool)
        if len(allowed):
            table: dict[str, Any] = {name: self.application.get(name) for name in self.model.recipe.columns}
            table |= {name: terms[name][allowed] for name in names}
            refused = self.model.probability(pd.DataFrame(table, index=range(len(allowed)))) >= self.threshold
            flips[allowed] = refused if self.decision == "granted" else ~refused
        return flips

    def _terms(self, names: Sequence[str], log_ratios: np.ndarray) -> dict[str, np.ndarray]:
        """Rounded new terms, the untouched ones repeated."""
        terms = {name: np.full(len(log_ratios), value) for name, value in self.own.items()}
        for place, name in enumerate(names):
            unit = ROUNDING / 10 if name == "AMT_ANNUITY" else ROUNDING
            terms[name] = np.maximum(np.round(self.own[name] * np.exp(log_ratios[:, place]) / unit) * unit, unit)
        return terms

    def _verified(self, names: Sequence[str], point: np.ndarray) -> Counterfactual:
        terms = self._terms(names, point[None])
        changes = {name: float(terms[name][0]) for name in names}
        probability = float(self.model.probability(frame([{**self.application, **changes}]))[0])
        distance = float(np.sqrt(sum(np.log(changes[name] / self.own[name]) ** 2 for name in names)))
        return Counterfactual(changes, probability, decide(probability, self.threshold), distance)
