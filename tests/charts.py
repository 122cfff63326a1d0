"""What holds of every chart: the house style, and figures written as the language writes them."""

from __future__ import annotations

import html
import re

import numpy as np
import plotly.graph_objects as go

from models.display.common.palette import CLEAR, FONT, NEUTRAL
from models.texts import Texts


def cells(figure: go.Figure) -> list[list[str]]:
    """The cells of the table of a chart, headings first."""
    table = re.sub(r">\s+<", "><", figure.layout.meta["table"])
    rows = re.findall(r"<tr>(.*?)</tr>", table)
    return [[html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def in_house_style(figure: go.Figure, texts: Texts) -> None:
    """Fails unless a chart looks as every other, and neither it nor its table holds anything half said."""
    layout = figure.layout
    assert layout.separators == {"en": ".,", "fr": ",\u202f"}[texts.language]
    assert layout.height > 100 and layout.showlegend is not None and layout.dragmode is False
    assert (layout.paper_bgcolor, layout.plot_bgcolor) == (CLEAR, CLEAR)
    assert (layout.font.family, layout.font.size) == (FONT, 13)
    hover = layout.hoverlabel
    assert (hover.bgcolor, hover.font.color, hover.font.family, hover.font.size) == ("#1e293b", "#ffffff", FONT, 13)
    assert layout.legend.itemclick is False and layout.legend.itemdoubleclick is False
    assert all(0 < side <= 96 for side in (layout.margin.l, layout.margin.r, layout.margin.t, layout.margin.b))
    for axis in (layout.xaxis, layout.yaxis):
        assert axis.fixedrange and axis.automargin and axis.gridcolor == "#cbd5e1" and axis.title.font.size == 13
        assert axis.zeroline is False or axis.zerolinecolor == NEUTRAL
    if layout.showlegend:
        assert layout.legend.orientation == "h" and layout.legend.x == 0 and 1 <= layout.legend.y < 1.2
        assert any(trace.name for trace in figure.data if trace.showlegend is not False)
    for trace in figure.data:
        _told_on_hover(trace, texts)
    head, *rows = cells(figure)
    said = [cell for row in (head, *rows) for cell in row]
    assert rows and all(len(row) == len(head) for row in rows) and all(said)
    titles = [axis.title.text for axis in (layout.xaxis, layout.yaxis) if axis.title.text]
    written = " ".join([*said, layout.meta["label"], *titles, *(trace.name for trace in figure.data if trace.name)])
    assert not re.search(r"None|\bnan\b|XX|\{", written), written
    wrong = r"\d\.\d" if texts.language == "fr" else r"\d,\d(?!\d\d)"
    assert not re.search(wrong, written), re.findall(rf".{{9}}{wrong}", written)


def _told_on_hover(trace: go.Trace, texts: Texts) -> None:
    """Fails unless a point says its numbers as the language writes them, or nothing."""
    if trace.type == "indicator" or trace.hoverinfo == "skip":
        return
    assert trace.hovertemplate and "None" not in trace.hovertemplate
    shown = " ".join([trace.hovertemplate, *map(str, np.ravel(trace.customdata))])
    assert texts.language != "fr" or not re.search(r"\S: ", shown), shown
    assert not re.search(r"%\{[xyz]:[^}]*s\}", trace.hovertemplate), "0.53 would be told as 530m"
    if "customdata" in trace.hovertemplate:
        points = list(trace.customdata)
        assert len(points) == len(trace.x) == len(trace.y)
        assert not re.search(r"None|\bnan\b|XX|\{", " ".join(map(str, points)))


def numbers(text: str, texts: Texts) -> list[str]:
    """The numbers that a text says, in the order in which it says them and as English writes them."""
    if texts.language == "fr":
        text = re.sub(r"(?<=\d),(?=\d)", ".", text).replace("\u202f%", "%")
        text = re.sub(r"(?<=\d)\u202f(?=\d{3})", ",", text)
    return re.findall(r"(?<![\w.])[+\u2212]?\d+(?:[,.]\d+)*%?", text)
