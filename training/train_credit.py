"""Train the credit model: the probability that a loan will default, from what the application says.

    python -m training.train_credit --data application_train.csv
    python -m training.train_credit --data application_train.csv --bureau bureau.csv --previous previous.csv

The applications are Home Credit's ``application_train`` (CSV or parquet). Several LightGBM boosters, each
stopped early on its own part of the rows, are averaged and written as one. Every figure is out of fold. The
command writes ``model.txt``, ``config.json``, ``metrics.json`` and the card ``README.md``; it is repeatable.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.model_selection import StratifiedKFold

from models.credit.features import Recipe, engineer
from training.credit import metrics as credit_metrics
from training.credit.artifacts import Scored, describe, measure, write
from training.credit.auxiliary_tables import REDUCE, join_tables, read_table
from training.credit.feature_selection import CATEGORIES, FEATURES, MONOTONE, RAREST
from training.credit.merge_boosters import merge

Array = np.ndarray

TARGET = "TARGET"
TENTHS = 10  # parts of the rows, each of which one booster stops early on
EXPLAINED = 2000  # held-out rows a fold whose attributions are averaged: explaining costs more than scoring
# Compared in 5-fold cross-validation: strongly regularised small trees, few of the columns in each.
PARAMETERS: dict[str, float | int] = {
    "learning_rate": 0.05,
    "num_leaves": 16,
    "feature_fraction": 0.1,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "min_data_in_leaf": 300,
    "lambda_l2": 100.0,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "min_data_per_group": 200,
    "max_bin": 255,
}


@dataclass(frozen=True)
class Settings:
    """How a model is trained.

    Args:
        members: boosters averaged, 1 to 10; each stops early on another tenth of the rows.
        rounds: most trees per booster.
        patience: trees without a better AUC after which a booster stops.
        folds: parts of the out-of-fold figures.
        seed: of every random choice.
        threads: of LightGBM; part of what makes a run repeatable.
        cost_ratio: good loans refused that cost as much as one default granted.
        parameters: of LightGBM.
    """

    members: int = 3
    rounds: int = 3000
    patience: int = 150
    folds: int = 5
    seed: int = 0
    threads: int = 1
    cost_ratio: float = 10.0
    parameters: Mapping[str, float | int] = field(default_factory=lambda: dict(PARAMETERS))

    def __post_init__(self) -> None:
        if not 1 <= self.members <= TENTHS:
            raise ValueError(f"members must be 1 to {TENTHS}, got {self.members}")
        if self.folds < 2:
            raise ValueError(f"folds must be at least 2, got {self.folds}")


@dataclass(frozen=True)
class Calibration:
    """Affine map of raw log-odds to calibrated log-odds, under which attributions stay exact."""

    slope: float
    intercept: float

    def probability(self, raw: Array) -> Array:
        """The calibrated probability of default, 0..1, of raw log-odds."""
        return expit(self.slope * raw + self.intercept)


def calibrate(raw: Array, default: Array) -> Calibration:
    """The slope and intercept that maximise the likelihood of the outcomes (Platt, on log-odds)."""

    def loss(line: Array) -> float:
        return credit_metrics.log_loss(default, expit(line[0] * raw + line[1]))

    slope, intercept = minimize(loss, x0=np.array([1.0, 0.0]), method="BFGS").x
    return Calibration(float(slope), float(intercept))


def make_recipe(applications: pd.DataFrame, extra: Sequence[str] = ()) -> Recipe:
    """The features that the applications can give, and the categories frequent enough to learn from.

    Args:
        applications: original columns.
        extra: columns joined from other tables, each used as it is.
    """
    categories = {}
    for name in (name for name in CATEGORIES if name in applications):
        counts = applications[name].value_counts()
        categories[name] = tuple(sorted(set(counts.index[counts >= RAREST]) - {"XNA"}))
    offered = Recipe((*FEATURES, *extra), categories)
    given = (name for name in offered.features if set(offered.sources(name)) <= set(applications))
    return Recipe(tuple(given), categories)


def fit(features: pd.DataFrame, default: Array, recipe: Recipe, settings: Settings) -> lgb.Booster:
    """Boosters that each stop early on their own part of the rows, averaged into one."""
    names, matrix = list(features.columns), features.to_numpy()
    parameters = {
        **settings.parameters,
        "objective": "binary",
        "metric": "auc",
        "monotone_constraints": [MONOTONE.get(name, 0) for name in names],
        "num_threads": settings.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    categorical = [name for name in names if name in recipe.categories]
    boosters = []
    tenths = islice(_parts(default, TENTHS, settings.seed), settings.members)
    for member, (learnt, held) in enumerate(tenths):
        described: dict[str, Any] = {"feature_name": names, "categorical_feature": categorical}
        rows = lgb.Dataset(matrix[learnt], default[learnt], params=parameters, **described)
        booster = lgb.train(
            {**parameters, "seed": settings.seed + member},
            rows,
            settings.rounds,
            valid_sets=[rows.create_valid(matrix[held], default[held])],
            callbacks=[lgb.early_stopping(settings.patience, verbose=False)],
        )
        boosters.append(booster)
    return merge(boosters)


def _parts(default: Array, count: int, seed: int) -> Iterator[tuple[Array, Array]]:
    return StratifiedKFold(count, shuffle=True, random_state=seed).split(default, default)


@dataclass(frozen=True)
class OutOfFold:
    """What models that never saw a row say of it.

    Args:
        raw: (n,) log-odds of each application.
        fold: (n,) the fold it was held out in.
        importance: (f,) mean absolute SHAP value of each feature, raw log-odds, over ``EXPLAINED`` rows a fold.
    """

    raw: Array
    fold: Array
    importance: Array


def out_of_fold(applications: pd.DataFrame, recipe: Recipe, settings: Settings) -> OutOfFold:
    """Scores and explains each application by a model that never saw it."""
    default = applications[TARGET].to_numpy()
    features = engineer(applications, recipe)
    raw, fold = np.zeros(len(default)), np.zeros(len(default), dtype=int)
    attributions = []
    for number, (learnt, held) in enumerate(_parts(default, settings.folds, settings.seed)):
        started = time.perf_counter()
        booster = fit(features.iloc[learnt], default[learnt], recipe, settings)
        matrix = features.iloc[held].to_numpy()
        raw[held], fold[held] = booster.predict(matrix, raw_score=True), number
        attributions.append(np.abs(np.asarray(booster.predict(matrix[:EXPLAINED], pred_contrib=True))[:, :-1]))
        auc = credit_metrics.roc_auc(default[held], raw[held])
        trees, seconds = booster.num_trees(), time.perf_counter() - started
        print(f"fold {number + 1}: ROC-AUC {auc:.4f}, {trees} trees, {seconds:.0f} s", flush=True)
    return OutOfFold(raw, fold, np.concatenate(attributions).mean(axis=0))


def cross_calibrated(raw: Array, default: Array, fold: Array) -> Array:
    """Probabilities by a calibration fitted on the other folds."""
    probability = np.zeros(len(raw))
    for number in np.unique(fold):
        held = fold == number
        probability[held] = calibrate(raw[~held], default[~held]).probability(raw[held])
    return probability


def with_gender(applications: pd.DataFrame, recipe: Recipe, settings: Settings) -> float:
    """The ROC-AUC out of fold of the same model with the client's sex as one more feature."""
    categories = {**recipe.categories, "CODE_GENDER": ("F", "M")}
    wider = replace(recipe, features=(*recipe.features, "CODE_GENDER"), categories=categories)
    return credit_metrics.roc_auc(applications[TARGET].to_numpy(), out_of_fold(applications, wider, settings).raw)


def train(
    applications: pd.DataFrame,
    settings: Settings,
    out: Path,
    extra: Sequence[str] = (),
    compare_gender: bool = False,
) -> None:
    """Train, measure out of fold, and write the folder that the app loads.

    Args:
        applications: original columns of ``application_train`` with ``TARGET``.
        settings: how.
        out: folder to write.
        extra: columns joined from other tables.
        compare_gender: measure as well what the client's sex would add; takes as long again.

    Raises:
        ValueError: the applications have no usable ``TARGET``.
    """
    if TARGET not in applications or not applications[TARGET].isin([0, 1]).all():
        raise ValueError(f"the applications need a column {TARGET} of 0 and 1")
    started = time.perf_counter()
    default, recipe = applications[TARGET].to_numpy(), make_recipe(applications, extra)
    print(
        f"{len(default)} applications, {default.mean():.2%} defaults, {len(recipe.features)} features",
        flush=True,
    )
    held_out = out_of_fold(applications, recipe, settings)
    raw, fold = held_out.raw, held_out.fold
    calibration = calibrate(raw, default)
    booster = fit(engineer(applications, recipe), default, recipe, settings)
    scored = Scored(applications, default, raw, fold, cross_calibrated(raw, default, fold))
    metrics = measure(scored, settings.cost_ratio, recipe, time.perf_counter() - started)
    importance = calibration.slope * held_out.importance
    metrics["importance"] = {
        "rows": min(EXPLAINED * settings.folds, len(default)),
        "mean_absolute": dict(zip(recipe.features, importance.tolist(), strict=True)),
    }
    if compare_gender:
        compared, without = with_gender(applications, recipe, settings), credit_metrics.roc_auc(default, raw)
        metrics["with_gender"] = {"roc_auc": compared, "cost": compared - without}
    config = describe(applications, recipe, booster, asdict(calibration), metrics, asdict(settings))
    write(out, booster, config, metrics)
    auc, gap = metrics["figures"]["roc_auc"]["value"], metrics["figures"]["ece_mass_10"]
    print(f"out of fold: ROC-AUC {auc:.4f}, ECE {gap:.4f}", flush=True)
    print(f"{out} written, {time.perf_counter() - started:.0f} s in all", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, the applications and the other tables, and train."""
    defaults = Settings()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="application_train, CSV or parquet")
    parser.add_argument("--out", type=Path, default=Path("weights/credit"), help="folder to write")
    tables = parser.add_argument_group("other tables, optional (CSV or parquet)")
    for name in REDUCE:
        tables.add_argument(f"--{name.replace('_', '-')}", type=Path, default=None)
    how = parser.add_argument_group("training")
    how.add_argument("--members", type=int, default=defaults.members, help="boosters averaged")
    how.add_argument("--rounds", type=int, default=defaults.rounds, help="most trees per booster")
    how.add_argument("--seed", type=int, default=defaults.seed)
    how.add_argument("--threads", type=int, default=defaults.threads)
    how.add_argument("--cost-ratio", type=float, default=defaults.cost_ratio, help="cost of a missed default")
    how.add_argument("--compare-gender", action="store_true", help="measure what the client's sex would add")
    given = parser.parse_args(arguments)

    applications = read_table(given.data)
    others = {name: read_table(getattr(given, name)) for name in REDUCE if getattr(given, name)}
    joined = join_tables(applications, others)
    extra = [str(name) for name in joined if name not in applications]
    settings = Settings(
        members=given.members,
        rounds=given.rounds,
        seed=given.seed,
        threads=given.threads,
        cost_ratio=given.cost_ratio,
    )
    train(joined, settings, given.out, extra, given.compare_gender)


if __name__ == "__main__":
    main()
