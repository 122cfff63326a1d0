"""This looks like that: the known pictures that ProtoViT found the photo like, and all those that it knows."""

from __future__ import annotations

from typing import NamedTuple

import gradio as gr

from models import results
from models.display.common.names import class_name
from models.display.photos import prediction_cards, prototype_cards
from models.errors import ModelUnavailable
from models.texts import Texts
from models.vision import prototype_explanation
from models.vision.predictions import CLASSES
from models.vision.prototype_explanation import PrototypeExplanation
from tabs.error_handling import handle_errors
from tabs.photos.uploaded_photo import UploadedPhoto

STATE_SECONDS = 1800  # how long a visitor's last comparison is kept in memory; after that it is made anew

# a button says which prototypes are left out from now on; the focus then goes to the button that undoes it, and where
# there is none to the answer. Whoever pointed stays where the page was
LEAVE_OUT = """
let next = null, pointed = false;
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-without]");
  if (!button) return;
  next = button.dataset.next;
  pointed = event.detail > 0;
  trigger("select", { without: JSON.parse(button.dataset.without) });
});
watch("value", () => {
  if (next === null) return;
  const found = [...element.querySelectorAll("[data-key]")].find((other) => other.dataset.key === next);
  (found ?? element.querySelector(".vt-answer"))?.focus({ preventScroll: pointed });
  next = null;
});
"""


class Compared(NamedTuple):
    """The comparison that is shown.

    Attributes:
        photo: that was compared.
        explanation: what was found.
    """

    photo: UploadedPhoto
    explanation: PrototypeExplanation


def prototypes_section(texts: Texts, photo: gr.State) -> None:
    """The reasoning for the photo at hand, and the prototypes class by class, which load when they are asked for."""
    gr.Markdown(f"## {texts('prototypes.title')}\n{texts('prototypes.intro')}")
    cases = gr.HTML(prototype_cards.empty(texts), elem_id="likeness", js_on_load=LEAVE_OUT)
    compared = gr.State(None, time_to_live=STATE_SECONDS)
    with gr.Accordion(texts("prototypes.browser.title"), open=False) as browser:
        gr.Markdown(texts("prototypes.browser.explain"))
        label = gr.Radio(
            choices=[(class_name(name, texts), name) for name in CLASSES],
            value=CLASSES[0],
            label=texts("prototypes.browser.class"),
        )
        cards = gr.HTML(elem_id="prototypes")

    def shown(uploaded: UploadedPhoto, explanation: PrototypeExplanation) -> tuple[Compared, str]:
        return Compared(uploaded, explanation), prototype_cards.reasoning(explanation, texts, results.reasoning())

    def show(uploaded: UploadedPhoto | None) -> tuple[Compared | None, str]:
        if uploaded is None:
            return None, prototype_cards.empty(texts)
        try:
            explanation = prototype_explanation.explain_by_prototypes(uploaded.path)
        except ModelUnavailable as error:  # said here, and not once more over the page
            return None, prediction_cards.notices([error.message(texts)])
        return shown(uploaded, explanation)

    def leave_out(
        uploaded: UploadedPhoto | None, last: Compared | None, event: gr.EventData
    ) -> tuple[Compared | None, str]:
        if uploaded is None:
            return None, prototype_cards.empty(texts)
        if last is not None and last.photo == uploaded:
            explanation = last.explanation
        else:  # it was kept too long ago, or another photo has come meanwhile
            explanation = prototype_explanation.explain_by_prototypes(uploaded.path)
        asked = event._data.get("without") if isinstance(event._data, dict) else None  # whatever the browser sent
        return shown(uploaded, prototype_explanation.leave_out(explanation, asked))

    def browse(label: str) -> str:
        return prototype_cards.browser(prototype_explanation.prototypes_of(label), texts)

    photo.change(
        handle_errors(show, texts), photo, [compared, cases], api_visibility="private", show_progress="minimal"
    )
    cases.select(
        handle_errors(leave_out, texts),
        [photo, compared],
        [compared, cases],
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="multiple",
    )
    gr.on(
        [browser.expand, label.input],
        handle_errors(browse, texts),
        label,
        cards,
        api_visibility="private",
        show_progress="minimal",
        trigger_mode="always_last",
    )
