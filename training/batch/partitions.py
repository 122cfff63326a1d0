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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from models.credit.application import CLIENT_ID, Column, check, columns, frame
from models.credit.model import CreditModel
from models.credit.score import decide, sigmoid
from models.errors import InputError
from models.runtime import hub
from models.texts import ENGLISH

WEIGHTS = Path(__file__).parents[2] / "weights"
CREDIT = "credit"
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
ROWS_A_PART = 1000  # applications; some 4 s of one core
PICTURES_A_PART = 100  # some 5 s of one core
MAP_SIDE = 16  # cells of a saliency map along a side, at most
DIGEST = b"vitrine.part"  # key in the metadata of a part's file

CLIENT = Column(CLIENT_ID, "code", 0, 2**53, whole=True)


class Refused(Exception):
    """Input that cannot be scored; ``sentences`` name the file, and the row where there is one."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


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


Scorer = Callable[[Path, Partition], pa.Table]
"""Folder of the data set and a part of it -> the part's output, ``part.rows`` long. Raises :class:`Refused`."""


class CreditScorer:
    """Scores applications: file, row (from 0), client, probability, log-odds, base value, decision, and one column
    ``contribution_FEATURE`` a feature, in log-odds.

    Raises:
        ModelUnavailable: the weights are missing or damaged.
        Refused: they should come from the Hub, and do not.
    """

    def __init__(self) -> None:
        self.model = hub.load(CREDIT, WEIGHTS / CREDIT, CreditModel)
        _from_where_it_should(CREDIT)

    def __call__(self, folder: Path, part: Partition) -> pa.Table:
        """The scores of the part's rows, in their order."""
        (name,) = part.files
        ids, applications = _checked(_read(folder / name, part.start, part.stop), name, part.start)
        answer = self.model.attributions(applications)
        log_odds = answer.log_odds
        probabilities = [sigmoid(value) for value in log_odds.tolist()]
        scores = {
            "file": pa.array([name] * part.rows),
            "row": pa.array(range(part.start, part.stop), pa.int64()),
            "client_id": pa.array(ids, pa.int64()),
            "probability": pa.array(probabilities),
            "log_odds": pa.array(log_odds),
            "base_value": pa.array(np.full(part.rows, answer.base_value)),
            "decision": pa.array([decide(value, self.model.threshold) for value in probabilities]),
        }
        added = dict(zip(self.model.features, answer.values.T, strict=True))
        return pa.table(scores | {f"contribution_{feature}": pa.array(values) for feature, values in added.items()})


class PictureScorer:
    """Classifies pictures: a row for each picture and model, with the label, one probability column a class, and the
    saliency map of the predicted class by the model's usual method, (h, w) lists of float16 in 0..1.

    Args:
        models: names in the registry.

    Raises:
        InputError, ModelUnavailable: a name is unknown, or its weights are missing or damaged.
        Refused: weights should come from the Hub, and do not.
    """

    def __init__(self, models: Sequence[str]) -> None:
        from models.vision import registry  # torch comes with it: credit does without

        self.models = [registry.get(name) for name in models]
        for model in self.models:
            _from_where_it_should(model.name)

    def __call__(self, folder: Path, part: Partition) -> pa.Table:
        """The answers to the part's pictures, in their order."""
        from models.vision.uploads import read_upload

        rows, refusals = [], []
        for name in part.files:
            try:
                picture = read_upload(folder / name).image
            except InputError as error:
                refusals.append(f"{name}: {error}")
                continue
            for model in self.models:
                answer = model.explain(picture)
                told = {"file": name, "model": model.name, "label": answer.prediction.label, "method": answer.method}
                rows.append(told | answer.prediction.probabilities | {"saliency": _small(answer.saliency)})
        if refusals:
            raise Refused(*refusals)
        texts = [(key, pa.string()) for key in ("file", "model", "label", "method")]
        numbers = [(name, pa.float64()) for name in self.models[0].classes]
        cells = ("saliency", pa.list_(pa.list_(pa.float16())))
        return pa.Table.from_pylist(rows, pa.schema([*texts, *numbers, cells]))


def _from_where_it_should(model: str) -> None:
    """A data set is scored with the weights that are named, or not at all."""
    if note := hub.note(model):
        raise Refused(note.message(ENGLISH))


def scorer(models: Sequence[str]) -> Scorer:
    """What scores a data set with these models, loaded."""
    return CreditScorer() if tuple(models) == (CREDIT,) else PictureScorer(models)


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
    """SHA-256 of a model's weights and configuration, where they are read from: the Hub's commit, or ``weights/``."""
    folder = hub.folder(model, WEIGHTS / model)
    files = [folder / name for name in hub.files(model) if name not in (hub.LISTING, "metrics.json")]
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
    known = {*columns(), CLIENT_ID}
    for name in names:
        try:
            footer = pq.read_metadata(root(source) / name)
        except (OSError, pa.ArrowException) as error:
            raise Refused(f"{name}: no Parquet file: {str(error).splitlines()[0][:120]}") from error
        if not known & set(footer.schema.to_arrow_schema().names):
            raise Refused(f"{name}: none of its columns is a Home Credit column")
        for start in range(0, footer.num_rows, size):
            yield (name,), start, min(start + size, footer.num_rows)


def _handfuls(names: Sequence[str], size: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    for start in range(0, len(names), size):
        files = tuple(names[start : start + size])
        yield files, 0, len(files)


def _read(path: Path, start: int, stop: int) -> pa.Table:
    """Rows of a Parquet file; never more than ``stop - start`` of them are unpacked at a time."""
    taken = []
    try:
        with pq.ParquetFile(path) as file:
            wanted = [name for name in file.schema_arrow.names if name in columns() or name == CLIENT_ID]
            ends = np.cumsum([file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)])
            first, last = np.searchsorted(ends, [start, stop - 1], side="right")
            at = int(ends[first - 1]) if first else 0  # the row of the file that the next batch begins with
            for batch in file.iter_batches(stop - start, range(first, last + 1), wanted):
                low, high = max(start - at, 0), min(stop - at, batch.num_rows)
                if low < high:
                    taken.append(batch.slice(low, high - low))
                at += batch.num_rows
                if at >= stop:
                    break
    except (OSError, pa.ArrowException) as error:
        raise Refused(f"{path.name}: damaged: {str(error).splitlines()[0][:120]}") from error
    return pa.Table.from_batches(taken)


def _checked(table: pa.Table, name: str, start: int) -> tuple[list[int | None], pd.DataFrame]:
    """Clients' numbers and applications; a wrong cell is refused by file, row and column."""
    ids: list[int | None] = []
    applications = []
    for row, cells in enumerate(table.to_pylist(), start):
        try:
            client = CLIENT.check(cells.get(CLIENT_ID))
            applications.append(check(cells))
        except InputError as error:
            raise Refused(f"{name}, row {row}: {error}") from error
        ids.append(None if client is None else int(client))
    return ids, frame(applications)


def _small(saliency: np.ndarray) -> list[list[np.float16]]:
    """A map of at most ``MAP_SIDE`` cells a side: larger ones are averaged."""
    height, width = (min(side, MAP_SIDE) for side in saliency.shape)
    if (height, width) != saliency.shape:
        saliency = np.asarray(Image.fromarray(saliency).resize((width, height), Image.Resampling.BOX))
    return [list(row) for row in saliency.astype(np.float16)]
