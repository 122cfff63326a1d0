"""The events of the page: what a visitor chose last is what is shown, however long the server takes."""

from __future__ import annotations

import pytest

from app import create_app

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
