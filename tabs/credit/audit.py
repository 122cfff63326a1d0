"""The model itself: what an auditor asks for."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.credit.service import desk
from models.display.credit import audit_charts
from models.display.results.tables import credit_table
from tabs.credit.selection import Chosen


def audit_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """Curves with intervals, calibration, cost, and rates by group at the present cut-off."""
    texts = chosen.texts
    gr.Markdown(texts("credit.audit.explain"))
    gr.HTML(credit_table(results.credit(), texts).html())
    charts = {}
    for pair in (("roc", "pr"), ("calibration", "cost")):
        with gr.Row():
            for name in pair:
                with gr.Column(min_width=300):
                    gr.Markdown(f"### {texts(f'credit.audit.{name}_title')}")
                    charts[name] = gr.Plot(show_label=False, elem_classes="vt-plot")
    gr.Markdown(f"### {texts('credit.audit.fair_title')}\n{texts('credit.audit.fair_explain')}")
    groups = {key: gr.HTML() for key in desk().metrics["groups"]}

    def show(client_id: int, ratio: float) -> list[Any]:
        cut_off, metrics = desk().policy.cut_off(ratio), desk().metrics
        return [
            audit_charts.curve(metrics["roc"], "roc", texts),
            audit_charts.curve(metrics["pr"], "pr", texts),
            audit_charts.calibration(metrics["calibration"], texts),
            audit_charts.cost(desk().policy, cut_off, texts),
            *(audit_charts.fairness(metrics, key, cut_off.threshold, texts).html() for key in groups),
        ]

    chosen.refresh(show, [], [*charts.values(), *groups.values()], opened=tab)
