"""One model's answer in detail: its map by any method, how far to trust it, and for ProtoViT its reasoning."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import arguments
from models.texts import Texts
from models.vision import registry
from models.vision.prototype_explanation import MODEL
from tabs import links
from tabs.error_handling import handle_errors
from tabs.photos.faithfulness import faithfulness_section
from tabs.photos.prototypes import prototypes_section
from tabs.photos.saliency import method_choices, saliency_section
from tabs.photos.uploaded_photo import UploadedPhoto

# whoever opened a card reads on where its detail begins
READ_ON = """() => setTimeout(() => {
  const heading = document.querySelector("#detail h2");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}, 200)"""


def detail_section(texts: Texts, app: gr.Blocks, photo: gr.State, cards: gr.HTML) -> None:
    """One model's answer in detail: closed until a card opens it, or a link that names a model; then it follows the
    photo.

    Args:
        texts: of the page's language.
        app: whose links may open it.
        photo: the one at hand.
        cards: whose ``select`` event opens the detail of the model that it names.
    """
    opened = gr.State("")  # the model whose detail is open; empty where none is
    seen = gr.State(None)  # the photo, once a detail is open
    compared = gr.State(None)  # the photo, once the detail of ProtoViT is
    with gr.Column(visible=False, elem_id="detail") as detail:
        section = saliency_section(texts, seen)
        widgets, redraw = section.widgets, section.redraw
        faithfulness_section(texts, seen, section)
        with gr.Column(visible=False) as reasoning:
            prototypes_section(texts, compared)

    def follow(uploaded: UploadedPhoto | None, model: str) -> tuple[Any, ...]:
        """What stands open for a photo and a model."""
        by_prototypes = model == MODEL
        return (
            model,
            uploaded if model else None,
            uploaded if by_prototypes else None,
            gr.Column(visible=bool(model)),
            gr.Column(visible=by_prototypes),
        )

    def renew(uploaded: UploadedPhoto | None, model: str) -> tuple[Any, Any]:
        """The photo, for what stands open. It opens and closes nothing itself: a card may be opened meanwhile."""
        return uploaded if model else gr.skip(), uploaded if model == MODEL else gr.skip()

    def show(uploaded: UploadedPhoto | None, model: str, method: str) -> tuple[Any, ...]:
        choices = method_choices(model, texts)
        names = [name for _, name in choices]
        method = arguments.spelled(method, names) or names[0]
        return (*follow(uploaded, model), model, gr.Dropdown(choices=choices, value=method))

    def open_card(uploaded: UploadedPhoto | None, event: gr.EventData) -> tuple[Any, ...]:
        asked = event._data.get("model") if isinstance(event._data, dict) else None  # whatever the browser sent
        return show(uploaded, registry.meant(str(asked)), "")

    def open_link(uploaded: UploadedPhoto | None, request: gr.Request) -> Any:
        model, method = (links.query_parameter(request, name) for name in ("model", "method"))
        return show(uploaded, arguments.spelled(model, registry.MODELS) or widgets.model.value, method)

    states = [opened, seen, compared, detail, reasoning]
    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    shown = [*states, widgets.model, widgets.method]
    picked = cards.select(handle_errors(open_card, texts), photo, shown, trigger_mode="multiple", **private)
    redraw(picked.success)
    picked.success(None, None, None, js=READ_ON, api_visibility="private")
    # the card of the model that the widget begins with changes neither
    links.write(picked.success, model=widgets.model, method=widgets.method)
    photo.change(renew, [photo, opened], [seen, compared], **private)
    widgets.model.input(follow, [photo, widgets.model], states, trigger_mode="always_last", **private)
    links.follow(widgets.model, "model")
    links.follow(widgets.method, "method")
    linked = links.followed(app, "model", "method").change(handle_errors(open_link, texts), photo, shown, **private)
    linked.then(renew, [photo, opened], [seen, compared], **private)  # one that was handed over may have come meanwhile
