"""The C library's heaps are few, where it can be told so."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import lightgbm
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


def test_the_app_says_what_libraries_read_before_it_loads_them() -> None:
    """Arrow would set megabytes aside for each thread; threads of OpenBLAS and OpenMP would wait by spinning."""
    script = """
import app, os, pyarrow, threadpoolctl
assert pyarrow.default_memory_pool().backend_name == "system"
assert {one["num_threads"] for one in threadpoolctl.threadpool_info() if one["internal_api"] == "openblas"} <= {1}
assert os.environ["OMP_WAIT_POLICY"] == "PASSIVE"
"""
    told = ("OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "ARROW_DEFAULT_MEMORY_POOL")
    environment = {name: value for name, value in os.environ.items() if name not in told} | {"OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pages out what it is told to")
def test_pages_of_libraries_go_back_and_come_again(tmp_path: Path) -> None:
    """A copy that no other process has mapped: pages that another one uses stay."""
    script = """
import ctypes, os, re, sys
from pathlib import Path
from models.runtime import memory

def held():
    blocks = re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
    ours = [block for block in blocks if sys.argv[1] in block]
    return sum(int(re.search(r"Rss: +([0-9]+)", block)[1]) for block in ours)

library = ctypes.CDLL(sys.argv[1])
places = [line.split() for line in memory.MAPPINGS.read_text().splitlines() if sys.argv[1] in line]
spans = [[int(end, 16) for end in place[0].split("-")] for place in places if place[1].startswith("r")]
content = [ctypes.string_at(start, end - start) for start, end in spans]  # every page of it is read
before = held()
assert memory.page_out_libraries() > 0
assert held() < before / 5  # what its linking wrote stays
assert [ctypes.string_at(start, end - start) for start, end in spans] == content
"""
    copy = tmp_path / "libcopy.so"
    copy.write_bytes((Path(lightgbm.__file__).parent / "lib" / "lib_lightgbm.so").read_bytes())
    with copy.open("rb") as stream:
        os.fsync(stream)  # what is not on disk yet cannot be read again from there
    done = subprocess.run([sys.executable, "-c", script, str(copy)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_only_what_is_not_written_to_and_is_a_library_is_paged_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mappings = tmp_path / "maps"
    mappings.write_text(
        "1000-3000 r--p 00000000 fe:00 7   /usr/lib/libx.so.1\n"
        "3000-4000 r-xp 00002000 fe:00 7   /a folder/libx.so\n"
        "4000-9000 rw-p 00003000 fe:00 7   /usr/lib/libx.so.1\n"
        "a000-b000 r--p 00000000 fe:00 8   /weights/model.safetensors\n"
        "c000-d000 r--p 00000000 00:00 0\n"
        "d000-e000 r-xp 00000000 00:00 0   [vdso]\n"
    )
    asked: list[tuple[int | None, int, int]] = []

    class System:
        @staticmethod
        def madvise(start: ctypes.c_void_p, length: ctypes.c_size_t, advice: int) -> int:
            asked.append((start.value, length.value, advice))
            return 0 if start.value == 0x1000 else -1

    monkeypatch.setattr(memory, "MAPPINGS", mappings)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: System)
    monkeypatch.setattr(sys, "platform", "linux")
    assert memory.page_out_libraries() == 0x2000
    assert asked == [(0x1000, 0x2000, 21), (0x3000, 0x1000, 21)]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert memory.page_out_libraries() == 0 and len(asked) == 2
