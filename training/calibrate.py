"""Chooses when a classifier says "none of these", and which classes it cannot rule out at 90 %; measures both.

    python -m training.calibrate --data FOLDER --pool FOLDER
    python -m training.calibrate --data FOLDER --pool FOLDER --models vgg16 --sibling vgg16=FOLDER

Thresholds come from the logits of the validation photos, which a training keeps in ``validation.json``, and from every
other photo of ``--pool`` that ``--names`` lists: pictures of none of the seven categories. The rest of these, and the
test photos, only measure. A training with ``--refit`` learns from the validation photos at last, and is too sure of
them from then on; the logits it keeps are those of its run before. For weights without such a file, ``--sibling`` names
the folder of another training of the same network that never learnt from them: its logits are used instead, on the
scale that both temperatures give, and ``calibration.json`` says so. The guarantee of the sets then holds for that
other model; for the shipped one, the coverage on the test photos says what it is worth.

How much evidence there is in all, only the shipped weights can say. Where they have learnt from the validation photos
and such a measure tells best, the threshold comes from what they say of these, and may call half as many of them none.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from models.vision import registry, weights
from models.vision.calibration import FILE
from models.vision.classifier import ImageClassifier
from models.vision.predictions import CLASSES
from models.vision.uploads import read_upload
from training.evaluation import calibration
from training.vision.artifacts import (
    SAME_RUN,
    SIBLING_RUN,
    TRAINING,
    read_validation,
    write_json,
    write_validation,
)
from training.vision.data import NONE_OF_THESE, Photo, read_names, read_photos


def logits(model: ImageClassifier, paths: Sequence[Path]) -> torch.Tensor:
    """A model's logits of photos, each read as an upload is, (N, classes)."""
    return torch.stack([model.logits(read_upload(path).image) for path in tqdm(paths, desc=model.name, leave=False)])


def has_learnt_from_validation(model: ImageClassifier) -> bool:
    """Whether a model was trained with ``--refit``."""
    training = json.loads((weights.FOLDER / model.name / TRAINING).read_text(encoding="utf-8"))
    return bool(training["arguments"]["refit"])


def keep_validation(model: ImageClassifier, photos: Sequence[Photo], sibling: Path | None) -> None:
    """Writes the ``validation.json`` that a model's training did not keep.

    Args:
        model: the shipped one.
        photos: the validation photos.
        sibling: folder of a model that did not learn from them; None to ask the shipped one, if it did not either.

    Raises:
        SystemExit: it did, and no sibling is named.
    """
    folder = weights.FOLDER / model.name
    labels = torch.tensor([photo.label for photo in photos])
    paths = [photo.path for photo in photos]
    if sibling is not None:
        other = type(model).load(sibling)  # type: ignore[attr-defined]
        scale = model.temperature / other.temperature
        write_validation(folder, logits(other, paths) * scale, labels, SIBLING_RUN)
    elif has_learnt_from_validation(model):
        raise SystemExit(
            f"{model.name} learnt from the validation photos, and its training kept no logits of them from before: "
            f"train it again, or name a training without --refit: --sibling {model.name}=FOLDER"
        )
    else:
        write_validation(folder, logits(model, paths), labels, SAME_RUN)


def calibrate(
    model: ImageClassifier, known: Sequence[Photo], test: Sequence[Photo], others: Sequence[Path]
) -> dict[str, Any]:
    """What ``calibration.json`` holds for a model whose ``validation.json`` stands.

    Args:
        model: the shipped one.
        known: the validation photos.
        test: photos that measure.
        others: photos of none of the classes; the first, third ... choose, the second, fourth ... measure.
    """
    kept = read_validation(weights.FOLDER / model.name)
    assert kept is not None
    validation, labels, origin = kept
    outside = logits(model, others)
    learnt = logits(model, [photo.path for photo in known]) if has_learnt_from_validation(model) else None
    chosen, aurocs = calibration.calibrate(validation, labels, outside[::2], model.temperature, learnt)
    on_learnt, allowed = calibration.threshold_source(chosen.measure, learnt is not None)
    inside = logits(model, [photo.path for photo in test])
    truth = torch.tensor([photo.label for photo in test])
    answers = calibration.answer(chosen, CLASSES, inside, truth, model.temperature)
    return {
        "weights_sha256": model.config["weights_sha256"],
        **asdict(chosen),
        "chosen_on": {
            "validation_photos": len(labels),
            "validation_logits": origin,
            "other_photos": len(outside[::2]),
            "threshold_on_learnt": on_learnt,
            "false_alarms_allowed": allowed,
            "aurocs": aurocs,
        },
        "measured": calibration.measured(answers, inside, outside[1::2], chosen),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, chooses, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--pool", type=Path, required=True, help="folder with photos of none of the categories")
    parser.add_argument("--names", type=Path, default=NONE_OF_THESE, help="text file with their names, a line each")
    parser.add_argument("--models", nargs="+", choices=registry.MODELS, default=registry.available())
    parser.add_argument("--sibling", nargs="+", default=[], metavar="MODEL=FOLDER", help="weights without --refit")
    given = parser.parse_args(arguments)
    siblings = dict(pair.split("=", 1) for pair in given.sibling if "=" in pair)
    if len(siblings) < len(given.sibling) or not siblings.keys() <= set(given.models):
        parser.error(f"--sibling: {' '.join(given.sibling)!r} is not of the form MODEL=FOLDER with a model of --models")
    photos = read_photos(given.data)
    others = [given.pool / name for name in read_names(given.names)]
    for name in given.models:
        model, folder = registry.get(name), weights.FOLDER / name
        if name in siblings or read_validation(folder) is None:
            keep_validation(model, photos["val"], Path(siblings[name]) if name in siblings else None)
        found = calibrate(model, photos["val"], photos["test"], others)
        write_json(folder / FILE, found)
        figures = found["measured"]
        print(
            f"{name}: {found['measure']}, coverage {figures['coverage']['value']:.3f}, "
            f"mean set size {figures['set_size']:.2f}, AUROC {figures['auroc']:.3f}, "
            f"false alarms {figures['false_alarms']['value']:.3f}, "
            f"others taken for a class {figures['taken_for_a_class']['value']:.3f}"
        )


if __name__ == "__main__":
    main()
