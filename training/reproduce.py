"""Trains every shipped classifier anew and holds the new figures against the shipped ones.

    python -m training.reproduce --data FOLDER --pool PHOTOS --init vgg16=FILE yolov8=FILE protovit=FILE \
        --refit-init vgg16=FILE yolov8=FILE
    python -m training.reproduce --data FOLDER --models yolov8 --init yolov8=FILE --refit-init yolov8=FILE

Each model's training command runs with the arguments that its ``training.json`` keeps, into a folder of its own; the
shipped weights stay as they are. ``--init`` says where a training starts, which must be named where the shipped one
began with a file, and ``--refit-init`` where its refit does, for a model whose encoder was taught from the validation
photos too.
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
from training.evaluation.command_line import by_model
from training.evaluation.labelled_photos import Data, read_data

FIGURES = ("accuracy", "macro_f1")
STARTS = ("init", "refit_init")  # where a training begins, which is another file on another machine


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


def command(model: str, arguments: Mapping[str, Any], places: Mapping[str, Path | str | None]) -> list[str]:
    """The training command of a model.

    Args:
        model: name in the registry.
        arguments: what its training was called with: true for a flag, a value for an option.
        places: of this machine, by option: ``data`` and ``out``, and, where the training is to take them instead of
            its command's own defaults, ``init``, ``refit_init`` and ``pool``.
    """
    line = [sys.executable, "-m", f"training.train_{model}"]
    for name, place in places.items():
        line += [_option(name), str(place)] if place else []
    for name, value in arguments.items():
        option = _option(name)
        if name in STARTS or value is None or value is False:
            continue
        if name == "catalogue":
            line += [option, str(CATALOGUE)]
        else:
            line += [option] if value is True else [option, str(value)]
    return line


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


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
    parser.add_argument("--refit-init", nargs="+", default=[], metavar="MODEL=PLACE", help="what its refit starts from")
    parser.add_argument("--pool", type=Path, help="folder of .jpg photos without labels")
    parser.add_argument("--out", type=Path, default=Path("runs/reproduce"), help="folder for the new models")
    parser.add_argument("--bf16", action="store_true", help="half precision, whatever the shipped model was trained in")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    given = parser.parse_args(arguments)
    starts = {name: by_model(parser, _option(name), getattr(given, name), given.models) for name in STARTS}
    data = read_data(given.data)
    figures: list[ReproducedFigure] = []
    records = {model: released_models.read(weights.FOLDER / model / "training.json") for model in given.models}
    pooled = [model for model, record in records.items() if record.get("photos", {}).get("pool")]
    if pooled and not given.pool:
        parser.error(f"--pool: a folder of photos without labels is needed, from which {', '.join(pooled)} learnt too")
    files = [
        model for model, one in records.items() if str(one.get("arguments", {}).get("init")).endswith(".safetensors")
    ]
    if missing := sorted(set(files) - set(starts["init"])):
        parser.error(f"--init: the training of {', '.join(missing)} began with a file; name it, or what it was made of")
    twice = [model for model, record in records.items() if record.get("arguments", {}).get("refit_init")]
    if missing := sorted(set(twice) - set(starts["refit_init"])):
        parser.error(f"--refit-init: the refit of {', '.join(missing)} began with an encoder of its own; name it")
    for model, record in records.items():
        out = given.out / model
        chosen = {**record.get("arguments", {}), "resume": given.resume}
        chosen |= {"bf16": True} if given.bf16 else {}
        places = {"data": given.data, "out": out, **{name: found.get(model) for name, found in starts.items()}}
        line = command(model, chosen, places | {"pool": given.pool if model in pooled else None})
        print(" ".join(line), flush=True)
        subprocess.run(line, check=True)  # noqa: S603  # our own words
        figures += compare(model, out, data)
    print("\n".join(map(str, figures)))
    if not all(one.holds for one in figures):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
