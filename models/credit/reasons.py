"""A score in three to five sentences of plain French or English, each derived from the numbers."""

from __future__ import annotations

from models.credit.score import Contribution, Score, sigmoid
from models.credit.wording import is_missing, label, with_value
from models.texts import Texts

NAMED = 3  # features named on each side
NOTABLE = 0.02  # log-odds; a smaller contribution is not worth naming


def reasons(score: Score, texts: Texts) -> list[str]:
    """Decision and distance, what raises the risk, what lowers it, the sum of both, and what is unknown."""
    raising = [item for item in score.contributions if item.contribution > 0]
    lowering = [item for item in score.contributions if item.contribution < 0]
    sentences = [_decision(score, texts)]
    for key, side in (("raises", raising), ("lowers", lowering)):
        notable = [item for item in side[:NAMED] if abs(item.contribution) >= NOTABLE]
        if notable:
            sentences.append(texts(f"credit.reasons.{key}", features=_named(notable, texts)))
    sentences.append(
        texts(
            "credit.reasons.balance",
            up=texts.number(sum(item.contribution for item in raising), 2),
            down=texts.number(-sum(item.contribution for item in lowering), 2),
            base=texts.percent(sigmoid(score.base_value)),
            probability=texts.percent(score.probability),
        )
    )
    unknown = [item for item in score.contributions if is_missing(item.value)]
    if unknown:
        strongest = ", ".join(label(item.feature, texts) for item in unknown[:NAMED])
        sentences.append(texts.count("credit.reasons.unknown", len(unknown), features=strongest))
    return sentences


def _decision(score: Score, texts: Texts) -> str:
    return texts(
        f"credit.reasons.{score.decision}",
        probability=texts.percent(score.probability),
        points=texts.points(score.probability - score.threshold),
        threshold=texts.percent(score.threshold),
    )


def _named(items: list[Contribution], texts: Texts) -> str:
    parts = [f"{with_value(item.feature, item.value, texts)} ({texts.signed(item.contribution)})" for item in items]
    if len(parts) == 1:
        return parts[0]
    return ", ".join(parts[:-1]) + texts("credit.reasons.and") + parts[-1]
