"""The synthetic clients that the credit tab shows, scored once when the app starts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pandas as pd

from models import arguments
from models.credit.application import CLIENT_ID, column, columns
from models.credit.features import engineer
from models.credit.model import CreditModel
from models.credit.policy import BORDERLINE
from models.credit.score import Decision, decide
from models.credit.wording import NOT_APPLICABLE, WITHOUT, Value, is_missing, is_said, told
from models.errors import InputError, ModelUnavailable, shown

ROUNDING = 1e-9  # by which the same score may differ between one row and a whole table
Selection = Literal["all", "granted", "refused", "borderline"]
SELECTIONS: tuple[Selection, ...] = get_args(Selection)


@dataclass(frozen=True)
class Client:
    """One client in a list."""

    client_id: int
    probability: float
    decision: Decision


class Portfolio:
    """Clients by number, with their probability of default.

    Args:
        table: one row a client: ``SK_ID_CURR``, the original columns, and ``TARGET``, the drawn outcome.
        model: what scores them.
    """

    def __init__(self, table: pd.DataFrame, model: CreditModel) -> None:
        self.ids = table[CLIENT_ID].to_numpy()
        self.outcomes = table["TARGET"].to_numpy()
        self.applications = table[list(columns())].reset_index(drop=True)
        self.model = model
        self.probabilities = model.probability(self.applications)
        self._row = {int(client_id): row for row, client_id in enumerate(self.ids)}

    @classmethod
    def read(cls, path: Path, model: CreditModel) -> Portfolio:
        """From a Parquet file.

        Raises:
            ModelUnavailable: the file is missing or damaged.
        """
        try:
            return cls(pd.read_parquet(path), model)
        except (OSError, ValueError, KeyError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ModelUnavailable("portfolio", file=path.name, reason=reason) from error

    @cached_property
    def features(self) -> np.ndarray:
        """(n, f) the model's features of every client."""
        return self.model.matrix(self.applications)

    @cached_property
    def known_features(self) -> np.ndarray:
        """(n, f) the same, NaN where a feature is unknown, whatever usual value stands in for it."""
        return engineer(self.applications, replace(self.model.feature_spec, usual={}))

    def values(self, name: object) -> np.ndarray:
        """(n,) values of an original column or of a feature of the model.

        Numbers are float, codes such as 365243 and unknown ones NaN; the texts of a category are objects.

        Raises:
            InputError: there is no such column or feature.
        """
        if isinstance(name, str) and name in self.model.features and name not in columns():
            return self.known_features[:, self.model.features.index(name)]
        rule = column(name, "feature")
        values = self.applications[rule.name].to_numpy()
        if rule.is_category:
            return values.astype(object)
        values = values.astype(float)
        return np.where(np.isin(values, rule.special), np.nan, values)

    def is_known(self, name: object) -> np.ndarray:
        """(n,) of which clients a column or a feature is known, also where it is a category that training hardly met.

        Raises:
            InputError: there is no such column or feature.
        """
        values = self.values(name)
        return np.array([is_said(value) for value in values]) if values.dtype == object else ~np.isnan(values)

    def code(self, row: int, name: str) -> Value:
        """What stands in place of a client's value: 365243 for "not employed", or ``NOT_APPLICABLE``, as of the age of
        no car; None where nothing does.
        """
        if name not in columns():
            return None
        owner, _ = WITHOUT.get(name, (name, None))
        value = told(name, {one: self._readable[one][row] for one in (name, owner)})
        return value if value == NOT_APPLICABLE or value in columns()[name].special else None

    def row(self, client_id: object) -> int:
        """The row of a client.

        Raises:
            InputError: there is no such client.
        """
        if (
            isinstance(client_id, (int, np.integer, float))
            and not isinstance(client_id, bool)
            and client_id in self._row
        ):
            return self._row[int(client_id)]
        low, high = int(min(self.ids)), int(max(self.ids))
        absent = InputError("client_absent", number=shown(client_id).strip("'"), low=low, high=high)
        raise InputError("client_unknown", received=shown(client_id), low=low, high=high, on_page=absent)

    def application(self, client_id: object) -> dict[str, Value]:
        """Original column -> value, None where unknown; whole numbers as int."""
        row = self.row(client_id)
        return {name: values[row] for name, values in self._readable.items()}

    @cached_property
    def _readable(self) -> dict[str, list[Value]]:
        """Original column -> every client's value, as people and programs receive it."""
        return {name: [_plain(value) for value in self.applications[name].tolist()] for name in columns()}

    def percentile(self, probability: float) -> float:
        """Share of clients with a lower probability of default, 0..1."""
        return float((self.probabilities < probability - ROUNDING).mean())

    def select(self, selection: object, threshold: float) -> np.ndarray:
        """Rows of a selection: all, granted, refused, or borderline (within ``BORDERLINE`` of the cut-off).

        Raises:
            InputError: no such selection.
        """
        name = arguments.one_of("decision", selection, SELECTIONS)
        chosen = {
            "all": np.ones(len(self.ids), dtype=bool),
            "granted": self.probabilities < threshold,
            "refused": self.probabilities >= threshold,
            "borderline": np.abs(self.probabilities - threshold) <= BORDERLINE,
        }[name]
        return np.flatnonzero(chosen)

    def client(self, row: int, threshold: float) -> Client:
        """The client in a row, judged at a cut-off."""
        probability = float(self.probabilities[row])
        return Client(int(self.ids[row]), probability, decide(probability, threshold))


def _plain(value: Value) -> Value:
    if is_missing(value):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value
