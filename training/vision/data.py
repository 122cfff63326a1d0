"""The photos that the image classifiers learn from, and the batches they are served in."""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import nn
from torch.nn.functional import one_hot
from torchvision.transforms import v2

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing, to_tensor
from models.vision.uploads import read_upload
from training.vision.feature_cache import FeatureCache, run, stack

NONE_OF_THESE = Path(__file__).with_name("none_of_these.txt")  # photos of the pool that a model is measured on


@dataclass(frozen=True)
class Photo:
    """A labelled picture: ``label`` indexes ``CLASSES``."""

    path: Path
    label: int


@dataclass(frozen=True)
class Augmentation:
    """How a training picture is varied each time it is served.

    Args:
        crop: smallest share of the picture's area that a random crop keeps, 0..1.
        operations: RandAugment operations for each picture (Cubuk 2020, arXiv:1909.13719).
        magnitude: their strength, 0..30.
        erase: probability of a random rectangle being blanked (Zhong 2020, arXiv:1708.04896).
        mix: probability that a batch is mixed pairwise, by MixUp (Zhang 2018) or CutMix (Yun 2019), labels
            likewise.
        mixup: its Beta parameter: the smaller, the closer to one of the two pictures.
        colour: largest relative change of brightness, contrast and saturation, where they are varied on the device.
    """

    crop: float = 0.6
    operations: int = 1
    magnitude: int = 6
    erase: float = 0.0
    mix: float = 0.2
    mixup: float = 0.4
    colour: float = 0.0


def read_photos(data: Path) -> dict[str, list[Photo]]:
    """The photos of a folder with ``labels.csv`` (image, category, split) and ``images/``, by split.

    Raises:
        ValueError: a category that is not one of the seven, or no photo for training, validation or test.
    """
    photos: dict[str, list[Photo]] = {"train": [], "val": [], "test": []}
    with (data / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            photos[row["split"]].append(Photo(data / "images" / row["image"], _label(row["category"])))
    if empty := [split for split, rows in photos.items() if not rows]:
        raise ValueError(f"{data / 'labels.csv'} needs rows for train, val and test, got none for {empty}")
    return photos


def read_catalogue(folder: Path) -> list[Photo]:
    """The rendered pictures of a folder with ``labels.csv`` (file, category)."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [Photo(folder / row["file"], _label(row["category"])) for row in csv.DictReader(file)]


def read_names(path: Path) -> list[str]:
    """The file names of a list, a line each; blank lines and lines that begin with # are skipped."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _label(category: str) -> int:
    if category not in CLASSES:
        raise ValueError(f"category must be one of {CLASSES}, got {category!r}")
    return CLASSES.index(category)


def decode(photos: Sequence[Photo], preprocessing: Preprocessing) -> tuple[torch.Tensor, torch.Tensor]:
    """All photos at the size of the input, (N, 3, S, S) uint8, and their labels (N,)."""
    pixels = [torch.from_numpy(np.array(preprocessing.stretch(read_upload(photo.path).image))) for photo in photos]
    return torch.stack(pixels).permute(0, 3, 1, 2), torch.tensor([photo.label for photo in photos])


class Augmented:
    """Training pictures and their variations.

    Args:
        photos: what to serve; decoded once and kept in memory, a little larger than the input.
        preprocessing: that of the model.
        augmentation: how each is varied.
        batch: pictures a batch.
        seed: with the epoch, settles order and variation: an interrupted training resumes exactly.
    """

    def __init__(
        self,
        photos: Sequence[Photo],
        preprocessing: Preprocessing,
        augmentation: Augmentation,
        batch: int,
        seed: int,
    ) -> None:
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.batch = batch
        self.seed = seed
        # an eighth larger, so that crops keep the sharpness of the input
        larger = Preprocessing(preprocessing.size * 9 // 8)
        pictures = [read_upload(photo.path).image for photo in photos]
        self.originals = torch.stack([torch.from_numpy(np.array(preprocessing.stretch(image))) for image in pictures])
        self.images = [larger.stretch(image) for image in pictures]
        self.labels = torch.tensor([photo.label for photo in photos])
        self.vary = v2.Compose(
            [
                v2.RandomResizedCrop(preprocessing.size, scale=(augmentation.crop, 1.0), antialias=True),
                v2.RandomHorizontalFlip(),
                v2.RandAugment(augmentation.operations, augmentation.magnitude, fill=255),
            ]
        )
        self.erase = v2.RandomErasing(augmentation.erase, value="random")

    def __len__(self) -> int:
        return len(self.images) // self.batch

    def order(self, epoch: int) -> Sequence[torch.Tensor]:
        """The rows of each batch of an epoch; the odd rest sits out. Also seeds the variations that follow."""
        torch.manual_seed(self.seed * 100_003 + epoch)
        return torch.randperm(len(self.images))[: len(self) * self.batch].split(self.batch)

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures, each varied in its own way: (B, 3, S, S) float32, normalised."""
        varied = torch.stack([to_tensor(self.vary(self.images[row])) for row in rows])
        return torch.stack([self.erase(picture) for picture in self.preprocessing.normalise(varied)])

    def plain(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures as the model will be asked about them: (B, 3, S, S) float32, normalised."""
        return self.preprocessing.normalise(self.originals[rows].permute(0, 3, 1, 2).float() / 255)

    def mirrored(self, rows: torch.Tensor) -> torch.Tensor:
        """The same, left and right exchanged."""
        return self.plain(rows).flip(-1)

    def view(self, number: int, rows: torch.Tensor) -> torch.Tensor:
        """The views that can be had again, (B, 3, S, S) float32, normalised: 0 as the pictures are, 1 mirrored, from 2
        on each varied in a way that only itself, the seed and the number settle.
        """
        if number < 2:
            return self.mirrored(rows) if number else self.plain(rows)
        varied = []
        for row in rows:
            torch.manual_seed(self.seed * 1009 + number + crc32(self.images[row].tobytes()))
            varied.append(self.pixels(row[None]))
        return torch.cat(varied)


class CachedViews:
    """Training batches of feature maps: what the frozen part of a network makes of a few variations of each
    picture.

    The frozen part runs once for each view instead of once for each picture and epoch, which brings the
    training of the rest within reach of a CPU.

    Args:
        pictures: where the views come from.
        frozen: (B, 3, S, S) -> (B, C, h, w).
        views: how many of each picture.
        cache: folder that keeps them for the next training with the same variations and frozen part.
    """

    def __init__(self, pictures: Augmented, frozen: nn.Module, views: int, cache: Path | None = None) -> None:
        self.pictures = pictures
        self._later: Callable[[], torch.Tensor] | None = None
        unmixed = replace(pictures.augmentation, mix=0, mixup=0)  # views are mixed as they are served
        kept = FeatureCache(frozen, cache, (pictures.preprocessing, unmixed, pictures.seed))
        self._maps = stack(
            [
                kept.run(pictures.images, partial(pictures.view, number), pictures.batch, f"view {number + 1}")
                for number in range(views)
            ]
        )  # (views, N, C, h, w)

    def through(self, module: nn.Module) -> CachedViews:
        """The same views, a further frozen part run on them when they are first asked for."""
        further = copy.copy(self)
        further._later = lambda: torch.stack(
            [run(module, (part.float() for part in view.split(self.pictures.batch))) for view in self.maps]
        )
        return further

    @property
    def maps(self) -> torch.Tensor:
        """(views, N, C, h, w)."""
        if self._later:
            self._maps, self._later = self._later(), None
        return self._maps

    def __len__(self) -> int:
        return len(self.pictures)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, C, h, w) float32, each picture in one of its views, with soft labels (B, classes)."""
        for rows in self.pictures.order(number):
            views = torch.randint(len(self.maps), rows.shape)
            yield mix(self.maps[views, rows].float(), self.pictures.labels[rows], self.pictures.augmentation)


class FreshViews:
    """The same batches, but each picture is varied anew each time: for a GPU, or for patience.

    Args:
        pictures: where the views come from.
        frozen: (B, 3, S, S) -> (B, C, h, w).
    """

    def __init__(self, pictures: Augmented, frozen: nn.Module) -> None:
        self.pictures = pictures
        self.frozen = frozen

    def __len__(self) -> int:
        return len(self.pictures)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, C, h, w) float32 with soft labels (B, classes)."""
        for rows in self.pictures.order(number):
            maps = run(self.frozen, [self.pictures.pixels(rows)])
            yield mix(maps, self.pictures.labels[rows], self.pictures.augmentation)


def mix(inputs: torch.Tensor, labels: torch.Tensor, augmentation: Augmentation) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch of pictures or feature maps (B, C, h, w), at times mixed pairwise, with soft labels (B,
    classes).
    """
    if torch.rand(()) >= augmentation.mix:
        return inputs, one_hot(labels, len(CLASSES)).float()
    if torch.rand(()) < 0.5:
        return v2.MixUp(alpha=augmentation.mixup, num_classes=len(CLASSES))(inputs, labels)
    return v2.CutMix(alpha=1.0, num_classes=len(CLASSES))(inputs, labels)
