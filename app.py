"""Vitrine: two models at work, and why they answer as they do.

``python app.py`` serves the page at http://127.0.0.1:7860 (``GRADIO_SERVER_PORT`` and ``GRADIO_SERVER_NAME`` are
honoured): English at ``/``, French at ``/fr``; programs call the endpoints at ``/``.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

# On a busy machine, threads that wait by spinning take the cores from those that work: answers come up to nine times
# later. It must be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from models.runtime import hub, upload_cleanup

UPLOADS = upload_cleanup.own_folder()  # before gradio is loaded, which reads where it is

import gradio as gr
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware

from models.display.common.html import render
from models.display.photos import prediction_cards
from models.runtime.health import check_models
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tabs import links
from tabs.credit.tab import credit_tab
from tabs.disconnect import Attended
from tabs.document import Documents
from tabs.endpoints import endpoints
from tabs.error_handling import guarded
from tabs.pages.accessibility import accessibility_tab
from tabs.pages.method import method_tab
from tabs.pages.programs import programs_tab
from tabs.photos.tab import images_tab
from tabs.results.tab import results_tab
from tabs.sessions import LightBlocks
from tabs.theme import STYLE_SHEET, theme

MAX_UPLOAD = "100mb"
# calls of one event at a time: as many as the free Space has cores
CONCURRENT = int(os.environ.get("GRADIO_DEFAULT_CONCURRENCY_LIMIT", "2"))
SESSIONS = 1000  # visitors whose state is kept, at about 0.1 MB each; every call without a session makes one
SWEPT, KEPT = 600, 3600  # seconds between two sweeps of what visitors sent, and that it may stay
WAITING = 64  # calls waiting; the next one is told at once that the app is busy

# Seconds that a thread may keep Python to itself while others wait. A network gives it up at each of its layers: with
# the usual 5 ms a photo among many visitors waits longer for Python than for its sums.
SWITCH = 5e-4

TABS: dict[str, Callable[[Texts, gr.Blocks], None]] = {
    "credit": credit_tab,
    "images": images_tab,
    "results": lambda texts, app: results_tab(texts),
    "method": lambda texts, app: method_tab(texts),
    "programs": programs_tab,
    "accessibility": lambda texts, app: accessibility_tab(texts),
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
        guarded(lambda: prediction_cards.notices([note.say(texts) for note in hub.notes()]), texts),
        None,
        notices,
        api_visibility="private",
    )
    with gr.Tabs(elem_id="content") as tabs:
        for name, build in TABS.items():
            with gr.Tab(texts(f"page.tab.{name}"), id=name) as tab:
                # the heading of all that follows, for those who move from heading to heading
                gr.HTML(render("heading", title=texts(f"page.tab.{name}")), elem_classes="vt-hidden")
                build(texts, app)
            links.told_by_tab(tab, "tab", name)

    def open_link(request: gr.Request) -> Any:
        wanted = links.asked(request, "tab")
        return gr.Tabs(selected=wanted) if wanted in TABS else gr.skip()

    app.load(guarded(open_link, texts), None, tabs, api_visibility="private")


def create_app() -> gr.Blocks:
    """The whole app, not yet launched."""
    # nothing that a visitor uploads or receives stays on disk longer than an hour after it was made
    with LightBlocks(title=ENGLISH("page.title"), analytics_enabled=False, delete_cache=(SWEPT, KEPT)) as app:
        page(ENGLISH, app)
        endpoints()
    with app.route(FRENCH("page.language"), "/fr"):
        page(FRENCH, app)
    return app


def serve(app: gr.Blocks, **options: Any) -> tuple[FastAPI, str, str]:
    """Launches the app as it is served everywhere; ``options`` go to ``launch``.

    Returns:
        The server, its local address, and an empty share address. The call comes back once the server answers.
    """
    sys.setswitchinterval(SWITCH)
    server, url, share = app.queue(default_concurrency_limit=CONCURRENT, max_size=WAITING, api_open=False).launch(
        theme=theme(),
        css_paths=[STYLE_SHEET],
        max_file_size=MAX_UPLOAD,
        state_session_capacity=SESSIONS,
        allowed_paths=[],
        strict_cors=True,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=["api"],
        mcp_server=True,
        app_kwargs={"middleware": [Middleware(Documents), Middleware(Attended)]},
        ssr_mode=False,  # a Space would turn it on; what is tested is what Python serves
        prevent_thread_lock=True,
        # without Gradio's visit to itself, which gives up after 3 s: an app that is started again while its visitors
        # wait at the door would not come back
        _frontend=False,
        **options,
    )
    upload_cleanup.keep_swept(UPLOADS, SWEPT, KEPT)
    server.add_api_route("/health", health, methods=["GET"])
    return server, url, share


def health() -> JSONResponse:
    """Each model, whether it answers a self-test; 503 where one does not."""
    states = check_models()
    sound = all(state.sound for state in states)
    body = {"status": "ok" if sound else "degraded", "models": [vars(state) for state in states]}
    return JSONResponse(body, status_code=200 if sound else 503)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    page_and_endpoints = create_app()
    serve(page_and_endpoints)
    page_and_endpoints.block_thread()
