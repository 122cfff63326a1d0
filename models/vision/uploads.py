"""Pictures from outside, checked before they are decoded and brought to one form.

A file is judged by its content, never by its name. Its size and its count of pixels are known from the
header, so that a small file which unpacks into gigabytes is refused before a single pixel is decoded.
"""

from __future__ import annotations

import io
import math
import re
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from models.errors import InputError
from models.texts import Texts
from models.vision import pixels, png

pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")  # as Pillow names them
HEAD = 16  # bytes at the start of a file, from which Pillow tells its format
ALLOWED = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP, TIFF"
UNSHOWN = ("HEIF", "TIFF")  # those that browsers do not draw
MAX_MEGABYTES = 100  # of the file
MAX_MEGAPIXELS = 150  # a square of 12,000 px; decoded at 3 bytes a pixel: 450 MB
MIN_SIDE = 8  # px; below, there is nothing to recognise
WORKING_SIDE = 2048  # px of the longer side kept in memory: sharper than any screen shows a demo
LARGE_MEGAPIXELS = 20  # larger ones are decoded one at a time, so that a few uploads do not exhaust the memory

FILLING, MOSTLY = 128, 0.95  # what a decoder puts where a JPEG stops, and the share of it that leaves no picture

Image.MAX_IMAGE_PIXELS = int(MAX_MEGAPIXELS * 1e6)  # Pillow warns above it, and refuses twice as many by itself

_ORIENTATION = 0x0112  # EXIF tag: how the camera was held; 1 is upright
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_large = threading.Lock()


@dataclass(frozen=True)
class Upload:
    """A picture as the models take it.

    Args:
        image: RGB, upright, on white where it was transparent, at most ``WORKING_SIDE`` px on the longer
            side.
        width: px of the picture as it was sent, upright.
        height: likewise.
        unshown: whether the file is of a kind that browsers do not draw.
        cut_short: whether the file ended before the picture did: it was read as far as it goes.
    """

    image: Image.Image
    width: int
    height: int
    unshown: bool = False
    cut_short: bool = False

    def __post_init__(self) -> None:
        if self.image.mode != "RGB":
            raise ValueError(f"image must be RGB, got {self.image.mode}")


@dataclass(frozen=True)
class _MoreThan:
    """A count in a sentence, of which only this is known."""

    count: int

    def message(self, texts: Texts) -> str:
        return f"> {texts.number(self.count)}"


def read_upload(path: str | Path | None) -> Upload:
    """Reads a picture; of an animated one, its first frame.

    Raises:
        InputError: no file, too large, not one of the allowed formats, too many or too few pixels, or
            damaged.
    """
    if path is None:
        raise InputError("no_image")
    path = Path(path)
    if not path.is_file():
        raise InputError("image_missing", name=_printable(path.name))
    return _read(path, path.name, path.stat().st_size)


def read_content(content: bytes, name: str) -> Upload:
    """The same for a file that is in memory.

    Args:
        content: of the file.
        name: of the file, for the sentence of an error.

    Raises:
        InputError: as :func:`read_upload`.
    """
    return _read(content, name, len(content))


def _read(source: Path | bytes, name: str, size: int) -> Upload:
    megabytes = size / 1e6
    if not megabytes:
        raise InputError("image_empty", name=_printable(name), allowed=ALLOWED)
    if megabytes > MAX_MEGABYTES:
        raise InputError("image_heavy", size=str(math.ceil(megabytes)), limit=MAX_MEGABYTES)
    with _open(source, name) as image:
        width, height = image.size
        if width * height > MAX_MEGAPIXELS * 1e6:
            raise InputError("image_pixels", size=f"{width} x {height}", limit=MAX_MEGAPIXELS)
        if min(width, height) < MIN_SIDE:
            raise InputError("image_small", size=f"{width} x {height}", limit=MIN_SIDE)
        try:
            if width * height <= LARGE_MEGAPIXELS * 1e6:
                return _decode(image, source)
            with _large:
                return _decode(image, source)
        except Exception as error:  # a decoder given damaged bytes may raise anything
            raise InputError("image_damaged", name=_printable(name)) from error


def _open(source: Path | bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS)
    except Image.DecompressionBombError as error:
        # Pillow's own bound lies above ours, and it raises before the size can be read
        size = _MoreThan(2 * (Image.MAX_IMAGE_PIXELS or 0))
        raise InputError("image_pixels", size=size, limit=MAX_MEGAPIXELS) from error
    except Exception as error:  # unknown content, or a header that breaks the reader of its format
        if _begins_as_picture(source):
            raise InputError("image_damaged", name=_printable(name)) from error
        raise InputError("image_format", name=_printable(name), allowed=ALLOWED) from error


def _begins_as_picture(source: Path | bytes) -> bool:
    """Whether a file begins with the mark of one of ``FORMATS``."""
    if isinstance(source, bytes):
        head = source[:HEAD]
    else:
        with source.open("rb") as file:
            head = file.read(HEAD)
    Image.init()
    return any(accept(head) is True for _, accept in map(Image.OPEN.__getitem__, FORMATS) if accept is not None)


def _decode(image: Image.Image, source: Path | bytes) -> Upload:
    width, height = image.size
    # a JPEG decodes straight to a half, a quarter or an eighth: never below what we keep
    image.draft(None, (WORKING_SIDE, WORKING_SIDE))
    try:
        image.load()
    except OSError:
        if image.format not in ("JPEG", "MPO"):
            raise
        cut_short = True
        image = _completed(source)
    else:
        cut_short = _ends_early(image, source)
    factor = max(image.size) // WORKING_SIDE
    picture = pixels.eight_bits(image)
    if factor > 1 and picture.mode not in ("1", "P"):  # before the modes widen, to hold fewer bytes
        picture = picture.reduce(factor)
    picture.info = image.info  # holds the transparency of palettes
    picture = pixels.on_white(picture)
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.Resampling.BICUBIC)
    picture = pixels.as_seen(picture, image.info.get("icc_profile"))
    orientation = _orientation(image)
    if orientation in _TURNS and image.format != "TIFF":  # Pillow turns a TIFF itself while it loads
        picture = picture.transpose(_TURNS[orientation])
        if orientation >= 5:  # these lay the picture on its side
            width, height = height, width
    return Upload(picture, width, height, image.format in UNSHOWN, cut_short)


def _ends_early(image: Image.Image, source: Path | bytes) -> bool:
    """Whether a PNG has fewer rows than it says: those that are missing are empty, and it is read like a whole one.

    Raises:
        OSError: next to nothing of the picture is there.
    """
    last = (0, image.height - 1, image.width, image.height)
    if image.format != "PNG" or image.info.get("interlace") or np.asarray(image.crop(last)).any():
        return False
    held = png.share_held(source)  # unpacks it once more, which only an empty last row is worth
    if held < 1 - MOSTLY:
        raise OSError("hardly more than a header")
    return held < 1


def _completed(source: Path | bytes) -> Image.Image:
    """A JPEG that ends too early, decoded as far as it goes: the end marker makes the decoder fill in the rest.

    Raises:
        OSError: next to nothing of the picture is there.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    image = Image.open(io.BytesIO(content + b"\xff\xd9"), formats=("JPEG",))
    image.draft(None, (WORKING_SIDE, WORKING_SIDE))
    image.load()
    values = np.asarray(image).reshape(image.height, image.width, -1)
    if ((values == FILLING) | (values == 255 - FILLING)).all(axis=2).mean() > MOSTLY:  # inks are kept inverted
        raise OSError("hardly more than a header")
    return image


def _orientation(image: Image.Image) -> int:
    try:
        orientation: int = image.getexif().get(_ORIENTATION, 1)
        return orientation
    except Exception:  # damaged EXIF may raise anything, and says nothing about the pixels
        return 1


def _printable(name: str) -> str:
    """A file's name as a message may show it: a page could read markup in it."""
    return re.sub(r"[^\w .()\[\]-]", "_", name)[:60] or "?"
