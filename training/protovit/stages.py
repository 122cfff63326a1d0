"""The stages of ProtoViT's training: joint, projection, settling, projection again."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import one_hot

from models.protovit import ProtoViTForImageClassification
from models.vision.predictions import CLASSES
from training.protovit.alterations import altered_pictures
from training.protovit.initialisation import initial_model, round_as_saved, start_projection, start_prototypes
from training.protovit.objective import Objective, Reasoner, Sources, Unlabelled
from training.protovit.partition import FrozenStem, TrainableTail
from training.protovit.projection import Projection, project
from training.protovit.recipe import ProtoViTRecipe, Stage
from training.protovit.teaching import TowerEnd, teach
from training.protovit.tokens import CachedTokens, FreshTokens, TokenBatches, Tokens
from training.vision.data import Augmented, CachedViews, Photo
from training.vision.device_pictures import DevicePictures
from training.vision.distributed import DEVICE
from training.vision.feature_cache import run
from training.vision.fine_tune import (
    Checkpoint,
    Epoch,
    TrainingData,
    evaluate,
    fine_tune,
    layer_rates,
    predict_logits,
)
from training.vision.tower import Tower

PAUSE = 60.0  # seconds between two checkpoints: each weighs five times the blocks that learn


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
    inputs, labels = training.tokens["val"]
    logits = predict_logits(training.whole, inputs.float())
    return Learnt(training.curves, training.steps, projection, (logits, labels))


def learn_anew(
    recipe: ProtoViTRecipe, photos: Mapping[str, Sequence[Photo]], args: argparse.Namespace
) -> tuple[ProtoViTForImageClassification, Learnt]:
    """A network that learns from ``args.init`` on in all stages, without leaving a file; see :func:`learn`."""
    torch.manual_seed(args.seed)
    model = initial_model(args.init, recipe)
    with tempfile.TemporaryDirectory() as folder:
        return model, learn(model, recipe, photos, argparse.Namespace(**{**vars(args), "out": Path(folder)}))


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
        model.to(DEVICE)  # type: ignore[arg-type]
        encoder = model.encoder.timm_model
        self.stem = FrozenStem(encoder, recipe.frozen, recipe.blank)
        self.tail = TrainableTail(encoder, recipe.frozen, model.patch_features)  # what is measured: single precision
        self.learning = TrainableTail(encoder, recipe.frozen, model.patch_features, args.bf16)
        self.reasoner = Reasoner(model.head)
        self.whole = nn.Sequential(self.tail, self.reasoner)
        self.tokens = {name: self._plain(photos[name]) for name in ("val", "project")}
        train = photos["train"]
        self.pictures = self._augmented(train)
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
            self.views = CachedViews(self.pictures, self.stem, 1 if args.fresh else recipe.views, args.cache)
            self.altered = altered_pictures(self.stem, train, self.views.maps[0], recipe, args)
            targets, self.unlabelled = self._lessons(photos["pool"])
        self.batches = TokenBatches(self.pictures, self._varied(self.pictures, self.views), targets)
        self.curves: dict[str, list[Epoch]] = {}
        self.steps: list[dict[str, Any]] = []

    def _augmented(self, photos: Sequence[Photo]) -> Augmented:
        recipe = self.recipe
        return Augmented(photos, recipe.preprocessing, recipe.augmentation, recipe.batch, self.args.seed)

    def _plain(self, photos: Sequence[Photo]) -> tuple[torch.Tensor, torch.Tensor]:
        """What the frozen blocks make of pictures as they are, and their labels."""
        pictures = self._augmented(photos)
        return CachedViews(pictures, self.stem, 1, self.args.cache).maps[0], pictures.labels

    def _lessons(self, photos: Sequence[Photo]) -> tuple[torch.Tensor, Unlabelled | None]:
        """What the labelled pictures should be answered with, (N, classes), and those without labels: by the teacher,
        where there are such.
        """
        recipe = self.recipe
        if not photos:
            return one_hot(self.pictures.labels, len(CLASSES)).float(), None
        pool = self._augmented(photos)
        views = CachedViews(pool, self.stem, 1, self.args.cache)
        end = TowerEnd(Tower(self.args.init, recipe.preprocessing.size), recipe.frozen)
        lessons = teach(end, self.views.maps[0], self.pictures.labels, views.maps[0], recipe.taught)
        return lessons.targets, Unlabelled(self._varied(pool, views), lessons.pool)

    def _varied(self, pictures: Augmented, views: CachedViews) -> Tokens:
        """What the frozen blocks make of pictures: varied anew each time, or in the views that there are of them."""
        if not self.args.fresh:
            return CachedTokens(views.maps)
        return FreshTokens(DevicePictures.of(pictures), self.stem, self.args.bf16)

    def stage(self, name: str, sources: Sources | None = None) -> None:
        """Gradient descent in one stage; ``sources`` are the pieces that the prototypes stay at."""
        args, stage = self.args, self.recipe.stages[name]
        path = args.out / f"checkpoint-{'refit-' if self.refit else ''}{name}.safetensors"
        if name == "joint" and not (args.resume and path.exists()):
            torch.manual_seed(args.seed)
            start_projection(self.model, self.views.maps[0], self.tail)
            start_prototypes(self.model, self.views.through(self.tail), args.seed)
        inputs, labels = self.tokens["val"]
        rates = [(module, rate) for module, rate in _rates(self.model, self.tail, stage, self.recipe) if rate]
        self.curves[name] = fine_tune(
            nn.Sequential(self.learning, self.reasoner),
            rates,
            TrainingData(self.batches, (inputs.float(), labels)),
            stage.schedule,
            Checkpoint(path, args.resume, keep_last=True, pause=PAUSE),
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

    def note(self, name: str, **more: Any) -> None:
        """Keeps and prints accuracy and log loss on validation."""
        inputs, labels = self.tokens["val"]
        loss, accuracy = evaluate(self.whole, inputs.float(), labels)
        self.steps.append({"after": name, "val_accuracy": accuracy, "val_log_loss": loss, **more})
        print(f"after {name}: accuracy {accuracy:.4f}, log loss {loss:.4f} on validation", flush=True)


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
