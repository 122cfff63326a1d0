"""The pixels of a decoded picture, whatever its mode, as the RGB that a person sees."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms

_MODES = {"GRAY": "L", "RGB ": "RGB", "CMYK": "CMYK", "Lab ": "LAB"}  # colour space of an ICC profile -> Pillow's mode
_SRGB = ImageCms.createProfile("sRGB")


def eight_bits(image: Image.Image) -> Image.Image:
    """Converts greys to 8 bits: 16-bit ones over their whole range, laid over white where they are transparent; 32-bit
    ones, whose range is anybody's guess, from the lowest finite number to the highest.
    """
    if image.mode.startswith("I;16"):
        values = np.asarray(image)
        grey = values.astype(np.float32) / 257
        # the grey that stands for transparency has sixteen bits too
        grey[values == image.info.pop("transparency", -1)] = 255
    elif image.mode in ("I", "F"):
        values = np.asarray(image).astype(np.float32)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
        grey = (np.nan_to_num(values, nan=low).clip(low, high) - low) * (255 / max(high - low, 1e-12))
    else:
        return image
    return Image.fromarray(np.rint(grey).astype(np.uint8))


def on_white(image: Image.Image) -> Image.Image:
    """Lays a picture with transparency over white, in the picture's own colour space.

    Palettes become RGB, and bits grey.
    """
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")
    return image.convert({"P": "RGB", "1": "L"}.get(image.mode, image.mode))


def as_seen(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Converts a picture of any mode to RGB as a screen shows it, which is taken to be sRGB.

    Args:
        image: opaque, eight bits.
        profile: the ICC profile that its colours are meant in; one that is damaged, or made for another kind of
            colours, says nothing about them and is passed over, as browsers do.
    """
    if profile:
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            mode = _MODES[meant.profile.xcolor_space]
            if image.mode == mode or {image.mode, mode} == {"RGB", "L"}:
                picture = image if image.mode == mode else image.convert(mode)
                seen = ImageCms.profileToProfile(picture, meant, _SRGB, outputMode="RGB")
                if seen is not None:
                    return seen
        except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
            pass
    return image.convert("RGB")
