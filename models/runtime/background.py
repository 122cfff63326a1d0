"""Work that is done again and again beside the app."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


def repeat(work: Callable[[], object], every: float, name: str) -> threading.Event:
    """Does some work every so many seconds, in a background thread of that name; setting the event ends it.

    Work that fails is logged, and tried again the next time.
    """
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every):
            try:
                work()
            except Exception:
                _log.exception("%s failed", name)

    threading.Thread(target=run, name=name, daemon=True).start()
    return stop
