"""The principal reasons of a decision: at most four facts, each beside what is usual, as a credit notice names them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from models.credit.features import NOT_EMPLOYED
from models.credit.loan import KIND, REVOLVING
from models.credit.portfolio import Portfolio
from models.credit.score import Contribution, Score
from models.credit.wording import Value, is_missing

Peers = Literal["granted", "refused", "all"]

MOST = 4  # of a credit notice: Regulation B, 12 CFR 1002.9, official interpretation 9(b)(2)-1
NOTABLE = 0.05  # log-odds; a weaker fact is named only where there is no stronger one
TOLD_AS_ONE = "external_scores"  # one fact in several parts: the group whose features make one reason together


@dataclass(frozen=True)
class ComparedFact:
    """A client's own fact beside the usual one.

    Attributes:
        feature: name of the model's feature.
        value: as the application has it; None where unknown.
        usual: median of those whom it is compared with, or their most frequent category; None where nobody's is known.
        lower, alike, higher: share of those of whom the fact is known who have a smaller, the same or a larger value,
            0..1; a category's order is that of the default rates at training, in which one that training hardly met has
            no place. 0 where the client's own is unknown, or such a one.
        known: share of whom the fact is known, 0..1.
        stand_in, is_applicable: as in :class:`Contribution`.
        is_of_limit: whether the loan is a revolving one: a limit to draw on, which buys no goods.
    """

    feature: str
    value: Value
    usual: Value
    lower: float
    alike: float
    higher: float
    known: float
    stand_in: Value = None
    is_applicable: bool = True
    is_of_limit: bool = False


@dataclass(frozen=True)
class PrincipalReason:
    """Why a loan was refused, or what spoke for a grant.

    Attributes:
        weighs: whether it weighs against the client or speaks for them.
        contribution: what it adds to the log-odds of default; positive where it weighs against.
        features: the model's features that it sums up; several only for the external scores.
        facts: what there is to say, the strongest first.
        peers: whom the client is compared with: those of the portfolio for whom it went the other way.
        known: how many of the features are known of the client.
    """

    weighs: Literal["against", "for"]
    contribution: float
    features: tuple[str, ...]
    facts: tuple[ComparedFact, ...]
    peers: Peers
    known: int


def principal_reasons(score: Score, portfolio: Portfolio, most: int = MOST) -> tuple[PrincipalReason, ...]:
    """The facts that weighed most the way that the decision went, strongest first.

    A refused client is compared with those whose loan is granted at the same cut-off, a granted one with the refused;
    with all where there are none. With whomever the score itself is compared, the decision has the same reasons: what
    weighed against the average client.

    Args:
        score: whose decision is explained; its contributions say what weighed.
        portfolio: whose clients say what is usual.
        most: reasons at most.
    """
    score = score.average or score
    refused = score.decision == "refused"
    sign = 1 if refused else -1
    peers, members = _peers(score, portfolio)
    parts = [(sign * math.fsum(item.contribution for item in items), items) for items in _told_together(score)]
    parts.sort(key=lambda part: -part[0])
    is_of_limit = any(item.feature == KIND and item.value == REVOLVING for item in score.contributions)
    chosen = [part for part in parts[:most] if part[0] >= NOTABLE] or [part for part in parts[:1] if part[0] > 0]
    return tuple(
        PrincipalReason(
            "against" if refused else "for",
            sign * weight,
            tuple(item.feature for item in items),
            tuple(_compared(item, portfolio, members, is_of_limit) for item in _worth_saying(items, sign)),
            peers,
            sum(not is_missing(item.value) for item in items),
        )
        for weight, items in chosen
    )


def _peers(score: Score, portfolio: Portfolio) -> tuple[Peers, np.ndarray]:
    """Those for whom it went the other way, and which of the portfolio they are."""
    granted = portfolio.probabilities < score.threshold
    if granted.all() or not granted.any():
        return "all", np.ones_like(granted)
    return ("granted", granted) if score.decision == "refused" else ("refused", ~granted)


def _told_together(score: Score) -> list[tuple[Contribution, ...]]:
    """The contributions, those told as one fact together."""
    together = tuple(item for item in score.contributions if item.group == TOLD_AS_ONE)
    alone = [(item,) for item in score.contributions if item.group != TOLD_AS_ONE]
    return [together, *alone] if together else [*alone]


def _worth_saying(items: tuple[Contribution, ...], sign: int) -> list[Contribution]:
    """The strongest of a reason's facts, and the others that weigh notably the same way."""
    ranked = sorted(items, key=lambda item: -sign * item.contribution)
    return ranked[:1] + [item for item in ranked[1:] if sign * item.contribution >= NOTABLE]


def _compared(item: Contribution, portfolio: Portfolio, members: np.ndarray, is_of_limit: bool) -> ComparedFact:
    values = portfolio.known_features[members, portfolio.model.features.index(item.feature)]
    values = values[~np.isnan(values)]
    own = _number(item.feature, item.value, portfolio)
    known = int(np.count_nonzero(portfolio.is_known(item.feature)[members]))
    count = max(known, 1)  # of a category, also those whose own is too rare to have a place in the order
    lower, alike, higher = (
        int(np.count_nonzero(found)) / count for found in (values < own, values == own, values > own)
    )
    usual = _usual(item.feature, values, portfolio) if len(values) else None
    share = known / max(int(members.sum()), 1)
    return ComparedFact(
        item.feature, item.value, usual, lower, alike, higher, share, item.stand_in, item.is_applicable, is_of_limit
    )


def _number(feature: str, value: Value, portfolio: Portfolio) -> float:
    """The client's own value on the same scale."""
    categories = portfolio.model.feature_spec.categories.get(feature)
    if categories is not None:
        return float(categories.index(str(value))) if value in categories else math.nan
    unknown = is_missing(value) or (feature == "DAYS_EMPLOYED" and value == NOT_EMPLOYED)
    return math.nan if value is None or unknown else float(value)


def _usual(feature: str, values: np.ndarray, portfolio: Portfolio) -> Value:
    categories = portfolio.model.feature_spec.categories.get(feature)
    if categories is None:
        return float(np.median(values))
    return categories[int(np.bincount(values.astype(int)).argmax())]
