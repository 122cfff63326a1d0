"""What stands in the place of a photo that browsers do not draw is never taken for the photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from models.texts import ENGLISH
from tabs.photos.uploaded_photo import UploadedPhoto, uploaded_photo
from tabs.uploads import Photo
from tests.factories import photo


@pytest.fixture
def read() -> Any:
    with gr.Blocks() as page:
        uploaded_photo(ENGLISH, Photo())
    (function,) = page.fns.values()
    return function.fn


@pytest.fixture
def upload(tmp_path: Path) -> str:
    path = tmp_path / "photo.tif"
    photo(320, 240).save(path)
    return str(path)


def test_two_readings_of_an_upload_at_once_have_one_preview(read: Any, upload: str) -> None:
    (shown, first, _), (_, second, _) = read(upload, None), read(upload, None)
    assert first == second == UploadedPhoto(upload, shown)
    assert [path.name for path in sorted(Path(upload).parent.iterdir())] == ["photo.tif", Path(shown).name]
    with Image.open(shown) as preview:
        assert (preview.format, preview.size) == ("JPEG", (320, 240))


def test_a_preview_that_comes_back_is_the_upload_whatever_is_known_by_then(read: Any, upload: str) -> None:
    shown, known, _ = read(upload, None)
    other = UploadedPhoto("other.png", "other.png")
    for last in (known, None, other):
        assert read(shown, last)[1] == known
    assert read(upload, known) == (gr.skip(), known, gr.skip()), "it is not read again"
