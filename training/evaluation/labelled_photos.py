"""The photos that the models are judged on, and which of them are copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.vision.predictions import CLASSES
from models.vision.uploads import read_upload
from training.evaluation.near_duplicates import Groups, find_groups, fingerprint
from training.evaluation.protocols import Split
from training.vision.data import Photo, read_photos

PARTS = ("train", "val", "test")
FETCH = """{missing} is missing, so nothing was measured; the shipped figures stay as they are.

The photos belong to Flipkart and are not part of this repository. To measure again, make a folder with
  labels.csv   a line a photo, with the columns image, category and split (train, val or test); the categories are
               {classes}
  images/      the files that the column image names
from the 1,050 pictures of Kaggle's "Flipkart Products" (PromptCloud), and name it: --data FOLDER.
Keep identical photos in one split: `python -m training.evaluate` counts those that are not."""


@dataclass(frozen=True)
class Data:
    """The photos of all three parts, and which of them are copies.

    Attributes:
        splits: the photos by part.
        photos: all N of them, training first, then validation, then test.
        labels: (N,) indices of their classes.
        groups: of copies.
        fixed: the indices of each part.
    """

    splits: dict[str, list[Photo]]
    photos: list[Photo]
    labels: np.ndarray
    groups: Groups
    fixed: Split


def read_data(folder: Path) -> Data:
    """The photos of a folder.

    Raises:
        SystemExit: they are not there; the message says what to fetch and where to put it.
    """
    for missing in (folder / "labels.csv", folder / "images"):
        if not missing.exists():
            raise SystemExit(FETCH.format(missing=missing, classes="; ".join(CLASSES)))
    splits = read_photos(folder)
    photos = [photo for part in PARTS for photo in splits[part]]
    ends = np.cumsum([len(splits[part]) for part in PARTS])
    return Data(
        splits,
        photos,
        np.array([photo.label for photo in photos]),
        find_groups([fingerprint(read_upload(photo.path).image) for photo in photos]),
        Split(*np.split(np.arange(len(photos)), ends[:-1])),
    )
