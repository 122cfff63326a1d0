"""Which patch of a picture each part of a prototype is compared with (Ma et al. 2024, arXiv:2410.20722)."""

from __future__ import annotations

import torch


def neighbours(grid: int, radius: int) -> torch.Tensor:
    """Which patches of a ``grid`` x ``grid`` picture lie within a Chebyshev distance of each other.

    Returns:
        (N, N) bool with N = grid ** 2; a patch is its own neighbour.
    """
    row, column = torch.meshgrid(torch.arange(grid), torch.arange(grid), indexing="ij")
    places = torch.stack([row.flatten(), column.flatten()], 1)
    distance = (places[:, None] - places[None]).abs().amax(2)
    return distance <= radius


def greedy_match(cosines: torch.Tensor, near: torch.Tensor, active: torch.Tensor) -> torch.Tensor:
    """Matches the parts of each prototype to patches, best pair first.

    Each round takes the free pair of part and patch with the largest cosine; the next looks only at the neighbours
    of the patch just taken, which keeps the matched patches together. All pictures and prototypes go through their
    rounds side by side. Parts that are switched off come last and so never draw the others away.

    Args:
        cosines: (B, P, K, N) in -1..1; pictures, prototypes, parts, patches.
        near: (N, N) bool, from :func:`neighbours`; each row must hold at least K patches, so that none runs out.
        active: (P, K) bool, the parts that are switched on.

    Returns:
        (B, P, K) int64: the patch of each part, all K distinct.
    """
    pictures, prototypes, parts, patches = cosines.shape
    scores = cosines.detach() - 4.0 * (~active)[None, :, :, None]
    free_part = torch.ones(pictures, prototypes, parts, dtype=torch.bool, device=cosines.device)
    free_patch = torch.ones(pictures, prototypes, patches, dtype=torch.bool, device=cosines.device)
    reach = free_patch
    matched = torch.zeros_like(free_part, dtype=torch.int64)
    for _ in range(parts):
        closed = ~(free_part[..., None] & (free_patch & reach)[:, :, None])
        best = scores.masked_fill(closed, -torch.inf).flatten(2).argmax(2, keepdim=True)
        part, patch = best // patches, best % patches
        matched.scatter_(2, part, patch)
        free_part = free_part.scatter(2, part, False)
        free_patch = free_patch.scatter(2, patch, False)
        reach = near[patch[..., 0]]
    return matched
