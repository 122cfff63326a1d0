"""Vitrine: two models at work, and why they answer as they do.

``python app.py`` serves the page at http://127.0.0.1:7860 (``GRADIO_SERVER_PORT`` and ``GRADIO_SERVER_NAME`` are
honoured): English at ``/``, French at ``/fr``; programs call the endpoints at ``/``.
"""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr

from models.display.html import render
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tabs.credit.tab import credit_tab
from tabs.endpoints import endpoints
from tabs.images.tab import images_tab
from tabs.results import results_tab
from tabs.theme import STYLE_SHEET, head, theme

MAX_UPLOAD = "100mb"


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
        )
    )
    with gr.Tabs():
        with gr.Tab(texts("page.tab.credit"), id="credit"):
            credit_tab(texts, app)
        with gr.Tab(texts("page.tab.images"), id="images"):
            images_tab(texts, app)
        with gr.Tab(texts("page.tab.results"), id="results"):
            results_tab(texts)


def create_app() -> gr.Blocks:
    """The whole app, not yet launched."""
    # nothing that a visitor uploads or receives stays on disk longer than an hour after it was made
    with gr.Blocks(title=ENGLISH("page.title"), analytics_enabled=False, delete_cache=(600, 3600)) as app:
        page(ENGLISH, app)
        endpoints()
    with app.route(FRENCH("page.language"), "/fr"):
        page(FRENCH, app)
    return app


def serve(app: gr.Blocks, **options: Any) -> Any:
    """Launches the app as it is served everywhere; ``options`` go to ``launch``."""
    return app.queue(default_concurrency_limit=2, max_size=64).launch(
        theme=theme(),
        css_paths=[STYLE_SHEET],
        head=head(),
        max_file_size=MAX_UPLOAD,
        run_history=False,
        enable_monitoring=False,
        footer_links=["api"],
        mcp_server=True,
        **options,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    serve(create_app())
