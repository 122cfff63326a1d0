"""The upload widgets: what arrives is a file that the caller sent, handed over unread.

Gradio would decode a picture, and fetch a link, before our code sees it. Here a link is refused, and a damaged file or
a bomb reaches the model side, which verifies it before it is decoded. (The constructors stay Gradio's: the page reads
a component's options from their signatures.)
"""

from __future__ import annotations

import base64
import binascii
import tempfile
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import gradio as gr
from gradio.data_classes import FileData, ImageData, ListFiles
from gradio.utils import get_upload_folder, is_in_or_equal
from gradio_client.utils import is_http_url_like

from models.errors import InputError
from models.texts import ENGLISH


class Photo(gr.Image):
    """A ``gr.Image`` whose value is the path of the uploaded file, undecoded."""

    def get_block_name(self) -> str:
        """Drawn by the page as any image."""
        return "image"

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Refuses links to elsewhere: the server fetches nothing on a caller's behalf."""
        return await super().async_move_resource_to_block_cache(_place("image", url_or_file_path))

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path of the file in this session's cache, or None."""
        if payload is not None and payload.url and payload.url.startswith("data:"):
            return self._saved(payload.url)
        return payload.path if payload else None

    def _saved(self, url: str) -> str:
        """A picture sent as base64, as MCP clients do, in a file of Gradio's cache."""
        try:
            content = base64.b64decode(url.partition(",")[2], validate=True)
        except binascii.Error as error:
            raise _said(InputError("image_base64")) from error
        with tempfile.NamedTemporaryFile(delete=False, dir=self.GRADIO_CACHE) as file:
            file.write(content)
        return file.name


class Table(gr.File):
    """A ``gr.File`` whose value is the path of the uploaded file."""

    def get_block_name(self) -> str:
        """Drawn by the page as any file."""
        return "file"

    async def async_move_resource_to_block_cache(self, url_or_file_path: str | Path | None) -> str | None:
        """Refuses links to elsewhere: the server fetches nothing on a caller's behalf."""
        return await super().async_move_resource_to_block_cache(_place("table", url_or_file_path))

    def preprocess(self, payload: ListFiles | FileData | None) -> str | None:  # type: ignore[override]
        """The path of the file in this session's cache, or None."""
        if not isinstance(payload, FileData):
            return None
        if payload.url and payload.url.startswith("data:"):
            return self._saved(payload.url)
        return payload.path

    def _saved(self, url: str) -> str:
        """A table sent as a data URL, in base64 or percent-encoded, in a file of Gradio's cache."""
        kind, _, content = url.partition(",")
        try:
            encoded = unquote_to_bytes(content)
            table = base64.b64decode(encoded, validate=True) if kind.endswith(";base64") else encoded
        except binascii.Error as error:
            raise _said(InputError("table_base64")) from error
        with tempfile.NamedTemporaryFile(delete=False, dir=self.GRADIO_CACHE) as file:
            file.write(table)
        return file.name


def _place(argument: str, path: str | Path | None) -> str | Path | None:
    """Where a file lies. Of links, only one to an upload of our own is understood, and it is not followed: agents are
    given such links for the files that they send and receive.
    """
    if path is None or not is_http_url_like(str(path)):
        return path
    file = unquote(urlsplit(str(path)).path.partition("/gradio_api/file=")[2])
    if file and is_in_or_equal(file, get_upload_folder()):
        return file
    raise _said(InputError("link", argument=argument))


def _said(error: InputError) -> gr.Error:
    """Only programs come here, and they are answered in English."""
    return gr.Error(error.say(ENGLISH), print_exception=False)
