"""Whether each model answers, and where it came from."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic

from PIL import Image

from models.credit.service import credit_service
from models.errors import VitrineError
from models.runtime import hub
from models.texts import ENGLISH
from models.vision import registry

PICTURE = Image.new("RGB", (64, 64), "white")
DIGITS = 12  # of a SHA-256
FRESH = 30.0  # seconds that the answers of a self-test are given again: many may ask, the networks work once


@dataclass(frozen=True)
class State:
    """One model.

    Attributes:
        model: its name, the folder below ``weights/``.
        revision: the commit on the Hub that it was loaded from, or "local".
        origin: the repository on the Hub, or the folder of the local copy.
        weights: what tells these weights from others: the start of their SHA-256.
        sound: whether the self-test was passed.
        reason: why not; empty where it was.
        note: why the local copy is used although the Hub is configured, or that the Hub's weights are not those that
            were measured; empty where neither is so.
    """

    model: str
    revision: str
    origin: str
    weights: str
    sound: bool
    reason: str
    note: str


_testing = threading.Lock()
_last: tuple[float, list[State]] = (-math.inf, [])  # when they were last tested, on the monotonic clock, and how


def check_models() -> list[State]:
    """Every model that this version runs, each asked once; or what came of that at most ``FRESH`` seconds ago."""
    global _last
    with _testing:  # whoever comes while it runs waits for the same answers
        asked, states = _last
        if monotonic() - asked > FRESH:
            asked, states = monotonic(), _check_models()
            _last = asked, states
        return list(states)


def _check_models() -> list[State]:
    tests: dict[str, Callable[[], tuple[str, str]]] = {"credit": _credit} | {
        name: partial(_classifier, name) for name in registry.MODELS
    }
    return [_state(name, test) for name, test in tests.items()]


def _state(name: str, test: Callable[[], tuple[str, str]]) -> State:
    try:
        weights, reason = test()
    except VitrineError as error:
        weights, reason = "", str(error)
    pin, note = hub.origin(name), hub.note(name)  # asked after the test, which may have loaded the model
    return State(
        model=name,
        revision=pin.revision if pin else "local",
        origin=pin.repo if pin else f"weights/{name}",
        weights=weights,
        sound=not reason,
        reason=reason,
        note=note.message(ENGLISH) if note else "",
    )


def _credit() -> tuple[str, str]:
    credit = credit_service()
    score = credit.score_application({})
    total = score.base_value + math.fsum(item.contribution for item in score.contributions)
    sound = abs(total - score.log_odds) < 1e-6
    return credit.sha256["model"][:DIGITS], "" if sound else "contributions do not add up to the score"


def _classifier(name: str) -> tuple[str, str]:
    classifier = registry.get(name)
    sound = set(classifier.predict(PICTURE).probabilities) == set(classifier.classes)
    return classifier.config["weights_sha256"][:DIGITS], "" if sound else "other classes than expected"
