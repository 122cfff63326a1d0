"""How faithful the explanations are, by model and method."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display.results import faithfulness, reasoning_tables, tables
from models.texts import Texts
from models.vision.saliency import METHODS
from tabs.results.components import heading, sentences, table


def explanations_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """The maps, how to read their figures, the best method of each model; then the reasoning of ProtoViT."""
    measured = results.explanations()
    quick = [name for name, method in METHODS.items() if method.quick]
    heading(texts("results.explanations.title"), faithfulness.explanations(measured, texts, quick))
    gr.Markdown(texts("results.explanations.read"))
    if measured:
        table(tables.explanation_table(measured, texts))
    if same := faithfulness.same_maps(measured, texts):
        sentences(*same)
    if reasoning := results.reasoning():
        heading(texts("reasoning.title"), reasoning_tables.sentences(reasoning, texts))
        table(reasoning_tables.perturbation_table(reasoning, texts))
        table(reasoning_tables.stability_table(reasoning, texts))
    if stages := results.stages():
        heading(texts("reasoning.stages.title"))
        table(reasoning_tables.stage_table(stages, texts))
