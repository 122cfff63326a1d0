"""One pass through a network at a time, all of them on one thread.

A pass keeps every core busy. Passes at once wait for one another at each layer, and every thread that calls torch gets
a team of threads and a heap of its own, so that a busy app would be slower and larger for no gain. First come, first
served: a method of hundreds of passes, such as RISE, lets others in between two of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")

_passes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passes")


def in_turn(work: Callable[[], Answer]) -> Answer:
    """What ``work`` answers, or raises, once those who came before are done; it must not call this again."""
    return _passes.submit(work).result()
