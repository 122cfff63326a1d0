"""The charts of the results on figures made up for the test: what is drawn, named, and said on hover."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models import results
from models.display.pages import method
from models.display.results import charts, faithfulness, learning_curves, protocol_charts, style, tables
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from models.vision.saliency import METHODS
from tests.charts import cells, in_house_style, numbers
from tests.test_results_words import CURVES, EVALUATION, ROWS

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)


@BOTH
def test_losses_are_said_as_they_are_drawn_phase_after_phase(texts: Texts) -> None:
    figure = learning_curves.losses("vgg16", CURVES["vgg16"], texts)
    in_house_style(figure, texts)
    rows = [[number for cell in row for number in numbers(cell, texts)] for row in cells(figure)[1:]]
    assert [row[-2:] for row in rows] == [["0", "2.346"], ["1.235", "1.079"], ["0.988", "0.912"], ["0.877", "0.932"]]
    assert [list(trace.x) for trace in figure.data] == [[0, 1], [0, 1], [2, 3], [2, 3]], "one runs on from the other"
    drawn = [value for trace in figure.data for value in trace.y]
    assert drawn == [None, 1.23456, 2.34567, 1.07891, 0.98765, 0.87654, 0.91234, 0.9321]
    assert [epoch for trace in figure.data for epoch, _ in trace.customdata] == ["0", "1"] * 2 + ["1", "2"] * 2, (
        "of the phase"
    )
    hovers = [numbers(hover, texts) for trace in figure.data for _, hover in trace.customdata]
    assert hovers == [[] if value is None else [f"{value:.3f}"] for value in drawn]
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 1, "between the phases"
    for trace, phase in zip(figure.data[::2], ("head_curves", "curves"), strict=True):
        assert trace.hovertemplate.startswith(learning_curves.phase_name("vgg16", phase, texts))
    assert learning_curves.phase_name("vgg16", "no_such_phase", texts) == "no such phase"


@BOTH
def test_accuracies_run_over_all_phases(texts: Texts) -> None:
    figure = learning_curves.accuracies(CURVES, texts)
    in_house_style(figure, texts)
    (trace,) = figure.data
    assert list(trace.x) == [0, 1, 2, 3] and list(trace.y) == [0.2049, 0.7151, 0.8449, 0.8251]
    assert numbers(" ".join(trace.customdata), texts) == ["20.5%", "71.5%", "84.5%", "82.5%"]
    assert [numbers(" ".join(row[1:]), texts) for row in cells(figure)[1:]] == [["20.5%", "84.5%"]]
    assert numbers(" ".join(figure.layout.yaxis.ticktext), texts) == [f"{20 * tick}%" for tick in range(6)]


@BOTH
def test_every_fold_and_split_is_a_point_beside_its_encoder(texts: Texts) -> None:
    figure = protocol_charts.spread(EVALUATION, texts)
    in_house_style(figure, texts)
    assert [list(trace.x) for trace in figure.data] == [[0.7912, 0.8134], [0.8011, 0.8099], [0.8512, 0.8231]]
    low, high = figure.layout.yaxis.range
    places = [place for trace in figure.data for place in trace.y]
    assert low > max(places) and high < min(places) and len(set(places)) == 3, "each protocol at a height of its own"
    name = protocol_charts.encoder_name("vgg16", texts)
    assert list(figure.layout.yaxis.tickvals) == [0] and list(figure.layout.yaxis.ticktext) == [name]
    assert all(hover.startswith(name) for trace in figure.data for hover in trace.customdata)
    assert [numbers(hover, texts)[-1] for trace in figure.data for hover in trace.customdata] == [
        f"{100 * value:.1f}%" for trace in figure.data for value in trace.x
    ]
    assert numbers(" ".join(cells(figure)[1][1:]), texts) == ["79.1%", "81.3%", "80.1%", "81.0%", "82.3%", "85.1%"]
    left, right = figure.layout.xaxis.range
    assert left < 0.7912 and right > 0.8512 and right - left < 0.2


@BOTH
def test_the_leak_s_bars_are_named_and_measured(texts: Texts) -> None:
    figure = protocol_charts.leak(EVALUATION["leak"], texts)
    in_house_style(figure, texts)
    drawn, fixed = figure.data
    assert (
        [drawn.name, fixed.name] == [texts("results.leak.random"), texts("results.leak.fixed")] == cells(figure)[0][1:]
    )
    assert list(drawn.x) == [0.0213, 0.0213] and list(fixed.x) == pytest.approx([6 / 158, 16 / 158])
    assert list(drawn.y) == list(fixed.y) == [texts("results.leak.identical"), texts("results.leak.near")]
    assert numbers(" ".join(fixed.text), texts) == ["3.8%", "10.1%"]
    assert [numbers(" ".join(row[1:]), texts) for row in cells(figure)[1:]] == [["2.1%", "3.8%"], ["2.1%", "10.1%"]]
    assert figure.layout.xaxis.range[1] > 16 / 158 and figure.layout.yaxis.autorange == "reversed"


@BOTH
@pytest.mark.parametrize("cost", ["latency_ms_p50", "weights_bytes"])
def test_a_cost_is_said_in_its_unit_and_a_model_without_one_is_left_out(cost: str, texts: Texts) -> None:
    figure = charts.costs([*ROWS, ROWS[0] | {"model": "protovit", cost: None}], cost, texts)
    in_house_style(figure, texts)
    written = [["41", "7.9"], ["58.3", "3.1"]][cost == "weights_bytes"]
    assert [numbers(row[1], texts) for row in cells(figure)[1:]] == [[number] for number in written]
    assert [numbers(trace.hovertemplate, texts) for trace in figure.data] == [
        [written[0], "81.2%"],
        [written[1], "83.5%"],
    ]
    assert figure.layout.xaxis.range[0] == 0 and figure.layout.xaxis.range[1] > 1.2 * max(
        trace.x[0] for trace in figure.data
    ), "room for the names"


def _road(value: float, photos: int = 147, half: float = 0.01) -> dict[str, Any]:
    return {"photos": photos, "road": {"mean": value, "ci95": [value - half, value + half]}}


def _said(methods: dict[str, Any], texts: Texts, quick: tuple[str, ...] = ()) -> str:
    (sentence,) = faithfulness.explanations({"vgg16": {"methods": methods}}, texts, quick=quick)
    return sentence


@BOTH
def test_the_most_faithful_map_is_named_beside_the_random_one(texts: Texts) -> None:
    measured: dict[str, Any] = {
        "vgg16": {"methods": {"random": _road(0.0123), "grad-cam": _road(0.2345), "rise": _road(0.3456)}},
        "yolov8": {"methods": {"grad-cam": _road(0.2)}},
        "protovit": {"methods": {"random": _road(0.0)}},
    }
    (sentence,) = faithfulness.explanations(measured, texts)
    assert numbers(sentence, texts) == ["0.35", "0.01", "147"] and "RISE" in sentence
    assert texts("images.methods.rise") not in sentence, "how long it takes is for the menu"
    (sentence,) = faithfulness.explanations(measured, texts, quick=("grad-cam", "layer-cam"))
    assert numbers(sentence, texts) == ["0.35", "0.01", "147", "0.23"] and sentence.count("Grad-CAM") == 1
    by_rise = faithfulness.explanations(measured, texts, quick=("grad-cam", "rise"))
    assert by_rise == faithfulness.explanations(measured, texts)


@BOTH
def test_a_map_that_was_measured_alone_is_not_called_the_most_faithful(texts: Texts) -> None:
    own = {"protovit": {"methods": {"random": _road(0.0123), "prototypes": _road(0.2345)}}}
    (sentence,) = faithfulness.explanations(own, texts, quick=("grad-cam",))
    assert texts("images.method_names.prototypes") in sentence
    assert numbers(sentence, texts) == ["0.23", "0.01", "147"]
    assert sentence == texts(
        "results.say.explanation",
        model="ProtoViT",
        method=texts("images.method_names.prototypes"),
        road=texts.number(0.2345, 2),
        random=texts.number(0.0123, 2),
        photos="147",
    )


@BOTH
def test_a_method_that_is_higher_on_fewer_photos_is_named_with_their_count(texts: Texts) -> None:
    methods = {"random": _road(0.0123), "grad-cam": _road(0.2345), "layer-cam": _road(0.1)}
    said = _said(methods | {"rise": _road(0.9, 56), "score-cam": _road(0.2, 56)}, texts)
    assert numbers(said, texts) == ["0.23", "0.01", "147", "56", "0.90"] and "Grad-CAM" in said
    assert said.count("RISE") == 1 and "Score-CAM" not in said, "it is not higher"
    other = {"vgg16": {"methods": methods | {"random": _road(0.0123, 56)}}}
    assert not faithfulness.explanations(other, texts)


@BOTH
def test_methods_whose_intervals_overlap_are_not_told_apart(texts: Texts) -> None:
    methods = {"random": _road(0.0), "rise": _road(0.9), "grad-cam": _road(0.3), "finer-cam": _road(0.32)}
    apart = _said(methods, texts, quick=("grad-cam", "finer-cam"))
    assert numbers(apart, texts) == ["0.90", "0.00", "147", "0.32", "0.30"] and apart.count("FinerCAM") == 1
    assert apart.endswith(texts("results.say.overlap", method="Grad-CAM", road=texts.number(0.3, 2)))
    assert apart.count({"en": "interval", "fr": "intervalle"}[texts.language]) == 2, (
        "a test of pairs might tell them apart"
    )
    wide = _said(methods | {"grad-cam": _road(0.2)}, texts, quick=("grad-cam", "finer-cam"))
    assert numbers(wide, texts) == ["0.90", "0.00", "147", "0.32"], "there is room between the two"
    best = _said(methods | {"rise": _road(0.33)}, texts, quick=("rise", "grad-cam"))
    assert numbers(best, texts) == ["0.33", "0.00", "147", "0.32"]
    fewer = _said(methods | {"rise": _road(0.1), "grad-cam": _road(0.31, 56)}, texts)
    assert "Grad-CAM" not in fewer, "fewer photos do not make a next one"


@BOTH
def test_methods_that_draw_the_same_map_are_named(texts: Texts) -> None:
    methods = {"grad-cam": _road(0.3), "eigen-cam": _road(0.1), "shapley-cam": _road(0.3), "rise": _road(0.3, 56)}
    (sentence,) = faithfulness.same_maps({"vgg16": {"methods": methods}, "yolov8": {"methods": {}}}, texts)
    assert sentence == texts("results.say.same_map", model="VGG16", first="Grad-CAM", second="ShapleyCAM")


def test_the_readme_names_the_methods_that_draw_the_same_map() -> None:
    readme = " ".join((Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8").split())
    assert len(METHODS) == 12 and "twelve saliency methods (for VGG16, Grad-CAM and ShapleyCAM draw" in readme
    found = results.explanations()
    assert "vgg16" not in found or len(faithfulness.same_maps({"vgg16": found["vgg16"]}, ENGLISH)) == 1


@BOTH
def test_the_note_says_how_far_the_search_for_proposals_goes(texts: Texts) -> None:
    found = {name: numbers(text, texts) for name, text in method.facts(texts).items() if name.startswith("proposal_")}
    found.pop("proposal_distance")  # an equation
    assert found == {
        "proposal_near": ["1%"],
        "proposal_far": ["10%"],
        "proposal_sum": ["100,000"],
        "proposal_near_sum": ["101,000"],
        "proposal_far_sum": ["110,000"],
        "proposal_share": ["50%"],
        "proposal_sums": ["50"],
        "proposal_shortest": ["6"],
        "proposal_longest": ["60"],
        "proposal_most": ["3"],
    }


@BOTH
def test_what_others_published_keeps_the_decimals_that_it_has(texts: Texts) -> None:
    words = {"model": {"en": "A", "fr": "A"}, "split": {"en": "s", "fr": "s"}, "source": {"en": "o", "fr": "o"}}
    rows = [words | {"accuracy": 0.81, "macro_f1": None}, words | {"accuracy": 0.8333, "macro_f1": 0.8249}]
    table = tables.published_table(rows, texts)
    assert [numbers(" ".join(row), texts) for row in table.rows] == [["81%"], ["83.33%", "0.82"]]
    assert table.rows[0][2] == style.maybe(None, str)
