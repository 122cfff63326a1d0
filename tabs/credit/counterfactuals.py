"""What would it take: the smallest changes to the loan's terms that flip the decision."""

from __future__ import annotations

import gradio as gr

from models.credit.service import credit_service
from models.display.credit.proposals import counterfactuals, what_is_assumed, what_is_offered
from tabs.credit.letter import letter_button
from tabs.credit.selection import ClientSelection


def counterfactuals_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Up to three proposals, each verified by rescoring, or why there is none."""
    texts = selection.texts
    explain = gr.Markdown()
    cards = gr.HTML(min_height=120)
    assumed = gr.Markdown(elem_classes="vt-note")
    letter_button(selection)

    def show(client_id: int, ratio: float) -> tuple[str, str, str]:
        answer = credit_service().counterfactual(client_id, ratio)
        return what_is_offered(answer, texts), counterfactuals(answer, texts), what_is_assumed(answer, texts)

    selection.refresh(show, [], [explain, cards, assumed], opened=tab)
