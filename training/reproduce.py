"""Trains every shipped classifier anew and holds the new figures against the shipped ones.

    python -m training.reproduce --data FOLDER
    python -m training.reproduce --data FOLDER --init vgg16=FILE yolov8=FILE --pool PHOTOS
    python -m training.reproduce --data FOLDER --models yolov8

Each model's training command runs with the arguments that its ``training.json`` keeps, into a folder of its own; the
shipped weights stay as they are. ``--init`` says where a training starts; by default from what its command takes.
``--pool`` holds photos without labels, for a model that has learnt from such too. Exits with 1 where a new accuracy or
macro F1 lies outside the 95 % interval of the shipped one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.vision import registry, weights
from models.vision.gallery import CATALOGUE
from training.evaluation import released_models
from training.evaluation.labelled_photos import Data, read_data

FIGURES = ("accuracy", "macro_f1")


@dataclass(frozen=True)
class ReproducedFigure:
    """A shipped figure, its 95 % interval, and what training again gave."""

    model: str
    figure: str
    old: float
    interval: tuple[float, float]
    new: float

    @property
    def holds(self) -> bool:
        """Whether the new figure lies within the interval of the old one."""
        return self.interval[0] <= self.new <= self.interval[1]

    def __str__(self) -> str:
        low, high = self.interval
        verdict = "within" if self.holds else "OUTSIDE"
        return (
            f"{self.model:10} {self.figure:9} old {self.old:.4f} [{low:.4f}, {high:.4f}]  new {self.new:.4f}  {verdict}"
        )


def command(
    model: str, arguments: Mapping[str, Any], data: Path, init: str, out: Path, pool: Path | None = None
) -> list[str]:
    """The training command of a model.

    Args:
        model: name in the registry.
        arguments: what its training was called with: true for a flag, a value for an option.
        data: folder of the photos.
        init: what the training starts from; empty for the command's own default.
        out: where the new model goes.
        pool: folder of photos without labels, where the model learnt from such.
    """
    line = [sys.executable, "-m", f"training.train_{model}", "--data", str(data), "--out", str(out)]
    if init:
        line += ["--init", init]
    if pool:
        line += ["--pool", str(pool)]
    for name, value in arguments.items():
        option = "--" + name.replace("_", "-")
        if name == "init" or value is None or value is False:
            continue
        if name == "catalogue":
            line += [option, str(CATALOGUE)]
        else:
            line += [option] if value is True else [option, str(value)]
    return line


def compare(model: str, folder: Path, data: Data) -> list[ReproducedFigure]:
    """The figures of a model that was trained again into a folder, beside the shipped ones.

    Raises:
        SystemExit: the shipped figures have no intervals yet.
    """
    old = released_models.read(weights.FOLDER / model / "metrics.json")
    if any(f"{name}_ci95" not in old for name in FIGURES):
        raise SystemExit(f"weights/{model}/metrics.json has no intervals; run `python -m training.evaluate` first")
    trained = type(registry.get(model)).load(folder)  # type: ignore[attr-defined]
    scored = released_models.ask(trained, data.splits["test"])
    new = released_models.metrics(scored, np.asarray(data.groups.near[data.fixed.test]), folder)
    return [ReproducedFigure(model, name, old[name], tuple(old[f"{name}_ci95"]), new[name]) for name in FIGURES]


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, trains, compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/flipkart"), help="folder with labels.csv and images/")
    parser.add_argument("--models", nargs="+", default=list(registry.available()), choices=registry.available())
    parser.add_argument("--init", nargs="+", default=[], metavar="MODEL=PLACE", help="what a training starts from")
    parser.add_argument("--pool", type=Path, help="folder of .jpg photos without labels")
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"), help="folder for the new models")
    parser.add_argument("--bf16", action="store_true", help="half precision, whatever the shipped model was trained in")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    given = parser.parse_args(arguments)
    inits = dict(pair.split("=", 1) for pair in given.init if "=" in pair)
    if len(inits) < len(given.init) or not set(inits) <= set(given.models):
        parser.error(f"--init: MODEL=PLACE with MODEL one of {', '.join(given.models)}, got {' '.join(given.init)}")
    data = read_data(given.data)
    found: list[ReproducedFigure] = []
    records = {model: released_models.read(weights.FOLDER / model / "training.json") for model in given.models}
    pooled = [model for model, record in records.items() if record.get("photos", {}).get("pool")]
    if pooled and not given.pool:
        parser.error(f"--pool: a folder of photos without labels is needed, from which {', '.join(pooled)} learnt too")
    for model, record in records.items():
        out = given.out / model
        chosen = {**record.get("arguments", {}), "resume": given.resume}
        chosen |= {"bf16": True} if given.bf16 else {}
        pool = given.pool if model in pooled else None
        line = command(model, chosen, given.data, inits.get(model, ""), out, pool)
        print(" ".join(line), flush=True)
        subprocess.run(line, check=True)  # noqa: S603  # our own words
        found += compare(model, out, data)
    print("\n".join(map(str, found)))
    if not all(one.holds for one in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
