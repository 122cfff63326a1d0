"""Does ProtoViT's reasoning hold? Asks what happens to it when the photo changes.

    python -m training.evaluate_reasoning --data FOLDER

Asked of every test photo, for the prototypes that bring most points for the predicted class, as a visitor sees them:

- inside: where a prototype's own places are blended into their surroundings, how much is lost of what its similarity
  there stands above its mean at the same places of the other photos? (Much: it depends on what is shown.)
- outside: where all that is further than ``REACH`` places from them is blended away, how much does its similarity
  change? (Little: nothing far away has a part in it.)
- does the answer change without all the shown places, and without as many others; is it kept by them alone, and by as
  many others?
- where the photo is cropped a little or saved as a poor JPEG, which a person would not notice, are the same parts found
  at the same places?

Written to ``weights/protovit/reasoning.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import torch
from tqdm import tqdm

from models.vision import registry, weights
from models.vision.preprocessing import to_tensor
from models.vision.prototypes import REACH
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from training.evaluation.bootstrap import mean_with_interval, ratio_with_interval
from training.evaluation.measurements import MeasurementCache
from training.evaluation.reasoning import JPEG, KEPT, NEAR, TOP, dependence, features, perturbation, stability
from training.vision.artifacts import write_json
from training.vision.data import Photo, read_photos

SEED = 0


def evaluate(model: ProtoVit, photos: Sequence[Photo], cache: MeasurementCache) -> dict[str, object]:
    """The figures, each a mean over the photos with its 95 % bootstrap interval, ready for JSON."""
    images = [read_upload(photo.path).image for photo in photos]
    pictures = [to_tensor(model.preprocessing.stretch(image)) for image in images]
    found = torch.cat([features(model, [pixels]) for pixels in tqdm(pictures, desc="features")])

    def measure(row: int) -> dict[str, Any]:
        draw = np.random.default_rng(SEED + crc32(photos[row].path.name.encode()))
        others = found[torch.arange(len(found)) != row]
        return {
            "dependence": dependence(model, pictures[row], others),
            "perturbation": perturbation(model, pictures[row], draw),
            "stability": stability(model, images[row]),
        }

    rows = [
        cache.get(photo, lambda row=row: measure(row))  # type: ignore[misc]
        for row, photo in enumerate(tqdm(photos, desc="reasoning"))
    ]
    rests: list[dict[str, float]] = [row["dependence"] for row in rows]
    changed: list[dict[str, float]] = [row["perturbation"] for row in rows]
    steady: list[dict[str, dict[str, float]]] = [row["stability"] for row in rows]
    return {
        "photos": len(photos),
        "top": TOP,
        "crop_kept": KEPT,
        "jpeg_quality": JPEG,
        "near_patches": NEAR,
        "reach": REACH,
        "classes": len(model.classes),
        "perturbation": {
            **{key: asdict(mean_with_interval([one[key] for one in changed])) for key in changed[0]},
            "inside": asdict(ratio_with_interval(*([one[key] for one in rests] for key in ("lost", "above")))),
            "outside": asdict(mean_with_interval([one["outside"] for one in rests])),
        },
        "stability": {
            name: {key: asdict(mean_with_interval([one[name][key] for one in steady])) for key in steady[0][name]}
            for name in steady[0]
        },
    }


def main() -> None:
    """Reads the command line, measures, writes."""
    parser = argparse.ArgumentParser(description="Measure whether ProtoViT's reasoning holds.")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--photos", type=int, default=0, help="how many of the test photos, evenly spread; 0 for all")
    parser.add_argument("--cache", type=Path, default=Path("runs/reasoning"), help="keeps what was measured so far")
    args = parser.parse_args()
    model = registry.get("protovit")
    assert isinstance(model, ProtoVit)
    photos = read_photos(args.data)["test"]
    photos = photos[:: len(photos) // args.photos][: args.photos] if args.photos else photos
    # "inside" of a photo depends on the others that are asked about
    name = f"{model.config['weights_sha256'][:12]}-{len(photos)}.jsonl"
    figures = evaluate(model, photos, MeasurementCache(args.cache / name))
    write_json(weights.FOLDER / "protovit" / "reasoning.json", figures)
    print(figures)


if __name__ == "__main__":
    main()
