"""Every model's verdict on the photo, each shown as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr

from models.display.photos import prediction_cards
from models.texts import Texts
from models.vision import photos
from tabs.error_handling import guarded
from tabs.photos.held import Held


def verdicts(texts: Texts, photo: gr.State) -> None:
    """The cards side by side, and whether the models agree."""
    cards = gr.HTML(prediction_cards.empty(texts), min_height=260)

    def show(held: Held | None) -> Iterator[str]:
        if held is None:
            yield prediction_cards.empty(texts)
            return
        for answers in photos.verdicts(held.path):
            yield prediction_cards.verdicts(answers, texts)

    photo.change(guarded(show, texts), photo, cards, api_visibility="private", show_progress="minimal")
