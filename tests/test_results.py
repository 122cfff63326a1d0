"""What the results tab and the method note say: read from the files, in both languages, and without them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pandas as pd
import pytest

from models import results
from models.display.pages import method as method_note
from models.display.results import (
    charts as result_charts,
)
from models.display.results import (
    findings,
    learning_curves,
    protocol_charts,
    style,
    tables,
)
from models.results import Phase, Point
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from models.vision.predictions import CLASSES
from tabs.pages.method import method_tab
from tabs.results.tab import results_tab
from tests.charts import cells, in_house_style

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)


def _row(model: str, hits: list[int]) -> dict[str, Any]:
    """A measured row: of 21 photos a class, ``hits`` are right and the rest taken for the next class."""
    confusion = np.diag(hits) + np.roll(np.diag([21 - hit for hit in hits]), 1, axis=1)
    recall = dict(zip(CLASSES, (np.array(hits) / 21).tolist(), strict=True))
    accuracy = sum(hits) / 147
    known = {
        "test_images": 147,
        "accuracy": accuracy,
        "accuracy_ci95": [accuracy - 0.06, accuracy + 0.06],
        "macro_f1": accuracy,
        "per_class_precision": recall,
        "per_class_recall": recall,
        "per_class_f1": recall,
        "confusion": confusion.tolist(),
        "reliability": [{"photos": 147, "confidence": 0.8, "accuracy": accuracy}],
        "parameters": 1_000_000,
        "weights_bytes": 2_000_000,
        "latency_ms_p50": 20.0,
    }
    return {"model": model} | {key: known.get(key) for key in results.ROW} | {"source": "measured"}


ROWS = [_row("vgg16", [13, 15, 20, 20, 17, 18, 20]), _row("yolov8", [15, 15, 20, 19, 16, 15, 19])]


def _pair(p_value: float) -> dict[str, Any]:
    return {
        "first": "vgg16",
        "second": "yolov8",
        "only_first": 9,
        "only_second": 6,
        "difference": 0.02,
        "difference_ci95": [-0.03, 0.07],
        "p_value": p_value,
    }


def test_rows_of_others_are_told_apart() -> None:
    answer = results.results()["vision"]
    measured = [row for row in answer if row["source"] == "measured"]
    reported = [row for row in answer if row["source"].startswith("reported by ")]
    assert len(measured) + len(reported) == len(answer) and len(reported) == 4
    assert answer[: len(measured)] == measured
    assert not {row["model"] for row in measured} & {row["model"] for row in reported}
    assert all("random split" in row["split"] and row["accuracy_ci95"] is None for row in reported)
    assert {round(row["accuracy"], 4) for row in reported} == {0.81, 0.83, 0.8333, 0.881}
    assert all(set(results.ROW) <= set(row) for row in answer)


def test_published_rows_are_in_both_languages() -> None:
    for row in results.published():
        for name in ("split", "source"):
            assert set(row[name]) == set(LANGUAGES) and row[name]["en"] != row[name]["fr"]


@BOTH
def test_the_counts_of_a_published_split_are_those_that_its_words_say(texts: Texts) -> None:
    for row in results.published():
        parts = row.get("parts", [])
        written = re.sub(r"(?<=\d)[, \u00a0](?=\d{3})", "", row["split"][texts.language])
        assert [int(number) for number in re.findall(r"\d+", written)] == [row["images"], *parts]
        assert not parts or (sum(parts) == row["images"] and parts[2] == row["test_images"])


def test_epochs_are_fixed_where_no_stage_can_end_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)

    def stages(*patience: int) -> dict[str, Any]:
        found = {str(place): {"schedule": {"epochs": 8, "patience": borne}} for place, borne in enumerate(patience)}
        return {"recipe": {"stages": found}}

    one_phase = {"recipe": {"schedule": {"epochs": 8, "patience": 8}}}
    cases = [(stages(8, 9), True), (stages(8, 7), False), (one_phase, False), ({}, False)]
    for name, (record, fixed) in enumerate(cases):
        (tmp_path / str(name)).mkdir()
        (tmp_path / str(name) / "training.json").write_text(json.dumps(record))
        assert results.epochs_are_fixed(str(name)) is fixed


@pytest.mark.parametrize(("texts", "separator"), [(ENGLISH, ","), (FRENCH, ";")])
def test_the_comparison_opens_in_a_spreadsheet_of_the_language(texts: Texts, separator: str, tmp_path: Path) -> None:
    frame = tables.comparison(ROWS, texts)
    saved = pd.read_csv(tables.save_comparison(frame, tmp_path, texts), sep=separator, encoding="utf-8-sig")
    assert saved.shape == frame.shape and list(saved.columns) == list(frame.columns)


def test_changed_weights_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    (tmp_path / "vgg16").mkdir()
    (tmp_path / "vgg16" / "config.json").write_text(json.dumps({"weights_sha256": "a"}))
    assert results.changed_since() == ["vgg16"]
    (tmp_path / "results.json").write_text(json.dumps({"models": {"vgg16": {"weights_sha256": "a"}}}))
    assert results.changed_since() == []


def test_explanations_of_other_weights_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    (tmp_path / "protovit").mkdir()
    (tmp_path / "protovit" / "config.json").write_text(json.dumps({"weights_sha256": "a"}))
    read = {"explanations": results.explanations, "reasoning": results.reasoning, "calibration": results.calibrations}
    for name, found in read.items():
        for content in ({"photos": 7}, {"photos": 7, "weights_sha256": "b"}):
            (tmp_path / "protovit" / f"{name}.json").write_text(json.dumps(content))
            assert not found()
        (tmp_path / "protovit" / f"{name}.json").write_text(json.dumps({"photos": 7, "weights_sha256": "a"}))
        assert found()


def test_the_shipped_reasoning_is_that_of_the_shipped_weights() -> None:
    assert results.reasoning() and set(results.explanations()) == set(results.VISION)


def test_the_method_names_the_models_that_learnt_anew_and_what_taught_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    for name, refit in (("vgg16", True), ("yolov8", False), ("protovit", True)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "training.json").write_text(json.dumps({"arguments": {"refit": refit}}))
    taught = {"arguments": {"refit": True}, "taught_by": ["a_network", "another"]}
    (tmp_path / "protovit" / "training.json").write_text(json.dumps(taught))
    assert "Then VGG16, ProtoViT learnt once more" in method_note.facts(ENGLISH)["anew"]
    assert method_note.facts(ENGLISH)["taught"].endswith("ProtoViT (a_network, another).")
    monkeypatch.setattr(results, "WEIGHTS", tmp_path / "none")
    assert method_note.facts(ENGLISH)["anew"] == method_note.facts(ENGLISH)["taught"] == ""


def test_learning_curves_are_those_of_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    (tmp_path / "protovit").mkdir()
    point = {"epoch": 1, "train_loss": 2.0, "val_loss": 1.0, "val_accuracy": 0.5, "seconds": 3}
    record = {"steps": [{"epoch": 1}], "curves": [point], "settle_curves": [point], "refit_curves": [point]}
    (tmp_path / "protovit" / "training.json").write_text(json.dumps(record))
    phases = results.learning_curves()["protovit"]
    assert [phase.name for phase in phases] == ["curves", "settle_curves"]
    assert phases[0].points == (Point(1, 2.0, 1.0, 0.5),)
    names = [learning_curves.phase_name("protovit", phase.name, ENGLISH) for phase in phases]
    assert names == ["joint", "settling"] and learning_curves.phase_name("vgg16", "curves", ENGLISH) not in names
    with pytest.raises(ValueError, match="at least one point"):
        Phase("empty", ())


def test_epochs_are_those_that_the_weights_learnt_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    (tmp_path / "vgg16").mkdir()
    (tmp_path / "vgg16" / "metrics.json").write_text(json.dumps({"epochs": 9}))
    first = {"head_curves": [{"epoch": 16}], "curves": [{"epoch": 0}, {"epoch": 9}]}
    anew = {"refit_head_curves": [{"epoch": 3}], "refit_curves": [{"epoch": 0}]}
    for record, epochs in (({}, 9), ({**first, "curves": [{"epoch": 7}]}, 7), (first | anew, 0)):
        (tmp_path / "vgg16" / "training.json").write_text(json.dumps(record))
        assert [row["epochs"] for row in results.vision()] == [epochs]


def test_the_comparison_sorts_by_number() -> None:
    frame = tables.comparison(ROWS, ENGLISH)
    heads = list(frame.columns)
    assert frame[heads[0]].tolist() == ["VGG16", "YOLOv8n"]
    assert frame["Accuracy (%)"].dtype == "Float64" and frame["Accuracy (%)"].tolist() == [83.7, 81.0]
    assert frame["95% interval of accuracy"].tolist()[0] == "[77.7,\u00a089.7]"
    assert frame["Epochs of the last phase"].isna().all() and len(set(heads)) == len(heads)


def test_a_difference_is_called_one_only_when_the_test_says_so() -> None:
    (alike,) = findings.differences([_pair(0.3)], ENGLISH)
    (differ,) = findings.differences([_pair(0.0001)], ENGLISH)
    assert "do not settle" in alike and "p\u00a0=\u00a00.30" in alike
    assert "more than chance" in differ and "p\u00a0<\u00a00.001" in differ


def test_gains_are_those_on_the_reference() -> None:
    sentence, one_photo = findings.gains(ROWS, ENGLISH)
    assert re.search(r"more photos than VGG16 in: Baby Care; fewer in: .*Kitchen & Dining", sentence)
    assert "4.8\u00a0points" in one_photo
    figure = result_charts.gains(ROWS, ENGLISH)
    assert figure is not None and figure.data[0].x[0] == pytest.approx(2 / 21)
    assert result_charts.gains(ROWS[1:], ENGLISH) is None and findings.gains(ROWS[1:], ENGLISH) == []


def test_confusion_matrices_share_one_scale() -> None:
    html = tables.confusions(ROWS, ENGLISH)
    shares = [float(share) for share in re.findall(r"--share:([\d.]+)", html)]
    assert len(shares) == 2 * 49 and max(shares) == 1
    assert shares[0] == pytest.approx(13 / 20, abs=1e-3) and shares[49] == pytest.approx(15 / 20, abs=1e-3)
    assert "“Baby Care” taken for “Beauty and Personal Care”, 14 times" in findings.confusions(ROWS, ENGLISH)


def _evaluation() -> dict[str, Any]:
    head = {"accuracy": 0.8, "accuracy_ci95": [0.77, 0.83], "macro_f1": 0.8, "macro_f1_ci95": [0.77, 0.83]}
    split = {"accuracies": [0.8, 0.82], "accuracy": 0.81, "deviation": 0.01}
    met = {"photos": 5, "accuracy": 1.0}
    kind = {
        "groups": 2,
        "photos": 5,
        "random_share": 0.02,
        "random_range95": [0, 0.05],
        "splits_with_one": 0.9,
        "fixed_test_photos": 3,
    }
    return {
        "cross_validation": {
            "folds": 2,
            "photos": 100,
            "models": {"vgg16": head | {"folds": [0.79, 0.81]}},
            "pairs": [],
        },
        "splits": {
            "random": {"vgg16": split | {"accuracy": 0.85, "met": met, "new": met | {"accuracy": None}}},
            "cleaned": {"vgg16": split},
        },
        "leak": {"photos": 100, "draws": 10, "fixed_test_total": 147, "identical": kind, "near": kind},
    }


@BOTH
def test_every_chart_has_a_name_and_its_numbers(texts: Texts) -> None:
    curves = {"vgg16": (Phase("head_curves", (Point(0, None, 2.0, 0.2), Point(1, 1.5, 1.0, 0.7))),)}
    charts = [
        result_charts.accuracy(ROWS, texts),
        *(result_charts.class_bars(ROWS, measure, texts) for measure in ("f1", "precision", "recall")),
        result_charts.gains(ROWS, texts),
        *(result_charts.costs(ROWS, cost, texts) for cost in ("latency_ms_p50", "weights_bytes")),
        learning_curves.accuracies(curves, texts),
        learning_curves.losses("vgg16", curves["vgg16"], texts),
        protocol_charts.spread(_evaluation(), texts),
        protocol_charts.leak(_evaluation()["leak"], texts),
        method_note.reliability(ROWS, texts),
    ]
    for chart in charts:
        assert chart is not None and chart.layout.meta["label"]
        in_house_style(chart, texts)
    assert len({chart.layout.meta["label"] for chart in charts if chart}) == len(charts)


@BOTH
def test_every_model_is_drawn_where_it_was_measured_with_its_interval_and_its_look(texts: Texts) -> None:
    for figure, cost in (
        (result_charts.accuracy(ROWS, texts), ""),
        (result_charts.costs(ROWS, "latency_ms_p50", texts), "latency_ms_p50"),
        (result_charts.costs(ROWS, "weights_bytes", texts), "weights_bytes"),
    ):
        names = [mark.text for mark in figure.layout.annotations] if cost else [trace.y[0] for trace in figure.data]
        for trace, row, name, told in zip(figure.data, ROWS, names, cells(figure)[1:], strict=True):
            place, error = (trace.y, trace.error_y) if cost else (trace.x, trace.error_x)
            assert list(place) == [row["accuracy"]]
            assert row["accuracy"] + error.array[0] == pytest.approx(row["accuracy_ci95"][1])
            assert row["accuracy"] - error.arrayminus[0] == pytest.approx(row["accuracy_ci95"][0])
            assert error.symmetric is False and error.type == "data"
            look = style.look(row["model"])
            assert (trace.marker.color, trace.marker.symbol, error.color) == (look.colour, look.symbol, look.colour)
            assert told[0] == texts(f"images.models.{row['model']}") == name
            if cost:
                assert trace.x[0] == {"latency_ms_p50": 20, "weights_bytes": 2}[cost]
                size = f"{texts.number(2, 1)} {texts('results.megabytes')}"
                assert told[1] == {"latency_ms_p50": "20 ms", "weights_bytes": size}[cost]
                assert trace.hovertemplate == texts.pair(told[1], f"{texts.percent(row['accuracy'])}<extra></extra>")
            else:
                assert trace.hovertemplate.startswith(texts.percent(row["accuracy"]))
        shown = figure.layout.yaxis.range if cost else figure.layout.xaxis.range
        assert shown[0] < min(row["accuracy_ci95"][0] for row in ROWS) and shown[1] == 1


@BOTH
@pytest.mark.parametrize("measure", ["f1", "precision", "recall"])
def test_each_bar_of_a_category_is_that_model_s_figure(measure: str, texts: Texts) -> None:
    rows = [
        row | {f"per_class_{measure}": {n: 0.1 * k + 0.02 * p for p, n in enumerate(CLASSES)}}
        for k, row in enumerate(ROWS, 3)
    ]
    figure = result_charts.class_bars(rows, measure, texts)
    head, *told = cells(figure)
    assert [head[0], figure.layout.xaxis.title.text] == [texts("images.class"), texts(f"results.measures.{measure}")]
    assert figure.layout.showlegend and figure.layout.yaxis.autorange == "reversed"
    for k, (trace, row) in enumerate(zip(figure.data, rows, strict=True)):
        values = list(row[f"per_class_{measure}"].values())
        assert (trace.orientation, list(trace.x), trace.name) == ("h", values, head[1 + k])
        assert list(trace.y) == [line[0] for line in told] == [texts(f"images.classes.{name}") for name in CLASSES]
        assert [line[1 + k] for line in told] == list(trace.customdata) == [texts.number(value, 3) for value in values]
        assert list(trace.text) == [texts.number(value, 2) for value in values]
        look = style.look(row["model"])
        assert (trace.marker.color, trace.marker.pattern.shape) == (look.colour, look.pattern)


def test_a_name_that_the_next_interval_would_strike_through_stands_below_its_own() -> None:
    rows = [row | {"weights_bytes": size} for row, size in zip(ROWS, (3e6, 30e6), strict=True)]
    below, right = result_charts.costs([*rows, ROWS[0] | {"weights_bytes": 160e6}], "weights_bytes", ENGLISH)["layout"][
        "annotations"
    ][:2]
    assert (below.y, below.yanchor) == (ROWS[0]["accuracy_ci95"][0], "top")
    assert (right.y, right.yanchor) == (ROWS[1]["accuracy"], "middle")


@BOTH
def test_a_gain_points_up_and_a_loss_down_in_the_model_s_own_colour(texts: Texts) -> None:
    figure = result_charts.gains(ROWS, texts)
    assert figure is not None
    (trace,) = figure.data
    base, other = (row["per_class_recall"] for row in ROWS)
    assert trace.marker.color == style.look(ROWS[1]["model"]).colour
    for name, value, text, told in zip(CLASSES, trace.x, trace.text, cells(figure)[1:], strict=True):
        assert value == pytest.approx(other[name] - base[name])
        sign = "=" if value == 0 else "\u25b2" if value > 0 else "\u25bc"
        written = texts.signed(100 * value, 1) if value else "0"
        assert text == f"{sign} {written}" and told[1] == written
    low, high = figure.layout.xaxis.range
    assert low == -high and high > max(map(abs, trace.x)), "the middle is no gain"


@pytest.mark.parametrize(
    ("value", "written"), [(0.0004, "p < 0.001"), (0.0312, "p = 0.031"), (0.1, "p = 0.10"), (0.34, "p = 0.34")]
)
def test_a_p_value_is_written_as_it_is_reported(value: float, written: str) -> None:
    written = written.replace(" ", "\u00a0")
    assert style.p_value(value, ENGLISH) == written and style.p_value(value, FRENCH) == written.replace(".", ",")


@BOTH
def test_trainings_repeated_in_folds_are_told_with_what_they_rest_on(texts: Texts) -> None:
    folds = {"accuracy": 0.8896, "accuracy_ci95": [0.87, 0.91], "macro_f1": 0.89, "macro_f1_ci95": [0.87, 0.91]}
    pair = {"first": "vgg16", "second": "protovit", "difference": -0.05, "difference_ci95": [-0.07, -0.03]}
    models = {"vgg16": folds | {"folds": [0.82, 0.85, 0.84]}, "protovit": folds | {"folds": [0.862, 0.899, 0.9]}}
    pairs = [pair | {"only_first": 20, "only_second": 67, "p_value": 1e-6}]
    found = {"relearnt": {"photos": 942, "models": models, "pairs": pairs}, "photos": {"test": [21] * 7}}
    told, missing = findings.relearnt(found, ["vgg16", "yolov8", "protovit"], texts)
    assert "942" in told and "147" in told
    assert "YOLOv8n" in missing and "VGG16" not in missing
    assert len(findings.relearnt(found, ["vgg16"], texts)) == 1
    rows = protocol_charts.relearnt_table(found["relearnt"], texts).rows
    assert [row[0] for row in rows] == ["VGG16", "ProtoViT"]
    assert (
        texts.percent(0.8896) in rows[1][1] and texts.percent(0.862) in rows[1][3] and texts.percent(0.9) in rows[1][3]
    )
    (sentence,) = findings.differences(pairs, texts)
    assert sentence.startswith("ProtoViT") and texts.points(-0.05, 1) in sentence and "87" in sentence


def test_what_the_leak_is_worth_is_random_less_cleaned() -> None:
    (sentence,) = findings.protocols(_evaluation(), ENGLISH)
    assert "85.0% on random splits, 81.0% once" in sentence and "worth +4.0\u00a0points" in sentence


@BOTH
def test_the_note_is_whole(texts: Texts) -> None:
    note = method_note.sections(texts)
    assert len(note) == 14
    text = "\n".join(section.text for section in note)
    assert text.count("$$") == 2 * len(method_note.EQUATIONS)
    assert not re.search(r"\{[a-z_0-9]+\}", re.sub(r"\$\$.*?\$\$", "", text))
    if results.evaluation():
        assert "942" in note[0].text and note[0].table is not None and note[1].figure is not None


@BOTH
def test_what_each_remedy_costs_stands_beside_protovit_where_it_was_measured(
    texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)
    assert all(section.table is None for section in method_note.sections(texts) if "ProtoViT" in section.title)
    rows = [
        {"remedy": "cosine", "accuracy": 0.912, "inside": 0.3, "outside": 0.44, "photos": 24},
        {"remedy": "kernel", "accuracy": 0.905, "inside": 0.5, "outside": 0.3, "photos": 24},
        {"remedy": "encoder", "accuracy": 0.9, "inside": 0.6, "outside": 0.13, "photos": 24},
    ]
    (tmp_path / "protovit").mkdir()
    (tmp_path / "protovit" / "remedies.json").write_text(json.dumps(rows))
    (table,) = [
        section.table for section in method_note.sections(texts) if section.table and "ProtoViT" in section.title
    ]
    assert [row[1] for row in table.rows] == [texts.percent(row["accuracy"], 1) for row in rows]
    assert table.rows[0][2:] == (texts.percent(0.3, 0), texts.percent(0.44, 0))


@BOTH
def test_the_tabs_stand_without_any_figures(texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEIGHTS", "RESULTS", "PORTFOLIO", "PUBLISHED"):
        monkeypatch.setattr(results, name, tmp_path / "nothing")
    assert results.results() == {"vision": [], "credit": {}}
    with gr.Blocks() as page:
        results_tab(texts)
        method_tab(texts)
    shown = [block.value for block in page.blocks.values() if isinstance(block, gr.Markdown)]
    assert texts("results.none") in shown
    assert not [block for block in page.blocks.values() if isinstance(block, gr.Plot)]


@BOTH
def test_the_tabs_show_the_shipped_figures(texts: Texts) -> None:
    with gr.Blocks() as page:
        results_tab(texts)
    html = "".join(str(block.value) for block in page.blocks.values() if isinstance(block, gr.HTML))
    best = max(results.vision(), key=lambda row: row["accuracy"])
    assert texts.percent(best["accuracy"]) in html
    assert all(row["source"][texts.language] in html for row in results.published())
    for failure in results.evaluation().get("failures", {}).get("test", []):
        assert failure["image"] in html


@pytest.mark.parametrize(("texts", "negative"), [(ENGLISH, "[−0.300, −0.100]"), (FRENCH, "[−0,300 ; −0,100]")])
def test_the_faithfulness_table_says_where_no_map_is_left(texts: Texts, negative: str) -> None:
    def method(low: float, high: float) -> dict[str, Any]:
        figure = {"mean": 0.5, "ci95": [0.4, 0.6]}
        likeness = {"mean": (low + high) / 2, "ci95": [low, high]}
        names = ("deletion", "insertion", "road")
        return {"photos": 7, **dict.fromkeys(names, figure), "likeness_to_shuffled_weights": likeness}

    measured = {"yolov8": {"methods": {"grad-cam": method(0, 0), "eigen-cam": method(-0.3, -0.1)}}}
    empty, other = tables.explanation_table(measured, texts).rows
    assert empty[4] == texts("results.explanations.empty")
    assert str(other[4]).replace("\u00a0", " ").endswith(negative)
    assert negative.count(" ") == str(other[4]).count("\u00a0")  # no line ends within an interval
