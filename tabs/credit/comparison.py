"""The client among others: one feature's distribution, and two features at a time."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.compare import GROUPS
from models.credit.service import credit_service
from models.display.common.html import render
from models.display.credit.distribution import distribution, sentence
from models.display.credit.scatter import scatter
from tabs.credit.criteria import criteria_filter
from tabs.credit.selection import ClientSelection
from tabs.error_handling import handle_errors


def comparison_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Distribution by outcome, for all clients or similar ones, and the scatter of two features."""
    texts = selection.texts
    with gr.Row():
        feature = gr.Dropdown(
            choices=credit_service().features(texts), value="EXT_SOURCE_2", label=texts("credit.compare.feature")
        )
        group = gr.Radio(
            choices=[(texts(f"credit.compare.{name}"), name) for name in GROUPS],
            value="all",
            label=texts("credit.compare.group"),
        )
    criteria = criteria_filter(texts, "credit.compare.criteria_info")
    words = gr.HTML()
    chart = gr.Plot(show_label=False, elem_classes="vt-plot")
    gr.Markdown(f"### {texts('credit.bivariate.title')}")
    with gr.Row():
        first = gr.Dropdown(
            choices=credit_service().features(texts, numeric=True),
            value="EXT_SOURCE_2",
            label=texts("credit.bivariate.x"),
        )
        second = gr.Dropdown(
            choices=credit_service().features(texts, numeric=True),
            value="EXT_SOURCE_3",
            label=texts("credit.bivariate.y"),
        )
    cloud = gr.Plot(show_label=False, elem_classes="vt-plot")

    def show(client_id: int, ratio: float, feature: str, group: str, criteria: list[str]) -> tuple[Any, ...]:
        comparison = credit_service().compare(client_id, feature, group, criteria)
        return render("sentences", sentences=sentence(comparison, texts)), distribution(comparison, texts)

    def show_two(client_id: int, ratio: float, first: str, second: str) -> Any:
        return scatter(credit_service().portfolio, client_id, first, second, texts)

    def show_criteria(group: str) -> Any:
        return gr.update(visible=group == "similar")

    group.change(handle_errors(show_criteria, texts), group, criteria, api_visibility="private", show_progress="hidden")
    selection.refresh(show, [feature, group, criteria], [words, chart], opened=tab, says_why_not=True)
    selection.refresh(show_two, [first, second], [cloud], opened=tab)
