"""From an uploaded photo to what the page shows and what programs receive: one call each."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from models import arguments
from models.errors import ModelUnavailable
from models.texts import ENGLISH
from models.vision import faithfulness, registry
from models.vision.faithfulness import Faithfulness
from models.vision.overlay import OPACITY, overlay
from models.vision.predictions import CLASSES, Explanation
from models.vision.saliency import METHODS
from models.vision.uploads import Upload, read_upload

SCREEN_SIDE = 1024  # px of the longer side of what the page shows
OVERLAY_MEGAPIXELS = 50  # of an overlay for programs: as many as a phone's camera takes


@dataclass(frozen=True)
class PhotoExplanation:
    """One model's answer to one photo.

    Args:
        upload: the photo.
        explanation: the map, with the prediction it explains.
        opacity: share of the map in the overlay, 0..1.
    """

    upload: Upload
    explanation: Explanation
    opacity: float

    @cached_property
    def overlay(self) -> Image.Image:
        """The map laid over the photo at the size of the upload, or scaled down to ``OVERLAY_MEGAPIXELS``; drawn when
        it is asked for.
        """
        width, height = self.upload.width, self.upload.height
        factor = min(1.0, math.sqrt(OVERLAY_MEGAPIXELS * 1e6 / (width * height)))
        size = (max(1, int(width * factor)), max(1, int(height * factor)))
        return overlay(self.upload.image, self.explanation.saliency, size, self.opacity)

    def on_screen(self) -> tuple[Image.Image, Image.Image]:
        """Photo and overlay, at most ``SCREEN_SIDE`` px on the longer side."""
        photo = thumbnail(self.upload)
        return photo, overlay(photo, self.explanation.saliency, opacity=self.opacity)


def explain_photo(
    path: Path | str | None,
    model: str,
    method: str = "",
    target: str = "",
    contrast_class: str = "",
    opacity: float = OPACITY,
) -> PhotoExplanation:
    """Classifies a photo and shows where the evidence lies.

    Args:
        path: the uploaded file.
        model: one of ``registry.MODELS``.
        method: saliency method; empty for the model's default.
        target: class to explain; empty for the predicted one.
        contrast_class: explain what speaks for the target rather than for this class; empty for the target alone.
        opacity: share of the map in the overlay, 0..1.

    Raises:
        InputError: the file is no readable picture, or an argument is not among those allowed.
        ModelUnavailable: the model's weights are missing or damaged.
    """
    *_, (_, reading) = explain_photo_steps(path, model, method, target, contrast_class, opacity)
    return reading


def explain_photo_steps(
    path: Path | str | None,
    model: str,
    method: str = "",
    target: str = "",
    contrast_class: str = "",
    opacity: float = OPACITY,
) -> Generator[tuple[float, PhotoExplanation], None, None]:
    """The same, with the share done (0..1), for the methods that take long; closing it cancels what is left."""
    arguments.number("opacity", opacity, 0, 1)
    classifier = registry.get(model)
    upload = read_upload(path)
    for share, explanation in classifier.explain_steps(upload.image, method, target, contrast_class):
        yield share, PhotoExplanation(upload, explanation, opacity)


def methods(model: str) -> tuple[str, ...]:
    """The methods that explain a model, the one that suits it best first; all saliency methods where its weights are
    missing.
    """
    try:
        classifier = registry.get(model)
    except ModelUnavailable:
        return tuple(METHODS)
    return tuple(sorted(classifier.methods, key=lambda name: name != classifier.default_method))


def published_method(model: str) -> str:
    """The method that a model is usually explained with elsewhere; empty where its weights are missing."""
    try:
        return registry.get(model).published_method
    except ModelUnavailable:
        return ""


def recompose_overlay(path: Path | str | None, saliency: np.ndarray, opacity: float) -> tuple[Image.Image, Image.Image]:
    """Photo and overlay as on the screen anew, from a map that was drawn before."""
    arguments.number("opacity", opacity, 0, 1)
    photo = thumbnail(read_upload(path))
    return photo, overlay(photo, saliency, opacity=opacity)


def thumbnail(upload: Upload) -> Image.Image:
    """A photo as the page shows it, at most ``SCREEN_SIDE`` px on the longer side."""
    photo = upload.image.copy()
    photo.thumbnail((SCREEN_SIDE, SCREEN_SIDE), Image.Resampling.BICUBIC)
    return photo


def assess(
    path: Path | str | None,
    model: str,
    method: str = "",
    target: str = "",
    contrast_class: str = "",
    drawn: Explanation | None = None,
) -> tuple[Explanation, Faithfulness]:
    """A map, and how faithful it is to the model, for one photo; the arguments of :func:`explain_photo`.

    Args:
        drawn: a map of this photo that was drawn before; where it is the one that is asked for, it is judged as it is.

    Raises:
        InputError, ModelUnavailable: as there.
    """
    classifier = registry.get(model)
    upload = read_upload(path)
    if drawn is not None and _is_asked_for(drawn, (model, method, target, contrast_class)):
        explanation = drawn
    else:
        explanation = classifier.explain(upload.image, method, target, contrast_class)
    return explanation, faithfulness.judge(
        classifier, upload.image, explanation.target, explanation.saliency, explanation.contrast_class
    )


def _is_asked_for(drawn: Explanation, asked: tuple[str, str, str, str]) -> bool:
    """Whether a map is that of a model, a method, a target ("" for the predicted class) and a class against it."""
    predicted = drawn.prediction
    target = asked[2] or predicted.label
    return (predicted.model, drawn.method, drawn.target, drawn.contrast_class or "") == (*asked[:2], target, asked[3])


def classify(path: Path | str | None, models: Sequence[str]) -> dict[str, Any]:
    """The seven probabilities of each model, in the form that programs receive.

    Args:
        path: the uploaded file.
        models: names among ``registry.MODELS``; empty for all that can be loaded.

    Raises:
        InputError: as in :func:`explain_photo`; ``models`` is not a list of names.
    """
    classifiers = registry.chosen(models)
    upload = read_upload(path)
    answers = {}
    for classifier in classifiers:
        prediction = classifier.predict(upload.image)
        answers[classifier.name] = {
            "label": prediction.label,
            "probabilities": prediction.probabilities,
            "method": classifier.default_method,
            "seconds": prediction.seconds,
            **prediction.calibrated(),
        }
    note = {"note": ENGLISH("images.cut_short")} if upload.cut_short else {}
    return {"classes": list(CLASSES), "models": answers, **note}


def faults() -> list[ModelUnavailable]:
    """Why each model that this version runs cannot answer; empty where all can. Loads those not loaded yet."""
    found = []
    for name in registry.MODELS:
        try:
            registry.get(name)
        except ModelUnavailable as error:
            found.append(error)
    return found
