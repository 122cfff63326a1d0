"""The method note: data, leak, models, training, metrics, limits, ethics and sources, with its equations."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.pages.method import sections
from models.texts import Texts
from tabs.results.components import chart, table

LATEX: list[dict[str, Any]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]


def method_tab(texts: Texts) -> None:
    """The note, section by section, made once from the shipped files."""
    gr.Markdown(texts("method.intro"))
    for section in sections(texts):
        gr.Markdown(f"## {section.title}\n{section.text}", latex_delimiters=LATEX, elem_classes="vt-method")
        if section.figure is not None:
            chart(section.figure)
        if section.table is not None:
            table(section.table)
