"""What there is not has no value: that there is no car is not told as an unknown age of one."""

from __future__ import annotations

import numpy as np
import pytest

from models.credit import whatif
from models.credit.compare import CRITERIA, USUAL_CRITERIA, compare
from models.credit.facts import profile
from models.credit.model import CreditModel
from models.credit.notice import data_used
from models.credit.principal_reasons import ComparedFact, PrincipalReason
from models.credit.reasons import reasons
from models.credit.score import Score, changes
from models.credit.service import CreditService, credit_service
from models.credit.wording import NOT_APPLICABLE, NOT_EMPLOYED, WITHOUT, Value, label, told, value_text
from models.display.credit import distribution, tables, waterfall
from models.display.credit.principal_reasons import sentence
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
NONE: dict[str, Value] = {"FLAG_OWN_CAR": "N", "DAYS_EMPLOYED": NOT_EMPLOYED, "ORGANIZATION_TYPE": "XNA"}
SOME: dict[str, Value] = {"FLAG_OWN_CAR": "Y", "DAYS_EMPLOYED": -900.0}
TOGETHER = (("FLAG_OWN_CAR", "OWN_CAR_AGE"), ("DAYS_EMPLOYED", "OCCUPATION_TYPE", "ORGANIZATION_TYPE"))
LOAN: dict[str, Value] = {"AMT_CREDIT": 300_000.0, "AMT_ANNUITY": 15_000.0, "AMT_INCOME_TOTAL": 120_000.0}


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@pytest.fixture(scope="module")
def model(credit: CreditService) -> CreditModel:
    return credit.model


def test_only_what_there_is_not_is_told_so() -> None:
    for name in WITHOUT:
        assert told(name, NONE) == NOT_APPLICABLE
        assert told(name, SOME) is None
        assert told(name, {}) is None
    assert told("OWN_CAR_AGE", NONE | {"OWN_CAR_AGE": 3.0}) == 3.0, "what is known is told, whatever else is said"
    assert told("ORGANIZATION_TYPE", SOME | {"ORGANIZATION_TYPE": "XNA"}) == "XNA"
    assert told("EXT_SOURCE_1", NONE) is None


@BOTH
def test_it_reads_so_wherever_a_client_is_described(model: CreditModel, texts: Texts) -> None:
    application = LOAN | NONE
    score = model.score(application)
    shown = {fact.column: fact for facts in profile(application, texts).values() for fact in facts}
    used = {name: value for facts in data_used(model, application).values() for name, value in facts.items()}
    why = tables.contributions(score, texts).set_index(texts("credit.why.column"))[texts("credit.why.value")]
    for name in WITHOUT:
        words = texts(f"values.{name}.not_applicable")
        assert (shown[name].text, shown[name].known) == (words, True)
        assert used[name] == NOT_APPLICABLE and value_text(name, used[name], texts) == words
        assert why[name] == words
        assert whatif.editor(model, application, name, texts).present == words
        opened = [step.name for step in waterfall.score_steps(score, texts, "log_odds", _group(score, name))]
        assert any(step.endswith(words) for step in opened)
    assert not any(label(name, texts) in sentence for name in WITHOUT for sentence in reasons(score, texts))
    json = {item["feature"]: item for item in score.to_json()["contributions"]}
    assert {name for name, item in json.items() if item.get("applicable") is False} == set(WITHOUT)
    assert json["OWN_CAR_AGE"]["value"] is None and json["ORGANIZATION_TYPE"]["value"] == "XNA"
    assert not any("applicable" in item for item in model.score(LOAN | SOME).to_json()["contributions"])


def _group(score: Score, feature: str) -> str:
    return next(item.group for item in score.contributions if item.feature == feature)


def test_a_change_is_told_in_the_same_words(model: CreditModel) -> None:
    before, after = model.score(LOAN | NONE), model.score(LOAN | NONE | {"OWN_CAR_AGE": 3.0})
    (car,) = (change for change in changes(before, after) if change.feature == "OWN_CAR_AGE")
    assert (car.before, car.after) == (NOT_APPLICABLE, 3.0)


@BOTH
def test_among_other_clients_too(credit: CreditService, texts: Texts) -> None:
    held = credit.portfolio.applications
    pensioner = int(credit.portfolio.ids[(held["DAYS_EMPLOYED"] == NOT_EMPLOYED).to_numpy().argmax()])
    walker = int(credit.portfolio.ids[(held["FLAG_OWN_CAR"] == "N").to_numpy().argmax()])
    driver = int(credit.portfolio.ids[(held["FLAG_OWN_CAR"] == "Y").to_numpy().argmax()])
    for client_id, name in ((pensioner, "OCCUPATION_TYPE"), (pensioner, "ORGANIZATION_TYPE"), (walker, "OWN_CAR_AGE")):
        first, _ = distribution.sentence(compare(credit.portfolio, client_id, name), texts)
        assert texts(f"values.{name}.not_applicable") in first
    assert compare(credit.portfolio, driver, "OWN_CAR_AGE").code is None


@BOTH
@pytest.mark.parametrize("feature", WITHOUT)
def test_a_reason_says_that_there_is_none(texts: Texts, feature: str) -> None:
    for applicable in (True, False):
        fact = ComparedFact(feature, None, 8.0, 0.0, 0.0, 0.0, 0.32, is_applicable=applicable)
        words = sentence(PrincipalReason("against", 0.3, (feature,), (fact,), "granted", 0), texts)
        unknown = {"en": ("not given", "No car’s age"), "fr": ("renseigné", "Aucun âge")}[texts.language]
        assert any(word in words for word in unknown) == applicable, words
        assert texts.share(0.32) in words


@BOTH
def test_a_reason_says_what_stands_in_for_an_unknown_value(texts: Texts) -> None:
    fact = ComparedFact("CREDIT_TO_GOODS", None, 1.1, 0.0, 0.0, 0.0, 0.99, stand_in=1.119)
    words = sentence(PrincipalReason("for", 0.3, ("CREDIT_TO_GOODS",), (fact,), "refused", 0), texts)
    assert texts.percent(1.119, 1) in words


@BOTH
def test_what_another_fact_makes_applicable_has_not_changed_itself(model: CreditModel, texts: Texts) -> None:
    before, after = model.score(LOAN | NONE), model.score(LOAN | NONE | {"DAYS_EMPLOYED": -900.0})
    for change in changes(before, after):
        if change.feature in WITHOUT:
            assert change.before == change.after
    names = [str(row[0]) for row in waterfall.change_waterfall(before, after, texts, shown=40).data[0].customdata]
    assert [name for name in names if "\u2192" in name] == [
        name for name in names if name.startswith(label("DAYS_EMPLOYED", texts))
    ]


@BOTH
def test_who_has_no_employer_is_not_counted_among_those_whose_employer_is_known(
    credit: CreditService, texts: Texts
) -> None:
    held = credit.portfolio.applications["ORGANIZATION_TYPE"].to_numpy()
    client = int(credit.portfolio.ids[np.flatnonzero(held == "Self-employed")[0]])
    found = credit.compare(client, "ORGANIZATION_TYPE")
    assert found.known == sum(found.repaid) + sum(found.defaulted) == int((held != "XNA").sum())
    first, size = distribution.sentence(found, texts)
    assert texts("credit.compare.of_known") in first and texts.number(found.known) in size
    assert texts.share(float((held == "Self-employed").sum() / (held != "XNA").sum())) in first
    whole, _ = distribution.sentence(credit.compare(client, "AMT_CREDIT"), texts)
    assert texts("credit.compare.of_group") in whole and texts("credit.compare.of_known") not in whole
    pensioner = int(credit.portfolio.ids[np.flatnonzero(held == "XNA")[0]])
    assert credit.compare(pensioner, "ORGANIZATION_TYPE").value is None


@BOTH
@pytest.mark.parametrize(
    ("feature", "criteria", "nobody"),
    [("OCCUPATION_TYPE", USUAL_CRITERIA, "DAYS_EMPLOYED"), ("OWN_CAR_AGE", CRITERIA, "FLAG_OWN_CAR")],
)
def test_a_group_of_which_nobody_has_one_is_told_so(
    credit: CreditService, texts: Texts, feature: str, criteria: tuple[str, ...], nobody: str
) -> None:
    client = {"OCCUPATION_TYPE": 900003, "OWN_CAR_AGE": 900590}[feature]
    with pytest.raises(InputError) as refusal:
        credit.compare(client, feature, "similar", criteria)
    group = texts("credit.compare.similar")
    assert refusal.value.said_on_page(texts) == texts(f"credit.compare.nobody.{nobody}", group=group)


@BOTH
@pytest.mark.parametrize("edited", [*WITHOUT, "DAYS_EMPLOYED"])
def test_what_if_there_were_none_is_one_edit_away_and_one_back(model: CreditModel, edited: str, texts: Texts) -> None:
    application = LOAN | SOME | {"OWN_CAR_AGE": 5.0, "OCCUPATION_TYPE": "Managers", "ORGANIZATION_TYPE": "Bank"}
    edits = whatif.without(edited)
    assert edited in edits and tuple(edits) in TOGETHER
    words = whatif.editor(model, application, edited, texts).absent
    after = application | edits
    for name in set(edits) & set(WITHOUT):
        assert told(name, after) == NOT_APPLICABLE
        assert words == texts(f"values.{name}.not_applicable") == whatif.editor(model, after, name, texts).present
    table = tables.changes(None, None, whatif.moved(edits, application, texts), application, texts)
    assert words in table and texts("credit.unknown") not in table
    assert whatif.moved(edits, application | NONE | {"OWN_CAR_AGE": None, "OCCUPATION_TYPE": None}, texts) == {}
    owner, _ = WITHOUT.get(edited, (edited, None))
    again = whatif.given(edits, edited, application[edited])
    assert again[edited] == application[edited] and again.get(owner, application[owner]) == application[owner]
    assert whatif.given({}, edited, None) == {edited: None}


def test_nobody_is_without_an_age(model: CreditModel) -> None:
    assert whatif.without("DAYS_BIRTH") == {} and whatif.editor(model, LOAN, "DAYS_BIRTH", ENGLISH).absent == ""
