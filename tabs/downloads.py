"""Files that a visitor downloads: in a folder of their session, which Gradio empties."""

from __future__ import annotations

import tempfile
from pathlib import Path

import gradio as gr
from gradio.utils import get_upload_folder


def session_folder(request: gr.Request) -> Path:
    """A new folder below Gradio's cache, so that its periodic clean-up reaches it."""
    root = Path(get_upload_folder()) / "downloads"
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=root))
