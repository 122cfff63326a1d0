"""The C library's heaps are few, where it can be told so."""

from __future__ import annotations

import ctypes
import platform
import subprocess
import sys
import threading

import psutil
import pytest

from models.runtime import memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_large_buffers_go_back_at_once_even_after_larger_ones() -> None:
    """By itself, glibc would keep what is smaller than anything that was ever freed.

    In a new process, as in the app: a heap that has holes of that size already fills them first.
    """
    script = """
import ctypes, psutil
from models.runtime import memory
assert memory.keep_heaps_small() is True
libc, size = ctypes.CDLL(None), memory.LARGE * 5 // 4
libc.malloc.restype = ctypes.c_void_p
libc.free(ctypes.c_void_p(libc.malloc(3 * memory.LARGE)))
blocks = [libc.malloc(size) for _ in range(11)]
for block in blocks:
    ctypes.memset(block, 1, size)
held = psutil.Process().memory_info().rss
for block in blocks[:-1]:  # in a heap, the last one would keep all of them
    libc.free(ctypes.c_void_p(block))
assert held - psutil.Process().memory_info().rss > 9 * size
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_what_one_pass_needed_is_there_for_the_next_until_it_is_given_back() -> None:
    script = """
import ctypes, psutil
from models.runtime import memory
assert memory.keep_heaps_small() is True
libc, size, process = ctypes.CDLL(None), 50_000, psutil.Process()
libc.malloc.restype = ctypes.c_void_p
blocks = [libc.malloc(size) for _ in range(memory.KEPT // 2 // size)]
for block in blocks:
    ctypes.memset(block, 1, size)
held = process.memory_info().rss
for block in blocks:
    libc.free(ctypes.c_void_p(block))
assert held - process.memory_info().rss < 0.1 * size * len(blocks)
assert memory.give_back() is True
assert held - process.memory_info().rss > 0.8 * size * len(blocks)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_tables_are_read_into_the_same_heaps() -> None:
    """Arrow would set megabytes aside for each thread; it is asked as the app loads it."""
    script = "import app, pyarrow; assert pyarrow.default_memory_pool().backend_name == 'system'"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.keep_heaps_small() is False and memory.give_back() is False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be asked")
def test_what_is_free_between_what_is_kept_goes_back() -> None:
    libc, size = ctypes.CDLL(None), 50_000
    libc.malloc.restype = ctypes.c_void_p
    blocks = [libc.malloc(size) for _ in range(2000)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks[:-1]:  # the last one keeps the heap from shrinking by itself
        libc.free(ctypes.c_void_p(block))
    held = psutil.Process().memory_info().rss
    assert memory.give_back() is True
    assert held - psutil.Process().memory_info().rss > 0.8 * size * len(blocks)
    libc.free(ctypes.c_void_p(blocks[-1]))


def test_memory_is_given_back_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, enough = [], threading.Event()

    def give_back() -> bool:
        calls.append(True)
        if len(calls) == 3:
            enough.set()
        return True

    monkeypatch.setattr(memory, "give_back", give_back)
    stop = memory.keep_given_back(0.001)
    assert enough.wait(10)
    stop.set()
