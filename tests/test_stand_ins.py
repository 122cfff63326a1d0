"""What the model takes in place of a value that it cannot read, and that it is said wherever the value stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.credit.application import columns
from models.credit.principal_reasons import ComparedFact, PrincipalReason
from models.credit.reasons import not_learnt, reasons
from models.credit.score import Contribution
from models.credit.service import CreditService, credit_service
from models.credit.wording import label, value_text
from models.display.credit.letter import letter
from models.display.credit.principal_reasons import sentence
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tests.test_letter import plain, read

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
KNOWN = {"AMT_CREDIT": 300_000, "AMT_ANNUITY": 15_000, "AMT_INCOME_TOTAL": 120_000}


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def _of(credit: CreditService, feature: str, **more: object) -> Contribution:
    score = credit.score_application(KNOWN | more)
    return next(item for item in score.contributions if item.feature == feature)


def test_every_category_that_training_never_learnt_is_named_as_such(credit: CreditService) -> None:
    spec = credit.model.feature_spec
    seen = 0
    for name, learnt in spec.categories.items():
        for value in columns()[name].categories:
            item = _of(credit, name, **{name: value})
            assert item.is_learnt == (value in learnt)
            usual = learnt[int(spec.usual[name])] if name in spec.usual else None
            assert item.stand_in == (None if value in learnt else usual)
            if usual is not None and not item.is_learnt:  # the score is that of what stands in
                assert item.contribution == pytest.approx(_of(credit, name, **{name: usual}).contribution)
                seen += 1
    assert seen >= 4, "the unemployed, students, business owners, those on maternity leave"


@BOTH
def test_what_a_category_counts_as_is_said(credit: CreditService, texts: Texts) -> None:
    score = credit.score_application(KNOWN | {"NAME_INCOME_TYPE": "Unemployed"})
    (told,) = not_learnt(score, texts)
    for value in ("Unemployed", "Working"):
        assert value_text("NAME_INCOME_TYPE", value, texts) in told
    assert reasons(score, texts)[-1] == told
    assert not not_learnt(credit.score_application(KNOWN | {"NAME_INCOME_TYPE": "Working"}), texts)
    (told,) = not_learnt(credit.score_application(KNOWN | {"ORGANIZATION_TYPE": "Religion"}), texts)
    assert told == texts(
        "credit.reasons.not_learnt",
        value=value_text("ORGANIZATION_TYPE", "Religion", texts),
        name=label("ORGANIZATION_TYPE", texts),
    )
    for not_said in ({"NAME_FAMILY_STATUS": "Unknown"}, {"ORGANIZATION_TYPE": "XNA"}):
        assert not not_learnt(credit.score_application(KNOWN | not_said), texts), "that is no category"


@BOTH
def test_a_reason_says_what_its_category_counts_as(texts: Texts) -> None:
    fact = ComparedFact("NAME_INCOME_TYPE", "Student", "Working", 0.0, 0.0, 0.0, 1.0, "Working")
    told = sentence(PrincipalReason("against", 0.2, ("NAME_INCOME_TYPE",), (fact,), "granted", 1), texts)
    assert value_text("NAME_INCOME_TYPE", "Student", texts) in told
    assert value_text("NAME_INCOME_TYPE", "Working", texts) in told


@BOTH
def test_unknown_as_usual_and_unknown_as_such_are_told_apart(credit: CreditService, texts: Texts) -> None:
    complete = credit.portfolio.application(credit.example_clients()[0].client_id)
    complete |= {name: 1.0 for name in credit.model.feature_spec.columns if complete[name] is None}
    before = len(reasons(credit.score_application(complete), texts))
    for column, how in (("AMT_REQ_CREDIT_BUREAU_YEAR", ""), ("DAYS_REGISTRATION", "_usual")):
        told = reasons(credit.score_application(complete | {column: None}), texts)[before:]
        assert told == [texts.count(f"credit.reasons.unknown{how}", 1, features=label(column, texts))]
    usual = _of(credit, "DAYS_REGISTRATION")
    assert usual.stand_in == credit.model.feature_spec.usual["DAYS_REGISTRATION"] and usual.is_learnt
    assert usual.contribution == pytest.approx(
        _of(credit, "DAYS_REGISTRATION", DAYS_REGISTRATION=usual.stand_in).contribution
    )


def test_programs_receive_what_stands_in(credit: CreditService) -> None:
    answer = credit.score_application(KNOWN | {"NAME_INCOME_TYPE": "Student"}).to_json()
    told = {item["feature"]: item.get("stand_in", "nothing") for item in answer["contributions"]}
    assert told["NAME_INCOME_TYPE"] == "Working" and told["AMT_ANNUITY"] == "nothing"


@BOTH
def test_the_letter_says_it_below_the_data(credit: CreditService, texts: Texts) -> None:
    notice = credit.notice(None, KNOWN | {"NAME_INCOME_TYPE": "Student"})
    (told,) = not_learnt(notice.score, texts)
    assert plain(told) in read(letter(notice, texts, datetime.now(UTC)))
