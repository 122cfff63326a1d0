"""The rendered catalogue: complete, small, labelled, and the same scene for the same seed."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.vision.gallery import CATALOGUE, catalogue, examples
from models.vision.predictions import CLASSES

BLENDER = shutil.which("blender")


def test_every_category_has_enough_pictures_and_objects() -> None:
    pictures = catalogue()
    counts = Counter(picture.category for picture in pictures)
    objects = {name: {picture.object for picture in pictures if picture.category == name} for name in CLASSES}
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) >= 24
    assert min(len(found) for found in objects.values()) >= 8


def test_labels_name_exactly_the_files_that_stand() -> None:
    with (CATALOGUE / "labels.csv").open(encoding="utf-8") as stream:
        assert set(next(csv.reader(stream))) == {"file", "category", "object", "seed"}
    assert {picture.path for picture in catalogue()} == set((CATALOGUE / "images").iterdir())


def test_pictures_are_small_webp_of_320_px() -> None:
    total = 0
    for picture in catalogue():
        size = picture.path.stat().st_size
        total += size
        assert size <= 40_000
        with Image.open(picture.path) as image:
            assert (image.format, image.size) == ("WEBP", (320, 320))
    assert total <= 6_000_000


def test_the_gallery_has_two_pictures_a_category_of_different_objects() -> None:
    chosen = examples()
    assert Counter(picture.category for picture in chosen) == dict.fromkeys(CLASSES, 2)
    assert len({picture.object for picture in chosen}) == 14


def test_a_missing_catalogue_is_an_empty_one(tmp_path: Path) -> None:
    assert catalogue(tmp_path) == ()


@pytest.mark.skipif(BLENDER is None, reason="Blender is not installed: it is needed only to render again")
def test_the_same_seed_gives_the_same_scene(tmp_path: Path) -> None:
    for name in ("first", "second"):
        command = [sys.executable, "-m", "training.catalogue", "--out", str(tmp_path / name), "--only", "rattle"]
        command += ["--count", "1", "--size", "48", "--samples", "2"]
        subprocess.run(command, check=True, capture_output=True, cwd=CATALOGUE.parents[1], timeout=300)
    first, second = (
        np.asarray(Image.open(tmp_path / name / "images" / "rattle-0.webp")) for name in ("first", "second")
    )
    assert np.abs(first.astype(int) - second.astype(int)).mean() < 1
