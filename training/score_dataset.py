"""Scores and explains a data set of any size, on several workers or machines, with the app's own models.

    pip install -e ".[ray]"
    python -m training.score_dataset applications/ scored/ --workers 2
    python -m training.score_dataset photos/ seen/ --models yolov8

``IN`` is a Parquet file or a folder of Parquet files of Home Credit applications, or a folder of pictures. ``OUT``
receives one Parquet file a part (:mod:`training.batch.partitions` says which columns) and ``manifest.json``. Run the
same command again after an interruption: parts that are finished are kept, those whose files or weights have changed
are made anew. ``--address`` joins a Ray cluster, each machine of which sees the code, ``IN`` and ``OUT`` under the same
paths; without it Ray runs on this machine alone.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import VitrineError
from training.batch.partitions import CREDIT, Partition, Refused, fingerprint, is_finished, plan, readable, root, write
from training.batch.scorers import Scorer, scorer

# read when Ray is imported: no report of usage to its makers, no warnings of its core on our standard error
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
try:
    import ray
    import ray.data
except ModuleNotFoundError as error:
    sentence = 'training.score_dataset needs Ray: pip install -e ".[ray]"'
    raise (SystemExit if __name__ == "__main__" else ImportError)(sentence) from error

MANIFEST = "manifest.json"
STORE = 100 * 2**20  # bytes of Ray's object store: only the names of parts pass through it
OURS = re.compile(r"\.?part-\d{6,}\.parquet(\.[0-9a-f]{32})?")  # finished and passing files of parts


@dataclass(frozen=True)
class Progress:
    """How far a run is: parts and rows of the output, finished in this run or an earlier one."""

    parts: int
    rows: int
    of_parts: int
    of_rows: int
    rows_per_second: float  # of this run

    def __str__(self) -> str:
        done = f"part {self.parts:,} of {self.of_parts:,}, row {self.rows:,} of {self.of_rows:,}"
        return f"{done}, {self.rows_per_second:,.1f} rows/s" if self.rows_per_second else done


class Worker:
    """One process of the pool: loads the models once, then takes part after part.

    Args:
        folder: of the data set.
        out: where parts are written.
        models: names of models, for ``make``.
        make: from names to what scores.
    """

    def __init__(self, folder: Path, out: Path, models: tuple[str, ...], make: Callable[..., Scorer]) -> None:
        self.folder, self.out = folder, out
        self.score = make(models)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """Scores the one part in the batch; the answer says how many rows were written, or why none."""
        part = Partition.from_json(batch["part"][0])
        try:
            write(self.score(self.folder, part), part, self.out)
        except Refused as refusal:
            return {"rows": [0], "refusal": [str(refusal)]}
        except OSError as error:  # the disk is full, the share is gone
            return {"rows": [0], "refusal": [readable(f"{part.name}: {error}")]}
        return {"rows": [part.rows], "refusal": [""]}


def score(
    source: Path,
    out: Path,
    models: Sequence[str] = (),
    workers: int = 2,
    size: int | None = None,
    address: str | None = None,
    report: Callable[[Progress], None] = print,
    make: Callable[..., Scorer] = scorer,
) -> None:
    """Scores what is not finished yet.

    A worker that dies is replaced and its part repeated by Ray; the repeated part overwrites itself.

    Args:
        source, out: as on the command line; both may be relative.
        models: ``("credit",)`` or names of image classifiers; empty for what suits the data set.
        workers: processes, one core each.
        size: rows or pictures a part; None for the usual.
        address: of a Ray cluster; None for this machine, or for the cluster that this process has joined already.
        report: is told of every finished part.
        make: from the names of models to what scores.

    Raises:
        Refused: there is nothing to score, ``out`` holds something else, or some parts cannot be scored: the
            sentences name the files; every other part is finished.
        VitrineError: a model is unknown or its weights are missing.
    """
    source, out = source.resolve(), out.resolve()
    if not source.exists():
        raise Refused(f"{source.name}: there is no such file or folder")
    if source.is_dir() and out.is_relative_to(source):
        raise Refused(f"{out.name}: lies inside the data set: give a folder beside it")
    chosen = _meant(models) or usual_models(source)
    make(chosen)  # a name that is wrong or weights that are missing show here, not in every worker
    parts = plan(source, chosen, size)
    _check_folder(out)
    _tidy(out, parts)
    _write_manifest(out, chosen, parts, complete=False)
    left = [part for part in parts if not is_finished(part, out)]
    refusals: list[str] = []
    if left:
        with _cluster(workers, address):
            arguments = (root(source), out, chosen, make)
            refusals = list(_run(left, parts, arguments, min(workers, len(left)), report))
    if refusals:
        raise Refused(*refusals)
    _tidy(out, parts)
    missing = [part.name for part in parts if not is_finished(part, out)]
    if missing:
        raise Refused(f"{len(missing)} parts are not finished, the first {missing[0]}: run the same command again")
    _write_manifest(out, chosen, parts, complete=True)


def _meant(models: Sequence[str]) -> tuple[str, ...]:
    """The models, each once, under the names of their folders."""
    from models.vision import registry

    return tuple(dict.fromkeys(name if name == CREDIT else registry.meant(name) for name in models))


def usual_models(source: Path) -> tuple[str, ...]:
    """Credit for Parquet files; for pictures, every classifier whose weights stand."""
    if source.suffix == ".parquet" or (source.is_dir() and next(source.rglob("*.parquet"), None)):
        return (CREDIT,)
    from models.vision import registry

    return registry.available()


def _run(
    left: Sequence[Partition],
    parts: Sequence[Partition],
    arguments: tuple[Any, ...],
    workers: int,
    report: Callable[[Progress], None],
) -> Iterator[str]:
    """Scores the parts that are left, and yields why some could not be."""
    rows, of_rows = (sum(part.rows for part in some) for some in (left, parts))
    parts_done, rows_before = len(parts) - len(left), of_rows - rows
    rows_done = rows_before
    report(Progress(parts_done, rows_done, len(parts), of_rows, 0))
    waiting = ray.data.from_items([{"part": part.to_json()} for part in left], override_num_blocks=len(left))
    answers = waiting.map_batches(
        Worker,
        fn_constructor_args=arguments,
        batch_size=1,
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(size=workers),
    )
    start = time.perf_counter()
    for answer in answers.iter_rows():
        if answer["refusal"]:
            yield answer["refusal"]
            continue
        parts_done += 1
        rows_done += answer["rows"]
        rate = (rows_done - rows_before) / (time.perf_counter() - start)
        report(Progress(parts_done, rows_done, len(parts), of_rows, rate))


@contextmanager
def _cluster(workers: int, address: str | None) -> Iterator[None]:
    """Ray, started for as long as it is needed unless this process has joined a cluster already."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if ray.is_initialized():
        yield
        return
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address:
        ray.init(address, **quiet)
    else:
        ray.init(num_cpus=workers, include_dashboard=False, object_store_memory=STORE, **quiet)
    try:
        yield
    finally:
        ray.shutdown()


def _check_folder(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()) and not (out / MANIFEST).is_file():
        raise Refused(f"{out.name}: holds files, but no {MANIFEST} of this command: give a folder of its own")


def _tidy(out: Path, parts: Sequence[Partition]) -> None:
    """Removes what a killed worker left half written, and an earlier run's parts that the data set no longer has."""
    planned = {part.name for part in parts}
    for path in out.iterdir():
        if OURS.fullmatch(path.name) and path.name not in planned:
            path.unlink()


def _write_manifest(out: Path, models: Sequence[str], parts: Sequence[Partition], complete: bool) -> None:
    manifest = {
        "complete": complete,
        "models": {name: fingerprint(name) for name in models},
        "rows": sum(part.rows for part in parts),
        "parts": [{"name": part.name, "rows": part.rows, "digest": part.digest} for part in parts],
    }
    passing = out / f".{MANIFEST}"
    passing.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    passing.replace(out / MANIFEST)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and scores; what was refused is said at the end, with exit status 1."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="IN", type=Path, help="Parquet file, or folder of Parquet files or pictures")
    parser.add_argument("out", metavar="OUT", type=Path, help="folder for the parts and the manifest")
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count() or 1, help="processes, one core each (%(default)s)"
    )
    parser.add_argument("--models", default="", help="credit, or image classifiers by comma (default: what suits IN)")
    parser.add_argument("--part", type=int, metavar="N", help="rows (default 1000) or pictures (100) a part")
    parser.add_argument("--address", help="of a running Ray cluster (default: this machine alone)")
    given = parser.parse_args(arguments)
    models = [name.strip() for name in given.models.split(",") if name.strip()]
    for name, value in (("--workers", given.workers), ("--part", given.part)):
        if value is not None and value < 1:
            parser.error(f"{name} must be at least 1, got {value}")
    try:
        score(
            given.source, given.out, models, given.workers, given.part, given.address, lambda at: print(at, flush=True)
        )
    except (Refused, VitrineError) as refusal:
        sys.exit(f"{refusal}\nWhat is finished is kept: put it right and run the same command again.")
    except KeyboardInterrupt:
        sys.exit("Interrupted. What is finished is kept: run the same command again.")
    print(f"{given.out / MANIFEST}: complete")


if __name__ == "__main__":
    main()
