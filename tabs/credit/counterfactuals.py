"""What would it take: the smallest changes to the loan's terms that flip the decision."""

from __future__ import annotations

import gradio as gr

from models.credit.loan import USUAL_RATE
from models.credit.service import credit_service
from models.display.credit.proposals import counterfactuals
from tabs.credit.letter import letter_button
from tabs.credit.selection import ClientSelection


def counterfactuals_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Up to three proposals, each verified by rescoring, or why there is none."""
    texts = selection.texts
    gr.Markdown(texts("credit.counterfactual.explain"))
    cards = gr.HTML(min_height=120)
    gr.Markdown(texts("credit.counterfactual.assumed", rate=texts.percent(USUAL_RATE, 0)), elem_classes="vt-note")
    letter_button(selection)

    def show(client_id: int, ratio: float) -> str:
        return counterfactuals(credit_service().counterfactual(client_id, ratio), texts)

    selection.refresh(show, [], [cards], opened=tab)
