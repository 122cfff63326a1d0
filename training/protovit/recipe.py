"""The hyperparameters of ProtoViT's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.vision.preprocessing import Preprocessing
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule


@dataclass(frozen=True)
class Weights:
    """How much each term of the loss counts; a term of weight 0 is left out."""

    ce: float = 1.0
    cluster: float = 0.0
    separation: float = 0.0
    orthogonality: float = 0.0
    locality: float = 0.0
    deletion: float = 0.0
    consistency: float = 0.0
    equivariance: float = 0.0
    sufficiency: float = 0.0
    abstention: float = 0.0
    necessity: float = 0.0
    pool: float = 0.0
    smoothing: float = 0.0  # of the labels in the cross-entropy


@dataclass(frozen=True)
class Steps:
    """How much each step looks at beside its batch.

    Args:
        sources: pieces of prototypes that are read anew.
        altered: pictures that are compared with themselves.
        unlabelled: pictures without labels.
        shown: prototypes that a visitor is shown.
    """

    sources: int = 56
    altered: int = 32
    unlabelled: int = 32
    shown: int = 5


@dataclass(frozen=True)
class Stage:
    """One stage of the training.

    Args:
        weights: of the terms of its loss.
        schedule: how long.
        prototype_rate, projection_rate, encoder_rate, evidence_rate: AdamW's peak rates; 0 holds that part fast.
    """

    weights: Weights
    schedule: Schedule
    prototype_rate: float = 0.0
    projection_rate: float = 0.0
    encoder_rate: float = 0.0
    evidence_rate: float = 0.0


def _schedule(epochs: int) -> Schedule:
    """All epochs are gone through, and the last is kept: their number was chosen by cross-validation."""
    return Schedule(epochs, patience=epochs, warmup=1, weight_decay=0.05, smoothing=0.0, average=0.97, clip=5.0)


_RATES = {"projection_rate": 1e-3, "encoder_rate": 2e-5, "evidence_rate": 1e-2}
PULL = Weights(
    cluster=0.4, separation=0.1, orthogonality=1e-3, locality=6.0, deletion=0.05, consistency=1.0, equivariance=0.3,
    sufficiency=0.5, abstention=2.0, necessity=2.0, pool=1.0, smoothing=0.1,
)  # fmt: skip


@dataclass(frozen=True)
class ProtoViTRecipe:
    """The hyperparameters, all in this one place.

    Args:
        encoder: one of timm's vision transformers, as ``ProtoViTConfig`` takes it.
        preprocessing: of the encoder's input.
        augmentation: how the pictures are varied.
        views: variations of each picture that the frozen blocks are run on, where they are not varied anew.
        draws: ways in which each picture is altered.
        batch: pictures a batch.
        steps: how much each step looks at beside its batch.
        frozen: lowest blocks of the encoder that stay as they are.
        decay: factor on the rate for each block further down.
        projection, pool, prototypes_per_class, parts, radius, blank, concentration: see :class:`ProtoViTConfig`.
        taught: share of the teacher's answer in what a labelled picture should be answered with, 0..1.
        pool_size: pictures without labels, at most.
        crop: smallest share of each side that a crop keeps.
        squares: Chebyshev radius, in patches, of the square that is left of a picture whose surroundings are blended
            away, from and to.
        rectangles: sides, in places, of the rectangle that is blended away, from and to.
        scattered: largest share of the places that are blended away here and there, in every other picture.
        reach: patches around a place that must be left for it to count as unchanged.
        stages: by name, in order.
    """

    encoder: Mapping[str, Any]
    preprocessing: Preprocessing
    augmentation: Augmentation
    views: int = 8
    draws: int = 3
    batch: int = 64
    steps: Steps = field(default_factory=Steps)
    frozen: int = 4
    decay: float = 0.8
    projection: int = 128
    pool: int = 2
    prototypes_per_class: int = 8
    parts: int = 2
    radius: int = 1
    blank: float = 0.09  # pixels that differ by 2 % of their range
    concentration: float = 3.5
    taught: float = 0.3
    pool_size: int = 2400
    crop: float = 0.8
    squares: tuple[int, int] = (2, 4)
    rectangles: tuple[int, int] = (1, 2)
    scattered: float = 0.5
    reach: int = 2
    stages: Mapping[str, Stage] = field(
        default_factory=lambda: {
            "joint": Stage(PULL, _schedule(8), prototype_rate=3e-3, **_RATES),
            "settle": Stage(PULL, _schedule(20), **_RATES),
        }
    )


RECIPE = ProtoViTRecipe(
    encoder={
        "model_type": "timm_wrapper",
        "architecture": "vit_base_patch16_clip_quickgelu_224",
        "model_args": {"img_size": 192, "depth": 11},  # one fewer than it has: the last mixes the places
        "do_pooling": False,
    },
    preprocessing=Preprocessing(
        192, mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711)
    ),
    augmentation=Augmentation(crop=0.5, mix=0.0, colour=0.25),
)


def _without_the_encoder(**epochs: int) -> dict[str, Stage]:
    """The stages, without what only an encoder that learns can bring."""
    weights = Weights(
        cluster=0.4, separation=0.1, orthogonality=1e-3, locality=1.5, deletion=0.06, consistency=1.0, smoothing=0.1
    )
    return {
        name: replace(stage, weights=weights, encoder_rate=0.0, schedule=replace(stage.schedule, epochs=epochs[name]))
        for name, stage in RECIPE.stages.items()
    }


# all blocks stay as they are, and are run once: cheap enough to learn many times
FROZEN = replace(
    RECIPE, augmentation=Augmentation(mix=0.0), frozen=RECIPE.encoder["model_args"]["depth"], views=4, draws=1,
    steps=Steps(sources=16, altered=16), parts=3, concentration=3.0, scattered=0.0,
    stages=_without_the_encoder(joint=5, settle=20),
)  # fmt: skip
