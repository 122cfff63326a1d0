"""A saliency map laid over the picture it explains."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

# perceptually uniform and readable without colour vision: darkness marks what did not count, light what did
COLOUR_MAP = cv2.COLORMAP_INFERNO
OPACITY = 0.55  # share of the map in the blend, 0..1


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
    blend = cv2.addWeighted(np.asarray(image), 1 - opacity, _coloured(saliency, size), opacity, 0)
    return Image.fromarray(blend)


def heatmap(saliency: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """The map alone, coloured, as an RGB picture of (width, height) px."""
    return Image.fromarray(_coloured(saliency, size))


def _coloured(saliency: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    smooth = cv2.resize(saliency.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    levels = np.clip(smooth * 255, 0, 255).astype(np.uint8)  # the cubic overshoots a little
    return cv2.cvtColor(cv2.applyColorMap(levels, COLOUR_MAP), cv2.COLOR_BGR2RGB)
