"""The accessibility statement: what is done, how it is tested, what remains."""

from __future__ import annotations

import gradio as gr

from models.display.pages.accessibility import statement
from models.texts import Texts


def accessibility_tab(texts: Texts) -> None:
    """One page of text and one table."""
    gr.HTML(statement(texts))
