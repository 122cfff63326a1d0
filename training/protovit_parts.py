"""A ProtoViT's encoder, cut where its training begins."""

from __future__ import annotations

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from models.protovit.modeling import relative_features


class Lower(nn.Module):
    """Pixels to the tokens after the first blocks, which stay as they are.

    The tokens come as (B, D, 1, tokens), channels last, so that they are cached like any other feature maps.
    """

    def __init__(self, encoder: VisionTransformer, frozen: int) -> None:
        super().__init__()
        self.patch_embed = encoder.patch_embed
        self.blocks = encoder.blocks[:frozen]
        self.encoder = [encoder]  # not registered: only the parts above belong here

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) -> (B, D, 1, tokens)."""
        encoder = self.encoder[0]
        tokens = encoder.norm_pre(encoder.patch_drop(encoder._pos_embed(self.patch_embed(pixels))))
        return self.blocks(tokens).transpose(1, 2)[:, :, None]


class Upper(nn.Module):
    """Those tokens to the features that the prototypes are compared with."""

    def __init__(self, encoder: VisionTransformer, frozen: int) -> None:
        super().__init__()
        self.blocks = encoder.blocks[frozen:]
        self.norm = encoder.norm

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(B, D, 1, tokens) -> (B, D, n, n)."""
        return relative_features(self.norm(self.blocks(tokens[:, :, 0].transpose(1, 2))))
