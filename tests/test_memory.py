"""The C library's heaps are few, where it can be told so."""

from __future__ import annotations

import ctypes
import platform

import pytest

from models.runtime import memory


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_glibc_takes_the_number_of_heaps() -> None:
    assert memory.few_arenas() is True


def test_another_c_library_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert memory.few_arenas() is False
