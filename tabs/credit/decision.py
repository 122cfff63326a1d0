"""The decision: the verdict card, the gauge, and the cut-off that a business cost sets."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.policy import COST_RATIO_RANGE
from models.credit.service import credit_service
from models.display.credit.decision_card import verdict
from models.display.credit.gauge import gauge
from models.display.credit.principal_reasons import reasons_card
from models.display.credit.tables import confusion
from models.texts import Texts
from tabs.credit.letter import letter_button
from tabs.credit.selection import ClientSelection
from tabs.credit.sliders import OpenSlider


def ratio_slider(texts: Texts) -> tuple[OpenSlider, gr.Number]:
    """The business cost that sets the cut-off: the slider, not yet on the page, and its last value within its range."""
    low, high = COST_RATIO_RANGE
    usual = credit_service().model.cost_ratio
    slider = OpenSlider(
        low,
        high,
        value=usual,
        step=1,
        label=texts("credit.policy.ratio"),
        info=texts("credit.policy.ratio_info"),
        render=False,
    )
    return slider, gr.Number(usual, visible=False)


def follow_slider(selection: ClientSelection) -> None:
    """The ratio follows the slider; while a number is being typed it may be none yet, or out of range."""
    low, high = COST_RATIO_RANGE
    selection.slider.change(
        None,
        [selection.slider, selection.ratio],
        selection.ratio,
        js=f"(value, ratio) => typeof value === 'number' && value >= {low} && value <= {high} ? value : ratio",
        api_visibility="private",
    )


def verdict_card(selection: ClientSelection) -> None:
    """The decision in one line of figures; it stands above every sub-tab."""
    card = gr.HTML(elem_classes="vt-chosen")

    def show(client_id: int, ratio: float) -> str:
        judged = credit_service().judge(client_id, ratio)
        return verdict(judged.score, judged.percentile, ratio, selection.texts)

    selection.refresh(show, [], [card])


def decision_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """The principal reasons beside the gauge; below, the cost ratio and what its cut-off would have done."""
    with gr.Row():
        with gr.Column(scale=3, min_width=320):
            reasons = gr.HTML(elem_classes="vt-reasons")
            letter_button(selection)
        with gr.Column(scale=2, min_width=300):
            dial = gr.Plot(show_label=False, elem_classes="vt-plot")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            selection.slider.render()
            follow_slider(selection)
        with gr.Column(scale=3, min_width=320):
            table = gr.HTML()

    def show(client_id: int, ratio: float) -> tuple[Any, ...]:
        judged = credit_service().judge(client_id, ratio)
        told = reasons_card(judged.score, credit_service().principal_reasons(judged.score), selection.texts)
        return told, gauge(judged.score, selection.texts), confusion(judged.cut_off, selection.texts)

    selection.refresh(show, [], [reasons, dial, table])
