"""Training pictures with all but a square of them blended away, from which ProtoViT learns to look at what is near."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from zlib import crc32

import torch
from torch.nn.functional import max_pool2d, pad

from models.vision.faithfulness import blend_in
from models.vision.preprocessing import to_tensor
from models.vision.uploads import read_upload
from training.protovit.objective import Surroundings
from training.protovit.partition import FrozenStem
from training.protovit.recipe import ProtoViTRecipe
from training.vision.data import Photo
from training.vision.feature_cache import FeatureCache


def blended_surroundings(
    stem: FrozenStem, photos: Sequence[Photo], whole: torch.Tensor, recipe: ProtoViTRecipe, args: argparse.Namespace
) -> Surroundings:
    """Each picture again, with all but a square around a place that shows something blended away.

    Args:
        stem: the frozen blocks.
        photos: the pictures.
        whole: what the frozen blocks make of them as they are.
        recipe: how large the squares are.
        args: the seed, and where the outputs are kept.
    """
    images = [recipe.preprocessing.stretch(read_upload(photo.path).image) for photo in photos]
    kept = torch.stack(  # (M, n', n'); the picture itself and the seed settle its square
        [
            _square(seen, recipe, torch.Generator().manual_seed(args.seed + crc32(image.tobytes())))
            for seen, image in zip(whole[:, -1, 0], images, strict=True)
        ]
    )
    side = recipe.preprocessing.size // kept.shape[-1]

    def pixels(rows: torch.Tensor) -> torch.Tensor:
        blended = [
            blend_in(to_tensor(images[row]), ~kept[row].repeat_interleave(side, 0).repeat_interleave(side, 1))
            for row in rows.tolist()
        ]
        return recipe.preprocessing.normalise(torch.stack(blended))

    cache = FeatureCache(stem, args.cache, (recipe.preprocessing, recipe.squares, recipe.blank, args.seed))
    part = cache.run(images, pixels, recipe.batch, "surroundings blended away")
    near = 2 * recipe.reach + 1  # a place beyond the edge of the picture has not changed
    missing = max_pool2d(pad((~kept).float(), (recipe.reach,) * 4)[:, None], near, 1)
    return Surroundings(whole, part, max_pool2d(missing, recipe.pool)[:, 0] == 0)


def _square(shown: torch.Tensor, recipe: ProtoViTRecipe, draw: torch.Generator) -> torch.Tensor:
    """(tokens,) which of them show something -> (n', n') bool, a square around one of the patches that do."""
    grid = math.isqrt(len(shown) - 1)
    places = shown[-(grid**2) :].nonzero()[:, 0]
    places = places if len(places) else torch.arange(grid**2)
    row, column = divmod(int(places[torch.randint(len(places), (), generator=draw)]), grid)
    low, high = recipe.squares
    radius = int(torch.randint(low, high + 1, (), generator=draw))
    square = torch.zeros(grid, grid, dtype=torch.bool)
    square[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1] = True
    return square
