"""The results tab: what was measured, and what of it means something. Charts are drawn once, as the page is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from models import results
from models.display.common.html import render
from models.display.common.names import model_name
from models.texts import Texts
from tabs.results.certainty import certainty_tab
from tabs.results.classes import classes_tab
from tabs.results.costs import costs_tab
from tabs.results.credit import credit_tab
from tabs.results.explanations import explanations_tab
from tabs.results.failures import failures_tab
from tabs.results.model_comparison import comparison_tab
from tabs.results.protocols import protocols_tab

# by name: how it is built, and the part of results.json that it cannot do without
SUB_TABS: dict[str, tuple[Callable[[list[dict[str, Any]], dict[str, Any], Texts], None], str]] = {
    "comparison": (comparison_tab, ""),
    "classes": (classes_tab, ""),
    "certainty": (certainty_tab, ""),
    "costs": (costs_tab, ""),
    "protocols": (protocols_tab, "cross_validation"),
    "failures": (failures_tab, "failures"),
    "explanations": (explanations_tab, ""),
}


def results_tab(texts: Texts) -> None:
    """A sub-tab a question; those whose figures are missing are left out."""
    gr.Markdown(texts("results.intro"))
    rows, evaluation = results.vision(), results.evaluation()
    if evaluation and (changed := results.changed_since()):
        names = ", ".join(model_name(name, texts) for name in changed)
        gr.HTML(render("notices", sentences=[texts("results.changed", models=names)]))
    if not rows:
        gr.Markdown(texts("results.none"))
    with gr.Tabs():
        for name, (build, needed) in SUB_TABS.items():
            if rows and (not needed or needed in evaluation):
                with gr.Tab(texts(f"results.tab.{name}"), id=name):
                    build(rows, evaluation, texts)
        with gr.Tab(texts("results.tab.credit"), id="credit"):
            credit_tab(texts)
