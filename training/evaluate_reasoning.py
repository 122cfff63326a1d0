"""Does ProtoViT's reasoning hold? Asks what happens to it when the photo changes.

    python -m training.evaluate_reasoning --data FOLDER

Two questions on every test photo, for the prototypes that bring most points for the predicted class. Where the patches
that they were matched to are blended into their surroundings, does the case fall further than where as many others
are, of those that show something? (The points should rest on what is shown.) And where the photo is cropped a little or
saved as a poor JPEG, which a person would not notice, are the same parts found at the same places? Written to
``weights/protovit/reasoning.json``.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from models.protovit.matching import textured
from models.protovit.modeling import Comparison
from models.vision import registry, weights
from models.vision.faithfulness import blend_in
from models.vision.preprocessing import to_tensor
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from training.evaluate_explanations import bootstrap
from training.vision.artifacts import write_json
from training.vision.data import Photo, read_photos

TOP = 5  # prototypes of the predicted class that are followed: as many as a visitor is shown
KEPT = 0.9  # of each side, by a crop
JPEG = 30  # quality of a poor JPEG, 0..95
NEAR = 1.5  # patches: a part found this near its former place has stayed
SEED = 0


class Reading:
    """The prototypes that bring most points for one class of one photo, and where they were matched."""

    def __init__(self, model: ProtoVit, found: Comparison, label: int | None = None) -> None:
        self.label = int(found.logits[0].argmax()) if label is None else label
        self.logit = float(found.logits[0, self.label])
        points = model.evidence_weights[self.label] * found.similarities[0].double()
        self.top = points.argsort(descending=True)[:TOP].tolist()
        self.patches = found.patches[0]
        self.places = torch.stack([self.patches // model.network.grid, self.patches % model.network.grid], -1).double()

    def shown(self, active: torch.Tensor) -> list[int]:
        """The patches of all parts that are shown, each once."""
        return sorted({int(p) for number in self.top for p in self.patches[number][active[number]]})


def compare(model: ProtoVit, pixels: torch.Tensor) -> Comparison:
    """What the head finds in one picture (3, S, S) in 0..1."""
    with torch.inference_mode():
        network = model.network
        return network.head(network.features(model.preprocessing.normalise(pixels)[None]))


def textures(model: ProtoVit, pixels: torch.Tensor) -> list[int]:
    """The patches of a picture (3, S, S) in 0..1 that show something: to change the others would change nothing."""
    network = model.network
    found = textured(model.preprocessing.normalise(pixels)[None], network.grid, network.config.blank)
    return found.flatten().nonzero()[:, 0].tolist()


def without(model: ProtoVit, pixels: torch.Tensor, patches: Sequence[int]) -> torch.Tensor:
    """The picture (3, S, S) with these patches blended into their surroundings."""
    grid = model.network.grid
    missing = torch.zeros(grid**2, dtype=torch.bool)
    missing[list(patches)] = True
    size = pixels.shape[-1] // grid
    return blend_in(pixels, missing.view(grid, grid).repeat_interleave(size, 0).repeat_interleave(size, 1))


def perturbation(model: ProtoVit, pixels: torch.Tensor, draw: np.random.Generator) -> dict[str, float]:
    """How many points the case loses without the shown patches, and without as many others."""
    before = Reading(model, compare(model, pixels))
    shown = before.shown(model.active)
    others = [patch for patch in textures(model, pixels) if patch not in shown]
    count = min(len(shown), len(others))  # the parts of five prototypes can cover most of a small product
    figures = {}
    for name, patches in (("shown", shown[:count]), ("others", draw.choice(others, count, replace=False).tolist())):
        found = compare(model, without(model, pixels, patches))
        after = Reading(model, found, before.label)
        figures[f"{name}_points_lost"] = before.logit - after.logit
        figures[f"{name}_answer_changed"] = float(int(found.logits[0].argmax()) != before.label)
    return figures


def stability(model: ProtoVit, image: Image.Image) -> dict[str, dict[str, float]]:
    """Whether parts are found where they were, once the photo has been cropped or saved as a poor JPEG."""
    size = model.preprocessing.size

    def read(picture: Image.Image, label: int | None = None) -> tuple[Reading, int]:
        found = compare(model, to_tensor(model.preprocessing.stretch(picture)))
        return Reading(model, found, label), int(found.logits[0].argmax())

    before, _ = read(image)
    margin = (1 - KEPT) / 2
    width, height = image.size
    box = (margin * width, margin * height, (1 - margin) * width, (1 - margin) * height)
    cropped = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=JPEG)
    figures = {}
    for name, picture, scale in (("crop", cropped, KEPT), ("jpeg", Image.open(stored).convert("RGB"), 1.0)):
        after, answer = read(picture, before.label)
        centre = (model.network.grid - 1) / 2
        moved = (after.places - centre) * scale + centre  # a patch of the crop, where it lies in the whole photo
        distances = torch.cat(
            [(moved[number] - before.places[number])[model.active[number]].norm(dim=-1) for number in before.top]
        )
        figures[name] = {
            "parts_stayed": float((distances <= NEAR).double().mean()),
            "same_prototypes": len(set(before.top) & set(after.top)) / len(before.top),
            "same_answer": float(answer == before.label),
        }
    return figures


def evaluate(model: ProtoVit, photos: Sequence[Photo]) -> dict[str, object]:
    """The figures, each a mean over the photos with its 95 % bootstrap interval, ready for JSON."""
    draw = np.random.default_rng(SEED)
    changed: list[dict[str, float]] = []
    steady: list[dict[str, dict[str, float]]] = []
    for photo in tqdm(photos, desc="reasoning"):
        image = read_upload(photo.path).image
        changed.append(perturbation(model, to_tensor(model.preprocessing.stretch(image)), draw))
        steady.append(stability(model, image))
    return {
        "photos": len(photos),
        "top": TOP,
        "crop_kept": KEPT,
        "jpeg_quality": JPEG,
        "near_patches": NEAR,
        "perturbation": {key: asdict(bootstrap([one[key] for one in changed])) for key in changed[0]},
        "stability": {
            name: {key: asdict(bootstrap([one[name][key] for one in steady])) for key in steady[0][name]}
            for name in steady[0]
        },
    }


def main() -> None:
    """Reads the command line, measures, writes."""
    parser = argparse.ArgumentParser(description="Measure whether ProtoViT's reasoning holds.")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    args = parser.parse_args()
    model = registry.get("protovit")
    assert isinstance(model, ProtoVit)
    figures = evaluate(model, read_photos(args.data)["test"])
    write_json(weights.FOLDER / "protovit" / "reasoning.json", figures)
    print(figures)


if __name__ == "__main__":
    main()
