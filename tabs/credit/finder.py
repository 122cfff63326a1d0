"""Finding a client: by number, by decision, at random within a probability band, or one of a few telling ones."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr

from models.credit.policy import COST_RATIO_RANGE
from models.credit.portfolio import SELECTIONS
from models.credit.service import desk
from models.texts import Texts
from tabs.error_handling import guarded


def finder(texts: Texts, ratio: gr.Slider) -> gr.Dropdown:
    """The row of widgets that choose the client; returns the one that holds the number.

    Args:
        texts: the page's language.
        ratio: the cost ratio, whose cut-off decides here as it does in the verdict.
    """
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
    examples = _examples_by_ratio()
    for button, example in zip(buttons, telling, strict=True):
        # the numbers travel with the page, so that the click needs no server; without an example the client stays
        chosen = f"(ratio, client) => ({json.dumps(examples[example.key])})[Math.round(ratio)] ?? client"
        button.click(None, [ratio, client], client, js=chosen, api_visibility="private")

    def select(name: str, ratio: float) -> Any:
        found = desk().ids(name, ratio)
        return gr.Dropdown(choices=found, value=found[0] if found else None)

    def move(name: str, ratio: float, client_id: int) -> Any:
        found = desk().ids(name, ratio)
        if client_id in found:
            return name, gr.Dropdown(choices=found, value=client_id)
        # whoever is looked at stays, though the decision has changed: the list goes back to everybody
        return "all", gr.Dropdown(choices=desk().ids("all"), value=client_id)

    def draw(place: int) -> Any:
        if place < 0:
            return gr.skip(), gr.skip(), -1
        # the list goes back to its first line, so that the same band can be drawn from again
        return "all", gr.Dropdown(choices=desk().ids("all"), value=desk().draw(place)), -1

    selection.input(guarded(select, texts), [selection, ratio], client, api_visibility="private")
    ratio.change(
        guarded(move, texts),
        [selection, ratio, client],
        [selection, client],
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
    band.input(guarded(draw, texts), band, [selection, client, band], api_visibility="private")
    return client


def _examples_by_ratio() -> dict[str, dict[int, int]]:
    """Why a client is worth a look -> cost ratio -> the client's number."""
    low, high = (int(end) for end in COST_RATIO_RANGE)
    found: dict[str, dict[int, int]] = {}
    for ratio in range(low, high + 1):
        for example in desk().telling(ratio):
            found.setdefault(example.key, {})[ratio] = example.client_id
    return found
