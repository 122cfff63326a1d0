"""How far to trust the map: deletion, insertion and ROAD on the visitor's own photo, on demand."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.common.html import render
from models.display.photos import faithfulness
from models.texts import Texts
from models.vision import photos
from tabs.error_handling import handle_errors
from tabs.photos.saliency import Drawn, SaliencySection
from tabs.photos.uploaded_photo import UploadedPhoto
from tabs.turn import Turn


def faithfulness_section(texts: Texts, photo: gr.State, section: SaliencySection) -> None:
    """Measures the map when it is asked to: a button, two curves, and what they mean in words."""
    widgets = section.widgets
    with gr.Accordion(texts("images.trust.title"), open=False):
        gr.Markdown(texts("images.trust.explain"))
        measure = gr.Button(texts("images.trust.measure"))
        words = gr.HTML()
        chart = gr.Plot(show_label=False, elem_classes="vt-plot", visible=False)

    turn = gr.State(Turn())  # counts the maps, each of which is measured by itself
    asked = gr.Number(0, precision=0, visible=False)  # the map that the page shows when it asks

    def nothing() -> tuple[Any, ...]:
        return "", gr.Plot(None, visible=False)

    def show(
        turn: Turn,
        asked: int,
        drawn: Drawn | None,
        uploaded: UploadedPhoto | None,
        model: str,
        method: str,
        target: str,
        contrast_class: str,
    ) -> tuple[Any, ...]:
        # the very map that is shown, also where it was stopped; of one that still sharpens, what it will be
        shown = drawn.explanation if drawn and drawn.stays and drawn.photo == uploaded else None
        path = uploaded and uploaded.path
        explanation, measured = photos.assess(path, model, method, target, contrast_class, shown)
        if turn.number != asked:  # what was measured is true of that photo and that map alone
            return nothing()
        return (
            render("sentences", sentences=faithfulness.sentences(explanation, measured, texts)),
            gr.Plot(faithfulness.curves(explanation, measured, texts), visible=True),
        )

    def another_map(turn: Turn) -> tuple[Any, ...]:
        return turn, turn.next().number, *nothing()

    measure.click(
        handle_errors(show, texts),
        [turn, asked, section.drawn, photo, *widgets],
        [words, chart],
        api_visibility="private",
        trigger_mode="always_last",
    )
    gr.on(
        [photo.change, *(widget.change for widget in widgets)],
        another_map,
        turn,
        [turn, asked, words, chart],
        api_visibility="private",
        show_progress="hidden",
        queue=False,
    )
