"""What would it take: the smallest changes to the loan's terms that flip the decision."""

from __future__ import annotations

import gradio as gr

from models.credit.service import desk
from models.display.credit.tables import counterfactuals
from tabs.credit.selection import Chosen


def ways_tab(chosen: Chosen, tab: gr.Tab) -> None:
    """Up to three ways, each verified by rescoring."""
    gr.Markdown(chosen.texts("credit.counterfactual.explain"))
    ways = gr.HTML(min_height=120)

    def show(client_id: int, ratio: float) -> str:
        answer = desk().counterfactual(client_id, ratio)
        return counterfactuals(answer, desk().portfolio.application(client_id), chosen.texts)

    chosen.refresh(show, [], [ways], opened=tab)
