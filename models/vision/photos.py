"""From an uploaded photo to what the page shows and what programs receive: one call each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from models.errors import InputError, ModelUnavailable
from models.vision import registry
from models.vision.overlay import overlay
from models.vision.predictions import CLASSES, Explanation
from models.vision.uploads import read_upload

OPACITY = 0.6  # share of the saliency map in the overlay, 0..1


@dataclass(frozen=True)
class Reading:
    """One model's answer to one photo.

    Attributes:
        photo: the photo as the model's owner sees it, upright, RGB.
        overlay: the saliency map laid over it, at the size of the upload.
        explanation: the map, with the prediction it explains.
    """

    photo: Image.Image
    overlay: Image.Image
    explanation: Explanation


def read_photo(
    path: Path | str | None, model: str, method: str = "", target: str = "", opacity: float = OPACITY
) -> Reading:
    """Classifies a photo and shows where the evidence lies.

    Args:
        path: the uploaded file.
        model: one of ``registry.MODELS``.
        method: saliency method; empty for the model's default.
        target: class to explain; empty for the predicted one.
        opacity: share of the map in the overlay, 0..1.

    Raises:
        InputError: the file is no readable picture, or an argument is not among those allowed.
        ModelUnavailable: the model's weights are missing or damaged.
    """
    classifier = registry.get(model)
    upload = read_upload(path)
    explanation = classifier.explain(upload.image, method=method, target=target)
    size = (upload.width, upload.height)
    return Reading(upload.image, overlay(upload.image, explanation.saliency, size, opacity), explanation)


def classify(path: Path | str | None, models: Sequence[str]) -> dict[str, Any]:
    """The seven probabilities of each model, in the form that programs receive.

    Args:
        path: the uploaded file.
        models: names among ``registry.MODELS``; empty for all whose weights stand.

    Raises:
        InputError: as in :func:`read_photo`; ``models`` is not a list of names.
    """
    if not isinstance(models, (list, tuple)) or not all(isinstance(name, str) for name in models):
        raise InputError("models_list", received=repr(models), allowed=", ".join(registry.MODELS))
    classifiers = [registry.get(name) for name in dict.fromkeys(models or registry.available())]
    upload = read_upload(path)
    answers = {}
    for classifier in classifiers:
        prediction = classifier.predict(upload.image)
        answers[classifier.name] = {
            "label": prediction.label,
            "probabilities": prediction.probabilities,
            "method": classifier.default_method,
            "seconds": prediction.seconds,
        }
    return {"classes": list(CLASSES), "models": answers}


def faults() -> list[ModelUnavailable]:
    """Why each model that this version runs cannot answer; empty where all can. Loads those not loaded yet."""
    found = []
    for name in registry.built():
        try:
            registry.get(name)
        except ModelUnavailable as error:
            found.append(error)
    return found
