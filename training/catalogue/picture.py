"""From Blender's PNG to the catalogue's WebP: denoise, clean the white, keep the file small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

LARGEST = 40_000  # bytes a picture


def denoise(image: np.ndarray) -> np.ndarray:
    """Intel's Open Image Denoise over an sRGB image in 0..1 (Debian's Blender is built without it).

    `pip install pyoidn` provides it; without it the picture stays as rendered, so use more samples.
    """
    try:
        import pyoidn
    except ImportError:
        return image
    return pyoidn.denoise(np.ascontiguousarray(image), hdr=False)


def save_webp(png: Path, webp: Path) -> None:
    """Convert with the best quality that stays under the size limit; almost-white becomes white."""
    pixels = denoise(np.asarray(Image.open(png).convert("RGB"), dtype=np.float32) / 255)
    image = Image.fromarray((np.clip(pixels / 0.98, 0, 1) * 255).round().astype(np.uint8))
    for quality in range(90, 20, -10):
        image.save(webp, quality=quality, method=6)
        if webp.stat().st_size <= LARGEST:
            return
