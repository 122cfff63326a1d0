"""Documents to hand over: PDF 1.7 that follows PDF/UA-1, set by Typst from one template.

What a document says is passed to the template as JSON, never as source: markup in a value is text. Typst tags headings,
lists, tables and figures for screen readers, and refuses to write a PDF/UA-1 that lacks a title, a language or the text
that stands for a figure (ISO 14289-1).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import typst

from models.conventions import Language
from models.display.common.html import TEMPLATES

TEMPLATE = TEMPLATES / "document.typ"


@dataclass(frozen=True)
class Paragraph:
    """Running text; a ``note`` is set smaller."""

    text: str
    note: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True)
class Items:
    """A list, numbered where the order says something."""

    items: tuple[str, ...]
    numbered: bool = False
    kind: str = "items"


@dataclass(frozen=True)
class Figures:
    """The decision at a glance: what it is, and figures beside it as (name, value)."""

    title: str
    figures: tuple[tuple[str, str], ...]
    kind: str = "figures"


@dataclass(frozen=True)
class Grid:
    """A table; the first column names its row. The columns share the width as ``widths``, all alike without them."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    kind: str = "grid"

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.head)} columns: {row}")


@dataclass(frozen=True)
class Axis:
    """An axis from 0 to ``top``, with ticks as (place, text)."""

    title: str
    top: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Line:
    """Points (x, y) joined; ``style`` is "curve", "guide" (dotted), "edge" (of a band) or "mark" (a dot each)."""

    points: tuple[tuple[float, float], ...]
    style: str = "curve"


@dataclass(frozen=True)
class Chart:
    """Lines over two axes; ``alt`` says in words what they show."""

    caption: str
    alt: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    kind: str = "chart"


Block = Paragraph | Items | Figures | Grid | Chart


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A document in one language.

    Attributes:
        language: of all its texts.
        title: its title, in the file's description too.
        sender: from whom, above the title.
        lines: date, reference and the like, one a line.
        opening: before the first heading.
        sections: the rest.
        footer: at the foot of every page, before the page's number.
        page: ``{page} of {pages}`` in the language, with these two names in braces.
    """

    language: Language
    title: str
    sender: str
    lines: tuple[str, ...]
    opening: tuple[Block, ...]
    sections: tuple[Section, ...]
    footer: str
    page: str

    def pdf(self, made: datetime) -> bytes:
        """The file; the same document at the same time is the same bytes."""
        content: dict[str, Any] = asdict(self)
        return typst.compile(
            TEMPLATE,
            root=TEMPLATES,
            format="pdf",
            sys_inputs={"content": json.dumps(content, allow_nan=False)},
            pdf_standards=["ua-1"],
            ignore_system_fonts=True,
            timestamp=int(made.timestamp()),
        )
