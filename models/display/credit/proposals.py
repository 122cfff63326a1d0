"""What would change a decision, in sentences and as a card."""

from __future__ import annotations

from models.credit.counterfactual import CounterfactualAnswer
from models.credit.loan import USUAL_RATE
from models.credit.loan_wording import interest, proposal
from models.credit.score import Decision
from models.credit.wording import Distance
from models.display.common.html import render
from models.texts import Texts


def what_is_offered(answer: CounterfactualAnswer, texts: Texts) -> str:
    """Which terms are moved for this loan, as a paragraph: those that a desk may offer, or that would cost a loan its
    approval.
    """
    limit = "_limit" if answer.own and answer.own.is_revolving else ""
    return texts(f"credit.counterfactual.explain_{answer.decision}{limit}")


def what_is_assumed(answer: CounterfactualAnswer, texts: Texts) -> str:
    """How duration and rate were found, which the data lack; empty for a revolving credit, which has neither."""
    if answer.own and answer.own.is_revolving:
        return ""
    return texts("credit.counterfactual.assumed", rate=texts.percent(USUAL_RATE, 0))


def intro(answer: CounterfactualAnswer, texts: Texts) -> str:
    """What the proposals that follow would do."""
    return texts.count(f"credit.counterfactual.intro_{answer.decision}", len(answer.found))


def proposals(answer: CounterfactualAnswer, texts: Texts) -> list[tuple[list[str], str, Decision]]:
    """Each proposal: what is done and what it costs, in sentences; what comes of it; the new decision."""
    told = []
    before = texts.percent(answer.probability, answer.digits)
    for found in answer.found:
        words = [proposal(found.own, found.terms, texts), interest(found.own, found.terms, texts)]
        after = Distance.between(found.probability, answer.threshold, answer.digits).texts(texts)
        outcome = texts(f"credit.counterfactual.{found.decision}", before=before, **after)
        told.append((list(filter(None, words)), outcome, found.decision))
    return told


def counterfactuals(answer: CounterfactualAnswer, texts: Texts) -> str:
    """The proposals as a card in HTML, or why there is none.

    The verdict above them is written with its own decimals: where the proposals need more, the card begins with them.
    """
    closer = _closer(answer, texts)
    if why := answer.why_none(texts):
        return render("notices", sentences=[" ".join(filter(None, [closer, why]))])
    begins = " ".join(filter(None, [closer, intro(answer, texts)]))
    return render("counterfactuals", intro=begins, items=proposals(answer, texts))


def _closer(answer: CounterfactualAnswer, texts: Texts) -> str:
    """Probability and cut-off with the decimals of the proposals; empty where those are the verdict's own."""
    own = Distance.between(answer.probability, answer.threshold)
    if own.digits == answer.digits:
        return ""
    figures = Distance.between(answer.probability, answer.threshold, answer.digits).texts(texts)
    return texts("credit.counterfactual.closer", probability=figures["probability"], threshold=figures["threshold"])
