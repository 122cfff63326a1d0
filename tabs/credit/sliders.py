"""A slider that hands over whatever was typed beside it, and that can stand for an unknown value."""

from __future__ import annotations

import gradio as gr


class OpenSlider(gr.Slider):
    """A ``gr.Slider`` that leaves the refusal of a value to the model side, which says it in the reader's language."""

    def get_block_name(self) -> str:
        """The page draws it as Gradio's own slider component."""
        return "slider"

    def preprocess(self, payload: float | None) -> float | None:  # type: ignore[override]
        """What was typed or slid; None for an empty field."""
        return payload

    def postprocess(self, value: float | None) -> float | None:  # type: ignore[override]
        """The value; None leaves the field empty, where Gradio would show the lowest value as if it were known."""
        return None if value is None else super().postprocess(value)
