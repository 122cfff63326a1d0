"""What a photo's logits say beside its class: which classes stay possible, and whether it shows none of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch.nn.functional import normalize

from models.vision import weights

FILE = "calibration.json"
CLASS_MEANS = "class_means.safetensors"
LEVEL = 0.9  # share of photos whose set is to hold the true class


@dataclass(frozen=True)
class NetworkOutput:
    """What a network makes of one photo or of several.

    Args:
        logits: (..., classes), before the temperature.
        features: (..., D), what its last layers read; None of a network that is judged by its logits alone.
    """

    logits: torch.Tensor
    features: torch.Tensor | None = None

    def unbind(self) -> list[NetworkOutput]:
        """Of several photos, that of each."""
        features = [None] * len(self.logits) if self.features is None else self.features
        return list(map(NetworkOutput, self.logits, features))


# How much a photo is like those that the model learnt from: logits (..., classes) -> (...), high for known categories.
LOGIT_MEASURES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "max_probability": lambda logits: logits.softmax(-1).amax(-1),  # Hendrycks & Gimpel 2017, arXiv:1610.02136
    "max_logit": lambda logits: logits.amax(-1),  # Hendrycks et al. 2022, arXiv:1911.11132
    "energy": lambda logits: logits.logsumexp(-1),  # the negative energy of Liu et al. 2020, arXiv:2010.03759
    "sum": lambda logits: logits.sum(-1),  # for ProtoViT: the points of all prototypes
}
CLASS_MEAN = "class_mean"  # the same from the features
MEASURES = (*LOGIT_MEASURES, CLASS_MEAN)


def class_means(features: torch.Tensor, labels: torch.Tensor, classes: int) -> torch.Tensor:
    """The mean direction of each class's features, unit vectors (classes, D).

    Args:
        features: (N, D) of photos of the classes.
        labels: (N,) indices of their classes; each class has a photo.
        classes: how many there are.
    """
    directions = normalize(features.double(), dim=1)
    return normalize(torch.stack([directions[labels == index].mean(0) for index in range(classes)]), dim=1)


def measure(name: str, output: NetworkOutput, means: torch.Tensor | None) -> torch.Tensor:
    """One of ``MEASURES``, (...), high for known categories.

    ``class_mean`` is the cosine of a photo's features with the nearest of the classes' means: the distance of Lee et
    al. 2018 (arXiv:1807.03888) by direction alone, since a brighter or plainer photo has longer features of any class.

    Args:
        name: of the measure.
        output: of the network.
        means: from :func:`class_means`, for that measure.

    Raises:
        ValueError: the measure reads features, and there are none.
    """
    if name in LOGIT_MEASURES:
        return LOGIT_MEASURES[name](output.logits.double())
    if output.features is None or means is None:
        raise ValueError(f"{name} reads the network's features and the classes' means, got logits alone")
    return (normalize(output.features.double(), dim=-1) @ means.double().T).amax(-1)


@dataclass(frozen=True)
class Calibration:
    """The thresholds of one model, as ``training.calibrate`` chose them.

    Args:
        measure: one of ``MEASURES``.
        threshold: of that measure; a photo below it probably shows none of the categories.
        smallest_probability: what a class needs to stay in the conformal set, 0..1.
        level: share of photos whose set is to hold the true class, 0..1.
        means: (classes, D) unit vectors, where the measure compares with them.

    Raises:
        ValueError: an unknown measure, or a number outside its range.
    """

    measure: str
    threshold: float
    smallest_probability: float
    level: float
    means: torch.Tensor | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.measure not in MEASURES:
            raise ValueError(f"measure must be one of {MEASURES}, got {self.measure!r}")
        if self.measure == CLASS_MEAN and self.means is None:
            raise ValueError(f"means must be there for the measure {CLASS_MEAN}")
        if not math.isfinite(self.threshold):
            raise ValueError(f"threshold must be finite, got {self.threshold}")
        for name, value in (("smallest_probability", self.smallest_probability), ("level", self.level)):
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must be in 0..1, got {value}")

    def is_none_of_these(self, output: NetworkOutput) -> bool:
        """Whether one photo probably shows none of the categories."""
        return bool(measure(self.measure, output, self.means) < self.threshold)

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
    folder = weights.FOLDER / model
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if found["weights_sha256"] != sha256:
            return None
        return Calibration(
            str(found["measure"]),
            float(found["threshold"]),
            float(found["smallest_probability"]),
            float(found["level"]),
            load_file(folder / CLASS_MEANS)["class_means"] if found["measure"] == CLASS_MEAN else None,
        )
    except (OSError, ValueError, KeyError, TypeError, SafetensorError):
        return None
