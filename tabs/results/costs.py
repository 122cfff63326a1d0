"""What the models cost: accuracy against latency and size, and how they learnt."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display.results import charts, findings, learning_curves
from models.texts import Texts
from tabs.results.components import chart, heading, table


def costs_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """Two clouds of points, then the learning curves of each model."""
    if any(row["latency_ms_p50"] is not None for row in rows):
        heading(texts("results.costs.title"), [findings.costs(rows, texts)])
        with gr.Row():
            for cost in ("latency_ms_p50", "weights_bytes"):
                with gr.Column(min_width=300):
                    chart(charts.costs(rows, cost, texts))
    curves = results.learning_curves()
    if not curves:
        return
    heading(texts("results.learning.title"), findings.learning(curves, texts))
    chart(learning_curves.accuracies(curves, texts))
    with gr.Row():
        for model, phases in curves.items():
            with gr.Column(min_width=300):
                gr.Markdown(f"#### {texts(f'images.models.{model}')}")
                chart(learning_curves.losses(model, phases, texts))
    table(learning_curves.phases_table(curves, texts))
