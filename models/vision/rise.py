"""RISE (Petsiuk 2018, arXiv:1806.07421): which parts of a picture, left visible, make a model give an answer.

It only asks for answers, so it explains any model alike, at the price of hundreds of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import interpolate

MASKS = 400  # random masks; the paper uses 4,000 and more: the map so far is shown while it sharpens
CELLS = 7  # of a mask along each side
VISIBLE = 0.5  # probability that a cell is left visible


def rise(
    score: Callable[[torch.Tensor], torch.Tensor],
    inputs: torch.Tensor,
    grey: torch.Tensor,
    masks: int = MASKS,
    batch: int = 8,
    seed: int = 0,
) -> Iterator[tuple[float, torch.Tensor]]:
    """Draws the map batch by batch; close the generator to cancel.

    Args:
        score: (B, 3, S, S) pictures as the model takes them -> (B,) probability of the class, or by how
            much it is above another's.
        inputs: (1, 3, S, S), the picture.
        grey: (1, 3, 1, 1), what stands in place of a hidden pixel.
        masks: how many to try.
        batch: how many at a time.
        seed: of the masks; the same seed draws the same map.

    Yields:
        The share of the work done, and the map so far, (S, S): the mean score where a pixel was visible, less
        the mean score over all masks.
    """
    generator = torch.Generator().manual_seed(seed)
    size = inputs.shape[-1]
    shown = inputs - grey
    visible_sum, score_sum = torch.zeros(size, size), torch.zeros(size, size)
    total = 0.0
    for start in range(0, masks, batch):
        drawn = random_masks(min(batch, masks - start), size, generator)
        scores = score(torch.addcmul(grey, shown, drawn)).cpu()  # of tens of pictures, no copy but this one
        visible_sum += drawn[:, 0].sum(dim=0)
        score_sum += torch.tensordot(scores, drawn[:, 0], dims=1)
        total += float(scores.sum())
        done = start + len(drawn)
        yield done / masks, score_sum / visible_sum.clamp(min=1e-6) - total / done


def random_masks(count: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """Smooth random masks (count, 1, size, size) in 0..1: small grids enlarged, then shifted within a cell."""
    cell = -(-size // CELLS)
    grids = (torch.rand(count, 1, CELLS + 1, CELLS + 1, generator=generator) < VISIBLE).float()
    large = interpolate(grids, size=(CELLS + 1) * cell, mode="bilinear", align_corners=False)
    shifts = torch.randint(cell, (count, 2), generator=generator).tolist()
    return torch.stack(
        [mask[:, down : down + size, right : right + size] for mask, (down, right) in zip(large, shifts, strict=True)]
    )
