"""How CLIP's tower teaches a convolutional student: what the student is to tell, and the run in which it learns it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import kl_div, log_softmax, mse_loss

from models.vision.preprocessing import Preprocessing
from training.vision.batch_norm import unfold
from training.vision.data import Photo, decode
from training.vision.distillation import DistillationBatches, Lessons, Variations, soft_labels
from training.vision.distributed import DEVICE
from training.vision.feature_cache import run
from training.vision.fine_tune import Checkpoint, Objective, TrainingData, fine_tune, layer_rates, predict_logits
from training.vision.fresh_distillation import FreshDistillationBatches
from training.vision.students import STUDENTS, DistillationRecipe, StudentEncoder
from training.vision.tower import Tower

STATISTICS = 1000  # pictures that batch norm is estimated from before the student learns


class Student(nn.Module):
    """What the layers that learn tell of the teacher, from what the frozen ones make of a picture.

    Args:
        encoder: the student.
        features: of the teacher.
    """

    def __init__(self, encoder: StudentEncoder, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*encoder.learning)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.features = nn.Linear(encoder.width, features)
        self.classes = encoder.head

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, C, h, w) -> the teacher's standardised features (B, D), logits of the soft labels (B, classes)."""
        own = self.pool(self.body(maps))
        return self.features(own).float(), self.classes(own).float()


def objective(weight: float) -> Objective:
    """Squared error of the features, times ``weight``, and divergence of the soft labels, nats."""

    def terms(network: nn.Module, maps: torch.Tensor, targets: torch.Tensor) -> Mapping[str, torch.Tensor]:
        features, logits = network(maps)
        probabilities = targets[:, features.shape[1] :]
        divergence = kl_div(log_softmax(logits, 1), probabilities, reduction="batchmean")
        return {"features": weight * mse_loss(features, targets[:, : features.shape[1]]), "labels": divergence}

    return terms


@dataclass(frozen=True)
class Taught:
    """A student that has learnt.

    Args:
        encoder: the student; its head has learnt too.
        teacher: its teacher's name in timm.
        logits: (N, classes) of the photos that it was validated on.
    """

    encoder: StudentEncoder
    teacher: str
    logits: torch.Tensor


def teach(
    args: argparse.Namespace,
    recipe: DistillationRecipe,
    own: Sequence[Photo],
    pool: Sequence[Photo],
    held: Sequence[Photo],
) -> Taught:
    """Asks the teacher, trains the student.

    Args:
        args: of the command line.
        recipe: hyperparameters.
        own: photos with labels.
        pool: pictures without.
        held: photos to validate on; with ``args.refit`` they choose nothing.
    """
    variations = Variations.of(own, pool, recipe, args.seed)
    teacher = Tower(args.teacher, recipe.teacher_size)
    with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
        torch.manual_seed(args.seed)  # of the new layers
        encoder = STUDENTS[args.student](args.init, recipe)
        student = Student(encoder, teacher.width)
        if args.fresh:
            batches: Lessons = FreshDistillationBatches(variations, teacher, encoder.frozen, args.seed)
        else:
            batches = _cached(variations, teacher, encoder, args)
        shown, labels = decode(held, Preprocessing(recipe.size))
        seen = run(encoder.frozen, (shown.float() / 255).split(recipe.batch))
        rates = layer_rates(list(student.body), recipe.rate, recipe.decay)
        rates += [(student.features, recipe.head_rate), (student.classes, recipe.head_rate)]
        if recipe.schedule.batch_norm:
            rows = torch.arange(batches.readable)[-STATISTICS:]
            unfold(student.body.to(DEVICE), (batches.read(part).to(DEVICE) for part in rows.split(recipe.batch)))
        data = TrainingData(batches, (seen, labels))
        checkpoint = Checkpoint(args.out.with_suffix(".checkpoint.safetensors"), args.resume, keep_last=args.refit)
        fine_tune(student, rates, data, recipe.schedule, checkpoint, objective(recipe.features))
        return Taught(encoder, teacher.name, predict_logits(student, seen))


def _cached(
    variations: Variations, teacher: Tower, encoder: StudentEncoder, args: argparse.Namespace
) -> DistillationBatches:
    """The pictures in views that the teacher and the student's frozen layers have been asked about before."""
    recipe = variations.recipe
    features = variations.through(teacher, args.cache).float()
    own = len(variations.own.labels)
    said = soft_labels(features, variations.own.labels, recipe.views)
    targets = torch.cat([(features - features.mean(0)) / features.std(0).clamp_min(1e-3), said], 1)
    if recipe.frozen:
        maps = variations.through(encoder.frozen, args.cache)
        return DistillationBatches(maps, targets, own, recipe, args.seed)
    return DistillationBatches(variations.pixels(), targets, own, recipe, args.seed, encoder.frozen)
