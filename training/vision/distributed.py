"""The processes of a training: one, or as many as ``accelerate launch`` started, each with a device of its own.

Every process draws the same batches and computes its share of each; the gradients are averaged, so the network stays
the same in all of them and the first one alone writes files.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from accelerate import PartialState
from accelerate.utils import reduce
from torch import nn

STATE = PartialState(cpu=not torch.cuda.is_available())
DEVICE: torch.device = STATE.device


def share(batch: torch.Tensor) -> torch.Tensor:
    """The rows of a batch that are this process's own, on its device.

    Raises:
        ValueError: a batch that cannot be shared out evenly, for the random numbers would then part ways.
    """
    if len(batch) % STATE.num_processes:
        raise ValueError(f"a batch must be a multiple of the {STATE.num_processes} processes, got {len(batch)}")
    return batch[STATE.process_index :: STATE.num_processes].to(DEVICE)


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replaces each gradient by its mean over the processes."""
    if STATE.num_processes == 1:
        return
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad = reduce(parameter.grad, "mean")
