"""A saliency map laid over the picture it explains."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

# perceptually uniform and readable without colour vision: darkness marks what did not count, light what did
_LEVELS = np.arange(256, dtype=np.uint8)[:, None]
COLOURS = cv2.cvtColor(cv2.applyColorMap(_LEVELS, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
OPACITY = 0.6  # share of the map in the blend, 0..1
BAND = 256  # rows laid over at a time


def overlay(
    image: Image.Image,
    saliency: np.ndarray,
    size: tuple[int, int] | None = None,
    opacity: float = OPACITY,
) -> Image.Image:
    """The picture with the map over it.

    Args:
        image: RGB.
        saliency: (H, W) in 0..1 over the whole picture, at any resolution.
        size: (width, height) of the result, px; None for the picture's own.
        opacity: share of the map, 0 (the picture alone) to 1 (the map alone).

    Returns:
        RGB picture of that size.

    Raises:
        ValueError: opacity outside 0..1.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must lie in 0..1, got {opacity}")
    size = size or image.size
    if image.size != size:
        image = image.resize(size, Image.Resampling.BICUBIC)
    picture = np.asarray(image)
    blend = np.empty_like(picture)
    for rows, colours in _coloured(saliency, size):
        cv2.addWeighted(picture[rows], 1 - opacity, colours, opacity, 0, dst=blend[rows])
    return Image.fromarray(blend)


def _coloured(saliency: np.ndarray, size: tuple[int, int]) -> Iterator[tuple[slice, np.ndarray]]:
    """The map at that size in colours, some rows at a time: whole, it would hold several times the picture's bytes."""
    width, height = size
    rows = len(saliency)
    across = cv2.resize(255 * saliency.astype(np.float32), (width, rows), interpolation=cv2.INTER_CUBIC)
    down = cv2.resize(np.eye(rows, dtype=np.float32), (rows, height), interpolation=cv2.INTER_CUBIC)
    for top in range(0, height, BAND):
        band = slice(top, min(top + BAND, height))
        # rounded and held to 0..255 in one go: the cubic overshoots a little
        levels = cv2.add(down[band] @ across, 0, dtype=cv2.CV_8U)  # type: ignore[call-overload]  # a number is allowed
        yield band, cv2.applyColorMap(levels, COLOURS)
