"""The model itself: what an auditor asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import gradio as gr

from models import results
from models.credit.service import credit_service
from models.display.credit import audit_charts
from models.display.credit.audit_document import audit_document
from models.display.results.tables import credit_table
from tabs.credit.selection import ClientSelection
from tabs.downloads import session_folder
from tabs.saving import saved_at_once


def audit_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Curves with intervals, calibration, cost, and rates by group at the present cut-off."""
    texts = selection.texts
    gr.Markdown(texts("credit.audit.explain"))
    download = gr.Button(texts("credit.audit.download"), size="sm", elem_classes="vt-narrow")
    figures = gr.HTML()
    charts = {}
    for pair in (("roc", "pr"), ("calibration", "cost")):
        with gr.Row():
            for name in pair:
                with gr.Column(min_width=300):
                    gr.Markdown(f"### {texts(f'credit.audit.{name}_title')}")
                    charts[name] = gr.Plot(show_label=False, elem_classes="vt-plot")
    gr.Markdown(f"### {texts('credit.audit.fair_title')}\n{texts('credit.audit.fair_explain')}")
    groups = {key: gr.HTML() for key in credit_service().metrics["groups"]}

    if other := audit_charts.alternatives_table(credit_service().metrics, texts):
        gr.Markdown(f"### {texts('credit.audit.without_title')}")
        gr.HTML(other.html())
        gr.Markdown(audit_charts.without_age(credit_service().metrics, texts))

    def save(ratio: float) -> str:
        path = session_folder() / f"{texts('audit.file')}.pdf"
        audit, now = credit_service().audit(ratio), datetime.now().astimezone()
        table = credit_table(results.credit(), texts, audit.cut_off.threshold)
        path.write_bytes(audit_document(audit, table, texts, now))
        return str(path)

    def show(client_id: int, ratio: float) -> list[Any]:
        cut_off, metrics = credit_service().policy.cut_off(ratio), credit_service().metrics
        return [
            credit_table(results.credit(), texts, cut_off.threshold).html(),
            audit_charts.curve(metrics["roc"], "roc", texts),
            audit_charts.curve(metrics["pr"], "pr", texts),
            audit_charts.calibration(metrics["calibration"], texts),
            audit_charts.cost(credit_service().policy, cut_off, texts),
            *(audit_charts.fairness(metrics, key, cut_off.threshold, texts).html() for key in groups),
        ]

    saved_at_once(download, save, [selection.ratio], texts)
    selection.refresh(show, [], [figures, *charts.values(), *groups.values()], opened=tab)
