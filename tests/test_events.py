"""The events of the page: what a visitor chose last is what is shown, however long the server takes."""

from __future__ import annotations

import gradio as gr
import pytest

from app import create_app
from models.texts import LANGUAGES

pytestmark = pytest.mark.slow

CHOICES = {"change", "input", "select"}  # events that tell what is chosen now


def test_no_choice_is_lost_while_the_last_one_is_answered() -> None:
    """Gradio ignores an event whose last one is still being answered, unless it is told to keep the latest."""
    listeners = [
        (function.name, function.targets)
        for function in create_app().fns.values()
        if function.fn is not None
        and function.trigger_mode == "once"
        and CHOICES & {event for _, event in function.targets}
    ]
    assert not listeners


def test_no_click_saves_what_was_there_before_it() -> None:
    """A ``gr.DownloadButton`` saves the file that it holds, and then calls its event, which makes the next one."""
    page = create_app()
    late = [
        function.name
        for function in page.fns.values()
        for block, event in function.targets
        if event == "click" and isinstance(page.blocks.get(block), gr.DownloadButton)
    ]
    assert not late, "tabs/saving.py: saved_at_once"


def test_a_new_photo_opens_and_closes_nothing() -> None:
    """Its answer may come after that of a card that was opened meanwhile, and would close it again."""
    functions = create_app().fns.values()
    opening = [function for function in functions if "detail" in {block.elem_id for block in function.outputs}]
    photos = {function.inputs[0]._id for function in opening if "select" in {event for _, event in function.targets}}
    assert len(photos) == len(LANGUAGES)
    assert not [function.name for function in opening for block, _ in function.targets if block in photos]
