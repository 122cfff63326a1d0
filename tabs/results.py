"""The results tab: what was measured, with the number of rows beside each figure."""

from __future__ import annotations

import gradio as gr

from models import results
from models.display.html import render
from models.display.result_tables import (
    class_table,
    credit_table,
    explanation_table,
    portfolio_table,
    vision_table,
)
from models.texts import Texts


def results_tab(texts: Texts) -> None:
    """The tables, made once from the shipped files."""
    gr.Markdown(texts("results.intro"))
    vision, credit = results.vision(), results.credit()
    if not vision and not credit:
        gr.Markdown(texts("results.none"))
    if vision:
        gr.Markdown(f"## {texts('results.vision.title')}")
        gr.HTML(vision_table(vision, texts).html())
        gr.HTML(render("caption", line=texts("results.vision.learnt"), meaning=""))
        gr.HTML(class_table(vision, texts).html())
    if explanations := results.explanations():
        gr.Markdown(f"## {texts('results.explanations.title')}\n{texts('results.explanations.read')}")
        gr.HTML(explanation_table(explanations, texts).html())
    if credit:
        gr.Markdown(f"## {texts('results.credit.title')}")
        gr.HTML(credit_table(credit, texts).html())
    if portfolio := results.portfolio():
        gr.Markdown(f"## {texts('results.portfolio.title')}")
        gr.HTML(portfolio_table(portfolio, texts).html())
