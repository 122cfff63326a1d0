"""How far to trust the map: deletion, insertion and ROAD on the visitor's own photo, on demand."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.common.html import render
from models.display.photos import faithfulness
from models.texts import Texts
from models.vision import photos
from tabs.error_handling import guarded
from tabs.photos.saliency import Shown
from tabs.uploads import Photo


def trust(texts: Texts, photo: Photo, shown: Shown) -> None:
    """A button, two curves, and what they mean in words."""
    with gr.Accordion(texts("images.trust.title"), open=False):
        gr.Markdown(texts("images.trust.explain"))
        measure = gr.Button(texts("images.trust.measure"))
        words = gr.HTML()
        chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    def show(path: str | None, model: str, method: str, target: str) -> tuple[Any, ...]:
        explanation, measured = photos.assess(path, model, method, target)
        return (
            render("sentences", sentences=faithfulness.sentences(explanation, measured, texts)),
            gr.Plot(faithfulness.curves(measured, texts), visible=True),
        )

    measure.click(
        guarded(show, texts), [photo, shown.model, shown.method, shown.target], [words, chart], api_visibility="private"
    )
