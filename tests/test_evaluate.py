"""The comparison: copies, intervals, McNemar's test, protocols, the command, and training again."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from models.vision import registry, weights
from models.vision.predictions import CLASSES, Prediction
from models.vision.preprocessing import Preprocessing
from tests.pictures import picture, write_dataset
from training import evaluate, reproduce
from training.evaluation import encoders, linear_probes, protocols, relearnt, released_models, resource_usage
from training.evaluation.labelled_photos import Data
from training.evaluation.near_duplicates import Groups, find_groups, fingerprint, members, seen_in_training
from training.evaluation.statistics import Answers, compare, draws, figures
from training.vision.artifacts import SAME_RUN, write_validation
from training.vision.data import Photo

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training


def _photo(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)).resize(size, Image.Resampling.BILINEAR)


def test_copies_are_found_whatever_they_are_called() -> None:
    photo, other = _photo(0), _photo(1)
    darker = photo.point(lambda value: int(0.9 * value))
    groups = find_groups([fingerprint(image) for image in (photo, other, photo.copy(), darker)])
    assert groups.identical[0] == groups.identical[2] != groups.identical[3]
    assert groups.near[0] == groups.near[2] == groups.near[3] != groups.near[1]
    assert members(groups.identical) == (1, 2) and members(groups.near) == (1, 3)


def test_pictures_of_another_shape_are_no_copies() -> None:
    groups = find_groups([fingerprint(_photo(0)), fingerprint(_photo(0, (64, 64)))])
    assert groups.near[0] != groups.near[1]


def test_a_photo_is_met_before_when_its_group_is_in_training() -> None:
    groups = np.array([0, 1, 0, 2])
    assert seen_in_training(groups, np.array([0, 1]), np.array([2, 3])).tolist() == [True, False]


def test_bootstrap_draws_whole_groups() -> None:
    weights_ = draws(np.array([0, 0, 1, 2]), count=50)
    assert (weights_[:, 0] == weights_[:, 1]).all()
    assert (weights_[:, [0, 2, 3]].sum(axis=1) == 3).all()
    assert np.array_equal(weights_, draws(np.array([0, 0, 1, 2]), count=50))


def test_figures_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 300)
    predicted = np.where(rng.random(300) < 0.8, labels, rng.integers(0, 7, 300))
    found = figures(Answers("a", predicted, labels), 7, draws(np.arange(300)))
    assert found.accuracy.value == pytest.approx(accuracy_score(labels, predicted))
    assert found.macro_f1.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    share = found.accuracy.value
    half = 1.96 * np.sqrt(share * (1 - share) / 300)
    assert found.accuracy.low == pytest.approx(share - half, abs=0.01)
    assert found.accuracy.high == pytest.approx(share + half, abs=0.01)


def test_mcnemar_counts_the_photos_that_one_alone_gets_right() -> None:
    labels = np.zeros(20, dtype=int)
    first, second = labels.copy(), labels.copy()
    first[:1] = 1  # the second alone is right once
    second[5:13] = 1  # the first alone, eight times
    pair = compare(Answers("a", first, labels), Answers("b", second, labels), draws(np.arange(20)))
    assert (pair.only_first, pair.only_second) == (8, 1)
    assert pair.p_value == pytest.approx(2 * (1 + 9) / 2**9)
    assert pair.difference.value == pytest.approx(7 / 20)
    assert pair.difference.low < 7 / 20 < pair.difference.high
    same = compare(Answers("a", first, labels), Answers("b", first, labels), draws(np.arange(20)))
    assert same.p_value == 1 and same.difference.high == 0


def test_a_difference_is_a_share_of_the_photos_drawn_however_many_their_groups_hold() -> None:
    labels = np.zeros(4, dtype=int)
    weights_ = draws(np.array([0, 0, 0, 1]), count=50)
    assert set(weights_.sum(axis=1)) == {2, 4, 6}
    pair = compare(Answers("a", labels, labels), Answers("b", labels + 1, labels), weights_)
    assert (pair.difference.low, pair.difference.value, pair.difference.high) == (1, 1, 1)


def test_models_asked_about_other_photos_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same photos"):
        compare(Answers("a", np.zeros(2), np.zeros(2)), Answers("b", np.zeros(2), np.ones(2)), np.ones((3, 2)))


@pytest.fixture(scope="module")
def features() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Separable features of 140 photos in groups of two: (140, 9), labels, groups."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7), 20)
    groups = np.repeat(np.arange(70), 2)
    return np.eye(7)[labels] @ rng.normal(size=(7, 9)) * 2 + rng.normal(size=(140, 9)), labels, groups


def test_cross_validation_keeps_groups_together(features: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    rows, labels, groups = features
    folds = protocols.fold_numbers(labels, groups)
    assert (folds[::2] == folds[1::2]).all() and set(folds) == set(range(protocols.FOLDS))
    assert (protocols.cross_validate(rows, labels, groups) == labels).mean() > 0.7


def test_a_head_cannot_learn_a_group_by_heart() -> None:
    """Labels at random, twins alike: only a split that parts twins gets them right."""
    rng = np.random.default_rng(0)
    rows, labels = np.repeat(rng.normal(size=(70, 200)), 2, axis=0), np.repeat(rng.permutation(70) % 7, 2)
    groups = np.repeat(np.arange(70), 2)
    predicted = protocols.cross_validate(rows, labels, groups)
    leaky = next(protocols.random_splits(labels))
    clean = protocols.without_near_duplicates(leaky, groups)
    met = seen_in_training(groups, leaky.train, leaky.test)
    assert (predicted == labels).mean() < 0.35
    assert (protocols.fit_and_predict(rows, labels, leaky) == labels[leaky.test])[met].mean() > 0.9
    assert not seen_in_training(groups, np.concatenate([clean.train, clean.val]), clean.test).any()


def test_the_strength_is_chosen_on_parts_that_keep_groups_together(
    features: tuple[np.ndarray, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, labels, groups = features
    chosen_on: list[list[tuple[np.ndarray, np.ndarray]]] = []

    def strongest(features: np.ndarray, labels: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray]]) -> float:
        chosen_on.append(parts)
        return protocols.STRENGTHS[0]

    monkeypatch.setattr(protocols, "_strongest", strongest)
    protocols.cross_validate(rows, labels, groups)
    for parts, (outer, judged) in zip(chosen_on, protocols.outer_folds(labels, groups), strict=True):
        assert len(parts) == protocols.INNER_FOLDS
        assert np.array_equal(np.sort(np.concatenate([held for _, held in parts])), outer)
        for train, held in parts:
            assert not np.isin(groups[held], groups[train]).any()
            assert not np.isin(train, judged).any()


def test_random_splits_are_seven_tenths_stratified_and_apart() -> None:
    labels = np.repeat(np.arange(7), 100)
    for part in protocols.random_splits(labels):
        assert [len(part.train), len(part.val), len(part.test)] == [490, 105, 105]
        assert np.bincount(labels[part.test]).tolist() == [15] * 7
        assert len(np.unique(np.concatenate([part.train, part.val, part.test]))) == 700


def test_leak_of_a_set_of_twins_is_what_chance_gives() -> None:
    labels = np.repeat(np.arange(7), 40)
    groups = np.repeat(np.arange(140), 2)
    fixed = protocols.Split(np.arange(0, 200), np.arange(200, 240), np.arange(240, 280))
    found = linear_probes.leak(labels, Groups(groups, groups), fixed)
    assert found["identical"]["fixed_test_photos"] == 0
    assert found["identical"]["random_share"] == pytest.approx(0.7, abs=0.03)


def test_a_test_photo_is_met_by_its_twin_in_training_not_by_one_in_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    part = protocols.Split(np.array([0, 1]), np.array([2, 3]), np.array([4, 5, 6]))
    twins = np.array([0, 1, 2, 3, 0, 2, 4])  # 4 of a training photo, 5 of a validation photo, 6 of none
    labels = np.zeros(7, dtype=int)
    monkeypatch.setattr(linear_probes, "random_splits", lambda labels: iter([part, part]))
    monkeypatch.setattr(linear_probes, "fit_and_predict", lambda rows, labels, part: np.array([0, 1, 0]))
    found = linear_probes.splits({"vgg16": np.zeros((7, 1))}, labels, Groups(np.arange(7), twins))
    leaky, clean = found["random"]["vgg16"], found["cleaned"]["vgg16"]
    assert leaky["met"] == {"photos": 2, "accuracy": 1.0} and leaky["new"] == {"photos": 4, "accuracy": 0.5}
    assert clean["met"] == {"photos": 0, "accuracy": None} and clean["new"]["photos"] == 6


def test_a_picture_that_a_single_model_misses_is_a_failure_where_not_all_have_to_fail() -> None:
    photos = [Photo(Path(f"{number}.png"), 0) for number in range(3)]
    first, second = np.eye(7)[[0, 1, 2]], np.eye(7)[[0, 0, 3]]  # both miss the last one, the first alone one more
    scored = [released_models.ScoredPhotos(name, rows, np.zeros(3)) for name, rows in (("a", first), ("b", second))]
    both = {"image": "2.png", "category": CLASSES[0], "answers": {"a": CLASSES[2], "b": CLASSES[3]}}
    alone = {"image": "1.png", "category": CLASSES[0], "answers": {"a": CLASSES[1], "b": CLASSES[0]}}
    assert released_models.failures(scored, photos, all_fail=True) == [both]
    assert released_models.failures(scored, photos, all_fail=False) == [alone, both]


class Guesser:
    """A model that knows the pictures of one split by their mean brightness."""

    default_method = "none"

    def __init__(self, name: str, sure: float) -> None:
        self.name, self.sure = name, sure
        self.config = {"weights_sha256": name, "parameters": 3, "temperature": 1.0}
        self.classes = CLASSES

    def predict(self, image: Image.Image) -> Prediction:
        """The class whose picture is as bright; the last one for every third brightness."""
        brightness = int(np.asarray(image).mean())
        label = (brightness * (2 if self.sure > 0.8 else 3)) % 7
        shares = np.full(7, (1 - self.sure) / 6)
        shares[label] = self.sure
        return Prediction(self.name, CLASSES[label], dict(zip(CLASSES, shares.tolist(), strict=True)), 0.01)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with photos, weights of two models and what the command wrote about them."""
    tmp_path = tmp_path_factory.mktemp("evaluated")
    (tmp_path / "data").mkdir()
    write_dataset(tmp_path / "data")
    for number in range(2, 8):  # enough to cut into folds
        for label, category in enumerate(CLASSES):
            name = f"{label}-{number + 2}.png"
            picture(label, number + 2).save(tmp_path / "data" / "images" / name)
            with (tmp_path / "data" / "labels.csv").open("a", encoding="utf-8") as file:
                file.write(
                    f"{name},{category if ',' not in category else repr(category)},{'train' if number < 6 else 'val'}\n"
                )
    models = {"vgg16": Guesser("vgg16", 0.9), "yolov8": Guesser("yolov8", 0.6)}
    for name, model in models.items():
        (tmp_path / "weights" / name).mkdir(parents=True)
        (tmp_path / "weights" / name / "config.json").write_text(json.dumps({**model.config, "backbone": "none"}))
        (tmp_path / "weights" / name / "model.safetensors").write_bytes(b"0" * 10)
    former = {"epochs": 30, "train_seconds": 900, "machine": "another", "val_accuracy": 0.1, "latency_ms_p50": 7.0}
    for name in models:
        (tmp_path / "weights" / name / "metrics.json").write_text(json.dumps(former))
    words = dict.fromkeys(("title", "summary", "base_model", "library", "command", "limits"), "guesses")
    curves = {"curves": [{"epoch": 5, "seconds": 20}], "refit_curves": [{"epoch": 2, "seconds": 7}]}
    record = {"arguments": {"catalogue": True}, "machine": "this one", **curves}
    (tmp_path / "weights" / "vgg16" / "training.json").write_text(json.dumps({**record, "card": words}))
    write_validation(tmp_path / "weights" / "vgg16", torch.eye(7), torch.tensor([0, 1, 2, 3, 4, 5, 0]), SAME_RUN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "FOLDER", tmp_path / "weights")
        patch.setattr(registry, "available", lambda: tuple(models))
        patch.setattr(registry, "get", models.__getitem__)
        patch.setattr(evaluate, "RESULTS", tmp_path / "results.json")
        patch.setattr(evaluate, "encoder", _tiny_encoder)
        evaluate.main(["--data", str(tmp_path / "data"), "--skip-footprint"])
        yield tmp_path


def _tiny_encoder(name: str, init: str) -> encoders.Encoder:
    network = nn.Sequential(nn.AdaptiveAvgPool2d({"vgg16": 4, "yolov8": 3, "clip": 2}[name]), nn.Flatten())
    return encoders.Encoder(name, name, Preprocessing(32), network)


def test_the_command_writes_metrics_and_results(evaluated: Path) -> None:
    results = json.loads((evaluated / "results.json").read_text())
    metrics = json.loads((evaluated / "weights" / "vgg16" / "metrics.json").read_text())
    assert metrics["test_images"] == 7 and np.sum(metrics["confusion"]) == 7
    assert metrics["accuracy_ci95"][0] <= metrics["accuracy"] <= metrics["accuracy_ci95"][1]
    assert metrics["latency_ms_p50"] == 7.0 and metrics["weights_bytes"] == 10
    assert metrics["catalogue"]["images"] == 168
    assert set(results["models"]) == {"vgg16", "yolov8"}
    assert results["models"]["vgg16"]["accuracy"] == metrics["accuracy"]
    low, high = metrics["accuracy_ci95"]
    assert f"interval {low:.3f} to {high:.3f}" in (evaluated / "weights" / "vgg16" / "README.md").read_text()
    assert not (evaluated / "weights" / "yolov8" / "README.md").exists()  # whose words are not known
    assert [(pair["first"], pair["second"]) for pair in results["pairs"]] == [("vgg16", "yolov8")]
    assert set(results["cross_validation"]["models"]) == set(encoders.INITS)
    assert all(len(found["accuracies"]) == 5 for found in results["splits"]["random"].values())
    for failure in results["failures"]["test"]:
        assert failure["category"] not in failure["answers"].values()
    of_one = [
        failure for failure in results["failures"]["catalogue"] if failure["category"] in failure["answers"].values()
    ]
    assert of_one, "of the rendered pictures, those that a single model misses too"


def test_near_copies_are_looked_for_in_training_and_in_validation(
    evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(evaluated / "weights", tmp_path / "weights")
    monkeypatch.setattr(weights, "FOLDER", tmp_path / "weights")
    data: Data = evaluate.read_data(evaluated / "data")
    monkeypatch.setattr(evaluate, "read_catalogue", lambda folder: data.splits["test"])
    near = np.arange(len(data.photos))
    near[data.fixed.test[:2]] = data.fixed.train[0], data.fixed.val[0]
    copied = replace(data, groups=Groups(np.arange(len(near)), near))
    found = evaluate.evaluate_released_models(copied, with_resource_usage=False)
    assert len(data.fixed.test) == 7
    assert {name: apart["photos"] for name, apart in found["without_near_copies"].items()} == {"vgg16": 5, "yolov8": 5}


def test_what_a_training_left_goes_before_the_figures_of_former_weights(evaluated: Path) -> None:
    metrics = json.loads((evaluated / "weights" / "vgg16" / "metrics.json").read_text())
    expected = {"epochs": 2, "train_seconds": 27, "machine": "this one", "backbone": "none"}
    assert {name: metrics[name] for name in expected} == expected
    assert metrics["val_accuracy"] == pytest.approx(6 / 7) and metrics["val_log_loss"] > 0
    assert metrics["catalogue"]["learnt_from"]
    other = json.loads((evaluated / "weights" / "yolov8" / "metrics.json").read_text())
    assert (other["epochs"], other["machine"], other["val_accuracy"]) == (30, "another", 0.1), "it left no record"
    assert not other["catalogue"]["learnt_from"]


def test_what_is_skipped_stays_and_the_rest_repeats(evaluated: Path) -> None:
    first = json.loads((evaluated / "results.json").read_text())
    evaluate.main(["--data", str(evaluated / "data"), "--skip-footprint", "--skip-heads"])
    assert json.loads((evaluated / "results.json").read_text()) == first
    evaluate.main(["--data", str(evaluated / "data"), "--skip-models", "--cache", str(evaluated / "cache")])
    again = json.loads((evaluated / "results.json").read_text())
    assert {name: again[name] for name in evaluate.MODELS} == {name: first[name] for name in evaluate.MODELS}
    assert again["encoders"] == first["encoders"] and list((evaluated / "cache").iterdir())


def test_what_a_training_said_in_folds_is_judged_when_it_is_whole_and_of_these_photos(evaluated: Path) -> None:
    data = evaluate.read_data(evaluated / "data")
    folds = protocols.fold_numbers(data.labels, data.groups.near)
    for name, right in (("vgg16", 1.0), ("yolov8", 0.5)):
        said = np.where(np.arange(len(folds)) < right * len(folds), data.labels, (data.labels + 1) % 7)
        relearnt.write(evaluated / "weights" / name, data.labels, folds, said, {})

    def judged() -> dict[str, float]:
        evaluate.main(["--data", str(evaluated / "data"), "--skip-models", "--skip-heads"])
        found = json.loads((evaluated / "results.json").read_text())["relearnt"]
        assert len(found["pairs"]) == len(found["models"]) * (len(found["models"]) - 1) / 2
        assert found["photos"] == len(folds)
        return {name: model["accuracy"] for name, model in found["models"].items()}

    assert judged() == {"vgg16": 1.0, "yolov8": pytest.approx(0.5, abs=0.02)}
    unfinished = np.where(folds == 2, relearnt.UNKNOWN, data.labels)
    relearnt.write(evaluated / "weights" / "yolov8", data.labels, folds, unfinished, {})
    assert list(judged()) == ["vgg16"]
    found = relearnt.read(evaluated / "weights" / "yolov8", data.labels, folds)
    assert found is not None and np.array_equal(found, unfinished)
    relearnt.write(evaluated / "weights" / "vgg16", data.labels, np.roll(folds, 1), data.labels, {})  # of other folds
    assert not judged()
    for name in ("vgg16", "yolov8"):
        (evaluated / "weights" / name / relearnt.FILE).unlink()


def test_without_photos_the_command_says_what_to_fetch_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "RESULTS", tmp_path / "results.json")
    with pytest.raises(SystemExit, match=r"labels.csv is missing(.|\n)*Flipkart(.|\n)*--data FOLDER"):
        evaluate.main(["--data", str(tmp_path / "nowhere")])
    assert not evaluate.RESULTS.exists()


def test_an_unknown_encoder_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        evaluate.main(["--init", "resnet=x"])
    assert "resnet=x" in capsys.readouterr().err and "vgg16" in encoders.INITS
    with pytest.raises(ValueError, match="resnet"):
        encoders.encoder("resnet", "x")


def test_an_encoder_gives_one_row_a_photo(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from models.vision.vgg16 import Vgg16Network
    from training.vision.data import read_photos

    torch.manual_seed(0)
    init = tmp_path / "vgg16.safetensors"
    save_file({f"features.{name}": part for name, part in Vgg16Network(7).features.state_dict().items()}, init)
    photos = read_photos(write_dataset(tmp_path))["test"][:2]
    rows = encoders.features(encoders.encoder("vgg16", str(init)), photos)
    assert rows.shape == (2, 512) and np.isfinite(rows).all() and not np.allclose(rows[0], rows[1])


def test_memory_of_this_process_is_its_own() -> None:
    import psutil

    assert resource_usage.peak_memory() >= psutil.Process().memory_info().rss / 1e6 - 1


def test_a_training_is_called_as_it_was() -> None:
    line = reproduce.command(
        "vgg16",
        {"init": "old.safetensors", "seed": 0, "catalogue": True, "bf16": True, "refit": False, "refit_init": "old"},
        {"data": Path("d"), "out": Path("o"), "init": "new", "refit_init": "anew", "pool": None},
    )
    assert line[1:7] == ["-m", "training.train_vgg16", "--data", "d", "--out", "o"]
    assert line[7:11] == ["--init", "new", "--refit-init", "anew"]
    assert line[11:] == ["--seed", "0", "--catalogue", str(reproduce.CATALOGUE), "--bf16"]


def test_a_refit_that_began_elsewhere_is_asked_for(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evaluated / "weights" / "vgg16" / "training.json"
    kept = path.read_text()
    given = {"refit": True, "init": "taught.safetensors", "refit_init": "both.safetensors"}
    path.write_text(json.dumps({"arguments": given}))
    line = ["--data", str(evaluated / "data"), "--models", "vgg16"]
    begun = ["--init", "vgg16=taught.safetensors"]
    try:
        for options, said in (
            ([], "the training of vgg16 began with a file"),
            (begun, "the refit of vgg16"),
            ([*begun, "--refit-init", "both"], "--refit-init: MODEL=PLACE"),
        ):
            with pytest.raises(SystemExit):
                reproduce.main([*line, *options])
            assert said in capsys.readouterr().err
    finally:
        path.write_text(kept)


@pytest.mark.parametrize(("accuracy", "holds"), [([0.0, 1.0], True), ([1.1, 1.2], False), ([-0.2, -0.1], False)])
def test_reproduction_fails_outside_the_interval(
    evaluated: Path,
    accuracy: list[float],
    holds: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = evaluated / "weights" / "vgg16" / "metrics.json"
    metrics = json.loads(path.read_text())
    path.write_text(json.dumps(metrics | {"accuracy_ci95": accuracy, "macro_f1_ci95": [0, 1]}))
    again = evaluated / f"again-{accuracy[0]}"

    def train(line: list[str], check: bool) -> None:
        shutil.copytree(evaluated / "weights" / "vgg16", Path(line[line.index("--out") + 1]))

    monkeypatch.setattr(reproduce.subprocess, "run", train)
    monkeypatch.setattr(Guesser, "load", lambda folder: Guesser("vgg16", 0.9), raising=False)
    arguments = ["--data", str(evaluated / "data"), "--models", "vgg16", "--out", str(again)]
    if holds:
        reproduce.main(arguments)
    else:
        with pytest.raises(SystemExit) as left:
            reproduce.main(arguments)
        assert left.value.code == 1
    said = capsys.readouterr().out
    assert f"old {metrics['accuracy']:.4f}" in said and ("OUTSIDE" in said) != holds
    assert sys.executable in said


def test_reproduction_asks_for_the_photos_without_labels_that_a_model_learnt_from(
    evaluated: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = evaluated / "weights" / "vgg16" / "training.json"
    before = path.read_text()
    path.write_text(json.dumps(json.loads(before) | {"photos": {"pool": 5}}))
    called: list[list[str]] = []
    monkeypatch.setattr(reproduce.subprocess, "run", lambda line, check: called.append(line))
    monkeypatch.setattr(reproduce, "compare", lambda *given: [])
    arguments = ["--data", str(evaluated / "data"), "--models", "vgg16", "--out", str(evaluated / "pooled")]
    try:
        with pytest.raises(SystemExit):
            reproduce.main(arguments)
        assert "--pool" in capsys.readouterr().err and not called
        reproduce.main([*arguments, "--pool", "photos"])
        assert called[0][called[0].index("--pool") + 1] == "photos"
    finally:
        path.write_text(before)
