"""What the image classifiers answer."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from models.texts import Texts
from models.vision.calibration import Calibration, NetworkOutput

CLASSES: tuple[str, ...] = (
    "Baby Care",
    "Beauty and Personal Care",
    "Computers",
    "Home Decor & Festive Needs",
    "Home Furnishing",
    "Kitchen & Dining",
    "Watches",
)


@dataclass(frozen=True)
class ClassName:
    """A class in a sentence, as each language names it."""

    name: str

    def message(self, texts: Texts) -> str:
        """Its name in the reader's language."""
        return texts.get(f"images.classes.{self.name}", self.name)


@dataclass(frozen=True)
class Prediction:
    """The answer of one model for one picture.

    Args:
        model: name in the registry: "vgg16", "yolov8", "protovit".
        label: the most probable class.
        probabilities: class -> probability; they sum to 1 within 1e-6.
        seconds: from the picture in memory to the answer.
        prediction_set: the classes that cannot be ruled out, the most probable first; None for a model that was not
            calibrated.
        none_of_these: whether the photo probably shows none of the classes; None likewise.
        level: share of photos whose set is meant to hold the true class, 0..1: a mean, and no probability that this
            answer is right; None likewise.
    """

    model: str
    label: str
    probabilities: dict[str, float]
    seconds: float
    prediction_set: tuple[str, ...] | None = None
    none_of_these: bool | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        total = math.fsum(self.probabilities.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"probabilities must sum to 1, got {total!r}")
        if self.label not in self.probabilities:
            raise ValueError(f"label must be one of {tuple(self.probabilities)}, got {self.label!r}")

    @property
    def answer(self) -> str | None:
        """What it says the photo shows: a class, or None where it is probably none of them, an answer of its own."""
        return None if self.none_of_these else self.label

    def calibrated(self) -> dict[str, Any]:
        """What the model's calibration says, in the form that programs receive; nothing where it has none."""
        if self.prediction_set is None:
            return {}
        return {"set": list(self.prediction_set), "none_of_these": self.none_of_these}


@dataclass(frozen=True)
class Explanation:
    """Where a model looked.

    Args:
        prediction: what it answered.
        target: the class that is explained.
        contrast_class: the class it is weighed against: the map then explains the difference of the two logits,
            or of the two probabilities for RISE.
        method: how the map was made, such as "eigen-cam".
        layer: the layer it was read from; empty for a method that only asks the model for answers.
        saliency: (H, W) float32 in 0..1 over the whole picture, edges aligned; its resolution is the
            method's.
        seconds: from the picture in memory to the map, prediction included.
        class_discriminative: whether another target gives another map. Eigen-CAM's does not.
    """

    prediction: Prediction
    target: str
    contrast_class: str | None
    method: str
    layer: str
    saliency: np.ndarray
    seconds: float
    class_discriminative: bool

    def __post_init__(self) -> None:
        if self.saliency.ndim != 2 or self.saliency.dtype != np.float32:
            raise ValueError(f"saliency must be (H, W) float32, got {self.saliency.shape} {self.saliency.dtype}")


def prediction(
    model: str,
    classes: tuple[str, ...],
    output: NetworkOutput,
    temperature: float,
    start: float,
    calibration: Calibration | None = None,
) -> Prediction:
    """The answer that a model gives to one photo.

    Args:
        model: name in the registry.
        classes: the model's, in the order of its logits.
        output: of its network.
        temperature: divides the logits, which calibrates the probabilities.
        start: ``time.perf_counter()`` when the picture was in memory.
        calibration: the model's thresholds, if it has any.
    """
    shares = torch.softmax(output.logits.double() / temperature, dim=0).tolist()
    probabilities = dict(zip(classes, shares, strict=True))
    return Prediction(
        model=model,
        label=classes[int(output.logits.argmax())],
        probabilities=probabilities,
        seconds=time.perf_counter() - start,
        prediction_set=calibration.prediction_set(probabilities) if calibration else None,
        none_of_these=calibration.is_none_of_these(output) if calibration else None,
        level=calibration.level if calibration else None,
    )
