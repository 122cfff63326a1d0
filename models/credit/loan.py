"""The terms of a loan as a lender's desk negotiates them: amount, down payment, duration; the instalment follows.

An application says the amount borrowed (``AMT_CREDIT``), the instalment (``AMT_ANNUITY``) and the price of the goods
(``AMT_GOODS_PRICE``), but neither rate nor duration. What is assumed of them stands here and nowhere else:

- Loans are repaid in equal monthly instalments, at the end of each month.
- The duration is the whole number of months that comes nearest to the instalment at ``USUAL_RATE``; at that rate the
  longest loans of the data last 60 months, and the round ones 12, 24, 36 and 48.
- The loan's own rate is then the one at which amount, instalment and duration agree exactly. It stays the same
  whatever is negotiated.
- What is borrowed beyond the price of the goods pays for insurance and fees; a price beyond the amount is a down
  payment. A cheaper purchase carries less insurance, in proportion.
- A revolving credit has no duration: its instalment is a share of the limit, and the limit alone is negotiated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from scipy.optimize import brentq

from models.credit.wording import Value

AMOUNT, INSTALMENT, PRICE = COLUMNS = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")
USUAL_RATE = 0.18  # a year, nominal: twelve times that of a month
LONGEST = 120  # months: an instalment that would take longer at the usual rate is given a lower one
LIFETIME = 1200  # months
KIND, REVOLVING = "NAME_CONTRACT_TYPE", "Revolving loans"  # the column that says what is negotiated, and its value
CENT = 0.005  # half of the smallest difference between two sums


@dataclass(frozen=True)
class LoanTerms:
    """What is agreed on; amounts in the table's currency.

    Attributes:
        amount: borrowed, insurance and fees included.
        down_payment: paid by the client at once, 0 or more.
        months: duration, a whole number; of a revolving credit, how long a limit used once would take.
        annual_rate: nominal, 0 or more; 0.18 is 18 %.
        price: of the goods; None where unknown, and then no down payment is either.
        is_revolving: whether only the limit is negotiated.
    """

    amount: float
    down_payment: float
    months: float
    annual_rate: float
    price: float | None
    is_revolving: bool = False

    @classmethod
    def of(cls, application: Mapping[str, Value]) -> LoanTerms | None:
        """The terms of an application of original columns; None where amount or instalment is unknown or 0, or
        the instalment so small that the loan would not be repaid in a lifetime.
        """
        amount, paid, price = (_positive(application.get(name)) for name in COLUMNS)
        if amount is None or paid is None or amount / paid > LIFETIME:
            return None
        months = _nearest_months(amount, paid)
        return cls(
            amount,
            max(price - amount, 0.0) if price is not None else 0.0,
            months,
            _annual_rate(amount, paid, months),
            price,
            application.get(KIND) == REVOLVING,
        )

    def columns(self) -> dict[str, float]:
        """The original columns that the terms come to, in cents; an unknown price stays unknown."""
        columns = {AMOUNT: round(self.amount, 2), INSTALMENT: round(self.instalment, 2)}
        return columns if self.price is None else columns | {PRICE: round(self.price, 2)}

    def changes(self, application: Mapping[str, Value]) -> dict[str, float]:
        """Those of :meth:`columns` that differ from an application's."""
        return {
            name: value
            for name, value in self.columns().items()
            if (own := _positive(application.get(name))) is None or abs(value - own) > CENT
        }

    @property
    def instalment(self) -> float:
        """The monthly payment that repays the amount with interest."""
        return instalment(self.amount, self.annual_rate, self.months)

    @property
    def interest(self) -> float:
        """The interest that is paid in all until the loan is repaid."""
        return self.instalment * self.months - self.amount

    def borrowing(self, amount: float) -> LoanTerms:
        """The terms with another amount: the purchase is cheaper or dearer in proportion, the down payment stays."""
        share = (amount + self.down_payment) / (self.amount + self.down_payment)
        return replace(self, amount=amount, price=None if self.price is None else self.price * share)

    def paying_down(self, down_payment: float) -> LoanTerms:
        """The same purchase with another down payment: what is paid at once is not borrowed."""
        return replace(self, amount=self.amount + self.down_payment - down_payment, down_payment=down_payment)

    def over(self, months: float) -> LoanTerms:
        """The same loan over another duration."""
        return replace(self, months=months)

    def beyond(self, own: LoanTerms, factor: float) -> LoanTerms:
        """The terms reached by going on the same way: the steps from ``own`` to these, each times a factor.

        No way leads to less than a month: a tenth beyond the step from 66 months to 6 lies nothing.
        """

        def on(start: float, end: float) -> float:
            return start + factor * (end - start)

        return replace(
            self,
            amount=on(own.amount, self.amount),
            down_payment=on(own.down_payment, self.down_payment),
            months=max(on(own.months, self.months), 1.0),
            price=None if self.price is None or own.price is None else on(own.price, self.price),
        )


def instalment(amount: float, annual_rate: float, months: float) -> float:
    """The equal payment, at the end of each month, that repays an amount with interest.

    The annuity formula: ``amount * r / (1 - (1 + r) ** -months)`` at the monthly rate ``r``; without interest, the
    amount in equal parts. A part of a month counts as a part, so that one may ask for a little more than a duration.
    """
    rate = annual_rate / 12
    if rate < 1e-12:
        return amount / months
    return amount * rate / -math.expm1(-months * math.log1p(rate))


def _nearest_months(amount: float, paid: float) -> int:
    rate = USUAL_RATE / 12
    left = 1 - rate * amount / paid
    usual = -math.log(left) / math.log1p(rate) if left > 0 else math.inf
    return max(round(min(usual, LONGEST)), math.ceil(amount / paid - 1e-9), 1)


def _annual_rate(amount: float, paid: float, months: int) -> float:
    if paid * months <= amount:
        return 0.0
    # an instalment is never less than the interest of a month, so the rate lies below their ratio
    highest = 12 * paid / amount
    return float(brentq(lambda rate: instalment(amount, rate, months) - paid, 0.0, highest, xtol=1e-14))


def _positive(value: Value) -> float | None:
    return float(value) if isinstance(value, (int, float)) and 0 < value < math.inf else None
