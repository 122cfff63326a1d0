"""From an upload to what the page and programs receive: overlays drawn when they are looked at, at the right size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from models.display.pages.method import facts
from models.display.photos.faithfulness import curves, sentences
from models.errors import InputError
from models.texts import ENGLISH, FRENCH
from models.vision import photos, registry
from models.vision.faithfulness import Curve, Faithfulness
from models.vision.overlay import OPACITY, overlay
from models.vision.predictions import CLASSES, Explanation, Prediction
from models.vision.rise import MASKS
from tests.factories import photo

STEPS = 20


def explained(contrast_class: str | None = None, share: float = 1.0) -> Explanation:
    probabilities = dict.fromkeys(CLASSES, 0.0) | {CLASSES[0]: 0.75, CLASSES[1]: 0.25}
    prediction = Prediction("fake", CLASSES[0], probabilities, 0.1)
    saliency = np.linspace(0, share, 49, dtype=np.float32).reshape(7, 7)
    return Explanation(prediction, CLASSES[0], contrast_class, "rise", "", saliency, 0.2, True)


class Slow:
    """A model whose map takes many steps."""

    name, classes, default_method, methods = "fake", CLASSES, "rise", ("rise",)

    def predict(self, image: Image.Image) -> Prediction:
        return explained().prediction

    def explain_steps(self, *_: Any) -> Iterator[tuple[float, Explanation]]:
        for step in range(1, STEPS + 1):
            yield step / STEPS, explained(share=step / STEPS)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "get", lambda name: Slow())


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    photo(3000, 1500).save(path)
    return path


@pytest.mark.parametrize("size", [(7, 7), (640, 480), (301, 777)])
def test_a_map_is_enlarged_as_a_whole_though_it_is_laid_over_in_bands(size: tuple[int, int]) -> None:
    saliency = np.random.default_rng(0).random((9, 11), dtype=np.float32)
    large = cv2.resize(saliency, size, interpolation=cv2.INTER_CUBIC)
    whole = np.rint(np.clip(large * 255, 0, 255)).astype(np.uint8)
    expected = cv2.cvtColor(cv2.applyColorMap(whole, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB).astype(int)
    alone = np.asarray(overlay(Image.new("RGB", size), saliency, opacity=1))
    assert np.abs(alone - expected).max() <= 4  # a level more or less
    image = photo(*size)
    half = np.asarray(overlay(image, saliency, opacity=0.5)).astype(int)
    assert np.abs(half - (np.asarray(image).astype(int) + expected) / 2).max() <= 4


def test_overlays_are_drawn_when_they_are_looked_at(slow: None, upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def counted(image: Image.Image, *arguments: Any, **options: Any) -> Image.Image:
        drawn.append(image.size)
        return overlay(image, *arguments, **options)

    monkeypatch.setattr(photos, "overlay", counted)
    steps = list(photos.explain_photo_steps(upload, "fake"))
    assert len(steps) == STEPS and not drawn
    last = steps[-1][1]
    assert last.overlay.size == (3000, 1500) and last.overlay is last.overlay
    assert len(drawn) == 1


def test_the_page_gets_pictures_of_the_size_of_a_screen(slow: None, upload: Path) -> None:
    shown, laid_over = photos.explain_photo(upload, "fake").on_screen()
    assert shown.size == laid_over.size == (photos.SCREEN_SIDE, photos.SCREEN_SIDE // 2)
    again = photos.recompose_overlay(upload, explained().saliency, OPACITY)
    assert again[1].tobytes() == laid_over.tobytes()


def test_an_overlay_for_programs_is_bounded(slow: None, upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "OVERLAY_MEGAPIXELS", 1)
    width, height = photos.explain_photo(upload, "fake").overlay.size
    assert 0.99e6 < width * height <= 1e6 and width == pytest.approx(2 * height, abs=2)


def test_a_cut_photo_is_answered_with_a_note(slow: None, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    photo(64, 64).save(path)
    assert "note" not in photos.classify(path, ["vgg16"])
    path.write_bytes(path.read_bytes()[:-2])
    assert photos.classify(path, ["vgg16"])["note"] == ENGLISH("images.cut_short")


def test_models_are_named_as_one_likes_and_once(upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(registry, "get", lambda name: asked.append(name) or Slow())
    photos.classify(upload, ["VGG-16", "vgg16", "YOLO v8"])
    assert asked == ["vgg16", "yolov8"]


def test_faithfulness_says_which_two_classes_were_compared() -> None:
    curve = Curve((0.0, 1.0), (1.0, 0.0))
    measured = Faithfulness(curve, curve, 0.3)
    for texts in (ENGLISH, FRENCH):
        alone, two = explained(), explained(CLASSES[1])
        assert curves(alone, measured, texts).layout.yaxis.title.text == texts("images.trust.probability")
        assert curves(two, measured, texts).layout.yaxis.title.text == texts("images.trust.of_two")
        said = sentences(two, measured, texts)
        assert (
            texts(f"images.classes.{CLASSES[1]}") in said[0] and len(said) == len(sentences(alone, measured, texts)) + 1
        )
        assert texts("images.trust.road_approximate") in said


def test_the_map_that_is_shown_is_judged_and_no_other(upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Any] = []
    anew = replace(explained(), saliency=np.ones((4, 4), np.float32))
    model = SimpleNamespace(explain=lambda *_: anew)
    monkeypatch.setattr(registry, "get", lambda name: model)
    monkeypatch.setattr(photos.faithfulness, "judge", lambda *given: judged.append(given[3]))
    shown = explained(CLASSES[1])
    asked = (shown.prediction.model, shown.method)
    assert photos.assess(upload, *asked, shown.target, CLASSES[1], shown)[0] is shown
    assert photos.assess(upload, *asked, "", CLASSES[1], shown)[0] is shown, "the predicted class"
    others = [("other", shown.method, "", CLASSES[1]), (asked[0], "other", "", CLASSES[1]), (*asked, "", "")]
    for other in [*others, (*asked, CLASSES[2], CLASSES[1])]:
        assert photos.assess(upload, *other, shown)[0] is anew
    assert photos.assess(upload, *asked, "", CLASSES[1])[0] is anew
    assert [saliency is shown.saliency for saliency in judged] == [True, True, *[False] * 5]


def test_the_method_note_counts_the_masks() -> None:
    assert facts(ENGLISH)["rise_masks"] == str(MASKS)
    for texts in (ENGLISH, FRENCH):
        assert f"{texts.number(MASKS)} " in texts("method.explanations.text", **facts(texts))


def test_a_wrong_name_in_a_list_of_models_is_told_by_the_list_s_own_name() -> None:
    with pytest.raises(InputError, match=r"^models: 'resnet' is not a model"):
        registry.chosen(["vgg16", "resnet"])
