"""A photo at a glance: each model's answer with where it found it, and what they agree on."""

from __future__ import annotations

import shutil
from dataclasses import replace
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from models.display.photos import glance_cards, prediction_cards
from models.errors import ModelUnavailable
from models.runtime import memory
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import glance, photos, registry, weights
from models.vision.glance import Glance, at_a_glance
from models.vision.predictions import CLASSES, Explanation
from models.vision.uploads import read_upload
from tabs.photos.glance import Looked, glance_section
from tabs.photos.uploaded_photo import UploadedPhoto
from tests.factories import photo
from tests.test_photos import explained

ROOT = Path(__file__).parents[1]


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


def test_what_loading_needed_goes_back_once_the_first_example_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    monkeypatch.setattr(glance, "at_a_glance", lambda path: iter(steps.append("answered") or ()))
    monkeypatch.setattr(memory, "give_back", lambda: steps.append("heaps"))
    monkeypatch.setattr(memory, "page_out_libraries", lambda: steps.append("libraries"))
    glance.prepare()
    assert steps == ["libraries", "answered", "heaps", "libraries"]


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


@pytest.fixture
def damaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The weights, VGG16's with another last byte."""
    folder = tmp_path / "weights"
    shutil.copytree(weights.FOLDER, folder)
    file = folder / "vgg16" / weights.WEIGHTS
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    monkeypatch.setattr(weights, "FOLDER", folder)
    for name in ("_loaded", "_trouble"):
        monkeypatch.setattr(registry, name, {})
    return folder


def test_a_damaged_model_says_so_and_the_others_answer(damaged: Path, tmp_path: Path) -> None:
    path = tmp_path / "disc.png"
    photo(320, 240).save(path)
    *_, answers = at_a_glance(path)
    others = [name for name in registry.available() if name != "vgg16"]
    assert [one.prediction.model for one in answers] == others
    trouble = registry.trouble("vgg16")
    assert trouble is not None and trouble.key == "weights_altered"
    html = glance_cards.cards(answers, FRENCH)
    assert escape(trouble.message(FRENCH)) in html and "vt-waiting" not in html and "vt-agreement" in html
    assert list(photos.classify(path, [])["models"]) == others
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        photos.classify(path, ["vgg16"])


def test_where_no_model_is_sound_each_card_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "weights"
    for name in registry.available():
        (folder / name).mkdir(parents=True)
        for file in (weights.CONFIG, weights.WEIGHTS):
            (folder / name / file).write_text("{}")
    monkeypatch.setattr(weights, "FOLDER", folder)
    for name in ("_loaded", "_trouble"):
        monkeypatch.setattr(registry, name, {})
    path = tmp_path / "disc.png"
    photo(320, 240).save(path)
    with gr.Blocks() as page, gr.Tab() as tab:
        glance_section(FRENCH, gr.State(), tab)
    (show,) = [function.fn for function in page.fns.values()]
    shown = []
    with pytest.raises(gr.Error):
        for html in show(Looked(), UploadedPhoto(str(path), str(path))):
            shown.append(html)
    assert "vt-waiting" in shown[0] and "vt-waiting" not in shown[-1]
    assert all(escape(registry.trouble(name).message(FRENCH)) in shown[-1] for name in registry.available())


def test_the_place_of_most_evidence_is_that_of_the_map(seen: tuple[Glance, ...]) -> None:
    """The card and the detail of a photo say it of the same map, for ProtoViT that of all its points."""
    example = glance.opening_example()
    for one in seen:
        drawn = registry.get(one.prediction.model).explain(read_upload(example).image)
        assert np.allclose(one.seen.saliency, drawn.saliency, atol=1e-3)
        fine = np.asarray(Image.fromarray(drawn.saliency).resize((630, 630), Image.Resampling.NEAREST))
        ninths = fine.reshape(3, 210, 3, 210).sum((1, 3))
        place = ENGLISH(f"images.places.{prediction_cards.PLACES[int(ninths.argmax())]}")
        assert ENGLISH("images.warmest", place=place) in glance_cards.cards((one,), ENGLISH)


def test_a_model_whose_files_are_repaired_answers_again(damaged: Path) -> None:
    with pytest.raises(ModelUnavailable):
        registry.get("vgg16")
    shutil.copy(ROOT / "weights" / "vgg16" / weights.WEIGHTS, damaged / "vgg16" / weights.WEIGHTS)
    assert [model.name for model in registry.sound()] == list(registry.available())
    assert registry.trouble("vgg16") is None


def test_without_any_model_it_is_said_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    for name in ("_loaded", "_trouble"):
        monkeypatch.setattr(registry, name, {})
    with pytest.raises(ModelUnavailable, match="train"):
        registry.chosen([])


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
