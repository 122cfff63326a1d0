"""Search the features and the parameters of the credit model, nested in cross-validation.

    python -m training.search_credit --data application_train.csv

For each of ten folds, and for all rows, Optuna tries settings in an inner cross-validation on the other rows alone.
The command writes ``search.json``: every trial, what each search chose, and the ROC-AUC of its choice on the fold that
it never saw. ``python -m training.train_credit`` trains what was chosen. A search that is interrupted goes on where it
stopped: what is done is kept in the file.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import optuna

from models.credit.features import FEATURES, engineer
from training.credit.application_table import read_table
from training.credit.artifacts import dump
from training.credit.boosting import fit
from training.credit.encoding import learn_feature_spec
from training.credit.metrics import roc_auc
from training.credit.search import Plan, parts, search

TARGET = "TARGET"


def run(applications: Any, candidates: Sequence[str], plan: Plan, folds: int, out: Path) -> dict[str, Any]:
    """Every search that is not yet in the file, each written when it is done.

    Args:
        applications: original columns with ``TARGET``.
        candidates: features to choose from.
        plan: of each search.
        folds: parts of the rows that are held out in turn.
        out: file to write.
    """
    default = applications[TARGET].to_numpy()
    described = {"plan": asdict(plan), "folds": folds, "rows": len(default), "candidates": list(candidates)}
    done: dict[str, Any] = {**described, "searches": []}
    if out.is_file():
        kept = json.loads(out.read_text(encoding="utf-8"))
        done = kept if {name: kept.get(name) for name in described} == described else done
    splits = [*parts(default, folds, plan.seed), (np.arange(len(default)), None)]
    for fold, (learnt, held) in zip([*range(folds), None], splits, strict=True):
        if any(one["fold"] == fold for one in done["searches"]):
            continue
        started = time.perf_counter()
        trials: list[dict[str, Any]] = []

        def report(trial: dict[str, Any], fold: int | None = fold, trials: list[dict[str, Any]] = trials) -> None:
            trials.append(trial)
            print(f"held out {fold}:", json.dumps(trial), flush=True)

        rows = applications.iloc[learnt]
        choice = search(rows, default[learnt], candidates, plan, report)
        found: dict[str, Any] = {"fold": fold, "trials": trials, "choice": asdict(choice)}
        if held is not None:
            spec = learn_feature_spec(rows, default[learnt], choice.features)
            booster = fit(engineer(rows, spec), default[learnt], spec.features, choice, plan.seed, plan.threads)
            probability = np.asarray(booster.predict(engineer(applications.iloc[held], spec)))
            found["roc_auc"] = roc_auc(default[held], probability)
        found["seconds"] = round(time.perf_counter() - started, 1)
        print(f"held out {fold}: ROC-AUC {found.get('roc_auc')}, {found['seconds']:.0f} s", flush=True)
        done["searches"].append(found)
        out.write_text(dump(done), encoding="utf-8")
    return done


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, and the applications, and search."""
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="application_train, CSV or parquet")
    parser.add_argument("--out", type=Path, default=Path("weights/credit/search.json"), help="file to write")
    how = parser.add_argument_group("search")
    how.add_argument("--trials", type=int, default=plan.trials, help="settings tried in each search")
    how.add_argument("--folds", type=int, default=10, help="folds, each judged by a search of its own")
    how.add_argument("--seed", type=int, default=plan.seed)
    how.add_argument("--threads", type=int, default=plan.threads)
    given = parser.parse_args(arguments)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    applications = read_table(given.data)
    plan = Plan(given.trials, plan.inner, given.seed, given.threads)
    run(applications, list(FEATURES), plan, given.folds, given.out)


if __name__ == "__main__":
    main()
