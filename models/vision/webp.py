"""Pictures as WebP data URIs: what a page or a program shows without asking for a file."""

from __future__ import annotations

import base64
import io

from PIL import Image

QUALITY = 80  # of 100


def of_image(image: Image.Image, longest: int) -> str:
    """A picture as a WebP data URI, made smaller where it is larger than ``longest``.

    Args:
        image: RGB.
        longest: px of the longer side, at most.
    """
    small = image.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    small.save(stream, "WEBP", quality=QUALITY)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
