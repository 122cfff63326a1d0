"""The prototypes of ProtoViT as a person sees them: pieces of pictures, and how like them an upload is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.vision.predictions import Prediction

FILE = "prototypes.json"
REACH = 1  # places around those of a prototype that are drawn as its field: what lies beyond has little part in it

Box = tuple[int, int, int, int]  # x0, y0, x1, y1 in px, x1 and y1 exclusive
Line = tuple[int, int, int, int]  # from x0, y0 to x1, y1 in px


@dataclass(frozen=True)
class Piece:
    """A picture and the patches of it that are meant.

    Args:
        image: WebP, as a data URI.
        size: its width and height, px.
        source: name of the picture that it was made from.
        shows: the class of the picture.
        boxes: of the parts that are switched on, in px of the picture.
        similarity: of the prototype with this picture, in 0..1.
        field: outline of the receptive field that is drawn around the boxes, px of the picture.
    """

    image: str
    size: tuple[int, int]
    source: str
    shows: str
    boxes: tuple[Box, ...]
    similarity: float
    field: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Prototype:
    """What the model compares with.

    Args:
        number: its row in the model, 0..P-1.
        label: the class that it speaks for.
        piece: the picture that it is a part of, and its similarity with that.
        nearest: the other pictures most like it, best first.
    """

    number: int
    label: str
    piece: Piece
    nearest: tuple[Piece, ...]


@dataclass(frozen=True)
class Evidence:
    """What one prototype says about one class.

    Args:
        prototype: number.
        similarity: with the upload, in 0..1.
        weight: of the prototype for the class.
        points: similarity x weight.
        boxes: px of the upload; the k-th goes with the k-th box of the prototype. None where the prototype was compared
            with nothing, as with all of a blank upload.
        field: outline of the receptive field that is drawn around the boxes, px of the upload.
    """

    prototype: int
    similarity: float
    weight: float
    points: float
    boxes: tuple[Box, ...]
    field: tuple[Line, ...] = ()


@dataclass(frozen=True)
class ClassEvidence:
    """The case for one class: ``total`` is the sum of the points of its prototypes, which is the class's logit."""

    label: str
    total: float
    evidence: tuple[Evidence, ...]

    @property
    def likenesses(self) -> tuple[Evidence, ...]:
        """The evidence that rests on something in the upload: the rest has the least similarity that there is."""
        return tuple(evidence for evidence in self.evidence if evidence.boxes)


@dataclass(frozen=True)
class Reasoning:
    """Why ProtoViT answered what it did.

    Args:
        prediction: the answer.
        logits: class -> logit.
        class_evidence: for the predicted class, and for the runner-up; evidence by points, most first.
        seconds: from the picture in memory to the reasoning.
    """

    prediction: Prediction
    logits: dict[str, float]
    class_evidence: tuple[ClassEvidence, ...]
    seconds: float


def boxes(patches: Sequence[int], grid: int, size: tuple[int, int]) -> tuple[Box, ...]:
    """The places of patches in a picture that was stretched to the grid.

    Args:
        patches: numbered row by row from the top left, 0..grid^2-1.
        grid: patches along each side.
        size: width and height of the picture, px.
    """
    width, height = size
    found = []
    for patch in patches:
        row, column = divmod(patch, grid)
        left, top = column * width // grid, row * height // grid
        right, bottom = -(-(column + 1) * width // grid), -(-(row + 1) * height // grid)
        found.append((left, top, max(right, left + 1), max(bottom, top + 1)))
    return tuple(found)


def field(patches: Sequence[int], grid: int, size: tuple[int, int], reach: int = REACH) -> tuple[Line, ...]:
    """The outline of all places within a Chebyshev distance of ``reach`` of these.

    Args:
        patches: numbered row by row from the top left, 0..grid^2-1.
        grid: places along each side.
        size: width and height of the picture, px.
        reach: places.
    """
    width, height = size
    steps = range(-reach, reach + 1)
    near = {
        (row + down, column + across)
        for row, column in (divmod(patch, grid) for patch in patches)
        for down in steps
        for across in steps
        if 0 <= row + down < grid and 0 <= column + across < grid
    }
    sides = {  # of a place: the neighbour across it, and its two corners
        (-1, 0): ((0, 0), (0, 1)),
        (1, 0): ((1, 0), (1, 1)),
        (0, -1): ((0, 0), (1, 0)),
        (0, 1): ((0, 1), (1, 1)),
    }

    def corner(row: int, column: int) -> tuple[int, int]:
        return column * width // grid, row * height // grid

    return tuple(
        (*corner(row + first[0], column + first[1]), *corner(row + second[0], column + second[1]))
        for row, column in sorted(near)
        for (down, across), (first, second) in sides.items()
        if (row + down, column + across) not in near
    )


def read_prototypes(folder: Path) -> tuple[Prototype, ...]:
    """The prototypes that a trained model's folder describes.

    Raises:
        ValueError, KeyError, OSError: ``prototypes.json`` is missing or not as it was written.
    """
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    grid = int(content["grid"])

    def piece(entry: dict[str, Any], active: Sequence[bool], similarity: float) -> Piece:
        picture = content["pictures"][entry["source"]]
        size = (int(picture["width"]), int(picture["height"]))
        shown = [patch for patch, on in zip(entry["patches"], active, strict=True) if on]
        return Piece(
            image=picture["image"],
            size=size,
            source=entry["source"],
            shows=entry["shows"],
            boxes=boxes(shown, grid, size),
            similarity=similarity,
            field=field(shown, grid, size),
        )

    return tuple(
        Prototype(
            number=entry["prototype"],
            label=entry["class"],
            piece=piece(entry, entry["active"], entry["similarity"]),
            nearest=tuple(piece(near, entry["active"], near["similarity"]) for near in entry["nearest"]),
        )
        for entry in content["prototypes"]
    )
