"""The models side by side on the same photos, and what others reported on theirs."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display.common.html import render
from models.display.results import charts, findings, tables
from models.display.results.protocol_charts import pairs_table
from models.texts import Texts
from tabs.downloads import session_folder
from tabs.results.components import chart, heading, table
from tabs.saving import saved_at_once


def comparison_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """Accuracy with intervals, every figure in a table that sorts, McNemar's test, published rows apart."""
    pairs = evaluation.get("pairs", [])
    says = [findings.headline(rows, texts), *findings.differences(pairs, texts, relearnt=evaluation.get("relearnt"))]
    heading(texts("results.vision.title"), says)
    chart(charts.accuracy(rows, texts))
    gr.Markdown(f"### {texts('results.vision.caption')}\n{texts('results.vision.sort')}")
    frame = tables.comparison(rows, texts)
    gr.HTML(tables.comparison_table(frame, texts), elem_classes="vt-wide")
    gr.HTML(render("caption", line=texts("results.vision.learnt"), meaning=""))
    download = gr.Button(texts("results.vision.download"), size="sm", elem_classes="vt-narrow")

    def save() -> str:
        return str(tables.save_comparison(frame, session_folder(), texts))

    saved_at_once(download, save, [], texts)
    if pairs:
        gr.Markdown(f"### {texts('results.pairs.title')}\n{texts('results.pairs.read')}")
        table(pairs_table(pairs, True, texts))
    if published := results.published():
        gr.Markdown(f"### {texts('results.published.title')}\n{texts('results.published.read')}")
        gr.HTML(tables.published_table(published, texts).html(), elem_classes=["vt-words", "vt-apart", "vt-published"])
