"""Which patch of a picture each part of a prototype is compared with (Ma et al. 2024, arXiv:2410.20722)."""

from __future__ import annotations

import torch
from torch.nn.functional import avg_pool2d

TIE = 1e-4  # cosines this much apart are as good as equal: rounding alone must not decide


def textured(pixel_values: torch.Tensor, grid: int, blank: float) -> torch.Tensor:
    """Which patches show something, rather than an even background that every picture shares.

    Args:
        pixel_values: (B, 3, H, W), normalised.
        grid: n, patches along each side.
        blank: standard deviation of a patch's pixels, in the units of ``pixel_values``, that one of its channels must
            reach; 0 lets every patch through.

    Returns:
        (B, n, n) bool.
    """
    side = pixel_values.shape[-1] // grid
    mean = avg_pool2d(pixel_values, side)
    variance = avg_pool2d(pixel_values.square(), side) - mean.square()
    return (variance.clamp_min(0) >= blank**2).any(1)


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
    rounds side by side. Parts that are switched off come last and so never draw the others away. Where parts match
    equally well, the first comes first: on the very picture that a prototype was taken from all of them match wholly.

    Args:
        cosines: (B, P, K, N) in -1..1; pictures, prototypes, parts, patches.
        near: (N, N) bool, from :func:`neighbours`; each row must hold at least K patches, so that none runs out.
        active: (P, K) bool, the parts that are switched on.

    Returns:
        (B, P, K) int64: the patch of each part, all K distinct.
    """
    pictures, prototypes, parts, patches = cosines.shape
    handicap = 4.0 * ~active + TIE * torch.arange(parts, device=active.device)
    scores = cosines.detach() - handicap[None, :, :, None]
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
