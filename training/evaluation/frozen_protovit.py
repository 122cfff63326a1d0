"""ProtoViT on an encoder that stays as it is, learnt anew in each fold: the nearest to the shipped one, whose encoder
learns too, that a processor can cross-validate.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.vision.gallery import CATALOGUE
from training.evaluation.protocols import SEED, outer_folds
from training.protovit.recipe import FROZEN, ProtoViTRecipe
from training.protovit.stages import learn_anew
from training.vision.data import Photo, read_catalogue

NAME = "prototypes"


def cross_validate(
    photos: Sequence[Photo],
    labels: np.ndarray,
    groups: np.ndarray,
    init: str,
    cache: Path | None = None,
    bf16: bool = False,
    recipe: ProtoViTRecipe = FROZEN,
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions for every photo by a ProtoViT that has seen no photo of its group.

    Each learns from the photos of the other folds and from the rendered pictures, on which its prototypes are
    projected, for as many epochs as the recipe says, whatever its own fold makes of them.

    Args:
        photos: N of them.
        labels: (N,), their classes.
        groups: (N,), kept together.
        init: see :func:`training.protovit.initialisation.initial_model`.
        cache: folder that keeps what the encoder makes of the pictures, which all folds ask for.
        bf16: half precision.
        recipe: hyperparameters.

    Returns:
        Predicted classes (N,), and the fold of each photo (N,).
    """
    args = argparse.Namespace(init=init, cache=cache, bf16=bf16, seed=SEED, fresh=False, resume=False)
    rendered = read_catalogue(CATALOGUE)
    predicted, folds = np.empty(len(labels), dtype=int), np.empty(len(labels), dtype=int)
    for number, (train, test) in enumerate(outer_folds(labels, groups)):
        parts = {
            "train": [*(photos[row] for row in train), *rendered],
            "val": [photos[row] for row in test],
            "project": rendered,
            "pool": [],
        }
        logits, _ = learn_anew(recipe, parts, args)[1].validation
        predicted[test], folds[test] = logits.argmax(1).numpy(), number
    return predicted, folds
