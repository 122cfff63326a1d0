"""This looks like that: what the page draws and says of ProtoViT's reasoning, and what programs receive.

A small model with made pictures stands in for the trained one: none of this depends on what was learnt.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from models.display.photos import prediction_cards, prototype_cards
from models.display.photos.annotated_image import marked
from models.errors import InputError
from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.texts import ENGLISH, FRENCH, Texts
from models.vision import photos, prototype_explanation, registry, webp
from models.vision.predictions import CLASSES
from models.vision.prototype_explanation import Likeness
from models.vision.prototypes import FILE, read_prototypes
from models.vision.protovit import ProtoVit
from tests.factories import photo
from tests.pictures import picture

ENCODER = {
    "model_type": "timm_wrapper",
    "architecture": "vit_tiny_patch16_224",
    "model_args": {"img_size": 48, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2},
    "do_pooling": False,
}
A_CLASS, PARTS, GRID = 2, 4, 6
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
            "similarity": 3.9,
            **piece(number // A_CLASS, number % A_CLASS),
            "nearest": [{"similarity": 3.5 - seed, **piece(number // A_CLASS, 5 + seed)} for seed in range(3)],
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
        ProtoViTConfig(ENCODER, A_CLASS, PARTS, id2label=dict(enumerate(CLASSES)), label2id={})
    )
    with torch.no_grad():
        network.head.prototypes.normal_()
        network.head.evidence.weight.add_(0.1 * torch.randn(len(CLASSES), COUNT))
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
def read(model: ProtoVit, upload: Path) -> Likeness:
    return prototype_explanation.read_likeness(upload)


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


def drawn(svg: str) -> list[tuple[str, ...]]:
    """The boxes in a drawing: x, y, width, height, colour."""
    pattern = r'class="vt-part" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)" stroke="(#\w+)"'
    return re.findall(pattern, svg)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_what_a_column_shows_adds_up_to_the_logit_that_it_shows(read: Likeness, texts: Texts) -> None:
    cases = articles(prototype_cards.reasoning(read, texts))
    assert len(cases) == 2
    for case, html in zip(read.reasoning.cases, cases, strict=True):
        rows_points = re.findall(r"= <strong>(.*?)</strong>", html)
        *rest, logit, probability = re.findall(r"<dd>(.*?)</dd>", html)
        left = {read.prototypes[item.prototype].label == case.label for item in case.evidence[prototype_cards.SHOWN :]}
        assert len(rows_points) == prototype_cards.SHOWN and len(rest) == len(left)
        total = sum(texts.read_number(points.lstrip("+")) for points in [*rows_points, *rest])
        assert total == pytest.approx(texts.read_number(logit), abs=1e-9)
        assert texts.read_number(logit) == pytest.approx(case.total, abs=0.005 + 1e-9)
        assert probability == texts.percent(read.reasoning.prediction.probabilities[case.label])


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_similarity_times_weight_is_what_stands_beside_it(read: Likeness, texts: Texts) -> None:
    html = prototype_cards.reasoning(read, texts)
    products = re.findall(r'vt-product">(\S+) × (\S+) = <strong>(.*?)<', html)
    assert len(products) == 2 * prototype_cards.SHOWN
    for factors in products:
        similarity, weight, points = (texts.read_number(number.lstrip("+")) for number in factors)
        assert similarity * weight == pytest.approx(points, abs=0.01)


def test_the_runner_up_stands_beside_the_answer(read: Likeness) -> None:
    predicted, runner_up = read.reasoning.cases
    ranked = sorted(read.reasoning.logits, key=lambda name: -read.reasoning.logits[name])
    assert [predicted.label, runner_up.label] == ranked[:2]
    first, second = articles(prototype_cards.reasoning(read, ENGLISH))
    assert predicted.label in Page(first).text and runner_up.label in Page(second).text


def test_both_pictures_of_a_row_mark_the_same_parts_in_the_same_colours(read: Likeness) -> None:
    for case, html in zip(read.reasoning.cases, articles(prototype_cards.reasoning(read, ENGLISH)), strict=True):
        for evidence, row in zip(case.evidence, rows(html), strict=False):
            whole, detail, known, known_detail = pictures(row)
            boxes = [tuple(map(int, found[:4])) for found in drawn(whole)]
            assert [(x, y, x + width, y + height) for x, y, width, height in boxes] == list(evidence.boxes)
            assert drawn(whole) == drawn(detail) and drawn(known) == drawn(known_detail)
            colours = [found[4] for found in drawn(whole)]
            assert colours == [found[4] for found in drawn(known)] and len(set(colours)) == len(colours)
            numbers = [re.findall(r"<text.*?>(\d)</text>", picture) for picture in (detail, known_detail)]
            assert numbers[0] == numbers[1] == [str(number + 1) for number in range(len(boxes))]


def test_a_part_that_is_switched_off_has_no_box(model: ProtoVit, read: Likeness) -> None:
    everyone = {evidence.prototype: evidence for evidence in read.reasoning.cases[0].evidence}
    assert len(everyone) == COUNT
    for number, evidence in everyone.items():
        expected = PARTS - (number == SWITCHED_OFF)
        assert len(evidence.boxes) == len(model.prototypes[number].piece.boxes) == expected


def test_each_row_can_be_reached_and_lights_its_own_boxes(read: Likeness) -> None:
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
def test_every_picture_has_a_text_and_every_reference_a_picture(read: Likeness, texts: Texts) -> None:
    browser = prototype_cards.browser(prototype_explanation.prototypes_of("Watches"), texts)
    for html in (prototype_cards.reasoning(read, texts), browser):
        page = Page(html)
        shown = [svg for svg in page.all("svg") if svg.get("aria-hidden") != "true"]
        assert len(shown) >= A_CLASS * 4
        assert all(svg["role"] == "img" and len(svg["aria-label"] or "") > 20 for svg in shown)
        names = [image["id"] for image in page.all("image")]
        assert len(set(names)) == len(names)
        assert {use["href"] for use in page.all("use")} <= {f"#{name}" for name in names}
        assert all((image["href"] or "").startswith("data:image/webp;base64,") for image in page.all("image"))


def test_the_two_languages_differ_only_in_words(read: Likeness) -> None:
    english, french = (prototype_cards.reasoning(read, texts) for texts in (ENGLISH, FRENCH))
    assert [drawn(svg) for svg in pictures(english)] == [drawn(svg) for svg in pictures(french)]
    assert "looks like" in Page(english).text and "looks like" not in Page(french).text
    assert "ressemble à" in Page(french).text


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_warning_stands_beside(read: Likeness, texts: Texts) -> None:
    text = Page(prototype_cards.reasoning(read, texts)).text
    assert texts("prototypes.warning") in text
    assert "Baniecki" in text and "2025" in text


def test_the_sentence_tells_what_helps_from_what_is_left(read: Likeness) -> None:
    """With the points of the shown prototypes of the class set to 1 each, and the logit above or below their sum."""
    case, runner_up = read.reasoning.cases
    own = {prototype.number for prototype in read.prototypes if prototype.label == case.label}
    ordered = sorted(case.evidence, key=lambda evidence: evidence.prototype not in own)
    helping = tuple(replace(evidence, points=1.0 if evidence.prototype in own else 0.5) for evidence in ordered)

    def said(total: float, evidence: tuple = helping) -> str:
        changed = replace(case, total=total, evidence=evidence)
        reasoning = replace(read.reasoning, cases=(changed, runner_up))
        return prototype_cards.sentence(replace(read, reasoning=reasoning), ENGLISH)

    assert f"bring {A_CLASS:.1f} of its 9.5 points" in said(9.5)
    assert f"bring {A_CLASS:.1f} points; all other prototypes together take 3.0 away" in said(A_CLASS - 3.0)
    assert "none of the known pictures" in said(1.0, tuple(replace(item, points=-1.0) for item in helping))
    assert said(9.5).endswith(f"The runner-up, {runner_up.label}, has {ENGLISH.number(runner_up.total, 1)}.")


def test_without_a_photo_there_is_an_invitation() -> None:
    for texts in (ENGLISH, FRENCH):
        assert texts("prototypes.empty") in Page(prototype_cards.empty(texts)).text


def test_the_browser_shows_the_prototypes_of_one_class_with_their_nearest() -> None:
    label = CLASSES[3]
    html = prototype_cards.browser(prototype_explanation.prototypes_of(label), ENGLISH)
    page = Page(html)
    assert len(re.findall("<h3>", html)) == A_CLASS
    assert len(page.all("image")) == A_CLASS * (1 + 3)
    for number in (6, 7):
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
        x, y, side, _ = marked("photo", "", size, boxes, "").detail
        assert x <= left and y <= top
        assert x + side >= boxes[1][2] and y + side >= boxes[1][3]
        if side <= width:
            assert x >= 0 and x + side <= width + 0.1


def test_the_methods_that_are_offered_are_those_of_the_model() -> None:
    assert photos.methods("protovit") == ("prototypes", "rise")
    for name in photos.methods("protovit"):
        assert ENGLISH(f"images.methods.{name}") and FRENCH(f"images.methods.{name}")


def test_the_caption_of_its_own_map_speaks_of_points(upload: Path) -> None:
    explanation = photos.read_photo(upload, "protovit").explanation
    assert explanation.method == "prototypes"
    caption = Page(prediction_cards.caption(explanation, ENGLISH)).text
    assert ENGLISH("images.layers.head") in caption
    expected = "images.shares" if explanation.saliency.any() else "images.nothing"
    assert ENGLISH(expected) in caption


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_three_verdicts_stand_side_by_side(model: ProtoVit, upload: Path, texts: Texts) -> None:
    own = model.predict(Image.open(upload).convert("RGB"))
    everyone = tuple(replace(own, model=name) for name in registry.MODELS)
    html = prediction_cards.verdicts(everyone, texts)
    assert len(articles(html)) == 3
    assert texts("images.agree", count=3, label=prediction_cards.class_name(own.label, texts)) in Page(html).text
    other = replace(own, model="vgg16", label=next(name for name in CLASSES if name != own.label))
    assert "ProtoViT →" in Page(prediction_cards.verdicts((other, own), texts)).text


def test_programs_ask_it_as_they_ask_the_others(client: Client, upload: Path) -> None:
    answer = client.predict(handle_file(upload), ["protovit"], api_name="/classify_image")["models"]["protovit"]
    assert answer["method"] == "prototypes"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    for method in ("", "prototypes", "rise"):
        path = client.predict(handle_file(upload), "protovit", method, "Watches", api_name="/explain_image")
        with Image.open(path) as overlay:
            assert overlay.size == (150, 90)
    with pytest.raises(AppError, match="grad-cam does not explain protovit; allowed are prototypes, rise"):
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
        assert len(case["evidence"]) == COUNT
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
    assert set(answer["prototypes"]) == set(map(str, range(COUNT)))


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
    assert [len(case["evidence"]) for case in found.values()] == [COUNT, COUNT]


@pytest.mark.parametrize("top", [0, -1, 2.5, None])
def test_a_number_of_prototypes_out_of_range_is_refused_in_a_sentence(
    client: Client, upload: Path, top: float | None
) -> None:
    with pytest.raises(AppError, match=rf"top: {top} is not allowed; give a whole number from 1 to {COUNT}"):
        client.predict(handle_file(upload), top, api_name="/prototypes")
    assert client.predict(handle_file(upload), 1, api_name="/prototypes")["label"] in CLASSES


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0truncated"])
def test_what_is_no_picture_is_refused(client: Client, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(AppError, match="image"):
        client.predict(handle_file(path), 5, api_name="/prototypes")


def test_a_missing_model_is_named(upload: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from models.errors import ModelUnavailable
    from models.vision import weights

    monkeypatch.delitem(registry._loaded, "protovit")
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    with pytest.raises(ModelUnavailable, match="protovit"):
        prototype_explanation.read_likeness(upload)
