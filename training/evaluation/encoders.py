"""Pretrained networks whose features a fresh linear head reads: models cheap enough to train many times.

The networks are taken as they were before they saw a label of ours. The shipped models would not do: they have learnt
from photos that a cross-validation holds back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from models.vision.preprocessing import Preprocessing, to_tensor
from models.vision.uploads import read_upload
from training.vision import vgg16, yolov8
from training.vision.data import Photo
from training.vision.feature_cache import FeatureCache
from training.vision.tower import HUB, Tower

BATCH = 16
INITS = {"vgg16": "vgg16", "yolov8": "yolov8n-cls.pt", "clip": HUB}  # what the hubs hold
PIXELS = 224  # side of the input of CLIP's tower, which it was published for


@dataclass(frozen=True)
class Encoder:
    """A frozen network.

    Attributes:
        name: "vgg16", "yolov8" or "clip".
        backbone: what it is, for a reader.
        preprocessing: of its input.
        network: (B, 3, S, S) -> (B, D).
    """

    name: str
    backbone: str
    preprocessing: Preprocessing
    network: nn.Module


def encoder(name: str, init: str) -> Encoder:
    """A pretrained network by name.

    Args:
        name: one of ``INITS``.
        init: where its weights are: a name on its hub, or a file of safetensors.

    Raises:
        ValueError: no encoder has this name.
    """
    if name == "vgg16":
        features = vgg16.initial_network(init).features
        pooled = nn.Sequential(features, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return Encoder(name, "VGG16", vgg16.RECIPE.preprocessing, pooled)
    if name == "yolov8":
        parts = yolov8.cut(yolov8.initial_network("n", init))
        pooled = nn.Sequential(parts.frozen, parts.block, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        return Encoder(name, "YOLOv8n-cls", yolov8.RECIPE.preprocessing, pooled)
    if name == "clip":
        return Encoder(name, "CLIP ViT-B/16", Preprocessing(PIXELS), Tower(init, PIXELS))  # which normalises itself
    raise ValueError(f"an encoder is one of {tuple(INITS)}, got {name!r}")


def features(chosen: Encoder, photos: Sequence[Photo], cache: Path | None = None) -> np.ndarray:
    """What the encoder makes of each photo, un-augmented: (N, D) float32; kept in ``cache``, rounded to float16."""
    images = [chosen.preprocessing.stretch(read_upload(photo.path).image) for photo in photos]

    def pixels(rows: torch.Tensor) -> torch.Tensor:
        return chosen.preprocessing.normalise(torch.stack([to_tensor(images[row]) for row in rows.tolist()]))

    kept = FeatureCache(chosen.network, cache, chosen.preprocessing)
    return kept.run(images, pixels, BATCH, chosen.name).float().numpy()
