"""The generator of synthetic applications, on made rows."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from training import evaluate_portfolio
from training.evaluate_portfolio import column_distances, correlation_distance, detection, privacy, score_distance
from training.make_portfolio import FIRST_ID, main
from training.synthetic import cart_synthesis, portfolio
from training.synthetic.application_components import join, split, steps
from training.synthetic.closest_record import nearest_real
from training.synthetic.portfolio import choose, draw_pool, with_outcomes, withhold

JOBS = ["School", "Bank", "Trade", "Medicine"]


def made_applications(rows: int = 1500, seed: int = 0) -> pd.DataFrame:
    """Applications with the constraints of the real table."""
    rng = np.random.default_rng(seed)
    retired = rng.random(rows) < 0.2
    born = np.where(retired, -rng.integers(55 * 365, 69 * 365, rows), -rng.integers(21 * 365, 60 * 365, rows))
    car = rng.random(rows) < 0.35
    children = rng.poisson(0.5, rows)
    status = rng.choice(["Married", "Single / not married", "Widow"], rows)
    goods = rng.integers(10, 300, rows) * 4500.0
    credit = goods * rng.choice([1.0, 1.1, 1.25], rows)
    term = rng.choice([12, 20, 30], rows)
    building = np.where(rng.random(rows) < 0.5, np.nan, (rng.random(rows) * 0.9).round(4))
    circle = rng.poisson(1.5, rows).astype(float)
    score = np.clip(rng.normal(0.3 - born / 60000, 0.15, rows), 0.01, 0.99)
    return pd.DataFrame(
        {
            "SK_ID_CURR": np.arange(rows) + 100_001,
            "TARGET": (rng.random(rows) < 0.3 * (1 - score)).astype(int),
            "CODE_GENDER": rng.choice(["F", "M"], rows),
            "NAME_CONTRACT_TYPE": rng.choice(["Cash loans", "Revolving loans"], rows, p=[0.9, 0.1]),
            "NAME_INCOME_TYPE": np.where(retired, "Pensioner", "Working"),
            "NAME_EDUCATION_TYPE": rng.choice(["Higher", "Secondary", "Lower"], rows),
            "NAME_FAMILY_STATUS": status,
            "CNT_CHILDREN": children,
            "CNT_FAM_MEMBERS": children + 1.0 + (status == "Married"),
            "DAYS_BIRTH": born,
            "DAYS_EMPLOYED": np.where(retired, 365243, -(rng.random(rows) * (-born - 6600)).astype(int)),
            "DAYS_REGISTRATION": -(rng.random(rows) * -born).round(),
            "DAYS_ID_PUBLISH": -rng.integers(0, 6000, rows),
            "FLAG_MOBIL": 1,
            "FLAG_EMP_PHONE": (~retired).astype(int),
            "FLAG_OWN_CAR": np.where(car, "Y", "N"),
            "OWN_CAR_AGE": np.where(car, rng.integers(0, 30, rows), np.nan),
            "ORGANIZATION_TYPE": np.where(retired, "XNA", rng.choice(JOBS, rows)),
            "OCCUPATION_TYPE": np.where(retired | (rng.random(rows) < 0.2), None, rng.choice(JOBS, rows)),
            "AMT_INCOME_TOTAL": rng.integers(20, 400, rows) * 900.0,
            "AMT_CREDIT": (credit / 4.5).round() * 4.5,
            "AMT_ANNUITY": (credit / term / 4.5).round() * 4.5,
            "AMT_GOODS_PRICE": np.where(rng.random(rows) < 0.02, np.nan, goods),
            "EXT_SOURCE_2": score,
            "APARTMENTS_AVG": building,
            "APARTMENTS_MODE": building,
            "OBS_30_CNT_SOCIAL_CIRCLE": circle,
            "OBS_60_CNT_SOCIAL_CIRCLE": circle,
            "DEF_30_CNT_SOCIAL_CIRCLE": np.minimum(circle, rng.poisson(0.2, rows)),
            "DEF_60_CNT_SOCIAL_CIRCLE": 0.0,
        }
    )


@pytest.fixture(scope="module")
def real() -> pd.DataFrame:
    return made_applications()


@pytest.fixture(scope="module")
def drawn(real: pd.DataFrame) -> pd.DataFrame:
    parts = split(real)
    return join(cart_synthesis.fit(parts, steps(parts)).draw(3000, seed=1), real)


def test_parts_put_together_are_the_application(real: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        join(split(real), real), real.drop(columns=["SK_ID_CURR", "TARGET"]), check_dtype=False
    )


def test_columns_are_distributed_like_the_real_ones(real: pd.DataFrame, drawn: pd.DataFrame) -> None:
    distances = column_distances(real, drawn)
    assert distances["largest"] < 0.08 and distances["largest_missing"] < 0.05
    assert correlation_distance(real, drawn)["largest"] < 0.2
    assert detection(real, drawn) < 0.75


def test_what_holds_between_columns_is_kept(drawn: pd.DataFrame) -> None:
    retired = drawn["DAYS_EMPLOYED"] == 365243
    assert retired.any() and (retired == (drawn["ORGANIZATION_TYPE"] == "XNA")).all()
    assert (retired == (drawn["NAME_INCOME_TYPE"] == "Pensioner")).mean() > 0.99
    assert ((drawn["FLAG_OWN_CAR"] == "N") <= drawn["OWN_CAR_AGE"].isna()).all()
    working = drawn[~retired]
    assert (working["DAYS_EMPLOYED"] - working["DAYS_BIRTH"] >= 17 * 365).all()
    adults = drawn["CNT_FAM_MEMBERS"] - drawn["CNT_CHILDREN"]
    assert (adults == 1 + (drawn["NAME_FAMILY_STATUS"] == "Married")).all()
    assert (drawn["AMT_CREDIT"] % 4.5 == 0).all() and (drawn["AMT_GOODS_PRICE"] <= drawn["AMT_CREDIT"] * 1.001)[
        drawn["AMT_GOODS_PRICE"].notna()
    ].all()
    assert (drawn["APARTMENTS_AVG"].isna() == drawn["APARTMENTS_MODE"].isna()).all()
    assert (drawn["DEF_30_CNT_SOCIAL_CIRCLE"] <= drawn["OBS_30_CNT_SOCIAL_CIRCLE"]).all()


def test_no_real_row_is_copied(real: pd.DataFrame, drawn: pd.DataFrame) -> None:
    figures = privacy(real, drawn)
    assert figures["exact_copies"] == 0
    assert figures["distance_to_real"]["minimum"] > 0
    occurrences = real["EXT_SOURCE_2"].value_counts()
    assert not set(drawn["EXT_SOURCE_2"]) & set(occurrences.index[occurrences == 1])
    assert privacy(real, real.head(100))["exact_copies"] == 100


def test_a_number_that_few_real_rows_have_is_withheld(real: pd.DataFrame) -> None:
    scores = np.repeat(np.linspace(0, 1, len(real) // 2), 2)[: len(real)]
    scores[: cart_synthesis.SHARED_BY] = 0.123456  # as many as may be told
    known = real.assign(EXT_SOURCE_1=scores, EXT_SOURCE_3=np.nan)
    copied = known.head(60).assign(EXT_SOURCE_2=np.r_[np.nan, 2.0, known["EXT_SOURCE_2"].iloc[2:60]])
    kept = withhold(copied, known)
    rare = set(known["EXT_SOURCE_1"].value_counts()[lambda counts: counts < cart_synthesis.SHARED_BY].index)
    assert not set(kept["EXT_SOURCE_1"]) & rare and kept["EXT_SOURCE_1"].between(0, 1).all()
    assert (kept["EXT_SOURCE_1"].head(cart_synthesis.SHARED_BY) == 0.123456).all()
    assert np.isnan(kept["EXT_SOURCE_2"].iloc[0]) and kept["EXT_SOURCE_2"].iloc[1] == 2.0
    unchanged = [name for name in copied if not name.startswith("EXT_SOURCE")]
    pd.testing.assert_frame_equal(kept[unchanged], copied[unchanged])
    assert list(kept.dtypes) == list(copied.dtypes)


def test_the_same_seed_draws_the_same_rows(real: pd.DataFrame) -> None:
    parts = split(real)
    first, second = (cart_synthesis.fit(parts, steps(parts)).draw(50, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        cart_synthesis.fit(split(made_applications(10)))


def test_the_chosen_part_is_nearer_to_the_pool_than_a_random_one(real: pd.DataFrame) -> None:
    chosen = column_distances(real, choose(real, 100))
    assert chosen["mean"] < column_distances(real, real.sample(100, random_state=0))["mean"] / 2
    with pytest.raises(ValueError, match="pool"):
        choose(real, len(real) + 1)


def test_the_command_writes_a_portfolio(real: pd.DataFrame, tmp_path) -> None:
    real.to_parquet(tmp_path / "real.parquet")
    out = tmp_path / "portfolio.parquet"
    main(["--data", str(tmp_path / "real.parquet"), "--out", str(out), "--clients", "50", "--pool", "400"])
    made = pd.read_parquet(out)
    assert made["SK_ID_CURR"].tolist() == list(range(FIRST_ID, FIRST_ID + 50))
    assert list(made) == list(real)


FIVE = pd.DataFrame({"AMT_CREDIT": [1.0, 2.0, 3.0, 4.0, 5.0], "CODE_GENDER": "F"})  # each a fifth from the next


def test_a_real_row_is_measured_to_the_others_not_to_itself() -> None:
    synthetic = pd.DataFrame({"AMT_CREDIT": [2.0, 4.5, 3.0], "CODE_GENDER": ["F", "F", "M"]})
    to_real, between_real = nearest_real(synthetic, FIVE)
    assert to_real == pytest.approx([0.0, 0.1, np.sqrt(0.5)], abs=1e-6)
    assert between_real == pytest.approx([0.2] * 5, abs=1e-6)


def test_what_is_drawn_too_close_to_a_real_row_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = pd.DataFrame({"AMT_CREDIT": [3.0, 3.5, 3.0, np.nan], "CODE_GENDER": ["F", "F", "M", "F"]})
    monkeypatch.setattr(portfolio, "split", lambda real: real)
    monkeypatch.setattr(portfolio, "join", lambda parts, like: parts)
    generator = SimpleNamespace(draw=lambda rows, seed: drawn.head(rows))
    monkeypatch.setattr(cart_synthesis, "fit", lambda *given: generator)
    kept = draw_pool(FIVE, 4, seed=0)  # a copy and one at a tenth go; one of another name, and an unknown, stay
    pd.testing.assert_frame_equal(kept, drawn.iloc[2:].reset_index(drop=True))


def test_a_real_row_is_not_its_own_neighbour() -> None:
    figures = privacy(FIVE, FIVE)
    assert figures["nearest_neighbour_ratio_median"] == 0, "each of these is a copy"
    assert figures["nearest_neighbour_ratio_median_real"] == pytest.approx(1, abs=1e-5), "three of five lie between two"


def test_each_application_defaults_with_its_own_risk_and_all_together_as_often_as_expected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    risk = np.array([0.875, 0.125, 0.75, 0.25])
    monkeypatch.setattr(portfolio.lgb, "train", lambda *given: SimpleNamespace(predict=lambda matrix: risk))
    real = FIVE.assign(TARGET=[0, 0, 0, 1, 1])
    made = [with_outcomes(FIVE.head(4), real, seed) for seed in range(300)]
    outcomes = np.array([one["TARGET"] for one in made])
    assert set(outcomes.ravel()) == {0, 1} and (outcomes.sum(axis=1) == risk.sum()).all()
    assert outcomes.mean(axis=0) == pytest.approx(risk, abs=0.06)
    pd.testing.assert_frame_equal(made[0].drop(columns="TARGET"), FIVE.head(4))


def test_scores_are_compared_with_the_shares_of_all_real_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"threshold": [0.25, 0.5], "tn": [2, 5], "fn": [0, 1], "tp": [3, 2], "fp": [5, 2]}  # of ten
    (tmp_path / "metrics.json").write_text(json.dumps({"thresholds": counts}), encoding="utf-8")
    model = SimpleNamespace(log_odds=lambda rows: logit(rows["SCORE"].to_numpy()))
    monkeypatch.setattr(evaluate_portfolio, "CreditModel", lambda weights: model)
    synthetic = pd.DataFrame({"SCORE": [0.7, 0.1, 0.4, 0.2], "TARGET": [1, 0, 0, 1]})
    found = score_distance(synthetic, tmp_path)
    assert found["ks"] == pytest.approx(0.3), "half lie below 0.25, of the real two tenths; then 3/4 and 6/10"
    assert (found["mean"], found["roc_auc"], found["default_rate"]) == pytest.approx((0.35, 0.75, 0.5))
