"""A data set cut into parts, each scored and explained on its own and written whole or not at all.

A part is a range of rows of one Parquet file, or a handful of pictures. Its output carries the digest of all it was
made from (files, rows, weights), so that a later run knows what is finished and a repeated part overwrites itself.
Nothing here knows of Ray: one process can do every part, one after the other.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.credit.tables.table import places
from models.errors import InputError
from models.runtime import hub

WEIGHTS = Path(__file__).parents[2] / "weights"
CREDIT = "credit"
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
ROWS_A_PART = 1000  # applications; some 4 s of one core
PICTURES_A_PART = 100  # some 5 s of one core
DIGEST = b"vitrine.part"  # key in the metadata of a part's file


class Refused(Exception):
    """Input that cannot be scored; ``sentences`` name the file, and the row where there is one."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = tuple(map(readable, sentences))
        super().__init__("\n".join(self.sentences))


def readable(name: str) -> str:
    """A file's name as text: its bytes that are no UTF-8, which no Arrow table takes, are written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True)
class Partition:
    """What is scored in one go.

    Attributes:
        number: its place in the data set, from 0.
        files: names below the data set's folder: one Parquet file, or pictures.
        start, stop: the rows of the Parquet file, ``stop`` excluded; of pictures, 0 and their count.
        rows: of the output.
        digest: of the files (name, size, time of change), the rows and the weights.
    """

    number: int
    files: tuple[str, ...]
    start: int
    stop: int
    rows: int
    digest: str

    @property
    def name(self) -> str:
        """The name of the file that the part's output is written to."""
        return f"part-{self.number:06d}.parquet"

    def to_json(self) -> str:
        """The form in which it travels to a worker."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Partition:
        """The part that :meth:`to_json` wrote."""
        fields = json.loads(text)
        return cls(**{**fields, "files": tuple(fields["files"])})


def plan(source: Path, models: Sequence[str], size: int | None = None) -> tuple[Partition, ...]:
    """Cuts a data set into parts, the same whenever its files are the same.

    Args:
        source: a Parquet file, or a folder of Parquet files or pictures, at any depth.
        models: ``("credit",)``, or names of image classifiers.
        size: rows or pictures a part; None for the usual.

    Raises:
        Refused: there is nothing to score, or a file is no Parquet file.
    """
    weights = "".join(fingerprint(name) for name in models)
    credit = tuple(models) == (CREDIT,)
    suffixes = (".parquet",) if credit else PICTURES
    names = [source.name] if source.is_file() else list(_names(source, suffixes))
    pieces = _rows(source, names, size or ROWS_A_PART) if credit else _handfuls(names, size or PICTURES_A_PART)
    folder = root(source)
    parts = []
    for number, (files, start, stop) in enumerate(pieces):
        states = [(folder / name).stat() for name in files]
        made_from = [
            weights,
            start,
            stop,
            [(name, s.st_size, s.st_mtime_ns) for name, s in zip(files, states, strict=True)],
        ]
        digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
        parts.append(Partition(number, files, start, stop, (stop - start) * len(models), digest))
    if not parts:
        raise Refused(f"{source.name}: nothing to score: no rows in {' or '.join(suffixes)} files")
    return tuple(parts)


def root(source: Path) -> Path:
    """The folder below which a data set's files are named."""
    return source.parent if source.is_file() else source


def fingerprint(model: str) -> str:
    """SHA-256 of a model's weights and configuration, where they are read from: the Hub's commit, or ``weights/``; and
    of the figures that choose its saliency method.
    """
    folder = hub.folder(model, WEIGHTS / model)
    files = [folder / name for name in hub.files(model) if name not in (hub.LISTING, "metrics.json")]
    files.append(WEIGHTS / model / "explanations.json")  # of models.vision.measured, which needs torch
    return hashlib.sha256(b"".join(path.read_bytes() for path in files if path.is_file())).hexdigest()


def is_finished(part: Partition, out: Path) -> bool:
    """Whether the part's output stands in ``out``, complete and made from what the part is made from."""
    try:
        footer = pq.read_metadata(out / part.name)
    except (OSError, pa.ArrowException):  # absent, or cut short
        return False
    return footer.num_rows == part.rows and (footer.metadata or {}).get(DIGEST) == part.digest.encode()


def write(table: pa.Table, part: Partition, out: Path) -> None:
    """Writes a part's output: under its name there is at any moment the whole of it, or nothing."""
    if table.num_rows != part.rows:
        raise ValueError(f"{part.name} should hold {part.rows} rows, got {table.num_rows}")
    passing = out / f".{part.name}.{uuid.uuid4().hex}"
    try:
        with passing.open("wb") as stream:
            pq.write_table(table.replace_schema_metadata({DIGEST: part.digest}), stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        passing.replace(out / part.name)
    finally:
        passing.unlink(missing_ok=True)


def _names(folder: Path, suffixes: tuple[str, ...]) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.suffix.lower() in suffixes and path.is_file() and not any(step.startswith(".") for step in name.parts):
            yield name.as_posix()


def _rows(source: Path, names: Sequence[str], size: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    for name in names:
        try:
            with (root(source) / name).open("rb") as file:  # Arrow opens no name that is not UTF-8
                footer = pq.read_metadata(file)
        except (OSError, pa.ArrowException) as error:
            raise Refused(f"{name}: no Parquet file: {str(error).splitlines()[0][:120]}") from error
        try:
            places(footer.schema.to_arrow_schema().names)
        except InputError as error:
            raise Refused(f"{name}: {error}") from error
        for start in range(0, footer.num_rows, size):
            yield (name,), start, min(start + size, footer.num_rows)


def _handfuls(names: Sequence[str], size: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    for start in range(0, len(names), size):
        files = tuple(names[start : start + size])
        yield files, 0, len(files)
