"""How far synthetic applications lie from the real ones they were learnt on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.neighbors import NearestNeighbors

Array = np.ndarray

COMPARED = 4000  # real rows whose own nearest real row is the measure of what is near


def embed(applications: pd.DataFrame, real: pd.DataFrame) -> Array:
    """Applications as points in which a column counts for at most 1: ranks among the real, and names as marks.

    The statistics on the building repeat each other fifty times over; only their averages are kept, so that they
    do not drown the client. A missing value lies at -0.5, apart from every value.
    """
    points = []
    for name in real.columns.drop(["SK_ID_CURR", "TARGET"], errors="ignore"):
        if str(name).endswith(("_MODE", "_MEDI")):
            continue
        if pd.api.types.is_numeric_dtype(real[name]):
            values = applications[name].to_numpy(dtype=float, na_value=np.nan)
            points.append(_ranks(values, real[name].dropna().to_numpy(dtype=float)))
        else:
            known = [value for value in real[name].dropna().unique() if (real[name] == value).mean() > 0.001]
            points.extend((applications[name] == value).to_numpy() / np.sqrt(2) for value in known)
    return np.column_stack(points).astype(np.float32)


def _ranks(values: Array, real: Array) -> Array:
    """Places among the real values, 0 to 1; equal values share their middle place."""
    levels, inverse = np.unique(real, return_inverse=True)
    middle = np.zeros(len(levels))
    middle[inverse] = rankdata(real) / len(real)
    return np.where(np.isnan(values), -0.5, np.interp(values, levels, middle))


def nearest_real(synthetic: pd.DataFrame, real: pd.DataFrame, seed: int = 0) -> tuple[Array, Array]:
    """Distances to the closest real row: of each synthetic row, and of real rows to the others.

    Args:
        synthetic: rows to judge.
        real: all the rows learnt on.
        seed: of the real rows compared, ``COMPARED`` at most.
    """
    points = embed(real, real)
    search = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(points)
    own = np.random.default_rng(seed).permutation(len(real))[:COMPARED]
    between_real = search.kneighbors(points[own])[0][:, 1]  # the nearest of all is the row itself
    return search.kneighbors(embed(synthetic, real), n_neighbors=1)[0][:, 0], between_real
