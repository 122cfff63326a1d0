"""How the process holds its memory."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from pathlib import Path

from models.runtime import background

ARENAS = 2  # heaps of the C library; by default eight a core, each of which keeps what its threads once needed
# Bytes from which a buffer stands outside the heaps, and goes back to the system as soon as it is free: feature maps of
# a few pictures. The C library would raise this up to 32 MB by itself, and its heaps would be full of holes. Smaller
# ones are slower to get from the system than from a heap.
LARGE = 8 * 1024 * 1024
# Bytes that a heap keeps at its end for the next pass, where the C library would give back all but 128 kB at every free
# and then ask for the same pages again: a quarter of VGG16's time, and a seventh of ProtoViT's.
KEPT = 64 * 1024 * 1024
M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD = -8, -3, -1  # glibc's names, malloc.h
MADV_PAGEOUT = 21  # Linux 5.4, asm-generic/mman-common.h
MAPPINGS = Path("/proc/self/maps")


def keep_heaps_small() -> bool:
    """Limits how many heaps (arenas of glibc) the threads use, so that memory that one photo needed serves the next,
    keeps large buffers out of them, and what is free at their ends in; returns whether that could be set.

    Arrow, which pandas reads tables with, uses the same heaps: its own (mimalloc) sets megabytes aside for each thread,
    150 MB when 50 visitors come.

    To be called before threads are started and Arrow is loaded.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        libc = ctypes.CDLL(None)
        settings = {M_ARENA_MAX: ARENAS, M_MMAP_THRESHOLD: LARGE, M_TRIM_THRESHOLD: KEPT}
        return all(libc.mallopt(name, value) for name, value in settings.items())
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


def page_out_libraries() -> int:
    """Gives back the pages of the shared libraries that start-up read; what is used again comes back from their files.

    Libraries read much of themselves once, to be linked: half a gigabyte with PyTorch's CUDA build, of which serving
    needs a fraction. Linux does so only with files that the process might write (madvise(2)), and only with what no
    other process uses.

    Returns:
        Bytes of the mappings for which this was asked; 0 where the system is not Linux.
    """
    if sys.platform != "linux":
        return 0
    madvise = ctypes.CDLL(None).madvise
    asked = 0
    for line in MAPPINGS.read_text(encoding="utf-8", errors="replace").splitlines():
        place, rights, *_, file = line.split(maxsplit=5)  # "7f00-7f80 r-xp 00000000 fe:00 1234   /usr/lib/libx.so.1"
        if ".so" in Path(file).suffixes and "w" not in rights:
            start, end = (int(address, 16) for address in place.split("-"))
            if madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_PAGEOUT) == 0:
                asked += end - start
    return asked
