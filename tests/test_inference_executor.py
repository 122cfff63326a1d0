"""Networks take turns: one pass at a time, on one thread, whoever asks."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from models.vision.inference_executor import in_turn


def test_one_at_a_time_on_one_thread() -> None:
    running, most = 0, 0

    def work(number: int) -> tuple[int, int]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.002)
        running -= 1
        return number, threading.get_ident()

    with ThreadPoolExecutor(8) as askers:
        answers = list(askers.map(lambda number: in_turn(lambda: work(number)), range(40)))
    assert most == 1
    assert [number for number, _ in answers] == list(range(40)), "everyone gets the answer to their own question"
    assert len({thread for _, thread in answers}) == 1


def test_an_error_reaches_who_asked_and_nobody_else() -> None:
    with pytest.raises(ZeroDivisionError):
        in_turn(lambda: 1 / 0)
    assert in_turn(lambda: "next") == "next"
