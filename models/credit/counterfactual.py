"""What would it take? The smallest changes to the terms of a loan that flip the decision, each verified by rescoring.

Only what a desk negotiates is touched, never the person (the restriction to actionable changes follows Ustun et al.
2019, "Actionable recourse in linear classification"; the smallest change that flips, Wachter et al. 2018,
"Counterfactual explanations without opening the black box"): borrow less, pay more down, take another duration. The
instalment follows from the loan's own rate, and is never raised in order to be granted. For a loan that is granted the
same search goes the other way, and says how far its terms may go.

A forest of trees has spikes, where one sum is granted and its neighbours are not. So a proposal stands only if the
decision holds at every point of ``FURTHER`` as well, each hundredth up to 10 % further the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from models.credit.application import columns
from models.credit.features import sources
from models.credit.loan import AMOUNT, COLUMNS, INSTALMENT, KIND, LoanTerms
from models.credit.loan_wording import terms_json, weightiest
from models.credit.model import CreditModel
from models.credit.score import Contribution, Decision, Score, decide
from models.credit.wording import Distance, Value, is_missing
from models.texts import ENGLISH, Texts

LARGEST_STEP = 0.5  # of the amount: what a desk still offers to a client who asked for this one
SUMS = 50  # amounts tried up to there, each the same step further
DURATIONS = range(6, 61, 6)  # months that are offered
FURTHER = tuple(1 + step / 100 for step in range(1, 11))  # times the change: how far the decision must hold
FIRST = (FURTHER[4], FURTHER[9])  # of these, where it is looked first, for all terms at once
MOST = 3  # proposals in an answer
Lever = Literal["amount", "down_payment", "months"]


@dataclass(frozen=True)
class Counterfactual:
    """One proposal that flips the decision.

    Attributes:
        levers: what it moves.
        own, terms: the terms as they stand, and the new ones.
        changes: the same as original column -> new value.
        probability: P(default) with these changes, rescored.
        decision: the decision with these changes.
        distance: root of the summed squared log-ratios of new to old amount and duration: 0 is no change.
    """

    levers: tuple[Lever, ...]
    own: LoanTerms
    terms: LoanTerms
    changes: Mapping[str, float]
    probability: float
    decision: Decision
    distance: float


@dataclass(frozen=True)
class CounterfactualAnswer:
    """Every proposal found, smallest change first.

    Attributes:
        client_id: the client; None for an application that is nobody's in the portfolio.
        probability, threshold, decision: as things stand.
        own: the terms as they stand; None where they are unknown.
        found: at most ``MOST`` proposals.
        reason: key in the catalogue (section ``credit.counterfactual``) that says why there is none, or None.
        nearest: of the terms as they stand and all on offer, the probability that comes nearest to the other decision;
            None without terms.
        weighs: the fact besides the loan's terms that weighs most towards the decision.
    """

    client_id: int | None
    probability: float
    threshold: float
    decision: Decision
    own: LoanTerms | None
    found: tuple[Counterfactual, ...]
    reason: str | None
    nearest: float | None
    weighs: Contribution | None

    @property
    def digits(self) -> int:
        """Decimals with which every probability that the answer tells stands apart from the cut-off."""
        reached = [item.probability for item in self.found]
        if not reached and self.nearest is not None:
            reached = [self.nearest]
        return max(Distance.between(one, self.threshold).digits for one in (self.probability, *reached))

    def why_none(self, texts: Texts) -> str | None:
        """The sentence that says why there is no proposal, and which fact weighs most; None where there is one."""
        if self.reason is None:
            return None
        probability = self.probability if self.nearest is None else self.nearest
        figures = Distance.between(probability, self.threshold, self.digits).texts(texts)
        # "at least" is rounded down, "at most" up
        rounded = math.floor if self.decision == "refused" else math.ceil
        units = 10.0 ** (self.digits + 2)
        sentence = texts(
            f"credit.counterfactual.{self.reason}",
            nearest=texts.percent(rounded(round(probability * units, 6)) / units, self.digits),
            threshold=figures["threshold"],
            share=texts.percent(LARGEST_STEP, 0),
            shortest=texts.number(DURATIONS[0]),
            longest=texts.number(DURATIONS[-1]),
            apart=texts.number(DURATIONS.step),
        )
        return f"{sentence} {weightiest(self.weighs, texts)}" if self.weighs else sentence

    def to_json(self, texts: Texts = ENGLISH) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "client_id": self.client_id,
            "probability": self.probability,
            "threshold": self.threshold,
            "decision": self.decision,
            "terms": terms_json(self.own, self.own, texts) if self.own else None,
            "counterfactuals": [
                {
                    "changes": dict(item.changes),
                    "terms": terms_json(item.terms, item.own, texts),
                    "probability": item.probability,
                    "decision": item.decision,
                }
                for item in self.found
            ],
            "reason": self.why_none(texts),
        }


def counterfactuals(model: CreditModel, application: Mapping[str, Value], score: Score) -> CounterfactualAnswer:
    """The smallest proposals that flip a decision.

    Args:
        model: what scores them.
        application: original column -> value.
        score: of that application, at the cut-off that decides.
    """
    own = LoanTerms.of(application)
    fixed = [item for item in score.contributions if not set(sources(item.feature)) & {*COLUMNS, KIND}]
    weighs = max(fixed, key=lambda item: item.contribution * (1 if score.decision == "refused" else -1), default=None)
    stands = (score.client_id, score.probability, score.threshold, score.decision, own)
    if own is None:
        held = all(not is_missing(application.get(name)) for name in (AMOUNT, INSTALMENT))
        return CounterfactualAnswer(*stands, (), "never_repaid" if held else "no_terms", None, weighs)
    offers = list(_offers(own, score.decision))
    if not offers:
        return CounterfactualAnswer(*stands, (), "no_offers", None, weighs)
    search = _Search(model, application, score.threshold, score.decision)
    probabilities = search.probabilities([terms.changes(application) for _, terms in offers])
    flips = np.flatnonzero(search.flipped(probabilities))
    nearest = (min if score.decision == "refused" else max)(score.probability, *probabilities.tolist())
    best: dict[tuple[str, ...], Counterfactual] = {}
    distances = {int(place): _distance(own, offers[place][1]) for place in flips}
    standing = search.standing(own, {place: offers[place][1] for place in distances}, FIRST)
    for place in sorted(standing, key=lambda place: (distances[place], offers[place][0])):
        levers, terms = offers[place]
        if levers not in best and search.standing(own, {place: terms}, FURTHER):
            probability = float(probabilities[place])
            decision = decide(probability, score.threshold)
            changes = terms.changes(application)
            best[levers] = Counterfactual(levers, own, terms, changes, probability, decision, distances[place])
    # to move two levers where one of them moved less would do teaches nothing
    kept = [item for item in best.values() if not any(_beats(other, item) for other in best.values())]
    if kept:
        return CounterfactualAnswer(*stands, tuple(kept[:MOST]), None, nearest, weighs)
    reason = "isolated" if len(flips) else f"none_{score.decision}{'_limit' * own.is_revolving}"
    return CounterfactualAnswer(*stands, (), reason, nearest, weighs)


def _beats(other: Counterfactual, item: Counterfactual) -> bool:
    return set(other.levers) < set(item.levers) and other.distance <= item.distance


def _distance(own: LoanTerms, terms: LoanTerms) -> float:
    return math.hypot(math.log(terms.amount / own.amount), math.log(terms.months / own.months))


def _offers(own: LoanTerms, decision: Decision) -> Iterator[tuple[tuple[Lever, ...], LoanTerms]]:
    """What a desk may propose: the levers that are moved, and the terms. Sums are round."""
    unit = 10.0 ** (math.floor(math.log10(own.amount)) - 2)
    way = -1 if decision == "refused" else 1
    steps = [way * LARGEST_STEP * own.amount * step / SUMS for step in range(1, SUMS + 1)]
    amounts = dict.fromkeys(round((own.amount + step) / unit) * unit for step in steps)
    purchases: list[tuple[tuple[Lever, ...], LoanTerms]] = [((), own)]
    purchases += [(("amount",), own.borrowing(amount)) for amount in amounts if (amount - own.amount) * way > 0]
    if own.price is not None and not own.is_revolving:
        paid = dict.fromkeys(round((own.down_payment - step) / unit) * unit for step in steps)
        purchases += [
            (("down_payment",), own.paying_down(down))
            for down in paid
            if down >= 0 and (own.down_payment - down) * way > 0
        ]
    durations = [own.months] if own.is_revolving else dict.fromkeys([own.months, *DURATIONS])
    for levers, purchase in purchases:
        for months in durations:
            terms = purchase.over(months)
            moved = levers if months == own.months else (*levers, "months")
            is_dearer = terms.instalment > own.instalment * (1 + 1e-9)
            if moved and _is_allowed(terms) and not (is_dearer and decision == "refused"):
                yield moved, terms


def _is_allowed(terms: LoanTerms) -> bool:
    """Whether an application may hold these terms."""
    rules = columns()
    return all(rules[name].fits(value) for name, value in terms.columns().items())


@dataclass(frozen=True)
class _Search:
    model: CreditModel
    application: Mapping[str, Value]
    threshold: float
    decision: Decision

    def probabilities(self, changes: Sequence[Mapping[str, float]]) -> np.ndarray:
        """(n,) P(default) with each set of changed columns."""
        if not changes:
            return np.zeros(0)
        table: dict[str, Any] = {name: self.application.get(name) for name in self.model.feature_spec.columns}
        table |= {name: [changed.get(name, self.application.get(name)) for changed in changes] for name in COLUMNS}
        return self.model.probability(pd.DataFrame(table, index=range(len(changes))))

    def flipped(self, probabilities: np.ndarray) -> np.ndarray:
        """(n,) whether the decision is the other one."""
        refused = probabilities >= self.threshold
        return refused if self.decision == "granted" else ~refused

    def standing(self, own: LoanTerms, flips: Mapping[int, LoanTerms], factors: Sequence[float]) -> list[int]:
        """Those of the terms whose decision holds further the same way, at so many times the change."""
        points = {place: self._further(own, terms, factors) for place, terms in flips.items()}
        flat = [changes for further in points.values() for changes in further]
        holds = self.flipped(self.probabilities(flat)).reshape(len(points), 2 * len(factors) + 1)
        return [place for place, stands in zip(points, holds, strict=True) if stands.all()]

    def _further(self, own: LoanTerms, terms: LoanTerms, factors: Sequence[float]) -> list[dict[str, float]]:
        """Columns further the same way: along the terms, along the columns themselves, and at the next whole month."""
        end = terms.beyond(own, factors[-1])
        months = math.ceil(end.months) if end.months > own.months else math.floor(end.months)
        before, after = own.columns(), terms.columns()
        return [
            *(terms.beyond(own, factor).columns() for factor in factors),
            *({name: before[name] + factor * (after[name] - before[name]) for name in after} for factor in factors),
            end.over(months).columns(),
        ]
