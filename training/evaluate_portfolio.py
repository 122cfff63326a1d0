"""Measure how near the synthetic portfolio is to the real applications, and that it copies none of them.

    python -m training.evaluate_portfolio --data application_train.csv

Compares the portfolio, and the whole pool that it was chosen from (so that the noise of a small sample and the
generator's own faults are told apart), with the real applications. Writes ``data/portfolio_metrics.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import ks_2samp
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors

from models.credit.model import CreditModel
from training.credit.application_table import read_table
from training.synthetic.closest_record import embed, nearest_real
from training.synthetic.portfolio import POOL, draw_pool, with_outcomes

Array = np.ndarray
Json = dict[str, Any]

IDENTIFIERS = ("SK_ID_CURR", "TARGET")
FEWEST_PAIRS = 200  # applications that know both columns, below which a correlation is not compared
REAL_COMPARED = 1200  # real rows whose own neighbours are the measure of what is near
DETECTOR = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "feature_fraction": 0.5,
    "num_threads": 1,
    "verbose": -1,
    "seed": 0,
}
DETECTOR_ROUNDS = 150


def column_distances(real: pd.DataFrame, synthetic: pd.DataFrame) -> Json:
    """Distance of each column, 0 to 1: Kolmogorov-Smirnov of numbers, total variation of names, and of missing."""
    values: dict[str, float] = {}
    missing: dict[str, float] = {}
    for name in real.columns.drop(list(IDENTIFIERS), errors="ignore"):
        one, other = real[name], synthetic[name]
        missing[name] = abs(float(one.isna().mean() - other.isna().mean()))
        if pd.api.types.is_numeric_dtype(one):
            values[name] = float(ks_2samp(one.dropna(), other.dropna()).statistic)
        else:
            shares = one.value_counts(normalize=True).sub(other.value_counts(normalize=True), fill_value=0)
            values[name] = float(shares.abs().sum() / 2)
    worst = sorted(values, key=values.__getitem__, reverse=True)[:5]
    return {
        "largest": values[worst[0]],
        "mean": float(np.mean(list(values.values()))),
        "farthest_columns": {name: values[name] for name in worst},
        "largest_missing": max(missing.values()),
    }


def correlation_distance(real: pd.DataFrame, synthetic: pd.DataFrame) -> Json:
    """Differences between the rank correlations of all pairs of numeric columns."""
    names = [str(name) for name in real.select_dtypes("number") if name not in IDENTIFIERS]
    of_real, of_synthetic = (
        frame[names].astype(float).rank().corr(min_periods=FEWEST_PAIRS).to_numpy() for frame in (real, synthetic)
    )
    gaps = np.abs(of_real - of_synthetic)[np.triu_indices(len(names), 1)]
    one, other = (places[np.nanargmax(gaps)] for places in np.triu_indices(len(names), 1))
    return {"largest": float(np.nanmax(gaps)), "mean": float(np.nanmean(gaps)), "pair": [names[one], names[other]]}


def detection(real: pd.DataFrame, synthetic: pd.DataFrame, seed: int = 0) -> float:
    """ROC-AUC, out of fold, of a classifier that tells synthetic rows from as many real ones; 0.5 is perfect."""
    count = min(len(real), len(synthetic))
    both = pd.concat([real.sample(count, random_state=seed), synthetic.sample(count, random_state=seed)])
    both = both.drop(columns=list(IDENTIFIERS), errors="ignore")
    columns = [
        both[name].to_numpy(dtype=float, na_value=np.nan)
        if pd.api.types.is_numeric_dtype(both[name])
        else pd.factorize(both[name])[0].astype(float)
        for name in both
    ]
    matrix, made = np.column_stack(columns), np.repeat([0, 1], count)
    scores = np.zeros(len(made))
    for learnt, held in StratifiedKFold(5, shuffle=True, random_state=seed).split(matrix, made):
        booster = lgb.train(DETECTOR, lgb.Dataset(matrix[learnt], made[learnt]), DETECTOR_ROUNDS)
        scores[held] = booster.predict(matrix[held])
    return float(roc_auc_score(made, scores))


def privacy(real: pd.DataFrame, synthetic: pd.DataFrame, seed: int = 0) -> Json:
    """Distances to the closest real row, against those between real rows, and rows that equal a real one."""
    to_real, between_real = nearest_real(synthetic, real, seed)
    shared = [name for name in real if name not in IDENTIFIERS]
    keys = set(pd.util.hash_pandas_object(real[shared].astype(str), index=False))
    copies = sum(key in keys for key in pd.util.hash_pandas_object(synthetic[shared].astype(str), index=False))
    some_real = real.sample(min(len(real), REAL_COMPARED), random_state=seed)
    return {
        "exact_copies": copies,
        "distance_to_real": _quantiles(to_real),
        "distance_between_real": _quantiles(between_real),
        "nearest_neighbour_ratio_median": _neighbour_ratio(synthetic, real),
        "nearest_neighbour_ratio_median_real": _neighbour_ratio(some_real, real, skip=1),
    }


def _quantiles(distances: Array) -> Json:
    return {
        "minimum": float(distances.min()),
        "quantile_05": float(np.quantile(distances, 0.05)),
        "median": float(np.median(distances)),
    }


def _neighbour_ratio(rows: pd.DataFrame, real: pd.DataFrame, skip: int = 0) -> float:
    """Distance to the closest real row over that to the next; near 1: no real row is singled out."""
    search = NearestNeighbors(algorithm="brute").fit(embed(real, real))
    near = search.kneighbors(embed(rows, real), n_neighbors=skip + 2)[0]
    return float(np.median(near[:, skip] / near[:, skip + 1]))


def score_distance(synthetic: pd.DataFrame, weights: Path) -> Json:
    """Distance of the model's scores to those of real applications that the model had not seen.

    The real scores are the out-of-fold ones, read from the counts at each threshold in ``metrics.json``.
    """
    counts = json.loads((weights / "metrics.json").read_text(encoding="utf-8"))["thresholds"]
    log_odds = CreditModel(weights).log_odds(synthetic)
    scores = np.sort(expit(log_odds))
    below = np.array(counts["tn"]) + np.array(counts["fn"])
    share_real = below / (counts["tp"][0] + counts["fp"][0] + below[0])
    share = np.searchsorted(scores, counts["threshold"]) / len(scores)
    return {
        "ks": float(np.abs(share - share_real).max()),
        "mean": float(scores.mean()),
        "roc_auc": float(roc_auc_score(synthetic["TARGET"], log_odds)),
        "default_rate": float(synthetic["TARGET"].mean()),
    }


def compare(real: pd.DataFrame, synthetic: pd.DataFrame, weights: Path) -> Json:
    """Every figure of one synthetic table."""
    return {
        "rows": len(synthetic),
        "columns": column_distances(real, synthetic),
        "correlations": correlation_distance(real, synthetic),
        "scores": score_distance(synthetic, weights),
        "detection_auc": detection(real, synthetic),
        "privacy": privacy(real, synthetic),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, the real applications and the portfolio, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="application_train, CSV or parquet")
    parser.add_argument("--portfolio", type=Path, default=Path("data/portfolio.parquet"))
    parser.add_argument("--weights", type=Path, default=Path("weights/credit"), help="the credit model's folder")
    parser.add_argument("--out", type=Path, default=Path("data/portfolio_metrics.json"))
    parser.add_argument("--pool", type=Path, help="the pool, as kept by make_portfolio; drawn anew without it")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)

    started = time.perf_counter()
    real, portfolio = read_table(given.data), pd.read_parquet(given.portfolio)
    figures: Json = {"real_rows": len(real), "portfolio": compare(real, portfolio, given.weights)}
    print(f"portfolio measured, {time.perf_counter() - started:.0f} s", flush=True)
    pool = pd.read_parquet(given.pool) if given.pool else draw_pool(real, POOL, given.seed)
    figures["pool"] = compare(real, with_outcomes(pool, real, given.seed), given.weights)
    figures["seconds"] = round(time.perf_counter() - started, 1)
    given.out.write_text(json.dumps(figures, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    print(f"{given.out} written, {figures['seconds']:.0f} s in all", flush=True)


if __name__ == "__main__":
    main()
