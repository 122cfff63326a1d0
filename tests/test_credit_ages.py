"""A client's age is told in completed years wherever it stands, with its decimal where a difference would vanish."""

from __future__ import annotations

import pytest

from models.credit import whatif
from models.credit.compare import compare
from models.credit.facts import profile
from models.credit.service import CreditService, credit_service
from models.credit.wording import AGE, label, spoken_value
from models.display.credit import distribution, scatter, tables, waterfall
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@BOTH
def test_an_age_is_told_alike_in_the_profile_the_charts_and_the_tables(credit: CreditService, texts: Texts) -> None:
    for client_id in credit.ids("all")[::300]:
        application = credit.portfolio.application(client_id)
        (age,) = (fact.text for fact in profile(application, texts)["person"] if fact.column == AGE)
        assert age == spoken_value(AGE, application[AGE], texts) and not {".", ","} & set(age)
        score = credit.score_client(client_id)
        table = tables.contributions(score, texts).set_index(texts("credit.why.column"))
        assert table[texts("credit.why.value")][AGE] == age
        named = texts.pair(label(AGE, texts), age)
        assert f"\u21b3 {named}" in [step.name for step in waterfall.score_steps(score, texts, opened="person")]
        chart = distribution.distribution(compare(credit.portfolio, client_id, AGE), texts)
        assert age in chart.layout.meta["label"]
        drawn = scatter.scatter(credit.portfolio, client_id, AGE, "AMT_CREDIT", texts)
        assert f">{age}<" in drawn.layout.meta["table"]


@pytest.mark.parametrize(
    ("years", "english", "french"),
    [
        (50.4, "37 years \u2192 50 years", "37 ans \u2192 50 ans"),
        (37.2, "37.8 years \u2192 37.2 years", "37,8 ans \u2192 37,2 ans"),
    ],
)
def test_a_change_of_age_keeps_its_decimals_where_it_would_vanish(
    credit: CreditService, years: float, english: str, french: str
) -> None:
    application, edited = {AGE: -13_810, "AMT_CREDIT": 300_000.0}, {AGE: whatif.stored(AGE, years)}
    before, after = credit.model.score(application), credit.model.score(application | edited)
    for texts, change in ((ENGLISH, english), (FRENCH, french)):
        first, *_ = waterfall.change_waterfall(before, after, texts).data[0].customdata
        assert first[0].replace("\u00a0", " ").endswith(f": {change}")
        table = tables.changes(None, None, edited, application, texts).replace("\u00a0", " ")
        assert all(f">{value}<" in table for value in change.split(" \u2192 "))


@BOTH
def test_an_age_that_is_entered_in_whole_years_is_told_as_it_was_entered(texts: Texts) -> None:
    for years in range(18, 121):
        assert spoken_value(AGE, whatif.typed(AGE, str(years), texts), texts) == texts.count("credit.years", years)
