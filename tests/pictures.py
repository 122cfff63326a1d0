"""Made pictures of the seven categories, for tests that train for a moment."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from models.vision.predictions import CLASSES


def picture(label: int, seed: int = 0) -> Image.Image:
    """A noisy square whose brightness and place tell its class."""
    rng = np.random.default_rng(100 * label + seed)
    pixels = rng.integers(200, 255, (60, 48, 3), dtype=np.uint8)
    pixels[4 * label : 4 * label + 20, 10:30] = 30 * label
    return Image.fromarray(pixels)


def write_dataset(folder: Path) -> Path:
    """Two training pictures of each class and one each to validate and test, with their table."""
    (folder / "images").mkdir()
    rows = []
    for label, category in enumerate(CLASSES):
        for number, split in enumerate(["train", "train", "val", "test"]):
            name = f"{label}-{number}.png"
            picture(label, number).save(folder / "images" / name)
            rows.append((name, category, split))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "category", "split"), *rows])
    return folder
