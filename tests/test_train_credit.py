"""The credit model's training, on made applications."""

from __future__ import annotations

import json
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from models.credit.features import DERIVED, Lookup, Recipe, engineer
from training.credit import metrics as credit_metrics
from training.credit.auxiliary_tables import REDUCE, join_tables
from training.credit.merge_boosters import merge
from training.train_credit import PARAMETERS, Settings, calibrate, main, train

QUICK = Settings(
    members=2,
    rounds=30,
    patience=10,
    folds=3,
    threads=1,
    parameters={**PARAMETERS, "learning_rate": 0.2, "min_data_in_leaf": 20, "feature_fraction": 0.5},
)


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
    train(made_applications(), QUICK, folder)
    return folder


def _config(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def test_the_folder_is_complete_and_scores_add_up(trained: Path) -> None:
    config = _config(trained)
    booster = lgb.Booster(model_file=str(trained / "model.txt"))
    features = engineer(made_applications(50, seed=1), Recipe.from_config(config)).to_numpy()
    raw = booster.predict(features, raw_score=True)
    parts = np.asarray(booster.predict(features, pred_contrib=True))
    assert np.allclose(parts.sum(axis=1), raw, atol=1e-9)
    assert np.allclose(parts[:, -1], config["base"]["raw"])
    slope, intercept = config["calibration"]["slope"], config["calibration"]["intercept"]
    assert config["base"]["calibrated"] == pytest.approx(slope * config["base"]["raw"] + intercept)
    assert {"SK_ID_CURR", "TARGET", "CODE_GENDER"}.isdisjoint(config["columns"])
    assert set(config["columns"]) == {name for names in config["sources"].values() for name in names}
    assert "XNA" not in config["categories"]["ORGANIZATION_TYPE"]
    assert config["cutoff"]["cost_ratio"] == 10


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
    assert card.startswith("---\nlicense: agpl-3.0") and "2,000 applications" in card


def test_training_is_repeatable(trained: Path, tmp_path: Path) -> None:
    train(made_applications(), QUICK, tmp_path)
    assert (tmp_path / "model.txt").read_bytes() == (trained / "model.txt").read_bytes()
    assert _config(tmp_path) == _config(trained)


def test_a_better_external_score_never_raises_the_risk(trained: Path) -> None:
    recipe, row = Recipe.from_config(_config(trained)), made_applications(1, seed=5)
    rows = pd.concat([row] * 50).assign(EXT_SOURCE_2=np.linspace(0, 1, 50))
    booster = lgb.Booster(model_file=str(trained / "model.txt"))
    only = [name for name in recipe.features if set(recipe.sources(name)) == {"EXT_SOURCE_2"}]
    assert only == ["EXT_SOURCE_2"]
    matrix = engineer(pd.concat([row] * 50), recipe).to_numpy().copy()
    matrix[:, recipe.features.index("EXT_SOURCE_2")] = rows["EXT_SOURCE_2"]
    assert np.all(np.diff(np.asarray(booster.predict(matrix, raw_score=True))) <= 1e-12)


def test_the_command_reads_other_tables(tmp_path: Path) -> None:
    applications = made_applications(400)
    applications.to_csv(tmp_path / "applications.csv", index=False)
    bureau = pd.DataFrame({"SK_ID_CURR": [1, 1, 2], "AMT_CREDIT_SUM": [10.0, 30.0, 5.0], "DAYS_CREDIT": -5})
    bureau.to_parquet(tmp_path / "bureau.parquet")
    given = ["--data", str(tmp_path / "applications.csv"), "--bureau", str(tmp_path / "bureau.parquet")]
    main([*given, "--out", str(tmp_path / "out"), "--members", "2", "--rounds", "3", "--threads", "1"])
    assert "BUREAU_CREDITS" in _config(tmp_path / "out")["features"]


def test_an_unusable_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="TARGET"):
        train(made_applications(100).drop(columns="TARGET"), QUICK, tmp_path)


def test_features_of_one_row_equal_those_of_many() -> None:
    rows = made_applications(30)
    recipe = Recipe(
        (*DERIVED, "DAYS_EMPLOYED", "ORGANIZATION_TYPE", "RATE_OF_ORGANIZATION"),
        {"ORGANIZATION_TYPE": ("Bank", "School")},
        {"RATE_OF_ORGANIZATION": Lookup("ORGANIZATION_TYPE", {"Bank": 0.1}, 0.5)},
    )
    together = engineer(rows, recipe)
    alone = pd.concat([engineer(rows.iloc[[place]], recipe) for place in range(len(rows))])
    pd.testing.assert_frame_equal(together, alone)
    assert np.isnan(together["DAYS_EMPLOYED"][rows["DAYS_EMPLOYED"] == 365243]).all()
    assert np.isnan(together["ORGANIZATION_TYPE"][rows["ORGANIZATION_TYPE"] == "XNA"]).all()
    assert set(together["RATE_OF_ORGANIZATION"]) == {0.1, 0.5}
    assert np.isfinite(together["CREDIT_TERM"]).all()
    assert np.isnan(engineer(pd.DataFrame(index=[0]), recipe).to_numpy()[0, 0])


def test_merged_boosters_are_their_mean() -> None:
    rng = np.random.default_rng(0)
    rows, outcome = rng.random((500, 4)), rng.integers(0, 2, 500)
    rows[:, 3] = rng.integers(0, 6, 500)
    boosters = [
        lgb.train(
            {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": seed, "bagging_fraction": 0.5},
            lgb.Dataset(rows, outcome, categorical_feature=[3]),
            5 + seed,
        )
        for seed in range(3)
    ]
    for kind in ({"raw_score": True}, {"pred_contrib": True}):
        mean = np.mean([booster.predict(rows, **kind) for booster in boosters], axis=0)
        assert np.allclose(merge(boosters).predict(rows, **kind), mean)


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
    counts = credit_metrics.counts_at(outcome, outcome * 0.5, np.array([0.0, 0.5, 0.6]))
    assert (counts.tp, counts.fp) == ([500, 500, 0], [500, 0, 0])


def test_every_table_is_reduced_to_one_row_per_client() -> None:
    rows = pd.DataFrame({"SK_ID_CURR": [1, 1, 3], "SK_DPD": [0, 9, 1]})
    joined = join_tables(pd.DataFrame({"SK_ID_CURR": [3, 2, 1]}), dict.fromkeys(REDUCE, rows))
    assert joined["SK_ID_CURR"].tolist() == [3, 2, 1]
    assert joined["POS_DAYS_PAST_DUE_MAX"].tolist()[::2] == [1, 9] and joined["POS_MONTHS"].isna()[1]
    with pytest.raises(ValueError, match="SK_ID_CURR"):
        join_tables(joined, {"bureau": pd.DataFrame({"a": [1]})})
