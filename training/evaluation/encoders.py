"""Pretrained networks whose features a fresh linear head reads: models cheap enough to train many times.

The networks are taken as they were before they saw a label of ours. The shipped models would not do: they have learnt
from photos that a cross-validation holds back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import timm
import torch
from safetensors.torch import load_file
from torch import nn

from models.vision.preprocessing import Preprocessing
from training.vision import vgg16, yolov8
from training.vision.data import Photo, decode
from training.vision.feature_cache import run

BATCH = 16
VIT = "vit_small_patch14_dinov2"  # timm's name
INITS = {"vgg16": "vgg16", "yolov8": "yolov8n-cls.pt", "vit": f"{VIT}.lvd142m"}  # what the hubs hold


@dataclass(frozen=True)
class Encoder:
    """A frozen network.

    Attributes:
        name: "vgg16", "yolov8" or "vit".
        backbone: what it is, for a reader.
        preprocessing: of its input.
        network: (B, 3, S, S) -> (B, D).
    """

    name: str
    backbone: str
    preprocessing: Preprocessing
    network: nn.Module


class _Tokens(nn.Module):
    """The class token beside the mean of the patches."""

    def __init__(self, vit: Any) -> None:
        super().__init__()
        self.vit = vit

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        tokens = self.vit.forward_features(pixels)
        return torch.cat([tokens[:, 0], tokens[:, 1:].mean(dim=1)], dim=1)


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
    if name == "vit":
        from_file = init.endswith(".safetensors")
        vit = timm.create_model(VIT if from_file else init, pretrained=not from_file, img_size=224, num_classes=0)
        if from_file:
            vit.load_state_dict({key: tensor.float() for key, tensor in load_file(init).items()})
        return Encoder(name, "ViT-S/14", VGG16_SCALE, _Tokens(vit))
    raise ValueError(f"an encoder is one of {tuple(INITS)}, got {name!r}")


VGG16_SCALE = Preprocessing(
    224, vgg16.RECIPE.preprocessing.mean, vgg16.RECIPE.preprocessing.std
)  # ImageNet's mean and deviation


def features(chosen: Encoder, photos: Sequence[Photo]) -> np.ndarray:
    """What the encoder makes of each photo, un-augmented: (N, D) float32."""
    pixels, _ = decode(photos, chosen.preprocessing)
    batches = (chosen.preprocessing.normalise(part.float() / 255) for part in pixels.split(BATCH))
    return run(chosen.network, batches).numpy()
