"""How faithful the explanations are, by model and method."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display import result_sentences, result_tables
from models.texts import Texts
from tabs.results.parts import heading, table


def explanations_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """One table, how to read it, and the best method of each model."""
    measured = results.explanations()
    heading(texts("results.explanations.title"), result_sentences.explanations(measured, texts))
    gr.Markdown(texts("results.explanations.read"))
    if measured:
        table(result_tables.explanation_table(measured, texts))
