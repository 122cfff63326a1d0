"""Every model's answer to the photo and where it found it, each shown as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from models.display.photos import glance_cards, prediction_cards
from models.errors import ModelUnavailable
from models.texts import Texts
from models.vision import registry
from models.vision.glance import Glance, at_a_glance
from models.vision.inference_executor import AT_ONCE
from tabs.error_handling import handle_errors
from tabs.photos.uploaded_photo import UploadedPhoto
from tabs.turn import Turn

# a card's button opens the detail of its model
OPEN = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-model]");
  if (button) trigger("select", { model: button.dataset.model });
});
"""


@dataclass
class Looked(Turn):
    """Counts the photos that were looked at, and knows the last.

    Attributes:
        photo: whose answers are shown, or on their way.
    """

    photo: UploadedPhoto | None = None


def glance_section(texts: Texts, photo: gr.State, tab: gr.Tab) -> gr.HTML:
    """The cards side by side, and whether the models agree; a card's button is its ``select`` event."""
    cards = gr.HTML(glance_cards.cards((), texts), min_height=260, elem_id="glance", js_on_load=OPEN)

    looked = gr.State(Looked())

    def show(looked: Looked, uploaded: UploadedPhoto | None) -> Iterator[Any]:
        if uploaded is not None and uploaded == looked.photo:  # Gradio may say twice that it has come
            yield gr.skip()
            return
        mine, looked.photo = looked.begin(), uploaded
        answers: tuple[Glance, ...] = ()
        try:
            for answers in at_a_glance(uploaded.path) if uploaded else ():
                if looked.number != mine:  # the next photo is here, and may be answered first
                    yield gr.skip()  # Gradio says the last word of a stream twice
                    return
                yield glance_cards.cards(answers, texts)
            if uploaded is None:
                yield prediction_cards.empty(texts)
        except ModelUnavailable:
            yield glance_cards.cards((), texts)  # no card waits any more: each says what is wrong
            raise
        finally:
            if looked.number == mine and len(answers) < len(registry.available()):
                looked.photo = None  # what broke off, or a model that is repaired by then, is asked again

    # visitors who are there together share the networks' passes
    options: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": AT_ONCE}
    gr.on([photo.change, tab.select], handle_errors(show, texts), [looked, photo], cards, **options)
    return cards
