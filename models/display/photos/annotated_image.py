"""A picture with the parts of a prototype marked in it, in colours and in numbers, as the templates draw it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.display.common.names import class_name
from models.display.common.palette import PARTS
from models.display.photos.prediction_cards import PLACES
from models.texts import Texts
from models.vision.prototypes import Box, Line, Piece

DETAIL_PATCHES = 5  # a detail shows at least so many patches across: enough to recognise what it is
NUMBER = 0.5  # height of a number's field, as a share of its box


@dataclass(frozen=True)
class Part:
    """One box, px of the picture.

    Args:
        number: 1..K; the part of the same number in the other picture is the one that it was matched with.
        colour: of the same part everywhere.
        x, y, width, height: the box.
        field: side of the square that holds the number.
    """

    number: int
    colour: str
    x: int
    y: int
    width: int
    height: int
    field: float


@dataclass(frozen=True)
class AnnotatedImage:
    """A picture and its parts.

    Args:
        key: names the picture on the page, where it is drawn once and then used again.
        href: data URI; empty where the page holds the picture under this key already.
        width, height: px of the picture; the boxes count in these.
        parts: the boxes.
        field: path of the outline of the receptive field, px.
        detail: x, y, width, height of the square around the boxes, px.
        alt: what a person who cannot see it is told.
    """

    key: str
    href: str
    width: int
    height: int
    parts: tuple[Part, ...]
    field: str
    detail: tuple[float, float, float, float]
    alt: str


def annotate(
    key: str, href: str, size: tuple[int, int], boxes: Sequence[Box], alt: str, field: Sequence[Line] = ()
) -> AnnotatedImage:
    """Numbers and colours the boxes, in their order, and draws the outline of their receptive field."""
    parts = tuple(
        Part(
            number=place + 1,
            colour=PARTS[place % len(PARTS)],
            x=left,
            y=top,
            width=right - left,
            height=bottom - top,
            field=round(NUMBER * min(right - left, bottom - top), 2),
        )
        for place, (left, top, right, bottom) in enumerate(boxes)
    )
    outline = "".join(f"M{x0} {y0}L{x1} {y1}" for x0, y0, x1, y1 in field)
    return AnnotatedImage(key, href, *size, parts, outline, _detail(boxes, size), alt)


def place(boxes: Sequence[Box], size: tuple[int, int], texts: Texts) -> str:
    """Which ninth of the picture the boxes are in, in words."""
    left, top, right, bottom = _around(boxes, size)
    column = min(int(3 * (left + right) / (2 * size[0])), 2)
    row = min(int(3 * (top + bottom) / (2 * size[1])), 2)
    return texts(f"images.places.{PLACES[3 * row + column]}")


def parts_alt(parts: Sequence[Box], size: tuple[int, int], texts: Texts) -> str:
    """Where the parts of a photo are that look like a prototype's, for who does not see it."""
    if not parts:
        return texts("prototypes.parts_alt_none")
    return texts.count("prototypes.parts_alt", len(parts), place=place(parts, size, texts))


def piece_alt(piece: Piece, texts: Texts) -> str:
    """What a prototype's picture shows, and where its parts are, for who does not see it."""
    return texts.count(
        "prototypes.piece_alt",
        len(piece.boxes),
        source=piece.source,
        label=class_name(piece.shows, texts),
        place=place(piece.boxes, piece.size, texts),
    )


def _around(boxes: Sequence[Box], size: tuple[int, int]) -> Box:
    if not boxes:
        return (0, 0, *size)
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _detail(boxes: Sequence[Box], size: tuple[int, int]) -> tuple[float, float, float, float]:
    left, top, right, bottom = _around(boxes, size)
    patch = max((max(box[2] - box[0], box[3] - box[1]) for box in boxes), default=0)
    side = max(DETAIL_PATCHES * patch, 1.2 * (right - left), 1.2 * (bottom - top))

    def start(middle: float, length: int) -> float:
        """Kept within the picture, where the picture is large enough."""
        return max(0.0, min(middle - side / 2, length - side)) if length >= side else (length - side) / 2

    x, y = start((left + right) / 2, size[0]), start((top + bottom) / 2, size[1])
    return round(x, 2), round(y, 2), round(side, 2), round(side, 2)
