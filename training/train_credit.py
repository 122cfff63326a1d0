"""Train the credit model: the probability that a loan will default, from what the application says.

    python -m training.train_credit --data application_train.csv

The applications are Home Credit's ``application_train`` (CSV or parquet). Features, parameters and number of trees
are those that ``python -m training.search_credit`` found; ``--members`` averages several boosters that differ by their
draws into one. Every figure is out of fold, and each fold is judged by what the search on the other folds chose. The
command writes ``model.txt``, ``config.json``, ``metrics.json`` and the card ``README.md``; it is repeatable.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from models import arguments as checks
from models.credit.features import FeatureSpec, engineer
from models.credit.policy import COST_RATIO_RANGE
from training.credit import metrics as credit_metrics
from training.credit.alternatives import ALTERNATIVES, measure_alternative
from training.credit.application_table import read_table
from training.credit.artifacts import ScoredApplications, describe, measure, write
from training.credit.boosting import Choice, fit
from training.credit.calibration import calibrate, cross_calibrated
from training.credit.encoding import learn_feature_spec
from training.credit.ensemble import average, fold_into_leaves
from training.credit.search import choices, parts

Array = np.ndarray

TARGET = "TARGET"
EXPLAINED = 2000  # held-out rows a fold whose attributions are averaged: explaining costs more than scoring


@dataclass(frozen=True)
class Settings:
    """How a model is trained.

    Args:
        members: boosters averaged, each with other draws of rows and columns.
        seed: of every random choice; the folds are those of the search.
        threads: of LightGBM; part of what makes a run repeatable.
        cost_ratio: good loans refused that cost as much as one default granted, in ``COST_RATIO_RANGE``.

    Raises:
        InputError: the cost ratio is outside its range.
    """

    members: int = 1
    seed: int = 0
    threads: int = 1
    cost_ratio: float = 10.0

    def __post_init__(self) -> None:
        checks.number("cost_ratio", self.cost_ratio, *COST_RATIO_RANGE)


def learn(applications: pd.DataFrame, choice: Choice, settings: Settings) -> tuple[FeatureSpec, lgb.Booster]:
    """What was chosen, learnt from applications with ``TARGET``: how to read them, and the trees."""
    default = applications[TARGET].to_numpy()
    spec = learn_feature_spec(applications, default, choice.features)
    matrix = engineer(applications, spec)
    seeds = range(settings.seed, settings.seed + settings.members)
    return spec, average([fit(matrix, default, spec.features, choice, seed, settings.threads) for seed in seeds])


@dataclass(frozen=True)
class OutOfFold:
    """What models that never saw a row say of it.

    Args:
        raw: (n,) log-odds of each application, before calibration.
        fold: (n,) the fold it was held out in.
        importance: feature -> mean absolute SHAP value, raw log-odds, over ``EXPLAINED`` rows a fold; in a fold whose
            search left the feature out it is 0.
    """

    raw: Array
    fold: Array
    importance: dict[str, float]


def out_of_fold(applications: pd.DataFrame, chosen: Sequence[Choice], settings: Settings) -> OutOfFold:
    """Scores and explains each application by a model that never saw it.

    Args:
        applications: original columns with ``TARGET``.
        chosen: for each fold, what a search that never saw it chose.
        settings: how.
    """
    default = applications[TARGET].to_numpy()
    raw, fold = np.zeros(len(default)), np.zeros(len(default), dtype=int)
    importance: dict[str, float] = {}
    for number, (learnt, held) in enumerate(parts(default, len(chosen), settings.seed)):
        spec, booster = learn(applications.iloc[learnt], chosen[number], settings)
        matrix = engineer(applications.iloc[held], spec)
        raw[held], fold[held] = booster.predict(matrix, raw_score=True), number
        strength = np.abs(np.asarray(booster.predict(matrix[:EXPLAINED], pred_contrib=True))[:, :-1]).mean(axis=0)
        for name, value in zip(spec.features, strength / len(chosen), strict=True):
            importance[name] = importance.get(name, 0.0) + float(value)
        auc = credit_metrics.roc_auc(default[held], raw[held])
        print(f"fold {number + 1}: ROC-AUC {auc:.4f}, {len(spec.features)} features", flush=True)
    return OutOfFold(raw, fold, importance)


def compare(scored: ScoredApplications, chosen: Sequence[Choice], settings: Settings) -> dict[str, dict[str, Any]]:
    """What each of ``ALTERNATIVES`` would cost and bring, out of fold: see ``measure_alternative``."""
    compared = {}
    for name, change in ALTERNATIVES.items():
        print(name.replace("_", " "), flush=True)
        others = [replace(choice, features=change(choice.features)) for choice in chosen]
        raw = out_of_fold(scored.applications, others, settings).raw
        compared[name] = measure_alternative(scored, raw, settings.cost_ratio)
    return compared


def train(
    applications: pd.DataFrame,
    chosen: Sequence[Choice],
    shipped: Choice,
    settings: Settings,
    out: Path,
    compared: bool,
    digest: str | None = None,
) -> None:
    """Train, measure out of fold, and write the folder that the app loads.

    Args:
        applications: original columns of ``application_train`` with ``TARGET``.
        chosen: for each fold, what a search that never saw it chose.
        shipped: what the search on all rows chose.
        settings: how.
        out: folder to write.
        compared: measure ``ALTERNATIVES`` as well; each takes as long again.
        digest: SHA-256 of the applications' file, which the figures then name.

    Raises:
        ValueError: the applications have no usable ``TARGET``.
    """
    if TARGET not in applications or not applications[TARGET].isin([0, 1]).all():
        raise ValueError(f"the applications need a column {TARGET} of 0 and 1")
    started = time.perf_counter()
    default = applications[TARGET].to_numpy()
    print(f"{len(default)} applications, {default.mean():.2%} defaults", flush=True)
    held_out = out_of_fold(applications, chosen, settings)
    raw, fold = held_out.raw, held_out.fold
    calibration = calibrate(raw, default)
    spec, booster = learn(applications, shipped, settings)
    booster = fold_into_leaves(booster, calibration)
    scored = ScoredApplications(applications, default, raw, fold, cross_calibrated(raw, default, fold))
    metrics = measure(scored, settings.cost_ratio, spec, time.perf_counter() - started)
    strength = {name: calibration.slope * held_out.importance.get(name, 0.0) for name in spec.features}
    metrics["importance"] = {"rows": min(EXPLAINED * len(chosen), len(default)), "mean_absolute": strength}
    if digest:
        metrics["data"]["sha256"] = digest
    if compared:
        metrics |= compare(scored, chosen, settings)
    training = {**asdict(settings), **shipped.parameters, "rounds": shipped.rounds, "calibration": asdict(calibration)}
    training["trees"] = booster.num_trees()
    config = describe(applications, spec, metrics, training)
    write(out, booster, config, metrics)
    auc, gap = metrics["figures"]["roc_auc"]["value"], metrics["figures"]["ece_mass_10"]
    print(f"out of fold: ROC-AUC {auc:.4f}, ECE {gap:.4f}", flush=True)
    print(f"{out} written, {time.perf_counter() - started:.0f} s in all", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, the applications and what was chosen, and train."""
    defaults = Settings()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="application_train, CSV or parquet")
    parser.add_argument("--search", type=Path, default=Path("weights/credit/search.json"), help="what was chosen")
    parser.add_argument("--out", type=Path, default=Path("weights/credit"), help="folder to write")
    how = parser.add_argument_group("training")
    how.add_argument("--members", type=int, default=defaults.members, help="boosters averaged")
    how.add_argument("--threads", type=int, default=defaults.threads)
    how.add_argument("--cost-ratio", type=float, default=defaults.cost_ratio, help="cost of a missed default")
    how.add_argument("--compare", action="store_true", help="measure the model with the sex, and without age, too")
    given = parser.parse_args(arguments)

    applications = read_table(given.data)
    searched = json.loads(given.search.read_text(encoding="utf-8"))
    if searched["rows"] != len(applications):
        raise SystemExit(
            f"{given.search} was searched on {searched['rows']} applications, {given.data} holds other ones"
        )
    *chosen, shipped = choices(searched)
    settings = Settings(given.members, int(searched["plan"]["seed"]), given.threads, given.cost_ratio)
    digest = hashlib.sha256(given.data.read_bytes()).hexdigest()
    train(applications, chosen, shipped, settings, given.out, given.compare, digest)


if __name__ == "__main__":
    main()
