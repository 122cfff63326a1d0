"""Vitrine: two models at work, and why they answer as they do.

``python app.py`` serves the page at http://127.0.0.1:7860 (``GRADIO_SERVER_PORT`` and ``GRADIO_SERVER_NAME`` are
honoured): English at ``/``, French at ``/fr``; programs call the endpoints at ``/``.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable

from models.runtime import memory, threads, upload_cleanup

# before the libraries that they are said to are loaded
threads.sleep_while_waiting()
memory.keep_heaps_small()
UPLOADS = upload_cleanup.own_folder()  # before gradio is loaded, which reads where it is

import gradio as gr
import uvicorn
from fastapi import FastAPI

from models.conventions import LANGUAGES
from models.display.common.html import render
from models.display.photos import prediction_cards
from models.runtime import hub
from models.texts import ENGLISH, Texts
from models.vision import glance
from server.application import KEPT, STOPPING, SWEPT, create_server
from tabs import links
from tabs.credit.tab import credit_tab
from tabs.endpoints import endpoints
from tabs.error_handling import handle_errors
from tabs.gradio_internals import LightBlocks
from tabs.pages.accessibility import accessibility_tab
from tabs.pages.method import method_tab
from tabs.pages.programs import programs_tab
from tabs.photos.tab import images_tab
from tabs.results.tab import results_tab

# calls of one event at a time: as many as the free Space has cores
CONCURRENT = int(os.environ.get("GRADIO_DEFAULT_CONCURRENCY_LIMIT", "2"))
HOST, PORT = os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"), int(os.environ.get("GRADIO_SERVER_PORT", "7860"))

TABS: dict[str, Callable[[Texts, gr.Blocks, gr.Tab], None]] = {
    "credit": lambda texts, app, tab: credit_tab(texts, app),
    "images": images_tab,
    "results": lambda texts, app, tab: results_tab(texts),
    "method": lambda texts, app, tab: method_tab(texts),
    "programs": lambda texts, app, tab: programs_tab(texts, app),
    "accessibility": lambda texts, app, tab: accessibility_tab(texts),
}


def page(texts: Texts, app: gr.Blocks) -> None:
    """One language's page: the header and its tabs."""
    gr.Navbar(visible=False)
    names = [(language, Texts(language)("page.language")) for language in LANGUAGES]
    gr.HTML(
        render(
            "header",
            tagline=texts("page.tagline"),
            switch=texts("page.switch"),
            languages=names,
            current=texts.language,
            dark=texts("page.dark"),
            skip=texts("page.skip"),
        )
    )
    notices = gr.HTML(padding=False, elem_classes="vt-notices")
    app.load(
        handle_errors(lambda: prediction_cards.notices([note.message(texts) for note in hub.notes()]), texts),
        None,
        notices,
        api_visibility="private",
    )
    with gr.Tabs(elem_id="content") as tabs:
        for name, build in TABS.items():
            with links.linked_tab(texts(f"page.tab.{name}"), "tab", name) as tab:
                # the heading of all that follows, for those who move from heading to heading
                gr.HTML(render("heading", title=texts(f"page.tab.{name}")), elem_classes="vt-hidden")
                build(texts, app, tab)
    links.open_tab(app, tabs, "tab", TABS)


def create_app() -> LightBlocks:
    """The whole app, not yet launched."""
    # nothing that a visitor uploads or receives stays on disk longer than an hour after it was made
    with LightBlocks(title=ENGLISH("page.title"), analytics_enabled=False, delete_cache=(SWEPT, KEPT)) as app:
        page(ENGLISH, app)
        endpoints()
    for texts in map(Texts, LANGUAGES[1:]):
        with app.route(texts("page.language"), texts.path):
            page(texts, app)
    return app


def app() -> FastAPI:
    """The whole app, to be served: ``uvicorn --factory app:app`` does what ``python app.py`` does."""
    return create_server(create_app(), CONCURRENT)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    threading.Thread(target=glance.prepare, name="prepare", daemon=True).start()
    uvicorn.run(app(), host=HOST, port=PORT, log_config=None, access_log=False, timeout_graceful_shutdown=STOPPING)
