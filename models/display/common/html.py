"""Cards and tables in HTML, from the Jinja templates beside this file; every value is escaped."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[1] / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: object) -> str:
    """A template's HTML; a name it lacks raises, so that no half-filled card is ever shown."""
    return _environment().get_template(f"{template}.html").render(**values)


@dataclass(frozen=True)
class Table:
    """A small table for reading.

    Attributes:
        caption: what it shows, for everybody and for screen readers first.
        head: column headings; the first column names its row.
        rows: cells as text, each as long as ``head``.
        best: indices of rows set in bold.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: frozenset[int] = field(default_factory=frozenset)

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.head):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.head)} columns: {row}")

    def html(self) -> str:
        """The table in HTML."""
        return render("table", table=self)
