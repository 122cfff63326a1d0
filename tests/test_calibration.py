"""Sets that hold the truth, "none of these", what is said of both, and what happens without the thresholds."""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save

from models import results
from models.display.common.names import class_name
from models.display.photos import glance_cards, prediction_cards
from models.display.results import calibration_charts
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from models.vision import calibration as thresholds
from models.vision import photos, registry, weights
from models.vision.calibration import (
    CLASS_MEAN,
    LOGIT_MEASURES,
    MEASURES,
    Calibration,
    NetworkOutput,
    class_means,
    measure,
)
from models.vision.glance import Glance
from models.vision.predictions import CLASSES, Explanation, Prediction, prediction
from models.vision.uploads import read_upload
from tabs.results.certainty import certainty_tab
from tests.factories import photo
from tests.pictures import write_dataset
from training import calibrate
from training.evaluation import calibration
from training.vision.artifacts import SAME_RUN, SIBLING_RUN, read_validation, write_json, write_validation
from training.vision.data import NONE_OF_THESE, read_names

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
CHOSEN = Calibration("max_logit", 1.0, 0.2, 0.9)


def draw(count: int, seed: int, strength: float = 2.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of a made-up model that is often right, and the true classes."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(CLASSES), size=count)
    logits = rng.normal(size=(count, len(CLASSES)))
    logits[np.arange(count), labels] += strength
    return torch.tensor(logits), torch.tensor(labels)


def thresholds_of(
    validation: torch.Tensor, labels: torch.Tensor, outside: torch.Tensor, shipped: torch.Tensor | None = None
) -> tuple[Calibration, dict[str, float]]:
    """Those of a model that is judged by its logits; ``shipped`` are those of a refit."""
    known = validation if shipped is None else shipped
    model = calibration.Shipped(1.0, shipped is not None)
    return calibration.calibrate(validation, labels, NetworkOutput(known), NetworkOutput(outside), model)


@pytest.mark.parametrize("count", [5, 9, 10, 20, 147])
@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_conformal_threshold_is_that_of_its_definition(count: int, level: float) -> None:
    logits, labels = draw(count, seed=count)
    probabilities = logits.softmax(1).numpy()
    scores = sorted(1 - row[label] for row, label in zip(probabilities, labels.tolist(), strict=True))
    allowed = [q for q in scores if sum(s <= q for s in scores) >= (count + 1) * level - 1e-9]
    expected = 1 - allowed[0] if allowed else 0.0
    assert calibration.smallest_probability(probabilities, labels.numpy(), level) == pytest.approx(expected)


def test_sets_of_new_photos_hold_the_truth_as_often_as_they_promise() -> None:
    covered = []
    for seed in range(60):
        logits, labels = draw(447, seed)
        chosen, _ = thresholds_of(logits[:147], labels[:147], draw(40, 1000, 0.0)[0])
        new = NetworkOutput(logits[147:])
        covered.append(calibration.answer(chosen, CLASSES, new, labels[147:], 1.0).covered.mean())
    assert 0.89 < np.mean(covered) < 0.92


def test_a_set_begins_with_the_answer_and_holds_what_is_probable_enough() -> None:
    probabilities = dict(zip(CLASSES, (0.05, 0.3, 0.2, 0.25, 0.1, 0.06, 0.04), strict=True))
    assert CHOSEN.prediction_set(probabilities) == (CLASSES[1], CLASSES[3], CLASSES[2])
    assert replace(CHOSEN, smallest_probability=0.9).prediction_set(probabilities) == (CLASSES[1],)
    assert len(replace(CHOSEN, smallest_probability=0.0).prediction_set(probabilities)) == len(CLASSES)


def test_the_threshold_is_the_best_that_keeps_false_alarms_rare() -> None:
    inside, outside = np.arange(10.0), np.array([-2.0, -1.0, 0.5, 1.5, 20.0])
    assert calibration.threshold(inside, outside, false_alarms=0.0) == -0.5
    assert calibration.threshold(inside, outside, false_alarms=0.1) == 0.75
    assert calibration.threshold(inside, np.array([20.0, 21.0]), false_alarms=0.5) < 0  # finds none: alarms at nothing


def test_the_measure_that_tells_them_apart_is_chosen() -> None:
    inside, labels = draw(200, 0, 6.0)
    outside, _ = draw(200, 1, 0.0)
    shifted = outside + 50  # as large, but of one class no more than of another
    chosen, aurocs = thresholds_of(inside, labels, shifted)
    assert chosen.measure == "max_probability" and aurocs["max_probability"] > 0.9 > aurocs["max_logit"]
    low = torch.cat([inside[:1] - 40, inside])[1:] * 0.1
    chosen, aurocs = thresholds_of(inside, labels, low)
    assert max(aurocs, key=aurocs.__getitem__) == chosen.measure


def test_evidence_on_another_scale_is_not_compared() -> None:
    """A run before and the shipped one: as sure, but the shipped one's logits are lower throughout."""
    before, labels = draw(200, 0, 6.0)
    before, shipped, outside = before + 30, before + 10, draw(200, 1, 0.0)[0] + 5
    chosen, found = thresholds_of(before, labels, outside, shipped)
    assert chosen.measure != "max_probability" and set(found) == set(LOGIT_MEASURES)
    for name, value in found.items():
        assert value == calibration.auroc(name, NetworkOutput(shipped), NetworkOutput(outside), None)
    inside = measure(chosen.measure, NetworkOutput(shipped), None).numpy()
    assert (inside < chosen.threshold).mean() <= calibration.FALSE_ALARMS_LEARNT
    blind, _ = thresholds_of(before, labels, outside)
    assert (inside < blind.threshold).mean() > 0.5  # what the photos of the run before would have set
    assert blind.smallest_probability == chosen.smallest_probability


def test_probabilities_of_the_run_before_hold_for_the_shipped_one() -> None:
    before, labels = draw(200, 0, 4.0)
    outside, sure = draw(200, 1, 0.0)[0] + 50, before * 3
    chosen, _ = thresholds_of(before, labels, outside, sure)
    assert chosen == thresholds_of(before, labels, outside)[0]
    assert chosen.measure == "max_probability"


def test_measures_are_those_of_their_papers() -> None:
    logits = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    total = sum(map(math.exp, (1, 2, 4)))
    expected = {"max_probability": math.exp(4) / total, "max_logit": 4.0, "energy": math.log(total), "sum": 7.0}
    found = {name: float(measure(name, NetworkOutput(logits), None)) for name in LOGIT_MEASURES}
    assert found == pytest.approx(expected) and {*found, CLASS_MEAN} == set(MEASURES)


def test_features_are_compared_with_the_nearest_mean_by_direction_alone() -> None:
    features = torch.tensor([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.5]])
    means = class_means(features, torch.tensor([0, 0, 1]), 2)
    half = math.sqrt(0.5)  # each photo counts as much as another, however long its features are
    assert torch.allclose(means, torch.tensor([[half, half, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64))
    shown = torch.tensor([[3.0, 0.0, 4.0], [30.0, 0.0, 40.0], [1.0, -1.0, 0.0]])
    found = measure(CLASS_MEAN, NetworkOutput(torch.zeros(3, 2), shown), means)
    assert found.tolist() == pytest.approx([0.8, 0.8, 0.0])
    for output, given in ((NetworkOutput(torch.zeros(3, 2)), means), (NetworkOutput(torch.zeros(3, 2), shown), None)):
        with pytest.raises(ValueError, match="class_mean reads"):
            measure(CLASS_MEAN, output, given)


def test_features_judge_where_they_tell_best() -> None:
    """Logits that say nothing, and features that do: of a refit too, whose threshold comes from its own features."""
    validation, labels = draw(200, 0, 0.0)
    means = torch.eye(len(CLASSES), dtype=torch.float64)
    noise = 0.1 * draw(200, 1)[0]
    known = NetworkOutput(validation, means[labels] + noise)
    outside = NetworkOutput(draw(200, 2, 0.0)[0], torch.ones(200, len(CLASSES)) + noise)
    for learnt in (False, True):
        model = calibration.Shipped(1.0, learnt, means)
        chosen, found = calibration.calibrate(validation, labels, known, outside, model)
        assert chosen.measure == CLASS_MEAN and chosen.means is means and found[CLASS_MEAN] > 0.95
        values = measure(CLASS_MEAN, known, means).numpy()
        allowed = calibration.FALSE_ALARMS_LEARNT if learnt else calibration.FALSE_ALARMS
        assert (values < chosen.threshold).mean() <= allowed
        assert sum(map(chosen.is_none_of_these, outside.unbind())) > 180


def test_an_answer_carries_both_and_without_thresholds_neither() -> None:
    logits = torch.tensor([0.9, 0.8, 0.0, 0.0, 0.0, 0.0, 0.0])
    known = prediction("m", CLASSES, NetworkOutput(logits), 1.0, 0.0, CHOSEN)
    assert known.none_of_these is True and known.prediction_set == CLASSES[:2]
    assert known.level == CHOSEN.level
    assert prediction("m", CLASSES, NetworkOutput(logits + 5), 1.0, 0.0, CHOSEN).none_of_these is False
    bare = prediction("m", CLASSES, NetworkOutput(logits), 1.0, 0.0)
    assert bare.none_of_these is None and bare.prediction_set is None and bare.level is None


def test_thresholds_that_cannot_be_are_refused() -> None:
    for change in ({"measure": "guess"}, {"threshold": math.inf}, {"smallest_probability": 1.1}, {"level": -0.1}):
        with pytest.raises(ValueError, match=f"^{next(iter(change))} must"):
            Calibration(**asdict(CHOSEN) | change)
    with pytest.raises(ValueError, match=r"^means must be there"):
        replace(CHOSEN, measure=CLASS_MEAN)


def _write(folder: Path, content: str) -> None:
    (folder / "m").mkdir(exist_ok=True)
    (folder / "m" / thresholds.FILE).write_text(content)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"weights_sha256": "a"}', '{"weights_sha256": "b"}'])
def test_a_missing_damaged_or_foreign_file_leaves_the_feature_out(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    assert thresholds.read("m", "a") is None
    _write(tmp_path, content)
    assert thresholds.read("m", "a") is None
    sound = {"weights_sha256": "a", **asdict(CHOSEN)}
    del sound["means"]
    _write(tmp_path, json.dumps(sound))
    assert thresholds.read("m", "a") == CHOSEN and thresholds.read("m", "b") is None
    _write(tmp_path, json.dumps(sound | {"threshold": math.nan}))
    assert thresholds.read("m", "a") is None
    _write(tmp_path, json.dumps(sound | {"measure": CLASS_MEAN}))
    means = tmp_path / "m" / thresholds.CLASS_MEANS
    for damaged in (b"", b"not tensors", save({"another": torch.eye(7)})):
        means.write_bytes(damaged)
        assert thresholds.read("m", "a") is None
    means.unlink()
    assert thresholds.read("m", "a") is None
    means.write_bytes(save({"class_means": torch.eye(7)}))
    read = thresholds.read("m", "a")
    assert read is not None and read.means is not None and torch.equal(read.means, torch.eye(7))


class Fake:
    """A model whose logits follow the brightness of a photo, as those of a network would, and maybe its features."""

    name, classes, temperature, default_method = "fake", CLASSES, 2.0, "none"
    config: ClassVar[dict[str, str]] = {"weights_sha256": "a"}

    def __init__(self, gain: float = 1.0, calibration: Calibration | None = None, featured: bool = False) -> None:
        self.gain, self.calibration, self.featured = gain, calibration, featured

    @classmethod
    def load(cls, folder: Path) -> Fake:
        other = cls(0.5)
        other.temperature = 1.0
        return other

    def preprocessing(self, image: Image.Image) -> torch.Tensor:
        return torch.tensor(np.asarray(image.resize((1, 1)), dtype=float)[:, 0] / 255)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        red, green, blue = pixels[0].tolist()
        return self.gain * torch.tensor([[red, green, blue, red - blue, green - red, blue * green, 0.1]])

    def network_output(self, logits: torch.Tensor) -> NetworkOutput:
        return NetworkOutput(logits, logits[:, :3] if self.featured else None)

    def predict(self, image: Image.Image) -> Prediction:
        output = self.network_output(self.forward(self.preprocessing(image))).unbind()[0]
        return prediction(self.name, CLASSES, output, self.temperature, 0.0, self.calibration)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A data set, a pool with its list, and a folder of weights with one model in it."""
    pool = tmp_path / "pool"
    pool.mkdir()
    for number in range(6):
        photo(20, 20, seed=number).save(pool / f"{number}.png")
    names = tmp_path / "names.txt"
    names.write_text("# of none\n\n" + "".join(f"{number}.png\n" for number in range(6)))
    (tmp_path / "weights" / "vgg16").mkdir(parents=True)
    write_json(tmp_path / "weights" / "vgg16" / "training.json", {"arguments": {"refit": True}})
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    model = Fake()
    model.name = "vgg16"
    monkeypatch.setattr(registry, "get", lambda name: model)
    (tmp_path / "data").mkdir()
    data = write_dataset(tmp_path / "data")
    line = ["--data", str(data), "--pool", str(pool), "--names", str(names), "--models", "vgg16"]
    return SimpleNamespace(line=line, folder=tmp_path / "weights" / "vgg16", model=model)


def test_the_command_writes_what_the_app_reads(shelf: SimpleNamespace) -> None:
    with pytest.raises(SystemExit, match="learnt from the validation photos"):
        calibrate.main(shelf.line)
    calibrate.main([*shelf.line, "--sibling", "vgg16=somewhere"])
    kept = read_validation(shelf.folder)
    assert kept is not None and kept[2] == SIBLING_RUN and kept[0].shape == (7, 7)
    found = json.loads((shelf.folder / thresholds.FILE).read_text())
    read = thresholds.read("vgg16", "a")
    assert read is not None and read.measure == found["measure"] and read.level == 0.9
    assert read.smallest_probability == 0  # seven photos are too few for 90 %: nothing is ruled out
    assert found["chosen_on"]["other_photos"] == found["measured"]["other_photos"] == 3
    assert found["measured"]["test_photos"] == 7 and found["measured"]["coverage"]["value"] == 1
    assert found["measured"]["set_size"] == 7 and found["measured"]["alone"] == {"share": 0, "accuracy": None}


def test_no_photo_that_chose_a_threshold_measures_it(shelf: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(shelf.folder / "training.json", {"arguments": {"refit": False}})
    choosing: list[Path] = []
    measuring: list[Path] = []
    asked = choosing

    def read(path: Path) -> Any:
        asked.append(path)
        return read_upload(path)

    def choose(*given: Any) -> Any:
        nonlocal asked
        asked = measuring
        return of_the_logits(*given)

    of_the_logits = calibration.calibrate
    monkeypatch.setattr(calibrate, "read_upload", read)
    monkeypatch.setattr(calibration, "calibrate", choose)
    calibrate.main(shelf.line)
    assert {path.stem for path in choosing if path.parent.name == "pool"} == {"0", "2", "4"}
    assert {path.stem for path in measuring if path.parent.name == "pool"} == {"1", "3", "5"}
    assert len(measuring) == 3 + 7 and not set(choosing) & set(measuring)


def test_a_set_of_one_does_not_stand_alone_beside_none_of_these() -> None:
    sizes, none, right = np.array([1, 1, 2, 1]), np.array([True, False, False, True]), np.array([0, 1, 1, 1], bool)
    answers = calibration.Answered(np.full(4, 0.5), right, right, sizes, none)
    output = NetworkOutput(torch.eye(7)[:4])
    found = calibration.measured(answers, output, output, CHOSEN)["alone"]
    assert found["share"] == 0.25 and found["accuracy"]["value"] == 1


def test_the_command_keeps_the_means_that_judge_and_no_others(
    shelf: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.model.featured = True
    write_json(shelf.folder / "training.json", {"arguments": {"refit": False}})
    for judge in (CLASS_MEAN, "energy"):
        monkeypatch.setattr(calibration, "auroc", lambda name, *_, judge=judge: float(name == judge))
        calibrate.main(shelf.line)
        read = thresholds.read("vgg16", "a")
        assert read is not None and read.measure == judge
        assert (shelf.folder / thresholds.CLASS_MEANS).is_file() == (read.means is not None) == (judge == CLASS_MEAN)
        assert "means" not in json.loads((shelf.folder / thresholds.FILE).read_text())
        if read.means is not None:
            assert read.means.shape == (7, 3) and torch.allclose(read.means.norm(dim=1), torch.ones(7))


def test_a_sibling_is_put_on_the_scale_of_the_shipped_model(shelf: SimpleNamespace) -> None:
    calibrate.main([*shelf.line, "--sibling", "vgg16=somewhere"])
    sibling = read_validation(shelf.folder)
    (shelf.folder / "validation.json").unlink()
    write_json(shelf.folder / "training.json", {"arguments": {"refit": False}})
    calibrate.main(shelf.line)
    own = read_validation(shelf.folder)
    assert own is not None and sibling is not None and own[2] == SAME_RUN
    assert torch.allclose(own[0], sibling[0], atol=2e-4)  # half the gain at half the temperature


@pytest.mark.parametrize("sibling", ["vgg16", "yolov8=somewhere"])
def test_a_sibling_that_is_not_understood_ends_the_command(shelf: SimpleNamespace, sibling: str) -> None:
    with pytest.raises(SystemExit):
        calibrate.main([*shelf.line, "--sibling", sibling])


def test_the_list_names_each_photo_once() -> None:
    names = read_names(NONE_OF_THESE)
    assert len(names) == len(set(names)) and 60 <= len(names) <= 100
    kinds = {name.split("_")[0] for name in names}
    for half in (names[::2], names[1::2]):  # both halves hold every kind
        assert {name.split("_")[0] for name in half} == kinds
    assert all(re.fullmatch(r"\w+\.jpg", name) for name in names)


def test_validation_logits_come_back_as_they_were(tmp_path: Path) -> None:
    assert read_validation(tmp_path) is None
    logits, labels = draw(9, 0)
    write_validation(tmp_path, logits, labels, SAME_RUN)
    back = read_validation(tmp_path)
    assert back is not None and torch.allclose(back[0], logits, atol=5e-5) and torch.equal(back[1], labels)


def test_accuracy_on_the_surest_is_counted_from_the_surest() -> None:
    confidence = np.linspace(1, 0.1, 20)
    right = np.array([True] * 10 + [False] * 10)
    curve = calibration.selective_accuracy(confidence[::-1], right[::-1])
    assert curve[0] == {"share": 0.1, "accuracy": 1.0} and curve[-1] == {"share": 1.0, "accuracy": 0.5}
    assert next(point for point in curve if point["share"] == 0.75)["accuracy"] == pytest.approx(10 / 15)


LEVEL = 0.85  # of a calibration made up for the test


def answered(none: bool | None, prediction_set: tuple[str, ...] | None, model: str = "vgg16") -> Prediction:
    probabilities = dict.fromkeys(CLASSES, 0.0) | {CLASSES[0]: 0.75, CLASSES[1]: 0.25}
    return Prediction(model, CLASSES[0], probabilities, 0.1, prediction_set, none, None if none is None else LEVEL)


@BOTH
def test_a_card_says_which_categories_remain_or_that_none_fits(texts: Texts) -> None:
    name = [class_name(one, texts) for one in CLASSES]

    def card(*arguments: Any) -> str:
        prediction = answered(*arguments)
        saliency = np.ones((3, 3), dtype=np.float32)
        seen = Explanation(prediction, prediction.label, None, "grad-cam", "", saliency, 0.1, True)
        return glance_cards.cards((Glance(seen),), texts)

    plain, one, two, none = (
        card(None, None),
        card(False, CLASSES[:1]),
        card(False, CLASSES[:2]),
        card(True, CLASSES[:2]),
    )
    assert plain.count("vt-note") == one.count("vt-note") - 1
    assert texts("images.none_of_these") not in plain + one + two
    meant = f" ({texts('images.meant', share=texts.percent(LEVEL, 0))})"
    assert texts("images.set_one", meant=meant) in one
    assert texts("images.set_several", labels=texts.series(name[:2]), meant=meant) in two
    title = f"<h2>{texts('images.none_of_these')}</h2>"  # and no share, which would be the closest category's
    assert title in none and texts("images.closest", label=name[0]) in none


@BOTH
def test_the_line_above_the_cards_says_who_sees_none_of_them(texts: Texts) -> None:
    sure, unsure = answered(False, CLASSES[:1]), answered(True, CLASSES[:1], "yolov8")
    mixed = prediction_cards.agreement((sure, unsure), texts)
    assert f"VGG16 \u2192 {class_name(CLASSES[0], texts)}" in mixed, "though both have the same label"
    assert f"YOLOv8n \u2192 {texts('images.none_side')}" in mixed
    nobody = prediction_cards.agreement((unsure, unsure), texts)
    assert nobody == texts("images.none_say_both")
    assert prediction_cards.agreement((unsure,) * 3, texts) == texts("images.none_say_all", count="3")
    assert prediction_cards.agreement((unsure,), texts) == ""


@pytest.mark.parametrize("chosen", [None, CHOSEN])
def test_programs_receive_the_set_where_there_is_one(
    chosen: Calibration | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "get", lambda name: Fake(0.5, chosen))
    photo(64, 64).save(tmp_path / "photo.png")
    answer = photos.classify(tmp_path / "photo.png", ["vgg16"])["models"]["fake"]
    if chosen is None:
        assert not {"set", "none_of_these"} & set(answer)
    else:
        assert answer["set"][0] == answer["label"] and answer["none_of_these"] is True
        json.dumps(answer)


def _found(origin: str = SAME_RUN, learnt: bool = False) -> dict[str, Any]:
    inside, labels = draw(147, 3)
    outside, _ = draw(40, 4, 0.0)
    answers = calibration.answer(CHOSEN, CLASSES, NetworkOutput(inside), labels, 1.0)
    figures = calibration.measured(answers, NetworkOutput(inside), NetworkOutput(outside), CHOSEN)
    chosen_on = {"validation_logits": origin, "threshold_on_learnt": learnt, "false_alarms_allowed": 0.05}
    return {**asdict(CHOSEN), "chosen_on": chosen_on, "measured": figures}


@BOTH
def test_results_show_the_figures_and_where_thresholds_come_from(texts: Texts) -> None:
    found = {"vgg16": _found(), "yolov8": _found(SIBLING_RUN)}
    measured = found["vgg16"]["measured"]
    sets, none = calibration_charts.set_table(found, texts), calibration_charts.none_table(found, texts)
    assert sets.rows[0][1].startswith(texts.percent(measured["coverage"]["value"]))
    assert none.rows[0][3].startswith(texts.percent(1 - measured["taken_for_a_class"]["value"]))
    # the file holds one share for all of them
    assert {"en": "foods and clothes together", "fr": "les aliments et les vêtements ensemble"}[
        texts.language
    ] in none.caption
    figure = calibration_charts.selective(found, texts)
    assert len(figure.data) == 2 and figure.data[0].y[-1] == measured["selective"][-1]["accuracy"]
    assert figure.layout.meta["table"].count("<tr") == 1 + len(measured["selective"])
    said = calibration_charts.sentences(found, [], texts)
    assert said[-1] == texts("results.certainty.sibling", models="YOLOv8n") and len(said) == 3
    said = calibration_charts.sentences(found, ["vgg16"], texts)  # whose logits are those of the run before
    assert said[-1] == texts("results.certainty.sibling", models="VGG16, YOLOv8n")
    said = calibration_charts.sentences({"protovit": _found(learnt=True)}, [], texts)
    told = {"model": "ProtoViT", "measure": texts("results.certainty.measures.max_logit")}
    assert said[1:] == [texts("results.certainty.learnt", allowed=texts.percent(0.05, 0), **told)]


@BOTH
def test_results_of_other_weights_are_left_out(texts: Texts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "WEIGHTS", tmp_path)

    def shown() -> list[str]:
        with gr.Blocks() as page:
            certainty_tab([], {}, texts)
        return [str(block.value) for block in page.blocks.values() if isinstance(block, gr.Markdown | gr.HTML)]

    assert shown() == [texts("results.certainty.missing")]
    (tmp_path / "vgg16").mkdir()
    write_json(tmp_path / "vgg16" / "config.json", {"weights_sha256": "b"})
    write_json(tmp_path / "vgg16" / "calibration.json", {"weights_sha256": "a", **_found()})
    assert shown() == [texts("results.certainty.missing")]
    write_json(tmp_path / "vgg16" / "config.json", {"weights_sha256": "a"})
    assert any("VGG16" in part for part in shown())
