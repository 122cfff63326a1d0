"""Where the evidence lies: model, method, class and opacity; photo and overlay in a slider."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple

import gradio as gr

from models.display.common.names import class_name
from models.display.photos import prediction_cards
from models.errors import VitrineError
from models.texts import Texts
from models.vision import photos, registry
from models.vision.overlay import OPACITY
from models.vision.predictions import CLASSES, Explanation
from tabs.downloads import PictureSlider
from tabs.error_handling import handle_errors
from tabs.photos.uploaded_photo import UploadedPhoto
from tabs.turn import Turn, take_turn

STATE_SECONDS = 1800  # how long a visitor's last map is kept in memory
REDRAWN = 0.5  # seconds between two pictures of a map that takes long


class Drawn(NamedTuple):
    """The map that is shown.

    Attributes:
        photo: that it was drawn for.
        explanation: the map.
        share: of the work that is done, 0..1.
        stays: whether it will not sharpen any more.
    """

    photo: UploadedPhoto
    explanation: Explanation
    share: float
    stays: bool


class SaliencySection(NamedTuple):
    """What other sections need of this one.

    Attributes:
        widgets: that say which map is shown.
        drawn: holds it, as :class:`Drawn`; None where there is none.
        redraw: draws it anew on an event, given as the method that listens: ``redraw(button.click)``.
    """

    widgets: SaliencyWidgets
    drawn: gr.State
    redraw: Callable[[Callable[..., Any]], Any]


class SaliencyWidgets(NamedTuple):
    """The widgets that say which map is shown."""

    model: gr.Radio
    method: gr.Dropdown
    target: gr.Dropdown
    contrast_class: gr.Dropdown


def saliency_section(texts: Texts, photo: gr.State) -> SaliencySection:
    """The saliency map of a photo: the widgets that choose it, and the events that draw it."""
    gr.Markdown(f"## {texts('images.evidence')}")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            widgets = _choices(texts)
            opacity = gr.Slider(0, 1, value=OPACITY, step=0.05, label=texts("images.opacity"))
            stop = gr.Button(texts("images.stop"), variant="stop", visible=False)
        with gr.Column(scale=3, min_width=320):
            slider = PictureSlider(
                label=texts("images.slider"),
                interactive=False,
                type="pil",
                format="jpeg",  # twenty times as fast as WebP, and a map that sharpens is sent many times
                slider_position=50,
                max_height=440,
                elem_id="overlay",
            )
            caption = gr.HTML()
    drawn = gr.State(None, time_to_live=STATE_SECONDS)

    def show(
        turn: Turn, uploaded: UploadedPhoto | None, model: str, method: str, target: str, contrast: str, opacity: float
    ) -> Iterator[tuple[Any, ...]]:
        nothing = None, "", None, gr.Button(visible=False)
        if uploaded is None:
            yield nothing
            return
        mine, last = turn.begin(), -math.inf
        try:
            with closing(photos.explain_photo_steps(uploaded.path, model, method, target, contrast, opacity)) as steps:
                for share, reading in steps:
                    if turn.number != mine:
                        yield (gr.skip(),) * 4  # Gradio says the last word of a stream twice
                        return
                    if share < 1 and time.monotonic() - last < REDRAWN:  # nobody sees more
                        continue
                    last = time.monotonic()
                    yield (
                        reading.on_screen(),
                        prediction_cards.caption(reading.explanation, texts, share),
                        Drawn(uploaded, reading.explanation, share, share == 1),
                        gr.Button(visible=share < 1),
                    )
        except VitrineError:  # what stands there is not what was asked for, and may be half drawn
            if turn.number == mine:
                yield nothing
            raise

    def stopped(uploaded: UploadedPhoto | None, drawn: Drawn | None) -> tuple[Any, ...]:
        """What is drawn so far stays; how far that is stands in the bar's place."""
        if drawn is None or drawn.photo != uploaded:
            return gr.skip(), gr.skip(), gr.Button(visible=False)
        caption = prediction_cards.caption(drawn.explanation, texts, drawn.share, stopped=True)
        return caption, drawn._replace(stays=True), gr.Button(visible=False)

    # a new map takes the place of one that is still being drawn: half a minute of it would stand beside another photo
    turn = gr.State(Turn())
    draw: dict[str, Any] = {
        "fn": handle_errors(show, texts),
        "inputs": [turn, photo, *widgets, opacity],
        "outputs": [slider, caption, drawn, stop],
        "api_visibility": "private",
        "trigger_mode": "multiple",
    }

    def redraw(listener: Callable[..., Any]) -> Any:
        return take_turn(listener, turn).then(**draw)

    redraw(partial(gr.on, [photo.change, widgets.method.select, widgets.target.change, widgets.contrast_class.change]))

    _follow_model(widgets, redraw, texts)
    take_turn(stop.click, turn).then(
        handle_errors(stopped, texts),
        [photo, drawn],
        [caption, drawn, stop],
        api_visibility="private",
        show_progress="hidden",
        queue=False,
    )
    _follow_opacity(opacity, photo, drawn, slider, texts)
    return SaliencySection(widgets, drawn, redraw)


def _follow_model(widgets: SaliencyWidgets, redraw: Callable[[Callable[..., Any]], Any], texts: Texts) -> None:
    """A model comes with its own methods, the usual one chosen; its map is drawn once, after that is set."""

    def offer(model: str) -> gr.Dropdown:
        offered = method_choices(model, texts)
        return gr.Dropdown(choices=offered, value=offered[0][1])

    chosen = widgets.model.input(
        handle_errors(offer, texts),
        widgets.model,
        widgets.method,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    redraw(chosen.then)


def _follow_opacity(opacity: gr.Slider, photo: gr.State, drawn: gr.State, slider: gr.ImageSlider, texts: Texts) -> None:
    """The map that was drawn last is laid over the photo anew, more or less opaque."""

    def recompose_overlay(uploaded: UploadedPhoto | None, drawn: Drawn | None, opacity: float) -> Any:
        if uploaded is None or drawn is None or drawn.photo != uploaded:
            return gr.skip()
        return photos.recompose_overlay(uploaded.path, drawn.explanation.saliency, opacity)

    opacity.input(
        handle_errors(recompose_overlay, texts),
        [photo, drawn, opacity],
        slider,
        api_visibility="private",
        trigger_mode="always_last",
    )


def _choices(texts: Texts) -> SaliencyWidgets:
    """Model, method, class to explain and class to weigh it against."""
    names = registry.available() or registry.MODELS
    model = gr.Radio(
        choices=[(texts(f"images.models.{name}"), name) for name in registry.MODELS],
        value=names[0],
        label=texts("images.model"),
    )
    offered = method_choices(names[0], texts)
    method = gr.Dropdown(choices=offered, value=offered[0][1], label=texts("images.method"))
    classes = [(class_name(name, texts), name) for name in CLASSES]
    target = gr.Dropdown(
        choices=[(texts("images.target_predicted"), ""), *classes], value="", label=texts("images.target")
    )
    contrast_class = gr.Dropdown(
        choices=[(texts("images.against_none"), ""), *classes],
        value="",
        label=texts("images.against"),
        info=texts("images.against_info"),
    )
    return SaliencyWidgets(model, method, target, contrast_class)


def method_choices(model: str, texts: Texts) -> list[tuple[str, str]]:
    """The methods that explain a model, the quick one of the highest ROAD first, named in the reader's language; the
    one that was published with the model says so.
    """
    published = photos.published_method(model)
    return [
        (texts("images.published", method=named) if name == published else named, name)
        for name in photos.methods(model)
        for named in [texts(f"images.methods.{name}")]
    ]
