"""The stages of ProtoViT's training: joint, projection, settling, projection again, a wider kernel."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from models.protovit import ProtoViTForImageClassification
from training.protovit.alterations import altered_pictures
from training.protovit.initialisation import round_as_saved, start_projection, start_prototypes
from training.protovit.objective import Objective, Reasoner, Sources, Unlabelled
from training.protovit.partition import FrozenStem, TrainableTail
from training.protovit.projection import Projection, project
from training.protovit.recipe import ProtoViTRecipe, Stage
from training.protovit.teaching import TowerEnd, teach
from training.vision.data import Augmented, CachedViews, FreshViews, Photo
from training.vision.distributed import DEVICE
from training.vision.feature_cache import run
from training.vision.fine_tune import (
    Batches,
    Checkpoint,
    Epoch,
    TrainingData,
    evaluate,
    fine_tune,
    layer_rates,
    predict_logits,
)
from training.vision.tower import Tower


@dataclass
class Learnt:
    """What the stages left beside the model.

    Args:
        curves: of each stage, by name.
        steps: accuracy and log loss on validation after each stage and projection, in order.
        projection: the last one.
        validation: logits (N, classes) and labels (N,) of the validation photos.
    """

    curves: dict[str, list[Epoch]]
    steps: list[dict[str, Any]]
    projection: Projection
    validation: tuple[torch.Tensor, torch.Tensor]


def learn(
    model: ProtoViTForImageClassification,
    recipe: ProtoViTRecipe,
    photos: Mapping[str, Sequence[Photo]],
    args: argparse.Namespace,
    refit: bool = False,
) -> Learnt:
    """Trains a network in all stages, in place.

    Args:
        model: as it begins.
        recipe: hyperparameters.
        photos: those to learn from ("train"), to validate on ("val"), to project on ("project") and those without
            labels ("pool").
        args: of the command line.
        refit: whether this is the second training, whose checkpoints have names of their own.
    """
    training = _Training(model, recipe, photos, args, refit)
    training.stage("joint")
    first = training.project("projection")
    pictures = training.tokens["project"][0]
    training.stage("settle", Sources(pictures[first.sources].float(), first.patches, first.active))
    projection = training.project("reading", first)
    training.compare_with(recipe.widened)
    training.note("widening")
    inputs, labels = training.tokens["val"]
    logits = predict_logits(training.whole, inputs.float())
    return Learnt(training.curves, training.steps, projection, (logits, labels))


class _Training:
    """One training: the network in its parts, the pictures that are ready for it, and what was learnt so far."""

    def __init__(
        self,
        model: ProtoViTForImageClassification,
        recipe: ProtoViTRecipe,
        photos: Mapping[str, Sequence[Photo]],
        args: argparse.Namespace,
        refit: bool,
    ) -> None:
        self.model, self.recipe, self.args, self.refit = model, recipe, args, refit
        self.compare_with(recipe.concentration)
        encoder = model.encoder.timm_model
        self.stem = FrozenStem(encoder, recipe.frozen, recipe.blank)
        self.tail = TrainableTail(encoder, recipe.frozen, model.patch_features)  # what is measured: single precision
        self.learning = TrainableTail(encoder, recipe.frozen, model.patch_features, args.bf16)
        self.reasoner = Reasoner(model.head)
        self.whole = nn.Sequential(self.tail, self.reasoner)
        self.tokens = {name: _tokens(self.stem, photos[name], recipe, args) for name in ("val", "project")}
        train = photos["train"]
        self.pictures = Augmented(train, recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
            self.views = CachedViews(self.pictures, self.stem, recipe.views, args.cache)
            self.altered = altered_pictures(self.stem, train, self.views.maps[0], recipe, args)
            pool = _tokens(self.stem, photos["pool"], recipe, args)[0] if photos["pool"] else None
            self.unlabelled, self.targets = self._taught(pool)
        self.curves: dict[str, list[Epoch]] = {}
        self.steps: list[dict[str, Any]] = []

    def _taught(self, pool: torch.Tensor | None) -> tuple[Unlabelled | None, torch.Tensor | None]:
        """The pictures without labels with their answers, and what the labelled ones should be answered with."""
        if pool is None:
            return None, None
        tower = Tower(self.args.init, self.recipe.preprocessing.size)
        end = TowerEnd(tower, self.recipe.frozen)
        lessons = teach(end, self.views.maps[0], self.pictures.labels, pool, self.recipe.taught)
        return Unlabelled(pool, lessons.pool), lessons.targets

    def stage(self, name: str, sources: Sources | None = None) -> None:
        """Gradient descent in one stage; ``sources`` are the pieces that the prototypes stay at."""
        args, stage = self.args, self.recipe.stages[name]
        path = args.out / f"checkpoint-{'refit-' if self.refit else ''}{name}.safetensors"
        if name == "joint" and not (args.resume and path.exists()):
            torch.manual_seed(args.seed)
            start_projection(self.model, self.views.maps[0], self.tail)
            start_prototypes(self.model, self.views.through(self.tail), args.seed)
        inputs, labels = self.tokens["val"]
        batches: Batches = FreshViews(self.pictures, self.stem) if args.fresh else self.views
        if self.targets is not None:
            batches = TaughtViews(self.views, self.targets)
        rates = [(module, rate) for module, rate in _rates(self.model, self.tail, stage, self.recipe) if rate]
        self.curves[name] = fine_tune(
            nn.Sequential(self.learning, self.reasoner),
            rates,
            TrainingData(batches, (inputs.float(), labels)),
            stage.schedule,
            Checkpoint(path, args.resume, keep_last=True),
            Objective(stage.weights, sources, self.altered, self.unlabelled, self.recipe.steps),
        )
        self.note(name)

    def project(self, name: str, before: Projection | None = None) -> Projection:
        """Replaces each prototype by the piece of a picture that it is nearest to."""
        inputs, labels = self.tokens["project"]
        round_as_saved(self.model)
        features = run(self.tail, inputs.float().split(self.recipe.batch))
        found = project(self.model.head.cpu(), features, labels, before)
        self.model.head.to(DEVICE)
        off = int((~found.active).sum())
        self.note(name, parts_switched_off=off, distinct_sources=len(found.sources.unique()))
        return found

    def compare_with(self, concentration: float) -> None:
        """Sets the kernel of the similarity."""
        self.model.head.concentration = self.model.config.concentration = concentration

    def note(self, name: str, **more: Any) -> None:
        """Keeps and prints accuracy and log loss on validation."""
        inputs, labels = self.tokens["val"]
        loss, accuracy = evaluate(self.whole, inputs.float(), labels)
        self.steps.append({"after": name, "val_accuracy": accuracy, "val_log_loss": loss, **more})
        print(f"after {name}: accuracy {accuracy:.4f}, log loss {loss:.4f} on validation", flush=True)


@dataclass(frozen=True)
class TaughtViews:
    """The same views, with what they should be answered with, (N, classes), in the place of their labels."""

    views: CachedViews
    targets: torch.Tensor

    def __len__(self) -> int:
        return len(self.views)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, C, h, w) float32, each picture in one of its views, and (B, classes)."""
        maps = self.views.maps
        for rows in self.views.pictures.order(number):
            yield maps[torch.randint(len(maps), rows.shape), rows].float(), self.targets[rows]


def _tokens(
    stem: FrozenStem, photos: Sequence[Photo], recipe: ProtoViTRecipe, args: argparse.Namespace
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the frozen blocks make of pictures as they are, and their labels."""
    pictures = Augmented(photos, recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
    return CachedViews(pictures, stem, 1, args.cache).maps[0], pictures.labels


def _rates(
    model: ProtoViTForImageClassification, tail: TrainableTail, stage: Stage, recipe: ProtoViTRecipe
) -> list[tuple[nn.Module, float]]:
    head = model.head
    return [
        *layer_rates(list(tail.blocks), stage.encoder_rate, recipe.decay),
        (tail.norm, stage.encoder_rate),
        (tail.patch_features, stage.projection_rate),
        (nn.ParameterList([head.prototypes]), stage.prototype_rate),
        (nn.ParameterList([head.strength]), stage.evidence_rate),
    ]
