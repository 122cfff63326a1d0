"""What the frozen blocks of ProtoViT's encoder make of training pictures, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from training.protovit.partition import FrozenStem
from training.vision.data import Augmented
from training.vision.device_pictures import DevicePictures
from training.vision.distributed import DEVICE

Tokens = Callable[[torch.Tensor], torch.Tensor]  # rows (B,) -> (B, D + 1, 1, tokens) float32, on the device


@dataclass(frozen=True)
class CachedTokens:
    """Each picture in one of its views, which the frozen blocks have been run on before.

    Args:
        views: (V, N, D + 1, 1, tokens).
    """

    views: torch.Tensor

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures."""
        return self.views[torch.randint(len(self.views), rows.shape), rows].to(DEVICE).float()


@dataclass(frozen=True)
class FreshTokens:
    """Each picture varied anew each time: for a GPU.

    Args:
        pictures: that are varied.
        stem: the frozen blocks.
        bf16: half precision.
    """

    pictures: DevicePictures
    stem: FrozenStem
    bf16: bool

    @torch.no_grad()
    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures."""
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=self.bf16):
            tokens: torch.Tensor = self.stem(self.pictures.pixels(rows))
        return tokens.float()


@dataclass(frozen=True)
class TokenBatches:
    """Training batches of those tokens.

    Args:
        pictures: in whose order they are served.
        tokens: see above.
        targets: what each picture should be answered with, (N, classes).
    """

    pictures: Augmented
    tokens: Tokens
    targets: torch.Tensor

    def __len__(self) -> int:
        return len(self.pictures)

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Batches of (B, D + 1, 1, tokens) and (B, classes)."""
        for rows in self.pictures.order(number):
            yield self.tokens(rows), self.targets[rows]
