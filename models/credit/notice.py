"""What a notice of a credit decision tells the client: the decision, its reasons, what would change it, the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.credit.application import columns
from models.credit.counterfactual import CounterfactualAnswer
from models.credit.features import FEATURES, GROUPS, sources
from models.credit.model import CreditModel
from models.credit.principal_reasons import PrincipalReason
from models.credit.score import Score
from models.credit.wording import Value, told


@dataclass(frozen=True)
class Notice:
    """Everything that the client's letter says.

    Attributes:
        score: the decision, with its probability and cut-off.
        reasons: the principal ones.
        answer: which terms would change the decision, or why none do.
        used: group of facts -> original column -> the client's value as it is told, None where unknown; every column
            the model reads.
        unused: how many columns an application may hold besides; the sex is one of them.
        version: the first characters of the model's SHA-256.
        loans: past loans that the model learnt from.
    """

    score: Score
    reasons: tuple[PrincipalReason, ...]
    answer: CounterfactualAnswer
    used: Mapping[str, Mapping[str, Value]]
    unused: int
    version: str
    loans: int


def data_used(model: CreditModel, application: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Group -> original column -> value as told of every column that the model reads, each once, in the groups' order.

    A column that only ratios read stands in the group of the first of them.
    """
    placed: dict[str, str] = {}
    for name in sorted(model.features, key=lambda name: len(sources(name))):
        for column in sources(name):
            placed.setdefault(column, FEATURES.get(column, FEATURES[name]).group)
    groups = {group: [column for column in columns() if placed.get(column) == group] for group in GROUPS}
    return {group: {name: told(name, application) for name in names} for group, names in groups.items() if names}
