"""The photo tab: one upload, every model's verdict, where the evidence lies, and how far to trust that."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import arguments
from models.display.common.names import class_name
from models.display.photos import prediction_cards
from models.texts import Texts
from models.vision import photos, registry
from models.vision.gallery import examples, thumbnail
from tabs import links
from tabs.error_handling import handle_errors
from tabs.photos.faithfulness import faithfulness_section
from tabs.photos.many import many_photos
from tabs.photos.predictions import predictions_section
from tabs.photos.prototypes import prototypes_section
from tabs.photos.saliency import method_choices, saliency_section
from tabs.photos.uploaded_photo import uploaded_photo
from tabs.uploads import Photo


def images_tab(texts: Texts, app: gr.Blocks) -> None:
    """One photo at a glance, and many at once."""
    with gr.Tabs() as views:
        with links.linked_tab(texts("images.views.one"), "photos", "one"):
            one_photo(texts, app)
        with links.linked_tab(texts("images.views.many"), "photos", "many"):
            many_photos(texts)

    def open_view(request: gr.Request) -> Any:
        wanted = links.query_parameter(request, "photos")
        return gr.Tabs(selected=wanted) if wanted == "many" else gr.skip()

    app.load(handle_errors(open_view, texts), None, views, api_visibility="private")


def one_photo(texts: Texts, app: gr.Blocks) -> None:
    """Widgets and events of one photo."""
    gr.Markdown(texts("images.intro"))
    missing = gr.HTML(padding=False, elem_classes="vt-notices")
    with gr.Row():
        with gr.Column(scale=1, min_width=300):
            photo = Photo(
                label=texts("images.photo"), sources=["upload", "clipboard", "webcam"], height=300, elem_id="photo"
            )
            at_hand = uploaded_photo(texts, photo)
            pictures = examples()
            gallery = gr.Gallery(
                value=[(thumbnail(picture), class_name(picture.category, texts)) for picture in pictures],
                label=texts("images.examples"),
                columns=7,
                height="auto",
                object_fit="contain",
                allow_preview=False,
                interactive=False,
                buttons=[],
                visible=bool(pictures),
                elem_classes="vt-gallery",
            )
        with gr.Column(scale=2, min_width=320):
            predictions_section(texts, at_hand)
    widgets = saliency_section(texts, at_hand)
    faithfulness_section(texts, at_hand, widgets)
    prototypes_section(texts, at_hand)

    def open_link(request: gr.Request) -> tuple[Any, Any]:
        model = arguments.spelled(links.query_parameter(request, "model"), registry.built()) or widgets.model.value
        choices = method_choices(model, texts)
        names = [name for _, name in choices]
        method = arguments.spelled(links.query_parameter(request, "method"), names) or names[0]
        return model, gr.Dropdown(choices=choices, value=method)

    links.follow(widgets.model, "model")
    links.follow(widgets.method, "method")
    app.load(handle_errors(open_link, texts), None, [widgets.model, widgets.method], api_visibility="private")

    def choose(event: gr.SelectData) -> str:
        return str(pictures[event.index].path)

    gallery.select(handle_errors(choose, texts), None, photo, api_visibility="private", show_progress="hidden")

    def faults() -> str:
        return prediction_cards.notices([fault.message(texts) for fault in photos.faults()])

    app.load(handle_errors(faults, texts), None, missing, api_visibility="private")
