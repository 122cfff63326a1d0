"""The pictures and targets of a distillation: augmented views, the features of CLIP's tower, and soft labels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from models.vision.preprocessing import Preprocessing
from training.vision.data import Augmented, CachedViews, Photo
from training.vision.distributed import DEVICE
from training.vision.feature_cache import run
from training.vision.fine_tune import Batches
from training.vision.students import DistillationRecipe

FOLDS = 5
STRENGTH = 1e-2  # C, the inverse of the penalty on the squared weights, of standardised features
UNKNOWN = 0  # label of a picture of the pool, which nobody reads


def sample_photos(pool: Path, count: int, seed: int, without: Collection[str] = ()) -> list[Photo]:
    """A random sample of a folder's pictures, without labels; all of them where there are fewer than ``count``.

    Args:
        pool: the folder.
        count: pictures, at most.
        seed: of the sample.
        without: names of files that stay out: those that the model is measured on.
    """
    paths = [path for path in sorted(pool.rglob("*.jpg")) if path.name not in without]
    order = torch.randperm(len(paths), generator=torch.Generator().manual_seed(seed)).tolist()
    return [Photo(paths[index], UNKNOWN) for index in order[:count]]


@dataclass(frozen=True)
class Variations:
    """The pictures of a distillation, each in several augmented views.

    Both networks see the same variation of a picture (consistent teaching, Beyer et al. 2022, arXiv:2106.05237).

    Args:
        own: with their labels.
        pool: without.
        recipe: how they are varied.
    """

    own: Augmented
    pool: Augmented
    recipe: DistillationRecipe

    @classmethod
    def of(cls, own: Sequence[Photo], pool: Sequence[Photo], recipe: DistillationRecipe, seed: int) -> Variations:
        """Reads the pictures."""
        scale = Preprocessing(recipe.size)

        def read(photos: Sequence[Photo]) -> Augmented:
            return Augmented(photos, scale, recipe.augmentation, recipe.batch, seed)

        return cls(read(own), read(pool), recipe)

    def through(self, network: nn.Module, cache: Path | None = None) -> torch.Tensor:
        """The outputs of a frozen network for each picture, (pictures, ...) float16: the product photos view by view,
        then the pool, likewise.
        """
        own = CachedViews(self.own, network, self.recipe.views, cache).maps
        pool = CachedViews(self.pool, network, self.recipe.pool_views, cache).maps
        with torch.autocast(DEVICE.type, enabled=False):  # which knows no float16 on a CPU
            return torch.cat([own.flatten(0, 1), pool.flatten(0, 1)])

    def pixels(self) -> torch.Tensor:
        """The pictures themselves in the same order, (pictures, 3, S, S) uint8: half the memory of float16."""
        served = [
            (pictures, number, row)
            for pictures, views in ((self.own, self.recipe.views), (self.pool, self.recipe.pool_views))
            for number in range(views)
            for row in range(len(pictures.images))
        ]
        pixels = torch.empty(len(served), 3, self.recipe.size, self.recipe.size, dtype=torch.uint8)
        for place, (pictures, number, row) in zip(pixels, served, strict=True):
            place.copy_((pictures.view(number, torch.tensor([row]))[0] * 255).round())
        return pixels


def soft_labels(features: torch.Tensor, labels: torch.Tensor, views: int) -> torch.Tensor:
    """Probabilities (pictures, classes) by a linear head on the tower's features.

    Those of the product photos come from heads that have not learnt from any view of the photo itself: a head is too
    sure of what it has learnt.

    Args:
        features: (views x N + M, D), the product photos view by view first, then the pool.
        labels: (N,) of the product photos.
        views: of each.
    """
    rows = features.float().numpy()
    truth = np.tile(labels.numpy(), views)
    groups = np.tile(np.arange(len(labels)), views)
    known = rows[: len(truth)]
    folds = GroupKFold(FOLDS)
    own = cross_val_predict(_head(), known, truth, groups=groups, cv=folds, method="predict_proba")
    right = (own.argmax(1) == truth)[: len(labels)].mean()
    print(f"the teacher's head is right on {right:.3f} of the product photos, out of fold", flush=True)
    pool = _head().fit(known, truth).predict_proba(rows[len(truth) :])
    return torch.from_numpy(np.concatenate([own, pool])).float()


def _head() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=300, tol=1e-3))


def linear_head(features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (classes, D) and bias (classes,) of a linear head on the tower's features (N, D), from labels (N,)."""
    scale, logistic = _head().fit(features.numpy(), labels.numpy())
    weight = logistic.coef_ / scale.scale_
    bias = logistic.intercept_ - weight @ scale.mean_
    return torch.from_numpy(weight).float(), torch.from_numpy(bias).float()


class Lessons(Batches, Protocol):
    """Batches of (inputs, the teacher's answers), whose inputs can be read on their own."""

    @property
    def readable(self) -> int:
        """How many inputs can be read."""

    def read(self, rows: torch.Tensor) -> torch.Tensor:
        """Those inputs, (B, C, h, w) float32."""


class DistillationBatches:
    """Batches for :func:`training.vision.fine_tune.fine_tune`: what the student's frozen part makes of a picture, and
    the teacher's standardised features beside its soft label.

    Args:
        inputs: (pictures, C, h, w), as :meth:`Variations.through` orders them, or their pixels, (pictures, 3, S, S)
            uint8.
        targets: (pictures, D + classes).
        own: how many product photos there are; each is seen ``repeats`` times an epoch, in a random view, and each
            picture of the pool once.
        recipe: hyperparameters.
        seed: with the epoch, settles order and mixture.
        frozen: what pixels still go through, in 0..1.
    """

    def __init__(
        self,
        inputs: torch.Tensor,
        targets: torch.Tensor,
        own: int,
        recipe: DistillationRecipe,
        seed: int,
        frozen: nn.Module | None = None,
    ) -> None:
        self.inputs, self.targets, self.own, self.recipe, self.seed = inputs, targets, own, recipe, seed
        self.frozen = frozen
        self.pool = (len(inputs) - recipe.views * own) // recipe.pool_views

    def __len__(self) -> int:
        return (self.own * self.recipe.repeats + self.pool) // self.recipe.batch

    @property
    def readable(self) -> int:
        """How many inputs can be read."""
        return len(self.inputs)

    def read(self, rows: torch.Tensor) -> torch.Tensor:
        """Those inputs, (B, C, h, w) float32."""
        inputs = self.inputs[rows].float()
        return run(self.frozen, [inputs / 255]) if self.frozen is not None else inputs

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, C, h, w) and (B, D + classes), at times mixed pairwise (MixUp, Zhang 2018)."""
        torch.manual_seed(self.seed * 100_003 + number)
        views = torch.stack([torch.randperm(self.recipe.views)[: self.recipe.repeats] for _ in range(self.own)])
        seen = (views * self.own + torch.arange(self.own)[:, None]).flatten()
        pool = torch.randint(self.recipe.pool_views, (self.pool,)) * self.pool + torch.arange(self.pool)
        rows = torch.cat([seen, self.recipe.views * self.own + pool])
        order = rows[torch.randperm(len(rows))][: len(self) * self.recipe.batch]
        for chosen in order.split(self.recipe.batch):
            inputs, targets = self.read(chosen), self.targets[chosen]
            if torch.rand(()) < self.recipe.flip:
                inputs = inputs.flip(-1)
            if torch.rand(()) < self.recipe.augmentation.mix:
                alpha = self.recipe.augmentation.mixup
                part = torch.distributions.Beta(alpha, alpha).sample()
                inputs, targets = (part * each + (1 - part) * each.flip(0) for each in (inputs, targets))
            yield inputs, targets
