"""The photo at hand: read when it comes, so that what is wrong with it is said once and nothing of the last stays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from models.display.photos import prediction_cards
from models.errors import InputError
from models.texts import Texts
from models.vision import photos
from models.vision.uploads import Upload, read_upload
from tabs.error_handling import handle_errors
from tabs.uploads import Photo

PREVIEW = ".preview.jpg"  # ends the name of the JPEG that is drawn in an upload's place


class UploadedPhoto(NamedTuple):
    """A photo that can be read.

    Attributes:
        path: of the file as it was sent.
        shown: of the one that the browser draws: the same, or a JPEG in its place.
    """

    path: str
    shown: str


def uploaded_photo(texts: Texts, photo: Photo, first: Path | None = None) -> gr.State:
    """The state that holds the :class:`UploadedPhoto`, or None; every other widget of the tab listens to its change.

    Args:
        texts: of the page's language.
        photo: the widget.
        first: the picture that the widget begins with.
    """
    notices = gr.HTML(padding=False, elem_id="photo-notices")
    state = gr.State(UploadedPhoto(str(first), str(first)) if first else None)

    def read(path: str | None, last: UploadedPhoto | None) -> tuple[Any, UploadedPhoto | None, str]:
        if path is None:  # what was refused went by itself: why stays on the page
            return gr.skip(), None, "" if last else gr.skip()
        if last and path in last:  # it was read already, or what was drawn in its place has come back as a change
            return gr.skip(), last, gr.skip()
        if original := _original(path):  # likewise, before the reading of the upload has ended
            return gr.skip(), UploadedPhoto(original, path), gr.skip()
        try:
            upload = read_upload(path)
        except InputError as error:
            return None, None, prediction_cards.notices([error.message(texts)])
        notes = [texts("images.cut_short")] if upload.cut_short else []
        if not upload.unshown:
            return gr.skip(), UploadedPhoto(path, path), prediction_cards.notices(notes)
        shown = _preview(path, upload)
        return shown, UploadedPhoto(path, shown), prediction_cards.notices(notes)

    photo.change(
        handle_errors(read, texts),
        [photo, state],
        [photo, state, notices],
        api_visibility="private",
        show_progress="hidden",
    )
    return state


def _preview(path: str, upload: Upload) -> str:
    """The JPEG that is drawn in an upload's place: beside it, under the same name each time, and there whole or not at
    all, for two events may ask for it at once.
    """
    shown = path + PREVIEW
    number, part = tempfile.mkstemp(dir=Path(path).parent)
    with os.fdopen(number, "wb") as file:
        photos.thumbnail(upload).save(file, "JPEG", quality=90)
    Path(part).replace(shown)
    return shown


def _original(path: str) -> str | None:
    """The upload that a preview was made from; None for any other file."""
    original = path.removesuffix(PREVIEW)
    return original if original != path and Path(original).is_file() else None
