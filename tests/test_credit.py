"""The shipped credit model: exact attributions, checked applications, honest counterfactuals."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import shap

from models.credit import application, whatif
from models.credit.features import GROUPS
from models.credit.policy import COST_RATIO_RANGE
from models.credit.reasons import reasons
from models.credit.score import changes, decide, logit, sigmoid
from models.credit.service import CreditService, credit_service
from models.errors import InputError, ModelUnavailable
from models.texts import ENGLISH, FRENCH
from tests.factories import applications

WEIGHTS = Path(__file__).parent.parent / "weights" / "credit"


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def test_contributions_add_up_for_every_client(credit: CreditService) -> None:
    answer = credit.model.attributions(credit.portfolio.applications)
    direct = credit.model.log_odds(credit.portfolio.applications)
    assert len(direct) >= 1000
    np.testing.assert_allclose(answer.log_odds, direct, atol=1e-6)
    np.testing.assert_allclose(credit.portfolio.probabilities, 1 / (1 + np.exp(-direct)), atol=1e-9)


def test_attributions_agree_with_shap(credit: CreditService) -> None:
    """LightGBM's own SHAP values against the reference implementation of TreeSHAP."""
    some = credit.portfolio.applications.iloc[:20]
    answer = credit.model.attributions(some)
    reference = shap.TreeExplainer(credit.model.booster).shap_values(answer.features)
    np.testing.assert_allclose(answer.values, np.asarray(reference), atol=1e-6)


# what the business demands, all else equal: original column -> its range, from what may never be riskier to riskiest
ORDERED = {
    "EXT_SOURCE_1": np.linspace(1, 0, 41),
    "EXT_SOURCE_2": np.linspace(1, 0, 41),
    "EXT_SOURCE_3": np.linspace(1, 0, 41),
    "DAYS_EMPLOYED": np.linspace(-16_000, 0, 41).round(),
    "REGION_RATING_CLIENT": np.array([1, 2, 3]),
    "REGION_RATING_CLIENT_W_CITY": np.array([1, 2, 3]),
    "DEF_30_CNT_SOCIAL_CIRCLE": np.arange(9),
    "DEF_60_CNT_SOCIAL_CIRCLE": np.arange(9),
}


@pytest.mark.parametrize("every", [10, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ORDERED)
def test_the_risk_moves_one_way_for_every_client(credit: CreditService, name: str, every: int) -> None:
    """Better scores, longer work never raise it; a worse region, more incidents never lower it."""
    clients = credit.portfolio.applications.iloc[::every]
    swept = [credit.model.log_odds(clients.assign(**{name: float(value)})) for value in ORDERED[name]]
    assert np.diff(swept, axis=0).min() >= 0


def test_a_score_is_coherent(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:50]:
        score = credit.score_client(client_id)
        total = score.base_value + sum(item.contribution for item in score.contributions)
        assert total == pytest.approx(score.log_odds, abs=1e-6)
        assert sigmoid(score.log_odds) == pytest.approx(score.probability, abs=1e-9)
        assert {item.feature for item in score.contributions} == set(credit.model.features)
        magnitudes = [abs(item.contribution) for item in score.contributions]
        assert magnitudes == sorted(magnitudes, reverse=True)


def test_groups_share_out_the_contributions(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:50]:
        answer = credit.score_client(client_id).to_json()
        own = {item["feature"]: item["contribution"] for item in answer["contributions"]}
        assert 7 <= len(answer["groups"]) <= len(GROUPS) == 9
        assert sorted(name for group in answer["groups"] for name in group["features"]) == sorted(own)
        for group in answer["groups"]:
            assert group["contribution"] == pytest.approx(sum(own[name] for name in group["features"]), abs=1e-9)
            assert ENGLISH(f"credit.groups.{group['group']}") == group["label"]
        magnitudes = [abs(group["contribution"]) for group in answer["groups"]]
        assert magnitudes == sorted(magnitudes, reverse=True)


def test_the_model_reads_few_facts_and_never_the_sex(credit: CreditService) -> None:
    assert len(credit.model.features) <= 40
    assert "CODE_GENDER" not in credit.model.feature_spec.columns


def test_a_value_is_told_as_the_application_has_it(credit: CreditService) -> None:
    values = {"DAYS_EMPLOYED": 365243, "ORGANIZATION_TYPE": "XNA", "AMT_CREDIT": 100_000, "AMT_ANNUITY": 5000}
    told = {item.feature: item.value for item in credit.score_application(values).contributions}
    assert told["DAYS_EMPLOYED"] == 365243 and told["ORGANIZATION_TYPE"] == "XNA"
    assert told["CREDIT_TERM"] == 20
    assert told["CREDIT_TO_GOODS"] is None and told["DAYS_BIRTH"] is None, "unknown, though it counts as usual"


def test_sigmoid_and_logit_are_inverse() -> None:
    for probability in (1e-9, 0.08, 0.5, 0.999):
        assert sigmoid(logit(probability)) == pytest.approx(probability)
    assert sigmoid(-800) == pytest.approx(0.0)
    assert decide(0.1, 0.1) == "refused"


def test_changing_a_column_moves_the_score_and_an_empty_change_does_not(credit: CreditService) -> None:
    client_id = credit.ids("all")[0]
    as_is = credit.score_client(client_id)
    assert credit.score_client(client_id, {}).log_odds == as_is.log_odds
    low, high = (credit.score_client(client_id, {"EXT_SOURCE_2": value}) for value in (0.05, 0.8))
    assert low.probability > high.probability
    unknown = credit.score_client(client_id, {"EXT_SOURCE_2": None})
    assert next(item.value for item in unknown.contributions if item.feature == "EXT_SOURCE_2") is None
    moved = changes(low, high)
    assert sum(item.contribution for item in moved) == pytest.approx(high.log_odds - low.log_odds, abs=1e-9)


def test_scoring_the_same_application_by_either_way_agrees(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:20]:
        values = credit.client(client_id)["application"]
        assert credit.score_application(values).log_odds == pytest.approx(
            credit.score_client(client_id).log_odds, abs=1e-9
        )


def test_nothing_known_still_has_a_score(credit: CreditService) -> None:
    score = credit.score_application({})
    assert 0 < score.probability < 1
    assert score.client_id is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"AMT_CREDITS": 1.0}, "AMT_CREDITS"),
        ({"AMT_CREDIT": "much"}, "AMT_CREDIT"),
        ({"AMT_CREDIT": True}, "AMT_CREDIT"),
        ({"AMT_CREDIT": -5}, "AMT_CREDIT"),
        ({"AMT_CREDIT": float("inf")}, "AMT_CREDIT"),
        ({"EXT_SOURCE_1": 1.5}, "EXT_SOURCE_1"),
        ({"CNT_CHILDREN": 1.5}, "CNT_CHILDREN"),
        ({"NAME_INCOME_TYPE": "Pirate"}, "NAME_INCOME_TYPE"),
        ({"NAME_INCOME_TYPE": 3}, "NAME_INCOME_TYPE"),
        ({"AMT_CREDIT": [1, 2]}, "AMT_CREDIT"),
        ("AMT_CREDIT", "changes"),
    ],
)
def test_a_bad_change_is_refused_by_name(credit: CreditService, changed: object, named: str) -> None:
    with pytest.raises(InputError, match=named):
        credit.score_client(credit.ids("all")[0], changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("client_id", [1, -1, "900001", None, True, 900001.5, float("nan"), [900001]])
def test_an_unknown_client_is_refused(credit: CreditService, client_id: object) -> None:
    with pytest.raises(InputError, match="client_id"):
        credit.portfolio.row(client_id)


def test_whole_rows_of_the_original_table_are_accepted(credit: CreditService) -> None:
    table = applications(30, seed=3)
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        assert 0 < credit.score_application(row).probability < 1


def test_selections_partition_the_portfolio(credit: CreditService) -> None:
    everyone, granted, refused, borderline = (
        credit.clients(name, 10_000) for name in ("all", "granted", "refused", "borderline")
    )
    assert everyone["total"] == granted["total"] + refused["total"] >= 1000
    assert min(granted["total"], refused["total"], borderline["total"]) > 0
    assert all(client["decision"] == "refused" for client in refused["clients"])
    assert len(credit.clients("all", 3)["clients"]) == 3
    for bad in (("some", 5), ("all", 0), ("all", "5"), ("all", 2.5)):
        with pytest.raises(InputError):
            credit.clients(*bad)  # type: ignore[arg-type]


def test_the_cut_off_costs_least(credit: CreditService) -> None:
    assert credit.policy.cut_off(credit.model.cost_ratio).threshold == pytest.approx(credit.model.threshold)
    previous = 1.0
    for ratio in (1, 5, 10, 20, 50):
        cut_off = credit.policy.cut_off(ratio)
        assert cut_off.cost == pytest.approx(credit.policy.costs(ratio).min())
        assert cut_off.threshold <= previous  # the dearer a default, the stricter
        assert cut_off.confusion.total == credit.metrics["data"]["rows"]
        previous = cut_off.threshold
    with pytest.raises(InputError, match="cost_ratio"):
        credit.policy.cut_off(COST_RATIO_RANGE[1] + 1)


@pytest.mark.parametrize("written", ["99", "0.5", "1234567", "ten"])
def test_a_cost_ratio_of_a_link_is_refused_in_words_of_the_page(credit: CreditService, written: str) -> None:
    with pytest.raises(InputError, match="cost_ratio") as refusal:
        credit.policy.read(written)
    for texts, low_to_high in ((ENGLISH, "from 1 to 50"), (FRENCH, "de 1 à 50")):
        said = refusal.value.said_on_page(texts).replace("\u00a0", " ")
        number = texts.plain(float(written)) if written != "ten" else written
        assert "cost_ratio" not in said and low_to_high in said and number.replace("\u00a0", " ") in said


def test_comparison_counts_everybody_once(credit: CreditService) -> None:
    client_id = credit.ids("all")[5]
    for feature in ("AMT_CREDIT", "OCCUPATION_TYPE", "CNT_CHILDREN", "CREDIT_TERM", "DAYS_EMPLOYED"):
        answer = credit.compare(client_id, feature)
        assert sum(answer.repaid) + sum(answer.defaulted) == answer.known <= answer.size
        similar = credit.compare(client_id, feature, "similar")
        assert 1 <= similar.size < answer.size
    ages = credit.portfolio.applications["DAYS_BIRTH"]
    oldest = int(credit.portfolio.ids[int(ages.argmin())])
    assert credit.compare(oldest, "DAYS_BIRTH").percentile < 1
    for bad in ({"feature": "NO_SUCH"}, {"feature": "AMT_CREDIT", "group": "some"}):
        with pytest.raises(InputError):
            credit.compare(client_id, **bad)


def test_reasons_are_three_to_five_sentences(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:30]:
        for texts in (ENGLISH, FRENCH):
            assert 3 <= len(reasons(credit.score_client(client_id), texts)) <= 5


def test_missing_or_damaged_weights_say_so(tmp_path) -> None:
    with pytest.raises(ModelUnavailable, match="train_credit"):
        CreditService(tmp_path, tmp_path / "portfolio.parquet")
    (tmp_path / "model.txt").write_text("tree\n")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelUnavailable, match="weights"):
        CreditService(tmp_path, tmp_path / "portfolio.parquet")


@pytest.mark.parametrize("content", [None, "{", "[]", '{"figures": {}}'])
def test_missing_or_damaged_figures_are_a_model_unavailable(tmp_path: Path, content: str | None) -> None:
    for name in ("model.txt", "config.json"):
        shutil.copy(WEIGHTS / name, tmp_path)
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(ModelUnavailable, match=r"metrics\.json"):
        CreditService(tmp_path, WEIGHTS.parents[1] / "data" / "portfolio.parquet")


def test_the_schema_refuses_what_is_no_mapping() -> None:
    with pytest.raises(InputError, match="application"):
        application.check([("AMT_CREDIT", 1)])


def test_typed_numbers_are_read_as_the_language_writes_them() -> None:
    assert whatif.typed("AMT_CREDIT", "1\u202f234,5", FRENCH) == 1234.5
    assert whatif.typed("AMT_CREDIT", "1,234.5", ENGLISH) == 1234.5
    assert whatif.typed("EXT_SOURCE_1", "0.5", FRENCH) == 0.5
    assert whatif.typed("AMT_CREDIT", " ", FRENCH) is None
    assert whatif.typed("DAYS_BIRTH", "40", ENGLISH) == -14610
    for text in ("much", "1e5x", "--3"):
        with pytest.raises(InputError, match="Loan amount"):
            whatif.typed("AMT_CREDIT", text, ENGLISH)


def test_every_column_has_an_editor_that_holds_its_value(credit: CreditService) -> None:
    for client_id in credit.ids("all")[:10]:
        values = credit.portfolio.application(client_id)
        for _, name in whatif.editable(credit.model, ENGLISH):
            editor = whatif.editor(credit.model, values, name, ENGLISH)
            if editor.choices:
                assert editor.value is None or editor.value in [value for _, value in editor.choices]
            else:
                assert editor.low < editor.high
                assert editor.value is None or editor.low <= editor.value <= editor.high
