"""Parquet: only the columns that an application has are read, so that the others may hold what they like."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.credit.application import CLIENT_ID
from models.credit.tables.cells import known_rules
from models.credit.tables.table import MAX_BYTES, MAX_ROWS, RawTable, TableFormat, foreign, known_name, places
from models.errors import InputError

MAX_UNPACKED = 10 * MAX_BYTES  # of the columns that are read


def read(stream: BinaryIO) -> RawTable:
    """A Parquet file's cells.

    Raises:
        InputError: damaged, too large, or a known column is missing, stands twice, or holds neither texts nor numbers.
    """
    try:
        with pq.ParquetFile(stream) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            headings, at = _columns(schema)
            _refuse_too_much(file, [schema.field(place) for place in at.values()])
            wanted = [headings[place] for place in at.values()]
        stream.seek(0)
        texts = [name for name in wanted if _is_text(schema.field(schema.names.index(name)).type)]
        # a text that repeats is unpacked once: a small file could hold a long one in every row
        with pq.ParquetFile(stream, read_dictionary=texts) as file:
            table = file.read(columns=wanted)
        names = table.column_names
        cells = {name: _plain(table.column(names.index(headings[place]))) for name, place in at.items()}
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, NotImplementedError) as error:
        raise InputError("table_damaged") from error
    ids = _ids_of_index(schema.metadata, rows)
    if ids is not None and CLIENT_ID not in cells:
        cells[CLIENT_ID] = pa.array(ids, pa.int64())
    return RawTable(cells, foreign(headings), rows, None, TableFormat("parquet"))


def read_rows(file: pq.ParquetFile, start: int, stop: int) -> RawTable:
    """The cells of the rows from ``start`` to before ``stop``, of a file that may be larger than :func:`read` takes: no
    more than ``stop - start`` rows are unpacked at a time.

    Raises:
        InputError: a known column is missing, stands twice, or holds neither texts nor numbers.
        ArrowException, OSError: damaged.
    """
    schema, rows = file.schema_arrow, file.metadata.num_rows
    headings, at = _columns(schema)
    ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
    first, last = np.searchsorted(ends, [start, stop - 1], side="right")
    row = int(ends[first - 1]) if first else 0  # of the file, which the next batch begins with
    taken = []
    for batch in file.iter_batches(stop - start, range(first, last + 1), [headings[place] for place in at.values()]):
        low, high = max(start - row, 0), min(stop - row, batch.num_rows)
        if low < high:
            taken.append(batch.slice(low, high - low))
        row += batch.num_rows
        if row >= stop:
            break
    table = pa.Table.from_batches(taken)
    cells = {name: _plain(table.column(headings[place])) for name, place in at.items()}
    ids = _ids_of_index(schema.metadata, rows)
    if ids is not None and CLIENT_ID not in cells:
        cells[CLIENT_ID] = pa.array(ids[start:stop], pa.int64())
    return RawTable(cells, foreign(headings), stop - start, None, TableFormat("parquet"), start)


def _columns(schema: pa.Schema) -> tuple[list[str], dict[str, int]]:
    """The headings, and known column -> its place among them."""
    headings = [str(name) for name in schema.names]
    at = places(headings)
    _refuse_lists(schema, at)
    return headings, at


def _refuse_lists(schema: pa.Schema, at: Mapping[str, int]) -> None:
    """Before they are read: a short list that repeats can stand for one of any length."""
    for name, place in at.items():
        if pa.types.is_nested(schema.field(place).type):
            raise InputError("column_lists", column=name, allowed=known_rules()[name].allowed)


def _refuse_too_much(file: pq.ParquetFile, wanted: Sequence[pa.Field]) -> None:
    metadata = file.metadata
    if metadata.num_rows > MAX_ROWS:
        raise InputError("table_rows", limit=MAX_ROWS)
    names = {field.name for field in wanted}
    groups = (metadata.row_group(group) for group in range(metadata.num_row_groups))
    chunks = (group.column(place) for group in groups for place in range(group.num_columns))
    unpacked = sum(one.total_uncompressed_size for one in chunks if one.path_in_schema in names)
    # bytes of a fixed length stand in the file once and in memory in every row
    fixed = (field.type.byte_width for field in wanted if pa.types.is_fixed_size_binary(field.type))
    if max(unpacked, metadata.num_rows * sum(fixed)) > MAX_UNPACKED:
        raise InputError("table_bomb", limit=MAX_UNPACKED // 1_000_000)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or is_bytes(kind)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column holds bytes, as which some writers store texts."""
    binary: bool = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return binary


def _plain(column: pa.ChunkedArray) -> pa.Array:
    """One array; texts as a dictionary, a dictionary of anything else as what it stands for."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        if _is_text(kind.value_type):
            return _joined(column.unify_dictionaries())
        return _joined(column.cast(kind.value_type))
    if _is_text(kind):
        return _joined(column.dictionary_encode())
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return _joined(column.cast(pa.large_binary()).dictionary_encode())
    return _joined(column)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _ids_of_index(metadata: dict[bytes, bytes] | None, rows: int) -> range | None:
    """Clients' numbers that pandas keeps as the beginning, end and step of an index and not as a column; numbers that
    no column could hold are none.
    """
    for index in _indices(metadata):
        name, start, stop, step = (index.get(part) for part in ("name", "start", "stop", "step"))
        if not isinstance(name, str) or known_name(name) != CLIENT_ID:
            continue
        if isinstance(start, int) and isinstance(stop, int) and isinstance(step, int) and step:
            numbers = range(start, stop, step)
            # compared, as they may be more than Python counts
            if abs(start) < 2**63 and abs(stop) < 2**63 and numbers == range(start, start + rows * step, step):
                return numbers
    return None


def _indices(metadata: dict[bytes, bytes] | None) -> Iterator[dict[str, Any]]:
    try:
        described = json.loads((metadata or {}).get(b"pandas", b"{}"))
    except ValueError:
        return
    listed = described.get("index_columns") if isinstance(described, dict) else None
    for index in listed if isinstance(listed, list) else []:
        if isinstance(index, dict) and index.get("kind") == "range":
            yield index
