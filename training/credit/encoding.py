"""What a model has to know before it can read applications, learnt from its training rows alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.credit.features import NOT_GIVEN, FeatureSpec, engineer, sources

Array = np.ndarray

RAREST = 20  # applications below which a category counts as missing: too few to learn from, or to publish
SMOOTHING = 100.0  # applications at the general default rate that each category is given beside its own
RARELY_UNKNOWN = 0.01  # share of unknown values below which nothing can be learnt from one


def learn_feature_spec(applications: pd.DataFrame, default: Array, features: Sequence[str]) -> FeatureSpec:
    """The features that the applications can give, their ordered categories, and what unknown counts as.

    Categories become ordered codes by target encoding (Micci-Barreca, 2001): a category's place in the order of the
    default rate of its applications, drawn towards the general rate where they are few. Trees then split them as any
    number, which is what SHAP's interventional explainer needs.

    Args:
        applications: original columns of the training rows.
        default: outcomes, 0 or 1.
        features: names; one whose columns the applications lack is left out.
    """
    given = tuple(name for name in features if set(sources(name)) <= set(applications))
    names = [name for name in given if name in applications and not pd.api.types.is_numeric_dtype(applications[name])]
    categories = {name: _ordered(applications[name], default) for name in names}
    values = engineer(applications, FeatureSpec(given, categories))
    unknown = np.isnan(values).mean(axis=0)
    rarely = np.flatnonzero(unknown < RARELY_UNKNOWN)
    usual = {given[place]: float(np.nanmedian(values[:, place])) for place in rarely}
    return FeatureSpec(given, categories, usual)


def _ordered(values: pd.Series, default: Array) -> tuple[str, ...]:
    found = pd.Series(default, dtype=float).groupby(values.to_numpy()).agg(["sum", "count"])
    found = found[(found["count"] >= RAREST) & (found.index != NOT_GIVEN)]
    rates = (found["sum"] + SMOOTHING * default.mean()) / (found["count"] + SMOOTHING)
    return tuple(sorted(map(str, rates.index), key=lambda name: (rates[name], name)))
