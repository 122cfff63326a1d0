"""One pass through a network at a time, all of them on one thread; who waits for the same network shares a pass.

A pass keeps every core busy. Passes at once wait for one another at each layer, and every thread that calls torch gets
a team of threads and a heap of its own, so that a busy app would be slower and larger for no gain. First come, first
served: a method of hundreds of passes, such as RISE, lets others in between two of its own. Pictures of several
visitors that wait for one network go through it together, which costs less than one after the other: as many as the
network computes together, since for more others would wait longer for no gain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import torch

Answer = TypeVar("Answer")
Step = TypeVar("Step")
Tensors = tuple[torch.Tensor, ...]

SHARED = 8  # pictures that share a pass, where the network says nothing else: more are hardly faster
AT_ONCE = SHARED + SHARED // 2  # photos to take up at a time: while some share a pass, the next are read
LONG_METHODS = 2  # methods of many passes, such as RISE, that work at a time: each step of one holds tens of pictures

_passes = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passes")
_long_methods = threading.BoundedSemaphore(LONG_METHODS)


@dataclass(frozen=True, eq=False)
class _Asked:
    """Pictures that wait for a network.

    Args:
        network: (B, 3, S, S) -> tensors of B rows each.
        inputs: (B, 3, S, S).
        at_a_time: pictures that the network computes together.
        answer: comes here.
    """

    network: Callable[[torch.Tensor], Tensors]
    inputs: torch.Tensor
    at_a_time: int
    answer: Future[Tensors] = field(default_factory=Future)


_waiting: dict[_Asked, Future[None]] = {}  # each with its turn, in the order in which they came
_lock = threading.Lock()


def start() -> None:
    """Starts the thread of the networks now: it, and those that it computes with, keep the priority of who calls."""
    run_inference(lambda: None)


def run_inference(work: Callable[[], Answer]) -> Answer:
    """Runs ``work`` on the one thread of the networks, after those who came before, and returns its result; ``work``
    must not call this again.
    """
    return _passes.submit(work).result()


def run_network(network: Callable[[torch.Tensor], Tensors], inputs: torch.Tensor, at_a_time: int = SHARED) -> Tensors:
    """Runs a network on some pictures, in one pass with others that wait for the same network, and returns what it
    answers to these.

    Args:
        network: (B, 3, S, S) -> tensors whose rows belong to the pictures; it treats each picture by itself.
        inputs: (B, 3, S, S).
        at_a_time: pictures that it computes together, so that it holds no more feature maps than theirs.

    Returns:
        The rows of these pictures, in memory of their own.
    """
    asked = _Asked(network, inputs, at_a_time)
    with _lock:
        _waiting[asked] = _passes.submit(_next_pass, asked)
    return asked.answer.result()


def take_turns(steps: Iterator[Step]) -> Iterator[Step]:
    """The steps of a method of many passes, at most ``LONG_METHODS`` such methods at work at a time.

    A turn ends with its step: a reader who is slow, or has gone without a word, keeps nobody waiting.
    """
    while True:
        with _long_methods:
            step = next(steps, None)
        if step is None:
            return
        yield step


def _next_pass(first: _Asked) -> None:
    """Serves who has waited longest, with those who wait for the same network: they need no turn of their own, which
    would let whoever came later pass by those who came before.
    """
    with _lock:
        del _waiting[first]
        together, pictures = [first], len(first.inputs)
        for asked in list(_waiting):
            if asked.network == first.network and pictures + len(asked.inputs) <= first.at_a_time:
                together.append(asked)
                pictures += len(asked.inputs)
                _waiting.pop(asked).cancel()
    if not _answer(together):  # whose picture was to blame shows when each goes alone
        for asked in together:
            _answer([asked])


def _answer(together: Sequence[_Asked]) -> bool:
    """One pass; whether all were answered. A single one is: with the error, where there was one."""
    try:
        inputs = torch.cat([asked.inputs for asked in together]) if len(together) > 1 else together[0].inputs
        parts = [together[0].network(part) for part in inputs.split(together[0].at_a_time)]
        found = tuple(map(torch.cat, zip(*parts, strict=True))) if len(parts) > 1 else parts[0]
        answers = [found] if len(together) == 1 else _shared_out(found, [len(asked.inputs) for asked in together])
    except BaseException as error:
        if len(together) > 1:
            return False
        together[0].answer.set_exception(error)
        return True
    for asked, answer in zip(together, answers, strict=True):
        asked.answer.set_result(answer)
    return True


def _shared_out(found: Tensors, counts: list[int]) -> list[Tensors]:
    """The rows of each who asked, of whose pictures there are so many, in memory of their own: a view would keep what
    belongs to the others in memory for as long as anyone looks at it.
    """
    return [tuple(rows.clone() for rows in own) for own in zip(*(part.split(counts) for part in found), strict=True)]
