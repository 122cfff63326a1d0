"""The terms of a loan: conversions, what if they were moved, and what would flip the decision."""

import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from models.credit import negotiation
from models.credit.counterfactual import LARGEST_STEP, CounterfactualAnswer, counterfactuals
from models.credit.loan import COLUMNS, REVOLVING, USUAL_RATE, LoanTerms
from models.credit.loan_wording import as_they_stand, interest, proposal
from models.credit.model import CreditModel
from models.credit.score import Decision, logit
from models.credit.service import CreditService, credit_service
from models.credit.wording import money, value_text
from models.display.credit import proposals, tables
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tests.factories import frame

WITHIN = 0.03  # of P(default) above the cut-off: the clients that most proposals are for
LOAN = LoanTerms(450_000.0, 50_000.0, 36, 0.18, 500_000.0)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@pytest.fixture(scope="module")
def answers(credit: CreditService) -> list[CounterfactualAnswer]:
    """What it would take for some clients: refused, near the cut-off, granted, with a revolving credit."""
    near = credit.portfolio.probabilities - credit.model.threshold
    rows = [int(row) for row in np.flatnonzero((near >= 0) & (near < WITHIN))]
    revolving = np.flatnonzero((credit.portfolio.applications["NAME_CONTRACT_TYPE"] == REVOLVING) & (near >= 0))
    nearest = sorted(revolving, key=lambda row: near[row])[:4]  # few others have a proposal
    chosen = [int(credit.portfolio.ids[row]) for row in [*rows[:40], *nearest]]
    return [credit.counterfactual(client_id) for client_id in dict.fromkeys([*chosen, *credit.ids("granted")[:12]])]


def repaid(terms: LoanTerms) -> float:
    """What is still owed after the last instalment, month by month: an amortisation table."""
    owed = terms.amount
    for _ in range(int(terms.months)):
        owed = owed * (1 + terms.annual_rate / 12) - terms.instalment
    return owed


def test_instalments_repay_the_loan_month_by_month(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:60]:
        application = credit.portfolio.application(client_id)
        terms = LoanTerms.of(application)
        assert terms is not None
        assert terms.instalment == pytest.approx(application["AMT_ANNUITY"])
        assert terms.changes(application) == {}  # there and back
        assert terms.columns() == {name: pytest.approx(application[name]) for name in terms.columns()}
        assert abs(repaid(terms)) < 1e-5 * terms.amount
        assert terms.interest == pytest.approx(terms.months * terms.instalment - terms.amount)
        # another whole number of months would be further from the usual rate
        rates = [abs(_own_rate(terms, months) - USUAL_RATE) for months in (terms.months - 1, terms.months + 1)]
        assert abs(terms.annual_rate - USUAL_RATE) <= min(rates) + 0.01
    assert LoanTerms.of({"AMT_CREDIT": 34_000.0, "AMT_ANNUITY": 1_000.0}).months == 48  # type: ignore[union-attr]


def _own_rate(terms: LoanTerms, months: float) -> float:
    """The rate of the same amount and instalment over another duration, by bisection; far off where there is none."""
    if months * terms.instalment <= terms.amount:
        return math.inf
    low, high = 0.0, 12 * terms.instalment / terms.amount
    for _ in range(80):
        middle = (low + high) / 2 or 1e-9
        paid = replace(terms, months=months, annual_rate=middle).instalment
        low, high = (low, middle) if paid > terms.instalment else (middle, high)
    return (low + high) / 2


def test_the_terms_follow_each_other() -> None:
    assert LOAN.over(60).instalment < LOAN.instalment < LOAN.over(12).instalment
    assert LOAN.over(60).interest > LOAN.interest
    cheaper = LOAN.borrowing(350_000.0)  # with 50,000 down: 400,000 in all instead of 500,000
    assert (cheaper.price, cheaper.down_payment, cheaper.months) == (400_000.0, 50_000.0, 36)
    assert cheaper.instalment == pytest.approx(LOAN.instalment * 350 / 450)
    more_down = LOAN.paying_down(80_000.0)
    assert (more_down.amount, more_down.price) == (420_000.0, 500_000.0)
    assert LOAN.columns() == {"AMT_CREDIT": 450_000.0, "AMT_ANNUITY": 16_268.58, "AMT_GOODS_PRICE": 500_000.0}
    assert LOAN.beyond(LOAN, 1.1) == LOAN
    assert more_down.beyond(LOAN, 2.0) == LOAN.paying_down(110_000.0)


@pytest.mark.parametrize(
    "amount, instalment", [(100, 1_000), (100, 100), (100, 0.1), (1_000_000, 1_000), (5e5, 25_000)]
)
def test_odd_loans_still_have_terms(amount: float, instalment: float) -> None:
    terms = LoanTerms.of({"AMT_CREDIT": amount, "AMT_ANNUITY": instalment, "AMT_GOODS_PRICE": None})
    assert terms is not None and terms.price is None
    assert terms.instalment == pytest.approx(instalment) and terms.annual_rate >= 0
    assert "AMT_GOODS_PRICE" not in terms.columns()


@pytest.mark.parametrize(
    "unknown",
    [
        *({}, {"AMT_CREDIT": 5e5}, {"AMT_ANNUITY": 5e4}),
        # what would not be repaid in a lifetime, nor counted in months
        *({"AMT_CREDIT": 3e5, "AMT_ANNUITY": 0.001}, {"AMT_CREDIT": 1e9, "AMT_ANNUITY": 1e-300}),
    ],
)
def test_a_loan_without_amount_or_instalment_has_no_terms(unknown: dict[str, float], credit: CreditService) -> None:
    assert LoanTerms.of(unknown) is None
    answer = counterfactuals(credit.model, unknown, credit.score_application(unknown))
    reason = "never_repaid" if len(unknown) == 2 else "no_terms"
    assert answer.reason == reason and answer.to_json()["terms"] is None
    assert ENGLISH(f"credit.counterfactual.{reason}") in proposals.counterfactuals(answer, ENGLISH)


def test_what_would_be_granted_is_granted_and_stays_so_further(
    credit: CreditService, answers: list[CounterfactualAnswer]
) -> None:
    found = 0
    for answer in answers:
        assert answer.client_id is not None and len(answer.found) <= 3
        assert (answer.reason is None) == bool(answer.found)
        application = credit.portfolio.application(answer.client_id)
        for item in answer.found:
            found += 1
            assert set(item.changes) <= set(COLUMNS)
            rescored = credit.score_client(answer.client_id, item.changes)
            assert rescored.probability == pytest.approx(item.probability, abs=1e-9)
            assert rescored.decision == item.decision != answer.decision
            for percent in range(1, 11):
                further = 1 + percent / 100
                columns = {
                    name: application[name] + further * (value - application[name])
                    for name, value in item.changes.items()
                }
                for changes in (columns, item.terms.beyond(item.own, further).columns()):
                    assert credit.score_client(answer.client_id, changes).decision == item.decision, percent
    assert found > 60


class Brittle:
    """A model that grants whatever costs no more a month than ``LOAN``, but decides otherwise at one instalment."""

    feature_spec = SimpleNamespace(columns=COLUMNS)

    def __init__(self, at: float | None) -> None:
        self.at = at

    def probability(self, rows: pd.DataFrame) -> np.ndarray:
        instalment = rows["AMT_ANNUITY"].to_numpy(float)
        refused = instalment > LOAN.instalment + 1
        return np.where(refused ^ (np.abs(instalment - (self.at or -1)) < 0.01), 0.9, 0.1)


@pytest.mark.parametrize(
    ("decision", "offered", "next_month", "instead"), [("refused", 42, 43, 48), ("granted", 30, 29, 24)]
)
def test_a_proposal_falls_whose_decision_does_not_hold_at_the_next_whole_month(
    decision: Decision, offered: int, next_month: int, instead: int
) -> None:
    """A tenth further than from 36 months to 42 lie 42.6, where it holds; and a client is offered whole ones."""
    own = replace(LOAN, down_payment=0.0, price=None)
    score: Any = SimpleNamespace(client_id=1, probability=0.5, threshold=0.5, decision=decision, contributions=())

    def months(at: float | None) -> list[float]:
        found = counterfactuals(cast("CreditModel", Brittle(at)), own.columns(), score).found
        return [item.terms.months for item in found if item.levers == ("months",)]

    assert months(None) == [offered]
    assert months(own.over(next_month).columns()["AMT_ANNUITY"]) == [instead]


@pytest.mark.parametrize("months", [57, 60, 65, 66, 67, 120])
def test_further_than_a_short_loan_lies_no_loan_of_less_than_a_month(credit: CreditService, months: int) -> None:
    own = replace(LOAN, months=months)
    further = own.over(6).beyond(own, 1.1)
    assert 1 <= further.months <= 6 and further.instalment > own.instalment
    client_id = credit.ids("granted")[0]
    application = credit.portfolio.application(client_id) | own.columns()
    short = application | own.over(6).columns()
    stands, dearest = credit.model.probability(frame([application, short])).tolist()
    assert stands < dearest
    # a cut-off between the two: the shortest loan on offer flips the decision, and is looked beyond
    score = replace(credit.score_client(client_id), log_odds=logit(stands), threshold=(stands + dearest) / 2)
    found = counterfactuals(credit.model, application, score)
    assert found.decision == "granted" and found.nearest is not None and found.nearest >= dearest


def test_only_sensible_advice_is_given(credit: CreditService, answers: list[CounterfactualAnswer]) -> None:
    limits = 0
    for answer in answers:
        for item in answer.found if answer.decision == "refused" else ():
            assert answer.own is not None
            before, after = answer.own.columns(), answer.own.columns() | dict(item.changes)
            assert all(after[name] <= before[name] + 0.01 for name in COLUMNS if name in before)
            assert after["AMT_CREDIT"] >= (1 - LARGEST_STEP) * before["AMT_CREDIT"] * 0.99
            assert item.terms.annual_rate == answer.own.annual_rate
            assert item.terms.months == answer.own.months or 6 <= item.terms.months <= 60
            if answer.own.is_revolving:
                limits += 1
                assert item.levers == ("amount",)
    assert limits, "a revolving credit with a proposal"


def test_most_clients_just_above_the_cut_off_get_a_proposal(answers: list[CounterfactualAnswer]) -> None:
    near = [answer for answer in answers if 0 <= answer.probability - answer.threshold < WITHIN]
    assert len(near) >= 40
    assert sum(bool(answer.found) for answer in near) >= 0.7 * len(near)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_proposal_says_its_own_numbers(answers: list[CounterfactualAnswer], language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    for answer in answers:
        page = proposals.counterfactuals(answer, texts)
        cut_off = {texts.percent(answer.threshold, digits) for digits in range(1, 5)}
        assert len({word.rstrip(".;") for word in re.findall(r"[\d.,]+\s?%", page)} & cut_off) <= 1, (
            "written in one way"
        )
        several = texts(f"credit.counterfactual.intro_{answer.decision}.other")
        assert (several.replace("'", "&#39;") in page) == (len(answer.found) > 1)
        if not answer.found:
            assert answer.nearest is not None and answer.weighs is not None
            towards = math.floor if answer.decision == "refused" else math.ceil  # at least, at most
            nearest = [towards(answer.nearest * 10.0 ** (digits + 2)) / 10.0 ** (digits + 2) for digits in range(1, 5)]
            written = [texts.percent(one, digits) in page for digits, one in enumerate(nearest, 1)]
            assert any(written) or answer.reason == "isolated"
            outer = min if answer.decision == "refused" else max
            assert answer.nearest == outer(answer.nearest, answer.probability), "the loan as it stands is among them"
            assert answer.to_json(texts)["reason"] in page.replace("&#39;", "'")
            continue
        for item, told in zip(answer.found, answer.to_json(texts)["counterfactuals"], strict=True):
            assert answer.own is not None
            words = told["terms"]["words"]
            assert words == proposal(answer.own, item.terms, texts) and words in page
            columns = answer.own.columns() | told["changes"]
            assert texts.number(columns["AMT_ANNUITY"]) in words
            if "amount" in item.levers or "down_payment" in item.levers:
                assert texts.number(columns["AMT_CREDIT"]) in words and texts.number(answer.own.amount) in words
            if "months" in item.levers:
                owed, months = columns["AMT_CREDIT"], 0
                while owed > 1:  # as many instalments as the words say
                    owed, months = owed * (1 + answer.own.annual_rate / 12) - columns["AMT_ANNUITY"], months + 1
                assert texts.count("credit.loan.duration", months) in words
            paid = round(item.terms.months * item.terms.instalment - item.terms.amount, 2)  # to the cent, as paid
            if not item.terms.is_revolving:
                assert texts.number(paid) in interest(answer.own, item.terms, texts)
            for probability in (item.probability, answer.probability, answer.threshold):
                assert any(texts.percent(round(probability, digits + 2), digits) in page for digits in range(1, 5))


def test_terms_are_said_in_both_languages() -> None:
    assert as_they_stand(LOAN, ENGLISH) == "450,000 borrowed over 36\u00a0months at 18.0% a year: 16,269 a month."
    said = proposal(LOAN, LOAN.paying_down(100_000.0).over(48), FRENCH).replace("\u202f", " ").replace("\xa0", " ")
    assert said == (
        "Verser un apport de 100 000 au lieu de 50 000, et n’emprunter ainsi que 400 000 au lieu de 450 000, "
        "à rembourser sur 48 mois au lieu de 36 : 11 750 par mois au lieu de 16 269, au taux propre au crédit, "
        "18,0 % par an."
    )


def test_a_tiny_sum_is_not_said_to_be_none() -> None:
    for texts, words in ((ENGLISH, "less than 1"), (FRENCH, "moins de 1")):
        for instalment in (0.5, 0.4, 0.0021):
            terms = LoanTerms.of({"AMT_CREDIT": max(3 * instalment, 1.0), "AMT_ANNUITY": instalment})
            assert terms is not None and f"{words} " in as_they_stand(terms, texts).split(":")[1].replace("\xa0", " ")
            assert value_text("AMT_ANNUITY", instalment, texts) == words
        assert [money(value, texts) for value in (0, 1e-9, 0.51, 1.4, 16_268.6)] == [
            *("0", "0", "1", "1"),
            texts.number(16_269),
        ]
        free = LoanTerms(1e9, 0.0, 7, 0.0, None)
        assert free.interest == pytest.approx(0, abs=1e-5) and f" {words}" not in interest(free, LOAN, texts)


def test_where_nothing_helps_the_nearest_is_told(credit: CreditService) -> None:
    for client_id in credit.ids("refused"):
        answer = credit.counterfactual(client_id)
        if answer.reason == "none_refused":
            break
    assert answer.own is not None and answer.nearest is not None and answer.weighs is not None
    tried = [
        credit.portfolio.application(client_id) | terms.over(months).columns()
        for terms in (answer.own, *(answer.own.paying_down(share * answer.own.amount) for share in (0.1, 0.3, 0.5)))
        for months in (6, 12, 24, 36, 48, 60)
        if terms.over(months).instalment <= answer.own.instalment
    ]
    assert answer.threshold <= answer.nearest <= credit.model.probability(frame(tried)).min() + 1e-3
    score = credit.score_client(client_id)
    others = {item.feature: item.contribution for item in score.contributions}
    for ratio in ("CREDIT_TO_GOODS", "CREDIT_TERM", "ANNUITY_TO_INCOME", *COLUMNS):
        others.pop(ratio, None)
    assert answer.weighs.feature == max(others, key=others.__getitem__)


def test_sliders_move_the_terms_together() -> None:
    moved = negotiation.negotiate(LOAN, LOAN, "down_payment", 100_000)
    assert negotiation.slider(LOAN, moved, "amount").value == 400_000
    moved = negotiation.negotiate(LOAN, moved, "months", 48)
    assert moved == LOAN.paying_down(100_000.0).over(48)
    for term, wrong in (("months", 36.5), ("months", 0), ("amount", -5), ("amount", 1e9), ("down_payment", 480_000)):
        limits = negotiation.slider(LOAN, LOAN, term)
        with pytest.raises(InputError) as refusal:
            negotiation.negotiate(LOAN, LOAN, term, wrong)
        for texts in (ENGLISH, FRENCH):
            sentence = refusal.value.message(texts)
            assert texts.plain(limits.low) in sentence and texts.plain(limits.high) in sentence
            assert texts(f"credit.loan.{term}") in sentence
    assert negotiation.negotiable(replace(LOAN, is_revolving=True)) == ("amount",)
    assert negotiation.negotiable(replace(LOAN, price=None)) == ("amount", "months")


def test_the_table_of_changes_says_every_term_that_moved() -> None:
    page = tables.changes(LOAN, LOAN.over(60), {"EXT_SOURCE_1": None}, {"EXT_SOURCE_1": 0.25}, ENGLISH)
    for part in ("36", "60", "16,269", "11,427", "135,669", "235,623", "0.250", ENGLISH("credit.unknown")):
        assert f">{part}<" in page
    assert ENGLISH("credit.loan.amount") not in page  # it stayed
    assert ENGLISH("credit.whatif.nothing") in tables.changes(LOAN, LOAN, {}, {}, ENGLISH)
