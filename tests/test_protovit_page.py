"""This looks like that: what the page draws and says of ProtoViT's reasoning, and what programs receive.

A small model with made pictures stands in for the trained one: none of this depends on what was learnt.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from models.display.common.names import class_name
from models.display.photos import glance_cards, prediction_cards, prototype_cards
from models.display.photos.annotated_image import annotate, parts_alt
from models.errors import InputError
from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import photos, prototype_explanation, registry, webp
from models.vision.calibration import Calibration
from models.vision.glance import Glance
from models.vision.predictions import CLASSES
from models.vision.prototype_explanation import PrototypeExplanation
from models.vision.prototypes import FILE, field, read_prototypes
from models.vision.protovit import ProtoVit
from tabs.photos.prototypes import prototypes_section
from tabs.photos.uploaded_photo import UploadedPhoto
from tests.browser import PATIENCE, Profiles
from tests.factories import photo
from tests.pictures import picture

ENCODER = {
    "model_type": "timm_wrapper",
    "architecture": "vit_tiny_patch16_224",
    "model_args": {"img_size": 48, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2},
    "do_pooling": False,
}
A_CLASS, PARTS, GRID = 7, 4, 6
COUNT = A_CLASS * len(CLASSES)
SWITCHED_OFF = 3  # this prototype's last part


def write_prototypes(folder: Path) -> None:
    patches = [7, 8, 13, 14]
    pictures = {}

    def piece(label: int, seed: int) -> dict:
        name = f"made_{label}-{seed}.webp"
        image = picture(label, seed)
        pictures[name] = {"width": image.width, "height": image.height, "image": webp.of_image(image, 256)}
        return {"source": name, "shows": CLASSES[label], "patches": patches}

    entries = [
        {
            "prototype": number,
            "class": CLASSES[number // A_CLASS],
            "active": [True, True, True, number != SWITCHED_OFF],
            "similarity": 0.95,
            **piece(number // A_CLASS, number % A_CLASS),
            "nearest": [{"similarity": 0.9 - seed / 10, **piece(number // A_CLASS, 5 + seed)} for seed in range(3)],
        }
        for number in range(COUNT)
    ]
    (folder / FILE).write_text(json.dumps({"grid": GRID, "prototypes": entries, "pictures": pictures}))


@pytest.fixture(scope="module", autouse=True)
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtoVit]:
    """The model that the app answers with in these tests."""
    folder = tmp_path_factory.mktemp("protovit")
    write_prototypes(folder)
    torch.manual_seed(0)
    network = ProtoViTForImageClassification(
        ProtoViTConfig(
            ENCODER, A_CLASS, PARTS, projection=8, concentration=3.0, id2label=dict(enumerate(CLASSES)), label2id={}
        )
    )
    with torch.no_grad():
        network.head.prototypes.normal_()
        network.head.strength.normal_()
        network.head.slots[SWITCHED_OFF, -1] = -1
    config = {"classes": CLASSES, "preprocessing": {"size": 48, "mean": [0.5] * 3, "std": [0.2] * 3}}
    made = ProtoVit(config, network, read_prototypes(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry._loaded, "protovit", made)
        yield made


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "product.png"
    pixels = np.random.default_rng(3).integers(0, 255, (90, 150, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture(scope="module")
def read(model: ProtoVit, upload: Path) -> PrototypeExplanation:
    return prototype_explanation.explain_by_prototypes(upload)


class Page(HTMLParser):
    """The elements of a piece of HTML: name, attributes, and the text that follows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, name: str, **wanted: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a name that has those wanted."""
        return [has for tag, has in self.found if tag == name and wanted.items() <= has.items()]

    @property
    def text(self) -> str:
        return re.sub(r"[ \n]+", " ", " ".join(self.words))


def articles(html: str) -> list[str]:
    return re.findall(r"<article.*?</article>", html, re.DOTALL)


def rows(html: str) -> list[str]:
    return re.findall(r"<li>.*?</li>", html, re.DOTALL)


def pictures(html: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", html, re.DOTALL)


def switches(html: str) -> list[dict]:
    """The buttons that take prototypes out or put them back."""
    pattern = r'data-key="(.*?)" data-next="(.*?)" data-without="(.*?)" aria-label="(.*?)" .*?>(.*?)</button>'
    found = [map(unescape, button) for button in re.findall(pattern, html)]
    return [
        {"key": key, "next": after, "without": json.loads(without), "label": label, "text": text}
        for key, after, without, label, text in found
    ]


def drawn(svg: str) -> list[tuple[str, ...]]:
    """The boxes in a drawing: x, y, width, height, colour."""
    pattern = r'class="vt-part" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" stroke="(#\w+)"'
    return re.findall(pattern, svg)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_what_a_column_shows_adds_up_to_the_logit_that_it_shows(read: PrototypeExplanation, texts: Texts) -> None:
    cases = articles(prototype_cards.reasoning(read, texts))
    assert len(cases) == 2
    for case, html in zip(read.reasoning.class_evidence, cases, strict=True):
        rows_points = re.findall(r"= <strong>(.*?)</strong>", html)
        rest, logit, probability = re.findall(r"<dd>(.*?)</dd>", html)
        assert len(rows_points) == prototype_cards.SHOWN and len(case.evidence) == A_CLASS
        assert texts("prototypes.rest.many", count=A_CLASS - prototype_cards.SHOWN) in Page(html).text
        total = sum(texts.read_number(points.lstrip("+")) for points in [*rows_points, rest])
        assert total == pytest.approx(texts.read_number(logit), abs=1e-9)
        assert texts.read_number(logit) == pytest.approx(case.total, abs=0.005 + 1e-9)
        assert probability == texts.percent(read.reasoning.prediction.probabilities[case.label])


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_similarity_times_weight_is_what_stands_beside_it(read: PrototypeExplanation, texts: Texts) -> None:
    html = prototype_cards.reasoning(read, texts)
    products = re.findall(r'vt-product">(\S+) × (\S+) = <strong>(.*?)<', html)
    assert len(products) == 2 * prototype_cards.SHOWN
    for factors in products:
        similarity, weight, points = (texts.read_number(number.lstrip("+")) for number in factors)
        assert round(similarity * weight, 2) == points, "to the last decimal that is written"


def test_a_similarity_times_a_large_weight_is_what_stands_beside_it(read: PrototypeExplanation) -> None:
    case, other = read.reasoning.class_evidence
    heavy = replace(case.evidence[0], similarity=0.10951, weight=12.331, points=0.10951 * 12.331)
    cases = (replace(case, evidence=(heavy,)), other)
    html = prototype_cards.reasoning(replace(read, reasoning=replace(read.reasoning, class_evidence=cases)), ENGLISH)
    assert "0.10951 × 12.331 = <strong>+1.35</strong>" in html  # and 0.110 × 12.331 would be 1.36
    near = replace(case.evidence[0], similarity=0.0689533, weight=12.40003, points=0.0689533 * 12.40003)
    assert prototype_cards._factors(near, ENGLISH) == ("0.068953", "12.4000"), "0.06895 × 12.400 would be 0.85"


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_what_rounding_leaves_of_few_rows_is_a_line_of_its_own(read: PrototypeExplanation, texts: Texts) -> None:
    case = read.reasoning.class_evidence[0]
    thirds = tuple(replace(evidence, points=1 / 3) for evidence in case.evidence[:3])
    assert prototype_cards.rest(replace(case, total=1.0, evidence=thirds), texts) == (
        texts("images.rounding"),
        texts.signed(0.01),
    )
    assert prototype_cards.rest(replace(case, total=0.66, evidence=thirds[:2]), texts) is None


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_closest_class_of_a_foreign_photo_is_not_said_to_be_the_answer(
    read: PrototypeExplanation, texts: Texts
) -> None:
    prediction = replace(read.reasoning.prediction, none_of_these=True)
    said = prototype_cards.sentence(replace(read, whole=replace(read.whole, prediction=prediction)), texts)
    label = class_name(prediction.label, texts)
    assert said.startswith(texts("images.closest", label=label))
    assert {ENGLISH: "The model answers", FRENCH: "Le modèle répond"}[texts] not in said


def test_a_photo_is_not_judged_foreign_without_some_of_the_prototypes(
    model: ProtoVit, read: PrototypeExplanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thresholds were measured with all of them."""
    foreign = Calibration("energy", threshold=1e9, smallest_probability=0.1, level=0.9)
    monkeypatch.setattr(model, "calibration", foreign)
    assert model.reasoning(read.found, read.size).prediction.none_of_these is True
    changed = prototype_explanation.leave_out(read, [0])
    assert changed.reasoning.prediction.calibrated() == {}
    assert "foreign" not in prototype_cards.sentence(changed, ENGLISH)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_blank_photo_has_no_place_that_speaks_for_anything(
    model: ProtoVit, read: PrototypeExplanation, texts: Texts
) -> None:
    found = replace(read.found, cosines=torch.zeros_like(read.found.cosines))
    reasoning = model.reasoning(found, read.size)
    assert not any(evidence.boxes for case in reasoning.class_evidence for evidence in case.evidence)
    assert not model.evidence_map(found, reasoning.prediction.label).any()
    said = prototype_cards.sentence(replace(read, reasoning=reasoning, whole=reasoning), texts)
    assert said == texts("prototypes.answer.blank", label=class_name(reasoning.prediction.label, texts))
    html = prototype_cards.reasoning(replace(read, reasoning=reasoning, whole=reasoning), texts)
    assert texts("prototypes.parts_alt_none") in html


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_what_rests_on_nothing_is_not_shown_as_a_likeness(
    model: ProtoVit, read: PrototypeExplanation, texts: Texts
) -> None:
    """Neither in the detail nor on the card, and what is written still adds up."""
    found = replace(read.found, cosines=torch.zeros_like(read.found.cosines))
    reasoning = model.reasoning(found, read.size, COUNT)
    blank = replace(read, reasoning=reasoning, whole=reasoning)
    html = prototype_cards.reasoning(blank, texts)
    for shown in (html, glance_cards.cards((Glance(blank),), texts)):
        assert texts("prototypes.looks_like") not in shown
        assert not re.search('class="vt-(row|part|like|without)"', shown)
    assert texts("prototypes.hint") not in html and texts("prototypes.without.hint") not in html
    assert html.count(texts("prototypes.case.unlike")) == len(reasoning.class_evidence)
    for case in reasoning.class_evidence:
        total = texts.signed(round(case.total, prototype_cards.DECIMALS), prototype_cards.DECIMALS)
        assert prototype_cards.rest(case, texts) == (texts.count("prototypes.rest.unlike", A_CLASS), total)


def test_one_prototype_that_was_compared_with_nothing_leaves_its_place_to_the_next(
    model: ProtoVit, read: PrototypeExplanation
) -> None:
    """Of a photo that is blank in part: the others stand as they did, and it counts among those not shown."""
    before = read.reasoning.class_evidence[0]
    first = before.evidence[0]
    cosines = read.found.cosines.clone()
    cosines[0, first.prototype] = 0.0
    case = model.reasoning(replace(read.found, cosines=cosines), read.size, COUNT).class_evidence[0]
    assert case.likenesses == before.evidence[1:] and case.evidence[0] == replace(first, boxes=(), field=())
    written = sum(round(evidence.points, prototype_cards.DECIMALS) for evidence in case.likenesses[:5])
    text, points = prototype_cards.rest(case, ENGLISH) or ("", "")
    assert text == ENGLISH("prototypes.rest.many", count=str(A_CLASS - 5))
    assert float(points.replace("\u2212", "-")) == pytest.approx(round(case.total, 2) - written, abs=0.011)


def test_programs_are_told_that_a_photo_is_blank(tmp_path: Path, model: ProtoVit) -> None:
    path = tmp_path / "white.png"
    Image.new("RGB", (60, 60), "white").save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model.network.config, "blank", 0.1)
        answer = prototype_explanation.reason(path, 5)
    assert answer["note"] == ENGLISH("prototypes.answer.blank", label=answer["label"])
    assert not any(item["image_boxes"] for case in answer["classes"].values() for item in case["evidence"])


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_photo_that_is_compared_with_itself_is_said_to_be(read: PrototypeExplanation, texts: Texts) -> None:
    case, other = read.reasoning.class_evidence
    assert texts("prototypes.answer.itself") not in prototype_cards.sentence(read, texts)
    itself = replace(case, evidence=(replace(case.evidence[0], similarity=0.99999), *case.evidence[1:]))
    own = replace(read, reasoning=replace(read.reasoning, class_evidence=(itself, other)))
    assert texts("prototypes.answer.itself") in prototype_cards.sentence(own, texts)


def test_a_button_pressed_while_another_photo_comes_is_about_that_one(upload: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    picture(3).save(other)
    with gr.Blocks() as page:
        prototypes_section(ENGLISH, gr.State())
    functions = {function.name: function.fn for function in page.fns.values()}
    first, second = (UploadedPhoto(str(path), str(path)) for path in (upload, other))
    last, _ = functions["show"](first)
    event = gr.EventData(None, {"without": [0]})
    compared, _ = functions["leave_out"](second, last, event)
    assert compared.photo == second
    assert compared.explanation.photo == prototype_explanation.explain_by_prototypes(other).photo


def test_the_runner_up_stands_beside_the_answer(read: PrototypeExplanation) -> None:
    predicted, runner_up = read.reasoning.class_evidence
    ranked = sorted(read.reasoning.logits, key=lambda name: -read.reasoning.logits[name])
    assert [predicted.label, runner_up.label] == ranked[:2]
    first, second = articles(prototype_cards.reasoning(read, ENGLISH))
    assert predicted.label in Page(first).text and runner_up.label in Page(second).text


def test_both_pictures_of_a_row_mark_the_same_parts_in_the_same_colours(read: PrototypeExplanation) -> None:
    for case, html in zip(
        read.reasoning.class_evidence, articles(prototype_cards.reasoning(read, ENGLISH)), strict=True
    ):
        for evidence, row in zip(case.evidence, rows(html), strict=False):
            whole, detail, known, known_detail = pictures(row)
            boxes = [tuple(map(int, found[:4])) for found in drawn(whole)]
            assert [(x, y, x + width, y + height) for x, y, width, height in boxes] == list(evidence.boxes)
            assert drawn(whole) == drawn(detail) and drawn(known) == drawn(known_detail)
            colours = [found[4] for found in drawn(whole)]
            assert colours == [found[4] for found in drawn(known)] and len(set(colours)) == len(colours)
            numbers = [re.findall(r"<text.*?>(\d)</text>", picture) for picture in (detail, known_detail)]
            assert numbers[0] == numbers[1] == [str(number + 1) for number in range(len(boxes))]


def test_a_part_that_is_switched_off_has_no_box(model: ProtoVit, read: PrototypeExplanation) -> None:
    others = [number for number in range(COUNT) if model.prototypes[number].label != CLASSES[0]]
    (case, *_) = prototype_explanation.leave_out(read, others).reasoning.class_evidence
    assert len(case.evidence) == A_CLASS
    for evidence in case.evidence:
        expected = PARTS - (evidence.prototype == SWITCHED_OFF)
        assert len(evidence.boxes) == len(model.prototypes[evidence.prototype].piece.boxes) == expected


def test_each_row_can_be_reached_and_lights_its_own_boxes(read: PrototypeExplanation) -> None:
    html = prototype_cards.reasoning(read, ENGLISH)
    page = Page(html)
    keys = [row["data-row"] for row in page.all("div", tabindex="0")]
    assert len(set(keys)) == len(keys) == 2 * prototype_cards.SHOWN
    lit = dict(re.findall(r'<g data-lit="(.*?)">(.*?)</g>', html, re.DOTALL))
    assert list(lit) == keys
    for key, row in zip(keys, rows(html), strict=True):
        assert drawn(lit[key]) == drawn(pictures(row)[0])
        assert f'[data-row="{key}"]:is(:hover, :focus)) [data-lit="{key}"]' in html


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_every_picture_has_a_text_and_every_reference_a_picture(read: PrototypeExplanation, texts: Texts) -> None:
    browser = prototype_cards.browser(prototype_explanation.prototypes_of("Watches"), texts)
    for html in (prototype_cards.reasoning(read, texts), browser):
        page = Page(html)
        shown = [svg for svg in page.all("svg") if svg.get("aria-hidden") != "true"]
        assert len(shown) > 4 * prototype_cards.SHOWN
        assert all(svg["role"] == "img" and len(svg["aria-label"] or "") > 20 for svg in shown)
        names = [image["id"] for image in page.all("image")]
        assert len(set(names)) == len(names)
        assert {use["href"] for use in page.all("use")} <= {f"#{name}" for name in names}
        assert all((image["href"] or "").startswith("data:image/webp;base64,") for image in page.all("image"))


def test_the_two_languages_differ_only_in_words(read: PrototypeExplanation) -> None:
    english, french = (prototype_cards.reasoning(read, texts) for texts in (ENGLISH, FRENCH))
    assert [drawn(svg) for svg in pictures(english)] == [drawn(svg) for svg in pictures(french)]
    assert "looks like" in Page(english).text and "looks like" not in Page(french).text
    assert "ressemble à" in Page(french).text


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_warning_stands_beside(read: PrototypeExplanation, texts: Texts) -> None:
    text = Page(prototype_cards.reasoning(read, texts)).text
    assert texts("prototypes.warning") in text
    assert "Baniecki" in text and "2025" in text


def test_the_sentence_says_what_is_shown_and_what_the_whole_is(read: PrototypeExplanation) -> None:
    case, runner_up = read.reasoning.class_evidence
    shown = sum(item.points for item in case.evidence[: prototype_cards.SHOWN])
    said = prototype_cards.sentence(read, ENGLISH)
    assert f"bring {ENGLISH.number(shown, 1)} of its {ENGLISH.number(case.total, 1)}\u00a0points" in said
    assert said.endswith(f"The runner-up, {runner_up.label}, has {ENGLISH.number(runner_up.total, 1)}.")


def test_a_prototype_can_be_taken_out_and_put_back(
    model: ProtoVit, read: PrototypeExplanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its points leave the total, and nothing else changes; no picture goes through the network again."""
    monkeypatch.setattr(model.network, "features", None)
    case = read.reasoning.class_evidence[0]
    strongest = case.evidence[0]
    (switch,) = [
        one for one in switches(prototype_cards.reasoning(read, ENGLISH)) if one["key"] == f"out-{strongest.prototype}"
    ]
    assert switch["without"] == [strongest.prototype]
    changed = prototype_explanation.leave_out(read, switch["without"])
    assert changed.reasoning.logits[case.label] == pytest.approx(case.total - strongest.points, abs=1e-9)
    others = {label: logit for label, logit in read.reasoning.logits.items() if label != case.label}
    assert others.items() <= changed.reasoning.logits.items()
    html = prototype_cards.reasoning(changed, ENGLISH)
    assert "With all its prototypes the answer" in Page(html).text
    found = {one["key"]: one for one in switches(html)}
    assert switch["next"] in found and switch["key"] not in found
    back = found[switch["next"]]
    assert back["next"] == switch["key"] and back["without"] == []
    assert prototype_explanation.leave_out(changed, back["without"]).reasoning.logits == read.reasoning.logits


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_whole_class_can_be_taken_out_and_put_back(read: PrototypeExplanation, texts: Texts) -> None:
    label = read.reasoning.prediction.label
    found = {one["key"]: one for one in switches(prototype_cards.reasoning(read, texts))}
    changed = prototype_explanation.leave_out(read, found[f"out-class-{label}"]["without"])
    assert changed.reasoning.logits[label] == 0 and changed.reasoning.prediction.label != label
    assert changed.reasoning.prediction.label == read.reasoning.class_evidence[1].label
    html = prototype_cards.reasoning(changed, texts)
    name = class_name(label, texts)
    total = texts.number(read.reasoning.class_evidence[0].total, 1)
    assert texts("prototypes.answer.was", label=name, total=total) in Page(html).text
    backs = [one for one in switches(html) if one["key"].startswith("back-")]
    assert [one["key"] for one in backs] == [f"back-class-{label}"] and backs[0]["without"] == []
    assert texts("prototypes.without.all_of", label=name) in backs[0]["label"]


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_with_everything_taken_out_nothing_is_answered(read: PrototypeExplanation, texts: Texts) -> None:
    changed = prototype_explanation.leave_out(read, list(range(COUNT)))
    html = prototype_cards.reasoning(changed, texts)
    assert prototype_cards.sentence(changed, texts) == texts("prototypes.answer.none")
    assert Page(html).text.count(texts("prototypes.case.nothing")) == 2
    headings = [re.findall("<h3>(.*?)</h3>", case) for case in articles(html)]
    names = [class_name(case.label, texts) for case in changed.reasoning.class_evidence]
    assert [unescape(*heading) for heading in headings] == names, "neither has a case, and neither comes second"
    one_left = prototype_explanation.leave_out(read, list(range(1, COUNT)))
    assert one_left.reasoning.class_evidence[0].evidence
    nothing = texts("prototypes.answer.runner_up", label="", total=texts.number(0, 1))
    assert nothing.split(",")[0] not in prototype_cards.sentence(one_left, texts), "no class comes second with nothing"
    keys = {one["key"]: one for one in switches(html)}
    assert set(keys) == {*(f"back-class-{name}" for name in CLASSES), "back-everything"}
    assert keys["back-everything"]["without"] == [] and len(keys["back-class-Watches"]["without"]) == COUNT - A_CLASS


def test_every_button_has_a_name_of_its_own_that_begins_with_what_stands_on_it(read: PrototypeExplanation) -> None:
    changed = prototype_explanation.leave_out(read, [0, 1])
    found = switches(prototype_cards.reasoning(changed, ENGLISH))
    assert len(found) == 2 * prototype_cards.SHOWN + 2 + 3  # each row, each class, two taken out and all of them
    assert len({one["label"] for one in found}) == len(found)
    assert all(one["label"].startswith(one["text"]) for one in found)


@pytest.mark.parametrize("without", ["3", [99], [-1], ["3"], [True], [1.5], {"a": 1}, 3])
def test_what_no_button_sends_is_refused(read: PrototypeExplanation, without: object) -> None:
    with pytest.raises(InputError, match="without: "):
        prototype_explanation.leave_out(read, without)


def test_the_frame_goes_around_all_that_is_one_place_further() -> None:
    corner = field([0], 4, (40, 80))
    assert {(x0, y0) for x0, y0, *_ in corner} == {(0, 0), (10, 0), (0, 20), (20, 0), (20, 20), (0, 40), (10, 40)}
    middle = field([5], 4, (40, 80))
    assert len(middle) == 12 and max(x for *_, x, _ in middle) == 30 and max(y for *_, y in middle) == 60
    assert len(field([5, 5], 4, (40, 80))) == 12 and field([], 4, (40, 80)) == ()


def test_the_frame_is_drawn_around_the_boxes_of_both_pictures(read: PrototypeExplanation) -> None:
    for row in rows(prototype_cards.reasoning(read, ENGLISH)):
        for svg in pictures(row):
            assert len(re.findall('class="vt-field" d="M', svg)) == 1


def test_the_measured_figures_are_said_where_they_were_measured() -> None:
    figures = {"photos": 147, "reach": 1, "perturbation": {"inside": {"mean": 0.72}, "outside": {"mean": 0.11}}}
    inside, outside = prototype_cards.measured(figures, ENGLISH)
    assert "147 test photos" in inside and "72%" in inside and "11%" in outside
    assert prototype_cards.measured(None, ENGLISH) == []
    assert prototype_cards.measured({**figures, "perturbation": {}}, ENGLISH) == []
    beyond = {**figures["perturbation"], "inside": {"mean": 1.07}}  # no share of a likeness is more than the whole
    assert prototype_cards.measured({**figures, "perturbation": beyond}, ENGLISH)[0].endswith("other photos, or below.")
    assert prototype_cards.measured({**figures, "reach": 2}, ENGLISH) == [], "the frame that is drawn is another"


def test_without_a_photo_there_is_an_invitation() -> None:
    for texts in (ENGLISH, FRENCH):
        assert texts("prototypes.empty") in Page(prototype_cards.empty(texts)).text


def test_the_browser_shows_the_prototypes_of_one_class_with_their_nearest() -> None:
    label = CLASSES[3]
    html = prototype_cards.browser(prototype_explanation.prototypes_of(label), ENGLISH)
    page = Page(html)
    assert len(re.findall("<h3>", html)) == A_CLASS
    assert len(page.all("image")) == A_CLASS * (1 + 3)
    for number in range(3 * A_CLASS, 4 * A_CLASS):
        assert f"Prototype {number}" in page.text
    assert all(label in (svg["aria-label"] or "") for svg in page.all("svg", role="img"))
    with pytest.raises(InputError, match="'Robots'"):
        prototype_explanation.prototypes_of("Robots")


@pytest.mark.parametrize("size", [(320, 320), (90, 400), (400, 90), (2000, 1500)])
def test_a_detail_holds_the_boxes_and_stays_in_the_picture(size: tuple[int, int]) -> None:
    width, height = size
    patch = (width // 16, height // 16)
    for column, row in [(0, 0), (14, 14), (7, 3)]:
        left, top = column * patch[0], row * patch[1]
        boxes = [(left, top, left + patch[0], top + patch[1]),
                 (left + patch[0], top + patch[1], left + 2 * patch[0], top + 2 * patch[1])]  # fmt: skip
        x, y, side, _ = annotate("photo", "", size, boxes, "").detail
        assert x <= left and y <= top
        assert x + side >= boxes[1][2] and y + side >= boxes[1][3]
        if side <= width:
            assert x >= 0 and x + side <= width + 0.1


def test_the_methods_that_are_offered_are_those_of_the_model() -> None:
    assert photos.methods("protovit") == ("prototypes", "rise")
    for name in photos.methods("protovit"):
        assert ENGLISH(f"images.methods.{name}") and FRENCH(f"images.methods.{name}")


def test_the_caption_of_its_own_map_speaks_of_points(upload: Path) -> None:
    explanation = photos.explain_photo(upload, "protovit").explanation
    assert explanation.method == "prototypes"
    caption = Page(prediction_cards.caption(explanation, ENGLISH)).text
    assert ENGLISH("images.layers.head") in caption
    expected = "images.shares" if explanation.saliency.any() else "images.nothing"
    assert ENGLISH(expected) in caption


@pytest.mark.parametrize(
    ("texts", "one", "several"),
    [(ENGLISH, "part 1 is", "parts 1 to 3 are"), (FRENCH, "la partie 1 est", "les parties 1 à 3 sont")],
)
def test_a_single_part_is_not_counted_from_one_to_one(texts: Texts, one: str, several: str) -> None:
    box = (2, 2, 4, 4)
    assert one in parts_alt((box,), (12, 12), texts)
    assert several in parts_alt((box,) * 3, (12, 12), texts)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_three_verdicts_stand_side_by_side(model: ProtoVit, upload: Path, texts: Texts) -> None:
    own = replace(model.predict(Image.open(upload).convert("RGB")), none_of_these=False)
    explanation = model.explain(Image.open(upload).convert("RGB"))
    everyone = tuple(
        Glance(replace(explanation, prediction=replace(own, model=name)), "data:image/webp;base64,AA")
        for name in registry.MODELS
    )
    html = glance_cards.cards(everyone, texts)
    assert len(articles(html)) == 3
    assert texts("images.agree", count=3, label=class_name(own.label, texts)) in Page(html).text
    other = replace(own, model="vgg16", label=next(name for name in CLASSES if name != own.label))
    assert "ProtoViT →" in prediction_cards.agreement((other, own), texts)


def test_programs_ask_it_as_they_ask_the_others(client: Client, upload: Path) -> None:
    answer = client.predict(handle_file(upload), ["protovit"], api_name="/classify_image")["models"]["protovit"]
    assert answer["method"] == "prototypes"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    for method in ("", "prototypes", "rise"):
        path = client.predict(handle_file(upload), "protovit", method, "Watches", api_name="/explain_image")
        with Image.open(path) as overlay:
            assert overlay.size == (150, 90)
    with pytest.raises(AppError, match="'grad-cam' does not explain protovit; allowed are prototypes, rise"):
        client.predict(handle_file(upload), "protovit", "grad-cam", "", api_name="/explain_image")


def test_programs_receive_the_reasoning(client: Client, upload: Path) -> None:
    answer = client.predict(handle_file(upload), COUNT, api_name="/prototypes")
    assert set(answer) == {"label", "logits", "classes", "prototypes"}
    assert set(answer["logits"]) == set(CLASSES)
    ranked = sorted(CLASSES, key=lambda name: -answer["logits"][name])
    assert answer["label"] == ranked[0]
    assert set(answer["classes"]) == set(ranked[:2])
    for label, case in answer["classes"].items():
        assert set(case) == {"points_total", "evidence"}
        assert len(case["evidence"]) == A_CLASS
        total = sum(item["points"] for item in case["evidence"])
        assert total == pytest.approx(answer["logits"][label], abs=1e-4)
        assert case["points_total"] == pytest.approx(answer["logits"][label], abs=1e-4)
        points = [item["points"] for item in case["evidence"]]
        assert points == sorted(points, reverse=True)
        for item in case["evidence"]:
            assert set(item) == {"prototype", "similarity", "weight", "points", "image_boxes"}
            assert item["points"] == pytest.approx(item["similarity"] * item["weight"], abs=1e-6)
            known = answer["prototypes"][str(item["prototype"])]
            assert len(known["boxes"]) == len(item["image_boxes"]) > 0
            assert all(0 <= x0 < x1 <= 150 and 0 <= y0 < y1 <= 90 for x0, y0, x1, y1 in item["image_boxes"])
    shown = [number for number in range(COUNT) if CLASSES[number // A_CLASS] in answer["classes"]]
    assert set(answer["prototypes"]) == set(map(str, shown))


def test_programs_can_leave_prototypes_out(client: Client, upload: Path) -> None:
    whole = client.predict(handle_file(upload), COUNT, api_name="/prototypes")
    for nothing in ([], None):
        assert client.predict(handle_file(upload), COUNT, nothing, api_name="/prototypes") == whole
    label = whole["label"]
    strongest = whole["classes"][label]["evidence"][0]
    number = strongest["prototype"]
    less = client.predict(handle_file(upload), COUNT, [number, number], api_name="/prototypes")
    assert less["logits"][label] == pytest.approx(whole["logits"][label] - strongest["points"], abs=1e-6)
    assert str(number) not in less["prototypes"]
    gone = [number for number in range(COUNT) if CLASSES[number // A_CLASS] == label]
    other = client.predict(handle_file(upload), COUNT, gone, api_name="/prototypes")
    assert other["logits"][label] == 0 and other["label"] != label


def test_programs_that_leave_everything_out_are_told_that_there_is_no_answer(client: Client, upload: Path) -> None:
    answer = client.predict(handle_file(upload), 5, list(range(COUNT)), api_name="/prototypes")
    assert set(answer["logits"].values()) == {0.0} and answer["prototypes"] == {}
    assert all(case == {"points_total": 0.0, "evidence": []} for case in answer["classes"].values())
    assert answer["note"] == ENGLISH("prototypes.answer.none")


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ([COUNT], f"{COUNT} is not allowed"),
        ([-1], "-1 is not allowed"),
        (["3"], "'3' is not allowed"),
        ("3", "list of"),
    ],
)
def test_what_cannot_be_left_out_is_refused_in_a_sentence(
    client: Client, upload: Path, without: object, said: str
) -> None:
    with pytest.raises(AppError, match=rf"without: .*{said}" if said == "list of" else f"without: {said}"):
        client.predict(handle_file(upload), 5, without, api_name="/prototypes")


def test_a_described_prototype_is_a_picture_with_its_boxes(client: Client, upload: Path) -> None:
    answer = client.predict(handle_file(upload), 2, api_name="/prototypes")
    named = {str(item["prototype"]) for case in answer["classes"].values() for item in case["evidence"]}
    assert all(len(case["evidence"]) == 2 for case in answer["classes"].values())
    assert set(answer["prototypes"]) == named
    for number, known in answer["prototypes"].items():
        assert set(known) == {"class", "source", "image", "boxes"}
        assert known["class"] == CLASSES[int(number) // A_CLASS]
        kind, _, content = known["image"].partition(",")
        assert kind == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(content, validate=True))) as image:
            assert image.format == "WEBP"
            width, height = image.size
        assert all(0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height for x0, y0, x1, y1 in known["boxes"])


def test_boxes_are_pixels_of_the_upload_however_large(tmp_path: Path) -> None:
    """A picture above the working size is made smaller for the model; its boxes still count in its own pixels."""
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    photo(1500, 900).save(small)
    photo(1500, 900).resize((6000, 3600), Image.Resampling.NEAREST).save(large)
    for path, width, height in ((small, 1500, 900), (large, 6000, 3600)):
        cases = prototype_explanation.reason(path, COUNT)["classes"].values()
        found = [box for case in cases for item in case["evidence"] for box in item["image_boxes"]]
        for x0, y0, x1, y1 in found:
            assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
            assert x1 - x0 == pytest.approx(width / GRID, abs=4) and y1 - y0 == pytest.approx(height / GRID, abs=4)


def test_more_prototypes_than_there_are_mean_all(client: Client, upload: Path) -> None:
    found = client.predict(handle_file(upload), 10_000, api_name="/prototypes")["classes"]
    assert [len(case["evidence"]) for case in found.values()] == [A_CLASS, A_CLASS]


@pytest.mark.parametrize("top", [0, -1, 2.5, None])
def test_a_number_of_prototypes_out_of_range_is_refused_in_a_sentence(
    client: Client, upload: Path, top: float | None
) -> None:
    sentence = f"top: {json.dumps(top)} is not allowed; give a whole number from 1 to {COUNT}"
    with pytest.raises(AppError, match=re.escape(sentence)):
        client.predict(handle_file(upload), top, api_name="/prototypes")
    assert client.predict(handle_file(upload), 1, api_name="/prototypes")["label"] in CLASSES


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0truncated"])
def test_what_is_no_picture_is_refused(client: Client, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(AppError, match="image"):
        client.predict(handle_file(path), 5, api_name="/prototypes")


def test_another_photo_at_the_same_place_is_read_anew(upload: Path, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(upload.read_bytes())
    first = prototype_explanation.explain_by_prototypes(path)
    assert prototype_explanation.explain_by_prototypes(path) is first
    picture(2).save(path)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert prototype_explanation.explain_by_prototypes(path).photo != first.photo


def test_a_missing_model_is_named(upload: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from models.errors import ModelUnavailable
    from models.vision import weights

    monkeypatch.delitem(registry._loaded, "protovit")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ModelUnavailable, match="protovit"):
        prototype_explanation.explain_by_prototypes(upload)


def test_a_key_takes_a_prototype_out_and_the_next_puts_it_back(
    browser: Profiles, model: ProtoVit, upload: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page, by keyboard alone; the focus stays with what was done, and the photo is compared once."""
    prototype_explanation.cached.cache_clear()
    compared: list[object] = []
    compare = model.compare
    monkeypatch.setattr(model, "compare", lambda image: compared.append(image) or compare(image))
    with gr.Blocks() as app:
        at_hand = gr.State(None)
        gr.Button("Send").click(lambda: UploadedPhoto(str(upload), str(upload)), None, at_hand)
        prototypes_section(ENGLISH, at_hand)
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, _frontend=False)
    page = browser.browser.new_page()
    page.set_default_timeout(PATIENCE)
    try:
        page.goto(url)
        page.get_by_role("button", name="Send").click()
        answer = page.locator(".vt-answer")
        first = answer.inner_text()
        for key in ("out-class-", "out-"):
            button = page.locator(f".vt-cases article:first-child [data-key^='{key}']").first
            undo = button.get_attribute("data-next")
            button.focus()
            page.keyboard.press("Enter")
            page.wait_for_function("key => document.activeElement.dataset.key === key", arg=undo)
            assert "With all its prototypes" in answer.inner_text() and page.locator(".vt-out li").count() == 1
            page.keyboard.press("Enter")
            page.wait_for_function("key => document.activeElement.dataset.next === key", arg=undo)
            assert answer.inner_text() == first and page.locator(".vt-out").count() == 0
        assert len(compared) == 1
    finally:
        page.close()
        app.close()


def test_a_field_is_drawn_by_its_outer_lines() -> None:
    """On 3 x 3 places of 10 x 20 px: one place has four sides, and two neighbours none between them."""
    middle = {(10, 20, 20, 20), (10, 40, 20, 40), (10, 20, 10, 40), (20, 20, 20, 40)}
    assert set(field([4], 3, (30, 60), reach=0)) == middle
    both = set(field([4, 5], 3, (30, 60), reach=0))
    assert both == middle - {(20, 20, 20, 40)} | {(20, 20, 30, 20), (20, 40, 30, 40), (30, 20, 30, 40)}
    whole = field([4], 3, (30, 60), reach=1)
    assert len(whole) == 12 and {x for x0, _, x1, _ in whole for x in (x0, x1)} == {0, 10, 20, 30}
    assert set(field([0], 3, (30, 60), reach=1)) == set(field([0, 1, 3, 4], 3, (30, 60), reach=0))
