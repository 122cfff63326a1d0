"""Work that takes long gives way to what a visitor asks for next.

Gradio's ``cancels`` is done by the page, which forgets an event that begins before its answer is there. Whoever works
here looks by himself whether the next has begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass
class Turn:
    """Counts a visitor's requests of one kind; kept in a ``gr.State``, as one object for all of them."""

    number: int = 0

    def next(self) -> Turn:
        """Counts one more request; whoever still works for an earlier one sees that it is over."""
        self.number += 1
        return self

    def begin(self) -> int:
        """The number of the work that begins now. Work that had to wait is ended by what was asked for after it, which
        begins later: the number at the time of the request is not known any more.
        """
        return self.next().number


def take_turn(listener: Callable[..., Any], turn: gr.State) -> Any:
    """Ends the work that goes on, on an event given as the method that listens: ``take_turn(button.click, turn)``.

    Returns:
        The event, after which the next work may begin with ``then``.
    """
    counted = {"api_visibility": "private", "show_progress": "hidden", "queue": False, "trigger_mode": "multiple"}
    return listener(Turn.next, turn, turn, **counted)
