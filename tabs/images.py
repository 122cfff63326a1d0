"""The photo tab: an upload, the seven probabilities, and where the evidence lies."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display import photo_cards
from models.texts import Texts
from models.vision import photos, registry
from models.vision.predictions import CLASSES
from tabs.guard import guarded
from tabs.photo import Photo


def images_tab(texts: Texts, app: gr.Blocks) -> None:
    """Widgets and events of the photo tab."""
    standing = registry.available()
    gr.Markdown(texts("images.intro"))
    missing = gr.HTML()
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            photo = Photo(
                label=texts("images.photo"),
                sources=["upload", "clipboard", "webcam"],
                height=280,
                elem_id="photo",
            )
            model = gr.Radio(
                choices=[(texts(f"images.models.{name}"), name) for name in registry.built()],
                value=next(iter(standing), registry.built()[0]),
                label=texts("images.model"),
            )
            target = gr.Dropdown(
                choices=[(texts("images.target_predicted"), "")]
                + [(photo_cards.class_name(name, texts), name) for name in CLASSES],
                value="",
                label=texts("images.target"),
            )
            opacity = gr.Slider(0, 1, value=photos.OPACITY, step=0.05, label=texts("images.opacity"))
            run = gr.Button(texts("images.run"), variant="primary")
        with gr.Column(scale=3, min_width=320):
            verdict = gr.HTML(f'<p class="vt-note">{texts("images.empty")}</p>')
            slider = gr.ImageSlider(
                label=texts("images.slider"),
                interactive=False,
                type="pil",
                slider_position=50,
                max_height=420,
            )
            caption = gr.HTML()

    def show(path: str | None, model: str, target: str, opacity: float) -> tuple[Any, ...]:
        reading = photos.read_photo(path, model, target=target, opacity=opacity)
        return (
            photo_cards.probabilities(reading.explanation.prediction, texts),
            (reading.photo, reading.overlay),
            photo_cards.caption(reading.explanation, texts),
        )

    inputs = [photo, model, target, opacity]
    for event in (photo.upload, run.click):
        event(guarded(show, texts), inputs, [verdict, slider, caption], api_visibility="private")

    def faults() -> str:
        return photo_cards.notices([fault.say(texts) for fault in photos.faults()])

    app.load(guarded(faults, texts), None, missing, api_visibility="private")
