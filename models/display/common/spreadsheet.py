"""Tables as CSV files that a spreadsheet of the reader's language opens in columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from models.texts import Texts

FORMULA = (
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
)  # what a spreadsheet takes a cell for a formula by (OWASP, CSV injection)


def save_csv(frame: pd.DataFrame, path: Path, texts: Texts) -> Path:
    """Writes a frame, with the accents as they are and no text that a spreadsheet would carry out.

    Args:
        frame: a row a line; texts may come from anywhere.
        path: of the file, in a folder of the caller's.
        texts: the language, which decides on the separator and the decimal mark.
    """
    safe = frame.map(as_text).rename(columns=as_text)
    safe.to_csv(path, index=False, encoding="utf-8-sig", sep=texts.conventions.csv, decimal=texts.conventions.decimal)
    return path


def as_text(value: Any) -> Any:
    """A value for a spreadsheet: a text that it would read as a formula gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value
