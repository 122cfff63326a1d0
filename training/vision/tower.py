"""CLIP's image tower as an encoder: what a linear head reads, and what the convolutional networks learn from."""

from __future__ import annotations

from typing import Any

import timm
import torch
from safetensors.torch import load_file
from timm.data import resolve_model_data_config
from timm.models.vision_transformer import checkpoint_filter_fn
from torch import nn
from torch.nn.functional import interpolate

from models.vision.preprocessing import Preprocessing

TOWER = "vit_base_patch16_clip_quickgelu_224"  # timm's name of what a file holds
HUB = f"{TOWER}.openai"  # and of what the hub holds


class Tower(nn.Module):
    """A vision transformer of timm, read by its class token (Radford et al. 2021, arXiv:2103.00020).

    Args:
        init: a name in timm, or a file of safetensors with the names of ``architecture``.
        size: side of its input, px; the position embedding is resampled to it.
        architecture: timm's name of what a file holds.
    """

    def __init__(self, init: str, size: int, architecture: str = TOWER) -> None:
        super().__init__()
        from_file = init.endswith(".safetensors")
        network: Any = timm.create_model(
            architecture if from_file else init, pretrained=not from_file, num_classes=0, img_size=size
        )
        if from_file:
            state = {name: tensor.float() for name, tensor in load_file(init).items()}
            found = checkpoint_filter_fn(state, network)
            network.load_state_dict({name: tensor for name, tensor in found.items() if not name.startswith("head.")})
        config = resolve_model_data_config(network)
        self.name = architecture if from_file else init
        self.network = network.eval().requires_grad_(False)
        self.width: int = network.num_features
        self.preprocessing = Preprocessing(size, config["mean"], config["std"])

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, S, S) in 0..1, of any side -> class tokens (B, width)."""
        size = self.preprocessing.size
        fitting = interpolate(pixels, size, mode="bilinear", antialias=True, align_corners=False)
        inputs = self.preprocessing.normalise(fitting)
        tokens: torch.Tensor = self.network.forward_head(self.network.forward_features(inputs), pre_logits=True)
        return tokens
