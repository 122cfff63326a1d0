"""The terms of a loan in the words of a lender's desk."""

from __future__ import annotations

from typing import Any

from models.credit.loan import CENT, LoanTerms
from models.credit.score import Contribution
from models.credit.wording import label, money, spoken_value
from models.texts import Texts, capitalized


def terms_json(terms: LoanTerms, own: LoanTerms | None, texts: Texts) -> dict[str, Any]:
    """Terms in the form that programs receive; ``words`` says them beside the client's own."""
    return {
        "amount_borrowed": terms.amount,
        "down_payment": terms.down_payment,
        "goods_price": terms.price,
        "months": None if terms.is_revolving else int(terms.months),
        "instalment": terms.instalment,
        "annual_rate": None if terms.is_revolving else terms.annual_rate,
        "words": proposal(own, terms, texts) if own and terms != own else as_they_stand(terms, texts),
    }


def as_they_stand(terms: LoanTerms, texts: Texts) -> str:
    """What is borrowed, for how long, at which rate, and what is paid a month.

    ``500,000 borrowed over 36 months at 18.2% a year: 18,120 a month.``
    """
    kind = "revolving" if terms.is_revolving else "stand"
    return texts(f"credit.loan.{kind}", **_told(terms, texts))


def proposal(own: LoanTerms, terms: LoanTerms, texts: Texts) -> str:
    """What is done, in one sentence, and the instalment that follows.

    ``Borrow 450,000 instead of 500,000, over 36 months instead of 30: 16,300 a month instead of 20,900.``
    """
    told = _told(terms, texts) | {f"own_{name}": text for name, text in _told(own, texts).items()}
    parts = []
    if terms.is_revolving:
        parts.append(texts("credit.loan.limit", **told))
    elif abs(terms.down_payment - own.down_payment) > CENT:
        more = "more" if terms.down_payment > own.down_payment else "less"
        parts.append(texts(f"credit.loan.down_{more if own.down_payment > CENT else 'first'}", **told))
    elif abs(terms.amount - own.amount) > CENT:
        told_apart = own.price is not None and abs(own.price - own.amount) > CENT  # the purchase is another sum
        parts.append(texts(f"credit.loan.{'purchase' if told_apart else 'borrow'}", **told))
    if terms.months != own.months and not terms.is_revolving:
        parts.append(texts("credit.loan.over" if parts else "credit.loan.repay", **told))
    what = ", ".join(parts)
    key = "credit.loan.proposal_revolving" if terms.is_revolving else "credit.loan.proposal"
    return texts(key, what=capitalized(what), **told)


def interest(own: LoanTerms, terms: LoanTerms, texts: Texts) -> str:
    """What the loan costs in all, beside what it would have cost; empty for a revolving credit, which has no end."""
    if terms.is_revolving:
        return ""
    dearer = "dearer" if terms.interest > own.interest + CENT else "cheaper"
    return texts(
        f"credit.loan.interest_{dearer}", interest=money(terms.interest, texts), own=money(own.interest, texts)
    )


def weightiest(item: Contribution, texts: Texts) -> str:
    """Which fact besides the terms of the loan weighs most, as a sentence."""
    fact = f"{label(item.feature, texts)} ({spoken_value(item.feature, item.told, texts)})"
    return texts("credit.counterfactual.weighs", fact=fact)


def _told(terms: LoanTerms, texts: Texts) -> dict[str, str]:
    return {
        "amount": money(terms.amount, texts),
        "down_payment": money(terms.down_payment, texts),
        "price": "" if terms.price is None else money(terms.price, texts),
        "months": texts.number(terms.months),
        "duration": texts.count("credit.loan.duration", round(terms.months)),
        "instalment": money(terms.instalment, texts),
        "rate": texts.percent(terms.annual_rate),
    }
