"""How far to trust the map: deletion, insertion and ROAD on the visitor's own photo, on demand."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.common.html import render
from models.display.photos import faithfulness
from models.texts import Texts
from models.vision import photos
from tabs.error_handling import guarded
from tabs.photos.held import Held
from tabs.photos.saliency import Shown


def trust(texts: Texts, photo: gr.State, shown: Shown) -> None:
    """A button, two curves, and what they mean in words."""
    with gr.Accordion(texts("images.trust.title"), open=False):
        gr.Markdown(texts("images.trust.explain"))
        measure = gr.Button(texts("images.trust.measure"))
        words = gr.HTML()
        chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    def show(held: Held | None, model: str, method: str, target: str, against: str) -> tuple[Any, ...]:
        explanation, measured = photos.assess(held and held.path, model, method, target, against)
        return (
            render("sentences", sentences=faithfulness.sentences(explanation, measured, texts)),
            gr.Plot(faithfulness.curves(explanation, measured, texts), visible=True),
        )

    measuring = measure.click(
        guarded(show, texts), [photo, *shown], [words, chart], api_visibility="private", trigger_mode="always_last"
    )
    # what was measured is true of that photo and that map alone
    gr.on(
        [photo.change, *(widget.change for widget in shown)],
        lambda: ("", gr.Plot(None, visible=False)),
        None,
        [words, chart],
        cancels=measuring,
        api_visibility="private",
        show_progress="hidden",
        queue=False,
    )
