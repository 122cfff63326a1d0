"""Where the evidence lies: model, method, class and opacity; photo and overlay in a slider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import gradio as gr

from models.display.photos import prediction_cards
from models.texts import Texts
from models.vision import photos, registry
from models.vision.predictions import CLASSES
from tabs.error_handling import guarded
from tabs.uploads import Photo

STATE_SECONDS = 1800  # how long a visitor's last map is kept in memory


class Shown(NamedTuple):
    """The widgets that say which map is shown."""

    model: gr.Radio
    method: gr.Dropdown
    target: gr.Dropdown


def evidence(texts: Texts, photo: Photo) -> Shown:
    """Widgets and events of the map."""
    names = registry.available() or registry.built()
    gr.Markdown(f"## {texts('images.evidence')}")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            model = gr.Radio(
                choices=[(texts(f"images.models.{name}"), name) for name in registry.built()],
                value=names[0],
                label=texts("images.model"),
            )
            offered = method_choices(names[0], texts)
            method = gr.Dropdown(choices=offered, value=offered[0][1], label=texts("images.method"))
            classes = [(prediction_cards.class_name(name, texts), name) for name in CLASSES]
            target = gr.Dropdown(
                choices=[(texts("images.target_predicted"), ""), *classes], value="", label=texts("images.target")
            )
            against = gr.Dropdown(
                choices=[(texts("images.against_none"), ""), *classes],
                value="",
                label=texts("images.against"),
                info=texts("images.against_info"),
            )
            opacity = gr.Slider(0, 1, value=photos.OPACITY, step=0.05, label=texts("images.opacity"))
            stop = gr.Button(texts("images.stop"), variant="stop", visible=False)
        with gr.Column(scale=3, min_width=320):
            slider = gr.ImageSlider(
                label=texts("images.slider"),
                interactive=False,
                type="pil",
                slider_position=50,
                max_height=440,
                elem_id="overlay",
            )
            caption = gr.HTML()
    drawn = gr.State(None, time_to_live=STATE_SECONDS)

    def show(
        path: str | None, model: str, method: str, target: str, against: str, opacity: float
    ) -> Iterator[tuple[Any, ...]]:
        if path is None:
            yield None, "", None, gr.Button(visible=False)
            return
        for share, reading in photos.read_steps(path, model, method, target, against, opacity):
            explanation = reading.explanation
            yield (
                (reading.photo, reading.overlay),
                prediction_cards.caption(explanation, texts, share),
                explanation.saliency,
                gr.Button(visible=share < 1),
            )

    def relay(path: str | None, saliency: Any, opacity: float) -> Any:
        return gr.skip() if path is None or saliency is None else photos.relay(path, saliency, opacity)

    inputs, outputs = [photo, model, method, target, against, opacity], [slider, caption, drawn, stop]
    drawing = gr.on(
        [photo.change, method.select, target.change, against.change],
        guarded(show, texts),
        inputs,
        outputs,
        api_visibility="private",
        trigger_mode="always_last",
    )

    def offer(model: str) -> gr.Dropdown:
        offered = method_choices(model, texts)
        return gr.Dropdown(choices=offered, value=offered[0][1])

    # a model comes with its own methods, and the usual one chosen: drawn once, after that is set
    chosen = model.input(guarded(offer, texts), model, method, api_visibility="private", show_progress="hidden")
    redrawing = chosen.then(guarded(show, texts), inputs, outputs, api_visibility="private")
    stop.click(
        lambda: gr.Button(visible=False),
        None,
        stop,
        cancels=[drawing, redrawing],
        api_visibility="private",
        queue=False,
    )
    opacity.input(
        guarded(relay, texts), [photo, drawn, opacity], slider, api_visibility="private", trigger_mode="always_last"
    )
    return Shown(model, method, target)


def method_choices(model: str, texts: Texts) -> list[tuple[str, str]]:
    """The methods that explain a model, its usual one first, named in the reader's language."""
    return [(texts(f"images.methods.{name}"), name) for name in photos.methods(model)]
