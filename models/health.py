"""Whether each model answers: a self-test of the shipped weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image

from models.credit.desk import desk
from models.errors import VitrineError
from models.vision import registry

PICTURE = Image.new("RGB", (64, 64), "white")


@dataclass(frozen=True)
class State:
    """One model.

    Attributes:
        model: its name, the folder below ``weights/``.
        revision: what tells these weights from others: the start of their SHA-256, or the count of trees.
        sound: whether the self-test was passed.
        reason: why not; empty where it was.
    """

    model: str
    revision: str
    sound: bool
    reason: str


def check_models() -> list[State]:
    """Every model that this version runs, each asked once."""
    return [_credit(), *(_classifier(name) for name in registry.built())]


def _credit() -> State:
    try:
        score = desk().score_application({})
    except VitrineError as error:
        return State("credit", "", False, str(error))
    total = score.base_value + math.fsum(item.contribution for item in score.contributions)
    sound = abs(total - score.log_odds) < 1e-6
    revision = f"{desk().model.booster.num_trees()} trees"
    return State("credit", revision, sound, "" if sound else "contributions do not add up to the score")


def _classifier(name: str) -> State:
    try:
        classifier = registry.get(name)
        probabilities = classifier.predict(PICTURE).probabilities
    except VitrineError as error:
        return State(name, "", False, str(error))
    sound = set(probabilities) == set(classifier.classes)
    return State(name, classifier.config["weights_sha256"][:12], sound, "" if sound else "other classes than expected")
