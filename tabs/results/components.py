"""What the sub-tabs share: a chart, a table, and the sentences beside them."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
import plotly.graph_objects as go

from models.display.common.html import Table, render


def chart(figure: go.Figure) -> gr.Plot:
    """A chart; the page unfolds its table below it."""
    return gr.Plot(figure, show_label=False, elem_classes="vt-plot")


def table(content: Table, words: bool = False) -> gr.HTML:
    """A table; ``words`` where its cells are words, which stand at the left."""
    return gr.HTML(content.html(), elem_classes=["vt-wide", "vt-words"] if words else ["vt-wide"])


def sentences(*lines: str) -> gr.HTML:
    """Sentences in a card."""
    return gr.HTML(render("sentences", sentences=lines))


def heading(title: str, lines: Sequence[str] = ()) -> None:
    """A heading, and what is to be read there."""
    gr.Markdown(f"### {title}")
    if lines:
        sentences(*lines)
