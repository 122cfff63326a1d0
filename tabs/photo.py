"""The upload widget for pictures."""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import ImageData


class Photo(gr.Image):
    """A ``gr.Image`` that hands over the path of the uploaded file, undecoded.

    Gradio's own preprocessing decodes the picture first, so that a damaged file or a bomb would fail there, without
    a sentence that a visitor understands. The model side verifies the file before it decodes it. (The constructor
    stays Gradio's: the page reads its options from that signature.)
    """

    def get_block_name(self) -> str:
        """Drawn by the page as any image."""
        return "image"

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path of the file in this session's cache, or None."""
        return payload.path if payload else None
