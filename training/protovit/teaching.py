"""What CLIP's tower says of the pictures that ProtoViT learns from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import one_hot

from models.vision.predictions import CLASSES
from training.vision.distillation import soft_labels
from training.vision.feature_cache import run
from training.vision.tower import Tower


@dataclass(frozen=True)
class Lessons:
    """What pictures should be answered with.

    Args:
        targets: (N, classes), of the labelled pictures: their label, and in part what the teacher says.
        pool: (M, classes), what the teacher says of those without labels.
    """

    targets: torch.Tensor
    pool: torch.Tensor


class TowerEnd(nn.Module):
    """The blocks of the tower above those that stay as they are, read by the class token.

    Args:
        tower: the whole of it, at the size of the encoder's input.
        below: how many blocks stay as they are.
    """

    def __init__(self, tower: Tower, below: int) -> None:
        super().__init__()
        self.blocks = tower.network.blocks[below:]
        self.norm = tower.network.norm

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """What the frozen blocks make of pictures, (B, D + 1, 1, tokens), to class tokens (B, D)."""
        found: torch.Tensor = self.norm(self.blocks(tokens[:, :-1, 0].transpose(1, 2)))[:, 0]
        return found


def teach(end: nn.Module, own: torch.Tensor, labels: torch.Tensor, pool: torch.Tensor, taught: float) -> Lessons:
    """Asks a linear head on the class token; of a labelled picture, one that has not learnt from it.

    Args:
        end: from the tokens of pictures to what the head reads, (B, D).
        own: tokens of the labelled pictures, (N, ...).
        labels: (N,).
        pool: tokens of those without labels, (M, ...).
        taught: how much the teacher's word counts beside the label, 0..1.
    """
    read = run(end, (part.float() for tokens in (own, pool) for part in tokens.split(64)))
    said = soft_labels(read, labels, views=1)
    truth = one_hot(labels, len(CLASSES)).float()
    return Lessons((1 - taught) * truth + taught * said[: len(own)], said[len(own) :])
