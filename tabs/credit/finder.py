"""Finding a client: by number, by decision, at random within a probability band, or one of a few telling ones."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.credit.portfolio import SELECTIONS
from models.credit.service import desk
from models.texts import Texts
from tabs.error_handling import guarded


def finder(texts: Texts) -> gr.Dropdown:
    """The row of widgets that choose the client; returns the one that holds the number."""
    telling = desk().telling()
    with gr.Row(elem_classes="vt-examples"):
        gr.Markdown(texts("credit.finder.begin"), elem_classes="vt-lead")
        buttons = [gr.Button(texts(f"credit.finder.telling.{example.key}"), size="sm") for example in telling]
    with gr.Row(equal_height=True):
        with gr.Column(scale=3, min_width=300):
            selection = gr.Radio(
                choices=[(texts(f"credit.finder.{name}"), name) for name in SELECTIONS],
                value="all",
                label=texts("credit.finder.selection"),
            )
        with gr.Column(scale=2, min_width=200):
            client = gr.Dropdown(
                choices=desk().ids("all"),
                value=telling[0].client_id,
                label=texts("credit.finder.client"),
                elem_id="client",
            )
        with gr.Column(scale=2, min_width=200):
            band = gr.Dropdown(
                choices=[(texts("credit.finder.choose"), -1)]
                + [(band.say(texts), place) for place, band in enumerate(desk().bands())],
                value=-1,
                label=texts("credit.finder.band"),
            )
    for button, example in zip(buttons, telling, strict=True):
        # the number is the example's own, so that the click needs no server
        button.click(None, None, client, js=f"() => {example.client_id}", api_visibility="private")

    def select(name: str) -> Any:
        found = desk().ids(name)
        return gr.Dropdown(choices=found, value=found[0] if found else None)

    def draw(place: int) -> Any:
        if place < 0:
            return gr.skip(), -1
        # the list goes back to its first line, so that the same band can be drawn from again
        return gr.Dropdown(choices=desk().ids("all"), value=desk().draw(place)), -1

    selection.input(guarded(select, texts), selection, client, api_visibility="private")
    band.input(guarded(draw, texts), band, [client, band], api_visibility="private")
    return client
