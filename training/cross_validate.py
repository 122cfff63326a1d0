"""Learns a shipped model anew in each of five folds, and keeps what it says of the photos that it has not seen.

    python -m training.cross_validate protovit --data FOLDER --pool FOLDER --init FILE --fresh --bf16
    python -m training.cross_validate vgg16 --data FOLDER --pool FOLDER --init FILE --teacher FILE --cache FOLDER --bf16

Each network learns from the photos of the other folds, from the rendered pictures and from the pool, as the shipped one
did, for as many epochs as its recipe says, whatever its own fold makes of them; the recipe itself is not chosen anew.
VGG16 learns what CLIP's tower teaches it and keeps the head that it was taught, as the shipped one does. Groups of near
copies stay together. ``cross_validation.json`` beside the weights is written after each fold, and a run that was
interrupted goes on with the next one; :mod:`training.evaluate` judges it. ProtoViT needs a GPU, minutes a fold; VGG16
takes two cores a quarter of an hour a fold.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.vision.gallery import CATALOGUE
from models.vision.weights import FOLDER
from training.evaluation import relearnt
from training.evaluation.labelled_photos import read_data
from training.evaluation.protocols import fold_numbers
from training.protovit.recipe import RECIPE
from training.protovit.stages import learn_anew
from training.vision.data import NONE_OF_THESE, Photo, read_catalogue, read_names
from training.vision.distillation import sample_photos
from training.vision.metrics import machine
from training.vision.students import FRESH, RECIPES, STUDENTS, DistillationRecipe
from training.vision.teaching import teach

# command line, photos to learn from, photos of the fold -> logits of these (M, classes)
Learner = Callable[[argparse.Namespace, Sequence[Photo], Sequence[Photo]], torch.Tensor]


def protovit(args: argparse.Namespace, own: Sequence[Photo], held: Sequence[Photo]) -> torch.Tensor:
    """ProtoViT in all its stages."""
    rendered = read_catalogue(CATALOGUE)
    photos = {"train": own, "val": held, "project": rendered, "pool": _pool(args, RECIPE.pool_size)}
    return learn_anew(RECIPE, photos, args)[1].validation[0]


def distillation_recipe(args: argparse.Namespace) -> DistillationRecipe:
    """How the convolutional network is taught."""
    return (FRESH if args.fresh else RECIPES)[args.model]


def student(args: argparse.Namespace, own: Sequence[Photo], held: Sequence[Photo]) -> torch.Tensor:
    """A convolutional network that CLIP's tower teaches, with the head that it was taught."""
    recipe = distillation_recipe(args)
    with tempfile.TemporaryDirectory() as folder:
        given = {"student": args.model, "out": Path(folder) / "student.safetensors", "refit": True, "resume": False}
        options = argparse.Namespace(**vars(args) | given)
        return teach(options, recipe, own, _pool(args, recipe.pool), held).logits


LEARNERS: Mapping[str, Learner] = {"protovit": protovit, "vgg16": student}


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """All that the folds of one training have in common, as it is kept with what they found."""
    recipe: Any = distillation_recipe(args) if args.model in STUDENTS else RECIPE
    places = {name: Path(place).name for name in ("init", "teacher") if (place := getattr(args, name))}
    given = {name: getattr(args, name) for name in ("seed", "fresh", "bf16")}
    return {"model": args.model, **places, **given, "machine": machine(), "recipe": asdict(recipe)}


def _pool(args: argparse.Namespace, size: int) -> list[Photo]:
    return sample_photos(args.pool, size, args.seed, without=read_names(NONE_OF_THESE))


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, learns, writes after each fold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=list(LEARNERS))
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--pool", type=Path, required=True, help="folder of unlabelled .jpg photos")
    parser.add_argument("--init", required=True, help="where the model begins: name or file, as its training takes")
    parser.add_argument("--teacher", help="of a convolutional network: name in timm, or file of safetensors")
    parser.add_argument("--cache", type=Path, help="folder that keeps what the frozen layers and the teacher said")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    parser.add_argument("--fresh", action="store_true", help="vary the pictures anew each time: for a GPU")
    parser.add_argument("--out", type=Path, help="folder for cross_validation.json (default: the model's weights)")
    args = parser.parse_args(arguments)
    if args.model in STUDENTS and not args.teacher:
        parser.error(f"{args.model} is taught: --teacher names its teacher")
    folder, args.resume = args.out or FOLDER / args.model, False
    folder.mkdir(parents=True, exist_ok=True)
    data, rendered = read_data(args.data), read_catalogue(CATALOGUE)
    folds = fold_numbers(data.labels, data.groups.near)
    how = settings(args)
    predicted = relearnt.begin(folder, data.labels, folds, how)
    for number in range(folds.max() + 1):
        held = np.flatnonzero(folds == number)
        if (predicted[held] != relearnt.UNKNOWN).all():
            print(f"fold {number + 1}: learnt before", flush=True)
            continue
        own = [photo for photo, fold in zip(data.photos, folds, strict=True) if fold != number] + rendered
        logits = LEARNERS[args.model](args, own, [data.photos[row] for row in held])
        predicted[held] = logits.argmax(1).numpy()
        right = (predicted[held] == data.labels[held]).mean()
        print(f"fold {number + 1}: right on {right:.3f} of {len(held)} photos", flush=True)
        relearnt.write(folder, data.labels, folds, predicted, how)


if __name__ == "__main__":
    main()
