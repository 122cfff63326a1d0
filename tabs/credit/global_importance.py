"""What matters over the whole portfolio."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.service import desk
from models.credit.wording import label
from models.display.credit import global_importance
from models.texts import Texts
from tabs.error_handling import guarded


def overall_tab(texts: Texts, tab: gr.Tab) -> None:
    """Mean absolute attribution, beeswarm, dependence; computed when the tab is first opened."""
    gr.Markdown(texts("credit.global.explain"))
    rows = texts.number(desk().metrics["importance"]["rows"])
    gr.Markdown(f"### {texts('credit.global.bars')}\n{texts('credit.global.bars_read', rows=rows)}")
    bars = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(f"### {texts('credit.global.beeswarm')}\n{texts('credit.global.beeswarm_read')}")
    swarm = gr.Plot(show_label=False, elem_classes=["vt-plot", "vt-tall"])
    gr.Markdown(f"### {texts('credit.global.dependence')}")
    features = sorted(
        ((label(name, texts), name) for name in desk().model.features), key=lambda item: item[0].casefold()
    )
    with gr.Row():
        feature = gr.Dropdown(choices=features, value=desk().model.features[0], label=texts("credit.compare.feature"))
        partner = gr.Dropdown(
            choices=[(texts("credit.global.automatic"), ""), *features], value="", label=texts("credit.global.partner")
        )
    cloud = gr.Plot(show_label=False, elem_classes="vt-plot")

    def show() -> tuple[Any, ...]:
        mean_absolute = desk().metrics["importance"]["mean_absolute"]
        return global_importance.bars(mean_absolute, texts), global_importance.beeswarm(desk().importance, texts)

    def show_dependence(feature: str, partner: str) -> Any:
        return global_importance.dependence(desk().importance.dependence(feature, partner), texts)

    tab.select(guarded(show, texts), None, [bars, swarm], api_visibility="private")
    gr.on(
        [tab.select, feature.change, partner.change],
        guarded(show_dependence, texts),
        [feature, partner],
        cloud,
        api_visibility="private",
        show_progress="hidden",
    )
