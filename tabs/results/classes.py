"""Category by category: precision, recall and F1, what was gained on the reference, and what is confused with what."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.results import charts, findings, tables
from models.texts import Texts
from tabs.error_handling import handle_errors
from tabs.results.components import chart, heading, sentences, table

MEASURES = ("f1", "precision", "recall")


def classes_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """Bars by measure, gains on the reference, confusion matrices on one scale."""
    heading(texts("results.classes.title"), [findings.categories(rows, texts)])
    measure = gr.Radio(
        choices=[(texts(f"results.measures.{name}"), name) for name in MEASURES],
        value=MEASURES[0],
        label=texts("results.classes.measure"),
    )
    bars = chart(charts.class_bars(rows, MEASURES[0], texts))

    def show(measure: str) -> Any:
        return charts.class_bars(rows, measure, texts)

    measure.input(
        handle_errors(show, texts),
        measure,
        bars,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    gains = charts.gains(rows, texts)
    if gains is not None:
        heading(texts("results.gains.title"), findings.gains(rows, texts))
        chart(gains)
    heading(texts("results.confusion.title"))
    gr.HTML(tables.confusions(rows, texts))
    sentences(findings.confusions(rows, texts))
    table(tables.confused_table(rows, texts), words=True)
