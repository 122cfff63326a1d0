"""Scores every shipped classifier on the same test photos, and judges how far the differences mean something.

    python -m training.evaluate --data FOLDER
    python -m training.evaluate --data FOLDER --init vgg16=FILE yolov8=FILE clip=FILE
    python -m training.evaluate --data FOLDER --skip-heads --skip-footprint
    python -m training.evaluate --data FOLDER --skip-models --cache FOLDER

Writes each model's ``metrics.json`` and card, and ``results.json``, which the page reads. Beside the shipped models,
cheap ones are judged many times over: a logistic regression on each pretrained encoder's frozen features, computed once
and kept in ``--cache``, if it is given. What :mod:`training.cross_validate` found of the shipped models' trainings is
judged in the same way. ``--init`` says where an encoder's weights are; by default they come from the hubs. All but
latency and memory repeats exactly on one machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.vision import registry, weights
from models.vision.gallery import CATALOGUE
from models.vision.predictions import CLASSES
from training.evaluation import linear_probes, relearnt, released_models, resource_usage
from training.evaluation.encoders import INITS, encoder, features
from training.evaluation.labelled_photos import Data, read_data
from training.evaluation.near_duplicates import seen_in_training
from training.evaluation.protocols import cross_validate, cross_validation, fold_numbers
from training.evaluation.statistics import RESAMPLES, SEED
from training.vision.artifacts import TRAINING, write_card, write_json
from training.vision.data import read_catalogue
from training.vision.metrics import machine

RESULTS = Path(__file__).parent.parent / "results.json"
MODELS = ("models", "pairs", "without_near_copies", "failures")  # sections about the shipped models
HEADS = ("encoders", "cross_validation", "splits")  # and about the cheap ones


def evaluate_released_models(data: Data, with_resource_usage: bool) -> dict[str, Any]:
    """Every shipped model; writes each one's ``metrics.json`` and card."""
    test, rendered = data.splits["test"], read_catalogue(CATALOGUE)
    near = data.groups.near[data.fixed.test]
    met = seen_in_training(data.groups.near, np.concatenate([data.fixed.train, data.fixed.val]), data.fixed.test)
    scored: list[released_models.ScoredPhotos] = []
    on_rendered: list[released_models.ScoredPhotos] = []
    models: dict[str, Any] = {}
    apart: dict[str, Any] = {}
    for name in registry.available():
        folder, model = weights.FOLDER / name, registry.get(name)
        scored.append(released_models.ask(model, test))
        on_rendered.append(released_models.ask(model, rendered))
        figures = released_models.metrics(scored[-1], near, folder)
        learnt_from = released_models.learnt_from_rendered(folder)
        figures["catalogue"] = released_models.on_catalogue(on_rendered[-1], learnt_from)
        if with_resource_usage:
            figures |= asdict(resource_usage.measure(name))
        write_json(folder / "metrics.json", figures)
        if (folder / TRAINING).is_file():
            write_card(folder, figures)
        models[name] = {"weights_sha256": model.config["weights_sha256"], **figures}
        apart[name] = released_models.without(scored[-1], met)
        low, high = figures["accuracy_ci95"]
        print(f"{name}: accuracy {figures['accuracy']:.4f} [{low:.3f}, {high:.3f}], macro F1 {figures['macro_f1']:.4f}")
    return {
        "models": models,
        "pairs": released_models.pairs([one.answers for one in scored], near),
        "without_near_copies": apart,
        "failures": {
            "test": released_models.failures(scored, test, all_fail=True),
            "catalogue": released_models.failures(on_rendered, rendered, all_fail=False),
        },
    }


def evaluate_linear_probes(
    data: Data, inits: dict[str, str], cache: Path | None = None, bf16: bool = False
) -> dict[str, Any]:
    """The cheap models by both protocols."""
    near = data.groups.near
    encoders = [encoder(name, init) for name, init in inits.items()]
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16, cache_enabled=False):
        encoded = {one.name: features(one, data.photos, cache) for one in encoders}
    return {
        "encoders": {
            one.name: {
                "backbone": one.backbone,
                "init": Path(inits[one.name]).name,
                "features": encoded[one.name].shape[1],
                "pixels": one.preprocessing.size,
            }
            for one in encoders
        },
        "cross_validation": cross_validation(
            {name: cross_validate(rows, data.labels, near) for name, rows in encoded.items()}, data.labels, near
        ),
        "splits": linear_probes.splits(encoded, data.labels, data.groups),
    }


def evaluate_relearnt_models(data: Data) -> dict[str, Any]:
    """The shipped models' trainings, by what they say of photos that they have not seen; only those of all folds."""
    folds = fold_numbers(data.labels, data.groups.near)
    predicted = {}
    for name in registry.available():
        found = relearnt.read(weights.FOLDER / name, data.labels, folds)
        if found is not None and (found != relearnt.UNKNOWN).all():
            predicted[name] = found
    return cross_validation(predicted, data.labels, data.groups.near)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data/flipkart"), help="folder with labels.csv and images/")
    parser.add_argument("--init", nargs="+", default=[], metavar="ENCODER=PLACE", help=f"of {', '.join(INITS)}")
    parser.add_argument("--skip-heads", action="store_true", help="leave the cheap models as results.json has them")
    parser.add_argument("--skip-models", action="store_true", help="leave the shipped models as results.json has them")
    parser.add_argument("--skip-footprint", action="store_true", help="leave latency and memory as they were measured")
    parser.add_argument("--cache", type=Path, help="folder that keeps the features of the cheap models")
    parser.add_argument("--bf16", action="store_true", help="those features in half precision, where the processor can")
    given = parser.parse_args(arguments)
    inits = INITS | read_inits(given.init, parser)
    start = time.perf_counter()
    data = read_data(given.data)
    results: dict[str, Any] = {
        "command": "python -m training.evaluate",
        "machine": machine(),
        "seed": SEED,
        "resamples": RESAMPLES,
        "classes": list(CLASSES),
        "photos": {part: np.bincount(data.labels[rows]).tolist() for part, rows in asdict(data.fixed).items()},
        "leak": linear_probes.leak(data.labels, data.groups, data.fixed),
    }
    kept = released_models.read(RESULTS)
    if given.skip_models:
        results |= {name: kept[name] for name in MODELS if name in kept}
    else:
        results |= evaluate_released_models(data, not given.skip_footprint)
    if given.skip_heads:
        results |= {name: kept[name] for name in HEADS if name in kept}
    else:
        results |= evaluate_linear_probes(data, inits, given.cache, given.bf16)
    results["relearnt"] = evaluate_relearnt_models(data)
    write_json(RESULTS, results)
    print(f"{RESULTS.name} written after {time.perf_counter() - start:.0f} s")


def read_inits(pairs: Sequence[str], parser: argparse.ArgumentParser) -> dict[str, str]:
    """``vgg16=FILE`` and the like as a mapping; what is not of that form ends the command with a sentence."""
    inits = {}
    for pair in pairs:
        name, separator, place = pair.partition("=")
        if not (separator and place) or name not in INITS:
            parser.error(f"--init: {pair!r} is not of the form ENCODER=PLACE with ENCODER one of {', '.join(INITS)}")
        inits[name] = place
    return inits


if __name__ == "__main__":
    main()
