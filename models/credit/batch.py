"""Scores a whole file of applications: CSV or Parquet, told apart by content, bounded before it is unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api import types

from models.credit.application import CLIENT_ID, Column, columns
from models.credit.model import CreditModel
from models.credit.score import decide
from models.errors import InputError

MAX_BYTES = 100_000_000  # of the file, and of a Parquet file's columns once unpacked times ten
MAX_ROWS = 200_000


def score(path: str | Path | None, model: CreditModel) -> dict[str, Any]:
    """The probability and decision of every row, in the file's order.

    Args:
        path: an uploaded CSV (comma or semicolon, UTF-8, a header) or Parquet file of original columns. A column that
            is missing is unknown; ``SK_ID_CURR`` is handed back as the client's number.
        model: what scores.

    Returns:
        ``rows``, ``scores`` (``row`` counts from 0) and ``ignored``, the columns that no application has.

    Raises:
        InputError: no file, not a table, too large, or a wrong cell: the sentence names its row and column.
    """
    table = _read(path)
    known = columns()
    ignored = [str(name) for name in table.columns if name not in known and name != CLIENT_ID]
    if len(ignored) == len(table.columns):
        raise InputError("table_columns", received=", ".join(ignored[:5])[:120] or "-")
    data = {
        name: _values(table[name], rule) if name in table else _unknown(len(table), rule)
        for name, rule in known.items()
    }
    ids = _ids(table)
    probabilities = model.probability(pd.DataFrame(data)) if len(table) else np.empty(0)
    scores = [
        {
            "row": row,
            "client_id": client_id,
            "probability": float(probability),
            "decision": decide(probability, model.threshold),
        }
        for row, (client_id, probability) in enumerate(zip(ids, probabilities, strict=True))
    ]
    return {"rows": len(table), "scores": scores, "ignored": ignored}


def _read(path: str | Path | None) -> pd.DataFrame:
    if path is None:
        raise InputError("no_table")
    file = Path(path)
    size = file.stat().st_size
    if size == 0:
        raise InputError("table_empty")
    if size > MAX_BYTES:
        raise InputError("table_heavy", size=f"{size / 1e6:.0f}", limit=MAX_BYTES // 1_000_000)
    with file.open("rb") as stream:
        is_parquet = stream.read(4) == b"PAR1"
    table = _read_parquet(file) if is_parquet else _read_csv(file)
    if len(table) > MAX_ROWS:
        raise InputError("table_rows", received=len(table), limit=MAX_ROWS)
    return table


def _read_parquet(file: Path) -> pd.DataFrame:
    try:
        with pq.ParquetFile(file) as parquet:
            groups = range(parquet.metadata.num_row_groups)
            unpacked = sum(parquet.metadata.row_group(group).total_byte_size for group in groups)
            if parquet.metadata.num_rows > MAX_ROWS or unpacked > 10 * MAX_BYTES:
                raise InputError("table_rows", received=parquet.metadata.num_rows, limit=MAX_ROWS)
            return parquet.read().to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError("table_damaged", reason=str(error).splitlines()[0][:120]) from error


def _read_csv(file: Path) -> pd.DataFrame:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            header = stream.readline(100_000)
        separator = ";" if header.count(";") > header.count(",") else ","
        table = pd.read_csv(
            file,
            sep=separator,
            dtype=str,
            encoding="utf-8-sig",
            skip_blank_lines=False,
            nrows=MAX_ROWS + 1,
            index_col=False,
        )
    except (UnicodeError, ValueError) as error:  # pandas' own parser errors are ValueErrors
        raise InputError("table_damaged", reason=str(error).splitlines()[0][:120]) from error
    if separator == ";":  # the decimal comma comes with the semicolon
        numeric = [name for name, rule in columns().items() if not rule.is_category and name in table]
        table[numeric] = table[numeric].apply(lambda text: text.str.replace(",", "."))
    return table


def _unknown(rows: int, rule: Column) -> np.ndarray:
    return np.full(rows, None, dtype=object) if rule.is_category else np.full(rows, np.nan)


def _values(cells: pd.Series, rule: Column) -> np.ndarray:
    """A column's checked values: float with NaN, or text with None."""
    known = cells.notna().to_numpy()
    if rule.is_category:
        texts = cells.astype(object).where(known, None).to_numpy()
        wrong = known & ~np.isin(texts.astype(str), rule.categories)
        _refuse_first(wrong, cells, rule)
        return texts
    if types.is_bool_dtype(cells.dtype):
        _refuse_first(known, cells, rule)
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        fits = ((numbers >= rule.low) & (numbers <= rule.high)) | np.isin(numbers, rule.special)
        if rule.whole:
            fits &= numbers == np.round(numbers)
    _refuse_first(known & ~fits, cells, rule)
    return numbers


def _refuse_first(wrong: np.ndarray, cells: pd.Series, rule: Column) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        received = repr(cells.iloc[row])[:60]
        raise InputError("cell", row=row, column=rule.name, received=received, allowed=rule.allowed)


def _ids(table: pd.DataFrame) -> list[int | None]:
    if CLIENT_ID not in table:
        return [None] * len(table)
    rule = Column(CLIENT_ID, "code", 0, 2**53, whole=True)
    return [None if np.isnan(value) else int(value) for value in _values(table[CLIENT_ID], rule)]
