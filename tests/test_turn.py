"""Work that had to wait while others were served gives way to what the visitor asked for after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from models.display.photos import faithfulness as faithfulness_display
from models.display.photos import glance_cards, prediction_cards
from models.display.photos import photo_batch as batch_display
from models.texts import ENGLISH
from models.vision import photo_batch, photos, registry
from tabs.photos.faithfulness import faithfulness_section
from tabs.photos.glance import Looked, glance_section
from tabs.photos.many import many_photos
from tabs.photos.saliency import saliency_section
from tabs.photos.uploaded_photo import UploadedPhoto
from tabs.turn import Turn

PHOTO = UploadedPhoto("photo.png", "photo.png")
WHOLE = f"{len(registry.available())} answers"


def event(page: gr.Blocks, section: str, name: str) -> Callable[..., Any]:
    """The function of an event of a page, by the module that it stands in."""
    place = (f"tabs.photos.{section}", name)
    (found,) = {each.fn for each in page.fns.values() if each.fn and (each.fn.__module__, each.fn.__name__) == place}
    return found


def is_over(steps: Iterator[tuple[Any, ...]]) -> bool:
    """Whether work ends without another word."""
    *changes, last = [*steps]
    return not changes and all(change == gr.skip() for change in last)


def test_a_map_that_waited_gives_way_to_the_one_chosen_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with gr.Blocks() as page:
        saliency_section(ENGLISH, gr.State())
    show = event(page, "saliency", "show")
    reading = SimpleNamespace(on_screen=lambda: "overlay", explanation=None)
    monkeypatch.setattr(photos, "explain_photo_steps", lambda *asked: (((0.5, reading)) for _ in range(9)))
    monkeypatch.setattr(prediction_cards, "caption", lambda *given: "")
    monkeypatch.setattr("tabs.photos.saliency.REDRAWN", 0)
    turn = Turn()
    for _ in range(2):
        turn.next()  # both were asked for before the first could begin
    first, second = (show(turn, PHOTO, "vgg16", method, "", "", 0.6) for method in ("rise", "grad-cam"))
    assert next(first)[0] == "overlay" and next(second)[0] == "overlay"
    assert is_over(first)
    assert next(second)[0] == "overlay"


@pytest.fixture
def glances(monkeypatch: pytest.MonkeyPatch) -> tuple[Callable[..., Any], list[str]]:
    """The event that looks at a photo, and the photos that the models are asked about."""
    with gr.Blocks() as page, gr.Tab() as tab:
        glance_section(ENGLISH, gr.State(), tab)
    asked: list[str] = []

    def at_a_glance(path: str) -> Iterator[tuple[Any, ...]]:
        asked.append(path)
        for count in range(len(registry.available()) + 1):
            yield (None,) * count

    monkeypatch.setattr("tabs.photos.glance.at_a_glance", at_a_glance)
    monkeypatch.setattr(glance_cards, "cards", lambda answers, texts: f"{len(answers)} answers")
    return event(page, "glance", "show"), asked


def test_a_photo_that_is_said_twice_to_have_come_is_classified_once(
    glances: tuple[Callable[..., Any], list[str]],
) -> None:
    show, asked = glances
    looked = Looked()
    first, second = show(looked, PHOTO), show(looked, PHOTO)
    next(first)
    assert [*second] == [gr.skip()]
    assert [*first][-1] == WHOLE and [*show(looked, PHOTO)] == [gr.skip()], "nor once it was answered"
    assert asked == [PHOTO.path]
    assert [*show(looked, None)] != [gr.skip()]
    assert [*show(looked, PHOTO)][-1] == WHOLE, "it was taken away and has come again"


def test_a_photo_whose_answer_broke_off_is_classified_again(glances: tuple[Callable[..., Any], list[str]]) -> None:
    show, asked = glances
    looked = Looked()
    first = show(looked, PHOTO)
    next(first)
    first.close()
    assert [*show(looked, PHOTO)][-1] == WHOLE and len(asked) == 2


def test_a_photo_that_is_still_classified_gives_way_to_the_next(glances: tuple[Callable[..., Any], list[str]]) -> None:
    show, asked = glances
    looked = Looked()
    first, second = show(looked, PHOTO), show(looked, UploadedPhoto("next.png", "next.png"))
    next(first), next(second)
    assert [*first] == [gr.skip()], "its cards would stand beside the next photo"
    assert [*second][-1] == WHOLE and asked == [PHOTO.path, "next.png"]
    assert looked.photo == UploadedPhoto("next.png", "next.png")


def test_files_that_waited_give_way_to_those_that_came_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with gr.Blocks() as page:
        many_photos(ENGLISH)
    classify = event(page, "many", "classify")
    batch = SimpleNamespace(rows=(), total=2)
    monkeypatch.setattr(photo_batch, "classify_steps", lambda paths: (batch for _ in range(9)))
    monkeypatch.setattr(batch_display, "progress", lambda *given: "")
    turn = Turn(2)
    first, second = classify(turn, ["a.png"]), classify(turn, ["b.png"])
    for steps in (first, second):
        next(steps)  # the last rows go
    assert is_over(first)
    assert next(second)[0] is batch


@pytest.mark.parametrize("changed_after", [False, True])
def test_a_measure_that_waited_is_not_of_the_map_that_came_after_it(
    monkeypatch: pytest.MonkeyPatch, changed_after: bool
) -> None:
    with gr.Blocks() as page:
        photo = gr.State()
        faithfulness_section(ENGLISH, photo, saliency_section(ENGLISH, photo))
    show = event(page, "faithfulness", "show")
    change = event(page, "faithfulness", "another_map")
    monkeypatch.setattr(photos, "assess", lambda *asked: (None, None))
    monkeypatch.setattr(faithfulness_display, "sentences", lambda *given: ["Measured."])
    monkeypatch.setattr(faithfulness_display, "curves", lambda *given: None)
    turn, asked, *_ = change(Turn())
    if changed_after:
        change(turn)
    words, _ = show(turn, asked, None, PHOTO, "vgg16", "grad-cam", "", "")
    assert ("Measured." in words) != changed_after
