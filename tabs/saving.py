"""A click that makes a file and saves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from models.texts import Texts
from tabs.error_handling import handle_errors
from tabs.uploads import Table

# the page saves a file that it was handed, under the file's own name
SAVE = "file => Object.assign(document.createElement('a'), {href: file.url, download: file.orig_name}).click()"


def saved_at_once(button: gr.Button, make: Callable[..., str], asked: Sequence[Any], texts: Texts) -> None:
    """One click makes a file and saves it: a ``gr.DownloadButton`` saves what was there before the click.

    Args:
        button: what is clicked.
        make: takes the values of ``asked``, gives the path of the file.
        asked: inputs.
        texts: the reader's language, for what goes wrong.
    """
    file = Table(visible=False)  # which fetches no link, whoever calls the event
    made = button.click(handle_errors(make, texts), list(asked), file, api_visibility="private")
    made.success(None, file, None, js=SAVE, api_visibility="private")
