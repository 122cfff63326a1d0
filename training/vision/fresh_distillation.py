"""A distillation in which every picture is varied, mixed and shown to both networks anew each time: for a GPU.

The teacher is asked about the very picture that the student sees, also where two are mixed ("function matching", Beyer
et al. 2022, arXiv:2106.05237).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from sklearn.model_selection import KFold
from torch import nn
from torch.nn.functional import one_hot

from training.vision.device_pictures import DevicePictures
from training.vision.distillation import FOLDS, Variations, linear_head
from training.vision.distributed import DEVICE
from training.vision.feature_cache import run

VIEWS = 8  # variations of each product photo that the linear heads learn from


class FreshDistillationBatches:
    """Batches for :func:`training.vision.fine_tune.fine_tune`: what the student's frozen part makes of varied and mixed
    pictures, and the teacher's standardised features beside its soft labels.

    A linear head that has not learnt from a product photo says its soft label: one is too sure of what it has learnt.

    Args:
        pictures: the product photos and the pool.
        teacher: pixels (B, 3, S, S) in 0..1 -> (B, D).
        frozen: of the student: pixels -> (B, C, h, w).
        seed: with the epoch, settles order, variations and mixture.
    """

    def __init__(self, pictures: Variations, teacher: nn.Module, frozen: nn.Module, seed: int) -> None:
        self.recipe, self.seed = pictures.recipe, seed
        self.teacher, self.frozen = (network.eval().to(DEVICE) for network in (teacher, frozen))
        self.own, self.pool = (DevicePictures.of(part) for part in (pictures.own, pictures.pool))
        self.count = len(self.own.originals), len(self.pool.originals)
        labels = pictures.own.labels
        folds = KFold(FOLDS, shuffle=True, random_state=seed).split(labels)
        self.folds = torch.full((sum(self.count),), FOLDS)  # of the pool: the head that has learnt from all
        for number, (_, held) in enumerate(folds):
            self.folds[torch.from_numpy(held)] = number
        self._ask(labels)

    def _ask(self, labels: torch.Tensor) -> None:
        """Fits the linear heads, and takes the features' mean and deviation."""
        torch.manual_seed(self.seed)
        rows = torch.arange(self.count[0])
        own = torch.stack([self._features(rows) for _ in range(VIEWS)])  # (VIEWS, N, D)
        rest = self._features(torch.arange(self.count[0], sum(self.count)))
        features = torch.cat([own.flatten(0, 1), rest])
        self.mean, self.deviation = features.mean(0).to(DEVICE), features.std(0).clamp_min(1e-3).to(DEVICE)
        weights, biases, right = [], [], 0
        for fold in range(FOLDS + 1):
            known = self.folds[rows] != fold
            truth = labels[known].repeat(VIEWS)
            weight, bias = linear_head(own[:, known].flatten(0, 1), truth)
            right += int(((own[0, ~known] @ weight.T + bias).argmax(1) == labels[~known]).sum())
            weights.append(weight)
            biases.append(bias)
        print(
            f"the teacher's heads are right on {right / len(labels):.3f} of the product photos, out of fold", flush=True
        )
        self.weights, self.biases = torch.stack(weights).to(DEVICE), torch.stack(biases).to(DEVICE)

    def _features(self, rows: torch.Tensor) -> torch.Tensor:
        """The teacher's, of pictures varied anew, (B, D) float32 on the CPU."""
        return run(self.teacher, (self.pixels(part) for part in rows.split(self.recipe.batch)))

    def __len__(self) -> int:
        return (self.count[0] * self.recipe.repeats + self.count[1]) // self.recipe.batch

    @property
    def readable(self) -> int:
        """How many inputs can be read."""
        return sum(self.count)

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures, each varied in its own way, (B, 3, S, S) in 0..1 on the device: product photos first, then
        the pool.
        """
        own = rows < self.count[0]
        size = self.recipe.size
        pixels = torch.empty(len(rows), 3, size, size, device=DEVICE)
        for pictures, chosen, first in ((self.own, own, 0), (self.pool, ~own, self.count[0])):
            if chosen.any():
                pixels[chosen.to(DEVICE)] = pictures.pixels(rows[chosen] - first)
        return pixels

    def read(self, rows: torch.Tensor) -> torch.Tensor:
        """What the student's frozen part makes of those pictures, (B, C, h, w) float32."""
        return self._inputs(self.pixels(rows))

    @torch.no_grad()
    def _inputs(self, pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.frozen(pixels)
        return found.float()

    @torch.no_grad()
    def targets(self, pixels: torch.Tensor, heads: torch.Tensor) -> torch.Tensor:
        """What the teacher says of pictures, (B, D + classes).

        Args:
            pixels: (B, 3, S, S) in 0..1.
            heads: (B, FOLDS + 1), the share of each linear head in the soft label; rows sum to 1.
        """
        features = self.teacher(pixels).float()
        with torch.autocast(DEVICE.type, enabled=False):
            said = torch.einsum("bd,fcd->bfc", features, self.weights) + self.biases
            labels = (heads.to(DEVICE)[:, :, None] * said.softmax(2)).sum(1)
            return torch.cat([(features - self.mean) / self.deviation, labels], 1)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, C, h, w) and (B, D + classes), many pictures mixed with another (MixUp, Zhang 2018)."""
        torch.manual_seed(self.seed * 100_003 + number)
        rows = torch.cat(
            [torch.arange(self.count[0]).repeat(self.recipe.repeats), self.count[0] + torch.arange(self.count[1])]
        )
        order = rows[torch.randperm(len(rows))][: len(self) * self.recipe.batch]
        alpha = self.recipe.augmentation.mixup
        for chosen in order.split(self.recipe.batch):
            part = torch.distributions.Beta(alpha, alpha).sample((len(chosen), 1))
            part[torch.rand(len(chosen)) >= self.recipe.augmentation.mix] = 1.0
            pixels = self.pixels(chosen)
            share = part.to(DEVICE)[..., None, None]
            pixels = share * pixels + (1 - share) * pixels.flip(0)
            heads = one_hot(self.folds[chosen], FOLDS + 1).float()
            yield self._inputs(pixels), self.targets(pixels, part * heads + (1 - part) * heads.flip(0))
