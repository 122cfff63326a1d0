"""Photos that are the same, or nearly: a split that parts them lets a model meet its test photos in training.

Two photos are *identical* when every decoded pixel is, whatever their files are called. They are *near copies* when
their difference hashes (Krawetz 2013) nearly agree: the same picture of the same product in another colour or print, or
the same photo saved twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

SIDE = 16  # of the grid of brightnesses that is compared; the hash has SIDE x SIDE bits
NEAR = 32  # bits of 256 in which near copies differ at most; above, mugs of one shape are told apart by their print
SAME_SHAPE = 1.1  # ratio of the two aspect ratios, at most


@dataclass(frozen=True)
class Fingerprint:
    """What a picture is recognised by.

    Attributes:
        pixels: SHA-256 of the decoded pixels.
        gradient: (SIDE * SIDE,) bool, whether it gets brighter from each place to its right neighbour.
        aspect: width by height.
    """

    pixels: str
    gradient: np.ndarray
    aspect: float


@dataclass(frozen=True)
class Groups:
    """Which photos belong together.

    Attributes:
        identical: (N,) number of each photo's group of identical photos.
        near: (N,) number of its group of near copies, in which whole identical groups lie.
    """

    identical: np.ndarray
    near: np.ndarray


def fingerprint(image: Image.Image) -> Fingerprint:
    """The fingerprint of an RGB picture."""
    grey = np.asarray(image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX), dtype=np.int16)
    digest = hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()
    return Fingerprint(digest, (grey[:, 1:] > grey[:, :-1]).ravel(), image.width / image.height)


def find_groups(prints: Sequence[Fingerprint]) -> Groups:
    """Groups of identical photos and of near copies; a copy of a copy belongs to the group."""
    hashes = np.array([found.pixels for found in prints])
    _, identical = np.unique(hashes, return_inverse=True)
    gradients = np.array([found.gradient for found in prints])
    aspects = np.array([found.aspect for found in prints])
    differing = (gradients[:, None, :] != gradients[None, :, :]).sum(axis=2)
    shapes = np.maximum(aspects[:, None] / aspects[None, :], aspects[None, :] / aspects[:, None])
    alike = (differing <= NEAR) & (shapes <= SAME_SHAPE)
    _, near = connected_components(coo_array(alike), directed=False)
    return Groups(identical, near)


def members(groups: np.ndarray) -> tuple[int, int]:
    """How many groups hold more than one photo, and how many photos they hold."""
    _, sizes = np.unique(groups, return_counts=True)
    return int((sizes > 1).sum()), int(sizes[sizes > 1].sum())


def seen_in_training(groups: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    """For each test photo, whether its group has a photo in training: (len(test),) bool.

    Args:
        groups: (N,) number of each photo's group.
        train: indices of the training photos.
        test: indices of the test photos.
    """
    return np.isin(groups[test], groups[train])
