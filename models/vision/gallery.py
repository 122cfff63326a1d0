"""The rendered product pictures that are shipped: examples to click."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image

from models.vision.webp import QUALITY

CATALOGUE = Path(__file__).parents[2] / "data" / "catalogue"
PER_CATEGORY = 2


@dataclass(frozen=True)
class ExamplePicture:
    """One rendered picture."""

    path: Path
    category: str
    object: str


def catalogue(folder: Path = CATALOGUE) -> tuple[ExamplePicture, ...]:
    """Every picture that ``labels.csv`` lists; none where the catalogue is missing."""
    labels = folder / "labels.csv"
    if not labels.is_file():
        return ()
    with labels.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(ExamplePicture(folder / row["file"], row["category"], row["object"]) for row in rows)


def examples(folder: Path = CATALOGUE) -> tuple[ExamplePicture, ...]:
    """Two pictures a category, of different objects, for the gallery."""
    chosen: list[ExamplePicture] = []
    for example in catalogue(folder):
        own = [item for item in chosen if item.category == example.category]
        if len(own) < PER_CATEGORY and example.object not in [item.object for item in own]:
            chosen.append(example)
    return tuple(chosen)


def address(example: ExamplePicture, side: int) -> str:
    """Where the page finds a picture at a size, relative to itself (``server/assets.py`` serves it)."""
    return f"pictures/{side}/{example.path.name}"


@lru_cache(maxsize=1024)
def webp_thumbnail(example: ExamplePicture, side: int) -> bytes:
    """A picture as WebP whose sides are so many px."""
    stream = io.BytesIO()
    with Image.open(example.path) as image:
        image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS).save(stream, "WEBP", quality=QUALITY)
    return stream.getvalue()
