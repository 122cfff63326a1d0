"""What a frozen network makes of pictures, kept on disk: a training that was interrupted, or that learns from some more
pictures, asks it only about those that it has not seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from tqdm import tqdm

from training.vision.distributed import DEVICE, STATE


class FeatureCache:
    """The outputs of one frozen network, one file a picture; those of half precision are files of their own.

    Args:
        network: (B, 3, S, S) -> (B, C, h, w).
        folder: where they are kept; None keeps nothing.
        settings: all else that the outputs depend on, in any form whose ``repr`` says it all.
    """

    def __init__(self, network: nn.Module, folder: Path | None, settings: object = ()) -> None:
        self.network = network
        self.folder = folder
        digest = hashlib.sha256(repr(settings).encode())
        for name, tensor in network.state_dict().items():
            digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
        self._prefix = digest.digest()

    def run(
        self,
        images: Sequence[Image.Image],
        pixels: Callable[[torch.Tensor], torch.Tensor],
        batch: int,
        name: str,
    ) -> torch.Tensor:
        """The outputs for all pictures, (N, C, h, w) float16.

        Args:
            images: the pictures, by which outputs are found again.
            pixels: rows of ``images`` (B,) -> what the network is asked about, (B, 3, S, S).
            batch: pictures at a time.
            name: of this view of the pictures.
        """
        paths = [self._path(image, name) for image in images]
        with STATE.main_process_first():  # the others then find the files
            missing = [row for row, path in enumerate(paths) if path is None or not path.exists()]
            made: dict[int, torch.Tensor] = {}
            for rows in tqdm(torch.tensor(missing, dtype=torch.int64).split(batch), desc=name, disable=not missing):
                if not len(rows):
                    continue
                for row, output in zip(rows.tolist(), run(self.network, [pixels(rows)]).half(), strict=True):
                    path = paths[row]
                    if path is None:
                        made[row] = output
                    else:
                        path.parent.mkdir(parents=True, exist_ok=True)
                        save_file({"output": output.contiguous()}, path)
        return stack([made[row] if path is None else load_file(path)["output"] for row, path in enumerate(paths)])

    def _path(self, image: Image.Image, name: str) -> Path | None:
        if self.folder is None:
            return None
        key = self._prefix + _precision() + name.encode() + repr(image.size).encode() + image.tobytes()
        digest = hashlib.sha256(key)
        return self.folder / f"{digest.hexdigest()[:24]}.safetensors"


def _precision() -> bytes:
    """In what outputs are computed now, where it is not single precision."""
    return str(torch.get_autocast_dtype(DEVICE.type)).encode() if torch.is_autocast_enabled(DEVICE.type) else b""


def stack(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """``torch.stack`` for float16, which autocast does not know on a CPU."""
    with torch.autocast(DEVICE.type, enabled=False):
        return torch.stack(list(tensors))


@torch.no_grad()
def run(module: nn.Module, batches: Iterable[torch.Tensor]) -> torch.Tensor:
    """The outputs of a module for batches of inputs, together and on the CPU, on a GPU where there is one."""
    module.eval().to(DEVICE).to(memory_format=torch.channels_last)
    return torch.cat([module(batch.to(DEVICE, memory_format=torch.channels_last)).float().cpu() for batch in batches])
