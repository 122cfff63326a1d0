"""How the process holds its memory."""

from __future__ import annotations

import ctypes
import threading

from models.runtime import background

ARENAS = 2  # heaps of the C library; by default eight a core, each of which keeps what its threads once needed
M_ARENA_MAX = -8  # glibc's name for it, malloc.h


def few_arenas() -> bool:
    """Limits how many heaps (arenas of glibc) the threads use, so that memory that one photo needed serves the next;
    returns whether that could be set.

    To be called before threads are started.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS))
    except (OSError, AttributeError):
        return False


def give_back() -> bool:
    """Gives what is free in the heaps back to the system, which by itself only their ends are; whether that could be
    asked for: only glibc has it.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError):
        return False
    return True


def keep_given_back(every: float) -> threading.Event:
    """Gives free memory back every so many seconds, in the background; setting the event ends it."""
    return background.repeat(give_back, every, "memory")
