"""What happens to ProtoViT's reasoning about a photo when the photo changes."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any
from zlib import crc32

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from models.protovit.matching import neighbours
from models.protovit.modeling import PrototypeHeadOutput
from models.vision.faithfulness import blend_in
from models.vision.preprocessing import to_tensor
from models.vision.prototypes import REACH
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from training.evaluation.bootstrap import mean_with_interval, ratio_with_interval
from training.evaluation.measurements import MeasurementCache
from training.vision.data import Photo

TOP = 5  # prototypes of the predicted class that are followed: as many as a visitor is shown
KEPT = 0.9  # of each side, by a crop
JPEG = 30  # quality of a poor JPEG, 0..95
SEED = 0  # of the places taken away at random
NEAR = 1.5  # places: a part found this near its former place has stayed


class TopPrototypes:
    """The prototypes that bring most points for one class of one photo, and where they were matched."""

    def __init__(self, model: ProtoVit, found: PrototypeHeadOutput, label: int | None = None) -> None:
        self.label = int(found.logits[0].argmax()) if label is None else label
        self.logit = float(found.logits[0, self.label])
        self.similarities = found.similarities[0].double()
        points = model.evidence_weights[self.label] * self.similarities
        self.top = points.argsort(descending=True)[:TOP].tolist()
        self.patches = found.patches[0]
        self.places = torch.stack([self.patches // model.network.grid, self.patches % model.network.grid], -1).double()

    def shown(self, active: torch.Tensor, number: int | None = None) -> list[int]:
        """The places of all parts that are shown, each once; of all prototypes, or of one."""
        numbers = self.top if number is None else [number]
        return sorted({int(p) for each in numbers for p in self.patches[each][active[each]]})


@torch.inference_mode()
def features(model: ProtoVit, pictures: Sequence[torch.Tensor]) -> torch.Tensor:
    """What prototypes are compared with in pictures (3, S, S) in 0..1: (B, D, n, n)."""
    return model.network.features(model.preprocessing.normalise(torch.stack(list(pictures))))


def compare(model: ProtoVit, pixels: torch.Tensor) -> PrototypeHeadOutput:
    """What the head finds in one picture (3, S, S) in 0..1."""
    found: PrototypeHeadOutput = model.network.head(features(model, [pixels]))
    return found


def textures(model: ProtoVit, pixels: torch.Tensor) -> list[int]:
    """The places of a picture (3, S, S) in 0..1 that show something: to change the others would change nothing."""
    return model.network.textured(model.preprocessing.normalise(pixels)[None]).flatten().nonzero()[:, 0].tolist()


def without(model: ProtoVit, pixels: torch.Tensor, patches: Collection[int]) -> torch.Tensor:
    """The picture (3, S, S) with these places blended into their surroundings."""
    grid = model.network.grid
    missing = torch.zeros(grid**2, dtype=torch.bool)
    missing[list(patches)] = True
    size = pixels.shape[-1] // grid
    return blend_in(pixels, missing.view(grid, grid).repeat_interleave(size, 0).repeat_interleave(size, 1))


def beyond(model: ProtoVit, patches: Collection[int], reach: int = REACH) -> list[int]:
    """The places further than ``reach`` from all of these."""
    grid = model.network.grid
    near = neighbours(grid, reach)[list(patches)].any(0)
    return (~near).nonzero()[:, 0].tolist()


def perturbation(model: ProtoVit, pixels: torch.Tensor, draw: np.random.Generator) -> dict[str, float]:
    """What the case and the answer become without the shown places or with them alone, and the same for as many others.

    Returns:
        Points lost and whether the answer changed (0 or 1) without them; whether it was kept (0 or 1) with them alone.
    """
    before = TopPrototypes(model, compare(model, pixels))
    shown = before.shown(model.active)
    others = [patch for patch in textures(model, pixels) if patch not in shown]
    count = min(len(shown), len(others))  # the parts of five prototypes can cover most of a small product
    everything = set(range(model.network.grid**2))
    figures = {}
    for name, patches in (("shown", shown[:count]), ("others", draw.choice(others, count, replace=False).tolist())):
        found = compare(model, without(model, pixels, patches))
        figures[f"{name}_points_lost"] = before.logit - TopPrototypes(model, found, before.label).logit
        figures[f"{name}_answer_changed"] = float(int(found.logits[0].argmax()) != before.label)
        alone = compare(model, without(model, pixels, everything - set(patches)))
        figures[f"{name}_answer_kept"] = float(int(alone.logits[0].argmax()) == before.label)
    return figures


def dependence(model: ProtoVit, pixels: torch.Tensor, others: torch.Tensor) -> dict[str, float]:
    """How far the similarities of the shown prototypes depend on their own places, and on all that is far from them.

    Args:
        model: the trained one.
        pixels: the photo, (3, S, S) in 0..1.
        others: the features of other photos, (B, D, n, n).

    Returns:
        Means over the shown prototypes: "above", what their similarity stands above its mean at the same places of the
        others; "lost", what of it goes with their own places; "outside", the share of the similarity that changes
        without all that is far.
    """
    head = model.network.head
    before = TopPrototypes(model, compare(model, pixels))
    usual = head.at(others, before.patches).double().mean(0)
    changed = [
        without(model, pixels, patches)
        for number in before.top
        for own in [before.shown(model.active, number)]
        for patches in (own, beyond(model, own))
    ]
    found = head.at(features(model, changed), before.patches).double().unflatten(0, (-1, 2))  # (top, 2, P)
    lost, above, outside = [], [], []
    for row, number in enumerate(before.top):
        similarity = float(before.similarities[number])
        gone, alone = found[row, :, number].tolist()
        lost.append(similarity - gone)
        above.append(similarity - float(usual[number]))
        outside.append(abs(alone - similarity) / max(similarity, 1e-6))
    return {name: float(np.mean(found)) for name, found in (("lost", lost), ("above", above), ("outside", outside))}


def stability(model: ProtoVit, image: Image.Image) -> dict[str, dict[str, float]]:
    """Whether parts are found where they were, once the photo has been cropped or saved as a poor JPEG."""
    size = model.preprocessing.size

    def read(picture: Image.Image, label: int | None = None) -> tuple[TopPrototypes, int]:
        found = compare(model, to_tensor(model.preprocessing.stretch(picture)))
        return TopPrototypes(model, found, label), int(found.logits[0].argmax())

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


def evaluate(model: ProtoVit, photos: Sequence[Photo], cache: MeasurementCache) -> dict[str, Any]:
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
