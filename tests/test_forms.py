"""Forms and arguments: a typing error never becomes a score, and the refusal is in the reader's language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models import arguments, numerals
from models.credit import whatif
from models.credit.application import Column, check, columns
from models.credit.compare import compare
from models.credit.fairness import group_rates
from models.credit.portfolio import Portfolio
from models.credit.reasons import reasons
from models.credit.score import Contribution, Score
from models.credit.service import credit_service
from models.credit.whatif import typed
from models.credit.wording import label
from models.display.credit.audit_charts import fairness
from models.display.credit.distribution import distribution, sentence
from models.display.credit.waterfall import change_waterfall
from models.errors import InputError, shown
from models.texts import ENGLISH, FRENCH, Texts


@pytest.mark.parametrize(
    ("texts", "text", "number"),
    [
        (ENGLISH, "1,234.5", 1234.5),
        (ENGLISH, "500,000", 500_000),
        (ENGLISH, "1 234.5", 1234.5),
        (ENGLISH, "1'234", 1234),
        (ENGLISH, "12 345 678", 12_345_678),
        (ENGLISH, "\u22125", -5),
        (ENGLISH, "+.5", 0.5),
        (FRENCH, "1\u202f234,5", 1234.5),
        (FRENCH, "1 234 567", 1_234_567),
        (FRENCH, "12'345,6", 12_345.6),
        (FRENCH, "4,5", 4.5),
        (FRENCH, "-,5", -0.5),
        (FRENCH, "0.5", 0.5),
        (FRENCH, "1 234.5", 1234.5),
    ],
)
def test_numbers_are_read_as_the_language_writes_them(texts: Texts, text: str, number: float) -> None:
    assert texts.read_number(text) == number


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        *((ENGLISH, text) for text in ("4,5", "500000,5", "1,23,456", "1.234,5", "12,34", "1 23")),
        *((FRENCH, text) for text in ("1,234.5", "1.234", "1.234.567", "1,2,3", "12 34")),
        *(
            (texts, text)
            for texts in (ENGLISH, FRENCH)
            for text in ("nan", "inf", "-inf", "much", "5 €", "1_000", "٥", "")
        ),
    ],
)
def test_what_is_no_number_of_the_language_is_refused(texts: Texts, text: str) -> None:
    with pytest.raises(ValueError, match=r"number|thousands"):
        texts.read_number(text)


def test_a_number_may_be_ambiguous() -> None:
    assert numerals.is_ambiguous("1,234") and numerals.is_ambiguous("1.234")
    assert not any(map(numerals.is_ambiguous, ("1,2345", "0,123", "1 234", "1234", "1.234.567", "x")))


@pytest.mark.parametrize(
    ("column", "text", "english", "french"),
    [
        ("DAYS_BIRTH", "420", "Age: 420 .* years from 18 to 120", "Âge\u00a0: 420 .* d’années de 18 à 120"),
        ("DAYS_BIRTH", "-42", "Age: \u221242 is not allowed", "Âge\u00a0: \u221242 n’est pas admis"),
        ("DAYS_BIRTH", "4.2", "Age: 4.2 is not allowed", "Âge\u00a0: 4,2 n’est pas admis"),
        ("DAYS_EMPLOYED", "121", "years from 0 to 120", "d’années de 0 à 120"),
        ("DAYS_EMPLOYED", "-1000", "\u22121,000 is not allowed", "\u22121\u202f000 n’est pas admis"),
        (
            "AMT_CREDIT",
            "0",
            "0 is not allowed; give a number from 1 to 1,000,000,000",
            "de 1 à 1\u202f000\u202f000\u202f000",
        ),
        ("CNT_CHILDREN", "1.5", "a whole number from 0 to 30", "un nombre entier de 0 à 30"),
        ("AMT_CREDIT", "nan", "is not a number", "n’est pas un nombre"),
        ("AMT_CREDIT", "inf", "is not a number", "n’est pas un nombre"),
    ],
)
def test_a_typing_error_is_refused_with_what_is_allowed(column: str, text: str, english: str, french: str) -> None:
    for texts, words in ((ENGLISH, english), (FRENCH, french)):
        with pytest.raises(InputError) as refusal:
            typed(column, text, texts)
        assert re.search(words, refusal.value.message(texts)), refusal.value.message(texts)


def test_the_ends_of_a_range_are_allowed() -> None:
    assert typed("DAYS_BIRTH", "18", ENGLISH) == -6574
    assert typed("DAYS_BIRTH", "120", FRENCH) == -43830
    assert typed("DAYS_EMPLOYED", "0", ENGLISH) == 0


def test_an_amount_that_may_be_read_in_two_ways_is_refused_in_french() -> None:
    for text in ("500,000", "500.000"):
        with pytest.raises(InputError) as refusal:
            typed("AMT_CREDIT", text, FRENCH)
        assert "écrivez 500\u202f000 ou 500,00" in refusal.value.message(FRENCH)
    assert typed("AMT_CREDIT", "500,000", ENGLISH) == 500_000
    assert typed("DAYS_BIRTH", "42,125", FRENCH) == -round(42.125 * 365.25)


def test_a_slider_takes_what_it_can_show() -> None:
    values = credit_service().portfolio.application(credit_service().ids("all")[0])
    limits = whatif.editor(credit_service().model, values, "AMT_ANNUITY", FRENCH)
    assert whatif.slid(limits, limits.low) == limits.low
    for wrong in (-5, limits.high + 1, float("nan")):
        with pytest.raises(InputError) as refusal:
            whatif.slid(limits, wrong)
        assert f"de {FRENCH.plain(limits.low)} à {FRENCH.plain(limits.high)}" in refusal.value.message(FRENCH)


def test_an_unknown_value_has_no_number_in_its_editor() -> None:
    assert whatif.editor(credit_service().model, {"EXT_SOURCE_1": None}, "EXT_SOURCE_1", ENGLISH).value is None


WRONG = (10**400, -(10**400), 10**5000, np.True_, float("inf"), [1], {"a": 1}, "5" * 1000, "5")


@pytest.mark.parametrize("value", WRONG, ids=map(str, range(len(WRONG))))
def test_no_value_of_any_kind_breaks_a_check(value: object) -> None:
    for refuse in (
        lambda: check({"AMT_CREDIT": value}),
        lambda: arguments.whole_number("limit", value, 1, 10),
        lambda: arguments.number("cost_ratio", value, 1, 50),
        lambda: credit_service().portfolio.row(value),
        lambda: arguments.one_of("group", value, ("all",)),
    ):
        with pytest.raises(InputError) as refusal:
            refuse()
        assert len(str(refusal.value)) < 250 and "np." not in str(refusal.value)


def test_what_is_shown_is_bounded() -> None:
    for value in ("x" * 100_000, list(range(10_000)), 10**5000, {str(key): key for key in range(1000)}, b"x" * 1000):
        assert len(shown(value)) <= 60
    assert shown(np.float64(1.5)) == "1.5" and shown("5") == "'5'"


def test_a_flag_may_be_true_or_false_and_nothing_else_may() -> None:
    assert check({"FLAG_PHONE": True, "FLAG_EMAIL": np.False_}) == {"FLAG_PHONE": 1.0, "FLAG_EMAIL": 0.0}
    with pytest.raises(InputError, match="CNT_CHILDREN: true is not allowed"):
        check({"CNT_CHILDREN": True})


@pytest.mark.parametrize(("name", "near"), [("AMT_CREDITS", "AMT_CREDIT"), ("ext_source_2", "EXT_SOURCE_2")])
def test_a_column_that_is_near_is_named(name: str, near: str) -> None:
    with pytest.raises(InputError, match=f"nearest.*{near}"):
        check({name: 1})


@pytest.mark.parametrize("name", ["colour", "x" * 100_000, 7, ""])
def test_no_column_is_called_near_that_is_not(name: object) -> None:
    with pytest.raises(InputError) as refusal:
        check({name: 1})
    assert "nearest" not in str(refusal.value) and "nor one of a like name" in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_what_is_allowed_is_said_in_both_languages() -> None:
    rule = Column("CNT_CHILDREN", "count", 0, 30.5, special=(365243.0,))
    assert rule.allowed.message(ENGLISH) == "a number from 0 to 30.5, or 365243"
    assert rule.allowed.message(FRENCH) == "un nombre de 0 à 30,5, ou 365243"
    assert all(one.allowed.message(ENGLISH) != one.allowed.message(FRENCH) for one in columns().values())


@cache
def _portfolio(**unknown: object) -> Portfolio:
    """The shipped clients, of whom the first half has nothing known in some columns."""
    table = credit_service().portfolio.applications.copy().astype(dict.fromkeys(unknown, object))
    for name, value in unknown.items():
        table.loc[: len(table) // 2, name] = value
    table = table.copy().assign(SK_ID_CURR=credit_service().portfolio.ids, TARGET=credit_service().portfolio.outcomes)
    return Portfolio(table, credit_service().model)


@pytest.mark.parametrize("unknown", [None, np.nan])
def test_clients_of_whom_something_is_unknown_are_alike(unknown: object) -> None:
    portfolio = _portfolio(OCCUPATION_TYPE=unknown)
    first = int(portfolio.ids[0])
    answer = compare(portfolio, first, "AMT_CREDIT", "similar", ["OCCUPATION_TYPE"])
    assert answer.size >= len(portfolio.ids) // 2
    ages = _portfolio(DAYS_BIRTH=np.nan)
    ages.applications["DAYS_BIRTH"] = ages.applications["DAYS_BIRTH"].astype(float)
    assert compare(ages, first, "AMT_CREDIT", "similar", ["DAYS_BIRTH"]).size == len(ages.ids) // 2 + 1


def test_a_category_that_is_unknown_in_a_whole_group_is_said_to_be() -> None:
    portfolio = _portfolio(OCCUPATION_TYPE=None)
    first = int(portfolio.ids[0])
    with pytest.raises(InputError) as refusal:
        compare(portfolio, first, "OCCUPATION_TYPE", "similar", ["OCCUPATION_TYPE"])
    for texts in (ENGLISH, FRENCH):
        programs, page = refusal.value.message(texts), refusal.value.said_on_page(texts)
        assert programs.startswith("feature")
        assert all(name in programs for name in ("'OCCUPATION_TYPE'", "'similar'", "'all'"))
        assert label("OCCUPATION_TYPE", texts) in page and "feature" not in page
    answer = compare(portfolio, first, "OCCUPATION_TYPE")
    assert distribution(answer, ENGLISH) and "unknown for this client" in sentence(answer, ENGLISH)[0]


def test_one_is_counted_as_one_in_both_languages() -> None:
    def score(unknown: int) -> Score:
        items = [Contribution(f"EXT_SOURCE_{place + 1}", "external_scores", None, 0.1) for place in range(unknown)]
        return Score(1, 0.1, -2.0, -2.0 + 0.1 * unknown, tuple(items))

    assert "1 fact is unknown and counts" in reasons(score(1), ENGLISH)[-1]
    assert "1 information est inconnue et compte" in reasons(score(1), FRENCH)[-1]
    assert "2 facts are unknown" in reasons(score(2), ENGLISH)[-1]
    assert "2 informations sont inconnues" in reasons(score(2), FRENCH)[-1]


def test_hover_texts_are_spaced_as_their_language_is() -> None:
    client = credit_service().ids("all")[0]
    before = credit_service().score_client(client)
    after = credit_service().score_client(client, {"EXT_SOURCE_2": 0.01})
    for texts, colon in ((ENGLISH, ": "), (FRENCH, "\u00a0: ")):
        names = [str(row[0]) for row in change_waterfall(before, after, texts).data[0].customdata]
        assert [name for name in names if name.startswith(label("EXT_SOURCE_2", texts) + colon)], names
    english = "".join(str(part) for row in change_waterfall(before, after, ENGLISH).data[0].customdata for part in row)
    english = re.sub("(?<=[0-9])\u00a0(?=[a-z])", "", english)  # a number and its unit stay on one line
    assert not [space for space in (" :", "\u00a0", "\u202f") if space in english]


def test_groups_of_whom_nobody_is_granted_have_no_ratio() -> None:
    counts = {"tp": [5], "fp": [5], "tn": [0], "fn": [0]}
    none_bad = {"tp": [0], "fp": [0], "tn": [5], "fn": [0]}
    nobody = {"tp": [0], "fp": [0], "tn": [0], "fn": [0]}
    metrics = {"thresholds": {"threshold": [0.0]}, "groups": {"CODE_GENDER": {"F": counts, "M": counts, "XNA": nobody}}}
    rates = group_rates(metrics, "CODE_GENDER", 0.0)
    assert [(rate.group, rate.acceptance_ratio, rate.caught_ratio) for rate in rates] == [
        ("F", None, 1),
        ("M", None, 1),
    ]
    assert "\u2013" in fairness(metrics, "CODE_GENDER", 0.0, ENGLISH).html()
    metrics["groups"]["CODE_GENDER"] = {"F": none_bad}
    assert group_rates(metrics, "CODE_GENDER", 0.0)[0].caught_ratio is None


@pytest.mark.parametrize("ratio", [1, 3, 10, 25, 50])
def test_one_cut_off_decides_in_the_list_and_in_the_verdict(ratio: int, tmp_path: Path) -> None:
    refused = set(credit_service().ids("refused", ratio))
    some = credit_service().ids("all")[::40]
    assert {
        client for client in some if credit_service().judge(client, ratio).score.decision == "refused"
    } == refused & set(some)
    assert len(refused) + len(credit_service().ids("granted", ratio)) == len(credit_service().ids("all"))
    told = {example.key: example.client_id for example in credit_service().example_clients(ratio)}
    for key, decision in (("just_refused", "refused"), ("refused_good", "refused"), ("just_granted", "granted")):
        if key in told:
            assert credit_service().judge(told[key], ratio).score.decision == decision
    path = tmp_path / "clients.parquet"
    portfolio = credit_service().portfolio
    portfolio.applications.iloc[:200].assign(SK_ID_CURR=portfolio.ids[:200]).to_parquet(path)
    batch = credit_service().judge_batch(path, ratio)
    assert {row.client_id for row in batch.scores if row.decision == "refused"} == refused & set(portfolio.ids[:200])
