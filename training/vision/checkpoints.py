"""What an interrupted training needs to go on, in one file of safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from training.vision.distributed import DEVICE, STATE

Tensors = dict[str, torch.Tensor]


def save(
    path: Path, optimiser: torch.optim.Optimizer, parts: Mapping[str, Mapping[str, torch.Tensor]], note: str
) -> None:
    """Writes the state of a training, whole or not at all; the first process alone does.

    Args:
        path: the file; its folder is made.
        optimiser: its moments are kept, its rates and groups are not.
        parts: sets of weights by name, without dots in the name.
        note: how far the training has come, as its caller reads it.
    """
    if not STATE.is_main_process:
        return
    tensors = {f"{part}.{name}": tensor for part, weights in parts.items() for name, tensor in weights.items()}
    for index, entries in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{name}": tensor for name, tensor in entries.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_suffix(".tmp")
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, half_written, metadata={"note": note})
    half_written.replace(path)


def read(path: Path, optimiser: torch.optim.Optimizer) -> tuple[dict[str, Tensors], str]:
    """The sets of weights and the note that :func:`save` wrote; the optimiser takes its moments back."""
    parts: dict[str, Tensors] = {}
    with safe_open(path, framework="pt", device=str(DEVICE)) as file:
        note = file.metadata()["note"]
        for key in file.keys():  # noqa: SIM118 - this handle is no mapping
            part, _, name = key.partition(".")
            parts.setdefault(part, {})[name] = file.get_tensor(key)
    state = optimiser.state_dict()
    for name, tensor in parts.pop("optimiser", {}).items():
        index, _, entry = name.partition(".")
        state["state"].setdefault(int(index), {})[entry] = tensor
    optimiser.load_state_dict(state)
    return parts, note
