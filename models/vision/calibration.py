"""What a photo's logits say beside its class: which classes stay possible, and whether it shows none of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch

from models.vision import weights

FILE = "calibration.json"

# How much a photo is like those that the model learnt from: logits (..., classes) -> (...), high for known categories.
MEASURES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "max_probability": lambda logits: logits.softmax(-1).amax(-1),  # Hendrycks & Gimpel 2017, arXiv:1610.02136
    "max_logit": lambda logits: logits.amax(-1),  # Hendrycks et al. 2022, arXiv:1911.11132
    "energy": lambda logits: logits.logsumexp(-1),  # the negative energy of Liu et al. 2020, arXiv:2010.03759
    "sum": lambda logits: logits.sum(-1),  # for ProtoViT: the points of all prototypes
}


@dataclass(frozen=True)
class Calibration:
    """The thresholds of one model, as ``training.calibrate`` chose them.

    Args:
        measure: one of ``MEASURES``.
        threshold: of that measure; a photo below it probably shows none of the categories.
        smallest_probability: what a class needs to stay in the conformal set, 0..1.
        level: share of photos whose set is to hold the true class, 0..1.

    Raises:
        ValueError: an unknown measure, or a number outside its range.
    """

    measure: str
    threshold: float
    smallest_probability: float
    level: float

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"measure must be one of {tuple(MEASURES)}, got {self.measure!r}")
        if not math.isfinite(self.threshold):
            raise ValueError(f"threshold must be finite, got {self.threshold}")
        for name, value in (("smallest_probability", self.smallest_probability), ("level", self.level)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be in 0..1, got {value}")

    def is_none_of_these(self, logits: torch.Tensor) -> bool:
        """Whether a photo probably shows none of the categories; ``logits`` is (classes,), before the temperature."""
        return bool(MEASURES[self.measure](logits.double()) < self.threshold)

    def prediction_set(self, probabilities: dict[str, float]) -> tuple[str, ...]:
        """The classes that cannot be ruled out at the level, the most probable first and always among them.

        Least ambiguous sets (Sadinle, Lei & Wasserman 2019, arXiv:1609.00451): every class that is at least as probable
        as the conformal threshold.
        """
        first, *others = sorted(probabilities, key=probabilities.__getitem__, reverse=True)
        return (first, *(name for name in others if probabilities[name] >= self.smallest_probability))


def read(model: str, sha256: str) -> Calibration | None:
    """The thresholds that stand beside a model's weights.

    Args:
        model: the folder below ``weights/``.
        sha256: of the weights at hand: thresholds of other weights say nothing about their logits.

    Returns:
        None where there are none for these weights: then the model answers without them.
    """
    try:
        found = json.loads((weights.FOLDER / model / FILE).read_text(encoding="utf-8"))
        if found["weights_sha256"] != sha256:
            return None
        return Calibration(
            str(found["measure"]),
            float(found["threshold"]),
            float(found["smallest_probability"]),
            float(found["level"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
