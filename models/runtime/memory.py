"""How the process holds its memory."""

from __future__ import annotations

import ctypes

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
