"""Work that is done again and again beside the app."""

from __future__ import annotations

import threading
from collections.abc import Callable


def repeat(work: Callable[[], object], every: float, name: str) -> threading.Event:
    """Does some work every so many seconds, in a background thread of that name; setting the event ends it."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every):
            work()

    threading.Thread(target=run, name=name, daemon=True).start()
    return stop
