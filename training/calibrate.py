"""Chooses when a classifier says "none of these", and which classes it cannot rule out at 90 %; measures both.

    python -m training.calibrate --data FOLDER --pool FOLDER
    python -m training.calibrate --data FOLDER --pool FOLDER --models vgg16 --sibling vgg16=FOLDER

How far a photo is from all seven is read from the logits, or from the features below them: how little these resemble
what the training photos of the nearest class have in common, which ``class_means.safetensors`` keeps.

Thresholds come from the logits of the validation photos, which a training keeps in ``validation.json``, and from every
other photo of ``--pool`` that ``--names`` lists: pictures of none of the seven categories. The rest of these, and the
test photos, only measure. A training with ``--refit`` learns from the validation photos at last, and is too sure of
them from then on; the logits it keeps are those of its run before. For weights without such a file, ``--sibling`` names
the folder of another training of the same network that never learnt from them: its logits are used instead, on the
scale that both temperatures give, and ``calibration.json`` says so. The guarantee of the sets then holds for that
other model; for the shipped one, the coverage on the test photos says what it is worth.

All but probabilities, only the shipped weights can say. Where they have learnt from the validation photos and such a
measure tells best, the threshold comes from what they say of these, and may call half as many of them none.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from tqdm import tqdm

from models.vision import registry, weights
from models.vision.calibration import CLASS_MEANS, FILE, Calibration, NetworkOutput, class_means
from models.vision.classifier import ImageClassifier
from models.vision.predictions import CLASSES
from models.vision.uploads import read_upload
from training.evaluation import calibration
from training.evaluation.command_line import by_model
from training.vision.artifacts import (
    SAME_RUN,
    SIBLING_RUN,
    TRAINING,
    read_validation,
    write_json,
    write_validation,
)
from training.vision.data import NONE_OF_THESE, Photo, read_names, read_photos


def ask(model: ImageClassifier, paths: Sequence[Path]) -> NetworkOutput:
    """What a model's answers to N photos are made from, each photo read as an upload is."""
    images = (read_upload(path).image for path in tqdm(paths, desc=model.name, leave=False))
    found = [model.network_output(model.forward(model.preprocessing(image))) for image in images]
    features = [one.features for one in found if one.features is not None]
    return NetworkOutput(torch.cat([one.logits for one in found]), torch.cat(features) if features else None)


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
    paths, labels = paths_and_labels(photos)
    if sibling is not None:
        other = type(model).load(sibling)  # type: ignore[attr-defined]
        scale = model.temperature / other.temperature
        write_validation(folder, ask(other, paths).logits * scale, labels, SIBLING_RUN)
    elif has_learnt_from_validation(model):
        raise SystemExit(
            f"{model.name} learnt from the validation photos, and its training kept no logits of them from before: "
            f"train it again, or name a training without --refit: --sibling {model.name}=FOLDER"
        )
    else:
        write_validation(folder, ask(model, paths).logits, labels, SAME_RUN)


def paths_and_labels(photos: Sequence[Photo]) -> tuple[list[Path], torch.Tensor]:
    """Their files, and the indices of their classes (N,)."""
    return [photo.path for photo in photos], torch.tensor([photo.label for photo in photos])


def calibrate(
    model: ImageClassifier, photos: Mapping[str, Sequence[Photo]], others: Sequence[Path]
) -> tuple[Calibration, dict[str, Any]]:
    """The thresholds of a model whose ``validation.json`` stands, and what ``calibration.json`` says beside them.

    Args:
        model: the shipped one.
        photos: by split: those of the training give the means, those of the validation the thresholds, and those of
            the test measure.
        others: photos of none of the classes; the first, third ... choose, the second, fourth ... measure.
    """
    kept = read_validation(weights.FOLDER / model.name)
    assert kept is not None
    validation, labels, origin = kept
    learnt = has_learnt_from_validation(model)
    known, outside = ask(model, paths_and_labels(photos["val"])[0]), ask(model, others[::2])
    means = None
    if known.features is not None:
        paths, classes = paths_and_labels(photos["train"])
        features = ask(model, paths).features
        assert features is not None
        means = class_means(features, classes, len(model.classes))
    shipped = calibration.Shipped(model.temperature, learnt, means)
    chosen, aurocs = calibration.calibrate(validation, labels, known, outside, shipped)
    on_learnt, allowed = calibration.threshold_source(chosen.measure, learnt)
    paths, truth = paths_and_labels(photos["test"])
    test, kept_apart = ask(model, paths), ask(model, others[1::2])
    answers = calibration.answer(chosen, CLASSES, test, truth, model.temperature)
    return chosen, {
        "chosen_on": {
            "validation_photos": len(labels),
            "validation_logits": origin,
            "other_photos": len(others[::2]),
            "threshold_on_learnt": on_learnt,
            "false_alarms_allowed": allowed,
            "aurocs": aurocs,
        },
        "measured": calibration.measured(answers, test, kept_apart, chosen),
    }


def write(model: ImageClassifier, chosen: Calibration, said: Mapping[str, Any]) -> None:
    """Puts them where the app reads them."""
    folder = weights.FOLDER / model.name
    (folder / CLASS_MEANS).unlink(missing_ok=True)
    numbers = asdict(chosen)
    if (means := numbers.pop("means")) is not None:
        # not by save_file, which lets nobody but its own user read it
        (folder / CLASS_MEANS).write_bytes(save({"class_means": means.float()}))
    write_json(folder / FILE, {"weights_sha256": model.config["weights_sha256"], **numbers, **said})


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, chooses, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--pool", type=Path, required=True, help="folder with photos of none of the categories")
    parser.add_argument("--names", type=Path, default=NONE_OF_THESE, help="text file with their names, a line each")
    parser.add_argument("--models", nargs="+", choices=registry.MODELS, default=registry.available())
    parser.add_argument("--sibling", nargs="+", default=[], metavar="MODEL=FOLDER", help="weights without --refit")
    given = parser.parse_args(arguments)
    siblings = by_model(parser, "--sibling", given.sibling, given.models)
    photos = read_photos(given.data)
    others = [given.pool / name for name in read_names(given.names)]
    for name in given.models:
        model, folder = registry.get(name), weights.FOLDER / name
        if name in siblings or read_validation(folder) is None:
            keep_validation(model, photos["val"], Path(siblings[name]) if name in siblings else None)
        chosen, said = calibrate(model, photos, others)
        write(model, chosen, said)
        figures = said["measured"]
        print(
            f"{name}: {chosen.measure}, coverage {figures['coverage']['value']:.3f}, "
            f"mean set size {figures['set_size']:.2f}, AUROC {figures['auroc']:.3f}, "
            f"false alarms {figures['false_alarms']['value']:.3f}, "
            f"others taken for a class {figures['taken_for_a_class']['value']:.3f}"
        )


if __name__ == "__main__":
    main()
