"""What matters over the whole portfolio."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.service import credit_service
from models.credit.wording import label
from models.display.credit import global_importance
from models.texts import Texts
from tabs.error_handling import handle_errors


def global_importance_tab(texts: Texts, tab: gr.Tab) -> None:
    """Mean absolute attribution, beeswarm, dependence; computed when the tab is first opened."""
    gr.Markdown(texts("credit.global.explain"))
    rows = texts.number(credit_service().metrics["importance"]["rows"])
    gr.Markdown(f"### {texts('credit.global.bars')}\n{texts('credit.global.bars_read', rows=rows)}")
    bars = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(f"### {texts('credit.global.beeswarm')}\n{texts('credit.global.beeswarm_read')}")
    swarm = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(f"### {texts('credit.global.dependence')}")
    features = sorted(
        ((label(name, texts), name) for name in credit_service().model.features), key=lambda item: item[0].casefold()
    )
    with gr.Row():
        feature = gr.Dropdown(
            choices=features, value=credit_service().model.features[0], label=texts("credit.compare.feature")
        )
        partner = gr.Dropdown(
            choices=[(texts("credit.global.automatic"), ""), *features], value="", label=texts("credit.global.partner")
        )
    cloud = gr.Plot(show_label=False, elem_classes="vt-plot")

    def show() -> tuple[Any, ...]:
        mean_absolute = credit_service().metrics["importance"]["mean_absolute"]
        return global_importance.bars(mean_absolute, texts), global_importance.beeswarm(
            credit_service().importance, texts
        )

    def show_dependence(feature: str, partner: str) -> Any:
        return global_importance.dependence(credit_service().importance.dependence(feature, partner), texts)

    tab.select(handle_errors(show, texts), None, [bars, swarm], api_visibility="private", trigger_mode="always_last")
    gr.on(
        [tab.select, feature.change, partner.change],
        handle_errors(show_dependence, texts),
        [feature, partner],
        cloud,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
