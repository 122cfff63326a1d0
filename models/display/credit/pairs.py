"""Facts that count together, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from models.credit.interactions import Pair
from models.credit.score import Score
from models.credit.wording import label, spoken_value
from models.texts import Texts


def sentences(pairs: Sequence[Pair], score: Score, texts: Texts) -> list[str]:
    """One sentence a pair: both facts with their values, and by how much they move the probability together."""
    values = {item.feature: item.told for item in score.contributions}

    def named(feature: str) -> str:
        value = spoken_value(feature, values[feature], texts)
        return texts("credit.why.with_value", name=label(feature, texts), value=value)

    told = []
    for pair in pairs:
        first, second = map(named, pair.features)
        key = "raises" if pair.interaction >= 0 else "lowers"
        told.append(texts(f"credit.why.pair_{key}", first=first, second=second, points=texts.points(pair.probability)))
    return told
