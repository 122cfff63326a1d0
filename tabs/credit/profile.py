"""The client's profile in plain words and units."""

from __future__ import annotations

import gradio as gr

from models.credit.facts import profile
from models.credit.service import credit_service
from models.display.credit import tables
from tabs.credit.selection import ClientSelection


def profile_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Facts of the person and of the loan."""
    card = gr.HTML()
    gr.Markdown(selection.texts("credit.profile.note"), elem_classes="vt-note")

    def show(client_id: int, ratio: float) -> str:
        return tables.profile(
            profile(credit_service().portfolio.application(client_id), selection.texts), selection.texts
        )

    selection.refresh(show, [], [card], opened=tab)
