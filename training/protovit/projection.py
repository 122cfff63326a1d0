"""Projection: each prototype becomes a piece of a picture that may be shown (Ma et al. 2024, section 3.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from scipy.optimize import linear_sum_assignment

from models.protovit.matching import neighbours
from models.protovit.modeling import PrototypeHead
from models.vision import webp
from models.vision.predictions import CLASSES
from models.vision.prototypes import FILE
from models.vision.uploads import read_upload
from training.vision.artifacts import write_json
from training.vision.data import Photo

SHOWN = 256  # px, the longer side of a prototype's picture as it is shipped
NEAREST = 3  # further pictures that are shown beside each prototype
ON = 200.0  # a slot that is on for good: sigmoid(tau * 200) is 1


@dataclass(frozen=True)
class Projection:
    """Where each prototype was found.

    Args:
        sources: (P,) int64, row of the picture.
        patches: (P, K) int64, the patch of each part.
        active: (P, K) bool, the parts that are switched on.
        own: (P,), similarity of the prototype as it is now with its source: the greatest, or less where a part that was
            switched off lay between the others, so that the greedy matching cannot step across.
        nearest: (P, 3) int64, the pictures that are most like it, its source left out.
        nearest_similarities: (P, 3), with the prototype as it is now.
        nearest_patches: (P, 3, K) int64.
    """

    sources: torch.Tensor
    patches: torch.Tensor
    active: torch.Tensor
    own: torch.Tensor
    nearest: torch.Tensor
    nearest_similarities: torch.Tensor
    nearest_patches: torch.Tensor


@torch.no_grad()
def project(
    head: PrototypeHead, features: torch.Tensor, labels: torch.Tensor, before: Projection | None = None
) -> Projection:
    """Rounds the slots and replaces each prototype by the patches of a picture that it is nearest to, in place.

    The parts of a prototype are put in an order in which the greedy matching can walk through its patches, and
    everything is rounded as it will be saved: what is measured here holds for the shipped weights.

    On few pictures the prototypes of a class collapse onto one; here each takes a picture of its own: the assignment
    with the largest sum of similarities (Kuhn 1955).

    Args:
        head: the trained prototypes.
        features: of the pictures, not varied: (M, D, n, n).
        labels: (M,), their classes.
        before: an earlier projection on the same pictures; its patches are read anew, for the encoder has changed.

    Raises:
        ValueError: a class with fewer pictures than prototypes.
    """
    _round_slots(head)
    similarities, patches = _match(head, features)
    sources = before.sources if before else _assign(head, similarities, labels)
    everyone = torch.arange(len(sources))
    places = before.patches if before else patches[sources, everyone]
    pieces = features.flatten(2)[sources]  # (P, D, N)
    chosen = pieces.gather(2, places[:, None].expand(-1, pieces.shape[1], -1))  # (P, D, K)
    head.slots.masked_fill_(~chosen.any(1), -ON)  # a part that fell on a patch that shows nothing
    order = _walk(places, head.slot_weights() > 0.5, neighbours(features.shape[-1], head.radius))
    places, chosen = places.gather(1, order), chosen.gather(2, order[:, None].expand_as(chosen))
    head.slots.copy_(head.slots.gather(1, order))
    active = head.slot_weights() > 0.5
    head.prototypes.copy_((chosen * active[:, None]).half())
    similarities, patches = _match(head, features)
    own = similarities[sources, everyone]
    similarities[sources, everyone] = -torch.inf
    best = similarities.topk(NEAREST, dim=0)
    return Projection(
        sources, places, active, own, best.indices.T, best.values.T, patches[best.indices.T, everyone[:, None]]
    )


def _match(head: PrototypeHead, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Similarities (M, P) and patches (M, P, K)."""
    outputs = [head(part) for part in features.split(32)]
    return torch.cat([each.similarities for each in outputs]), torch.cat([each.patches for each in outputs])


def _assign(head: PrototypeHead, similarities: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """A picture of its own for each prototype, (P,) int64, from similarities (M, P)."""
    sources = torch.zeros(len(head.prototypes), dtype=torch.int64)
    for label in range(len(CLASSES)):
        pictures = (labels == label).nonzero()[:, 0]
        prototypes = (head.classes().cpu() == label).nonzero()[:, 0]
        if len(pictures) < len(prototypes):
            raise ValueError(
                f"{CLASSES[label]}: {len(prototypes)} prototypes need as many pictures, got {len(pictures)}"
            )
        rows, columns = linear_sum_assignment(similarities[pictures][:, prototypes].cpu().numpy(), maximize=True)
        sources[prototypes[columns]] = pictures[rows]
    return sources


def _walk(places: torch.Tensor, active: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
    """For each prototype an order of its parts, (P, K): those that are switched on first, each near the one before."""
    orders = []
    for patches, on in zip(places.tolist(), active.tolist(), strict=True):
        shown = [part for part, is_on in enumerate(on) if is_on]
        steps = {way: sum(bool(near[patches[a], patches[b]]) for a, b in pairwise(way)) for way in permutations(shown)}
        orders.append([*max(steps, key=steps.__getitem__), *(part for part, is_on in enumerate(on) if not is_on)])
    return torch.tensor(orders)


def _round_slots(head: PrototypeHead) -> None:
    """Each slot on or off for good; the last part of a prototype stays."""
    on = head.slots > 0
    strongest = torch.nn.functional.one_hot(head.slots.argmax(1), head.slots.shape[1]).bool()
    head.slots.copy_(torch.where(on | strongest, ON, -ON))


def write_prototypes(folder: Path, projection: Projection, photos: Sequence[Photo], grid: int) -> None:
    """Writes what a person is shown, ``prototypes.json``: the pictures, and each prototype's pieces of them."""
    entries: list[dict[str, Any]] = []
    shown: dict[str, Photo] = {}

    def piece(row: int, patches: torch.Tensor) -> dict[str, Any]:
        photo = photos[row]
        shown[photo.path.name] = photo
        return {"source": photo.path.name, "shows": CLASSES[photo.label], "patches": patches.tolist()}

    for number, source in enumerate(projection.sources.tolist()):
        near = zip(
            projection.nearest[number].tolist(),
            projection.nearest_similarities[number].tolist(),
            projection.nearest_patches[number],
            strict=True,
        )
        entries.append(
            {
                "prototype": number,
                "class": CLASSES[number * len(CLASSES) // len(projection.sources)],
                "active": projection.active[number].tolist(),
                "similarity": round(float(projection.own[number]), 4),
                **piece(source, projection.patches[number]),
                "nearest": [
                    {"similarity": round(similarity, 4), **piece(row, patches)} for row, similarity, patches in near
                ],
            }
        )
    pictures = {}
    for name, photo in sorted(shown.items()):
        image = read_upload(photo.path).image
        image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        pictures[name] = {"width": image.width, "height": image.height, "image": webp.of_image(image, SHOWN)}
    write_json(folder / FILE, {"grid": grid, "prototypes": entries, "pictures": pictures})
