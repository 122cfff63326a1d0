"""One photo at a glance: each model's answer, and where it found it, from one pass through its network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from models.runtime import memory
from models.vision import gallery, prototype_explanation, registry, webp
from models.vision.overlay import OPACITY, overlay
from models.vision.predictions import Explanation, Prediction
from models.vision.prototype_explanation import PrototypeExplanation
from models.vision.uploads import read_upload

SIDE = 480  # px of the longer side of an overlay: twice what a card shows on most screens
OPENING = "laptop-0.webp"  # the example that the page begins with
QUICK_TO_READ = 1_000_000  # bytes: no example is larger


@dataclass(frozen=True)
class Glance:
    """One model's answer.

    Args:
        seen: its map, or for ProtoViT what it compared the photo with.
        overlay: the map laid over the photo, WebP as a data URI; empty for ProtoViT.
    """

    seen: Explanation | PrototypeExplanation
    overlay: str = ""

    @cached_property
    def prediction(self) -> Prediction:
        """What it answers."""
        return self.seen.prediction if isinstance(self.seen, Explanation) else self.seen.reasoning.prediction


def at_a_glance(path: Path | str) -> Iterator[tuple[Glance, ...]]:
    """The models' answers to one photo, first none, then one more each time, in the order of the registry.

    The answers to the examples are kept, and given at once: every visitor begins with one of them.

    Raises:
        InputError: the file is no readable picture.
        ModelUnavailable: no model's files are sound; where others are, one that cannot be loaded is left out.
    """
    digest = _digest(Path(path))
    kept = _kept.get(digest)
    if kept is not None and len(kept) == len(registry.available()):
        yield kept
        return
    answers: tuple[Glance, ...] = ()
    yield answers
    for model in registry.sound():
        answers += (_glance(path, model.name),)
        yield answers
    if digest in _examples():
        _kept[digest] = answers


def opening_example() -> Path | None:
    """The picture that the page begins with; None where there are no examples."""
    paths = [example.path for example in gallery.examples()]
    return next((path for path in paths if path.name == OPENING), paths[0] if paths else None)


def prepare() -> None:
    """Loads the models and answers the picture that the page begins with, so that its first visitor need not wait."""
    memory.page_out_libraries()  # by now all are loaded
    if (example := opening_example()) is not None:
        for _ in at_a_glance(example):
            pass
    memory.give_back()  # loading needs several times what is kept
    memory.page_out_libraries()


_kept: dict[str, tuple[Glance, ...]] = {}  # by the digest of the example


def _glance(path: Path | str, name: str) -> Glance:
    if name == prototype_explanation.MODEL:
        return Glance(prototype_explanation.explain_by_prototypes(path))
    upload = read_upload(path)
    explanation = registry.get(name).explain(upload.image)
    small = upload.image.copy()
    small.thumbnail((SIDE, SIDE))
    return Glance(explanation, webp.of_image(overlay(small, explanation.saliency, opacity=OPACITY), SIDE))


@cache
def _examples() -> frozenset[str]:
    return frozenset(filter(None, (_digest(example.path) for example in gallery.examples())))


def _digest(path: Path) -> str:
    """What tells an example from other files, wherever a copy of it stands; empty for what cannot be one."""
    if not path.is_file() or path.stat().st_size > QUICK_TO_READ:
        return ""
    return hashlib.sha256(path.read_bytes()).hexdigest()
