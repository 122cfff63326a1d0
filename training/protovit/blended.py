"""Training pictures that are partly blended away, from which ProtoViT learns to look at what is near alone."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from functools import partial
from zlib import crc32

import torch
from PIL import Image
from torch.nn.functional import max_pool2d, pad

from models.vision.faithfulness import blend_in
from models.vision.preprocessing import to_tensor
from models.vision.uploads import read_upload
from training.protovit.objective import Blended, BlendedPictures
from training.protovit.partition import FrozenStem
from training.protovit.recipe import ProtoViTRecipe
from training.vision.data import Photo
from training.vision.feature_cache import FeatureCache


def blended_pictures(
    stem: FrozenStem, photos: Sequence[Photo], whole: torch.Tensor, recipe: ProtoViTRecipe, args: argparse.Namespace
) -> BlendedPictures:
    """Each picture again without what surrounds a square, and again without a rectangle, both where it shows something.

    Args:
        stem: the frozen blocks.
        photos: the pictures.
        whole: what the frozen blocks make of them as they are, (M, D + 1, 1, tokens).
        recipe: how large squares and rectangles are.
        args: the seed, and where the outputs are kept.
    """
    images = [recipe.preprocessing.stretch(read_upload(photo.path).image) for photo in photos]

    def masks(draw: Callable[[torch.Tensor, torch.Generator], torch.Tensor]) -> torch.Tensor:
        """(M, n', n') bool; the picture itself and the seed settle its mask."""
        generators = (torch.Generator().manual_seed(args.seed + crc32(image.tobytes())) for image in images)
        return torch.stack([draw(seen, each) for seen, each in zip(whole[:, -1, 0], generators, strict=True)])

    def without(missing: torch.Tensor, name: str, drawn: tuple[int, int]) -> torch.Tensor:
        cache = FeatureCache(stem, args.cache, (recipe.preprocessing, drawn, recipe.blank, args.seed))
        return cache.run(images, partial(_pixels, images, missing, recipe), recipe.batch, name)

    squares = masks(lambda seen, draw: _square(seen, recipe.squares, draw))
    rectangles = masks(lambda seen, draw: _rectangle(seen, recipe, draw))
    near = 2 * recipe.reach + 1  # a place beyond the edge of the picture has not changed
    changed = max_pool2d(pad((~squares).float(), (recipe.reach,) * 4)[:, None], near, 1)
    return BlendedPictures(
        whole,
        Blended(
            without(~squares, "surroundings blended away", recipe.squares),
            max_pool2d(changed, recipe.pool)[:, 0] == 0,
        ),
        Blended(
            without(rectangles, "rectangle blended away", recipe.rectangles),
            max_pool2d(rectangles[:, None].float(), recipe.pool)[:, 0] > 0,
        ),
    )


def _pixels(
    images: Sequence[Image.Image], missing: torch.Tensor, recipe: ProtoViTRecipe, rows: torch.Tensor
) -> torch.Tensor:
    """Those pictures (B, 3, S, S), normalised, without the patches that are ``missing`` (M, n', n')."""
    side = recipe.preprocessing.size // missing.shape[-1]
    blended = [
        blend_in(to_tensor(images[row]), missing[row].repeat_interleave(side, 0).repeat_interleave(side, 1))
        for row in rows.tolist()
    ]
    return recipe.preprocessing.normalise(torch.stack(blended))


def _centre(shown: torch.Tensor, draw: torch.Generator) -> tuple[int, int, int]:
    """Row and column of one of the patches that show something, by (tokens,) which do, and how many make a side."""
    grid = math.isqrt(len(shown) - 1)
    places = shown[-(grid**2) :].nonzero()[:, 0]
    places = places if len(places) else torch.arange(grid**2)
    row, column = divmod(int(places[torch.randint(len(places), (), generator=draw)]), grid)
    return row, column, grid


def _square(shown: torch.Tensor, radii: tuple[int, int], draw: torch.Generator) -> torch.Tensor:
    """(n', n') bool, a square of a drawn radius around a patch that shows something."""
    row, column, grid = _centre(shown, draw)
    low, high = radii
    radius = int(torch.randint(low, high + 1, (), generator=draw))
    square = torch.zeros(grid, grid, dtype=torch.bool)
    square[max(0, row - radius) : row + radius + 1, max(0, column - radius) : column + radius + 1] = True
    return square


def _rectangle(shown: torch.Tensor, recipe: ProtoViTRecipe, draw: torch.Generator) -> torch.Tensor:
    """(n', n') bool, a rectangle of whole places, of drawn sides, with a patch that shows something in a corner."""
    row, column, grid = _centre(shown, draw)
    low, high = recipe.rectangles
    height, width = (int(side) for side in torch.randint(low, high + 1, (2,), generator=draw))
    places = torch.zeros(grid // recipe.pool, grid // recipe.pool, dtype=torch.bool)
    row, column = row // recipe.pool, column // recipe.pool
    places[row : row + height, column : column + width] = True
    return places.repeat_interleave(recipe.pool, 0).repeat_interleave(recipe.pool, 1)
