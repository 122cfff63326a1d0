"""From an uploaded photo to what the page shows and what programs receive: one call each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models import arguments
from models.errors import InputError, ModelUnavailable
from models.vision import faithfulness, registry
from models.vision.faithfulness import Faithfulness
from models.vision.overlay import overlay
from models.vision.predictions import CLASSES, Explanation, Prediction
from models.vision.saliency import METHODS
from models.vision.uploads import Upload, read_upload

OPACITY = 0.6  # share of the saliency map in the overlay, 0..1


@dataclass(frozen=True)
class Reading:
    """One model's answer to one photo.

    Attributes:
        photo: upright, RGB, as the page shows it.
        overlay: the saliency map laid over it, at the size of the upload.
        explanation: the map, with the prediction it explains.
    """

    photo: Image.Image
    overlay: Image.Image
    explanation: Explanation


def read_photo(
    path: Path | str | None,
    model: str,
    method: str = "",
    target: str = "",
    against: str = "",
    opacity: float = OPACITY,
) -> Reading:
    """Classifies a photo and shows where the evidence lies.

    Args:
        path: the uploaded file.
        model: one of ``registry.MODELS``.
        method: saliency method; empty for the model's default.
        target: class to explain; empty for the predicted one.
        against: explain what speaks for the target rather than for this class; empty for the target alone.
        opacity: share of the map in the overlay, 0..1.

    Raises:
        InputError: the file is no readable picture, or an argument is not among those allowed.
        ModelUnavailable: the model's weights are missing or damaged.
    """
    *_, (_, reading) = read_steps(path, model, method, target, against, opacity)
    return reading


def read_steps(
    path: Path | str | None,
    model: str,
    method: str = "",
    target: str = "",
    against: str = "",
    opacity: float = OPACITY,
) -> Iterator[tuple[float, Reading]]:
    """The same, with the share done (0..1), for the methods that take long; closing it cancels what is left."""
    arguments.number("opacity", opacity, 0, 1)
    classifier = registry.get(model)
    upload = read_upload(path)
    for share, explanation in classifier.explain_steps(upload.image, method, target, against):
        yield share, Reading(upload.image, _laid_over(upload, explanation.saliency, opacity), explanation)


def methods(model: str) -> tuple[str, ...]:
    """The methods that explain a model, the one that suits it best first; all saliency methods where its weights are
    missing.
    """
    try:
        classifier = registry.get(model)
    except ModelUnavailable:
        return tuple(METHODS)
    return tuple(sorted(classifier.methods, key=lambda name: name != classifier.default_method))


def relay(path: Path | str | None, saliency: np.ndarray, opacity: float) -> tuple[Image.Image, Image.Image]:
    """Photo and overlay anew, from a map that was drawn before."""
    upload = read_upload(path)
    return upload.image, _laid_over(upload, saliency, arguments.number("opacity", opacity, 0, 1))


def _laid_over(upload: Upload, saliency: np.ndarray, opacity: float) -> Image.Image:
    return overlay(upload.image, saliency, (upload.width, upload.height), opacity)


def verdicts(path: Path | str | None) -> Iterator[tuple[Prediction, ...]]:
    """The models' answers to one photo, one more each time, in the order of the registry."""
    upload = read_upload(path)
    answers: tuple[Prediction, ...] = ()
    for name in registry.available():
        answers += (registry.get(name).predict(upload.image),)
        yield answers


def assess(path: Path | str | None, model: str, method: str, target: str) -> tuple[Explanation, Faithfulness]:
    """A map, and how faithful it is to the model, for one photo.

    Raises:
        InputError, ModelUnavailable: as in :func:`read_photo`.
    """
    classifier = registry.get(model)
    upload = read_upload(path)
    explanation = classifier.explain(upload.image, method, target)
    return explanation, faithfulness.judge(classifier, upload.image, explanation.target, explanation.saliency)


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
