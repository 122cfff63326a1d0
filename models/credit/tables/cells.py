"""From cells as a file holds them to an application's values, each checked by its column's rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models import numerals
from models.credit.application import CLIENT_ID, Column, columns
from models.credit.tables.table import RawTable, TableFormat
from models.errors import InputError, shown
from models.numerals import Decimal

UNKNOWN = frozenset({"", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "<na>"})  # in lower case
TRUTH = {"true": "1", "vrai": "1", "false": "0", "faux": "0"}  # of flags
# what programs write, which needs no closer look; as many digits as a float holds
SIMPLE: dict[Decimal, str] = {mark: rf"^-?[0-9]{{1,15}}(?:[{mark}][0-9]{{1,20}})?$" for mark in (".", ",")}
SURE = r"^-?(?:0\.[0-9]+|[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,}))$"  # a decimal point: no thousands could end so
IDS = Column(CLIENT_ID, "code", 0, 2**53 - 1, whole=True)


def known_rules() -> dict[str, Column]:
    """What the cells of each column that is read may hold, by its name."""
    return columns() | {CLIENT_ID: IDS}


@dataclass(frozen=True)
class Applications:
    """Checked applications.

    Attributes:
        values: (rows,) of every original column: float64 with NaN, or text with None where unknown.
        ids: (rows,) clients' numbers, NaN where there is none.
        reading: how the file was read, its decimal mark included.
    """

    values: Mapping[str, np.ndarray]
    ids: np.ndarray
    reading: TableFormat

    def known(self, columns: Iterable[str]) -> np.ndarray:
        """(rows,) whether any of these columns is known of the application."""
        found = np.zeros(len(self.ids), dtype=bool)
        for values in map(self.values.__getitem__, columns):
            found |= values != None if values.dtype == object else ~np.isnan(values)  # noqa: E711
        return found


@dataclass(frozen=True)
class _Texts:
    """A column of texts: what stands in it, each once, and where.

    Attributes:
        texts: those that stand in some cell; what the dictionary holds besides is empty.
        codes: (rows,) the place of each row's text; -1 where the cell is null.
    """

    texts: pa.StringArray
    codes: np.ndarray

    def first(self, place: int) -> int:
        """The first row that holds a text."""
        return int(np.argmax(self.codes == place))

    def spread(self, values: np.ndarray, unknown: float | None) -> np.ndarray:
        """(rows,) the values of the texts, where they stand."""
        matched: np.ndarray = np.append(values, np.array([unknown], dtype=values.dtype))[self.codes]
        return matched

    def which(self, pattern: str) -> np.ndarray:
        """Whether each text matches a regular expression (of RE2)."""
        matched: np.ndarray = pc.match_substring_regex(self.texts, pattern).to_numpy(zero_copy_only=False)
        return matched


def check(table: RawTable) -> Applications:
    """The applications of a table.

    Raises:
        InputError: a cell that its column does not allow, or numbers that may be read in two ways; the sentence names
            the row, the column and what stands there.
    """
    rules = known_rules()
    texts = {name: _texts(cells, table, rules[name]) for name, cells in table.cells.items() if _is_dictionary(cells)}
    numeric = {name: column for name, column in texts.items() if not rules[name].is_category}
    decimal = _decimal(table, numeric)
    values = {}
    for name, rule in rules.items():
        if name not in table.cells:
            values[name] = _unknown(table.rows, rule)
        elif name in numeric:
            values[name] = _numbers(numeric[name], rule, decimal or ".", table)
        elif name in texts:
            values[name] = _categories(texts[name], rule, table)
        else:
            values[name] = _typed(table.cells[name], rule, table)
    ids = values.pop(CLIENT_ID)
    return Applications(values, ids, replace(table.reading, decimal=decimal))


def _is_dictionary(cells: pa.Array) -> bool:
    dictionary: bool = pa.types.is_dictionary(cells.type)
    return dictionary


def _unknown(rows: int, rule: Column) -> np.ndarray:
    return np.full(rows, None, dtype=object) if rule.is_category else np.full(rows, np.nan)


def _refusal(table: RawTable, row: int, rule: Column, received: object) -> InputError:
    place = table.place(row)
    return InputError("cell", place=place, column=rule.name, received=shown(received), allowed=rule.allowed)


def _texts(cells: pa.DictionaryArray, table: RawTable, rule: Column) -> _Texts:
    """The texts of a column; bytes that are UTF-8 are texts that their writer did not call so."""
    codes = cells.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    used = np.zeros(len(cells.dictionary), dtype=bool)
    used[codes[codes >= 0]] = True
    written = pc.if_else(pa.array(used), cells.dictionary.cast(pa.large_binary()), b"").fill_null(b"")
    try:
        return _Texts(written.cast(pa.large_string()), codes)
    except pa.ArrowInvalid as error:  # some bytes are no text
        for place, content in enumerate(written.to_pylist()):
            if content.decode(errors="replace").encode() != content:
                raise _refusal(table, int(np.argmax(codes == place)), rule, content) from error
        raise


def _decimal(table: RawTable, numeric: Mapping[str, _Texts]) -> Decimal | None:
    """The decimal mark of a file's numbers, from those that can be read in one way only.

    Where there are none, a comma between columns and a program's texts leave the point for the decimals; any other
    separator leaves it open, and then 1.234 is refused: it may be a thousand or a decimal.
    """
    sure: dict[Decimal, tuple[str, int, str]] = {}
    open_: tuple[str, int, str] | None = None
    for name, text, place in _marked(numeric):
        marks = numerals.decimals(text)
        if len(marks) == 1 and marks[0] not in sure:
            sure[marks[0]] = (name, place, text)
        elif len(marks) == 2 and open_ is None and not (table.reading.separator in (",", "") and "," not in text):
            open_ = (name, place, text)
    if len(sure) == 2:
        (name, place, text), (other_name, other_place, other) = sure[","], sure["."]
        raise InputError(
            "table_decimals",
            place=table.place(numeric[name].first(place)),
            column=name,
            received=shown(text),
            other_place=table.place(numeric[other_name].first(other_place)),
            other_column=other_name,
            other=shown(other),
        )
    if sure:
        return next(iter(sure))
    if open_ is not None:
        name, place, text = open_
        row = table.place(numeric[name].first(place))
        raise InputError("table_ambiguous", place=row, column=name, received=shown(text))
    return "." if any(True for _ in _marked(numeric)) else None


def _marked(numeric: Mapping[str, _Texts]) -> Iterator[tuple[str, str, int]]:
    """Column, text and its place, of every text that a point or a comma stands in; of the many that a program has
    written with a decimal point and nothing else, one a column is enough.
    """
    for name, column in numeric.items():
        plain = column.which(SURE)
        for place in [*np.flatnonzero(plain)[:1].tolist(), *np.flatnonzero(column.which("[.,]") & ~plain).tolist()]:
            yield name, column.texts[place].as_py(), place


def _numbers(column: _Texts, rule: Column, decimal: Decimal, table: RawTable) -> np.ndarray:
    """(rows,) the numbers that a column's texts write."""
    values = np.full(len(column.texts), np.nan)
    unknown = np.zeros(len(values), dtype=bool)
    simple = column.which(SIMPLE[decimal])
    pointed = pc.replace_substring(column.texts.filter(pa.array(simple)), decimal, ".")
    values[simple] = pointed.cast(pa.float64()).to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(~simple).tolist():
        plain = numerals.tidy(column.texts[place].as_py())
        word = plain[:10].casefold()
        if rule.unit == "flag" and word in TRUTH:
            plain = TRUTH[word]
        unknown[place] = plain.casefold() in UNKNOWN
        if numerals.fits(plain, decimal):
            values[place] = numerals.read(plain, decimal)
    unknown |= np.isin(values, rule.unknown)
    values[unknown] = np.nan
    wrong = ~unknown & ~_fits(values, rule)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise _refusal(table, column.first(first), rule, column.texts[first].as_py())
    return column.spread(values, np.nan)


def _fits(numbers: np.ndarray, rule: Column) -> np.ndarray:
    """Whether each number may stand in a column."""
    with np.errstate(invalid="ignore"):
        fits = ((numbers >= rule.low) & (numbers <= rule.high)) | np.isin(numbers, rule.special)
        return fits & (numbers == np.round(numbers)) if rule.whole else fits


def _categories(column: _Texts, rule: Column, table: RawTable) -> np.ndarray:
    """(rows,) a column's texts, of which any white space counts as one blank."""
    values = np.full(len(column.texts), None, dtype=object)
    for place, text in enumerate(column.texts.to_pylist()):
        plain = " ".join(text.split())
        if plain in rule.categories:
            values[place] = plain
        elif plain.casefold() not in UNKNOWN:
            raise _refusal(table, column.first(place), rule, text)
    return column.spread(values, None)


def _typed(cells: pa.Array, rule: Column, table: RawTable) -> np.ndarray:
    """(rows,) values that are not texts: numbers, and true or false where a flag is asked for."""
    kind = cells.type
    if cells.null_count == len(cells):
        return _unknown(len(cells), rule)
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if is_number or pa.types.is_boolean(kind):
        known = cells.is_valid().to_numpy(zero_copy_only=False)
        if not rule.is_category and (is_number or rule.unit == "flag"):
            numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
            return _in_range(cells, numbers, rule, table)
        raise _refusal(table, int(np.argmax(known)), rule, cells[int(np.argmax(known))].as_py())
    what = "dates" if pa.types.is_temporal(kind) else "lists" if pa.types.is_nested(kind) else "other"
    raise InputError(f"column_{what}", column=rule.name, allowed=rule.allowed)


def _in_range(cells: pa.Array, numbers: np.ndarray, rule: Column, table: RawTable) -> np.ndarray:
    numbers = np.where(np.isin(numbers, rule.unknown), np.nan, numbers)
    wrong = ~np.isnan(numbers) & ~_fits(numbers, rule)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise _refusal(table, row, rule, cells[row].as_py())
    return numbers
