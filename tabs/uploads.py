"""The upload widgets: what arrives is a file that the visitor sent, handed over unread.

Gradio would open a picture before our code sees it, with ``gr.Image(type="filepath")`` too. Here a damaged file or a
bomb reaches the model side, which verifies it before it is decoded. (The constructors stay Gradio's: the page reads
a component's options from their signatures.)
"""

from __future__ import annotations

import gradio as gr
from gradio.data_classes import FileData, ImageData, ListFiles

from tabs.gradio_internals import UploadsOnly


class Photo(UploadsOnly, gr.Image):
    """A ``gr.Image`` whose value is the path of the uploaded file, undecoded."""

    def get_block_name(self) -> str:
        """The page draws it as Gradio's own image component."""
        return "image"

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path of the file in this session's cache, or None."""
        return payload.path if payload else None


class Table(UploadsOnly, gr.File):
    """A ``gr.File`` whose value is the path of the uploaded file."""

    def get_block_name(self) -> str:
        """The page draws it as Gradio's own file component."""
        return "file"

    def preprocess(self, payload: ListFiles | FileData | None) -> str | None:
        """The path of the file in this session's cache, or None."""
        return payload.path if isinstance(payload, FileData) else None


class Photos(Table):
    """A ``gr.File`` of several files whose value are the paths of the uploaded files."""

    def preprocess(self, payload: ListFiles | FileData | None) -> list[str] | None:  # type: ignore[override]
        """The paths of the files in this session's cache, in their order, or None."""
        if payload is None:
            return None
        return [file.path for file in (payload.root if isinstance(payload, ListFiles) else [payload])]
