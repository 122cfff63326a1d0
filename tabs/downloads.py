"""Files that a visitor downloads: in a folder of their session, which Gradio empties."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr

from models import leftovers


def session_folder(request: gr.Request) -> Path:
    """A new folder below Gradio's cache, so that its periodic clean-up reaches it."""
    return new_folder("downloads")


def new_folder(kind: str) -> Path:
    """A new folder for files that Gradio serves, swept like what visitors send."""
    root = leftovers.own_folder() / kind
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=root))
