"""What a relationship manager reads about a score: the decision in text and symbol, and its distance to the cut-off."""

from __future__ import annotations

from models.credit.score import Score
from models.credit.wording import Distance
from models.display.common.html import render
from models.texts import Texts

SYMBOLS = {"granted": "\u2713", "refused": "\u2715"}


def verdict(score: Score, percentile: float, cost_ratio: float, texts: Texts) -> str:
    """The decision with its figures, as HTML.

    Args:
        score: the client's score.
        percentile: share of the portfolio with a lower probability, 0..1.
        cost_ratio: cost of a missed default in refused good loans, which set the cut-off.
    """
    figures = Distance.between(score.probability, score.threshold).texts(texts)
    sign = "+" if score.decision == "refused" else "\u2212"
    who = texts("credit.client", client_id=score.client_id) if score.client_id else texts("credit.new_client")
    return render(
        "verdict",
        client=score.client_id or "",
        decision=score.decision,
        symbol=SYMBOLS[score.decision],
        title=texts(f"credit.decision.{score.decision}"),
        who=who,
        figures=[
            (texts("credit.probability"), figures["probability"]),
            (texts("credit.cutoff"), figures["threshold"]),
            (texts("credit.distance"), sign + figures["points"]),
            (texts("credit.percentile"), _place(percentile, texts)),
        ],
        note=texts("credit.cutoff_note", ratio=texts.plain(cost_ratio)),
    )


def _place(percentile: float, texts: Texts) -> str:
    """How a client stands in the portfolio."""
    if percentile == 0:
        return texts("credit.safest")
    return texts("credit.riskier_than", share=texts.share(percentile))
