"""What each remedy for prototypes that look at the whole photo costs in accuracy, and what it brings.

    python -m training.evaluate_remedies --data FOLDER --init FILE --catalogue data/catalogue --cache FOLDER
    python -m training.evaluate_remedies --data FOLDER --init FILE --photos 0    # all validation photos

ProtoViT learns once with each set of remedies, from the training photos alone, on an encoder that stays as it is: one
that learns would take two cores more than an hour for each. The last row is the shipped model, whose encoder has learnt
too; it is left out where that model has learnt from the validation photos. Accuracy is that on all of these, inside and
outside (:mod:`training.evaluation.reasoning`) are those of ``--photos`` of them together.
Written to ``weights/protovit/remedies.json``; nothing of the trained models is kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from models.vision import registry, weights
from models.vision.gallery import CATALOGUE
from models.vision.predictions import CLASSES
from models.vision.preprocessing import to_tensor
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from training.evaluation.bootstrap import ratio_with_interval
from training.evaluation.reasoning import dependence, features
from training.protovit.recipe import FROZEN, ProtoViTRecipe
from training.protovit.stages import learn_anew
from training.vision.artifacts import write_json
from training.vision.data import Photo, read_catalogue, read_photos


def without(recipe: ProtoViTRecipe, *terms: str) -> ProtoViTRecipe:
    """The recipe without these terms of its loss."""
    stages = {
        name: replace(stage, weights=replace(stage.weights, **dict.fromkeys(terms, 0.0)))
        for name, stage in recipe.stages.items()
    }
    return replace(recipe, stages=stages)


KERNEL = without(FROZEN, "locality", "deletion", "consistency")
REMEDIES: Mapping[str, ProtoViTRecipe] = {
    "cosine": replace(KERNEL, concentration=0.0),
    "kernel": KERNEL,
    "locality": without(FROZEN, "deletion", "consistency"),
    "deletion": without(FROZEN, "consistency"),
    "consistency": FROZEN,
}


def main() -> None:
    """Reads the command line, learns with each set of remedies, measures, writes after each."""
    parser = argparse.ArgumentParser(description="Measure what each remedy costs ProtoViT.")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--catalogue", type=Path, help="folder of rendered pictures to add to the photos")
    parser.add_argument("--cache", type=Path, help="folder that keeps what the encoder makes of the pictures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    parser.add_argument("--init", required=True, help="name in timm, or file of safetensors")
    parser.add_argument("--photos", type=int, default=24, help="validation photos whose reasoning is followed; 0: all")
    args = argparse.Namespace(**vars(parser.parse_args()), fresh=False, resume=False)
    photos: dict[str, list[Photo]] = {name: rows for name, rows in read_photos(args.data).items() if name != "test"}
    photos["train"] += read_catalogue(args.catalogue) if args.catalogue else []
    photos["project"], photos["pool"] = read_catalogue(CATALOGUE), []
    rows: list[dict[str, Any]] = []
    for name, recipe in REMEDIES.items():
        rows.append(measure(name, *trained(recipe, photos, args), photos["val"], args.photos))
        write_json(weights.FOLDER / "protovit" / "remedies.json", rows)
        print(rows[-1], flush=True)
    shipped = registry.get("protovit")
    assert isinstance(shipped, ProtoVit)
    record = json.loads((weights.FOLDER / "protovit" / "training.json").read_text())
    if not record["arguments"]["refit"]:
        rows.append(measure("encoder", shipped, record["steps"][-1]["val_accuracy"], photos["val"], args.photos))
        write_json(weights.FOLDER / "protovit" / "remedies.json", rows)


def trained(recipe: ProtoViTRecipe, photos: Mapping[str, list[Photo]], args: Any) -> tuple[ProtoVit, float]:
    """A model that has learnt by this recipe, and its accuracy on validation."""
    network, learnt = learn_anew(recipe, photos, args)
    config = {"classes": CLASSES, "preprocessing": vars(recipe.preprocessing)}
    return ProtoVit(config, network.cpu(), ()), learnt.steps[-1]["val_accuracy"]


def measure(name: str, model: ProtoVit, accuracy: float, photos: Sequence[Photo], count: int) -> dict[str, Any]:
    """One row: the remedy, accuracy on validation, and how far the shown prototypes depend on what is near and far."""
    count = count or len(photos)
    chosen = photos[:: max(1, len(photos) // count)][:count]
    pictures = [to_tensor(model.preprocessing.stretch(read_upload(photo.path).image)) for photo in chosen]
    found = torch.cat([features(model, [pixels]) for pixels in pictures])
    figures = [dependence(model, pixels, found[torch.arange(len(found)) != row]) for row, pixels in enumerate(pictures)]
    return {
        "remedy": name,
        "accuracy": accuracy,
        "inside": ratio_with_interval(*([figure[key] for figure in figures] for key in ("lost", "above"))).mean,
        "outside": sum(figure["outside"] for figure in figures) / len(figures),
        "photos": len(chosen),
    }


if __name__ == "__main__":
    main()
