"""What another network, which has not seen a photo's label, would say of it: softer labels to learn from.

A category of a shop is not always what the eye sees. A linear probe on the features of convolutional networks reads
every view of a photo, fitted to the other photos alone (cross-fitting), and its probabilities stand beside the label
(knowledge distillation, Hinton et al. 2015, arXiv:1503.02531).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from training.distil_encoder import Teachers
from training.vision_data import CachedViews

FOLDS = 5
PENALTY = 0.003  # C of the logistic regression: a few hundred photos, thousands of features


class _Pooled(nn.Module):
    """Pictures as the student takes them -> the teachers' pooled features, (B, D, 1, 1)."""

    def __init__(self, teachers: Teachers, scale: Preprocessing) -> None:
        super().__init__()
        self.teachers = teachers
        self.register_buffer("mean", torch.tensor(scale.mean).view(3, 1, 1))
        self.register_buffer("std", torch.tensor(scale.std).view(3, 1, 1))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.teachers(inputs * self.std + self.mean)[0][..., None, None]


def soften(
    views: CachedViews, names: Sequence[tuple[str, str | None]], share: float, cache: Path | None, seed: int
) -> float:
    """Mixes the second reader's probabilities into the labels of each view, in place.

    Args:
        views: of the training pictures.
        names: of the teachers in timm, each with a file of weights, or None for timm's own.
        share: of the reader in the labels, 0..1.
        cache: folder that keeps what the teachers make of the views.
        seed: of the folds.

    Returns:
        The reader's accuracy on the photos that it was not fitted to.
    """
    pictures = views.pictures
    pooled = _Pooled(Teachers(names), pictures.preprocessing)
    # the same seed draws the same views again, now seen by the teachers
    features = CachedViews(pictures, pooled, len(views.maps), cache).maps[..., 0, 0].float().numpy()  # (views, N, D)
    labels = pictures.labels.numpy()
    read = np.zeros((*features.shape[:2], len(CLASSES)), dtype=np.float32)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for fitted, held in folds.split(labels, labels):
        reader = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=1000))
        reader.fit(features[:2, fitted].reshape(-1, features.shape[-1]), np.tile(labels[fitted], 2))
        for number, view in enumerate(features):
            read[number, held] = reader.predict_proba(view[held])
    views.targets = (1 - share) * views.targets + share * torch.from_numpy(read)
    return float((read[0].argmax(1) == labels).mean())
