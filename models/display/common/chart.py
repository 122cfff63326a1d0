"""What every chart says to those who do not see it: a name, and its numbers as a table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from models.display.common.html import Table
from models.texts import Texts

TICKS = 6  # at most, on an axis of shares
ROW = 46  # px a bar: its name above, the bar below
THICKNESS = 0.42  # rows that the bar takes
ABOVE = 0.42  # rows, from the middle of a row to that of its name
TITLE = 24  # characters of an axis title that fit below a chart on a phone, beside the names of its rows


def described(
    figure: go.Figure, label: str, head: Sequence[str], rows: Sequence[Sequence[str]], texts: Texts
) -> go.Figure:
    """Gives a chart its name and its table, the number format of the language, and titles that a phone shows whole.

    Both travel in ``layout.meta``; ``tabs/scripts/charts.js`` makes the chart an image of that name and unfolds the
    table below.

    Args:
        figure: the chart.
        label: one sentence: what is drawn, of whom, and its main message.
        head: headings of the table.
        rows: its cells, the first of each naming the row.
        texts: the language.
    """
    table = Table(label, tuple(head), tuple(tuple(row) for row in rows))
    figure.update_layout(
        meta={"label": label, "table": table.html()},
        separators=texts.conventions.decimal + texts.conventions.thousands,
    )
    figure.for_each_xaxis(lambda axis: axis.update(title_text="<br>".join(textwrap.wrap(axis.title.text or "", TITLE))))
    return figure


def row_name(y: float, text: str) -> dict[str, Any]:
    """The annotation that names a row of a chart, at the height ``y``, from the left edge."""
    return {
        "xref": "paper", "x": 0, "y": y, "text": text, "xanchor": "left", "align": "left", "showarrow": False
    }  # fmt: skip


def name_rows(figure: go.Figure, names: Sequence[str]) -> None:
    """Writes the name of each row above it: beside the rows, long names would leave a chart on a phone no room.

    Args:
        figure: its rows lie at y = 0, 1, ..., the first on top.
        names: from top to bottom.
    """
    for row, name in enumerate(names):
        figure.add_annotation(row_name(row - ABOVE, name))
    figure.update_yaxes(range=[len(names) - 0.5, -0.8], showticklabels=False, showgrid=False, ticks="")


def share_ticks(top: float, texts: Texts) -> dict[str, Any]:
    """Ticks of an axis of shares from 0 to ``top``, written as the language writes percentages."""
    rough = max(top, 1e-3) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    values = [step * place for place in range(math.floor(top / step + 1e-9) + 1)]
    digits = 0 if step >= 0.01 and step != 0.025 else 1
    return {"tickvals": values, "ticktext": [texts.percent(value, digits) for value in values]}


def thinned(count: int, most: int = 12) -> list[int]:
    """Places of at most ``most`` of ``count`` points, evenly spread, first and last included."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})
