"""A ProtoViT's encoder, cut where its training begins."""

from __future__ import annotations

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import nn
from torch.nn.functional import pad

from models.protovit.matching import textured
from models.protovit.modeling import relative_features


class Lower(nn.Module):
    """Pixels to the tokens after the first blocks, which stay as they are.

    The tokens come as (B, D + 1, 1, tokens), so that they are cached like any other feature maps; the last channel
    says which of them show something.

    Args:
        encoder: timm's.
        frozen: how many blocks.
        blank: see :class:`models.protovit.ProtoViTConfig`.
    """

    def __init__(self, encoder: VisionTransformer, frozen: int, blank: float) -> None:
        super().__init__()
        self.grid = encoder.patch_embed.grid_size[0]
        self.blank: torch.Tensor
        self.register_buffer("blank", torch.tensor(blank))  # a buffer, for what is cached depends on it
        self.patch_embed = encoder.patch_embed
        self.blocks = encoder.blocks[:frozen]
        self.encoder = [encoder]  # not registered: only the parts above belong here

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, H, W) -> (B, D + 1, 1, tokens)."""
        encoder = self.encoder[0]
        tokens = encoder.norm_pre(encoder.patch_drop(encoder._pos_embed(self.patch_embed(pixels))))
        shown = textured(pixels, self.grid, float(self.blank)).flatten(1).to(tokens.dtype)
        shown = pad(shown, (tokens.shape[1] - shown.shape[1], 0), value=1.0)  # the class token comes first
        return torch.cat([self.blocks(tokens), shown[..., None]], 2).transpose(1, 2)[:, :, None]


class Upper(nn.Module):
    """Those tokens to the features that the prototypes are compared with.

    Args:
        encoder: timm's.
        frozen: how many blocks are below.
        bf16: half precision, which learns in half the time where the processor has it.
    """

    def __init__(self, encoder: VisionTransformer, frozen: int, bf16: bool = False) -> None:
        super().__init__()
        self.bf16 = bf16
        self.blocks = encoder.blocks[frozen:]
        self.norm = encoder.norm

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(B, D + 1, 1, tokens) -> (B, D, n, n)."""
        with torch.autocast(tokens.device.type, torch.bfloat16, enabled=self.bf16):
            features = relative_features(self.norm(self.blocks(tokens[:, :-1, 0].transpose(1, 2)))).float()
        return features * tokens[:, -1, 0, -(features.shape[-1] ** 2) :].unflatten(1, features.shape[-2:])[:, None]
