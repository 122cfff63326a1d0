"""A convolution and its SiLU as one step of oneDNN, with the weights in its own order.

PyTorch by itself puts the weights in that order anew at every pass, and takes another step for the activation. The two
operators are those that ``torch.compile`` would call; here no compiler is needed, and none of its minute.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

AVAILABLE = torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class FusedConvolution(nn.Conv2d):
    """A trained convolution, and the SiLU after it: for answers, not for gradients.

    Args:
        trained: whose weights it shares.
    """

    def __init__(self, trained: nn.Conv2d) -> None:
        sides: tuple[Any, ...] = (trained.kernel_size, trained.stride, trained.padding, trained.dilation)
        super().__init__(trained.in_channels, trained.out_channels, *sides, trained.groups, device="meta")
        self.weight, self.bias = trained.weight, trained.bias
        self._steps = (trained.padding, trained.stride, trained.dilation, trained.groups)
        self._ordered: torch.Tensor | None = None

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(B, C, H, W) -> the activations."""
        if self._ordered is None:  # the best order depends on the size of the picture, and holds for any other too
            weight = self.weight.detach().to_mkldnn()
            self._ordered = torch._C._nn.mkldnn_reorder_conv2d_weight(weight, *self._steps, list(inputs.shape))
        activations: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
            inputs, self._ordered, self.bias, *self._steps, "swish", [], ""
        )
        return activations
