"""The networks that CLIP's tower can teach, each with its hyperparameters: see :mod:`training.distil_encoder`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn
from torch.nn.functional import interpolate

from models.vision.preprocessing import Preprocessing
from models.vision.vgg16 import CHANNELS
from training.vision import vgg16 as vgg16_training
from training.vision import yolov8 as yolov8_training
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule


@dataclass(frozen=True)
class DistillationRecipe:
    """Hyperparameters of the distillation.

    Args:
        frozen: lowest layers of the student that stay as they are.
        rate: AdamW's peak rate for the last layer; each layer below has ``decay`` times that of the one above.
        schedule: how long.
        decay: see ``rate``.
        head_rate: for the linear heads.
        features: weight of the features' squared error beside the divergence of the soft labels.
        teacher_size: side of the teacher's input, px: 192 cost its linear probe a point, and a third less time.
        size: side of the pictures that are varied, px.
        augmentation: how, and how often a batch is mixed pairwise.
        flip: probability that a batch is mirrored as it is served; the teacher hardly sees a difference.
        views: variations of each product photo that the teacher is asked about.
        repeats: times that a product photo is seen in an epoch, each in another view.
        pool: pictures of the pool.
        pool_views: variations of each of them.
        batch: pictures a step.

    Raises:
        ValueError: a product photo would be seen more often than it has views.
    """

    frozen: int
    rate: float
    schedule: Schedule
    decay: float = 0.85
    head_rate: float = 1e-3
    features: float = 1.0
    teacher_size: int = 192
    size: int = 224
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(crop=0.4, mix=0.3, mixup=0.8))
    flip: float = 0.0
    views: int = 4
    repeats: int = 2
    pool: int = 2000
    pool_views: int = 1
    batch: int = 32

    def __post_init__(self) -> None:
        if not 1 <= self.repeats <= self.views:
            raise ValueError(f"repeats must be in 1..views = {self.views}, each in another view; got {self.repeats}")


@dataclass(frozen=True)
class StudentEncoder:
    """A network cut where it begins to learn, and below its head.

    Args:
        network: the whole of it, under its own names.
        frozen: pixels (B, 3, S, S) in 0..1 -> (B, C, h, w); stays as it is.
        learning: layers from there on, the lowest first.
        head: its channels, averaged over their places, (B, width) -> logits (B, classes).
        width: channels of the last layer below the head.
    """

    network: nn.Module
    frozen: nn.Module
    learning: Sequence[nn.Module]
    head: nn.Module
    width: int


class _Scaled(nn.Module):
    """Pixels in 0..1, of any side, at the size and on the scale of the network; then its lowest layers."""

    side: torch.Tensor

    def __init__(self, scale: Preprocessing, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.scale = scale
        # a cache tells frozen networks by their state, and these maps depend on the side
        self.register_buffer("side", torch.tensor(scale.size))
        self.layers = nn.Sequential(*layers)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, S, S) -> (B, C, h, w)."""
        fitting = interpolate(pixels, self.scale.size, mode="bilinear", antialias=True, align_corners=False)
        maps: torch.Tensor = self.layers(self.scale.normalise(fitting))
        return maps


def yolov8(init: str, recipe: DistillationRecipe) -> StudentEncoder:
    """YOLOv8n-cls, below the last layer of its head."""
    network: Any = yolov8_training.initial_network("n", init)
    *backbone, last = network.model
    frozen, learning = _cut([*backbone, last.conv], recipe, yolov8_training.RECIPE.preprocessing)
    return StudentEncoder(network, frozen, learning, last.linear, last.linear.in_features)


def vgg16(init: str, recipe: DistillationRecipe) -> StudentEncoder:
    """VGG16, below its dense layers."""
    network = vgg16_training.initial_network(init)
    frozen, learning = _cut(list(network.features), recipe, vgg16_training.RECIPE.preprocessing)
    _, _, *dense = network.head  # the first two average
    return StudentEncoder(network, frozen, learning, nn.Sequential(*dense), CHANNELS[-1][-1])


def _cut(
    layers: Sequence[nn.Module], recipe: DistillationRecipe, scale: Preprocessing
) -> tuple[nn.Module, Sequence[nn.Module]]:
    return _Scaled(scale, layers[: recipe.frozen]), layers[recipe.frozen :]


STUDENTS: Mapping[str, Callable[[str, DistillationRecipe], StudentEncoder]] = {"yolov8": yolov8, "vgg16": vgg16}


def _schedule(epochs: int, batch_norm: bool = False) -> Schedule:
    return Schedule(
        epochs, patience=100, warmup=1, weight_decay=0.05, smoothing=0.0, average=0.99, batch_norm=batch_norm
    )


RECIPES: Mapping[str, DistillationRecipe] = {
    "yolov8": DistillationRecipe(
        frozen=0,
        rate=1e-3,
        schedule=_schedule(25, batch_norm=True),
        augmentation=Augmentation(crop=0.4, mix=0.7, mixup=0.8),
        flip=0.5,
        views=20,  # many of the products themselves: with 4 the validation loss was a tenth of a nat higher
        repeats=6,
        pool=7000,
        pool_views=6,
    ),
    "vgg16": DistillationRecipe(
        frozen=vgg16_training.FROZEN,
        rate=2e-4,
        schedule=_schedule(10),
        augmentation=Augmentation(crop=0.4, mix=0.5, mixup=0.8),
        views=20,
        repeats=6,
        pool=7000,
        pool_views=3,  # of feature maps in memory, 5 GB in all
    ),
}


def _fresh(student: str, epochs: int, **more: Any) -> DistillationRecipe:
    recipe = RECIPES[student]
    augmentation = replace(recipe.augmentation, mix=0.7, mixup=0.8, colour=0.25)
    schedule = replace(recipe.schedule, epochs=epochs, patience=epochs, average=0.995, clip=1.0)
    larger = replace(recipe, batch=128, head_rate=2e-3, teacher_size=224, **more)
    return replace(larger, augmentation=augmentation, schedule=schedule)


# where each picture is varied anew: larger batches, more that learns, a teacher at the size that it was published for
FRESH: Mapping[str, DistillationRecipe] = {
    "yolov8": _fresh("yolov8", epochs=60, rate=2e-3),
    "vgg16": _fresh("vgg16", epochs=32, frozen=10, rate=3e-4, decay=0.92),
}
