"""Batch norm for a network that came with it folded into its convolutions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn


class _Moments:
    """Mean and variance of what comes into a batch norm, by channel, over all places of all pictures."""

    def __init__(self) -> None:
        self.count = 0
        self.total, self.squares = torch.zeros(()), torch.zeros(())

    def add(self, _: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        """As a hook: inputs (B, C, h, w)."""
        values = inputs[0].double()
        self.count += values.numel() // values.shape[1]
        self.total = self.total + values.sum((0, 2, 3))
        self.squares = self.squares + values.square().sum((0, 2, 3))

    def mean(self) -> torch.Tensor:
        """(C,)."""
        return self.total / self.count

    def variance(self) -> torch.Tensor:
        """(C,)."""
        return self.squares / self.count - self.mean().square()


@torch.no_grad()
def unfold(network: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Gives every batch norm the mean and variance of what comes into it, and the weight and bias that undo them.

    In evaluation the network answers as before. In training it is normalised again (Ioffe and Szegedy 2015,
    arXiv:1502.03167), without which it learns more slowly.

    Args:
        network: changed in place.
        batches: inputs that it is to learn from, or a part of them.
    """
    layers: dict[Any, _Moments] = {
        layer: _Moments() for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)
    }
    handles = [layer.register_forward_pre_hook(moments.add) for layer, moments in layers.items()]
    network.eval()
    for batch in batches:
        network(batch)
    for handle in handles:
        handle.remove()
    for layer, moments in layers.items():
        before = (layer.running_var + layer.eps).sqrt()
        layer.bias += layer.weight * (moments.mean() - layer.running_mean) / before
        layer.weight *= (moments.variance() + layer.eps).sqrt() / before
        layer.running_mean.copy_(moments.mean())
        layer.running_var.copy_(moments.variance())
