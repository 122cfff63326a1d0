"""What would it take: the smallest changes to the loan's terms that flip the decision."""

from __future__ import annotations

import gradio as gr

from models.credit.service import credit_service
from models.display.credit.tables import counterfactuals
from tabs.credit.selection import ClientSelection


def counterfactuals_tab(selection: ClientSelection, tab: gr.Tab) -> None:
    """Up to three ways, each verified by rescoring."""
    gr.Markdown(selection.texts("credit.counterfactual.explain"))
    cards = gr.HTML(min_height=120)

    def show(client_id: int, ratio: float) -> str:
        answer = credit_service().counterfactual(client_id, ratio)
        return counterfactuals(answer, credit_service().portfolio.application(client_id), selection.texts)

    selection.refresh(show, [], [cards], opened=tab)
