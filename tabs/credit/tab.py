"""The credit tab: a client is chosen once, and every sub-tab speaks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from models.credit.service import desk
from models.display.common.html import render
from models.errors import ModelUnavailable
from models.texts import Texts
from tabs import links
from tabs.credit.audit import audit_tab
from tabs.credit.comparison import comparison_tab
from tabs.credit.counterfactuals import ways_tab
from tabs.credit.decision import decision_tab, ratio_slider, verdict_card
from tabs.credit.finder import finder
from tabs.credit.global_importance import overall_tab
from tabs.credit.new_application import newcomer_tab
from tabs.credit.profile import profile_tab
from tabs.credit.selection import Chosen
from tabs.credit.whatif import whatif_tab
from tabs.credit.why import why_tab
from tabs.error_handling import guarded

SUB_TABS: dict[str, Callable[[Chosen, gr.Tab], None]] = {
    "decision": decision_tab,
    "why": why_tab,
    "profile": profile_tab,
    "compare": comparison_tab,
    "whatif": whatif_tab,
    "ways": ways_tab,
    "new": lambda chosen, tab: newcomer_tab(chosen),
    "global": lambda chosen, tab: overall_tab(chosen.texts, tab),
    "audit": audit_tab,
}


def credit_tab(texts: Texts, app: gr.Blocks) -> None:
    """Finder and verdict, then the sub-tabs; where the model is missing, what brings it back."""
    gr.Markdown(texts("credit.intro"))
    try:
        desk()
    except ModelUnavailable as error:
        gr.HTML(render("notices", sentences=[error.say(texts)]))
        return
    ratio = ratio_slider(texts)
    chosen = Chosen(app, texts, finder(texts, ratio), ratio)
    verdict_card(chosen)
    with gr.Tabs() as views:
        for name, build in SUB_TABS.items():
            with links.linked_tab(texts(f"credit.tab.{name}"), "view", name) as tab:
                build(chosen, tab)

    def open_link(request: gr.Request) -> tuple[Any, Any]:
        view, client = links.asked(request, "view"), links.asked(request, "client")
        return (
            gr.Tabs(selected=view) if view in SUB_TABS else gr.skip(),
            desk().find(client) if client else gr.skip(),
        )

    links.told_by(chosen.client, "client")
    app.load(guarded(open_link, texts), None, [views, chosen.client], api_visibility="private")
