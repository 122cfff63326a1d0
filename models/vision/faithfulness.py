"""How far a saliency map can be trusted: does the answer change where the map says it should?

Pixels are taken away (deletion) or given back (insertion) in the order of the map, and the probability of the
explained class is followed (Petsiuk 2018, arXiv:1806.07421). A faithful map makes it fall fast or rise fast.
ROAD (Rong 2022, arXiv:2202.00449) takes pixels away by blending them into their surroundings, so that no edge
gives away the shape of what is missing, and weighs the most salient pixels against the least salient ones. Its blending
is approximated here: :func:`blend_in`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d, interpolate, pad
from torchvision.transforms.v2.functional import gaussian_blur

from models.vision.classifier import ImageClassifier
from models.vision.preprocessing import to_tensor

STEPS = 16  # points of a curve after its start
GREY = 0.5  # what stands in place of a deleted pixel, 0..1
BLUR = 10.0  # standard deviation of the picture that insertion starts from, px at an input of 224
ROAD_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # of the pixels, taken away
SMOOTHING = 6  # rounds of averaging at each scale that blend missing pixels in
BATCH = 8  # pictures a pass

Score = Callable[[torch.Tensor], torch.Tensor]  # (B, 3, S, S) in 0..1 -> (B,) probability of the explained class


@dataclass(frozen=True)
class Curve:
    """The probability of the explained class while the picture changes.

    Args:
        shares: of the pixels changed, from 0 to 1.
        probabilities: at each share.
    """

    shares: tuple[float, ...]
    probabilities: tuple[float, ...]

    @property
    def area(self) -> float:
        """The area under the curve, 0..1: low is good for deletion, high for insertion."""
        return float(np.trapezoid(self.probabilities, self.shares))


@dataclass(frozen=True)
class Faithfulness:
    """The three measures of a saliency map of one picture.

    Args:
        deletion: most salient pixels replaced by grey first.
        insertion: most salient pixels sharpened first, in a blurred picture.
        road: mean probability without the least salient pixels, less that without the most salient; -1..1,
            high is good, 0 is what chance gives.
    """

    deletion: Curve
    insertion: Curve
    road: float


def assess(score: Score, pixels: torch.Tensor, saliency: np.ndarray) -> Faithfulness:
    """Measures how faithful a saliency map is: deletion, insertion and ROAD.

    Args:
        score: asks the model.
        pixels: (3, S, S) in 0..1, the picture as the model takes it.
        saliency: (h, w) over the whole picture, at any resolution.
    """
    ranks = order(saliency, pixels.shape[-1])
    return Faithfulness(deletion(score, pixels, ranks), insertion(score, pixels, ranks), road(score, pixels, ranks))


def judge(
    model: ImageClassifier,
    image: Image.Image,
    target: str,
    saliency: np.ndarray,
    contrast_class: str | None = None,
) -> Faithfulness:
    """How faithful a map is to a model's answer for one class of an RGB picture.

    A map of the class rather than another is held against the probability of the first of these two alone, which the
    difference of their logits decides.
    """
    place = model.classes.index(target)
    pixels = to_tensor(model.preprocessing.stretch(image))

    def score(batch: torch.Tensor) -> torch.Tensor:
        found = model.probabilities(batch)
        if not contrast_class:
            return found[:, place]
        pair = found[:, [place, model.classes.index(contrast_class)]]
        return pair[:, 0] / pair.sum(dim=1).clamp(min=torch.finfo(pair.dtype).tiny)

    return assess(score, pixels, saliency)


def order(saliency: np.ndarray, size: int) -> torch.Tensor:
    """For each pixel of (size, size), the share of pixels more salient than it, 0..1; of equally salient ones, those
    further up count as more salient. The map is enlarged by cubic interpolation, which can fall below it beside a peak.
    """
    large = cv2.resize(saliency.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC)
    ranks = np.empty(large.size, dtype=np.float32)
    ranks[np.argsort(-large, axis=None, kind="stable")] = np.arange(large.size) / large.size
    return torch.from_numpy(ranks.reshape(size, size))


def deletion(score: Score, pixels: torch.Tensor, ranks: torch.Tensor, steps: int = STEPS) -> Curve:
    """The deletion curve: the probability of the class while the picture turns grey, most salient pixels first."""
    return _curve(score, pixels, torch.full_like(pixels, GREY), ranks, steps)


def insertion(score: Score, pixels: torch.Tensor, ranks: torch.Tensor, steps: int = STEPS) -> Curve:
    """The insertion curve: the probability of the class as a blurred picture is restored, most salient pixels first."""
    sigma = BLUR * pixels.shape[-1] / 224
    blurred = gaussian_blur(pixels, kernel_size=[2 * round(2 * sigma) + 1] * 2, sigma=[sigma] * 2)
    return _curve(score, blurred, pixels, ranks, steps)


def road(score: Score, pixels: torch.Tensor, ranks: torch.Tensor, shares: Sequence[float] = ROAD_SHARES) -> float:
    """ROAD, least less most relevant first: the probability kept without the least salient pixels, less that without
    the most salient; a mean over shares.
    """
    most = [blend_in(pixels, ranks < share) for share in shares]
    least = [blend_in(pixels, ranks >= 1 - share) for share in shares]
    answers = _ask(score, torch.stack([*most, *least]))
    return float(answers[len(shares) :].mean() - answers[: len(shares)].mean())


def blend_in(pixels: torch.Tensor, missing: torch.Tensor, noise: float = 0.01, seed: int = 0) -> torch.Tensor:
    """Imputes the missing pixels (S, S) of a picture (3, S, S) from those around them, with a little noise.

    Each becomes the weighted mean of its eight neighbours, missing or not: the linear system of ROAD, solved by
    averaging from coarse to fine instead of a sparse solver, which takes a second for every picture.
    """
    filled = fill_in(pixels[None], (~missing).float()[None, None])[0]
    generator = torch.Generator().manual_seed(seed)
    grain = noise * torch.randn(pixels.shape, generator=generator)
    return torch.where(missing, (filled + grain).clamp(0, 1), pixels)


def fill_in(colours: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Pictures (B, 3, H, W) with what is not known, (B, 1, H, W) in 0..1, taken from pictures of half the size, then
    smoothed.
    """
    height, width = colours.shape[-2:]
    if height == 1 and width == 1:
        return colours
    halved = avg_pool2d(torch.cat([colours * known, known], 1), 2, ceil_mode=True)
    weight = halved[:, 3:]
    coarse = fill_in(halved[:, :3] / weight.clamp(min=1e-6), (weight > 0).float())
    guess = interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    filled = torch.where(known > 0, colours, guess)
    for _ in range(SMOOTHING):
        # twice the mean of 2 x 2 weighs 1 2 1, 2 4 2, 1 2 1; without its centre, these are ROAD's neighbours
        padded = pad(filled, (1, 1, 1, 1), mode="replicate")
        around = (4 * avg_pool2d(avg_pool2d(padded, 2, stride=1), 2, stride=1) - filled) / 3
        filled = torch.where(known > 0, colours, around)
    return filled


def _curve(score: Score, start: torch.Tensor, end: torch.Tensor, ranks: torch.Tensor, steps: int) -> Curve:
    shares = [step / steps for step in range(steps + 1)]
    pictures = torch.stack([torch.where(ranks < share, end, start) for share in shares])
    return Curve(tuple(shares), tuple(_ask(score, pictures).tolist()))


def _ask(score: Score, pictures: torch.Tensor) -> torch.Tensor:
    return torch.cat([score(part) for part in pictures.split(BATCH)])
