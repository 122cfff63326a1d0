"""A photo at a glance: each model's answer with where it found it, and what they agree on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from models.display.photos import glance_cards
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import glance, registry
from models.vision.glance import Glance, at_a_glance
from models.vision.predictions import CLASSES, Explanation
from tests.factories import photo
from tests.test_photos import explained


@pytest.fixture(scope="module")
def seen() -> tuple[Glance, ...]:
    example = glance.opening_example()
    assert example is not None
    *_, answers = at_a_glance(example)
    return answers


def test_the_page_begins_with_an_example_whose_answer_is_kept(
    seen: tuple[Glance, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [one.prediction.model for one in seen] == list(registry.available())
    monkeypatch.setattr(glance, "_glance", lambda path, name: pytest.fail("it was answered before"))
    copy = tmp_path / "copy.webp"
    copy.write_bytes(glance.opening_example().read_bytes())
    assert list(at_a_glance(copy)) == [seen], "known by what it holds, wherever it stands"


def test_any_other_photo_is_answered_model_by_model(tmp_path: Path) -> None:
    path = tmp_path / "disc.png"
    photo(320, 240).save(path)
    steps = list(at_a_glance(path))
    assert [len(step) for step in steps] == list(range(len(registry.available()) + 1))
    for one in steps[-1]:
        assert one.prediction.label in CLASSES
        assert isinstance(one.seen, Explanation) == one.overlay.startswith("data:image/webp;base64,")
    assert not next(iter(at_a_glance(path))), "it is not kept"


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_every_card_shows_its_answer_with_its_overlay(seen: tuple[Glance, ...], texts: Texts) -> None:
    html = glance_cards.cards(seen, texts)
    for one, card in zip(seen, html.split("<article")[1:], strict=True):
        assert texts(f"images.models.{one.prediction.model}") in card
        assert texts(f"images.classes.{one.prediction.label}").replace("&", "&amp;") in card
        assert f'data-model="{one.prediction.model}"' in card and "aria-label" in card
        if isinstance(one.seen, Explanation):
            assert one.overlay in card
        else:
            assert card.count('class="vt-like"') == glance_cards.LIKENESSES and 'class="vt-part"' in card


def test_cards_that_are_still_to_come_have_their_place(seen: tuple[Glance, ...]) -> None:
    html = glance_cards.cards(seen[:1], ENGLISH)
    assert html.count("<article") == len(registry.available())
    assert html.count("vt-waiting") == len(registry.available()) - 1
    assert "vt-agreement" not in html


def of(label: str, corner: int) -> Glance:
    saliency = explained().saliency * 0
    saliency[corner, corner] = 1
    told = explained()
    probabilities = dict.fromkeys(CLASSES, 0.0) | {label: 1.0}
    prediction = replace(told.prediction, model="vgg16", label=label, probabilities=probabilities)
    return Glance(replace(told, prediction=prediction, saliency=saliency))


def test_what_they_say_and_where_they_looked_is_said() -> None:
    both = glance_cards.summary((of(CLASSES[0], 0), of(CLASSES[0], 0)), ENGLISH)
    assert both == f"Both models agree: {CLASSES[0]}. Most evidence, for each of them: top left."
    apart = glance_cards.summary((of(CLASSES[0], 0), of(CLASSES[6], 6)), ENGLISH)
    assert apart.startswith("The models disagree") and CLASSES[6] in apart
    assert apart.endswith("Most evidence: top left (VGG16); bottom right (VGG16).")
    nothing = replace(of(CLASSES[0], 0).seen, saliency=explained().saliency * 0)
    assert "evidence" not in glance_cards.summary((Glance(nothing),), ENGLISH)
