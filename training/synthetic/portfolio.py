"""From real applications to a synthetic portfolio: a pool of draws, the part of it that is kept, and its outcomes."""

from __future__ import annotations

import lightgbm as lgb
import numpy as np
import pandas as pd

from training.synthetic import cart_synthesis
from training.synthetic.application_components import join, split, steps
from training.synthetic.closest_record import nearest_real

Array = np.ndarray

POOL = 20_000  # synthetic applications from which the portfolio is chosen
TOO_CLOSE = 0.01  # quantile of the distances between real rows below which a synthetic row is thrown away
BINS = 20  # quantiles at which the columns of the portfolio are held to those of the pool

RISK = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "feature_fraction": 0.1,
    "min_data_in_leaf": 200,
    "lambda_l2": 50.0,
    "deterministic": True,
    "num_threads": 1,
    "verbose": -1,
}
RISK_ROUNDS = 400


def draw_pool(real: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
    """Synthetic applications without an outcome, none of them near a real row.

    Args:
        real: original columns with ``TARGET``.
        rows: of the pool, before those too close to a real row are thrown away.
        seed: of the generator and its draws.
    """
    parts = split(real)
    pool = join(cart_synthesis.fit(parts, steps(parts), seed).draw(rows, seed), real)
    distances, between_real = nearest_real(pool, real, seed)
    return pool[distances > np.quantile(between_real, TOO_CLOSE)].reset_index(drop=True)


def withhold(applications: pd.DataFrame, real: pd.DataFrame) -> pd.DataFrame:
    """Applications without any number that fewer than ``SHARED_BY`` real rows have, such as an external score.

    It is moved halfway to the next number that a real row has. Numbers on a grid, such as days and amounts, stay as
    they are: they meet someone's by chance.

    Args:
        applications: synthetic ones.
        real: those that the generator learnt from.
    """
    made = applications.copy()
    for name in set(real.select_dtypes("number")) & set(made) - set(steps(real)):
        known, occurrences = np.unique(real[name].dropna(), return_counts=True)
        if len(known) < 2 or np.all(known % 1 == 0):
            continue
        values = made[name].to_numpy(dtype=float, na_value=np.nan)
        place = np.searchsorted(known, values).clip(max=len(known) - 1)
        given = (known[place] == values) & (occurrences[place] < cart_synthesis.SHARED_BY)
        beside = known[np.where(place + 1 < len(known), place + 1, place - 1)]
        made.loc[given, name] = ((values + beside) / 2)[given]
    return made


def with_outcomes(applications: pd.DataFrame, real: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Applications with a column ``TARGET``, drawn from the risk that a model of the real outcomes sees.

    The draw is systematic: along the applications in order of risk, one defaults each time the summed risk passes
    a whole number. So each defaults with its own risk, and a small portfolio has no more luck than a large one.
    """
    known = lgb.Dataset(_matrix(real, real), real["TARGET"].to_numpy())
    risk = np.asarray(lgb.train({**RISK, "seed": seed}, known, RISK_ROUNDS).predict(_matrix(applications, real)))
    order = np.argsort(risk)
    passed = np.floor(np.cumsum(risk[order]) + np.random.default_rng(seed).random())
    outcomes = np.zeros(len(risk), dtype="int64")
    outcomes[order] = np.diff(passed, prepend=0) > 0
    made = applications.copy()
    made.insert(0, "TARGET", outcomes)
    return made


def _matrix(applications: pd.DataFrame, real: pd.DataFrame) -> Array:
    """Every column but the identifiers as numbers; a name is its default rate among the real."""
    columns = []
    for name in real.columns.drop(["SK_ID_CURR", "TARGET"], errors="ignore"):
        values = applications[name]
        if not pd.api.types.is_numeric_dtype(values):
            values = values.map(real["TARGET"].groupby(real[name]).mean())
        columns.append(values.to_numpy(dtype=float, na_value=np.nan))
    return np.column_stack(columns)


def choose(pool: pd.DataFrame, rows: int) -> pd.DataFrame:
    """The part of a pool whose columns are nearest to the pool's own, found by herding (Welling, 2009).

    Row after row, the one is taken that brings the means of all indicators (each value of a name, each quantile
    of a number, missing) nearest to those of the pool.

    Args:
        pool: synthetic applications.
        rows: of the portfolio.

    Raises:
        ValueError: the pool is smaller than that.
    """
    if rows > len(pool):
        raise ValueError(f"a portfolio of {rows} needs a pool of as many, got {len(pool)}")
    marks = _indicators(pool)
    aim, lengths = marks.mean(axis=0), (marks**2).sum(axis=1)
    owed = aim.copy()  # what the rows taken so far lack
    taken: list[int] = []
    left = np.ones(len(pool), dtype=bool)
    for _ in range(rows):
        gain = np.where(left, marks @ owed - lengths / 2, -np.inf)
        best = int(np.argmax(gain))
        taken.append(best)
        left[best] = False
        owed += aim - marks[best]
    return pool.iloc[sorted(taken)].reset_index(drop=True)


def _indicators(pool: pd.DataFrame) -> Array:
    marks = []
    for name in pool:
        values = pool[name]
        marks.append(values.isna().to_numpy())
        if pd.api.types.is_numeric_dtype(values):
            edges = np.unique(values.quantile(np.linspace(0, 1, BINS + 1)[1:-1]))
            marks.extend((values <= edge).to_numpy() for edge in edges)
        else:
            marks.extend((values == value).to_numpy() for value in values.dropna().unique())
    return np.column_stack(marks).astype(np.float32)
