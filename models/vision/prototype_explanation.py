"""What ProtoViT compared an uploaded photo with, for the page and for programs: one call each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from PIL import Image

from models import arguments
from models.texts import ENGLISH
from models.vision import registry
from models.vision.predictions import CLASSES
from models.vision.prototypes import Box, Case, Prototype, Reasoning
from models.vision.uploads import read_upload

MODEL = "protovit"


class PrototypeModel(Protocol):
    """What this module asks of a model, beside classifying."""

    prototypes: tuple[Prototype, ...]
    active: torch.Tensor  # (P, K) bool, the parts that are switched on

    def reason(self, image: Image.Image, top: int = 5) -> Reasoning: ...


@dataclass(frozen=True)
class Likeness:
    """A photo, and all that the model found it like and unlike.

    Args:
        photo: upright, RGB; the boxes of the evidence are px of it.
        reasoning: with every prototype in the evidence of each case.
        prototypes: by number.
        parts: of each prototype, K; a similarity lies in -K..K.
    """

    photo: Image.Image
    reasoning: Reasoning
    prototypes: tuple[Prototype, ...]
    parts: int


def read_likeness(path: Path | str | None) -> Likeness:
    """Why ProtoViT puts a photo where it does.

    Args:
        path: the uploaded file.

    Raises:
        InputError: the file is no readable picture.
        ModelUnavailable: the model's files are missing or damaged.
    """
    model = _model()
    photo = read_upload(path).image
    return Likeness(photo, model.reason(photo, len(model.prototypes)), model.prototypes, model.active.shape[1])


def prototypes_of(label: str) -> tuple[Prototype, ...]:
    """The prototypes that speak for a class, by number.

    Raises:
        InputError: no class has this name.
        ModelUnavailable: the model's files are missing or damaged.
    """
    arguments.one_of("class", label, CLASSES)
    return tuple(prototype for prototype in _model().prototypes if prototype.label == label)


def reason(path: Path | str | None, top: int) -> dict[str, Any]:
    """The reasoning, in the form that programs receive.

    Args:
        path: the uploaded file.
        top: prototypes in the evidence of each class, at least 1; more than there are means all.

    Raises:
        InputError: as in :func:`read_likeness`; ``top`` is out of range.
        ModelUnavailable: the model's files are missing or damaged.
    """
    model = _model()
    count = len(model.prototypes)
    if not (isinstance(top, int | float) and top > count):
        count = arguments.whole_number("top", top, 1, count)
    upload = read_upload(path)
    reasoning = model.reason(upload.image, count)
    scale = (upload.width / upload.image.width, upload.height / upload.image.height)
    named = {evidence.prototype for case in reasoning.cases for evidence in case.evidence}
    note = {"note": ENGLISH("images.cut_short")} if upload.cut_short else {}
    return {
        "label": reasoning.prediction.label,
        "logits": reasoning.logits,
        "classes": {case.label: _case(case, scale) for case in reasoning.cases},
        "prototypes": {str(item.number): _prototype(item) for item in model.prototypes if item.number in named},
        **note,
    }


def _model() -> PrototypeModel:
    return cast(PrototypeModel, registry.get(MODEL))


def _case(case: Case, scale: tuple[float, float]) -> dict[str, Any]:
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
