"""The client's profile in plain words and units."""

from __future__ import annotations

import gradio as gr

from models.credit.facts import profile
from models.credit.service import desk
from models.display.credit import tables
from tabs.credit.selection import Chosen


def profile_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """Facts of the person and of the loan."""
    card = gr.HTML()
    gr.Markdown(chosen.texts("credit.profile.note"), elem_classes="vt-note")

    def show(client_id: int, ratio: float) -> str:
        return tables.profile(profile(desk().portfolio.application(client_id), chosen.texts), chosen.texts)

    chosen.refresh(show, [], [card], opened=tab)
