"""The decision: the verdict card, the gauge, and the cut-off that a business cost sets."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.policy import COST_RATIO_RANGE
from models.credit.service import desk
from models.display.credit.decision_card import verdict
from models.display.credit.gauge import gauge
from models.display.credit.tables import confusion
from models.texts import Texts
from tabs.credit.selection import Chosen


def ratio_slider(texts: Texts) -> gr.Slider:
    """The business cost that sets the cut-off."""
    low, high = COST_RATIO_RANGE
    return gr.Slider(
        low,
        high,
        value=desk().model.cost_ratio,
        step=1,
        label=texts("credit.policy.ratio"),
        info=texts("credit.policy.ratio_info"),
        render=False,
    )


def verdict_card(chosen: Chosen) -> None:
    """The decision in one line of figures; it stands above every sub-tab."""
    card = gr.HTML(elem_classes="vt-chosen")

    def show(client_id: int, ratio: float) -> str:
        judged = desk().judge(client_id, ratio)
        return verdict(judged.score, judged.percentile, ratio, chosen.texts)

    chosen.refresh(show, [], [card])


def decision_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """Gauge on the left; on the right the cost ratio and what its cut-off would have done."""
    with gr.Row():
        with gr.Column(min_width=300):
            dial = gr.Plot(show_label=False, elem_classes="vt-plot")
        with gr.Column(min_width=320):
            chosen.ratio.render()
            table = gr.HTML()

    def show(client_id: int, ratio: float) -> tuple[Any, ...]:
        judged = desk().judge(client_id, ratio)
        return gauge(judged.score, chosen.texts), confusion(judged.cut_off, chosen.texts)

    chosen.refresh(show, [], [dial, table])
