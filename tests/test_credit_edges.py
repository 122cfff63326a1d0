"""The credit tab at the ends: a fact that just counts, sums with cents, a client by number, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.credit import negotiation
from models.credit.loan import LoanTerms
from models.credit.policy import Policy
from models.credit.reasons import NOTABLE, reasons
from models.credit.score import Contribution, Score, changes, logit, sigmoid
from models.credit.service import CreditService, credit_service
from models.display.common.spreadsheet import as_text
from models.display.credit import audit_charts
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
LOAN = LoanTerms(500_000.0, 20_000.0, 36, 0.1825, 510_000.0)


def _score(**amounts: float) -> Score:
    """A score of one fact in each group that is named."""
    items = tuple(Contribution(f"{group}_fact", group, 1.0, amount) for group, amount in amounts.items())
    return Score(7, 0.09, logit(0.08), logit(0.08) + sum(amounts.values()), items)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@BOTH
def test_a_group_is_named_from_the_least_that_counts(texts: Texts) -> None:
    name = texts("credit.groups.work")[1:]
    assert name in " ".join(reasons(_score(work=NOTABLE), texts))
    assert name in " ".join(reasons(_score(work=-NOTABLE), texts))
    assert name not in " ".join(reasons(_score(work=NOTABLE - 1e-9), texts))
    many = " ".join(reasons(_score(work=0.5, loan=0.4, income=0.3, home=0.2), texts))
    assert texts("credit.groups.income")[1:] in many and texts("credit.groups.home")[1:] not in many


@BOTH
def test_programs_receive_a_score_whole(texts: Texts) -> None:
    score = _score(work=0.5, loan=-0.4)
    told = score.to_json(texts)
    assert {name: told[name] for name in ("client_id", "threshold", "base_value", "log_odds")} == {
        **{"client_id": 7, "threshold": 0.09, "base_value": logit(0.08), "log_odds": score.log_odds}
    }
    assert told["probability"] == pytest.approx(sigmoid(logit(0.08) + 0.1)) and told["decision"] == "granted"
    assert told["contributions"] == [
        {"feature": "work_fact", "label": "work_fact", "value": 1.0, "contribution": 0.5},
        {"feature": "loan_fact", "label": "loan_fact", "value": 1.0, "contribution": -0.4},
    ]
    assert told["groups"] == [
        {"group": name, "label": texts(f"credit.groups.{name}"), "contribution": amount, "features": [f"{name}_fact"]}
        for name, amount in (("work", 0.5), ("loan", -0.4))
    ]
    assert "reference" not in told and len(told) == 8


def test_what_moved_between_two_scores_comes_largest_first() -> None:
    moved = changes(_score(work=0.5, loan=-0.4, home=0.1), _score(work=0.6, loan=0.4, home=0.1))
    assert [(item.feature, round(item.contribution, 9)) for item in moved] == [("loan_fact", 0.8), ("work_fact", 0.1)]
    assert all((item.before, item.after) == (1.0, 1.0) for item in moved)


def test_sliders_stand_on_whole_cents() -> None:
    odd = replace(LOAN, amount=500_000.123456, down_payment=20_000.987654)
    assert negotiation.slider(odd, odd, "amount").value == 500_000.12
    assert negotiation.slider(odd, odd, "down_payment").value == 20_000.99
    amount, paid, months = (negotiation.slider(LOAN, LOAN, term) for term in negotiation.TERMS)
    assert (amount.low, amount.high, amount.step) == (50_000, 1_000_000, 100)
    assert (paid.low, paid.high, paid.step) == (0, 470_000, 100)
    assert (months.low, months.high, months.step, months.value) == (6, 60, 1, 36)
    long = replace(LOAN, months=84)
    assert negotiation.slider(long, LOAN, "months").high == 84
    assert negotiation.slider(LOAN, LOAN.borrowing(2_000_050), "amount").high == 2_000_100
    with pytest.raises(ValueError, match="no such term: 'rate'"):
        negotiation.slider(LOAN, LOAN, "rate")


@pytest.mark.parametrize("value", [True, "36", None, 36.5, float("nan")])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        negotiation.negotiate(LOAN, LOAN, "months", value)
    assert negotiation.negotiate(LOAN, LOAN, "months", 48) == LOAN.over(48)


def test_the_policy_takes_the_cheapest_cut_off_of_its_counts() -> None:
    table = {"threshold": [0.1, 0.2, 0.3], "tp": [9, 6, 1], "fp": [50, 20, 5], "tn": [40, 70, 85], "fn": [1, 4, 9]}
    policy = Policy.from_metrics({"thresholds": table})
    np.testing.assert_allclose(policy.costs(10), [0.6, 0.6, 0.95])
    cheapest = {ratio: policy.cut_off(ratio) for ratio in (1, 5, 20)}
    assert [cut_off.threshold for cut_off in cheapest.values()] == [0.3, 0.2, 0.1]
    found = cheapest[5]
    counts = (found.confusion.refused_bad, found.confusion.refused_good)
    assert (*counts, found.confusion.granted_good, found.confusion.granted_bad) == (6, 20, 70, 4)
    assert (found.cost_ratio, found.cost, found.confusion.total) == (5, 0.4, 100)
    for ratio in (0.9, 50.1, float("nan")):
        with pytest.raises(InputError, match="cost_ratio"):
            policy.cut_off(ratio)


def test_a_client_is_found_by_what_is_written(credit: CreditService) -> None:
    first = int(credit.portfolio.ids[0])
    assert credit.find(str(first)) == first
    for written in ("9" * 20, "9" * 5000, f"{first}.0", "-1", "", "Martin"):
        with pytest.raises(InputError) as refusal:
            credit.find(written)
        sentence = str(refusal.value)
        assert str(min(credit.portfolio.ids)) in sentence and str(max(credit.portfolio.ids)) in sentence
    with pytest.raises(InputError, match="'99999999999999999999'"):
        credit.find("9" * 20)


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t1", "\r1", "\n1", "  =1", " \tx"])
def test_what_a_spreadsheet_would_carry_out_is_quoted_blanks_or_not(text: str) -> None:
    assert as_text(text) == f"'{text}"
    for harmless in (f"x{text}", 5, -5.0, None, ""):
        assert as_text(harmless) == harmless


@BOTH
@pytest.mark.parametrize("kind", ["roc", "pr"])
def test_a_curve_is_drawn_within_its_band(kind: str, texts: Texts) -> None:
    band = {"x": [0.0, 0.5, 1.0], "y": [0.1, 0.6, 0.9], "low": [0.05, 0.5, 0.8], "high": [0.15, 0.7, 1.0]}
    figure = audit_charts.curve(band, kind, texts)
    high, low, drawn, *guide = figure.data
    assert all(list(trace.x) == band["x"] for trace in (high, low, drawn))
    assert [list(trace.y) for trace in (high, low, drawn)] == [band["high"], band["low"], band["y"]]
    assert low.fill == "tonexty" and (high.line.width, low.line.width) == (0, 0) and drawn.line.width > 1
    assert [(list(trace.x), list(trace.y)) for trace in guide] == ([([0, 1], [0, 1])] if kind == "roc" else [])
    assert [axis.title.text for axis in (figure.layout.xaxis, figure.layout.yaxis)] == [
        texts(f"credit.audit.{kind}_{axis}") for axis in "xy"
    ]
