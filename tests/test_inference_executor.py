"""Networks take turns: one pass at a time, on one thread, whoever asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import torch

from models.vision import classifier, inference_executor, registry
from models.vision.inference_executor import LONG_METHODS, SHARED, run_inference, run_network, take_turns
from tests.factories import photo


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
        answers = list(askers.map(lambda number: run_inference(lambda: work(number)), range(40)))
    assert most == 1
    assert [number for number, _ in answers] == list(range(40)), "everyone gets the answer to their own question"
    assert len({thread for _, thread in answers}) == 1


def test_an_error_reaches_who_asked_and_nobody_else() -> None:
    with pytest.raises(ZeroDivisionError):
        run_inference(lambda: 1 / 0)
    assert run_inference(lambda: "next") == "next"


def test_a_pass_is_computed_a_few_pictures_at_a_time() -> None:
    held = []

    def doubled(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        held.append(len(inputs))
        return inputs * 2, inputs.sum((1, 2, 3))

    inputs = torch.rand(7, 3, 2, 2)
    twice, total = run_network(doubled, inputs, 3)
    assert held == [3, 3, 1]
    assert torch.equal(twice, inputs * 2) and torch.equal(total, inputs.sum((1, 2, 3)))


def test_who_waits_for_the_same_network_shares_a_pass() -> None:
    busy, passes = threading.Event(), []

    def doubled(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        passes.append(("doubled", len(inputs)))
        return inputs * 2, inputs.sum((1, 2, 3))

    def tripled(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        passes.append(("tripled", len(inputs)))
        return (inputs * 3,)

    asked = [(doubled, 1), (tripled, 1), (doubled, 3), (doubled, SHARED - 4), (doubled, 1), (tripled, 2)]
    inputs = [torch.full((count, 3, 2, 2), float(number)) for number, (_, count) in enumerate(asked)]
    with ThreadPoolExecutor(len(asked) + 1) as askers:
        first = askers.submit(run_inference, busy.wait)
        answers = []
        for (network, _), own in zip(asked, inputs, strict=True):
            answers.append(askers.submit(run_network, network, own))
            while len(inference_executor._waiting) < len(answers):
                time.sleep(0.001)
        busy.set()
        found = [answer.result() for answer in answers]
        first.result()
    assert passes == [("doubled", SHARED), ("tripled", 3), ("doubled", 1)]
    for (network, _), own, answer in zip(asked, inputs, found, strict=True):
        assert torch.equal(answer[0], own * (2 if network is doubled else 3)), (
            "everyone gets the rows of their pictures"
        )
        assert answer[0].untyped_storage().nbytes() == own.untyped_storage().nbytes(), "and keeps no one else's"


def test_no_more_share_a_pass_than_are_computed_together() -> None:
    busy, passes = threading.Event(), []

    def network(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        passes.append(len(inputs))
        return (inputs,)

    def other(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        passes.append(-len(inputs))
        return (inputs,)

    pictures = torch.zeros(1, 3, 2, 2)
    with ThreadPoolExecutor(6) as askers:
        askers.submit(run_inference, busy.wait)
        for number, asked in enumerate((network, network, network, other, network), start=1):
            askers.submit(run_network, asked, pictures, 2)
            while len(inference_executor._waiting) < number:
                time.sleep(0.001)
        busy.set()
    assert passes == [2, 2, -1], "and who came between waits for one such pass, not for all"


def test_who_shares_a_pass_lets_nobody_who_came_later_go_before_others() -> None:
    busy, order = threading.Event(), []

    def network(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        order.append(len(inputs))
        return (inputs,)

    pictures = torch.zeros(1, 3, 2, 2)

    def asked_again() -> None:
        run_network(network, pictures, 3)
        run_network(network, pictures, 3)

    with ThreadPoolExecutor(6) as askers:
        askers.submit(run_inference, busy.wait)
        for number in range(1, 4):
            askers.submit(asked_again)
            while len(inference_executor._waiting) < number:
                time.sleep(0.001)
        last = askers.submit(run_inference, lambda: order.append(0))
        while inference_executor._passes._work_queue.qsize() < 4:
            time.sleep(0.001)
        busy.set()
        last.result()
    assert order[:2] == [3, 0], "those three share a pass; then it is the turn of who came next"


def test_few_long_methods_work_at_a_time_and_who_pauses_holds_up_none() -> None:
    lock, at_work, most = threading.Lock(), 0, 0

    def steps() -> Iterator[int]:
        nonlocal at_work, most
        for step in range(3):
            with lock:
                at_work += 1
                most = max(most, at_work)
            time.sleep(0.02)
            with lock:
                at_work -= 1
            yield step

    paused = [take_turns(steps()) for _ in range(LONG_METHODS)]
    assert [next(method) for method in paused] == [0] * LONG_METHODS, "begun, and not gone on with"
    many = 3 * LONG_METHODS
    with ThreadPoolExecutor(many) as readers:
        assert list(readers.map(lambda _: list(take_turns(steps())), range(many))) == [[0, 1, 2]] * many
    assert most == LONG_METHODS


def test_methods_of_many_passes_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Iterator[Any]] = []

    def noted(steps: Iterator[Any]) -> Iterator[Any]:
        asked.append(steps)
        return steps

    monkeypatch.setattr(classifier, "take_turns", noted)
    model = registry.get("yolov8")
    model.explain(photo(64, 64, 0), "grad-cam")
    assert not asked, "one pass is no turn"
    next(model.explain_steps(photo(64, 64, 0), "rise"))
    assert len(asked) == 1


def test_a_picture_that_cannot_be_answered_costs_the_others_nothing() -> None:
    busy = threading.Event()

    def picky(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        if (inputs < 0).any():
            raise ValueError("a negative picture")
        return (inputs,)

    pictures = [torch.full((1, 3, 2, 2), value) for value in (1.0, -1.0, 2.0)]
    with ThreadPoolExecutor(4) as askers:
        askers.submit(run_inference, busy.wait)
        answers = []
        for picture in pictures:
            answers.append(askers.submit(run_network, picky, picture))
            while len(inference_executor._waiting) < len(answers):
                time.sleep(0.001)
        busy.set()
        assert torch.equal(answers[0].result()[0], pictures[0]) and torch.equal(answers[2].result()[0], pictures[2])
        with pytest.raises(ValueError, match="negative"):
            answers[1].result()


def test_who_shared_a_pass_is_answered_though_its_rows_cannot_be_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone: otherwise they would wait for ever."""

    def network(inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (inputs,)

    def no_memory(rows: torch.Tensor) -> torch.Tensor:
        raise MemoryError

    pictures = [torch.full((1, 3, 2, 2), value) for value in (1.0, 2.0)]
    asked = [inference_executor._Asked(network, picture, SHARED) for picture in pictures]
    monkeypatch.setattr(inference_executor, "_waiting", {one: Future() for one in asked})
    monkeypatch.setattr(torch.Tensor, "clone", no_memory)
    inference_executor._next_pass(asked[0])
    for picture, one in zip(pictures, asked, strict=True):
        assert torch.equal(one.answer.result(timeout=0)[0], picture)


@pytest.mark.parametrize("name", registry.MODELS)
def test_pictures_that_share_a_pass_are_answered_as_alone(name: str) -> None:
    model = registry.get(name)
    images = [photo(200 + 10 * number, 160, number) for number in range(3)]
    together = model.predict_all(images)
    for image, shared in zip(images, together, strict=True):
        alone = model.predict(image)
        assert shared.label == alone.label
        # bf16, where the processor has it, rounds at every layer
        tolerance = 0.02 if getattr(model, "bf16", False) else 1e-4
        assert shared.probabilities == pytest.approx(alone.probabilities, abs=tolerance)
