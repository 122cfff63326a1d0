"""The rendered product pictures that are shipped: examples to click."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

CATALOGUE = Path(__file__).parents[2] / "data" / "catalogue"
PER_CATEGORY = 2
THUMBNAIL = 128  # px: two for each that the page gives an example


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


def thumbnail(example: ExamplePicture) -> Image.Image:
    """A picture at the size of its place in the gallery."""
    with Image.open(example.path) as image:
        return image.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
