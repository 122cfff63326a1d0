"""The principal reasons of a decision: what they name, what they compare, and every number that their sentences say."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.credit.application import columns
from models.credit.features import DAYS_PER_YEAR, FEATURES
from models.credit.principal_reasons import MOST, ComparedFact, PrincipalReason, principal_reasons
from models.credit.score import Contribution, Score
from models.credit.service import CreditService, credit_service
from models.credit.wording import unit
from models.display.credit.principal_reasons import sentence, title
from models.texts import ENGLISH, FRENCH, Texts, catalogue

SCORES = ("EXT_SOURCE_1", "EXT_SOURCE_2", "EXT_SOURCE_3")
RATIOS = {
    "CREDIT_TO_GOODS": ("AMT_CREDIT", "AMT_GOODS_PRICE"),
    "CREDIT_TERM": ("AMT_CREDIT", "AMT_ANNUITY"),
    "ANNUITY_TO_INCOME": ("AMT_ANNUITY", "AMT_INCOME_TOTAL"),
}


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@pytest.fixture(scope="module")
def granted(credit: CreditService) -> np.ndarray:
    """Which clients of the portfolio are granted, by their log-odds."""
    log_odds = credit.model.log_odds(credit.portfolio.applications)
    return 1 / (1 + np.exp(-log_odds)) < credit.model.threshold


@pytest.fixture(scope="module")
def told(credit: CreditService) -> list[tuple[Score, tuple[PrincipalReason, ...]]]:
    """Clients of either decision, and their reasons."""
    ids = credit.ids("refused")[:60] + credit.ids("granted")[:60]
    scores = [credit.score_client(client_id) for client_id in ids]
    return [(score, credit.principal_reasons(score)) for score in scores]


def _known(credit: CreditService, feature: str, members: np.ndarray) -> pd.Series:
    """The known values of a fact among some clients, from the original columns alone."""
    table = credit.portfolio.applications[members]
    if feature in RATIOS:
        numerator, denominator = (table[name] for name in RATIOS[feature])
        return (numerator / denominator).dropna()
    values = table[feature].dropna()
    return values[~values.isin([365243, "XNA"])]


def test_a_refusal_is_told_by_what_raises_the_risk_and_a_grant_by_what_lowers_it(
    told: list[tuple[Score, tuple[PrincipalReason, ...]]],
) -> None:
    for score, reasons in told:
        sign = 1 if score.decision == "refused" else -1
        own = {item.feature: sign * item.contribution for item in score.contributions}
        weights = [sign * reason.contribution for reason in reasons]
        assert 1 <= len(reasons) <= MOST == 4
        assert weights == sorted(weights, reverse=True) and weights[-1] > 0
        named = [name for reason in reasons for name in reason.features]
        assert len(named) == len(set(named)), "no fact is told twice"
        for reason, weight in zip(reasons, weights, strict=True):
            assert reason.weighs == ("against" if score.decision == "refused" else "for")
            assert weight == pytest.approx(sum(own[name] for name in reason.features), abs=1e-12)
            assert reason.features == SCORES or not set(reason.features) & set(SCORES) or len(reason.features) == 3
        # nothing that is left out weighs more than the last that is named
        left = {name: value for name, value in own.items() if name not in named and name not in SCORES}
        assert len(reasons) < MOST or max(left.values()) <= weights[-1]


def test_a_client_is_compared_with_those_for_whom_it_went_the_other_way(
    credit: CreditService, told: list[tuple[Score, tuple[PrincipalReason, ...]]], granted: np.ndarray
) -> None:
    """Every share, median and count, from the original columns by pandas."""
    checked = set()
    for score, reasons in told:
        assert score.client_id is not None
        application = credit.portfolio.application(score.client_id)
        members = granted if score.decision == "refused" else ~granted
        for reason in reasons:
            assert reason.peers == ("granted" if score.decision == "refused" else "refused")
            assert reason.known == sum(
                application.get(name) is not None if name in columns() else True for name in reason.features
            )
            for fact in reason.facts:
                known = _known(credit, fact.feature, members)
                if isinstance(fact.value, str) or fact.value is None or fact.value == 365243:
                    continue
                own = float(fact.value)
                assert fact.usual == pytest.approx(known.median())
                assert fact.lower == pytest.approx((known < own).mean()) and fact.higher == pytest.approx(
                    (known > own).mean()
                )
                assert fact.known == pytest.approx(len(known) / members.sum())
                checked.add(fact.feature)
    assert len(checked) >= 12


def test_a_category_is_ordered_by_the_default_rates_of_training(
    credit: CreditService, told: list[tuple[Score, tuple[PrincipalReason, ...]]], granted: np.ndarray
) -> None:
    checked = set()
    for score, reasons in told:
        members = granted if score.decision == "refused" else ~granted
        for fact in (fact for reason in reasons for fact in reason.facts):
            order = credit.model.config["categories"].get(fact.feature, [])
            if fact.value not in order:
                continue
            known = _known(credit, fact.feature, members)
            place = order.index(fact.value)
            assert fact.alike == pytest.approx((known == fact.value).mean())
            assert fact.lower == pytest.approx(known.isin(order[:place]).mean())
            assert fact.higher == pytest.approx(known.isin(order[place + 1 :]).mean())
            assert fact.usual == known.mode()[0]
            checked.add(fact.feature)
    assert len(checked) >= 3


def test_an_employer_that_training_hardly_met_is_known_all_the_same(credit: CreditService) -> None:
    held = credit.portfolio.applications["ORGANIZATION_TYPE"]
    rare = held.notna() & ~held.isin([*credit.model.config["categories"]["ORGANIZATION_TYPE"], "XNA"])
    granted = credit.portfolio.probabilities < 0.5
    assert (rare & granted).any()
    refused = Score(1, 0.5, 0.0, 1.0, (Contribution("ORGANIZATION_TYPE", "work", "Self-employed", 1.0),))
    (reason,) = principal_reasons(refused, credit.portfolio)
    (fact,) = reason.facts
    known = int((granted & (held != "XNA") & held.notna()).sum())
    assert fact.known == pytest.approx(known / granted.sum())
    ordered = int((granted & held.isin(credit.model.config["categories"]["ORGANIZATION_TYPE"])).sum())
    assert fact.lower + fact.alike + fact.higher == pytest.approx(ordered / known) and ordered < known


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.slow)])
def test_a_known_fact_that_may_move_the_risk_one_way_only_lies_on_the_side_that_it_is_said_to(
    credit: CreditService, every: int
) -> None:
    for client_id in credit.ids("all")[::every]:
        for reason in credit.principal_reasons(credit.score_client(client_id)):
            for fact in reason.facts:
                way = FEATURES[fact.feature].monotone * (1 if reason.weighs == "against" else -1)
                if way and fact.value is not None and fact.value != 365243:
                    worse = fact.lower >= fact.higher if way > 0 else fact.higher >= fact.lower
                    assert worse, f"client {client_id}: {fact}"


NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
UNITS = {"days": "year", "years": "year", "months": "month", "share": "%"}


def _says(words: str, before: str, feature: str, value: float) -> bool:
    """Whether a sentence says a number of a fact behind some words, in the fact's unit, rounded as it is written."""
    kind = unit(feature)
    if kind == "days" and 0 <= -value / DAYS_PER_YEAR < 1:  # in months, or less than one
        kind, value = "months", -12 * value / DAYS_PER_YEAR
        if value < 0.5:
            return re.search(f"{before}less than a month", words) is not None
        value = round(value)
    match = re.search(f"{before}{NUMBER}\\s?{UNITS.get(kind, '')}", words)
    if match is None:
        return False
    shown = {"days": -value / DAYS_PER_YEAR, "share": 100 * value}.get(kind, value)
    if feature == "DAYS_BIRTH" and match[1] == str(math.floor(shown)):  # nobody is 55.2 years old
        return True
    digits = len(match[1].partition(".")[2]) or (1 if kind in ("days", "months", "share") else 0)
    return abs(float(match[1].replace(",", "")) - shown) <= 0.5 * 10.0**-digits + 1e-9


def test_the_numbers_that_a_sentence_says_are_the_clients_the_usual_one_and_the_share(
    told: list[tuple[Score, tuple[PrincipalReason, ...]]],
) -> None:
    said = 0
    for _, reasons in told:
        for reason in reasons:
            fact, words = reason.facts[0], sentence(reason, ENGLISH)
            words = re.sub(r"\([^()]* from 0 to 1, [^()]*\)", "", words)  # the scale has numbers of its own
            if (
                isinstance(fact.value, str)
                or fact.value is None
                or fact.value == 365243
                or unit(fact.feature) == "flag"
            ):
                continue
            assert isinstance(fact.usual, float)
            behind = r"\b(?:is|rated|cost|to|in|at|lasted|renewed|changed|for) "
            assert _says(words, behind, fact.feature, float(fact.value)), words
            if "close to the usual" in words:
                assert max(fact.lower, fact.higher) < 0.55
                assert _says(words, r"clients \(", fact.feature, fact.usual), words
            elif ", as is usual among" in words:
                assert max(fact.lower, fact.higher) < 0.55
                assert _says(words, behind, fact.feature, fact.usual), words
            else:
                assert _says(words, "against a usual ", fact.feature, fact.usual), words
                share = re.search(rf"{NUMBER}% of (?:them|these) ", words)
                assert share and float(share[1]) == pytest.approx(100 * max(fact.lower, fact.higher), abs=0.5), words
                said += 1
    assert said >= 100


@pytest.mark.parametrize(("texts", "foreign"), [(ENGLISH, "goods|price|the loan"), (FRENCH, r"\bbien\b|prix")])
def test_a_limit_to_draw_on_is_not_explained_by_goods(credit: CreditService, texts: Texts, foreign: str) -> None:
    loan = {"AMT_CREDIT", "AMT_GOODS_PRICE", "CREDIT_TO_GOODS", "CREDIT_TERM"}
    kinds = credit.portfolio.values("NAME_CONTRACT_TYPE")
    spoken = set()
    for client_id in credit.portfolio.ids[kinds == "Revolving loans"]:
        for reason in credit.principal_reasons(credit.score_client(int(client_id))):
            if set(reason.features) & loan:
                words = sentence(reason, texts)
                assert not re.search(foreign, words.replace("to be financed", ""), re.IGNORECASE), words
                spoken.update(reason.features)
    assert {"AMT_GOODS_PRICE", "CREDIT_TO_GOODS"} <= spoken


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_value_that_reads_as_the_usual_one_is_not_called_close_to_it(texts: Texts) -> None:
    fact = ComparedFact("CREDIT_TERM", 20.68, 20.67, 0.5, 0.0, 0.5, 1.0)
    for weighs in ("against", "for"):
        words = sentence(PrincipalReason(weighs, 0.3, ("CREDIT_TERM",), (fact,), "granted", 1), texts)  # type: ignore[arg-type]
        assert words.count(texts.number(20.7, 1)) == 1, words


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
@pytest.mark.parametrize("feature", ["CREDIT_TO_GOODS", "CREDIT_TERM", "ANNUITY_TO_INCOME", "AMT_GOODS_PRICE"])
def test_nobody_is_said_to_have_kept_back_what_is_computed(texts: Texts, feature: str) -> None:
    fact = ComparedFact(feature, None, 1.0, 0.0, 0.0, 0.0, 0.99)
    words = sentence(PrincipalReason("for", 0.3, (feature,), (fact,), "refused", 0), texts)
    assert "give" not in words and "fourni" not in words


def test_a_share_of_those_whose_fact_is_known_is_not_said_of_everybody(
    told: list[tuple[Score, tuple[PrincipalReason, ...]]],
) -> None:
    """Where it is not known of nearly all: of a third of refused clients the car's age, of four fifths the job."""
    partly = set()
    for _, reasons in told:
        for reason in reasons:
            fact, words = reason.facts[0], sentence(reason, ENGLISH)
            if fact.value is None or fact.value == 365243 or unit(fact.feature) == "flag":
                continue
            part = re.search(rf"the {NUMBER}% of {reason.peers} clients [a-z’ ]+(?::|,|\()", words)
            assert bool(part) == (fact.known < 0.995), words
            assert (f"among {reason.peers} clients" in words) == (fact.known >= 0.995), words
            if part:
                assert float(part[1]) == pytest.approx(100 * fact.known, abs=0.5) and "of them" not in words
                partly.add(fact.feature)
    assert {"EXT_SOURCE_3", "DAYS_EMPLOYED"} <= partly and len(partly) >= 4


def _one(feature: str, value: float | str, usual: float | str, known: float, weighs: str = "for") -> PrincipalReason:
    fact = ComparedFact(feature, value, usual, 0.06, 0.0, 0.94, known)
    return PrincipalReason(weighs, 0.3, (feature,), (fact,), "refused", 1)  # type: ignore[arg-type]


def test_a_part_of_the_others_is_named_once_in_each_language() -> None:
    car = _one("OWN_CAR_AGE", 2.0, 8.0, 0.3164)
    assert sentence(car, ENGLISH).replace("\u00a0", " ") == (
        "The car is 2 years old, against a usual 8 years among the 32% of refused clients whose car’s age is known: "
        "94% of these have an older one."
    )
    assert sentence(car, FRENCH).replace("\u202f", " ").replace("\u00a0", " ") == (
        "La voiture a 2 ans, contre 8 ans habituellement pour les 32 % des clients refusés dont l’âge de la voiture "
        "est connu : 94 % d’entre eux en ont une plus ancienne."
    )
    job = sentence(_one("OCCUPATION_TYPE", "Drivers", "Laborers", 0.6), ENGLISH)
    assert "among the 60% of refused clients who give theirs, 0% are in the same category and 94% in one with" in job
    nearly_all = sentence(_one("OWN_CAR_AGE", 2.0, 8.0, 0.9951), ENGLISH)
    assert "among refused clients: 94% of them have" in nearly_all
    flag = ComparedFact("FLAG_WORK_PHONE", 1.0, 1.0, 0.5, 0.5, 0.0, 0.8)
    assert "as for 40% of refused clients." in sentence(replace(car, facts=(flag,)), ENGLISH)


def test_an_age_is_told_in_completed_years_unless_the_two_would_read_alike() -> None:
    old = _one("DAYS_BIRTH", -55.9 * DAYS_PER_YEAR, -38.2 * DAYS_PER_YEAR, 1.0)
    assert (
        sentence(old, ENGLISH).replace("\u00a0", " ").startswith("The age is 55 years, against a usual 38 years among")
    )
    near = _one("DAYS_BIRTH", -38.9 * DAYS_PER_YEAR, -38.2 * DAYS_PER_YEAR, 1.0)
    assert sentence(near, FRENCH).replace("\u00a0", " ").startswith("L’âge est de 38,9 ans, contre 38,2 ans")


def test_an_order_by_default_rate_is_not_said_to_be_one_of_counts() -> None:
    for weighs, rate in (("for", "higher"), ("against", "lower")):
        told = sentence(_one("OCCUPATION_TYPE", "Drivers", "Laborers", 1.0, weighs), ENGLISH)
        assert told.endswith(f" in one with a {rate} default rate.")


def test_the_scale_of_the_external_scores_is_said_once() -> None:
    facts = tuple(ComparedFact(name, 0.172, 0.5, 0.1, 0.0, 0.9, 0.83) for name in SCORES)
    reason = PrincipalReason("against", 0.3, SCORES, facts, "granted", 3)
    assert sentence(reason, ENGLISH).count("from 0 to 1, 1 is best") == 1
    assert sentence(reason, ENGLISH).count("against a usual 0.500 where it is known.") == 2
    assert sentence(reason, FRENCH).count("de 0 à 1, 1 étant le plus favorable") == 1


@pytest.mark.parametrize(
    ("changes", "decision", "words", "never"),
    [
        ({"EXT_SOURCE_2": 0.02}, "refused", "have a higher one", "have a lower one"),
        ({"DAYS_EMPLOYED": -60.0, "EXT_SOURCE_2": 0.2, "EXT_SOURCE_3": 0.2}, "refused", "for longer", "for less time"),
        (
            {"EXT_SOURCE_1": 0.85, "EXT_SOURCE_2": 0.75, "EXT_SOURCE_3": 0.8},
            "granted",
            "have a lower one",
            "higher one",
        ),
    ],
)
def test_the_others_are_on_the_other_side(
    credit: CreditService, changes: dict[str, float], decision: str, words: str, never: str
) -> None:
    for client_id in credit.ids("all")[:8]:
        score = credit.score_client(client_id, changes)
        if score.decision != decision:
            continue
        told = " ".join(
            sentence(reason, ENGLISH)
            for reason in credit.principal_reasons(score)
            if set(reason.features) & set(changes)
        )
        assert not told or (words in told and never not in told), told


def test_what_is_not_known_is_said(credit: CreditService) -> None:
    unknown = {"EXT_SOURCE_1": None, "EXT_SOURCE_2": 0.05, "EXT_SOURCE_3": None}
    score = credit.score_client(credit.ids("refused")[0], unknown)
    reason = next(item for item in credit.principal_reasons(score) if "EXT_SOURCE_2" in item.features)
    assert reason.known == 1
    assert sentence(reason, ENGLISH).startswith("One of the three external scores is known (")
    assert sentence(reason, FRENCH).startswith("Un seul des trois scores externes est connu (")
    known = _known(credit, "EXT_SOURCE_1", credit.portfolio.probabilities < score.threshold)
    for fact in reason.facts:
        if fact.feature == "EXT_SOURCE_1":
            assert fact.known == pytest.approx(len(known) / (credit.portfolio.probabilities < score.threshold).sum())


def test_sentences_can_be_said_aloud(credit: CreditService) -> None:
    """In both languages: no log-odds, no names of columns, nothing left unfilled; one heading for each decision."""
    for client_id in credit.ids("all")[::6]:
        score = credit.score_client(client_id)
        for texts in (ENGLISH, FRENCH):
            for reason in credit.principal_reasons(score):
                words = sentence(reason, texts)
                assert not re.search(r"[A-Z]{3,}_|\blog-|\bnan\b|None|[{}=×]", words), words
                assert words[0].isupper() and words.endswith(".") and ".." not in words
    refused, granted = (credit.score_client(credit.ids(name)[0]) for name in ("refused", "granted"))
    assert title(refused, ENGLISH) != title(granted, ENGLISH)


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_every_fact_that_a_model_may_read_has_its_words(feature: str) -> None:
    """Also those that a new training may choose."""
    keys = {key.removeprefix(f"principal_reasons.facts.{feature}.") for key in catalogue() if f".{feature}." in key}
    kind = unit(feature)
    if kind == "flag":
        assert {"0", "1"} <= keys
    elif kind == "category":
        assert "says" in keys
    else:
        assert {"says", "lower", "higher"} <= keys


def test_reasons_follow_the_cut_off(credit: CreditService) -> None:
    client_id = credit.ids("borderline")[0]
    strict, mild = (credit.judge(client_id, ratio).score for ratio in (30, 5))
    assert (strict.decision, mild.decision) == ("refused", "granted")
    against, in_favour = credit.principal_reasons(strict), credit.principal_reasons(mild)
    assert all(reason.contribution > 0 for reason in against) and all(reason.contribution < 0 for reason in in_favour)
