"""Compared with whom: exact interventional SHAP values against groups of clients, and pairs that count together."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import shap

from models.credit import importance
from models.credit.compare import CRITERIA
from models.credit.features import DAYS_PER_YEAR
from models.credit.model import CreditModel
from models.credit.reasons import NAMED, NOTABLE, compared_with, reasons
from models.credit.reference import BACKGROUND, FEWEST, REFERENCES, spread
from models.credit.score import Scale, sigmoid
from models.credit.service import CreditService, credit_service
from models.credit.tree_explainers import OUTPUTS
from models.display.credit.pairs import sentences
from models.display.credit.waterfall import score_steps
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, Texts
from tabs import endpoints
from tabs.error_handling import refusal


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def test_the_explainers_read_the_model(credit: CreditService) -> None:
    """Additive within 1e-6 in log-odds and in probability; an empty application and values at thresholds included."""
    matrix = credit.portfolio.features
    on_thresholds = _on_thresholds(credit)
    asked = np.concatenate([matrix[100:140], credit.model.row({}), on_thresholds])
    log_odds = np.asarray(credit.model.booster.predict(asked, raw_score=True))
    for output, expected in zip(OUTPUTS, (log_odds, 1 / (1 + np.exp(-log_odds))), strict=True):
        explainer = credit.explainers.interventional(matrix[:100], output)
        values = explainer.shap_values(credit.explainers.ranks(asked), check_additivity=False)
        np.testing.assert_allclose(explainer.expected_value + values.sum(axis=1), expected, atol=1e-6)


def _on_thresholds(credit: CreditService) -> np.ndarray:
    """A client whose values lie on thresholds of the trees, a hair below and a hair above."""
    rows = np.repeat(credit.portfolio.features[:1], 3, axis=0)
    for place, values in enumerate(credit.explainers._thresholds):
        if len(values):
            value = values[len(values) // 2]
            rows[:, place] = (value, np.nextafter(value, -np.inf), np.nextafter(value, np.inf))
    return rows


def test_along_the_paths_the_explainers_agree_with_lightgbm(credit: CreditService) -> None:
    some = credit.portfolio.applications.iloc[:40]
    answer = credit.model.attributions(some)
    explainer = credit.explainers.path_dependent
    values = explainer.shap_values(credit.explainers.ranks(answer.features), check_additivity=False)
    np.testing.assert_allclose(values, answer.values, atol=1e-9)
    np.testing.assert_allclose(np.sum(explainer.expected_value), answer.base_value, atol=1e-9)


def test_an_explanation_against_a_background_leaves_the_trees_as_they_are(credit: CreditService) -> None:
    ranks = credit.explainers.ranks(credit.portfolio.features[:3])
    before = credit.explainers.path_dependent.shap_values(ranks)
    credit.explainers.interventional(credit.portfolio.features[:30], "raw")
    fresh = type(credit.explainers)(credit.model.booster)
    fresh.interventional(credit.portfolio.features[:30], "raw")
    np.testing.assert_array_equal(fresh.path_dependent.shap_values(ranks), before)


def test_the_values_are_those_of_the_interventional_game(credit: CreditService) -> None:
    """Shapley values by their definition, over every coalition, of a model of few features."""
    names = credit.model.features
    background = credit.portfolio.features[50:62]
    # the features in which client and background may differ; the others are the client's own everywhere
    free = [names.index(name) for name in ("EXT_SOURCE_2", "CREDIT_TERM", "DAYS_BIRTH", "NAME_EDUCATION_TYPE")]
    client = credit.portfolio.features[7]
    held = np.repeat(client[None], len(background), axis=0)
    held[:, free] = background[:, free]

    def worth(coalition: tuple[int, ...]) -> float:
        rows = held.copy()
        rows[:, list(coalition)] = client[list(coalition)]
        return float(np.asarray(credit.model.booster.predict(rows, raw_score=True)).mean())

    explainer = credit.explainers.interventional(held, "raw")
    values = explainer.shap_values(credit.explainers.ranks(client[None]), check_additivity=False)[0]
    for feature in free:
        others = [place for place in free if place != feature]
        expected = 0.0
        for size in range(len(others) + 1):
            weight = math.factorial(size) * math.factorial(len(others) - size) / math.factorial(len(free))
            for chosen in itertools.combinations(others, size):
                expected += weight * (worth((*chosen, feature)) - worth(chosen))
        assert values[feature] == pytest.approx(expected, abs=1e-6)
    assert np.abs(np.delete(values, free)).max() < 1e-9


def test_too_small_a_group_is_said_to_a_visitor_without_a_program_s_words(credit: CreditService) -> None:
    criteria = ("DAYS_BIRTH", "NAME_INCOME_TYPE", "OCCUPATION_TYPE", "NAME_FAMILY_STATUS", "NAME_EDUCATION_TYPE")
    found: dict[bool, InputError] = {}  # by whether anybody else is alike
    for client_id in credit.ids("all")[:120]:
        try:
            credit.score_client(client_id, reference="similar", criteria=criteria)
        except InputError as error:
            found[error.details["clients"] == 1] = error
    few, alone = found[False], found[True]
    assert f"Only {few.details['clients']} clients are alike (Age, " in few.said_on_page(ENGLISH)
    assert "No other client is alike (Age, " in alone.said_on_page(ENGLISH)
    assert alone.said_on_page(FRENCH).startswith("Aucun autre client n’est semblable (Âge, ")
    for error in (few, alone):
        for texts in (ENGLISH, FRENCH):
            assert not re.search("reference|similar|average'", error.said_on_page(texts))
            assert "20" in error.said_on_page(texts) and error.message(texts).startswith("reference")
        on_page, programs = (refusal(error, ENGLISH, markup).message for markup in (True, False))
        assert (on_page, programs) == (error.said_on_page(ENGLISH), error.message(ENGLISH))
    with pytest.raises(InputError) as nobody:
        credit.references.explain(replace(credit.score_client(credit.ids("all")[0]), threshold=1e-9), {}, "granted")
    assert nobody.value.said_on_page(ENGLISH).startswith("Only 0 clients are granted at this cut-off; ")


@pytest.mark.parametrize("count", [4, pytest.param(15, marks=pytest.mark.slow)])
@pytest.mark.parametrize("reference", ["granted", "similar"])
def test_a_score_against_a_group_adds_up(credit: CreditService, reference: str, count: int) -> None:
    explained = 0
    for client_id in credit.ids("refused")[:count] + credit.ids("granted")[:count]:
        plain = credit.score_client(client_id)
        try:
            score = credit.score_client(client_id, reference=reference)
        except InputError as error:
            assert error.key == "group_small"
            continue
        explained += 1
        group = score.reference
        assert group is not None and group.name == reference
        assert (score.log_odds, score.decision) == (plain.log_odds, plain.decision)
        assert [item.value for item in sorted(score.contributions, key=lambda item: item.feature)] == [
            item.value for item in sorted(plain.contributions, key=lambda item: item.feature)
        ]
        total = score.base_value + sum(item.contribution for item in score.contributions)
        assert total == pytest.approx(score.log_odds, abs=1e-6)
        assert group.base_probability + sum(group.contributions.values()) == pytest.approx(score.probability, abs=1e-6)
        assert group.background == min(group.clients, BACKGROUND)
        magnitudes = [abs(item.contribution) for item in score.contributions]
        assert magnitudes == sorted(magnitudes, reverse=True)
    assert explained >= count


def test_the_base_is_the_groups_mean(credit: CreditService) -> None:
    log_odds = credit.model.log_odds(credit.portfolio.applications)
    granted = 1 / (1 + np.exp(-log_odds)) < credit.model.threshold
    score = credit.score_client(credit.ids("refused")[0], reference="granted")
    assert score.reference is not None and score.reference.clients == granted.sum() > BACKGROUND
    assert score.base_value == pytest.approx(log_odds[granted].mean(), abs=0.01)
    assert score.reference.base_probability == pytest.approx((1 / (1 + np.exp(-log_odds[granted]))).mean(), abs=0.001)


def test_similar_means_what_compare_means(credit: CreditService) -> None:
    """Five years to each side and the same categories; of a small group every client is the background."""
    table = credit.portfolio.applications
    client_id = credit.ids("all")[0]
    own = credit.portfolio.application(client_id)
    criteria = ("DAYS_BIRTH", "NAME_INCOME_TYPE", "NAME_CONTRACT_TYPE")
    alike = (
        (table["NAME_INCOME_TYPE"] == own["NAME_INCOME_TYPE"])
        & (table["NAME_CONTRACT_TYPE"] == own["NAME_CONTRACT_TYPE"])
        & ((table["DAYS_BIRTH"] - float(own["DAYS_BIRTH"] or 0)).abs() <= 5 * DAYS_PER_YEAR)
    )
    score = credit.score_client(client_id, reference="similar")
    assert score.reference is not None
    assert score.reference.clients == alike.sum() == credit.compare(client_id, "AMT_CREDIT", "similar").size
    narrow = credit.judge(client_id, 10, None, "similar", [*criteria, "FLAG_OWN_REALTY"]).score
    alike &= table["FLAG_OWN_REALTY"] == own["FLAG_OWN_REALTY"]
    assert narrow.reference is not None and narrow.reference.clients == alike.sum()
    if alike.sum() <= BACKGROUND:
        log_odds = credit.model.log_odds(pd.DataFrame(table[alike]))
        assert narrow.base_value == pytest.approx(log_odds.mean(), abs=1e-9)


def test_the_average_client_is_the_reference_unless_another_is_chosen(credit: CreditService) -> None:
    client_id = credit.ids("all")[3]
    assert credit.score_client(client_id).to_json() == credit.score_client(client_id, reference="average").to_json()
    assert "reference" not in credit.score_client(client_id).to_json()
    assert credit.score_client(client_id, reference="granted").to_json()["reference"]["name"] == "granted"


def test_an_answer_with_its_reasons_scores_once_with_whomever_it_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[int] = []
    score = CreditModel.score
    monkeypatch.setattr(CreditModel, "score", lambda *given: scored.append(1) or score(*given))
    client_id = credit_service().ids("refused")[0]
    application = credit_service().portfolio.application(client_id)
    for ask in (partial(endpoints.score_client, client_id), partial(endpoints.score_application, application)):
        reasons = [ask(reference=reference)["reasons"] for reference in REFERENCES]
        assert reasons[0] and reasons == [reasons[0]] * len(REFERENCES)
    assert len(scored) == 2 * len(REFERENCES)


@pytest.mark.parametrize("reference", ["everybody", "", "Granted", None, 3, ["granted"]])
def test_an_unknown_reference_is_refused_with_those_allowed(credit: CreditService, reference: object) -> None:
    with pytest.raises(InputError, match=r"reference: .*'average', 'granted', 'similar'"):
        credit.score_client(credit.ids("all")[0], reference=reference)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="reference"):
        credit.score_application({}, reference=reference)  # type: ignore[arg-type]


def test_too_small_a_group_is_refused_with_its_size(credit: CreditService) -> None:
    sizes = (
        (client_id, credit.compare(client_id, "AMT_CREDIT", "similar", CRITERIA).size)
        for client_id in credit.ids("all")
    )
    client_id, size = next((client_id, size) for client_id, size in sizes if size < FEWEST)
    with pytest.raises(InputError, match=rf"counts {size}, fewer than the 20 .*'average'") as caught:
        credit.judge(client_id, 10, None, "similar", CRITERIA)
    french = caught.value.message(FRENCH)
    assert f"en compte {size}" in french and "Âge" in french
    with pytest.raises(InputError, match="criteria"):
        credit.judge(client_id, 10, None, "similar", ["AMT_CREDIT"])


def test_a_new_application_is_compared_too(credit: CreditService) -> None:
    values = {"AMT_CREDIT": 500_000.0, "AMT_ANNUITY": 25_000.0, "DAYS_BIRTH": -14_000, "NAME_INCOME_TYPE": "Working"}
    values["NAME_CONTRACT_TYPE"] = "Cash loans"
    for reference in ("granted", "similar"):
        score = credit.score_application(values, reference=reference)
        total = score.base_value + sum(item.contribution for item in score.contributions)
        assert total == pytest.approx(score.log_odds, abs=1e-6)


def test_a_spread_background_follows_the_order_of_risk() -> None:
    probabilities = np.random.default_rng(0).random(1000)
    members = probabilities < 0.7
    rows = spread(probabilities, members, 50)
    assert len(set(rows)) == 50 and members[rows].all()
    assert (np.diff(probabilities[rows]) > 0).all()
    assert probabilities[rows].mean() == pytest.approx(probabilities[members].mean(), abs=0.005)
    assert sorted(spread(probabilities, members, 5000)) == list(np.flatnonzero(members))


@pytest.mark.parametrize("count", [3, pytest.param(12, marks=pytest.mark.slow)])
def test_pairs_are_those_of_shap(credit: CreditService, count: int) -> None:
    """Against ``shap_interaction_values`` of the booster as shap itself reads it."""
    reference = shap.TreeExplainer(credit.model.booster)
    names = credit.model.features
    for client_id in credit.ids("all")[:count]:
        row = credit.model.row(credit.portfolio.application(client_id))
        matrix = np.asarray(reference.shap_interaction_values(row))[0]
        pairs = credit.pairs(client_id, 325)
        assert len({frozenset(pair.features) for pair in pairs}) == 325
        for pair in pairs:
            one, other = map(names.index, pair.features)
            assert pair.interaction == pytest.approx(matrix[one, other], abs=1e-9)
            log_odds = credit.score_client(client_id).log_odds
            expected = sigmoid(log_odds) - sigmoid(log_odds - matrix[one, other] - matrix[other, one])
            assert pair.probability == pytest.approx(expected, abs=1e-9)
        strengths = [abs(pair.interaction) for pair in pairs]
        assert strengths == sorted(strengths, reverse=True)
        answer = credit.interactions(client_id, 3)
        assert [pair["features"] for pair in answer["pairs"]] == [list(pair.features) for pair in pairs[:3]]


def test_a_pairs_sentence_says_its_direction_and_its_points(credit: CreditService) -> None:
    told = set()
    for client_id in credit.ids("all")[:20]:
        pairs, score = credit.pairs(client_id), credit.score_client(client_id)
        assert len(pairs) == 5
        for pair, words in zip(pairs, sentences(pairs, score, ENGLISH), strict=True):
            assert ("together they raise" in words) == (pair.probability > 0)
            points = 100 * abs(pair.probability)
            assert points < 0.1 or re.search(rf"by {points:.1f}\spoints?\.", words), words
            told.add(pair.probability > 0)
        assert all(words.endswith(".") for words in sentences(pairs, score, FRENCH))
    assert told == {True, False}


@pytest.mark.parametrize("limit", [0, 326, 2.5, "5", None, True])
def test_a_bad_limit_of_pairs_is_refused(credit: CreditService, limit: object) -> None:
    with pytest.raises(InputError, match="limit"):
        credit.interactions(credit.ids("all")[0], limit)


@pytest.mark.parametrize("sample", [50, pytest.param(importance.SAMPLE, marks=pytest.mark.slow)])
def test_the_feature_that_it_interacts_with_most_is_shaps(
    credit: CreditService, sample: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a sample of clients, against shap's own reading of the booster."""
    explainer = shap.TreeExplainer(credit.model.booster)
    rows = np.linspace(0, len(credit.portfolio.features) - 1, sample).astype(int)
    values = np.abs(explainer.shap_interaction_values(credit.portfolio.features[rows])).mean(axis=0)
    np.fill_diagonal(values, 0)
    monkeypatch.setattr(importance, "SAMPLE", sample)
    own = importance.Importance(credit.portfolio, credit.explainers)
    for feature in ("EXT_SOURCE_1", "DAYS_BIRTH", "CREDIT_TERM", "OCCUPATION_TYPE"):
        place = credit.model.features.index(feature)
        partner = own.dependence(feature).partner
        assert partner == credit.model.features[int(values[place].argmax())]


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
@pytest.mark.parametrize("scale", ["probability", "log_odds"])
def test_a_sentence_and_the_bar_beside_it_go_the_same_way(credit: CreditService, texts: Texts, scale: Scale) -> None:
    """Compared with a group, what raises the log-odds may lower the probability, as for client 900311."""
    apart = 0
    for client_id in (900311, 900547, 900835, 900393, 900182, *credit.ids("refused")[:6]):
        for group in ("granted", "similar"):
            try:
                score = credit.score_client(client_id, reference=group)
            except InputError:
                continue
            bars = {step.group: step.change for step in score_steps(score, texts, scale)}
            for key, sign in (("raises", 1), ("lowers", -1)):
                ranked = [name for name, change in bars.items() if sign * change >= NOTABLE[scale]][:NAMED]
                whom = compared_with(score, "against", texts)
                names = [texts(f"credit.groups.{name}") for name in ranked]
                told = texts.series(name[0].lower() + name[1:] for name in names)
                sentence = texts(f"credit.reasons.{key}", whom=whom, groups=told)
                assert (sentence in reasons(score, texts, scale)) == bool(ranked)
            apart += any(bars[one.group] * one.contribution < 0 for one in score.groups if abs(one.contribution) > 0.02)
    assert scale == "log_odds" or apart
