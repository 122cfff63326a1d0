"""The self-test of the models: each is asked, and many who ask are told the same; ``test_runtime.py`` has the rest."""

from __future__ import annotations

import hashlib
import math
from types import SimpleNamespace

import pytest

from models import results
from models.runtime import health, hub
from models.vision import registry


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> dict[str, SimpleNamespace]:
    """Two classifiers, one of which answers with classes that it does not have."""

    def classifier(*answers: str) -> SimpleNamespace:
        answer = SimpleNamespace(probabilities=dict.fromkeys(answers, 0.5))
        return SimpleNamespace(
            classes=("a", "b"), predict=lambda _: answer, config={"weights_sha256": "0123456789abcdef"}
        )

    made = {"sound": classifier("b", "a"), "confused": classifier("a")}
    monkeypatch.setattr(registry, "MODELS", tuple(made))
    monkeypatch.setattr(registry, "get", made.__getitem__)
    monkeypatch.setattr(hub, "origin", lambda name: None)
    monkeypatch.setattr(hub, "note", lambda name: None)
    monkeypatch.setattr(health, "_last", (-math.inf, []))
    return made


def test_every_model_is_asked() -> None:
    credit, sound, confused = health.check_models()
    assert (credit.model, credit.revision, credit.origin) == ("credit", "local", "weights/credit")
    assert credit.sound and credit.reason == "" and credit.note == ""
    model = results.WEIGHTS / "credit" / "model.txt"
    assert credit.weights == hashlib.sha256(model.read_bytes()).hexdigest()[:12]
    assert (sound.model, sound.weights, sound.sound, sound.reason) == ("sound", "0123456789ab", True, "")
    assert (confused.model, confused.sound, confused.reason) == ("confused", False, "other classes than expected")


def test_many_who_ask_are_told_what_one_was(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    asked = []
    monkeypatch.setattr(health, "monotonic", lambda: now[0])
    monkeypatch.setattr(health, "_check_models", lambda: asked.append(now[0]) or ["state"])
    for later in (0.0, 15.0, 14.9):
        now[0] += later
        assert health.check_models() == ["state"]
    assert asked == [1000.0]
    now[0] += 0.2
    health.check_models()
    assert asked == [1000.0, pytest.approx(1030.1)]
