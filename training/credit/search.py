"""The search for features and parameters, nested so that the figures of what it finds are honest.

Every model that is judged on held-out rows owes nothing to them: its features, its parameters and its number of trees
were chosen by a search of its own on the other rows (nested cross-validation; Varma and Simon, 2006, "Bias in error
estimation when using cross-validation for model selection"). One more search, on all rows, chooses what is shipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import optuna
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from models.credit.features import FeatureSpec, engineer
from training.credit.boosting import Choice, Parameters, fit, settings
from training.credit.encoding import learn_feature_spec

Array = np.ndarray

KEPT = (22, 26, 30, 34)  # features that a model may keep
RATE = 0.04  # learning rate of what is trained
HASTE = 2.5  # the search takes steps that many times as large, and as many fewer
FIXED: Parameters = {"learning_rate": RATE * HASTE, "bagging_freq": 1, "max_bin": 255}
FIRST: Parameters = {
    **FIXED,
    "num_leaves": 12,
    "min_data_in_leaf": 200,
    "lambda_l2": 100.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
}  # where every search starts, and what ranks the features
RANKED_ROUNDS = 120
MOST_ROUNDS, PATIENCE = 600, 40
JUDGED = 4  # rounds between two looks at the held-out parts
EXPLAINED = 2000  # rows whose attributions rank the features


@dataclass(frozen=True)
class Plan:
    """How a search is made.

    Args:
        trials: settings tried.
        inner: parts of the rows, on each of which a setting is judged in turn.
        seed: of every random choice.
        threads: of LightGBM.
    """

    trials: int = 5
    inner: int = 3
    seed: int = 0
    threads: int = 1


def parts(default: Array, count: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Training and held-out rows of each fold, stratified by outcome."""
    return StratifiedKFold(count, shuffle=True, random_state=seed).split(default, default)


def ranked(applications: pd.DataFrame, default: Array, features: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """Features by mean absolute SHAP value, strongest first."""
    spec = learn_feature_spec(applications, default, features)
    matrix = engineer(applications, spec)
    first = Choice(spec.features, FIRST, RANKED_ROUNDS)
    booster = fit(matrix, default, spec.features, first, plan.seed, plan.threads)
    some = np.random.default_rng(plan.seed).permutation(len(matrix))[:EXPLAINED]
    strength = np.abs(np.asarray(booster.predict(matrix[some], pred_contrib=True))[:, :-1]).mean(axis=0)
    return tuple(spec.features[place] for place in np.argsort(-strength, kind="stable"))


def suggest(trial: optuna.Trial) -> Parameters:
    """A setting of the space that is searched."""
    return {
        **FIXED,
        "num_leaves": trial.suggest_int("num_leaves", 8, 20, log=True),
        "min_data_in_leaf": trial.suggest_int("min_data_in_leaf", 100, 500, log=True),
        "lambda_l2": trial.suggest_float("lambda_l2", 10.0, 300.0, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.15, 0.4),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.5, 0.9),
    }


class Folds:
    """Rows in inner folds, each with the feature spec and the features of its own training part."""

    def __init__(self, applications: pd.DataFrame, default: Array, features: Sequence[str], plan: Plan) -> None:
        self.plan, self.default = plan, default
        self.folds: list[tuple[FeatureSpec, Array, Array, Array]] = []
        for learnt, held in parts(default, plan.inner, plan.seed + 1):
            spec = learn_feature_spec(applications.iloc[learnt], default[learnt], features)
            self.folds.append((spec, engineer(applications, spec), learnt, held))

    def judge(self, features: Sequence[str], parameters: Parameters) -> tuple[float, int]:
        """The best mean ROC-AUC on the held-out parts, and the number of trees that reaches it."""
        boosters = [self._booster(*fold, features, parameters) for fold in self.folds]
        best, rounds = 0.0, 0
        for done in range(1, MOST_ROUNDS + 1):
            for booster in boosters:
                booster.update()
            if done % JUDGED:
                continue
            auc = float(np.mean([booster.eval_valid()[0][2] for booster in boosters]))
            if auc > best:
                best, rounds = auc, done
            elif done - rounds >= PATIENCE:
                break
        return best, rounds

    def _booster(
        self,
        spec: FeatureSpec,
        matrix: Array,
        learnt: Array,
        held: Array,
        features: Sequence[str],
        parameters: Parameters,
    ) -> lgb.Booster:
        places = np.array([spec.features.index(name) for name in features])
        given = settings(features, parameters, self.plan.seed, self.plan.threads)
        rows = lgb.Dataset(matrix[np.ix_(learnt, places)], self.default[learnt], params=given)
        booster = lgb.Booster(given, rows)
        booster.add_valid(rows.create_valid(matrix[np.ix_(held, places)], self.default[held], params=given), "held")
        return booster


def search(
    applications: pd.DataFrame,
    default: Array,
    features: Sequence[str],
    plan: Plan,
    report: Callable[[dict[str, Any]], None],
) -> Choice:
    """The features and parameters that inner cross-validation on these rows prefers (Optuna, TPE).

    Args:
        applications: original columns.
        default: outcomes, 0 or 1.
        features: candidates.
        plan: how.
        report: receives each trial as a line of the table.
    """
    order = ranked(applications, default, features, plan)
    folds = Folds(applications, default, order, plan)

    def objective(trial: optuna.Trial) -> float:
        kept = min(trial.suggest_categorical("features", KEPT), len(order))
        parameters = suggest(trial)
        auc, rounds = folds.judge(order[:kept], parameters)
        trained = {**parameters, "learning_rate": RATE}
        trial.set_user_attr("choice", Choice(order[:kept], trained, round(HASTE * rounds)))
        report({"trial": trial.number + 1, "auc": auc, "rounds": rounds, **trial.params, "features": kept})
        return auc

    study = optuna.create_study(
        direction="maximize", sampler=optuna.samplers.TPESampler(seed=plan.seed, n_startup_trials=3)
    )
    study.enqueue_trial({"features": KEPT[-1], **{name: FIRST[name] for name in FIRST if name not in FIXED}})
    study.optimize(objective, plan.trials)
    return study.best_trial.user_attrs["choice"]


def choices(searched: Mapping[str, Any]) -> tuple[Choice, ...]:
    """What the searches of ``search.json`` chose: for each fold in order, and last what is shipped.

    Raises:
        ValueError: a search is missing. Another one's choice has seen the rows that this fold is judged on.
    """
    found = sorted(searched["searches"], key=lambda one: one["fold"] is None)
    folds, wanted = [one["fold"] for one in found], [*range(searched["folds"]), None]
    if folds != wanted:
        raise ValueError(f"the search is unfinished: it chose for the folds {folds}, and all of {wanted} are needed")
    return tuple(Choice(**{**one["choice"], "features": tuple(one["choice"]["features"])}) for one in found)
