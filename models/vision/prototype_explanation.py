"""What ProtoViT compared an uploaded photo with, for the page and for programs: one call each."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from PIL import Image

from models import arguments
from models.protovit.modeling import PrototypeHeadOutput
from models.texts import ENGLISH
from models.vision import registry, webp
from models.vision.predictions import CLASSES
from models.vision.prototypes import Box, ClassEvidence, Prototype, Reasoning
from models.vision.uploads import read_upload

MODEL = "protovit"
PHOTO_SIDE = 720  # px of the longer side of the photo as it is sent: twice what a desk's page shows


class PrototypeModel(Protocol):
    """What this module asks of a model, beside classifying."""

    prototypes: tuple[Prototype, ...]

    def __hash__(self) -> int:
        """Of the model itself: another one, with other weights, answers anew."""

    def compare(self, image: Image.Image) -> PrototypeHeadOutput:
        """Similarities of the picture's patches to every prototype."""

    def evidence_map(self, found: PrototypeHeadOutput, label: str) -> np.ndarray:
        """Where in the picture the points for a class come from."""

    def reasoning(
        self, found: PrototypeHeadOutput, size: tuple[int, int], top: int = 5, without: Collection[int] = ()
    ) -> Reasoning:
        """What speaks for the predicted class and the runner-up, ``without`` some prototypes."""


@dataclass(frozen=True)
class PrototypeExplanation:
    """A photo, and all that the model found it like: small enough to be held for a visitor.

    Args:
        photo: WebP, at most ``PHOTO_SIDE`` px a side, as a data URI.
        size: width and height of the photo that was compared, upright, px; the boxes of the evidence count in these.
        found: what the one pass found.
        reasoning: without those that were taken out; every other prototype of a class is in the evidence of its case.
        whole: the reasoning of all prototypes.
        saliency: where the points of all prototypes for the predicted class come from, (n, n) float32 in 0..1.
        prototypes: by number.
        without: numbers of the prototypes that were taken out, in the order in which they were.
    """

    photo: str
    size: tuple[int, int]
    found: PrototypeHeadOutput
    reasoning: Reasoning
    whole: Reasoning
    saliency: np.ndarray
    prototypes: tuple[Prototype, ...]
    without: tuple[int, ...] = ()


def explain_by_prototypes(path: Path | str | None) -> PrototypeExplanation:
    """Why ProtoViT puts a photo where it does.

    Args:
        path: the uploaded file.

    Raises:
        InputError: the file is no readable picture.
        ModelUnavailable: the model's files are missing or damaged.
    """
    model = _model()
    file = Path(path) if path is not None else None
    changed = file.stat().st_mtime_ns if file is not None and file.is_file() else 0
    return cached(model, file, changed)


@lru_cache(maxsize=8)
def cached(
    model: PrototypeModel,
    path: Path | None,
    changed: int,  # noqa: ARG001 - another content of the same file is another photo
) -> PrototypeExplanation:
    """The same, kept for the last few photos: the card of a photo and its detail ask for it one after the other."""
    image = read_upload(path).image
    start = time.perf_counter()
    found = model.compare(image)
    reasoning = model.reasoning(found, image.size, len(model.prototypes))
    whole = replace(reasoning.prediction, seconds=time.perf_counter() - start)  # the comparison is most of it
    reasoning = replace(reasoning, prediction=whole)
    saliency = model.evidence_map(found, whole.label)
    return PrototypeExplanation(
        webp.of_image(image, PHOTO_SIDE), image.size, found, reasoning, reasoning, saliency, model.prototypes
    )


def leave_out(explanation: PrototypeExplanation, without: object) -> PrototypeExplanation:
    """The same photo as if some prototypes did not exist; nothing is compared anew.

    Args:
        explanation: of the photo, whatever was left out before.
        without: a list of numbers of prototypes; empty puts all of them back.

    Raises:
        InputError: ``without`` is no list of numbers that prototypes have.
        ModelUnavailable: the model's files are missing or damaged.
    """
    count = len(explanation.prototypes)
    numbers = arguments.whole_numbers("without", without, 0, count - 1)
    reasoning = _model().reasoning(explanation.found, explanation.size, count, numbers)
    return replace(explanation, reasoning=reasoning, without=numbers)


def prototypes_of(label: str) -> tuple[Prototype, ...]:
    """The prototypes that speak for a class, by number.

    Raises:
        InputError: no class has this name.
        ModelUnavailable: the model's files are missing or damaged.
    """
    arguments.one_of("class", label, CLASSES)
    return tuple(prototype for prototype in _model().prototypes if prototype.label == label)


def reason(path: Path | str | None, top: int, without: object = None) -> dict[str, Any]:
    """The reasoning, in the form that programs receive.

    Args:
        path: the uploaded file.
        top: prototypes in the evidence of each class, at least 1; more than there are means all.
        without: a list of numbers of prototypes that are left out, as if they did not exist; None for none.

    Raises:
        InputError: as in :func:`explain_by_prototypes`; ``top`` or a number in ``without`` is out of range.
        ModelUnavailable: the model's files are missing or damaged.
    """
    model = _model()
    count = len(model.prototypes)
    left_out = arguments.whole_numbers("without", without, 0, count - 1)
    if not (isinstance(top, int | float) and top > count):
        count = arguments.whole_number("top", top, 1, count)
    upload = read_upload(path)
    reasoning = model.reasoning(model.compare(upload.image), upload.image.size, count, left_out)
    scale = (upload.width / upload.image.width, upload.height / upload.image.height)
    named = {evidence.prototype for case in reasoning.class_evidence for evidence in case.evidence}
    notes = [ENGLISH("images.cut_short")] if upload.cut_short else []
    if not named:
        notes.append(ENGLISH("prototypes.answer.none"))
    elif not any(case.likenesses for case in reasoning.class_evidence):
        notes.append(ENGLISH("prototypes.answer.blank", label=reasoning.prediction.label))
    note = {"note": " ".join(notes)} if notes else {}
    return {
        "label": reasoning.prediction.label,
        "logits": reasoning.logits,
        "classes": {case.label: _class_evidence(case, scale) for case in reasoning.class_evidence},
        "prototypes": {str(item.number): _prototype(item) for item in model.prototypes if item.number in named},
        **note,
    }


def _model() -> PrototypeModel:
    return cast(PrototypeModel, registry.get(MODEL))


def _class_evidence(case: ClassEvidence, scale: tuple[float, float]) -> dict[str, Any]:
    return {
        "points_total": case.total,
        "evidence": [
            {
                "prototype": evidence.prototype,
                "similarity": evidence.similarity,
                "weight": evidence.weight,
                "points": evidence.points,
                "image_boxes": [_scaled(box, scale) for box in evidence.boxes],
            }
            for evidence in case.evidence
        ],
    }


def _prototype(prototype: Prototype) -> dict[str, Any]:
    piece = prototype.piece
    return {
        "class": prototype.label,
        "source": piece.source,
        "image": piece.image,
        "boxes": [list(box) for box in piece.boxes],
    }


def _scaled(box: Box, scale: tuple[float, float]) -> list[int]:
    """From px of the picture as the model took it to px of the upload, which may be larger."""
    across, down = scale
    left, top, right, bottom = box
    return [round(left * across), round(top * down), round(right * across), round(bottom * down)]
