"""A score in three to five sentences of plain French or English, each derived from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.credit.score import Contribution, Group, Scale, Score, sigmoid
from models.credit.wording import NOT_SAID, Distance, is_missing, is_said, label, value_text
from models.texts import Texts

NAMED = 3  # groups, or unknown facts, that are named
NOTABLE = {"log_odds": 0.02, "probability": 0.001}  # a smaller contribution is not worth naming


def reasons(score: Score, texts: Texts, scale: Scale = "probability") -> list[str]:
    """Decision and distance, which groups of facts raise the risk, which lower it, where both lead, what is unknown and
    what the model takes in its place.

    Args:
        score: what is explained.
        texts: the language.
        scale: of the chart beside; compared with a group, what raises the log-odds may lower the probability.
    """
    amounts = score.amounts(scale)
    unit = "log_odds" if score.reference is None else scale
    sums = {group.group: math.fsum(amounts[item.feature] for item in group.items) for group in score.groups}
    ranked = sorted(score.groups, key=lambda group: -abs(sums[group.group]))
    distance = Distance.between(score.probability, score.threshold)
    sentences = [texts(f"credit.reasons.{score.decision}", **distance.texts(texts))]
    whom = compared_with(score, "against", texts)
    for key, sign in (("raises", 1), ("lowers", -1)):
        notable = [group for group in ranked if sign * sums[group.group] >= NOTABLE[unit]][:NAMED]
        if notable:
            sentences.append(texts(f"credit.reasons.{key}", whom=whom, groups=_named(notable, texts)))
    sentences.append(_balance(score, distance.texts(texts)["probability"], texts))
    unknown = [item for item in score.contributions if item.is_applicable and not is_said(item.value)]
    sentences += _unknown([item for item in unknown if item.stand_in is None and is_missing(item.value)], "", texts)
    sentences += _unknown([item for item in unknown if item.stand_in is not None], "_usual", texts)
    return sentences + not_learnt(score, texts)


def _balance(score: Score, probability: str, texts: Texts) -> str:
    """Where the contributions begin and where they lead."""
    told = {"base": texts.percent(base_probability(score)), "probability": probability}
    if score.reference is None:  # the mean of log-odds is a score; no client's, and no mean probability either
        return texts("credit.reasons.balance.average", **told)
    return texts("credit.reasons.balance.group", whom=compared_with(score, "mean", texts), **told)


def not_learnt(score: Score, texts: Texts) -> list[str]:
    """For each category that training hardly met, what the model takes it for."""
    return [
        texts(
            "credit.reasons.not_learnt" if item.stand_in is None else "credit.reasons.not_learnt_usual",
            value=value_text(item.feature, item.value, texts),
            name=label(item.feature, texts),
            usual=value_text(item.feature, item.stand_in, texts),
        )
        for item in score.contributions
        if not item.is_learnt and item.value not in NOT_SAID
    ]


def _unknown(items: Sequence[Contribution], how: str, texts: Texts) -> list[str]:
    """Which facts are unknown; ``how`` is the ending of the sentence's key."""
    if not items:
        return []
    strongest = texts.series(label(item.feature, texts) for item in items[:NAMED])
    if len(items) > NAMED:
        return [texts(f"credit.reasons.many_unknown{how}", count=len(items), features=strongest)]
    return [texts.count(f"credit.reasons.unknown{how}", len(items), features=strongest)]


def base_probability(score: Score) -> float:
    """P(default) where the contributions begin: at the average score, or the mean of the group compared with."""
    return sigmoid(score.base_value) if score.reference is None else score.reference.base_probability


def compared_with(score: Score, form: str, texts: Texts) -> str:
    """Whom the contributions compare with, as part of a sentence.

    Args:
        score: whose contributions.
        form: which part: "against" or "short"; of a group of clients also "mean".
        texts: the language.
    """
    if score.reference is None:
        return texts(f"credit.reference.average.{form}")
    return texts(f"credit.reference.{score.reference.name}.{form}", clients=texts.number(score.reference.clients))


def _named(groups: Sequence[Group], texts: Texts) -> str:
    names = [texts(f"credit.groups.{group.group}") for group in groups]
    return texts.series(name[0].lower() + name[1:] for name in names)
