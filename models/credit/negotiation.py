"""What if the terms were other ones? Sliders for what a desk negotiates, each within what makes sense for the loan."""

from __future__ import annotations

import math
from dataclasses import dataclass

from models.arguments import is_number
from models.credit.counterfactual import DURATIONS
from models.credit.loan import LoanTerms
from models.errors import InputError, shown
from models.texts import Texts

TERMS = ("amount", "down_payment", "months")
AMOUNTS = (0.1, 2.0)  # of the amount asked for: what may be tried
STEP = 100.0  # of sums, in the table's currency


@dataclass(frozen=True)
class TermSlider:
    """How one of ``TERMS`` is moved; ``low`` and ``high`` are included."""

    term: str
    low: float
    high: float
    step: float
    value: float

    def label(self, terms: LoanTerms, texts: Texts) -> str:
        """Its name: the amount of a revolving credit is a limit."""
        return texts("credit.loan.limit_amount" if terms.is_revolving else f"credit.loan.{self.term}")


def negotiable(terms: LoanTerms) -> tuple[str, ...]:
    """Which of ``TERMS`` can be moved: of a revolving credit the limit alone."""
    if terms.is_revolving:
        return TERMS[:1]
    return TERMS if terms.price is not None else ("amount", "months")


def slider(own: LoanTerms, terms: LoanTerms, term: str) -> TermSlider:
    """The slider of a term, at the value that it has come to.

    Args:
        own: as the client asked for them; they say how far one may go.
        terms: as they have been moved.
        term: one of ``TERMS``.
    """
    lowest, highest = (share * own.amount for share in AMOUNTS)
    match term:
        case "amount":
            low = math.floor(lowest / STEP) * STEP or lowest
            high = math.ceil(max(highest, terms.amount) / STEP) * STEP
            return TermSlider(term, low, high, STEP, round(terms.amount, 2))
        case "down_payment":  # what is paid down is not borrowed, and something must be
            most = math.floor((terms.amount + terms.down_payment - lowest) / STEP) * STEP
            return TermSlider(term, 0.0, max(most, terms.down_payment), STEP, round(terms.down_payment, 2))
        case "months":
            ends = (DURATIONS[0], DURATIONS[-1], own.months)
            return TermSlider(term, min(ends), max(ends), 1, terms.months)
    raise ValueError(f"no such term: {term!r}, allowed are {TERMS}")


def negotiate(own: LoanTerms, terms: LoanTerms, term: str, value: object) -> LoanTerms:
    """The terms with one of them moved; the others follow as in :class:`LoanTerms`.

    Raises:
        InputError: the value lies beyond the slider's ends, or is no whole number of months.
    """
    limits = slider(own, terms, term)
    moved = float(value) if is_number(value) else math.nan
    if not limits.low <= moved <= limits.high or (term == "months" and not moved.is_integer()):
        raise InputError("typed_range", name=_Named(limits, terms), received=_Received(value), allowed=_Allowed(limits))
    match term:
        case "amount":
            return terms.borrowing(moved)
        case "down_payment":
            return terms.paying_down(moved)
    return terms.over(moved)


@dataclass(frozen=True)
class _Named:
    slider: TermSlider
    terms: LoanTerms

    def message(self, texts: Texts) -> str:
        return self.slider.label(self.terms, texts)


@dataclass(frozen=True)
class _Received:
    value: object

    def message(self, texts: Texts) -> str:
        return texts.plain(self.value) if is_number(self.value) else shown(self.value)


@dataclass(frozen=True)
class _Allowed:
    slider: TermSlider

    def message(self, texts: Texts) -> str:
        kind = "whole" if self.slider.term == "months" else "number"
        return texts(f"errors.allowed_{kind}", low=texts.plain(self.slider.low), high=texts.plain(self.slider.high))
