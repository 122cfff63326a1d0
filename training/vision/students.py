"""The networks that can be taught without labels, each with its hyperparameters: see :mod:`training.distil_encoder`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from timm.data import resolve_model_data_config
from torch import nn

from models.vision.preprocessing import Preprocessing
from models.vision.vgg16 import CHANNELS
from training.vision import vgg16 as vgg16_training
from training.vision import yolov8 as yolov8_training


@dataclass(frozen=True)
class DistillationRecipe:
    """Hyperparameters of the distillation.

    Args:
        batch: pictures a step.
        own: share of a batch drawn from the product photos rather than from the pool.
        size: side of the student's input, px.
        teacher_size: side of the teachers' input, px.
        dropped: share of a transformer's patches left out of a step.
        frozen: lowest layers that stay as they are.
        rate: AdamW's learning rate for the last layer; each layer below has ``decay`` times that of the one above.
        decay: see ``rate``.
        head_rate: for the linear heads.
        weight_decay: AdamW's.
        warmup: steps over which the rates rise.
        average: decay of the moving average of the weights, a step.
        mix: probability that a batch is mixed pairwise (MixUp): the teachers are asked about the mixture.
        probabilities: weight of the divergence of the probabilities beside the features' error.
        fitted: pictures that the heads are fitted to, by ridge regression, before the encoder moves.
        encoder: what ``timm.create_model`` builds, for a transformer.
    """

    batch: int = 32
    own: float = 0.4
    size: int = 168
    teacher_size: int = 192
    dropped: float = 0.5
    frozen: int = 4
    rate: float = 2e-4
    decay: float = 0.85
    head_rate: float = 5e-4
    weight_decay: float = 0.05
    warmup: int = 40
    average: float = 0.99
    mix: float = 0.3
    probabilities: float = 0.3
    fitted: int = 1024
    encoder: Mapping[str, Any] = field(
        default_factory=lambda: {"model_name": "vit_small_patch14_dinov2", "img_size": 224, "num_classes": 0}
    )


@dataclass(frozen=True)
class StudentEncoder:
    """A network without its head.

    Args:
        network: what is kept of it, under its own names.
        embed: normalised pixels (B, 3, S, S) -> features (B, width).
        width: of the features.
        layers: those that learn, the lowest first.
        scale: of its input.
    """

    network: nn.Module
    embed: Callable[[torch.Tensor], torch.Tensor]
    width: int
    layers: Sequence[nn.Module]
    scale: Preprocessing


def protovit(init: str, recipe: DistillationRecipe) -> StudentEncoder:
    """A vision transformer of timm, read by its class token beside its mean patch."""
    network: Any = timm.create_model(**recipe.encoder, dynamic_img_size=True, patch_drop_rate=recipe.dropped)
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(init).items()})

    def embed(pixels: torch.Tensor) -> torch.Tensor:
        tokens = network.forward_features(pixels)
        return torch.cat([tokens[:, 0], tokens[:, 1:].mean(1)], 1)

    *blocks, last = network.blocks[recipe.frozen :]
    config = resolve_model_data_config(network)
    scale = Preprocessing(recipe.size, config["mean"], config["std"])
    return StudentEncoder(
        network, embed, 2 * network.num_features, [*blocks, nn.ModuleList([last, network.norm])], scale
    )


def yolov8(init: str, recipe: DistillationRecipe) -> StudentEncoder:
    """YOLOv8n-cls down to the convolution of its head, averaged over its places."""
    network = yolov8_training.initial_network("n", init)
    *backbone, head = network.model
    width = head.linear.in_features
    head.linear = nn.Identity()  # another is learnt for each set of classes
    return _convolutional(network, [*backbone, head.conv], width, recipe, yolov8_training.RECIPE.preprocessing)


def vgg16(init: str, recipe: DistillationRecipe) -> StudentEncoder:
    """VGG16's convolutions, averaged over their places."""
    network = vgg16_training.initial_network(init)
    network.head = nn.Sequential()
    return _convolutional(
        network, list(network.features), CHANNELS[-1][-1], recipe, vgg16_training.RECIPE.preprocessing
    )


def _convolutional(
    network: nn.Module, layers: Sequence[nn.Module], width: int, recipe: DistillationRecipe, scale: Preprocessing
) -> StudentEncoder:
    """The first layers leave no gradients: they run outside of the graph."""
    pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    below, above = nn.Sequential(*layers[: recipe.frozen]), nn.Sequential(*layers[recipe.frozen :])

    def embed(pixels: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            maps = below(pixels.contiguous(memory_format=torch.channels_last))
        features: torch.Tensor = pool(above(maps))
        return features

    learning = [layer for layer in above if any(True for _ in layer.parameters())]
    return StudentEncoder(network.to(memory_format=torch.channels_last), embed, width, learning, scale)


STUDENTS: Mapping[str, Callable[[str, DistillationRecipe], StudentEncoder]] = {
    "protovit": protovit,
    "yolov8": yolov8,
    "vgg16": vgg16,
}
RECIPES: Mapping[str, DistillationRecipe] = {
    "protovit": DistillationRecipe(),
    "yolov8": DistillationRecipe(teacher_size=224, frozen=0, rate=4e-4, fitted=2048),
    "vgg16": DistillationRecipe(frozen=vgg16_training.FROZEN, rate=1e-4, fitted=2048),
}
