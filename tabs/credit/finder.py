"""Finding a client: by number, by decision, at random within a probability band, or one of a few examples."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from models.credit.policy import COST_RATIO_RANGE
from models.credit.portfolio import SELECTIONS
from models.credit.service import credit_service
from models.display.common.html import render
from models.texts import Texts
from tabs.error_handling import handle_errors

SEARCH = "search"  # elem_id of what scripts/widgets.js unfolds


def client_finder(texts: Texts, ratio: gr.Number) -> gr.Number:
    """The row of widgets that choose the client; returns the hidden one that holds the number.

    The list of all numbers is another: the page copies the whole of every widget that an event reads.

    Args:
        texts: the page's language.
        ratio: the cost ratio, whose cut-off decides here as it does in the verdict.
    """
    example_clients = credit_service().example_clients()
    with gr.Row(elem_classes="vt-examples"):
        gr.Markdown(texts("credit.finder.begin"), elem_classes="vt-lead")
        buttons = [gr.Button(texts(f"credit.finder.examples.{example.key}"), size="sm") for example in example_clients]
        gr.HTML(render("search", text=texts("credit.finder.search"), target=SEARCH), elem_classes="vt-unfold")
    with gr.Row(equal_height=True, elem_id=SEARCH):
        with gr.Column(scale=3, min_width=300):
            selection = gr.Radio(
                choices=[(texts(f"credit.finder.{name}"), name) for name in SELECTIONS],
                value="all",
                label=texts("credit.finder.selection"),
            )
        with gr.Column(scale=2, min_width=200):
            client = gr.Number(example_clients[0].client_id, precision=0, visible=False)
            numbers = gr.Dropdown(
                choices=credit_service().ids("all"),
                value=example_clients[0].client_id,
                label=texts("credit.finder.client"),
                elem_id="client",
            )
        with gr.Column(scale=2, min_width=200):
            band = gr.Dropdown(
                choices=[(texts("credit.finder.choose"), -1)]
                + [(band.message(texts), place) for place, band in enumerate(credit_service().bands())],
                value=-1,
                label=texts("credit.finder.band"),
            )
    chosen = _follow_examples(buttons, ratio, client, texts)
    # a list that is left reports what it held before: only another client is a choice
    folded = "(number, client) => { if (number !== client) vitrineSearch(false); return number ?? client }"
    numbers.input(None, [numbers, client], client, js=folded, api_visibility="private")
    client.change(None, client, numbers, js="(number) => number", api_visibility="private")
    _follow_search(selection, band, ratio, numbers, client, chosen, texts)
    return client


def _follow_examples(buttons: Sequence[gr.Button], ratio: gr.Number, client: gr.Number, texts: Texts) -> list[Any]:
    """A button chooses its example at the present cost ratio; returns their events."""
    examples = _examples_by_ratio()
    events = []
    for button, example in zip(buttons, credit_service().example_clients(), strict=True):
        # the numbers travel with the page, so that the click needs no server; without an example the client stays
        chosen = f"(ratio, client) => ({json.dumps(examples[example.key])})[ratio] ?? client"
        clicked = button.click(None, [ratio, client], client, js=chosen, api_visibility="private")
        between = handle_errors(_between_whole_ratios(example.key), texts)
        events.append(clicked.then(between, [ratio, client], client, api_visibility="private", show_progress="hidden"))
    return events


def _between_whole_ratios(key: str) -> Callable[[float, int], Any]:
    """Chooses an example at a ratio that is no whole number, as one that was typed may be; without one, the client
    stays.
    """

    def example(ratio: float, client_id: int) -> Any:
        if ratio == int(ratio):
            return gr.skip()  # the page itself has chosen
        return next((one.client_id for one in credit_service().example_clients(ratio) if one.key == key), client_id)

    return example


def _follow_search(
    selection: gr.Radio,
    band: gr.Dropdown,
    ratio: gr.Number,
    numbers: gr.Dropdown,
    client: gr.Number,
    examples: Sequence[Any],
    texts: Texts,
) -> None:
    """The list of clients follows the decision, the cut-off and the example that was chosen; a probability band draws
    one of its clients.
    """

    def select(name: str, ratio: float) -> Any:
        found = credit_service().ids(name, ratio)
        if not found:  # whoever is looked at stays
            return gr.Dropdown(choices=[], value=None), gr.skip()
        return gr.Dropdown(choices=found, value=found[0]), found[0]

    def move(name: str, ratio: float, client_id: int) -> Any:
        found = credit_service().ids(name, ratio)
        if client_id in found:
            return name, gr.Dropdown(choices=found)
        # whoever is looked at stays, though the decision has changed: the list goes back to everybody
        return "all", gr.Dropdown(choices=credit_service().ids("all"), value=client_id)

    def reveal(name: str, ratio: float, client_id: int) -> Any:
        return (gr.skip(), gr.skip()) if name == "all" else move(name, ratio, client_id)

    def draw(place: int) -> Any:
        if place < 0:
            return gr.skip(), gr.skip(), gr.skip(), -1
        drawn = credit_service().draw(place)
        # the list goes back to its first line, so that the same band can be drawn from again
        return "all", gr.Dropdown(choices=credit_service().ids("all"), value=drawn), drawn, -1

    last: dict[str, Any] = {"api_visibility": "private", "trigger_mode": "always_last"}
    selection.input(handle_errors(select, texts), [selection, ratio], [numbers, client], **last)
    asked, listed = [selection, ratio, client], [selection, numbers]
    ratio.change(handle_errors(move, texts), asked, listed, show_progress="hidden", **last)
    for chosen in examples:  # an example may be none of those that are listed
        chosen.then(handle_errors(reveal, texts), asked, listed, show_progress="hidden", **last)
    # once a client is chosen, the verdict moves up to where the search was
    fold = "(place) => { if (place >= 0) vitrineSearch(false) }"
    band.input(None, band, None, js=fold, api_visibility="private")
    band.input(handle_errors(draw, texts), band, [selection, numbers, client, band], **last)


def _examples_by_ratio() -> dict[str, dict[int, int]]:
    """Why a client is worth a look -> cost ratio -> the client's number."""
    low, high = (int(end) for end in COST_RATIO_RANGE)
    found: dict[str, dict[int, int]] = {}
    for ratio in range(low, high + 1):
        for example in credit_service().example_clients(ratio):
            found.setdefault(example.key, {})[ratio] = example.client_id
    return found
