"""Why: sentences, the waterfall by groups, which facts count together, and every contribution as a table."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.reasons import reasons
from models.credit.reference import REFERENCES
from models.credit.service import credit_service
from models.display.common.html import render
from models.display.credit.pairs import sentences as pair_sentences
from models.display.credit.tables import contributions_table, save_contributions
from models.display.credit.waterfall import score_waterfall
from tabs.credit.criteria import criteria_filter
from tabs.credit.opener import group_opener
from tabs.credit.selection import ClientSelection
from tabs.downloads import session_folder
from tabs.error_handling import handle_errors
from tabs.saving import saved_at_once

OPENER = "why-groups"


def why_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """The explanation of one score, compared with whom the reader chooses."""
    texts = selection.texts
    with gr.Row():
        reference = gr.Radio(
            choices=[(texts(f"credit.reference.{name}.name"), name) for name in REFERENCES],
            value="average",
            label=texts("credit.reference.title"),
        )
        scale = gr.Radio(
            choices=[(texts(f"credit.why.{name}"), name) for name in ("probability", "log_odds")],
            value="probability",
            label=texts("credit.why.scale"),
        )
    criteria = criteria_filter(texts, "credit.reference.criteria_info")
    sentences = gr.HTML()
    opened = group_opener(texts, OPENER)
    chart = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(texts("credit.why.read"), elem_classes="vt-note")
    gr.Markdown(f"### {texts('credit.why.pairs')}\n{texts('credit.why.pairs_read')}")
    pairs = gr.HTML()
    with gr.Accordion(texts("credit.why.table"), open=False):
        table = gr.HTML(elem_classes=["vt-wide", "vt-bounded"])
        download = gr.Button(texts("credit.why.download"), size="sm")

    def show(client_id: int, ratio: float, reference: str, criteria: list[str], scale: Any, opened: str) -> Any:
        score = credit_service().judge(client_id, ratio, None, reference, criteria).score
        return (
            render("sentences", sentences=reasons(score, texts, scale)),
            score_waterfall(score, texts, scale, opened, OPENER),
            contributions_table(score, texts),
        )

    def show_pairs(client_id: int, ratio: float) -> str:
        score = credit_service().score_client(client_id)
        return render("sentences", sentences=pair_sentences(credit_service().pairs(client_id), score, texts))

    def save(client_id: int, ratio: float, reference: str, criteria: list[str]) -> str:
        score = credit_service().judge(client_id, ratio, None, reference, criteria).score
        return str(save_contributions(score, texts, session_folder()))

    def show_criteria(reference: str) -> Any:
        return gr.update(visible=reference == "similar")

    private: dict[str, Any] = {"api_visibility": "private"}
    reference.change(handle_errors(show_criteria, texts), reference, criteria, show_progress="hidden", **private)
    selection.refresh(
        show, [reference, criteria, scale, opened], [sentences, chart, table], opened=tab, says_why_not=True
    )
    selection.refresh(show_pairs, [], [pairs], opened=tab)
    saved_at_once(download, save, [selection.client, selection.ratio, reference, criteria], texts)
