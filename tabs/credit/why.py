"""Why: sentences, the waterfall in log-odds or probability, and the same as a table."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.reasons import reasons
from models.credit.service import desk
from models.display.common.html import render
from models.display.credit.tables import contributions_table, save_contributions
from models.display.credit.waterfall import score_waterfall
from tabs.credit.selection import Chosen
from tabs.downloads import session_folder
from tabs.error_handling import guarded


def why_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """The explanation of one score."""
    texts = chosen.texts
    sentences = gr.HTML()
    scale = gr.Radio(
        choices=[(texts(f"credit.why.{name}"), name) for name in ("log_odds", "probability")],
        value="log_odds",
        label=texts("credit.why.scale"),
    )
    chart = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(texts("credit.why.read"), elem_classes="vt-note")
    with gr.Accordion(texts("credit.why.table"), open=False):
        table = gr.HTML(elem_classes=["vt-wide", "vt-bounded"])
        download = gr.DownloadButton(texts("credit.why.download"), size="sm")

    def show(client_id: int, ratio: float, scale: Any) -> tuple[Any, ...]:
        score = desk().judge(client_id, ratio).score
        return (
            render("sentences", sentences=reasons(score, texts)),
            score_waterfall(score, texts, scale),
            contributions_table(score, texts),
        )

    def save(client_id: int, request: gr.Request) -> str:
        return str(save_contributions(desk().score_client(client_id), texts, session_folder(request)))

    chosen.refresh(show, [scale], [sentences, chart, table], opened=tab)
    download.click(guarded(save, texts), chosen.client, download, api_visibility="private")
