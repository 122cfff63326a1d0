"""What a score is: one application, its probability of default, and what each feature, and each group of them, adds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from models.credit.wording import NOT_APPLICABLE, Value, label
from models.texts import ENGLISH, Texts

Decision = Literal["granted", "refused"]
Scale = Literal["log_odds", "probability"]


def sigmoid(log_odds: float) -> float:
    """Log-odds to probability."""
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds >= 0 else 1.0 - 1.0 / (1.0 + math.exp(log_odds))


def logit(probability: float) -> float:
    """Probability in (0, 1) to log-odds."""
    return math.log(probability / (1.0 - probability))


def decide(probability: float, threshold: float) -> Decision:
    """Refused from the cut-off upwards."""
    return "refused" if probability >= threshold else "granted"


@dataclass(frozen=True)
class Contribution:
    """What one feature adds to the log-odds of default (positive: more risk).

    Attributes:
        feature: name of the model's feature.
        group: the group that it is explained in, one of ``models.credit.features.GROUPS``.
        value: its value in the application; None where unknown.
        contribution: SHAP value in log-odds.
        stand_in: what the model took in place of a value that is unknown, or a category that training hardly met; None
            where it took the value itself, or unknown as unknown.
        is_learnt: False for a category that training hardly met.
        is_applicable: False where there is nothing of which a value could be known, such as the age of no car.
    """

    feature: str
    group: str
    value: Value
    contribution: float
    stand_in: Value = None
    is_learnt: bool = True
    is_applicable: bool = True

    @property
    def told(self) -> Value:
        """The value as a reader is told of it."""
        return self.value if self.is_applicable else NOT_APPLICABLE


@dataclass(frozen=True)
class Reference:
    """A group of clients that a score is compared with.

    Attributes:
        name: "granted" or "similar".
        clients: how many there are.
        background: how many of them were the background of the SHAP values.
        base_probability: their mean P(default).
        contributions: feature -> SHAP value of the probability; with ``base_probability`` they add up to the client's.
    """

    name: str
    clients: int
    background: int
    base_probability: float
    contributions: Mapping[str, float]


@dataclass(frozen=True)
class Group:
    """What a group's features add to the log-odds together.

    Attributes:
        group: one of ``models.credit.features.GROUPS``.
        contribution: the sum of its features'.
        items: its features, largest magnitude first.
    """

    group: str
    contribution: float
    items: tuple[Contribution, ...]


@dataclass(frozen=True)
class Score:
    """One application's score; ``base_value`` + the sum of the contributions = ``log_odds``.

    Attributes:
        client_id: None for an application that is nobody's in the portfolio.
        threshold: cut-off on P(default), in (0, 1).
        base_value: log-odds before any feature is known.
        log_odds: calibrated log-odds of default.
        contributions: every feature of the model, largest magnitude first.
        reference: the clients that ``base_value`` is the mean of; None for the average client of the training.
        average: where there are such clients, the same score against the average client.
    """

    client_id: int | None
    threshold: float
    base_value: float
    log_odds: float
    contributions: tuple[Contribution, ...]
    reference: Reference | None = None
    average: Score | None = None

    @property
    def probability(self) -> float:
        """P(default), in (0, 1)."""
        return sigmoid(self.log_odds)

    @property
    def decision(self) -> Decision:
        """Granted below the cut-off."""
        return decide(self.probability, self.threshold)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every group of the model's features, largest magnitude first; their sum is that of the contributions."""
        members: dict[str, list[Contribution]] = {}
        for item in self.contributions:
            members.setdefault(item.group, []).append(item)
        groups = [
            Group(name, math.fsum(item.contribution for item in items), tuple(items)) for name, items in members.items()
        ]
        return tuple(sorted(groups, key=lambda group: -abs(group.contribution)))

    def amounts(self, scale: Scale) -> Mapping[str, float]:
        """Feature -> what it adds: to the probability, where it is compared with a group of clients, whose SHAP values
        are those of the probability; else to the log-odds.
        """
        if scale == "probability" and self.reference is not None:
            return self.reference.contributions
        return {item.feature: item.contribution for item in self.contributions}

    def to_json(self, texts: Texts = ENGLISH) -> dict[str, Any]:
        """The form that programs receive."""
        answer: dict[str, Any] = {
            "client_id": self.client_id,
            "probability": self.probability,
            "threshold": self.threshold,
            "decision": self.decision,
            "base_value": self.base_value,
            "log_odds": self.log_odds,
            "contributions": [
                {
                    "feature": item.feature,
                    "label": label(item.feature, texts),
                    "value": item.value,
                    "contribution": item.contribution,
                    **({} if item.stand_in is None else {"stand_in": item.stand_in}),
                    **({} if item.is_applicable else {"applicable": False}),
                }
                for item in self.contributions
            ],
            "groups": [
                {
                    "group": group.group,
                    "label": texts(f"credit.groups.{group.group}"),
                    "contribution": group.contribution,
                    "features": [item.feature for item in group.items],
                }
                for group in self.groups
            ],
        }
        if self.reference is not None:
            answer["reference"] = vars(self.reference) | {"contributions": dict(self.reference.contributions)}
        return answer


@dataclass(frozen=True)
class Change:
    """What one feature's change did to the log-odds, between two scores of the same model; values as they are told."""

    feature: str
    before: Value
    after: Value
    contribution: float


def changes(before: Score, after: Score) -> tuple[Change, ...]:
    """The differences of two scores' contributions, largest first; they sum to the difference in log-odds.

    A feature whose own value stays may still move, where the model weighs it together with one that changed.
    """
    old = {item.feature: item for item in before.contributions}
    moved = []
    for item in after.contributions:
        was = old[item.feature]
        # what only another fact makes applicable has not changed itself
        told = was.told if was.value != item.value else item.told
        moved.append(Change(item.feature, told, item.told, item.contribution - was.contribution))
    return tuple(sorted((item for item in moved if item.contribution != 0), key=lambda item: -abs(item.contribution)))
