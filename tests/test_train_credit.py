"""The credit model's training, on made applications."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from models.credit.application import columns
from models.credit.fairness import alternatives
from models.credit.features import FEATURES, GROUPS, FeatureSpec, engineer, sources
from training import search_credit, train_credit
from training.credit import metrics as credit_metrics
from training.credit.boosting import Choice, fit
from training.credit.calibration import Calibration, calibrate, cross_calibrated
from training.credit.encoding import RAREST, learn_feature_spec
from training.credit.ensemble import average, fold_into_leaves
from training.credit.search import HASTE, Folds, Plan, choices, parts
from training.train_credit import Settings, out_of_fold, train

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training

QUICK = Choice(tuple(FEATURES), {"learning_rate": 0.2, "min_data_in_leaf": 20, "num_leaves": 8}, 30)
FOLDS = [QUICK] * 3


def made_applications(rows: int = 2000, seed: int = 0) -> pd.DataFrame:
    """Applications whose risk falls with the external scores."""
    rng = np.random.default_rng(seed)
    score, other = rng.random(rows), rng.random(rows)
    credit = rng.integers(100, 1000, rows) * 450.0
    return pd.DataFrame(
        {
            "SK_ID_CURR": np.arange(rows) + 1,
            "TARGET": (rng.random(rows) < 0.45 * (1 - score) * (1.2 - other)).astype(int),
            "CODE_GENDER": rng.choice(["F", "M"], rows),
            "EXT_SOURCE_2": score,
            "EXT_SOURCE_3": np.where(rng.random(rows) < 0.2, np.nan, other),
            "EXT_SOURCE_1": np.nan,
            "AMT_CREDIT": credit,
            "AMT_ANNUITY": credit / rng.choice([12, 24, 36], rows),
            "AMT_GOODS_PRICE": credit * 0.9,
            "AMT_INCOME_TOTAL": rng.integers(20, 400, rows) * 900.0,
            "DAYS_BIRTH": -rng.integers(21 * 365, 68 * 365, rows),
            "DAYS_EMPLOYED": np.where(rng.random(rows) < 0.2, 365243, -rng.integers(30, 2000, rows)),
            "ORGANIZATION_TYPE": rng.choice(["XNA", "School", "Bank", "Trade"], rows),
            "NAME_INCOME_TYPE": rng.choice(["Working", "Pensioner"], rows),
        }
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("credit")
    train(made_applications(), FOLDS, QUICK, Settings(), folder, compared=True)
    return folder


def _config(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def test_the_folder_is_complete_and_scores_add_up(trained: Path) -> None:
    config = _config(trained)
    booster = lgb.Booster(model_file=str(trained / "model.txt"))
    features = engineer(made_applications(50, seed=1), FeatureSpec.from_config(config))
    shares = np.asarray(booster.predict(features, pred_contrib=True))
    assert np.allclose(shares.sum(axis=1), booster.predict(features, raw_score=True), atol=1e-9)
    assert np.ptp(shares[:, -1]) < 1e-9, "one base value for all"
    used = {column for name in config["features"] for column in sources(name)}
    assert {"SK_ID_CURR", "TARGET", "CODE_GENDER"}.isdisjoint(used)
    numbers = made_applications()[sorted(used - set(config["categories"]))]
    assert set(config["ranges"]) == set(numbers.columns[numbers.notna().any()]) < set(numbers.columns)
    assert config["weights_sha256"] == hashlib.sha256((trained / "model.txt").read_bytes()).hexdigest()
    assert list(config["groups"]) == config["features"] and set(config["groups"].values()) <= set(GROUPS)
    assert "XNA" not in config["categories"]["ORGANIZATION_TYPE"]
    assert config["cutoff"]["cost_ratio"] == 10


def test_the_text_model_itself_is_calibrated(trained: Path) -> None:
    """On average, what it predicts for new applications is what happens."""
    fresh = made_applications(4000, seed=7)
    booster = lgb.Booster(model_file=str(trained / "model.txt"))
    predicted = np.asarray(booster.predict(engineer(fresh, FeatureSpec.from_config(_config(trained)))))
    assert credit_metrics.ece(fresh["TARGET"].to_numpy(), predicted) < 0.04


def test_the_figures_hold_together(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    rows, counts = metrics["data"]["rows"], metrics["thresholds"]
    assert rows == 2000
    for tp, fp, tn, fn in zip(*(counts[name] for name in ("tp", "fp", "tn", "fn")), strict=True):
        assert tp + fp + tn + fn == rows
    for key in ("CODE_GENDER", "AGE"):
        tp_of_groups = np.sum([group["tp"] for group in metrics["groups"][key].values()], axis=0)
        assert tp_of_groups.tolist() == counts["tp"]
    assert 0.6 < metrics["figures"]["roc_auc"]["low"] < metrics["figures"]["roc_auc"]["value"]
    assert sum(part["count"] for part in metrics["calibration"]) == rows
    assert len(metrics["roc"]["x"]) == len(metrics["pr"]["high"]) == 101
    card = (trained / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n") and "\nlicense: agpl-3.0\n" in card and "2,000 applications" in card


def test_training_is_repeatable(trained: Path, tmp_path: Path) -> None:
    train(made_applications(), FOLDS, QUICK, Settings(), tmp_path, compared=False)
    assert (tmp_path / "model.txt").read_bytes() == (trained / "model.txt").read_bytes()
    assert _config(tmp_path) == _config(trained)


def test_what_the_sex_and_the_age_are_worth_is_measured(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    raw = np.mean(metrics["figures"]["roc_auc_folds"])
    for name in ("with_gender", "without_age"):
        other = metrics[name]
        assert other["roc_auc"] == pytest.approx(raw, abs=0.05)
        assert other["difference"] != 0
        interval = other["difference_interval"]
        assert interval["value"] == other["difference"]
        assert interval["low"] <= other["difference"] <= interval["high"]
        counts = other["cut_off"]["counts"]
        cost = (10 * counts["fn"] + counts["fp"]) / sum(counts.values())
        assert other["cut_off"]["cost_per_loan"] == pytest.approx(cost)
        for groups in other["groups"].values():
            for kind, whole in counts.items():
                assert sum(group[kind][0] for group in groups.values()) == whole


def test_an_alternative_refuses_as_many_as_the_model(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    share = metrics["default_cutoff"]["refused_share"]
    assert abs(share - 0.5) > 0.05, "or as many are granted as refused"
    for name in ("with_gender", "without_age"):
        assert metrics[name]["cut_off"]["refused_share"] == pytest.approx(share, abs=0.01)


def test_importance_is_told_on_the_scale_of_the_calibrated_scores(trained: Path) -> None:
    told = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))["importance"]["mean_absolute"]
    slope = _config(trained)["training"]["calibration"]["slope"]
    raw = out_of_fold(made_applications(), FOLDS, Settings()).importance
    assert abs(slope - 1) > 0.05 and max(told.values()) > 0
    assert told == pytest.approx({name: slope * raw[name] for name in told})


def test_the_alternatives_are_told_beside_the_model(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    shipped, gender, age = alternatives(metrics)
    assert (shipped.name, gender.name, age.name) == ("shipped", "with_gender", "without_age")
    assert shipped.difference is None and age.difference is not None
    assert age.difference.value == pytest.approx(
        age.roc_auc - metrics["with_gender"]["roc_auc"] + gender.difference.value
    )  # type: ignore[union-attr]
    for one, part in ((shipped, metrics), (gender, metrics["with_gender"]), (age, metrics["without_age"])):
        place = list(part["thresholds"]["threshold"]).index(
            metrics["default_cutoff"]["threshold"] if part is metrics else part["cut_off"]["threshold"]
        )
        for key, ratio in (("AGE", one.age_ratio), ("CODE_GENDER", one.gender_ratio)):
            granted = [
                (group["tn"][place] + group["fn"][place]) / group["count"] for group in part["groups"][key].values()
            ]
            assert ratio == pytest.approx(min(granted) / max(granted))
    assert alternatives({**metrics, "with_gender": {"roc_auc": 0.7, "difference": 0.0}})[1:] == (
        age,
    )  # of an older run


def test_the_search_is_nested_goes_on_and_is_what_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applications = made_applications(600)
    applications.to_csv(tmp_path / "applications.csv", index=False)
    seen: list[set[int]] = []

    def stub(rows: pd.DataFrame, default: np.ndarray, *rest: object) -> Choice:
        assert np.array_equal(rows["TARGET"], default)
        seen.append(set(rows["SK_ID_CURR"]))
        return Choice(QUICK.features, {**QUICK.parameters, "num_leaves": 2 + len(seen)}, 3)

    monkeypatch.setattr(search_credit, "search", stub)
    searched = search_credit.run(applications, list(FEATURES), Plan(), 3, tmp_path / "search.json")
    *others, everyone = seen
    assert everyone == set(applications["SK_ID_CURR"]) and not set.intersection(*others)
    assert [one["fold"] for one in searched["searches"]] == [0, 1, 2, None]
    assert [choice.parameters["num_leaves"] for choice in choices(searched)] == [3, 4, 5, 6]

    interrupted = {**searched, "searches": searched["searches"][:2]}
    (tmp_path / "search.json").write_text(json.dumps(interrupted), encoding="utf-8")
    with pytest.raises(ValueError, match=r"unfinished: it chose for the folds \[0, 1\], and all of \[0, 1, 2, None\]"):
        choices(interrupted)
    search_credit.run(applications, list(FEATURES), Plan(), 3, tmp_path / "search.json")
    assert len(seen) == 6, "the two searches in the file are kept, the two others made again"

    given = {"data": "applications.csv", "search": "search.json", "out": "out"}
    train_credit.main([text for name, file in given.items() for text in (f"--{name}", str(tmp_path / file))])
    assert _config(tmp_path / "out")["training"]["num_leaves"] == 8
    (tmp_path / "search.json").write_text(json.dumps({**searched, "rows": 599}), encoding="utf-8")
    with pytest.raises(SystemExit, match="searched on 599 applications"):
        train_credit.main([text for name, file in given.items() for text in (f"--{name}", str(tmp_path / file))])


def test_only_what_the_app_can_be_given_is_learnt_from() -> None:
    assert {column for name in FEATURES for column in sources(name)} <= set(columns())


def test_a_search_tries_settings_and_keeps_the_best(tmp_path: Path) -> None:
    searched = search_credit.run(
        made_applications(1500), ["EXT_SOURCE_2", "EXT_SOURCE_3", "AMT_CREDIT"], Plan(trials=2), 2, tmp_path / "found"
    )
    for one in searched["searches"]:
        assert len(one["trials"]) == 2
        best = max(one["trials"], key=lambda trial: trial["auc"])
        assert one["choice"]["rounds"] == round(HASTE * best["rounds"])
        assert len(one["choice"]["features"]) == best["features"]


def test_an_unusable_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TARGET"):
        train(made_applications(100).drop(columns="TARGET"), FOLDS, QUICK, Settings(), tmp_path, compared=False)


def test_features_of_one_row_equal_those_of_many() -> None:
    rows = made_applications(30)
    spec = FeatureSpec(
        ("CREDIT_TERM", "AMT_CREDIT", "DAYS_EMPLOYED", "ORGANIZATION_TYPE"),
        {"ORGANIZATION_TYPE": ("School", "Bank")},
        {"AMT_CREDIT": 9.0},
    )
    together = engineer(rows, spec)
    records = rows.to_dict("records")
    alone = [engineer({name: (record[name],) for name in spec.columns}, spec)[0] for record in records]
    np.testing.assert_array_equal(together, np.array(alone))
    assert np.isfinite(together[:, :2]).all()
    assert np.isnan(together[rows["DAYS_EMPLOYED"] == 365243, 2]).all()
    assert np.isnan(together[rows["ORGANIZATION_TYPE"] == "XNA", 3]).all()
    assert set(together[rows["ORGANIZATION_TYPE"] == "Bank", 3]) == {1.0}
    np.testing.assert_array_equal(engineer(pd.DataFrame(index=[0]), spec)[0], [np.nan, 9.0, np.nan, np.nan])


def test_categories_stand_in_the_order_of_their_default_rate() -> None:
    rates = {"Bank": 0.5, "School": 0.1, "Trade": 0.3, "XNA": 0.9, "Rare": 1.0}
    sizes = {"Bank": 400, "School": 400, "Trade": 400, "XNA": 400, "Rare": RAREST - 1}
    rows = pd.DataFrame({"ORGANIZATION_TYPE": np.repeat(list(sizes), list(sizes.values())), "EXT_SOURCE_2": 0.5})
    default = np.concatenate([np.arange(count) < rates[name] * count for name, count in sizes.items()]).astype(int)
    rows.loc[:500, "EXT_SOURCE_2"] = np.nan
    spec = learn_feature_spec(rows, default, ["ORGANIZATION_TYPE", "EXT_SOURCE_2", "AMT_CREDIT"])
    assert spec.features == ("ORGANIZATION_TYPE", "EXT_SOURCE_2")
    assert spec.categories == {"ORGANIZATION_TYPE": ("School", "Trade", "Bank")}
    assert spec.usual == {}, "both are often unknown, from which a model may learn"
    rows.loc[3:, "EXT_SOURCE_2"] = 0.25
    assert learn_feature_spec(rows, default, ["EXT_SOURCE_2"]).usual == {"EXT_SOURCE_2": 0.25}


def test_a_rate_of_few_applications_is_drawn_towards_the_general_one() -> None:
    """Half of twenty default, and two fifths of four hundred: what the few show may be luck."""
    sizes, defaults = {"Bank": 20, "School": 400, "Trade": 580}, {"Bank": 10, "School": 160, "Trade": 29}
    rows = pd.DataFrame({"ORGANIZATION_TYPE": np.repeat(list(sizes), list(sizes.values()))})
    default = np.concatenate([np.arange(count) < defaults[name] for name, count in sizes.items()]).astype(int)
    found = learn_feature_spec(rows, default, ["ORGANIZATION_TYPE"]).categories
    assert found == {"ORGANIZATION_TYPE": ("Trade", "Bank", "School")}


def test_what_business_orders_speaks_through_one_feature_alone() -> None:
    """Or a model whose features are each monotone could still move both ways when the column moves."""
    for column in ("EXT_SOURCE_1", "DAYS_EMPLOYED", "REGION_RATING_CLIENT_W_CITY", "DEF_30_CNT_SOCIAL_CIRCLE"):
        assert [name for name in FEATURES if column in sources(name)] == [column]
        assert FEATURES[column].monotone


def test_averaged_boosters_are_their_mean() -> None:
    rng = np.random.default_rng(0)
    rows, outcome, features = rng.random((500, 4)), rng.integers(0, 2, 500), list(FEATURES)[:4]
    drawn = Choice(tuple(features), {**QUICK.parameters, "bagging_fraction": 0.5, "bagging_freq": 1}, 5)
    boosters = [fit(rows, outcome, features, drawn, seed, 1) for seed in range(3)]
    for kind in ({"raw_score": True}, {"pred_contrib": True}):
        found = [booster.predict(rows, **kind) for booster in boosters]
        assert np.std(found, axis=0).max() > 0
        assert np.allclose(average(boosters).predict(rows, **kind), np.mean(found, axis=0))


def test_a_calibration_folded_into_the_leaves_moves_scores_and_attributions_along_its_line() -> None:
    rng = np.random.default_rng(0)
    rows, outcome = rng.random((500, 4)), rng.integers(0, 2, 500)
    booster = fit(rows, outcome, ["EXT_SOURCE_1", "AMT_CREDIT", "AMT_ANNUITY", "DAYS_BIRTH"], QUICK, 0, 1)
    folded = fold_into_leaves(booster, Calibration(1.5, -0.25))
    raw, shares = booster.predict(rows, raw_score=True), np.asarray(booster.predict(rows, pred_contrib=True))
    moved = np.asarray(folded.predict(rows, pred_contrib=True))
    assert np.allclose(folded.predict(rows, raw_score=True), 1.5 * np.asarray(raw) - 0.25)
    assert np.allclose(moved[:, :-1], 1.5 * shares[:, :-1])
    assert np.allclose(moved[:, -1], 1.5 * shares[:, -1] - 0.25)


def test_calibration_recovers_a_known_line() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal(-2, 1, 50_000)
    outcome = (rng.random(50_000) < 1 / (1 + np.exp(-(0.8 * raw + 0.3)))).astype(int)
    found = calibrate(raw, outcome)
    assert found.slope == pytest.approx(0.8, abs=0.05) and found.intercept == pytest.approx(0.3, abs=0.1)
    assert credit_metrics.ece(outcome, found.probability(raw)) < 0.01


def test_figures_of_a_perfect_and_a_useless_score() -> None:
    outcome = np.array([0, 1] * 500)
    assert credit_metrics.ks(outcome, outcome * 0.5) == 1
    assert credit_metrics.ks(outcome, np.full(1000, 0.3)) == 0
    assert credit_metrics.ece(outcome, np.full(1000, 0.5), equal_mass=False) == 0
    assert credit_metrics.wilson(0, 10).low == 0
    counts = credit_metrics.decisions(outcome, outcome * 0.5, np.array([0.0, 0.5, 0.6])).to_metrics()
    assert counts == {
        "threshold": [0.0, 0.5, 0.6],
        "tp": [500, 500, 0],
        "fp": [500, 0, 0],
        "tn": [0, 500, 500],
        "fn": [0, 0, 500],
    }


def test_precision_at_no_recall_is_that_at_a_hundredth() -> None:
    """The riskiest loan was repaid: what it would begin with says nothing."""
    found = credit_metrics.pr_curve(np.array([0, 1, 1]), np.array([0.9, 0.8, 0.7]))
    assert found[0] == found[1] > 0 and found[50] == pytest.approx(1 / 2) and found[-1] == pytest.approx(2 / 3)


def test_an_inner_fold_encodes_categories_by_its_own_training_rows_alone() -> None:
    """Or the rows that judge a setting have already told it their outcomes."""
    plan, default = Plan(), np.array([0, 1, 0] * 100)
    _, held = next(parts(default, plan.inner, plan.seed + 1))
    kinds = np.array(["Bank", "School"] * 150, dtype=object)
    kinds[held] = "Trade"
    folds = Folds(pd.DataFrame({"ORGANIZATION_TYPE": kinds}), default, ["ORGANIZATION_TYPE"], plan).folds
    known = [set(spec.categories["ORGANIZATION_TYPE"]) for spec, *_ in folds]
    assert known == [{"Bank", "School"}, {"Bank", "School", "Trade"}, {"Bank", "School", "Trade"}]


def test_a_fold_is_calibrated_by_the_other_folds_alone() -> None:
    """Two folds whose log-odds are right, so that their line is the diagonal, and one that is thrice too sure."""
    right = np.repeat([-np.log(3), np.log(3)], 4)  # a quarter and three quarters
    raw, default = np.concatenate([3 * right, right, right]), np.tile([0, 0, 0, 1, 0, 1, 1, 1], 3)
    found = cross_calibrated(raw, default, np.repeat([0, 1, 2], 8))
    assert found[:8] == pytest.approx(np.repeat([1 / 28, 27 / 28], 4), abs=1e-4)
    assert (found[8:12] > 0.26).all() and (found[12:16] < 0.74).all(), "the sure fold draws these to the middle"


def test_a_bin_counts_by_its_loans() -> None:
    predicted = np.array([0.05] * 9 + [0.95])
    found = credit_metrics.ece(np.zeros(10), predicted, equal_mass=False)
    assert found == pytest.approx((9 * 0.05 + 0.95) / 10)
