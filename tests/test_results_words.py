"""What the sentences and tables of the results say of figures made up for the test, to the last decimal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from models.display.common.html import Table
from models.display.common.names import machine_name
from models.display.results import (
    calibration_charts,
    findings,
    learning_curves,
    protocol_charts,
    reasoning_tables,
    tables,
)
from models.results import Phase, Point
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from models.vision.predictions import CLASSES
from tests.charts import numbers

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)


def _row(model: str, accuracy: float, f1: float, latency: float | None, size: float) -> dict[str, Any]:
    """A measured row: F1 rises from class to class, and each class is taken for the next one, ever more often."""
    confusion = [[0] * 7 for _ in CLASSES]
    for place in range(7):
        confusion[place][place], confusion[place][(place + 1) % 7] = 30 - place, place
    return {
        "model": model,
        "accuracy": accuracy,
        "accuracy_ci95": [accuracy - 0.0514, accuracy + 0.0438],
        "test_images": 1147,
        "per_class_f1": {name: f1 + 0.0213 * place for place, name in enumerate(CLASSES)},
        "per_class_recall": dict.fromkeys(CLASSES, f1),
        "confusion": confusion,
        "latency_ms_p50": latency,
        "latency_machine": None,
        "machine": "a desk",
        "weights_bytes": size,
    }


ROWS = [_row("vgg16", 0.8123, 0.6111, 41.26, 58_260_000), _row("yolov8", 0.8347, 0.7111, 7.94, 3_140_000)]


def _kind(held: int) -> dict[str, Any]:
    return {
        "groups": held // 2,
        "photos": held,
        "random_share": 0.0213,
        "random_range95": [0.0068, 0.0476],
        "splits_with_one": 0.987,
        "fixed_test_photos": held // 4,
    }


EVALUATION: dict[str, Any] = {
    "cross_validation": {
        "photos": 1050,
        "models": {
            "vgg16": {
                "folds": [0.7912, 0.8134],
                "accuracy": 0.8023,
                "accuracy_ci95": [0.7748, 0.8267],
                "macro_f1": 0.80149,
                "macro_f1_ci95": [0.77251, 0.82949],
            }
        },
    },
    "splits": {
        "random": {
            "vgg16": {
                "accuracies": [0.8512, 0.8231],
                "accuracy": 0.8476,
                "deviation": 0.0123,
                "met": {"photos": 1012, "accuracy": 0.9549},
                "new": {"photos": 43, "accuracy": None},
            }
        },
        "cleaned": {"vgg16": {"accuracies": [0.8011, 0.8099], "accuracy": 0.8052, "deviation": 0.0218}},
    },
    "leak": {"photos": 1050, "fixed_test_total": 158, "identical": _kind(24), "near": _kind(64)},
    "without_near_copies": {"protovit": {"photos": 1421, "accuracy": 0.9127}},
    "photos": {"test": [700, 350]},
    "failures": {
        "test": [{}, {}, {}],
        "catalogue": [
            {"category": CLASSES[0], "answers": {"vgg16": CLASSES[1], "yolov8": CLASSES[2]}},
            {"category": CLASSES[0], "answers": {"vgg16": CLASSES[1], "yolov8": CLASSES[0]}},
            {"category": CLASSES[3], "answers": {"vgg16": CLASSES[1], "yolov8": CLASSES[1]}},
            {"category": CLASSES[3], "answers": {"vgg16": CLASSES[3], "yolov8": CLASSES[1]}},
            {"category": CLASSES[4], "answers": {"vgg16": CLASSES[4], "yolov8": CLASSES[1]}},
        ],
    },
}
CURVES = {
    "vgg16": (
        Phase("head_curves", (Point(0, None, 2.34567, 0.2049), Point(1, 1.23456, 1.07891, 0.7151))),
        Phase("curves", (Point(1, 0.98765, 0.91234, 0.8449), Point(2, 0.87654, 0.9321, 0.8251))),
    )
}
PAIR = {
    "first": "vgg16",
    "second": "yolov8",
    "only_first": 1009,
    "only_second": 6,
    "difference": -0.0262,
    "difference_ci95": [-0.0736, 0.0218],
    "p_value": 0.0449,
}


def _rate(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.0423, "high": value + 0.0312}


CALIBRATION: dict[str, Any] = {
    "level": 0.9,
    "measure": "energy",
    "chosen_on": {"validation_logits": "same_run"},
    "measured": {
        "coverage": _rate(0.9124),
        "set_size": 1.3462,
        "set_sizes": {"1": 1013, "2": 300},
        "test_photos": 1470,
        "alone": {"share": 0.684, "accuracy": _rate(0.9549)},
        "auroc": 0.94567,
        "taken_for_a_class": _rate(0.2345),
        "false_alarms": _rate(0.0987),
        "other_photos": 1040,
        "selective": [{"share": 0.5, "accuracy": 0.9876}, {"share": 1.0, "accuracy": 0.8347}],
    },
}


def _mean(value: float) -> dict[str, Any]:
    return {"mean": value, "ci95": [value - 0.1049, value + 0.0951]}


REASONING: dict[str, Any] = {
    "photos": 1470,
    "top": 3,
    "classes": 7,
    "crop_kept": 0.92,
    "near_patches": 1.5,
    "jpeg_quality": 40,
    "perturbation": {
        "inside": _mean(0.746),
        "outside": _mean(0.124),
        **{
            f"{which}_{what}": _mean(value)
            for which, shift in (("shown", 0.0), ("others", 0.3))
            for what, value in (
                ("points_lost", 0.5123 - shift),
                ("answer_changed", 0.6236 - shift),
                ("answer_kept", 0.8347 - shift),
            )
        },
    },
    "stability": {
        name: {"parts_stayed": _mean(value), "same_prototypes": _mean(0.777), "same_answer": _mean(0.888)}
        for name, value in (("crop", 0.8127), ("jpeg", 0.9136))
    },
}
PORTFOLIO: dict[str, Any] = {
    "real_rows": 30_751,
    "portfolio": {
        "rows": 1200,
        "columns": {"largest": 0.04567, "mean": 0.01234},
        "scores": {"ks": 0.02345},
        "correlations": {"mean": 0.03456},
        "privacy": {
            "exact_copies": 1003,
            "distance_to_real": {"quantile_05": 1.2345, "median": 2.3456},
            "distance_between_real": {"quantile_05": 1.1234, "median": 2.2345},
        },
    },
}
SENTENCES: dict[str, tuple[Callable[[Texts], list[str]], list[list[str]]]] = {
    "headline": (lambda texts: [findings.headline(ROWS, texts)], [["83.5%", "78.3%", "87.8%", "1,147"]]),
    "differences": (lambda texts: findings.differences([PAIR], texts), [["2.6", "0.045", "1,015"]]),
    "encoders": (lambda texts: findings.differences([PAIR], texts, shipped=False), [["2.6", "0.045", "1,015"]]),
    "categories": (lambda texts: [findings.categories(ROWS, texts)], [["0.79", "0.66"]]),
    "gains": (lambda texts: findings.gains(ROWS, texts)[1:], [["30", "3.3"]]),
    "confusions": (lambda texts: [findings.confusions(ROWS, texts)], [["12", "2"]]),
    "costs": (lambda texts: [findings.costs(ROWS, texts)], [["7.9", "3.1"]]),
    "learning": (lambda texts: findings.learning(CURVES, texts), [["3", "2", "20.5%", "84.5%"]]),
    "leak": (
        lambda texts: findings.leak(EVALUATION["leak"], texts),
        [
            ["1,050", "24", "12", "70", "15", "15", "2.1%", "0.7%", "4.8%", "99%", "6", "158"],
            ["40", "64", "1,050", "32", "2.1%", "0.7%", "4.8%", "99%", "16", "158"],
        ],
    ),
    "protocols": (lambda texts: findings.protocols(EVALUATION, texts), [["84.8%", "80.5%", "+4.2", "1.2"]]),
    "without": (lambda texts: findings.without_near_duplicates(EVALUATION, texts), [["1,421", "91.3%"]]),
    "failures": (lambda texts: findings.failures(EVALUATION, ["vgg16", "yolov8"], texts), [["3", "1,050"], ["5", "2"]]),
    "certainty": (
        lambda texts: calibration_charts.sentences({"vgg16": CALIBRATION}, [], texts),
        [["68%", "95.5%", "91.3%", "98.6%", "83.5%"]],
    ),
    "reasoning": (
        lambda texts: list(reasoning_tables.sentences(REASONING, texts)),
        [["75%", "12%", "1,470", "3"], [], ["83%", "53%", "14%"], ["92%", "81.3%", "1.5", "40", "91.4%"]],
    ),
}
TABLES: dict[str, tuple[Callable[[Texts], Table], list[list[str]]]] = {
    "protocols": (
        lambda texts: protocol_charts.protocols_table(EVALUATION, texts),
        [["80.2%", "77.5%", "82.7%", "0.801", "0.773", "0.829", "80.5%", "2.2", "84.8%", "1.2"]],
    ),
    "met": (lambda texts: protocol_charts.met_table(EVALUATION, texts), [["95.5%", "1,012", "43"]]),
    "pairs": (
        lambda texts: protocol_charts.pairs_table([PAIR], True, texts),
        [["1,009", "6", "\u22122.6", "\u22127.4", "+2.2", "0.045"]],
    ),
    "sets": (
        lambda texts: calibration_charts.set_table({"vgg16": CALIBRATION}, texts),
        [["91.2%", "87.0%", "94.4%", "1.35", "69%", "95.5%", "91.3%", "98.6%", "1,470"]],
    ),
    "none": (
        lambda texts: calibration_charts.none_table({"vgg16": CALIBRATION}, texts),
        [["0.946", "76.6%", "73.4%", "80.8%", "9.9%", "5.6%", "13.0%", "1,040"]],
    ),
    "phases": (
        lambda texts: learning_curves.phases_table(CURVES, texts),
        [["1", "1", "1.079", "71.5%"], ["2", "1", "0.912", "84.5%"]],
    ),
    "perturbation": (
        lambda texts: reasoning_tables.perturbation_table(REASONING, texts),
        [
            ["0.512", "0.407", "0.607", "62.4%", "51.9%", "71.9%", "83.5%", "73.0%", "93.0%"],
            ["0.212", "0.107", "0.307", "32.4%", "21.9%", "41.9%", "53.5%", "43.0%", "63.0%"],
        ],
    ),
    "stability": (
        lambda texts: reasoning_tables.stability_table(REASONING, texts),
        [
            ["81.3%", "70.8%", "90.8%", "77.7%", "67.2%", "87.2%", "88.8%", "78.3%", "98.3%"],
            ["91.4%", "80.9%", "100.9%", "77.7%", "67.2%", "87.2%", "88.8%", "78.3%", "98.3%"],
        ],
    ),
    "stages": (
        lambda texts: reasoning_tables.stage_table(
            [{"after": "joint", "val_accuracy": 0.91234, "val_log_loss": 0.34567}], texts
        ),
        [["91.2%", "0.346"]],
    ),
    "portfolio": (
        lambda texts: tables.portfolio_table(PORTFOLIO, texts),
        [
            [*figure, "1,200", "30,751"]
            for figure in (["0.046"], ["0.012"], ["0.023"], ["0.035"], ["1,003"], ["1.23", "1.12"], ["2.35", "2.23"])
        ],
    ),
}


@BOTH
@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_says_the_measured_figures_with_the_decimals_that_they_are_worth(name: str, texts: Texts) -> None:
    write, expected = SENTENCES[name]
    said = write(texts)
    assert [numbers(sentence, texts) for sentence in said] == expected
    assert not [sentence for sentence in said if "None" in sentence or "XX" in sentence]


@BOTH
@pytest.mark.parametrize("name", TABLES)
def test_a_table_holds_the_measured_figures_with_the_decimals_that_they_are_worth(name: str, texts: Texts) -> None:
    write, expected = TABLES[name]
    table = write(texts)
    assert [[number for cell in row[1:] for number in numbers(cell, texts)] for row in table.rows] == expected
    assert len(set(table.head)) == len(table.head) and table.caption and all(table.head)
    assert all(cell for row in table.rows for cell in row)


PUBLISHED: list[dict[str, Any]] = [
    {"images": 2000},
    {"images": 2000, "parts": [1200, 400, 400]},
    {"images": 2000, "parts": [1200, 400, 400]},
]


@BOTH
def test_near_copies_are_said_to_have_the_identical_photos_among_them(texts: Texts) -> None:
    _, near = findings.leak(EVALUATION["leak"], texts)
    written = {"en": "are the identical photos and 40 more, such as", "fr": "sont les photos identiques et 40 de plus"}
    assert written[texts.language] in near


@BOTH
def test_our_random_splits_are_told_apart_from_the_published_ones(texts: Texts) -> None:
    said = findings.split_protocols(EVALUATION, PUBLISHED, texts)
    ours = {"en": ["1,050", "70", "15", "15"], "fr": ["70", "15", "15", "1,050"]}[texts.language]
    assert numbers(said, texts) == [*ours, "2,000", "60", "20", "20"]
    assert numbers(findings.split_protocols(EVALUATION, [], texts), texts).count("2,000") == 0
    mixed = [*PUBLISHED, {"images": 900, "parts": [720, 90, 90]}]
    assert numbers(findings.published_splits(mixed, texts), texts) == [
        *("900", "2,000"),
        *("60", "20", "20", "80", "10", "10"),
    ]
    assert not findings.published_splits(PUBLISHED[:1], texts)
    column = texts("results.protocols.random")
    assert not re.search("publi", column), "published figures come from other splits"


@BOTH
def test_the_remedies_say_on_how_many_photos_they_were_measured(texts: Texts) -> None:
    row = {"remedy": "kernel", "accuracy": 0.9, "inside": 0.7, "outside": 0.1}
    table = reasoning_tables.remedy_table([row | {"photos": 1024}, row | {"photos": 1024}], texts)
    assert numbers(table.caption, texts) == ["1,024"]
    table = reasoning_tables.remedy_table([row | {"photos": 147}, row | {"photos": 24}], texts)
    assert numbers(table.caption, texts) == ["24", "147"]


def test_points_are_counted_as_the_language_counts() -> None:
    near = PAIR | {"difference": -0.0142}
    assert "de 1,4\u00a0point, plus" in findings.differences([near], FRENCH)[0]
    assert "by 1.4\u00a0points, and" in findings.differences([near], ENGLISH)[0]
    (said,) = findings.protocols(EVALUATION, FRENCH)
    assert "vaut +4,2\u00a0points," in said and "de 1,2\u00a0point (" in said
    assert "vaut 3,3\u00a0points," in findings.gains(ROWS, FRENCH)[-1]


def test_french_sets_every_colon_apart() -> None:
    failure = EVALUATION["failures"]["catalogue"][1]
    for shown in (tables.confusions(ROWS, FRENCH), tables.failure_caption(failure, FRENCH)):
        assert "\u00a0: " in shown and not re.search(r"\S: ", shown)


RELEARNT = {"folds": 5, "pairs": [PAIR | {"difference": 0.0541, "p_value": 2e-8}]}


@BOTH
def test_what_the_test_photos_leave_open_is_settled_by_the_folds_where_they_settle_it(texts: Texts) -> None:
    alike = PAIR | {"p_value": 0.0703}
    (open_still,) = findings.differences([alike], texts)
    (settled,) = findings.differences([alike], texts, relearnt=RELEARNT)
    assert settled.startswith(open_still) and "VGG16" in settled.removeprefix(open_still)
    assert numbers(settled.removeprefix(open_still), texts)[-3:] == ["5", "5.4", "0.001"]
    assert texts("results.tab.protocols") in settled
    undecided = RELEARNT | {"pairs": [PAIR | {"p_value": 0.3}]}
    other_pair = RELEARNT | {"pairs": [RELEARNT["pairs"][0] | {"first": "protovit"}]}  # type: ignore[index]
    for found in (undecided, other_pair, {}, None):
        assert findings.differences([alike], texts, relearnt=found) == [open_still]
    differ = findings.differences([PAIR], texts)
    assert findings.differences([PAIR], texts, relearnt=RELEARNT) == differ, "nothing was left open"


def test_one_is_one_in_the_sentences_of_the_results() -> None:
    one = EVALUATION | {"failures": {"test": [{}], "catalogue": EVALUATION["failures"]["catalogue"][:1]}}
    missed, rendered = findings.failures(one, ["vgg16"], FRENCH)
    assert "photos de test est manquée" in missed and "1 est manquée par" in rendered
    missed, rendered = findings.failures(one, ["vgg16"], ENGLISH)
    assert "test photos is missed" in missed and "1 is missed by" in rendered
    short = {"vgg16": (Phase("curves", (Point(1, None, 0.9, 0.8),)),)}
    assert "1 epoch in 1 phase;" in findings.learning(short, ENGLISH)[0]
    assert "1 époque en 1 phase" in findings.learning(short, FRENCH)[0]
    assert "à moins de 1,5 zone de leur place" in reasoning_tables.sentences(REASONING, FRENCH)[-1]
    assert "within 1.5 places of where" in reasoning_tables.sentences(REASONING, ENGLISH)[-1]


@BOTH
def test_a_model_that_is_quickest_and_smallest_is_named_once(texts: Texts) -> None:
    alone = findings.costs(ROWS, texts)
    assert alone.count("YOLOv8n") == 1 and numbers(alone, texts) == ["7.9", "3.1"]
    slower = [ROWS[0] | {"latency_ms_p50": 2.14}, ROWS[1]]
    both = findings.costs(slower, texts)
    assert both.index("VGG16") < both.index("YOLOv8n") and numbers(both, texts) == ["2.1", "3.1"]


def test_a_machine_is_named_in_the_reader_s_language() -> None:
    written = "x86_64 CPU with bf16, 2 threads"
    assert machine_name(written, ENGLISH) == written
    assert machine_name(written, FRENCH) == "processeur x86_64 avec bf16, 2 fils"
    assert machine_name("arm64 CPU, 1 threads", FRENCH) == "processeur arm64, 1 fil"
    assert (machine_name("NVIDIA GPU", ENGLISH), machine_name("NVIDIA GPU", FRENCH)) == ("NVIDIA GPU", "GPU NVIDIA")
    assert machine_name("Cray", FRENCH) == "Cray", "what is not known is left as it is"
    row = ROWS[1] | {"latency_machine": written}
    assert "(processeur x86_64 avec bf16, 2 fils)" in findings.costs([row], FRENCH)


def test_a_confusion_names_categories_of_any_gender() -> None:
    said = findings.confusions(ROWS, FRENCH)
    assert re.search(r"la catégorie «\u00a0.*\u00a0» prise pour «\u00a0.*\u00a0», 12 fois", said), said
