"""What the photo tab's captions, curves and marks say of answers made up for the test, to the last decimal."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from models.display.common.names import class_name, model_name
from models.display.photos import annotated_image, faithfulness, prediction_cards
from models.display.photos.annotated_image import annotate, place
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from models.vision.faithfulness import Curve, Faithfulness
from models.vision.predictions import CLASSES, Explanation, Prediction
from tests.charts import cells, in_house_style, numbers

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
PROBABILITIES = dict.fromkeys(CLASSES, 0.0) | {CLASSES[0]: 0.7512, CLASSES[1]: 0.2488}
PREDICTION = Prediction("vgg16", CLASSES[0], PROBABILITIES, 0.1)
MAP = np.zeros((6, 9), dtype=np.float32)
MAP[1, 7] = 1.0  # top right
SEEN = Explanation(PREDICTION, CLASSES[1], None, "grad-cam", "features.29", MAP, 0.2345, True)
MEASURED = Faithfulness(
    Curve((0.0, 0.5, 1.0), (0.8123, 0.1234, 0.0456)), Curve((0.0, 0.5, 1.0), (0.0345, 0.7654, 0.8123)), 0.34567
)


def said(page: str) -> str:
    """What a reader sees of a page."""
    text = html.unescape(re.sub(r"\s*<[^>]*>\s*", " ", page))
    assert not re.search(r"None|\bnan\b|XX|\{[a-z_]*\}", text), text
    return text


@BOTH
@pytest.mark.parametrize(
    ("change", "meaning"),
    [
        ({}, "discriminative"),
        ({"class_discriminative": False}, "not_discriminative"),
        ({"method": "prototypes"}, "shares"),
        ({"method": "prototypes", "contrast_class": CLASSES[0]}, "shares_of_two"),
        ({"saliency": np.zeros((6, 9), dtype=np.float32)}, "nothing"),
    ],
)
def test_a_caption_says_how_the_map_was_made_and_how_to_read_it(
    change: dict[str, object], meaning: str, texts: Texts
) -> None:
    seen = replace(SEEN, **change)  # type: ignore[arg-type]
    text = said(prediction_cards.caption(seen, texts))
    assert texts(f"images.{meaning}") in text and {"24.9%", "0.23"} <= set(numbers(text, texts))
    for other in {"discriminative", "not_discriminative", "shares", "shares_of_two", "nothing"} - {meaning}:
        assert texts(f"images.{other}") not in text
    spot = texts("images.warmest", place=texts("images.places.top-right"))
    assert (spot in text) == (meaning != "nothing")
    following = spot if meaning != "nothing" else texts("images.nothing")
    assert re.search(rf"[\d\s]s\.\s+{re.escape(following)}", text), "what comes before it ends as a sentence"
    for part in (model_name("vgg16", texts), texts(f"images.methods.{seen.method}"), class_name(CLASSES[1], texts)):
        assert part in text
    half = said(prediction_cards.caption(seen, texts, 0.4567))
    assert "46%" in numbers(half, texts) and half.strip().endswith(text.strip()[-40:]) and len(half) > len(text)


@BOTH
def test_a_map_that_was_stopped_says_how_far_it_is(texts: Texts) -> None:
    stopped = prediction_cards.caption(SEEN, texts, 0.1234, stopped=True)
    assert texts("images.stopped", share=texts.percent(0.12, 0)) in said(stopped) and "<progress" not in stopped
    assert prediction_cards.caption(SEEN, texts, 1, stopped=True) == prediction_cards.caption(SEEN, texts)


@BOTH
def test_a_caption_of_a_photo_of_none_of_the_categories_says_so_and_no_confidence(texts: Texts) -> None:
    foreign = replace(PREDICTION, prediction_set=(CLASSES[0],), none_of_these=True)
    text = said(prediction_cards.caption(replace(SEEN, prediction=foreign, target=CLASSES[0]), texts)).strip()
    assert text.startswith(texts("images.closest", label=class_name(CLASSES[0], texts)))
    assert not [number for number in numbers(text, texts) if number.endswith("%")]


@pytest.mark.parametrize("cells", [7, 12, 24])
def test_the_place_of_most_evidence_is_told_by_thirds_of_the_picture(cells: int) -> None:
    """Also where the cells of a map do not come in thirds, such as YOLOv8's seven."""
    thirds = {cell: min(int(3 * (cell + 0.5) / cells), 2) for cell in range(cells)}
    for row, column in product(range(cells), repeat=2):
        one = np.zeros((cells, cells), dtype=np.float32)
        one[row, column] = 1.0
        expected = prediction_cards.PLACES[3 * thirds[row] + thirds[column]]
        assert prediction_cards.warmest(one) == expected


@BOTH
def test_a_caption_names_the_class_that_it_is_weighed_against_and_the_layer(texts: Texts) -> None:
    text = said(prediction_cards.caption(replace(SEEN, contrast_class=CLASSES[0]), texts))
    names = {"target": class_name(CLASSES[1], texts), "contrast_class": class_name(CLASSES[0], texts)}
    assert texts("images.rather_than", **names) in text
    layer = texts.get("images.layers.features.29", "features.29")
    assert layer in text and texts("images.no_layer") not in text
    assert texts("images.no_layer") in said(prediction_cards.caption(replace(SEEN, layer=""), texts))


@BOTH
@pytest.mark.parametrize("method", ["finer-cam", "eigen-cam"])
def test_a_caption_says_of_a_method_what_holds_for_this_map(method: str, texts: Texts) -> None:
    """FinerCAM weighs against the nearest classes only where no other was chosen."""
    alone = said(prediction_cards.caption(replace(SEEN, method=method), texts))
    assert texts(f"images.methods.{method}") in alone
    against = said(prediction_cards.caption(replace(SEEN, method=method, contrast_class=CLASSES[0]), texts))
    assert texts(f"images.methods.{method}") not in against and texts(f"images.method_names.{method}") in against


@BOTH
def test_models_that_agree_are_counted_and_those_that_do_not_are_named(texts: Texts) -> None:
    other = replace(PREDICTION, model="yolov8")
    third = replace(PREDICTION, model="protovit", label=CLASSES[1])
    label, against = (class_name(name, texts) for name in CLASSES[:2])
    both = texts("images.agree_both", count=texts.number(2), label=label)
    assert prediction_cards.agreement((PREDICTION, other), texts) == both
    three = prediction_cards.agreement((PREDICTION, other, replace(other, model="protovit")), texts)
    assert three == texts("images.agree", count=texts.number(3), label=label)
    apart = prediction_cards.agreement((PREDICTION, other, third), texts)
    assert f"VGG16, YOLOv8n \u2192 {label}" in apart and f"ProtoViT \u2192 {against}" in apart


@BOTH
@pytest.mark.parametrize("road", [0.34567, 0.01, 0.00084, 0.0, -0.0049, -0.006, -0.2])
def test_faithfulness_is_said_in_areas_and_whether_it_is_better_than_chance(road: float, texts: Texts) -> None:
    told = faithfulness.sentences(SEEN, replace(MEASURED, road=road), texts)
    areas = [np.trapezoid(curve.probabilities, curve.shares) for curve in (MEASURED.deletion, MEASURED.insertion)]
    assert numbers(told[0], texts) == [f"{area:.2f}" for area in areas] and len(told) == 3
    key = "road_even" if abs(road) < 0.005 else "road_faithful" if road > 0 else "road_not"
    assert (texts.signed(road, 2)[1:] == texts.number(0, 2)) == (key == "road_even"), "a zero says neither way"
    assert told[1] == texts(f"images.trust.{key}", road=texts.signed(road, 2))
    assert told[2] == texts("images.trust.road_approximate")


@BOTH
def test_an_empty_map_is_not_praised(texts: Texts) -> None:
    empty = replace(SEEN, saliency=np.zeros((6, 9), dtype=np.float32))
    assert faithfulness.sentences(empty, replace(MEASURED, road=0.3), texts) == [texts("images.trust.nothing")]


@BOTH
def test_the_curves_of_faithfulness_are_drawn_over_shares(texts: Texts) -> None:
    figure = faithfulness.curves(SEEN, MEASURED, texts)
    in_house_style(figure, texts)
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert numbers(" ".join(axis.ticktext), texts) == [f"{20 * tick}%" for tick in range(6)]
        assert list(axis.tickvals) == pytest.approx([tick / 5 for tick in range(6)])
        assert -0.1 < axis.range[0] < 0 and 1 < axis.range[1] < 1.1, "markers at 0 and 1 stay whole"
    assert figure.layout.margin.r >= 28 and all(len(trace.name) < 20 for trace in figure.data), "for a phone"
    assert figure.layout.yaxis.title.text == texts("images.trust.probability")
    assert faithfulness.curves(replace(SEEN, contrast_class=CLASSES[0]), MEASURED, texts).layout.yaxis.title.text == (
        texts("images.trust.of_two")
    )
    rows = [[number for cell in row for number in numbers(cell, texts)] for row in cells(figure)[1:]]
    assert rows == [["0%", "81.2%", "3.4%"], ["50%", "12.3%", "76.5%"], ["100%", "4.6%", "81.2%"]]
    for trace, column in zip(figure.data, (1, 2), strict=True):
        assert [list(numbers(" ".join(hover), texts)) for hover in trace.customdata] == [
            [row[0], row[column]] for row in rows
        ]
        assert trace.hovertemplate == texts.pair("%{customdata[0]}", "%{customdata[1]}<extra></extra>")


@pytest.mark.parametrize(
    ("boxes", "size", "ninth"),
    [
        ([(0, 0, 10, 10)], (90, 90), "top-left"),
        ([(40, 0, 50, 10)], (90, 90), "top-centre"),
        ([(80, 35, 90, 55)], (90, 90), "middle-right"),
        ([(0, 80, 10, 90), (20, 80, 30, 90)], (90, 90), "bottom-left"),
        ([(170, 80, 180, 90)], (180, 90), "bottom-right"),
        ([], (180, 90), "middle-centre"),
    ],
)
@BOTH
def test_boxes_lie_in_the_ninth_that_holds_their_middle(
    boxes: list[tuple[int, int, int, int]], size: tuple[int, int], ninth: str, texts: Texts
) -> None:
    assert place(boxes, size, texts) == texts(f"images.places.{ninth}")


@pytest.mark.parametrize("boxes", [[(10, 20, 18, 30)], [(0, 0, 8, 8), (80, 40, 90, 48)], []])
@pytest.mark.parametrize("size", [(100, 50), (40, 200)])
def test_a_detail_holds_every_box_and_is_large_enough_to_recognise(
    boxes: list[tuple[int, int, int, int]], size: tuple[int, int]
) -> None:
    boxes = [box for box in boxes if box[2] <= size[0]]
    marked = annotate("key", "data:", size, boxes, "what it shows", [(1, 2, 3, 4), (5, 6, 7, 8)])
    x, y, width, height = marked.detail
    assert width == height and (marked.width, marked.height) == size and marked.field == "M1 2L3 4M5 6L7 8"
    for part, (left, top, right, bottom) in zip(marked.parts, boxes, strict=True):
        assert (part.x, part.y, part.x + part.width, part.y + part.height) == (left, top, right, bottom)
        assert x <= left and y <= top and right <= x + width and bottom <= y + height
        assert part.field == pytest.approx(min(right - left, bottom - top) / 2)
    assert [part.number for part in marked.parts] == list(range(1, len(boxes) + 1))
    largest = max((max(right - left, bottom - top) for left, top, right, bottom in boxes), default=0)
    assert width >= annotated_image.DETAIL_PATCHES * largest and width >= (0 if boxes else max(size))
    for start, length in ((x, size[0]), (y, size[1])):
        inside = start >= 0 and start + width <= length
        assert inside or start == pytest.approx((length - width) / 2), "centred where it is larger than the picture"
