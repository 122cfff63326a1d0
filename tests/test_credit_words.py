"""What the credit tab's cards, sentences and tables say of scores made up for the test, to the last decimal."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.credit import compare, negotiation
from models.credit.application import check
from models.credit.batch import Batch, ScoredRow
from models.credit.counterfactual import Counterfactual, CounterfactualAnswer, counterfactuals
from models.credit.facts import GROUPS, profile
from models.credit.importance import Dependence
from models.credit.interactions import Pair
from models.credit.loan import KIND, REVOLVING, LoanTerms
from models.credit.policy import Confusion, CutOff
from models.credit.principal_reasons import ComparedFact, PrincipalReason
from models.credit.reasons import reasons
from models.credit.score import Contribution, Reference, Score, logit
from models.credit.service import credit_service
from models.credit.tables.table import TableFormat
from models.credit.wording import label, value_text
from models.display.credit import audit_charts, distribution, pairs, principal_reasons, proposals, tables
from models.display.credit.decision_card import verdict
from models.display.credit.global_importance import dependence
from models.display.credit.proposals import what_is_assumed, what_is_offered
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tests.charts import cells, in_house_style, numbers

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
VALUES = (("EXT_SOURCE_2", 0.3456, 0.8), ("AMT_CREDIT", 513_531.0, -0.25), ("OWN_CAR_AGE", None, 0.0512))
SCORE = Score(
    100_017,
    0.0912,
    logit(0.08),
    logit(0.2345678),
    tuple(
        Contribution(name, group, value, change)
        for (name, value, change), group in zip(VALUES, ("external_scores", "loan", "home"), strict=True)
    ),
)
LOAN = LoanTerms(500_000.0, 20_000.0, 36, 0.1825, 510_000.0)
FORMAT = TableFormat("csv", "zip", "UTF-8", ";", ",", 3)


def said(page: str) -> str:
    """What a reader sees of a page: its texts, one blank apart."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split(" ")).replace("\n", " ")


def whole(text: str) -> str:
    """A text, once nothing in it was left half said."""
    assert not re.search(r"None|\bnan\b|XX|\{[a-z_]*\}", text), text
    return text


def _answer(decision: str) -> CounterfactualAnswer:
    found = tuple(
        Counterfactual(("amount",), LOAN, terms, terms.columns(), probability, "granted", 0.1)
        for terms, probability in ((LOAN.borrowing(400_000), 0.0723), (LOAN.over(60), 0.09117))
    )
    return CounterfactualAnswer(1, 0.2345678, 0.0912, "refused", LOAN, found, None, 0.07, SCORE.contributions[0])


@BOTH
@pytest.mark.parametrize(("probability", "sign"), [(0.2345678, "+"), (0.0345678, "\u2212")])
def test_the_verdict_says_the_client_the_decision_and_how_far_it_lies(
    probability: float, sign: str, texts: Texts
) -> None:
    score = replace(SCORE, log_odds=logit(probability))
    card = whole(said(verdict(score, 0.8765, 12.0, texts)))
    written = {"+": ["100,017", "23.5%", "9.1%", "+14.4", "88%", "12"], "\u2212": ["100,017", "3.5%", "9.1%", "5.6"]}
    found = numbers(card.replace("100017", texts.number(100_017)), texts)
    assert [part.lstrip("\u2212") for part in found][: len(written[sign])] == written[sign]
    assert texts(f"credit.decision.{score.decision}") in card and found[-1] == "12"
    assert f"{sign}{written[sign][3].lstrip('+')}" in card.replace(",", "."), "the direction"
    somebody = said(verdict(replace(score, client_id=None), 0.0, 12.0, texts))
    assert texts("credit.new_client") in somebody and texts("credit.safest") in somebody


@BOTH
def test_the_reasons_of_a_score_are_its_own_figures(texts: Texts) -> None:
    told = [whole(sentence) for sentence in reasons(SCORE, texts)]
    assert [numbers(sentence, texts) for sentence in told] == [
        ["23.5%", "14.4", "9.1%"],
        [],
        [],
        ["8.0%", "23.5%"],
        ["1"],
    ]
    shares = {name: change / 10 for name, _, change in VALUES}
    told_of_group = reasons(replace(SCORE, reference=Reference("granted", 900, 200, 0.0612, shares)), texts)[3]
    assert numbers(told_of_group, texts) == ["6.1%", "900", "23.5%"]
    assert ("average score" in told[3]) == (texts is ENGLISH) and ("score moyen" in told[3]) == (texts is FRENCH)
    assert not re.search("average score|score moyen", told_of_group), "a group has a true mean"
    names = {key: texts(f"credit.groups.{key}")[1:] for key in ("external_scores", "loan", "home")}
    assert names["external_scores"] in told[1] and names["home"] in told[1] and names["loan"] in told[2]
    assert label("OWN_CAR_AGE", texts) in told[4]


@BOTH
@pytest.mark.parametrize(("weighs", "decision"), [("against", "refused"), ("for", "granted")])
def test_the_card_of_reasons_is_titled_after_the_decision(weighs: str, decision: str, texts: Texts) -> None:
    score = SCORE if decision == "refused" else replace(SCORE, log_odds=logit(0.01))
    fact = ComparedFact("AMT_CREDIT", 513_531.0, 254_700.0, 0.7849, 0.0, 0.2151, 1.0)
    reason = PrincipalReason(weighs, 0.3, ("AMT_CREDIT",), (fact,), "granted", 1)  # type: ignore[arg-type]
    card = whole(said(principal_reasons.reasons_card(score, (reason,), texts)))
    assert texts(f"principal_reasons.title.{weighs}") in card
    assert numbers(card, texts) == ["513,531", "254,700", "78%"]


@BOTH
@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_fact_that_is_not_known_is_said_with_how_often_it_is(value: float | None, texts: Texts) -> None:
    for feature in ("EXT_SOURCE_1", "OWN_CAR_AGE", "AMT_GOODS_PRICE"):
        fact = ComparedFact(feature, value, 9.0, 0.0, 0.0, 0.0, 0.3449)
        reason = PrincipalReason("against", 0.3, (feature,), (fact,), "granted", 0)
        sentence = whole(principal_reasons.sentence(reason, texts))
        assert set(numbers(sentence, texts)) <= {"1", "34%"}  # "Score 1" is a name


@BOTH
def test_a_pair_is_told_with_both_facts_and_their_values(texts: Texts) -> None:
    names = ("EXT_SOURCE_2", "AMT_CREDIT")
    up, down = Pair(names, 0.04, 0.01234), Pair(names, -0.04, -0.00012)
    raised, lowered = (whole(sentence) for sentence in pairs.sentences((up, down), SCORE, texts))
    for sentence, points in ((raised, "1.2"), (lowered, "0.012")):
        for name, value in zip(names, (0.3456, 513_531.0), strict=True):
            assert label(name, texts) in sentence and value_text(name, value, texts) in sentence
        assert numbers(sentence, texts)[-1] == points
    assert raised != lowered and up.to_json(texts)["labels"] == [label(name, texts) for name in names]
    assert up.to_json(texts)["features"] == list(names) and up.to_json(texts)["interaction"] == 0.04


@BOTH
def test_the_proposals_are_said_with_one_count_of_decimals(texts: Texts) -> None:
    card = whole(said(proposals.counterfactuals(_answer("refused"), texts)))
    (_, first, _), (_, second, _) = proposals.proposals(_answer("refused"), texts)
    assert numbers(first, texts) == ["23.457%", "7.230%", "9.120%"]
    assert numbers(second, texts) == ["23.457%", "9.117%", "9.120%"]
    assert texts("credit.counterfactual.intro_refused.other") in card
    # the verdict above writes 23.5% and 9.1%: the card begins with what it means by 23.457% and 9.120%
    assert [number for number in numbers(card, texts) if number.endswith("%")][:2] == ["23.457%", "9.120%"]
    rough = replace(_answer("refused"), found=_answer("refused").found[:1])
    told = said(proposals.counterfactuals(rough, texts))
    assert "9.1%" in numbers(told, texts) and "9.12%" not in numbers(told, texts), "the verdict's own decimals"


@BOTH
def test_the_cut_off_is_said_with_what_it_would_have_done(texts: Texts) -> None:
    cut_off = CutOff(12.0, 0.08765, Confusion(1300, 2500, 6100, 100), 0.34567)
    assert numbers(tables.cut_off_sentence(cut_off, texts), texts) == ["12", "8.77%", "0.346"]
    table = tables.confusion_table(cut_off, texts)
    assert [[number for cell in row[1:] for number in numbers(cell, texts)] for row in table.rows] == [
        ["1,300", "13.0%", "100", "1.0%"],
        ["2,500", "25.0%", "6,100", "61.0%"],
    ]
    assert numbers(table.caption, texts) == ["10,000"] and table.rows[0][0] == texts("credit.policy.bad")
    assert whole(said(tables.confusion(cut_off, texts)))
    # the outcomes are known, the decision is what would have been
    decision, outcome = {"en": ("Would be ", "^(Defaulted|Was )"), "fr": ("Serait ", "^A (fait|été) ")}[texts.language]
    assert all(head.startswith(decision) for head in table.head[1:])
    assert all(re.search(outcome, row[0]) for row in table.rows)


@BOTH
def test_a_profile_says_every_fact_and_works_out_two(texts: Texts) -> None:
    known = {"AMT_CREDIT": 513_531.0, "AMT_ANNUITY": 25_000.0, "AMT_INCOME_TOTAL": 200_000.0, "DAYS_BIRTH": -15_000.0}
    groups = profile(known, texts)
    facts = {fact.column: fact for group in groups.values() for fact in group}
    assert {group: tuple(fact.column for fact in told) for group, told in groups.items()} == GROUPS
    expected = {"AMT_CREDIT": "513,531", "CREDIT_TERM": "20.5", "ANNUITY_TO_INCOME": "12.5%", "DAYS_BIRTH": "41"}
    assert {name: numbers(facts[name].text, texts)[0] for name in expected} == expected
    for column, fact in facts.items():
        assert fact.known == (column in {*known, *expected}) and fact.name == label(column, texts)
        assert fact.known or fact.text == texts("credit.unknown")
    page = whole(said(tables.profile(groups, texts)))
    assert all(fact.name in page and fact.text in page for fact in facts.values())
    bare = {fact.column: fact.known for group in profile({"AMT_CREDIT": 1.0}, texts).values() for fact in group}
    assert not bare["CREDIT_TERM"] and not bare["ANNUITY_TO_INCOME"]
    free = {fact.column: fact.known for told in profile(known | {"AMT_ANNUITY": 0}, texts).values() for fact in told}
    assert not free["CREDIT_TERM"] and free["ANNUITY_TO_INCOME"]


@BOTH
def test_a_batch_says_what_was_read_left_out_and_refused(texts: Texts) -> None:
    rows = tuple(ScoredRow(row, 7 + row, 0.01234 * row, "refused" if row > 8 else "granted") for row in range(12))
    answer = Batch(rows, ((12, None), (13, 99)), tuple(f"c{number}" for number in range(25)), FORMAT)
    page = whole(said(tables.batch(answer, texts)))
    sentences = page[: page.index(texts("credit.batch.scores"))]
    found = numbers(sentences, texts)
    assert found[:3] == ["8", "3", "12"] or found[1:4] == ["3", "12", "3"], "UTF-8, three empty rows"
    assert "c19" in sentences and "c20" not in sentences and found[-1] == "5"
    assert FORMAT.message(texts) in page and texts("credit.client", client_id=99) in sentences
    assert numbers(page, texts).count("13.6") == 1  # the probability of the last, in percent
    assert texts("credit.batch.row_from_0") in page, "the first row of the table is 0"
    assert answer.to_json()["unscored"] == [{"row": 12, "client_id": None}, {"row": 13, "client_id": 99}]
    assert answer.to_json()["rows"] == 12 and json.dumps(answer.to_json())
    one_more = said(tables.batch(replace(answer, ignored=answer.ignored[:21]), texts))
    assert f"c19 {'et 1 autre' if texts is FRENCH else 'and 1 more'}." in one_more


@BOTH
@pytest.mark.parametrize(
    ("reading", "parts"),
    [
        (FORMAT, ("CSV (zip)", "UTF-8", "semicolon", "decimal_comma")),
        (TableFormat("csv", "", "Mac Roman", "\t", "."), ("CSV", "Mac Roman", "tab", "decimal_point")),
        (TableFormat("csv", "gz", "UTF-16", "|"), ("CSV (gz)", "UTF-16", "pipe")),
        (TableFormat("parquet", "", decimal=","), ("Parquet",)),
    ],
)
def test_how_a_file_was_read_is_said_once_and_whole(reading: TableFormat, parts: tuple[str, ...], texts: Texts) -> None:
    line = whole(reading.message(texts))
    for part in parts:
        assert (texts(f"credit.reading.{part}") if part.islower() else part) in line
    others = {"comma", "semicolon", "tab", "pipe", "decimal_comma", "decimal_point"} - set(parts)
    others -= {"comma"} if "semicolon" in parts else set()  # French calls a semicolon a comma with a point
    assert not [part for part in others if texts(f"credit.reading.{part}") in line]


@BOTH
def test_dependence_is_drawn_over_the_years_that_people_count(texts: Texts) -> None:
    days = np.array([-3652.5, -7305.0, -10957.5, -14610.0, -18262.5, np.nan, -21915.0])
    moved = np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.9, -0.1])
    partner = np.array([1.0, np.nan, 3.0, 2.0, 5.0, 4.0, 6.0])
    figure = dependence(Dependence("DAYS_BIRTH", "AMT_CREDIT", days, moved, partner), texts)
    in_house_style(figure, texts)
    unknown, known = figure.data
    assert list(unknown.x) == [20] and list(unknown.y) == [0.4]
    assert [round(value, 6) for value in known.x if value == value] == [10, 30, 40, 50, 60]
    ranks = dict(zip(partner[~np.isnan(partner)], known.marker.color, strict=True))
    assert ranks == pytest.approx({value: (value - 1) / 5 for value in ranks}), "the lowest 0, the highest 1"
    scale = known.marker.colorbar
    assert scale.title.text == label("AMT_CREDIT", texts) and list(scale.tickvals) == [0, 1] and known.marker.showscale
    assert list(scale.ticktext) == [texts("credit.global.low"), texts("credit.global.high")]
    head, *rows = cells(figure)
    assert head == [label("DAYS_BIRTH", texts), texts("charts.attribution_median"), texts("charts.clients")]
    assert [numbers(" ".join(row), texts) for row in rows] == [
        ["10", "20", "+0.45", "2"],
        ["30", "30", "+0.30", "1"],
        ["40", "40", "+0.20", "1"],
        ["50", "50", "+0.10", "1"],
        ["60", "60", "\u22120.10", "1"],
    ]
    assert label("DAYS_BIRTH", texts) in figure.layout.meta["label"] and "AMT" not in figure.layout.meta["label"]
    assert label("DAYS_BIRTH", texts) in figure.layout.xaxis.title.text
    assert figure.layout.yaxis.title.text == texts("credit.global.attribution")


def test_equal_values_have_one_colour() -> None:
    codes, moved = np.array([0.0, 1.0, 1.0, 1.0, 2.0, np.nan]), np.zeros(6)
    figure = dependence(Dependence("AMT_CREDIT", "NAME_EDUCATION_TYPE", moved, moved, codes), ENGLISH)
    assert list(figure.data[1].marker.color) == [0.0, 0.5, 0.5, 0.5, 1.0]


@BOTH
def test_a_place_in_a_group_is_said_in_the_direction_that_people_count(texts: Texts) -> None:
    numeric = compare.ClientComparison(
        *(5, "AMT_CREDIT", 513_531.0, "all", (), 1500, 1400, 37.5, (0.0, 1.0), None, (1300,), (100,)),
        below=0.375,
        above=0.625,
    )
    assert [numbers(line, texts) for line in distribution.sentence(numeric, texts)] == [
        ["513,531", "38%"],
        ["1,400", "1,500"],
    ]
    alone = distribution.sentence(replace(numeric, known=1, size=1), texts)[-1]
    assert "clients" not in alone and numbers(alone, texts) == ["1", "1"]
    aged = replace(numeric, feature="DAYS_BIRTH", value=-14_610.0, below=0.3, above=0.65)
    assert numbers(distribution.sentence(aged, texts)[0], texts) == ["40", "65%"], "who is as old is not younger"
    least = distribution.sentence(replace(numeric, below=0.0, above=0.3), texts)
    assert least[0] == texts("credit.compare.lowest", feature=label("AMT_CREDIT", texts), value=texts.number(513_531))
    bars = {"edges": (-0.5, 0.5, 1.5), "repaid": (800, 500), "defaulted": (80, 20)}
    flag = replace(numeric, feature="FLAG_WORK_PHONE", value=0.0, below=0.0, above=0.37, **bars)
    assert numbers(distribution.sentence(flag, texts)[0], texts) == ["63%", "9.1%"], "as for so many, like a category"
    category = replace(
        numeric,
        feature="NAME_INCOME_TYPE",
        value="Pensioner",
        percentile=None,
        below=None,
        above=None,
        edges=None,
        categories=("Working", "Pensioner"),
        repaid=(1000, 300),
        defaulted=(80, 20),
    )
    assert numbers(distribution.sentence(category, texts)[0], texts) == ["23%", "6.2%"]
    pensioner = replace(numeric, feature="DAYS_EMPLOYED", value=None, percentile=None, code=365243)
    assert texts("credit.not_employed") in distribution.sentence(pensioner, texts)[0]
    unknown = distribution.sentence(replace(numeric, value=None, percentile=None), texts)
    assert unknown[0] == texts("credit.compare.value_unknown", feature=label("AMT_CREDIT", texts))
    told = numeric.to_json(texts)
    assert told == {
        **{"client_id": 5, "feature": "AMT_CREDIT", "label": label("AMT_CREDIT", texts), "value": 513_531.0},
        **{"group": "all", "group_size": 1500, "known": 1400, "percentile": 37.5},
        "histogram": {"edges": [0.0, 1.0], "categories": None, "repaid": [1300], "defaulted": [100]},
    }
    assert category.to_json(texts)["histogram"]["categories"] == ["Working", "Pensioner"]


@BOTH
@pytest.mark.parametrize("term", negotiation.TERMS)
def test_a_slider_that_is_overdrawn_is_refused_with_its_ends(term: str, texts: Texts) -> None:
    limits = negotiation.slider(LOAN, LOAN, term)
    with pytest.raises(Exception) as refusal:  # an InputError, read below
        negotiation.negotiate(LOAN, LOAN, term, limits.high + 1)
    sentence = whole(refusal.value.message(texts))  # type: ignore[attr-defined]
    kind = "whole" if term == "months" else "number"
    ends = {"low": texts.plain(limits.low), "high": texts.plain(limits.high)}
    assert texts(f"errors.allowed_{kind}", **ends) in sentence and texts.plain(limits.high + 1) in sentence


@BOTH
@pytest.mark.parametrize("name", ["calibration", "roc"])
def test_the_audit_s_curves_write_each_figure_with_its_decimals(name: str, texts: Texts) -> None:
    band = {"x": [0.0, 0.2512, 1.0], "y": [0.0, 0.67894, 1.0], "low": [0.0, 0.65432, 1.0], "high": [0.0, 0.7, 1.0]}
    bins = [{"predicted": 0.02345, "observed": 0.03456, "low": 0.01234, "high": 0.04567, "count": 10}]
    if name == "roc":
        figure = audit_charts.curve(band, "roc", texts)
        expected = ["0.25", "0.679", "0.654", "0.700"]
        assert [trace.hoverinfo == "skip" for trace in figure.data] == [True, True, False, True]
        row = cells(figure)[2]
    else:
        figure = audit_charts.calibration(bins, texts)
        expected = ["2.3%", "3.5%", "1.2%", "4.6%"]
        row = cells(figure)[1]
        assert [trace.hoverinfo == "skip" for trace in figure.data] == [True, False]
        assert list(figure.data[1].customdata[0]) == row[:2]
    assert [number for cell in row for number in numbers(cell, texts)] == expected
    in_house_style(figure, texts)


SAVED: dict[str, tuple[Callable[[Texts, Path], Path], int]] = {
    "contributions": (lambda texts, folder: tables.save_contributions(SCORE, texts, folder), 3),
    "scores": (
        lambda texts, folder: tables.save_batch(
            Batch((ScoredRow(0, None, 0.123456789, "granted"), ScoredRow(2, 7, 0.5, "refused")), (), (), FORMAT),
            texts,
            folder,
        ),
        2,
    ),
}


@BOTH
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_table_holds_its_columns_and_nothing_else(name: str, texts: Texts, tmp_path: Path) -> None:
    save, rows = SAVED[name]
    frame = pd.read_csv(
        save(texts, tmp_path), sep=texts.conventions.csv, decimal=texts.conventions.decimal, encoding="utf-8-sig"
    )
    assert len(frame) == rows and not [head for head in frame.columns if re.search("None|XX|Unnamed", head)]
    if name == "scores":
        assert frame.iloc[:, 2].tolist() == [0.123456789, 0.5] and frame.iloc[:, 0].tolist() == [0, 2]
        assert frame.iloc[:, 3].tolist() == [texts(f"credit.batch.decision.{one}") for one in ("granted", "refused")]
    else:
        assert frame.iloc[:, 2].tolist() == [change for _, _, change in VALUES]
        assert frame.iloc[:, 3].tolist() == [name for name, _, _ in VALUES]


@BOTH
def test_a_revolving_credit_is_offered_another_limit_alone(texts: Texts) -> None:
    credit = credit_service()
    kinds = credit.portfolio.values("NAME_CONTRACT_TYPE")
    limits, loans = (credit.portfolio.ids[found][:20] for found in (kinds == REVOLVING, kinds != REVOLVING))
    for clients, are_limits in ((limits, True), (loans, False)):
        for client_id in map(int, clients):
            answer = credit.counterfactual(client_id)
            assert answer.weighs is not None and answer.weighs.feature != KIND, "the kind of loan is a term of it"
            offered, assumed = what_is_offered(answer, texts), what_is_assumed(answer, texts)
            limit = "_limit" if are_limits else ""
            assert offered == texts(f"credit.counterfactual.explain_{answer.decision}{limit}")
            assert (assumed == "") == are_limits


@pytest.mark.parametrize("amount", [1, 1_000_000_000])
def test_no_terms_are_proposed_that_an_application_may_not_hold(amount: float) -> None:
    """Half as much as the least sum that is allowed, or a tenth more than the largest."""
    application = {"AMT_CREDIT": amount, "AMT_ANNUITY": amount * 0.09, "AMT_GOODS_PRICE": amount}
    found = [
        item
        for score in (0.05, 0.3, 0.6)
        for item in credit_service().notice(None, application | {"EXT_SOURCE_2": score}).answer.found
    ]
    for item in found:
        check(item.changes)
    assert found or amount > 1, "nothing to propose beyond the largest"


@BOTH
def test_what_a_link_asks_for_in_vain_is_said_without_names_of_arguments(texts: Texts) -> None:
    with pytest.raises(InputError) as refusal:
        credit_service().find("123")
    said = refusal.value.said_on_page(texts)
    assert "123" in said and "client_id" not in said and "900001" in said


@BOTH
def test_nobody_of_a_group_has_a_job(texts: Texts) -> None:
    """Which is known, where the length of an employment would be called unknown."""
    with pytest.raises(InputError) as refusal:
        credit_service().compare(900174, "DAYS_EMPLOYED", "similar")
    group = texts("credit.compare.similar")
    assert refusal.value.said_on_page(texts) == texts("credit.compare.nobody.DAYS_EMPLOYED", group=group)


@BOTH
@pytest.mark.parametrize(
    "application",
    [
        {"AMT_CREDIT": 1e9, "AMT_ANNUITY": 4e7, "NAME_CONTRACT_TYPE": REVOLVING},
        {"AMT_CREDIT": 1.0, "AMT_ANNUITY": 1.0, "NAME_CONTRACT_TYPE": REVOLVING},
    ],
)
def test_a_credit_at_the_edge_of_what_is_allowed_has_an_answer(texts: Texts, application: dict[str, Any]) -> None:
    model = credit_service().model
    for threshold in (0.001, 0.999):  # refused, granted
        answer = counterfactuals(model, application, model.score(application, threshold=threshold))
        assert answer.found or answer.why_none(texts)
