"""The prototypes that a visitor is shown as the reasons of an answer, and where they are found again in a crop."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from models.protovit.modeling import PrototypeHead, PrototypeHeadOutput

SHARPNESS = 10.0  # of the softmax over a picture's places, in units of a cosine


@dataclass(frozen=True)
class Shown:
    """What a visitor is shown of B pictures.

    Args:
        prototypes: (B, T) int64, those of the predicted class that bring most points.
        parts: (B, T, K) bool, which of their parts are switched on.
        places: (B, N) bool, where these parts were found.
    """

    prototypes: torch.Tensor
    parts: torch.Tensor
    places: torch.Tensor


@torch.no_grad()
def shown(head: PrototypeHead, found: PrototypeHeadOutput, count: int, places: int) -> Shown:
    """The ``count`` prototypes with most points for the answer to each picture, or all of its class if these are fewer,
    and their places among ``places`` of the picture.
    """
    answers = found.logits.argmax(1)
    points = head.evidence()[answers] * found.similarities
    own = head.classes()[None] == answers[:, None]
    order = points.masked_fill(~own, -torch.inf).argsort(1, descending=True)
    chosen = order[:, : min(count, len(head.slots) // head.labels)]
    parts = (head.slot_weights() > 0.5)[chosen]
    patches = found.patches.gather(1, chosen[..., None].expand(-1, -1, parts.shape[2]))
    taken = torch.zeros(len(answers), places, dtype=torch.bool, device=answers.device)
    rows = torch.arange(len(answers), device=answers.device)[:, None, None].expand_as(patches)
    taken[rows[parts], patches[parts]] = True
    return Shown(chosen, parts, taken)


def others(shown_places: torch.Tensor, textured: torch.Tensor) -> torch.Tensor:
    """As many places (B, N) bool, drawn from those that show something, (B, n, n) bool, and are not shown; all of these
    where they are fewer.
    """
    free = textured.flatten(1) & ~shown_places
    ranks = (torch.rand(free.shape, device=free.device) + free.float()).argsort(1, descending=True).argsort(1)
    count = torch.minimum(shown_places.sum(1), free.sum(1))
    return ranks < count[:, None]


def equivariance(cosines: torch.Tensor, patches: torch.Tensor, shown: Shown, boxes: torch.Tensor) -> torch.Tensor:
    """How surely the parts that are shown are found again at their place where a picture is cropped.

    The cross-entropy of a softmax over the places of the crop with where the part lies in it, shared out among the four
    places around by bilinear interpolation; parts that the crop has lost do not count.

    Args:
        cosines: (B, P, K, N), of all parts with the places of the crops.
        patches: (B, P, K) int64, where the parts were found in the whole pictures.
        shown: the prototypes that count.
        boxes: (B, 4), of the crops: top, left, bottom, right as shares of the picture.
    """
    grid = math.isqrt(cosines.shape[-1])
    chosen = shown.prototypes[..., None].expand(-1, -1, patches.shape[2])
    before = patches.gather(1, chosen)  # (B, T, K)
    asked = cosines.gather(1, chosen[..., None].expand(-1, -1, -1, cosines.shape[-1]))
    top, left, bottom, right = (side[:, None, None] for side in boxes.unbind(1))
    row = ((before // grid + 0.5) / grid - top) / (bottom - top) * grid - 0.5
    column = ((before % grid + 0.5) / grid - left) / (right - left) * grid - 0.5
    numbers = torch.arange(grid, device=cosines.device)
    near = [(1 - (at[..., None] - numbers).abs()).clamp_min(0) for at in (row, column)]
    there = (near[0][..., :, None] * near[1][..., None, :]).flatten(-2)  # (B, T, K, N)
    total = there.sum(-1)
    surprise = -(there * (SHARPNESS * asked).log_softmax(-1)).sum(-1) / total.clamp_min(1e-6)
    counted = (total > 0.5) & shown.parts
    return (surprise * counted).sum() / counted.sum().clamp_min(1)
