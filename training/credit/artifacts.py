"""What training leaves behind: the model, its description, its figures, and its card."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from models.credit.features import FEATURES, NOT_EMPLOYED, FeatureSpec
from models.credit.policy import Policy
from training.credit import metrics as figures
from training.credit.encoding import RAREST
from training.credit.model_card import card

Array = np.ndarray
Json = dict[str, Any]

SPANNED = [0.001, 0.999]  # quantiles of a column
COST_RATIOS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50)


@dataclass(frozen=True)
class ScoredApplications:
    """Applications with their out-of-fold scores.

    Args:
        applications: original columns.
        default: outcomes, 0 or 1.
        raw: log-odds by a model that never saw the row.
        fold: the fold that the row was held out in.
        probability: calibrated on the other folds, 0..1.
    """

    applications: pd.DataFrame
    default: Array
    raw: Array
    fold: Array
    probability: Array


def measure(scored: ScoredApplications, cost_ratio: float, spec: FeatureSpec, seconds: float) -> Json:
    """Every figure of the model, out of fold, as plain lists and numbers."""
    default, probability = scored.default, scored.probability
    grid = figures.threshold_grid(probability)
    policy = figures.decisions(default, probability, grid)
    auc = figures.bootstrap(figures.roc_auc, default, probability)
    parts = [scored.fold == fold for fold in np.unique(scored.fold)]
    folds = [figures.roc_auc(default[part], scored.raw[part]) for part in parts]
    uncalibrated = 1 / (1 + np.exp(-scored.raw))
    return {
        "data": {
            "rows": len(default),
            "defaults": int(default.sum()),
            "default_rate": float(default.mean()),
            "columns_used": len(spec.columns),
            "features": len(spec.features),
        },
        "validation": f"nested {len(folds)}-fold stratified; search, scores, calibration out of fold; all rows counted",
        "figures": {
            "roc_auc": asdict(auc),
            "roc_auc_folds": folds,
            "gini": 2 * auc.value - 1,
            "pr_auc": asdict(figures.bootstrap(figures.pr_auc, default, probability)),
            "ks": figures.ks(default, probability),
            "brier": figures.brier(default, probability),
            "log_loss": figures.log_loss(default, probability),
            "ece_mass_10": figures.ece(default, probability, 10),
            "ece_mass_15": figures.ece(default, probability, 15),
            "ece_width_10": figures.ece(default, probability, 10, equal_mass=False),
            "ece_mass_10_uncalibrated": figures.ece(default, uncalibrated, 10),
        },
        "cutoffs": [cut_off(policy, ratio) for ratio in sorted({*COST_RATIOS, cost_ratio})],
        "default_cutoff": cut_off(policy, cost_ratio),
        "thresholds": policy.to_metrics(),
        "roc": asdict(figures.band(figures.roc_curve, default, probability)),
        "pr": asdict(figures.band(figures.pr_curve, default, probability)),
        "calibration": [asdict(part) for part in figures.calibration_curve(default, probability)],
        "groups": groups(scored, grid),
        "run": {
            "seconds": round(seconds, 1),
            "cores": os.cpu_count(),
            "lightgbm": version("lightgbm"),
            "scikit_learn": version("scikit-learn"),
        },
    }


def cut_off(policy: Policy, cost_ratio: float) -> Json:
    """The threshold that costs least, and what it does to the applications."""
    best = policy.cut_off(cost_ratio)
    counts = best.confusion
    return {
        "cost_ratio": cost_ratio,
        "threshold": best.threshold,
        "cost_per_loan": best.cost,
        "refused_share": (counts.refused_bad + counts.refused_good) / counts.total,
        "default_rate_granted": counts.granted_bad / max(counts.granted_good + counts.granted_bad, 1),
        "counts": {
            "tp": counts.refused_bad,
            "fp": counts.refused_good,
            "tn": counts.granted_good,
            "fn": counts.granted_bad,
        },
    }


def groups(scored: ScoredApplications, grid: Array) -> Json:
    """Counts at each threshold by gender and by age; a group too small to publish is left out."""
    keys: dict[str, Array] = {}
    if "CODE_GENDER" in scored.applications:
        keys["CODE_GENDER"] = scored.applications["CODE_GENDER"].to_numpy(dtype=object)
    if "DAYS_BIRTH" in scored.applications:
        keys["AGE"] = figures.age_band(scored.applications["DAYS_BIRTH"].to_numpy())
    groups: Json = {}
    for key, names in keys.items():
        sizes = pd.Series(names).value_counts()
        groups[key] = {}
        for name in sorted(sizes.index[sizes >= RAREST]):
            default, probability = scored.default[names == name], scored.probability[names == name]
            both = 0 < default.sum() < len(default)
            counts = figures.decisions(default, probability, grid).to_metrics()
            del counts["threshold"]  # the same for every group
            groups[key][name] = {
                "count": len(default),
                "default_rate": float(default.mean()),
                "mean_probability": float(probability.mean()),
                "roc_auc": figures.roc_auc(default, probability) if both else None,
                **counts,
            }
    return groups


def describe(applications: pd.DataFrame, spec: FeatureSpec, metrics: Json, training: Json) -> Json:
    """What the app needs to build the model's features, to read its scores and to explain them."""
    known = {name: FEATURES[name] for name in spec.features}
    numbers = [name for name in spec.columns if name not in spec.categories]
    return {
        "features": list(spec.features),
        "groups": {name: one.group for name, one in known.items()},
        "monotone": {name: one.monotone for name, one in known.items() if one.monotone},
        "categories": {name: list(values) for name, values in spec.categories.items()},
        "usual": dict(spec.usual),
        "cutoff": {
            "probability": metrics["default_cutoff"]["threshold"],
            "cost_ratio": metrics["default_cutoff"]["cost_ratio"],
        },
        "ranges": {name: ends for name in numbers if (ends := _range(applications[name]))},
        "training": training,
    }


def _range(values: pd.Series) -> list[float]:
    """What a slider of the page spans: two quantiles, not the extremes, which are somebody's own; empty for a column
    without values.
    """
    numbers = values.astype(float).dropna()
    if values.name == "DAYS_EMPLOYED":
        numbers = numbers[numbers != NOT_EMPLOYED]
    return [float(end) for end in numbers.quantile(SPANNED)] if len(numbers) else []


def write(out: Path, booster: lgb.Booster, config: Json, metrics: Json) -> None:
    """Write ``model.txt``, ``config.json``, ``metrics.json`` and the card ``README.md``."""
    out.mkdir(parents=True, exist_ok=True)
    booster.save_model(out / "model.txt")
    config = {"weights_sha256": hashlib.sha256((out / "model.txt").read_bytes()).hexdigest(), **config}
    for name, content in (("config", config), ("metrics", metrics)):
        (out / f"{name}.json").write_text(dump(content), encoding="utf-8")
    (out / "README.md").write_text(card(config, metrics), encoding="utf-8")


def dump(content: Json) -> str:
    """JSON whose innermost lists stand on one line each, so that curves do not fill the page."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"
