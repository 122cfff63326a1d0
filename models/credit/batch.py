"""Scores a whole file of applications."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.credit.model import CreditModel
from models.credit.score import Decision, decide
from models.credit.tables.read import read
from models.credit.tables.table import TableFormat
from models.errors import InputError
from models.texts import ENGLISH


@dataclass(frozen=True)
class ScoredRow:
    """One application of a file: its place, counted from 0, and its score."""

    row: int
    client_id: int | None
    probability: float
    decision: Decision


@dataclass(frozen=True)
class Batch:
    """The scores of a file.

    Attributes:
        scores: in the file's order.
        unscored: (row, client's number or None) of rows that say nothing of their application.
        ignored: headings that no application has.
        reading: how the file was read.
    """

    scores: tuple[ScoredRow, ...]
    unscored: tuple[tuple[int, int | None], ...]
    ignored: tuple[str, ...]
    reading: TableFormat

    def to_json(self) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "rows": len(self.scores),
            "scores": [vars(score) for score in self.scores],
            "ignored": list(self.ignored),
            "unscored": [{"row": row, "client_id": client_id} for row, client_id in self.unscored],
            "read": self.reading.message(ENGLISH),
        }


def score(path: str | Path | None, model: CreditModel) -> dict[str, Any]:
    """The scores of a file at the model's own cut-off, in the form that programs receive; as :func:`judge`."""
    return judge(path, model, model.threshold).to_json()


def judge(path: str | Path | None, model: CreditModel, threshold: float) -> Batch:
    """The probability and decision of every row.

    Args:
        path: an uploaded CSV or Parquet file of original columns, plain or in gzip or zip. A column that is missing is
            unknown; ``SK_ID_CURR`` is handed back as the client's number.
        model: what scores.
        threshold: cut-off on P(default), in (0, 1).

    Raises:
        InputError: no file, not a table, too large, or a wrong cell: the sentence names its row and column.
    """
    applications, ignored = read(path)
    known = applications.known(model.feature_spec.columns)
    if len(known) and not known.any():
        raise InputError("table_unknown", rows=len(known), allowed=", ".join(model.feature_spec.columns))
    ids = [None if np.isnan(number) else int(number) for number in applications.ids]
    rows = np.flatnonzero(known)
    table = pd.DataFrame({name: values[rows] for name, values in applications.values.items()})
    probabilities = model.probability(table) if len(rows) else np.empty(0)
    return Batch(
        tuple(
            ScoredRow(int(row), ids[row], float(probability), decide(probability, threshold))
            for row, probability in zip(rows, probabilities, strict=True)
        ),
        tuple((int(row), ids[row]) for row in np.flatnonzero(~known)),
        ignored,
        applications.reading,
    )
