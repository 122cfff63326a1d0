"""CSV as people have it: four separators, Excel's ``sep=`` line, blanks around values, but no row of another length."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from models.credit.tables import encoding
from models.credit.tables.table import MAX_ROWS, SEPARATORS, RawTable, TableFormat, foreign, known_name, places
from models.errors import InputError, shown

LONGEST_HEADER = 1_000_000  # characters
MOST_HEADINGS = 10_000  # an application has 120 columns, and a table may hold others beside them
MOST_SEPARATORS = 1_000_000  # of one row, those within quotation marks included
CELLS_AT_ONCE = 500_000  # that are held as Python objects
csv.field_size_limit(LONGEST_HEADER)  # of a cell too, where Python would stop at 131,072 characters
SEP_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)


def read(stream: BinaryIO) -> RawTable:
    """A CSV file's cells.

    Args:
        stream: the file, which can be rewound.

    Raises:
        InputError: no text, no known column, a row with more or fewer fields than there are headings, a quoted value
            that does not end, or too many rows.
    """
    found = encoding.detect(stream)
    # a codec for a file that begins with a mark skips it
    lines = iter(io.TextIOWrapper(stream, encoding=found.codec, newline=""))
    head, separator, passed = _header(lines)
    rows = _Rows(_trimmed(itertools.chain([head], lines), separator), separator, passed)
    _, headings = next(rows, (0, [""]))
    if len(headings) > MOST_HEADINGS:
        raise InputError("table_wide", limit=MOST_HEADINGS, received=len(headings))
    at = places(headings)
    cells, line_numbers = _cells(rows, headings, at)
    reading = TableFormat("csv", encoding=found.name, separator=separator, empty=rows.empty)
    return RawTable(cells, foreign(headings), len(line_numbers), line_numbers, reading)


def _header(lines: Iterator[str]) -> tuple[str, str, int]:
    """The line of the headings, the separator, and how many lines stand before it."""
    said = None
    for passed, line in enumerate(lines):
        text = line.replace("\ufeff", "")
        sep_line = SEP_LINE.fullmatch(text) if said is None else None
        if sep_line:
            said = sep_line[1]
        elif text.strip():
            if len(text) > LONGEST_HEADER:
                raise InputError("table_columns", received=shown(text))
            if said is not None and said not in SEPARATORS:
                raise InputError("table_separator", received=shown(said))
            return text, said or _separator(text), passed
    raise InputError("table_empty")


def _separator(header: str) -> str:
    """The separator that gives most known headings, then most headings; a comma where there is but one heading."""

    def headings(separator: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=separator, skipinitialspace=True), [])
        return sum(known_name(name) is not None for name in names), len(names)

    return max(SEPARATORS, key=headings)


def _trimmed(lines: Iterator[str], separator: str) -> Iterator[str]:
    """The lines, without the blanks between the end of a quoted value and what follows it."""
    after_quote = re.compile(rf'(?<=[^\s"{re.escape(separator)}])"[ \u00a0]+(?=[{re.escape(separator)}\r\n]|$)')
    for line in lines:
        yield after_quote.sub('"', line) if '" ' in line or '"\u00a0' in line else line


class _Rows(Iterator[tuple[int, list[str]]]):
    """The line and the fields of every row that holds something; the others are counted in ``empty``."""

    def __init__(self, lines: Iterator[str], separator: str, passed: int) -> None:
        self._separator = separator
        self._separators = 0  # in the row that is being read
        self._reader = csv.reader(self._bounded(lines), delimiter=separator, skipinitialspace=True, strict=True)
        self._passed = passed
        self.empty = 0

    def __next__(self) -> tuple[int, list[str]]:
        try:
            for fields in self._reader:
                self._separators = 0
                if any(field.strip(" \t\u00a0\x1a") for field in fields):
                    return self._passed + self._reader.line_num, fields
                self.empty += 1
        except csv.Error as error:  # a quotation mark that is not closed swallows what follows
            raise InputError("table_quotes", line=self._passed + self._reader.line_num) from error
        raise StopIteration

    def _bounded(self, lines: Iterator[str]) -> Iterator[str]:
        """The lines, until a row holds too many separators: its fields would fill memory before they are counted."""
        for line in lines:
            self._separators += line.count(self._separator)
            if self._separators > MOST_SEPARATORS:
                raise InputError("table_wide", limit=MOST_HEADINGS, received=self._separators + 1)
            yield line


@dataclass
class _Column:
    """A known column, gathered piece by piece; what repeats is held once."""

    pieces: list[pa.Array]

    def array(self) -> pa.Array:
        if not self.pieces:
            return pa.array([], pa.string()).dictionary_encode()
        return pa.chunked_array(self.pieces).unify_dictionaries().combine_chunks()


def _checked(rows: _Rows, headings: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The rows, each refused as it is read: gathered first, rows much wider than the headings would fill memory."""
    unnamed = [place for place, heading in enumerate(headings) if place and not heading.strip()]
    for row, (line, fields) in enumerate(rows):
        if len(fields) != len(headings):
            raise InputError("table_ragged", row=row, line=line, received=len(fields), expected=len(headings))
        for place in unnamed:  # a value that stands under no heading may have been pushed there
            if fields[place].strip():
                received = shown(fields[place].strip())
                raise InputError("table_unnamed", row=row, line=line, column=place + 1, received=received)
        yield line, fields


def _cells(rows: _Rows, headings: Sequence[str], at: dict[str, int]) -> tuple[dict[str, pa.Array], np.ndarray]:
    """The cells of every known column, and each row's line."""
    checked = _checked(rows, headings)
    gathered = {name: _Column([]) for name in at}
    numbers: list[int] = []
    while piece := list(itertools.islice(checked, CELLS_AT_ONCE // len(headings))):
        numbers += [line for line, _ in piece]
        if len(numbers) > MAX_ROWS:
            raise InputError("table_rows", limit=MAX_ROWS)
        for name, place in at.items():
            cells = pa.array([fields[place] for _, fields in piece], pa.string())
            gathered[name].pieces.append(cells.dictionary_encode())
    return {name: column.array() for name, column in gathered.items()}, np.array(numbers, dtype=np.int64)
