"""This looks like that: the known pictures that ProtoViT found the photo like, and all those that it knows."""

from __future__ import annotations

import gradio as gr

from models.display.photos import prediction_cards, prototype_cards
from models.errors import ModelUnavailable
from models.texts import Texts
from models.vision import prototype_explanation
from models.vision.predictions import CLASSES
from tabs.error_handling import guarded
from tabs.photos.held import Held


def prototypes(texts: Texts, photo: gr.State) -> None:
    """The reasoning for the photo at hand, and the prototypes class by class, which load when they are asked for."""
    gr.Markdown(f"## {texts('prototypes.title')}\n{texts('prototypes.intro')}")
    cases = gr.HTML(prototype_cards.empty(texts), elem_id="likeness")
    with gr.Accordion(texts("prototypes.browser.title"), open=False) as browser:
        gr.Markdown(texts("prototypes.browser.explain"))
        label = gr.Radio(
            choices=[(prediction_cards.class_name(name, texts), name) for name in CLASSES],
            value=CLASSES[0],
            label=texts("prototypes.browser.class"),
        )
        cards = gr.HTML(elem_id="prototypes")

    def show(held: Held | None) -> str:
        if held is None:
            return prototype_cards.empty(texts)
        try:
            return prototype_cards.reasoning(prototype_explanation.read_likeness(held.path), texts)
        except ModelUnavailable as error:  # said here, and not once more over the page
            return prediction_cards.notices([error.say(texts)])

    def browse(label: str) -> str:
        return prototype_cards.browser(prototype_explanation.prototypes_of(label), texts)

    photo.change(guarded(show, texts), photo, cases, api_visibility="private", show_progress="minimal")
    gr.on(
        [browser.expand, label.input],
        guarded(browse, texts),
        label,
        cards,
        api_visibility="private",
        show_progress="minimal",
    )
