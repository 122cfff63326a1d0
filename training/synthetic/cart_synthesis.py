"""Sequential CART synthesis: a generator of synthetic rows that draws column after column by decision trees.

The method is Reiter's (2005, "Using CART to generate partially synthetic public use microdata") and that of the R
package ``synthpop`` (Nowok, Raab and Dibben, 2016): a tree predicts a column from the columns before it, and a new row
takes its value from the real rows of the leaf that it falls into. Missing is one more value, so that missingness
follows the same dependence. A value that fewer than ``SHARED_BY`` real rows have is replaced by one at random between
it and its neighbour in the leaf. A leaf may know no other: see ``training.synthetic.portfolio.withhold``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

Array = np.ndarray

SMALLEST_LEAF = 15  # real rows from which a value is drawn, at least
SHARED_BY = 5  # real rows that a value must have in common to be reproduced as it is
MISSING = -1.0  # where missing stands in the ranks (0 to 1) that a tree predicts: apart from every value
MANY_CATEGORIES = 3  # from here on a classifier predicts the categories; below, two codes are a number


@dataclass(frozen=True)
class ColumnModel:
    """One column of the generator: how it depends on the columns before it, and the real values by leaf.

    Args:
        name: of the column.
        categories: its values, if they are names: the numbers are places in this list.
        codes: for each earlier column of names, the number that stands for each of its values here.
        tree: leaf of a row from the columns before; None for the first column.
        start: leaf -> the place of its first real value in ``values``.
        size: leaf -> how many.
        values: real values sorted by leaf, then by value; missing values (NaN) are last in their leaf.
        shared: which of the values may be reproduced.
        step: the grid of the values; 0 for none.
    """

    name: str
    categories: tuple[str, ...] | None
    codes: dict[int, Array]
    tree: DecisionTreeClassifier | DecisionTreeRegressor | None
    start: Array
    size: Array
    values: Array
    shared: Array
    step: float


@dataclass(frozen=True)
class Generator:
    """Columns in the order in which they are drawn."""

    columns: tuple[ColumnModel, ...]

    def draw(self, rows: int, seed: int) -> pd.DataFrame:
        """New rows with the columns of the real ones.

        Args:
            rows: how many.
            seed: of the draw; the same seed gives the same rows.
        """
        rng = np.random.default_rng(seed)
        drawn = np.empty((rows, 0))
        made: dict[str, Any] = {}
        for column in self.columns:
            values = _draw(column, drawn, rng)
            drawn = np.column_stack([drawn, values])
            made[column.name] = values if column.categories is None else _names(values, column.categories)
        return pd.DataFrame(made)


def fit(real: pd.DataFrame, steps: dict[str, float] | None = None, seed: int = 0) -> Generator:
    """Learn a generator.

    Args:
        real: numbers (NaN for missing) and names (None or NaN for missing), in the order of drawing.
        steps: column -> the grid of its values; whole numbers need no entry.
        seed: of the trees' ties.

    Raises:
        ValueError: too few rows to draw from.
    """
    if len(real) < 2 * SMALLEST_LEAF:
        raise ValueError(f"a generator needs at least {2 * SMALLEST_LEAF} rows, got {len(real)}")
    columns: list[ColumnModel] = []
    before = np.empty((len(real), 0))
    for name in real:
        values, categories = _numbers(real[name])
        column = _fit_column(str(name), values, categories, before, columns, (steps or {}).get(str(name)), seed)
        columns.append(column)
        before = np.column_stack([before, values])
    return Generator(tuple(columns))


def _numbers(values: pd.Series) -> tuple[Array, tuple[str, ...] | None]:
    """A column as numbers; names become their places in the sorted list of names."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan), None
    names = tuple(sorted(values.dropna().unique()))
    places = {name: float(place) for place, name in enumerate(names)}
    return np.array([places.get(name, np.nan) for name in values.tolist()]), names


def _names(places: Array, categories: tuple[str, ...]) -> Array:
    return np.array([None if np.isnan(place) else categories[int(place)] for place in places], dtype=object)


def _fit_column(
    name: str,
    values: Array,
    categories: tuple[str, ...] | None,
    before: Array,
    columns: list[ColumnModel],
    step: float | None,
    seed: int,
) -> ColumnModel:
    missing = np.isnan(values)
    known = rankdata(values[~missing]) / max(1, (~missing).sum())
    ranks = np.full(len(values), MISSING)
    ranks[~missing] = known
    codes = {
        place: _code_by_mean(before[:, place], ranks, len(column.categories))
        for place, column in enumerate(columns)
        if column.categories is not None
    }
    tree: DecisionTreeClassifier | DecisionTreeRegressor | None = None
    leaf = np.zeros(len(values), dtype=int)
    if columns:
        if categories is not None and len(categories) >= MANY_CATEGORIES:
            tree = DecisionTreeClassifier(min_samples_leaf=SMALLEST_LEAF, random_state=seed)
            target = np.where(missing, -1, values).astype(int)
        else:
            tree = DecisionTreeRegressor(min_samples_leaf=SMALLEST_LEAF, random_state=seed)
            target = ranks
        coded = _coded(before, codes)
        tree.fit(coded, target)
        leaf = tree.apply(coded)
    order = np.lexsort((values, leaf))
    size = np.bincount(leaf)
    occurrences = pd.Series(values).map(pd.Series(values).value_counts()).to_numpy()
    whole = bool(np.all(values[~missing] % 1 == 0))
    return ColumnModel(
        name,
        categories,
        codes,
        tree,
        np.cumsum(size) - size,
        size,
        values[order],
        (categories is not None) | (occurrences >= SHARED_BY)[order],
        step if step is not None else float(whole),
    )


def _code_by_mean(places: Array, ranks: Array, count: int) -> Array:
    """The mean rank of the column to predict for each name: names that act alike stand side by side."""
    known = ~np.isnan(places)
    which = places[known].astype(int)
    sums, counts = np.bincount(which, ranks[known], count), np.bincount(which, minlength=count)
    return sums / np.maximum(counts, 1)


def _coded(before: Array, codes: dict[int, Array]) -> Array:
    coded = before.copy()
    for place, table in codes.items():
        known = ~np.isnan(before[:, place])
        coded[known, place] = table[before[known, place].astype(int)]
    return coded


def _draw(column: ColumnModel, drawn: Array, rng: np.random.Generator) -> Array:
    rows = len(drawn)
    leaf = np.zeros(rows, dtype=int) if column.tree is None else column.tree.apply(_coded(drawn, column.codes))
    first, size = column.start[leaf], column.size[leaf]
    donor = first + (rng.random(rows) * size).astype(int)
    towards = rng.random(rows)
    value, neighbour = column.values[donor], column.values[np.minimum(donor + 1, first + size - 1)]
    # the last value of a leaf has no neighbour above: it takes the one below
    below = column.values[np.maximum(donor - 1, first)]
    neighbour = np.where((neighbour == value) | np.isnan(neighbour), below, neighbour)
    between = value + towards * (neighbour - value)
    if column.step:
        between = np.round(between / column.step) * column.step
    return np.where(column.shared[donor] | np.isnan(value), value, between)
