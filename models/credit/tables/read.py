"""From an upload to checked applications."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from models.credit.tables import columnar, delimited
from models.credit.tables.cells import Applications, check
from models.credit.tables.unpack import PARQUET, unpacked
from models.errors import InputError


def read(path: str | Path | None) -> tuple[Applications, tuple[str, ...]]:
    """The applications of a CSV or Parquet file, plain or in gzip or zip, and the headings that no application has.

    Raises:
        InputError: no file, no table, too large, or anything in it that might be misread: the sentence names the place.
    """
    if path is None:
        raise InputError("no_table")
    stream, packed = unpacked(Path(path))
    with stream:
        is_parquet = stream.read(len(PARQUET)) == PARQUET
        stream.seek(0)
        table = columnar.read(stream) if is_parquet else delimited.read(stream)
    return check(replace(table, reading=table.reading.packed_as(packed))), table.ignored
