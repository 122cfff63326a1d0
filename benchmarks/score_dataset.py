"""How many applications a second are scored and explained: this process alone, then Ray with 1, 2, ... workers.

``python -m benchmarks.score_dataset --rows 10000`` repeats the portfolio's clients to that many rows, and prints for
each number of workers the rows a second from the first finished part to the last, and from the command to the end.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import pandas as pd

from training.batch.partitions import CREDIT, plan, write
from training.batch.scorers import scorer
from training.score_dataset import Progress, score

PORTFOLIO = Path(__file__).parents[1] / "data" / "portfolio.parquet"


def applications(rows: int) -> pd.DataFrame:
    """The portfolio, again and again."""
    clients = pd.read_parquet(PORTFOLIO)
    return clients.iloc[[place % len(clients) for place in range(rows)]].reset_index(drop=True)


def alone(source: Path, out: Path, size: int) -> None:
    """Scores and writes part after part in this process; LightGBM takes every core."""
    out.mkdir()
    make = scorer([CREDIT])
    for part in plan(source, [CREDIT], size):
        write(make(source.parent, part), part, out)


class Clock:
    """Notes when each part was told."""

    def __init__(self) -> None:
        self.told: list[tuple[float, int]] = []

    def __call__(self, progress: Progress) -> None:
        self.told.append((time.perf_counter(), progress.rows))

    def steady(self) -> float:
        """Rows a second once every worker runs: from the first finished part to the last."""
        (start, before), (end, after) = self.told[1], self.told[-1]
        return (after - before) / (end - start)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--part", type=int, default=500, help="rows a part (default %(default)s)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    given = parser.parse_args()
    if given.rows < 3 * given.part:
        parser.error(f"--rows must be at least three parts ({3 * given.part}), got {given.rows}")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "applications.parquet"
        applications(given.rows).to_parquet(source, index=False)
        print(f"{given.rows:,} applications with every contribution, {given.part} a part")
        start = time.perf_counter()
        alone(source, Path(folder) / "alone", given.part)
        print(f"this process, every core {given.rows / (time.perf_counter() - start):>8.1f} rows/s", flush=True)
        for workers in given.workers:
            clock = Clock()
            start = time.perf_counter()
            score(source, Path(folder) / f"out-{workers}", workers=workers, size=given.part, report=clock)
            whole = given.rows / (time.perf_counter() - start)
            print(
                f"Ray, {workers} worker{'s' * (workers > 1):1}           {clock.steady():>8.1f} rows/s"
                f" ({whole:.1f} with Ray's start)",
                flush=True,
            )


if __name__ == "__main__":
    main()
