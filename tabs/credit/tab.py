"""The credit tab: a client is chosen once, and every sub-tab speaks of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from models.credit.service import credit_service
from models.display.common.html import render
from models.errors import ModelUnavailable
from models.texts import Texts
from tabs import links
from tabs.credit.audit import audit_tab
from tabs.credit.comparison import comparison_tab
from tabs.credit.counterfactuals import counterfactuals_tab
from tabs.credit.decision import decision_tab, ratio_slider, verdict_card
from tabs.credit.finder import client_finder
from tabs.credit.global_importance import global_importance_tab
from tabs.credit.new_application import new_application_tab
from tabs.credit.profile import profile_tab
from tabs.credit.selection import ClientSelection
from tabs.credit.whatif import whatif_tab
from tabs.credit.why import why_tab
from tabs.error_handling import handle_errors

SUB_TABS: dict[str, Callable[[ClientSelection, gr.Tab], None]] = {
    "decision": decision_tab,
    "why": why_tab,
    "profile": profile_tab,
    "compare": comparison_tab,
    "whatif": whatif_tab,
    "ways": counterfactuals_tab,
    "new": lambda selection, tab: new_application_tab(selection),
    "global": lambda selection, tab: global_importance_tab(selection.texts, tab),
    "audit": audit_tab,
}


def credit_tab(texts: Texts, app: gr.Blocks) -> None:
    """Finder and verdict, then the sub-tabs; where the model is missing, what brings it back."""
    gr.Markdown(texts("credit.intro"))
    try:
        credit_service()
    except ModelUnavailable as error:
        gr.HTML(render("notices", sentences=[error.message(texts)]))
        return
    slider, ratio = ratio_slider(texts)
    selection = ClientSelection(app, texts, client_finder(texts, ratio), slider, ratio)
    links.follow(selection.client, "client")  # first: the page tells its listeners one after the other
    links.follow(ratio, "ratio")
    verdict_card(selection)
    with gr.Tabs() as views:
        for name, build in SUB_TABS.items():
            with links.linked_tab(texts(f"credit.tab.{name}"), "view", name) as tab:
                build(selection, tab)

    def open_client(request: gr.Request) -> int:
        return credit_service().find(links.query_parameter(request, "client"))

    def open_ratio(request: gr.Request) -> float:
        return credit_service().policy.read(links.query_parameter(request, "ratio")).cost_ratio

    # each by itself: a link to an unknown client still opens its view
    links.open_tab(app, views, "view", SUB_TABS)
    for name, opened, widget in (("client", open_client, selection.client), ("ratio", open_ratio, slider)):
        # a refusal is said in a toast: Gradio would also cover the widget with the word "Error", and leave it there
        options: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        links.followed(app, name).change(handle_errors(opened, texts), None, widget, **options)
