"""Weights that stay in memory as they are on disk, in float16, and are widened to float32 for each pass.

Half the memory and exactly the same answers, for a little time: the numbers are widened once a pass, however many
pictures go through together.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization


class _Widened(nn.Module):
    """float16 -> float32."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """The same numbers."""
        return weight.float()


def keep_half(network: nn.Module) -> None:
    """Keeps the matrices of the linear layers in float16, in place; the network is then for inference alone.

    Args:
        network: its weights came from float16; others would be rounded.
    """
    for layer in [module for module in network.modules() if isinstance(module, nn.Linear)]:
        layer.weight = nn.Parameter(layer.weight.detach().half(), requires_grad=False)
        # "unsafe": another type comes out than went in, which is the purpose
        register_parametrization(layer, "weight", _Widened(), unsafe=True)
