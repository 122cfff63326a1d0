"""The credit tab at the ends: a fact that just counts, sums with cents, a client by number, what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models import results
from models.credit import negotiation, whatif
from models.credit.application import columns
from models.credit.features import NOT_EMPLOYED
from models.credit.loan import LoanTerms
from models.credit.policy import Policy
from models.credit.reasons import NOTABLE, reasons
from models.credit.score import Contribution, Score, changes, logit, sigmoid
from models.credit.service import CreditService, credit_service
from models.credit.wording import value_text
from models.display.common.spreadsheet import as_text
from models.display.credit import audit_charts, distribution, tables
from models.display.credit.global_importance import dependence
from models.display.credit.scatter import scatter
from models.display.results import tables as result_tables
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tests.charts import cells

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
LOAN = LoanTerms(500_000.0, 20_000.0, 36, 0.1825, 510_000.0)


def _score(**amounts: float) -> Score:
    """A score of one fact in each group that is named."""
    items = tuple(Contribution(f"{group}_fact", group, 1.0, amount) for group, amount in amounts.items())
    return Score(7, 0.09, logit(0.08), logit(0.08) + sum(amounts.values()), items)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def test_nothing_is_a_share_of_nothing(credit: CreditService) -> None:
    known = {"AMT_CREDIT": 300_000, "AMT_ANNUITY": 60_000, "AMT_INCOME_TOTAL": 30_000}
    for income, value in ((30_000, 2.0), (0, None)):
        score = credit.score_application(known | {"AMT_INCOME_TOTAL": income})
        (told,) = [item.value for item in score.contributions if item.feature == "ANNUITY_TO_INCOME"]
        assert told == value


def test_what_stands_in_for_an_unknown_ratio_is_not_the_client_s_own(credit: CreditService) -> None:
    prices = credit.portfolio.applications["AMT_GOODS_PRICE"]
    client = int(credit.portfolio.ids[np.flatnonzero(prices.isna())[0]])
    found = credit.compare(client, "CREDIT_TO_GOODS")
    assert found.value is None and found.known == int(prices.notna().sum())


@BOTH
def test_who_is_not_employed_is_not_unknown(credit: CreditService, texts: Texts) -> None:
    portfolio = credit.portfolio
    client = int(portfolio.ids[np.flatnonzero(portfolio.applications["DAYS_EMPLOYED"] == NOT_EMPLOYED)[0]])
    said = texts("credit.not_employed")
    found = credit.compare(client, "DAYS_EMPLOYED")
    assert found.value is None and said in distribution.sentence(found, texts)[0]
    assert said in distribution.distribution(found, texts).layout.meta["label"]
    assert said in cells(scatter(portfolio, client, "DAYS_EMPLOYED", "AMT_CREDIT", texts))[-1]
    assert whatif.editor(credit.model, portfolio.application(client), "DAYS_EMPLOYED", texts).present == said


@BOTH
def test_the_categories_of_a_feature_are_told_by_name(credit: CreditService, texts: Texts) -> None:
    figure = dependence(credit.importance.dependence("NAME_EDUCATION_TYPE"), texts)
    names = [value_text("NAME_EDUCATION_TYPE", name, texts) for name in columns()["NAME_EDUCATION_TYPE"].categories]
    assert set(figure.layout.xaxis.ticktext) <= set(names)
    assert {name for trace in figure.data for name in trace.customdata} <= {*names, texts("credit.unknown")}
    assert next(row[0] for row in cells(figure)[1:]) in names


@BOTH
def test_a_cost_ratio_keeps_its_decimals(credit: CreditService, texts: Texts) -> None:
    sentence = tables.cut_off_sentence(credit.policy.cut_off(2.5), texts)
    assert texts.plain(2.5) in sentence


def test_what_was_changed_there_and_back_is_no_change(credit: CreditService) -> None:
    application = credit.portfolio.application(credit.ids("all")[0])
    members = application["CNT_FAM_MEMBERS"]
    assert "vt-table" not in tables.changes(None, None, {"CNT_FAM_MEMBERS": members}, application, ENGLISH)
    other = {"CNT_FAM_MEMBERS": float(members or 0) + 1}  # type: ignore[arg-type]
    assert "vt-table" in tables.changes(None, None, other, application, ENGLISH)


def test_less_than_is_ever_shown_is_no_edit() -> None:
    """A slider that moved by half of a last digit would change the score beside "nothing is changed yet"."""
    application = {"EXT_SOURCE_2": 0.5021, "DAYS_BIRTH": -12_000, "CNT_CHILDREN": 1}
    unseen = {"EXT_SOURCE_2": 0.502, "DAYS_BIRTH": -12_010.0, "CNT_CHILDREN": 1.0}
    assert whatif.moved(unseen, application, ENGLISH) == {}
    seen = {"EXT_SOURCE_2": 0.51, "CNT_CHILDREN": None}
    assert whatif.moved(unseen | seen, application, ENGLISH) == seen


def test_what_is_younger_than_a_year_is_told_in_months() -> None:
    said = [value_text("DAYS_LAST_PHONE_CHANGE", -days, ENGLISH) for days in (0, 10, 30, 61, 364, 366, 1_000)]
    months = ["1\u00a0month", "2\u00a0months", "12\u00a0months"]
    assert said == ["less than a month"] * 2 + months + ["1\u00a0year", "2.7\u00a0years"]
    assert [value_text("DAYS_EMPLOYED", -days, FRENCH) for days in (3, 183)] == ["moins d’un mois", "6\u00a0mois"]


def test_hardly_all_is_not_all(credit: CreditService) -> None:
    client = int(credit.portfolio.ids[np.flatnonzero(credit.portfolio.applications["EXT_SOURCE_2"].notna())[0]])
    comparison = replace(credit.compare(client, "EXT_SOURCE_2"), below=0.9992, above=0.0003)
    assert "99.9%" in distribution.sentence(comparison, ENGLISH)[0]


@BOTH
def test_the_audit_names_the_cut_off_in_use(texts: Texts) -> None:
    figures = results.credit()
    usual, lower = (result_tables.credit_table(figures, texts, value).rows[-1][1] for value in (None, 0.046))
    assert usual == texts.percent(figures["threshold"]) != lower == texts.percent(0.046)


def test_a_table_of_many_headings_is_read_whichever_separates_them(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    others = [f"a_heading_that_no_application_has_{number}" for number in range(6000)]
    cell = "x" * 200_000
    path.write_text(",".join(["AMT_CREDIT", *others]) + "\n" + ",".join(["300000", cell, *[""] * 5999]) + "\n")
    assert len(credit_service().score_batch(str(path))["scores"]) == 1


@BOTH
def test_a_group_is_named_from_the_least_that_counts(texts: Texts) -> None:
    name = texts("credit.groups.work")[1:]
    assert name in " ".join(reasons(_score(work=NOTABLE["log_odds"]), texts))
    assert name in " ".join(reasons(_score(work=-NOTABLE["log_odds"]), texts))
    assert name not in " ".join(reasons(_score(work=NOTABLE["log_odds"] - 1e-9), texts))
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
