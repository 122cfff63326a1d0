"""What the readers hand over: the cells of every known column as the file holds them, and how they were read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from models.credit.application import CLIENT_ID, columns
from models.errors import InputError, shown
from models.numerals import Decimal
from models.texts import Texts

MAX_BYTES = 100_000_000  # of a file, and of what it unpacks to
MAX_ROWS = 200_000
MAX_NAME = 100  # characters of a column's name that an answer repeats
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


@dataclass(frozen=True)
class TableFormat:
    """How a file was read; said in one line.

    Attributes:
        kind: "csv" or "parquet".
        packed: "gz" or "zip", or "" for a file that was not packed.
        encoding: such as "UTF-8"; empty for Parquet.
        separator: a key of ``SEPARATORS``; empty for Parquet.
        decimal: the decimal mark, or None where no number has decimals.
        empty: rows without anything in them, which are left out.
    """

    kind: str
    packed: str = ""
    encoding: str = ""
    separator: str = ""
    decimal: Decimal | None = None
    empty: int = 0

    def message(self, texts: Texts) -> str:
        """How it was read: ``CSV (zip): UTF-8, semicolons between columns, decimal comma; 2 empty rows left out``."""
        parts = [self.encoding] if self.encoding else []
        if self.separator:
            parts.append(texts(f"credit.reading.{SEPARATORS[self.separator]}"))
        if self.kind == "csv" and self.decimal:
            parts.append(
                texts("credit.reading.decimal_comma" if self.decimal == "," else "credit.reading.decimal_point")
            )
        if self.empty:
            parts.append(texts.count("credit.reading.empty", self.empty))
        kind = {"csv": "CSV", "parquet": "Parquet"}[self.kind] + (f" ({self.packed})" if self.packed else "")
        details = texts("credit.reading.details", parts=", ".join(parts)) if parts else ""
        return texts("credit.reading.read", kind=kind, details=details)

    def packed_as(self, packed: str) -> TableFormat:
        """The same, of a file that was packed."""
        return replace(self, packed=packed)


@dataclass(frozen=True)
class Place:
    """A row, as part of a sentence: its number from 0, and its line in a file of text."""

    row: int
    line: int | None

    def message(self, texts: Texts) -> str:
        """``row 4 (the first is 0; line 6 of the file)``."""
        if self.line is None:
            return texts("errors.place_row", row=self.row)
        return texts("errors.place_line", row=self.row, line=self.line)


@dataclass(frozen=True)
class RawTable:
    """Cells that were read and not yet checked.

    Attributes:
        cells: known column, or ``SK_ID_CURR`` -> its cells; texts are dictionary-encoded.
        ignored: the headings that no application has, as the file writes them.
        rows: rows that hold something.
        lines: (rows,) each row's line in the file; None where a file has no lines.
        reading: how they were read.
        start: the number of the first of these rows in the file, which may be a part of it.
    """

    cells: Mapping[str, pa.Array]
    ignored: tuple[str, ...]
    rows: int
    lines: np.ndarray | None
    reading: TableFormat
    start: int = 0

    def place(self, row: int) -> Place:
        """Where a row stands."""
        return Place(self.start + row, None if self.lines is None else int(self.lines[row]))


def known_name(heading: str) -> str | None:
    """The column that a heading means, whatever its case and the space around it; None where it means none."""
    name = heading.replace("\ufeff", "").replace("\u200b", "").strip().upper()
    return name if name in columns() or name == CLIENT_ID else None


def places(headings: Sequence[str]) -> dict[str, int]:
    """Known column -> its place among the headings.

    Raises:
        InputError: a known column stands there twice, or no column of an application stands there.
    """
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = known_name(heading)
        if name in found:
            raise InputError("table_twice", column=name)
        if name is not None:
            found[name] = place
    if not set(found) - {CLIENT_ID}:
        received = ", ".join(shown(name) for name in headings[:4])
        raise InputError("table_columns", received=received or "-")
    return found


def foreign(headings: Sequence[str]) -> tuple[str, ...]:
    """The headings that no application has, each at most ``MAX_NAME`` characters long."""
    names = [heading.strip() for heading in headings if known_name(heading) is None and heading.strip()]
    return tuple(name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "\u2026" for name in names)
