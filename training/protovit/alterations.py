"""Training pictures that are partly blended away or cropped, from which ProtoViT learns what its evidence is."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from zlib import crc32

import torch
from PIL import Image
from torch.nn.functional import max_pool2d, pad

from models.vision.faithfulness import blend_in, fill_in
from models.vision.preprocessing import to_tensor
from models.vision.uploads import read_upload
from training.protovit.objective import AlteredPictures, Blended, Cropped
from training.protovit.partition import FrozenStem
from training.protovit.recipe import ProtoViTRecipe
from training.vision.data import Photo
from training.vision.distributed import DEVICE
from training.vision.feature_cache import FeatureCache, stack

GRAIN = 0.01  # standard deviation of the noise on what is blended in


def altered_pictures(
    stem: FrozenStem, photos: Sequence[Photo], whole: torch.Tensor, recipe: ProtoViTRecipe, args: argparse.Namespace
) -> tuple[AlteredPictures, ...]:
    """Each picture without what surrounds a square, without some places and cropped, in several ways.

    Args:
        stem: the frozen blocks.
        photos: the pictures.
        whole: what the frozen blocks make of them as they are, (M, D + 1, 1, tokens).
        recipe: how they are altered, and in how many ways.
        args: the seed, and where the outputs are kept.
    """
    images = [recipe.preprocessing.stretch(read_upload(photo.path).image) for photo in photos]
    alone = Alone(stack([to_tensor(image) for image in images]).to(DEVICE), stem, recipe, args.bf16)
    return tuple(_altered(images, whole, alone, args.seed + 7919 * number, args) for number in range(recipe.draws))


def _altered(
    images: Sequence[Image.Image], whole: torch.Tensor, alone: Alone, seed: int, args: argparse.Namespace
) -> AlteredPictures:
    """One way in which each picture is altered; the picture itself and the seed settle it."""
    stem, recipe = alone.stem, alone.recipe

    def masks(draw: Callable[[torch.Tensor, torch.Generator], torch.Tensor]) -> torch.Tensor:
        """(M, n', n') bool."""
        generators = [_generator(image, seed) for image in images]
        return torch.stack([draw(seen, each) for seen, each in zip(whole[:, -1, 0], generators, strict=True)])

    def without(missing: torch.Tensor, name: str, *drawn: object) -> torch.Tensor:
        cache = FeatureCache(stem, args.cache, (recipe.preprocessing, drawn, recipe.blank, seed))
        return cache.run(images, partial(_pixels, images, missing, recipe), recipe.batch, name)

    squares = masks(lambda seen, draw: _square(seen, recipe.squares, draw))
    deleted = masks(lambda seen, draw: _deleted(seen, recipe, draw))
    near = 2 * recipe.reach + 1  # a place beyond the edge of the picture has not changed
    changed = max_pool2d(pad((~squares).float(), (recipe.reach,) * 4)[:, None], near, 1)
    return AlteredPictures(
        whole,
        Blended(
            without(~squares, "surroundings blended away", recipe.squares),
            max_pool2d(changed, recipe.pool)[:, 0] == 0,
        ),
        Blended(
            without(deleted, "places blended away", recipe.rectangles, recipe.scattered, recipe.pool),
            max_pool2d(deleted[:, None].float(), recipe.pool)[:, 0] > 0,
        ),
        _cropped(stem, images, recipe, seed, args),
        alone,
    )


@dataclass(frozen=True)
class Alone:
    """Pictures of which only some places are left, as the frozen blocks see them.

    Args:
        pixels: (M, 3, S, S) in 0..1, on the device.
        stem: the frozen blocks, likewise.
        recipe: patches of a place.
        bf16: half precision, where the processor has it.
    """

    pixels: torch.Tensor
    stem: FrozenStem
    recipe: ProtoViTRecipe
    bf16: bool

    def __call__(self, rows: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        """Those pictures with all but these places (B, N) bool blended away, as the network takes them."""
        grid = math.isqrt(places.shape[1])
        missing = _enlarged(~places.unflatten(1, (grid, grid)), self.recipe.pool)
        pixels = self.recipe.preprocessing.normalise(blend_away(self.pixels[rows], missing))
        with torch.no_grad(), torch.autocast(DEVICE.type, torch.bfloat16, enabled=self.bf16):
            tokens: torch.Tensor = self.stem(pixels)
        return tokens.float()


def _cropped(
    stem: FrozenStem, images: Sequence[Image.Image], recipe: ProtoViTRecipe, seed: int, args: argparse.Namespace
) -> Cropped:
    """A square of each picture, anywhere, stretched to its size; the picture itself and the seed settle it."""

    def box(image: Image.Image) -> torch.Tensor:
        draw = _generator(image, seed)
        side = recipe.crop + (1 - recipe.crop) * torch.rand((), generator=draw)
        corner = (1 - side) * torch.rand(2, generator=draw)
        return torch.cat([corner, corner + side])

    def pixels(rows: torch.Tensor) -> torch.Tensor:
        size = recipe.preprocessing.size
        parts = []
        for row in rows.tolist():
            top, left, bottom, right = (boxes[row] * size).tolist()
            part = images[row].resize((size, size), Image.Resampling.BICUBIC, box=(left, top, right, bottom))
            parts.append(to_tensor(part))
        return recipe.preprocessing.normalise(torch.stack(parts))

    boxes = torch.stack([box(image) for image in images])
    cache = FeatureCache(stem, args.cache, (recipe.preprocessing, recipe.crop, recipe.blank, seed))
    return Cropped(cache.run(images, pixels, recipe.batch, "cropped"), boxes)


def _pixels(
    images: Sequence[Image.Image], missing: torch.Tensor, recipe: ProtoViTRecipe, rows: torch.Tensor
) -> torch.Tensor:
    """Those pictures (B, 3, S, S), normalised, without the patches that are ``missing`` (M, n', n')."""
    side = recipe.preprocessing.size // missing.shape[-1]
    blended = [blend_in(to_tensor(images[row]), _enlarged(missing[row], side)) for row in rows.tolist()]
    return recipe.preprocessing.normalise(torch.stack(blended))


def _generator(image: Image.Image, seed: int) -> torch.Generator:
    """The picture itself and the seed settle what is drawn for it."""
    return torch.Generator().manual_seed(seed + crc32(image.tobytes()))


def _enlarged(mask: torch.Tensor, side: int) -> torch.Tensor:
    """Each cell of (..., n, n) as a square of ``side`` x ``side``."""
    return mask.repeat_interleave(side, -2).repeat_interleave(side, -1)


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


def _deleted(shown: torch.Tensor, recipe: ProtoViTRecipe, draw: torch.Generator) -> torch.Tensor:
    """(n', n') bool, whole places: a rectangle of drawn sides, with a patch that shows something in a corner, or places
    here and there.
    """
    row, column, grid = _centre(shown, draw)
    low, high = recipe.rectangles
    height, width = (int(side) for side in torch.randint(low, high + 1, (2,), generator=draw))
    places = torch.zeros(grid // recipe.pool, grid // recipe.pool, dtype=torch.bool)
    row, column = row // recipe.pool, column // recipe.pool
    if torch.rand((), generator=draw) < 0.5 or not recipe.scattered:
        places[row : row + height, column : column + width] = True
    else:
        share = recipe.scattered * torch.rand((), generator=draw)
        places = torch.rand(places.shape, generator=draw) < share
    return _enlarged(places, recipe.pool)


def blend_away(pixels: torch.Tensor, missing: torch.Tensor) -> torch.Tensor:
    """Pictures (B, 3, S, S) in 0..1 with the ``missing`` squares (B, n, n) taken from what surrounds them."""
    side = pixels.shape[-1] // missing.shape[-1]
    gone = _enlarged(missing, side)[:, None]
    filled = fill_in(pixels, (~gone).float()) + GRAIN * torch.randn_like(pixels)
    return torch.where(gone, filled.clamp(0, 1), pixels)
