"""The photo tab: one photo at a glance, each model's answer in detail, and many photos at once."""

from __future__ import annotations

import filecmp
from typing import Any

import gradio as gr

from models import arguments
from models.display.common.html import render
from models.display.common.names import class_name
from models.display.photos import prediction_cards
from models.errors import InputError
from models.texts import Texts
from models.vision import photos
from models.vision.gallery import address, examples
from models.vision.glance import opening_example
from tabs import links
from tabs.calls import file_of
from tabs.error_handling import handle_errors
from tabs.photos.detail import detail_section
from tabs.photos.glance import glance_section
from tabs.photos.many import many_photos
from tabs.photos.uploaded_photo import uploaded_photo
from tabs.uploads import Photo

THUMBNAIL = 128  # px: two for each that the page gives an example

# an example takes the place of the photo at hand
CHOOSE = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-place]");
  if (button) trigger("select", { place: Number(button.dataset.place) });
});
"""


def images_tab(texts: Texts, app: gr.Blocks, tab: gr.Tab) -> None:
    """One photo, and many at once."""
    with gr.Tabs() as views:
        with links.linked_tab(texts("images.views.one"), "photos", "one"):
            _one_photo(texts, app, tab)
        with links.linked_tab(texts("images.views.many"), "photos", "many"):
            many_photos(texts)

    links.open_tab(app, views, "photos", ["one", "many"])


def _one_photo(texts: Texts, app: gr.Blocks, tab: gr.Tab) -> None:
    """The photo, the models' cards, and below them the detail that a card opens."""
    gr.Markdown(texts("images.intro"))
    missing = gr.HTML(padding=False, elem_classes="vt-notices")
    first = opening_example()
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            photo = Photo(
                value=str(first) if first else None,
                label=texts("images.photo"),
                sources=["upload", "clipboard", "webcam"],
                height=300,
                elem_id="photo",
            )
            at_hand = uploaded_photo(texts, photo, first)
            pictures = examples()
            named = [(address(picture, THUMBNAIL), class_name(picture.category, texts)) for picture in pictures]
            gallery = gr.HTML(
                render("gallery", title=texts("images.examples"), pictures=named),
                visible=bool(pictures),
                elem_classes="vt-gallery",
                js_on_load=CHOOSE,
            )
        with gr.Column(scale=3, min_width=320):
            cards = glance_section(texts, at_hand, tab)
    detail_section(texts, app, at_hand, cards)

    def choose(event: gr.EventData) -> str:
        asked = event._data.get("place") if isinstance(event._data, dict) else None  # whatever the browser sent
        return str(pictures[arguments.whole_number("place", asked, 0, len(pictures) - 1)].path)

    gallery.select(
        handle_errors(choose, texts),
        None,
        photo,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="multiple",
    )

    def hand_over(address: str) -> Any:
        """The photo of the page in the other language; where it is gone, this page's own stays."""
        try:
            path = file_of("image", address)
        except InputError:
            return gr.skip()
        known = path is None or (first is not None and filecmp.cmp(path, first))
        return gr.skip() if known else path

    handed = links.handed_over(app)
    handed.change(
        handle_errors(hand_over, texts),
        handed,
        photo,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )

    def faults() -> str:
        return prediction_cards.notices([fault.message(texts) for fault in photos.faults()])

    tab.select(
        handle_errors(faults, texts),
        None,
        missing,
        api_visibility="private",
        show_progress="hidden",
        trigger_mode="always_last",
    )
