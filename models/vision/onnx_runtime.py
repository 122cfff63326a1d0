"""A network computed by ONNX Runtime instead of PyTorch: several times quicker where it has many small layers.

ONNX Runtime fuses a convolution with what follows it, lays the weights out once for the processor's vectors, and plans
the memory of a pass beforehand. It works in float32 as PyTorch does; only the order in which sums are added differs.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import onnxruntime
import torch
from torch import nn

from models.vision.inference_executor import run_inference

_INPUT = "pixels"
_EXPORTED = 2  # pictures that the network is written down with; it then takes any number
_ERRORS = 3  # severity from which ONNX Runtime writes to the log


class OnnxRuntime(nn.Module):
    """A network for forward passes alone: no gradients flow through it.

    Args:
        network: (B, 3, S, S) -> tensors of B rows each, in evaluation mode; not needed afterwards.
        size: S, px.
        outputs: names of what the network answers, in its order.
    """

    def __init__(self, network: nn.Module, size: int, outputs: Sequence[str]) -> None:
        super().__init__()
        self.outputs = list(outputs)
        # its threads take the priority of the one that starts them: that of the networks' thread
        self.session = run_inference(lambda: _session(_written(network, size, self.outputs)))

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the network answers, in memory of its own."""
        found = self.session.run(self.outputs, {_INPUT: inputs.contiguous().numpy()})
        return tuple(map(torch.from_numpy, found))


def _written(network: nn.Module, size: int, outputs: list[str]) -> bytes:
    """The network as an ONNX model, by tracing a pass."""
    quiet = warnings.catch_warnings(action="ignore", category=DeprecationWarning)
    with torch.no_grad(), quiet, tempfile.TemporaryDirectory(prefix="vitrine-onnx-") as folder:
        file = Path(folder) / "network.onnx"
        torch.onnx.export(
            network,
            (torch.zeros(_EXPORTED, 3, size, size),),
            file,
            dynamo=False,  # the newer exporter loads 900 modules, 70 MB, and takes ten times as long
            input_names=[_INPUT],
            output_names=outputs,
            dynamic_axes={name: {0: "pictures"} for name in [_INPUT, *outputs]},
        )
        return file.read_bytes()


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the cores to others
    options.enable_cpu_mem_arena = False  # what a large batch needed is given back after it
    options.log_severity_level = _ERRORS
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
