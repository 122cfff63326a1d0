"""YOLOv8: from a training of a moment to a prediction, a map, and what happens when the weights are damaged."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from models.errors import InputError, ModelUnavailable
from models.vision import registry, saliency, weights
from models.vision.faithfulness import Curve, Faithfulness
from models.vision.overlay import overlay
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.ultralytics_quiet import yolov8_classifier
from models.vision.yolov8 import YoloV8
from tests.pictures import picture, write_dataset
from training import evaluate_explanations, train_yolov8
from training.vision import transfer
from training.vision.artifacts import write_model
from training.vision.data import read_photos
from training.vision.metrics import machine
from training.vision.yolov8 import cut, initial_network


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tiny pictures of each class."""
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that two epochs of training leave."""
    folder = tmp_path_factory.mktemp("weights")
    init = folder / "init.safetensors"
    save_file({n: t.contiguous() for n, t in yolov8_classifier("n", 1000).state_dict().items()}, init)
    patch = pytest.MonkeyPatch()
    recipe = replace(train_yolov8.RECIPE, preprocessing=Preprocessing(64), views=3, batch=7)
    recipe = replace(recipe, head_schedule=replace(recipe.head_schedule, epochs=2))
    patch.setattr(train_yolov8, "RECIPE", recipe)
    out = folder / "yolov8"
    patch.setattr(sys, "argv", ["train", "--data", str(data), "--init", str(init), "--out", str(out), "--epochs", "2"])
    train_yolov8.main()
    patch.undo()
    return out


@pytest.fixture
def installed(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of it where the app looks, with nothing loaded yet."""
    folder = tmp_path / "yolov8"
    folder.mkdir()
    for name in (weights.WEIGHTS, weights.CONFIG):
        (folder / name).write_bytes((trained / name).read_bytes())
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    monkeypatch.setattr(registry, "_loaded", {})
    yield folder


def test_the_artefacts(trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} == {
        "model.safetensors", "config.json", "metrics.json", "training.json", "validation.json", "README.md"
    }  # fmt: skip
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["test_images"] == sum(map(sum, metrics["confusion"])) == 7
    low, high = metrics["accuracy_ci95"]
    assert 0 <= low <= metrics["accuracy"] <= high <= 1
    curves = json.loads((trained / "training.json").read_text())["curves"]
    assert [point["epoch"] for point in curves] == [0, 1, 2] and metrics["epochs"] == 2
    card = (trained / "README.md").read_text()
    head = card.split("\n---\n")[0]
    assert head.startswith("---\n") and "\nlicense: agpl-3.0\n" in head
    assert "\nbase_model: Ultralytics/YOLOv8\n" in head, "an id of the Hub, which refuses other words"
    assert (trained / "model.safetensors").stat().st_size < 3.5e6  # half precision


def test_prediction(installed: Path) -> None:
    prediction = registry.get("yolov8").predict(picture(2))
    assert prediction.model == "yolov8"
    assert tuple(prediction.probabilities) == CLASSES
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-9)
    assert prediction.label == max(prediction.probabilities, key=prediction.probabilities.__getitem__)


def test_prediction_is_the_network_s_own(installed: Path) -> None:
    config, state = weights.read("yolov8")
    network = YoloV8.build(config)
    network.load_state_dict(state, strict=True)
    with torch.no_grad():
        logits = network.eval()(Preprocessing(64)(picture(3)))[1][0]
    expected = torch.softmax(logits.double() / config["temperature"], 0).tolist()
    answer = registry.get("yolov8").predict(picture(3))
    assert list(answer.probabilities.values()) == pytest.approx(expected, abs=1e-5)


def test_its_features_are_what_the_last_layer_reads(installed: Path) -> None:
    config, state = weights.read("yolov8")
    network = YoloV8.build(config)
    network.load_state_dict(state, strict=True)
    read: list[torch.Tensor] = []
    network.model[-1].linear.register_forward_hook(lambda _, inputs, output: read.append(inputs[0]))
    model, pixels = registry.get("yolov8"), Preprocessing(64)(picture(3))
    with torch.no_grad():
        network.eval()(pixels)
    found = model.network_output(model.forward(pixels)).features
    assert found is not None and found.shape == (1, 1280)
    assert torch.allclose(found, read[0], atol=1e-4)


def test_a_refit_begins_with_the_encoder_that_was_taught_from_both(
    data: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(1)
    taught = {name: tensor.half().contiguous() for name, tensor in yolov8_classifier("n", 7).state_dict().items()}
    save_file(taught, tmp_path / "both.safetensors")
    recipe = replace(train_yolov8.RECIPE, preprocessing=Preprocessing(64), views=3, batch=7)
    monkeypatch.setattr(train_yolov8, "RECIPE", replace(recipe, head_schedule=replace(recipe.head_schedule, epochs=1)))
    monkeypatch.setattr(transfer, "best_epoch", lambda curves: 0)  # where training only made it worse
    line = ["train", "--data", str(data), "--init", str(trained.parent / "init.safetensors"), "--epochs", "1"]
    line += ["--out", str(tmp_path / "out"), "--skip-test", "--refit-init", str(tmp_path / "both.safetensors")]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit, match="name both, or neither"):
        train_yolov8.main()
    monkeypatch.setattr(sys, "argv", [*line, "--refit"])
    train_yolov8.main()
    learnt = load_file(tmp_path / "out" / "model.safetensors")
    assert all(torch.equal(learnt[name], taught[name]) for name in learnt if name.endswith("weight"))
    training = json.loads((tmp_path / "out" / "training.json").read_text())
    assert training["arguments"] == {
        "catalogue": False, "epochs": 1, "seed": 0, "bf16": False, "fresh": False, "refit": True,
        "init": "init.safetensors", "refit_init": "both.safetensors", "size": "n",
    }  # fmt: skip
    assert training["recipe"]["schedule"]["epochs"] == 1 and training["recipe"]["head_schedule"]["epochs"] == 1
    assert training["machine"] == machine()
    assert training["card"]["command"].endswith(" --epochs 1 --refit --refit-init both.safetensors")


def test_explanation(installed: Path) -> None:
    model = registry.get("yolov8")
    before = {name: tensor.clone() for name, tensor in model.body.state_dict().items()}
    explanation = model.explain(picture(1))
    assert (explanation.method, explanation.layer) == (
        "eigen-cam",
        "model.8",
    )  # nothing was measured with these weights
    assert explanation.class_discriminative is False
    assert explanation.target == explanation.prediction.label == model.predict(picture(1)).label
    assert explanation.saliency.min() == 0 and explanation.saliency.max() == pytest.approx(1)
    after = model.body.state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_what_cannot_be_explained_is_refused(installed: Path) -> None:
    model = registry.get("yolov8")
    for arguments, word in (
        ({"method": "magic"}, "magic"),
        ({"target": "Cats"}, "Cats"),
        ({"contrast_class": "Dogs"}, "Dogs"),
        ({"target": "Watches", "contrast_class": "Watches"}, "Watches"),
    ):
        with pytest.raises(InputError, match=word):
            model.explain(picture(0), **arguments)


def test_eigen_cam_agrees_with_the_library(installed: Path) -> None:
    """Up to the direction of the component, which the library leaves to chance."""
    from pytorch_grad_cam import EigenCAM
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.svd_on_activations import get_2d_projection

    model = registry.get("yolov8")
    assert isinstance(model, YoloV8)
    inputs = Preprocessing(64)(picture(4))
    with EigenCAM(torch.nn.Sequential(model.body, model.head), [model.body[-1]]) as library:
        theirs = library(inputs, targets=None)[0]
    maps = model.body(inputs)
    projection = get_2d_projection(maps.numpy())[0]
    component = saliency.first_component(maps[0], toward=maps[0].sum(dim=0))
    assert min(np.abs(component.numpy() - sign * projection).max() for sign in (1, -1)) < 1e-4
    candidates = [scale_cam_image(saliency.normalise(sign * component)[None], (64, 64)) for sign in (1, -1)]
    assert min(np.abs(scale_cam_image(candidate)[0] - theirs).max() for candidate in candidates) < 1e-3


def test_what_maps_are_worth_is_measured_and_an_interrupted_measurement_goes_on(
    installed: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*methods: str) -> dict[str, Any]:
        arguments = ["evaluate", "--data", str(data), "--cache", str(tmp_path / "cache"), "--methods", *methods]
        monkeypatch.setattr(sys, "argv", arguments)
        evaluate_explanations.main()
        return json.loads((installed / "explanations.json").read_text())["methods"]

    first = measure("grad-cam", "random")
    assert list(first) == ["grad-cam", "random"] and first["grad-cam"]["photos"] == 7
    for figure in ("deletion", "insertion", "road", "likeness_to_shuffled_weights"):
        low, high = first["grad-cam"][figure]["ci95"]
        assert low <= first["grad-cam"][figure]["mean"] <= high
    assert first["random"]["likeness_to_shuffled_weights"] is None
    notes = next((tmp_path / "cache").glob("yolov8-*-random.jsonl"))
    lines = [line for line in notes.read_text().splitlines() if line]
    altered = {**json.loads(lines[0]), "road": 7.0}
    notes.write_text("\n".join([json.dumps(altered), *lines[1:-1]]) + "\n")  # the last photo is to be measured again
    again = measure("random")
    assert notes.read_text().splitlines()[-1] == lines[-1]
    assert again["grad-cam"] == first["grad-cam"]
    shift = (7.0 - json.loads(lines[0])["road"]) / 7
    assert again["random"]["road"]["mean"] == pytest.approx(first["random"]["road"]["mean"] + shift)


def test_the_shuffled_network_is_asked_about_the_class_that_the_learnt_one_explains(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or two maps of two classes would be compared, and differ whatever the network has learnt."""
    asked: list[str] = []

    def explain(image: Image.Image, method: str, target: str = "") -> SimpleNamespace:
        asked.append(target)
        return SimpleNamespace(target=target or CLASSES[3], saliency=np.eye(2))

    model: Any = SimpleNamespace(explain=explain)
    curve = Curve((0.0, 1.0), (1.0, 0.0))
    monkeypatch.setattr(evaluate_explanations, "shuffled", lambda model: model)
    monkeypatch.setattr(evaluate_explanations, "judge", lambda *given: Faithfulness(curve, curve, 0.25))
    found = evaluate_explanations.MapEvaluator(model)(read_photos(data)["test"][0], "grad-cam")
    assert asked == ["", CLASSES[3]]
    assert (found.road, found.likeness) == (0.25, pytest.approx(1))


def test_overlay() -> None:
    image = picture(0)
    spot = np.zeros((4, 4), np.float32)
    spot[0, 0] = 1
    assert overlay(image, spot, (480, 600)).size == (480, 600)
    assert np.array_equal(np.asarray(overlay(image, spot, opacity=0)), np.asarray(image))
    alone = np.asarray(overlay(picture(0).resize((40, 40)), spot, opacity=1)).sum(axis=2)
    assert alone[0, 0] > alone[39, 39]
    with pytest.raises(ValueError, match="opacity"):
        overlay(image, spot, opacity=1.5)


def test_unknown_models_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"resnet.*yolov8"):
        registry.get("resnet")


def test_missing_weights_and_their_return(installed: Path) -> None:
    content = (installed / weights.WEIGHTS).read_bytes()
    (installed / weights.WEIGHTS).unlink()
    assert "yolov8" not in registry.available()
    with pytest.raises(ModelUnavailable, match=r"weights/yolov8/model.safetensors is missing.*git checkout"):
        registry.get("yolov8")
    (installed / weights.WEIGHTS).write_bytes(content)
    assert "yolov8" in registry.available()
    assert registry.get("yolov8") is registry.get("yolov8")


def test_damaged_weights(installed: Path) -> None:
    content = (installed / weights.WEIGHTS).read_bytes()
    config = json.loads((installed / weights.CONFIG).read_text())
    (installed / weights.WEIGHTS).write_bytes(content[:-1] + b"?")
    with pytest.raises(ModelUnavailable, match="SHA-256"):
        registry.get("yolov8")

    def install(altered: bytes) -> None:
        (installed / weights.WEIGHTS).write_bytes(altered)
        config["weights_sha256"] = hashlib.sha256(altered).hexdigest()
        (installed / weights.CONFIG).write_text(json.dumps(config))

    install(b"\xff" * 100)
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        registry.get("yolov8")
    install(content)
    (installed / weights.CONFIG).write_text(json.dumps({**config, "classes": CLASSES[:3]}))
    with pytest.raises(ModelUnavailable, match="names or shapes"):
        registry.get("yolov8")
    (installed / weights.CONFIG).write_text("{")
    with pytest.raises(ModelUnavailable, match=r"config.json cannot be read"):
        registry.get("yolov8")


def test_an_interrupted_training_resumes(data: Path, tmp_path: Path) -> None:
    from training.vision.fine_tune import Checkpoint, Schedule, TrainingData, fine_tune

    torch.manual_seed(0)
    start = {n: t.clone() for n, t in torch.nn.Linear(4, 2).state_dict().items()}
    inputs, labels = torch.randn(12, 4), torch.randint(2, (12,))

    class Batches:
        def __init__(self, broken_at: int | None = None) -> None:
            self.broken_at = broken_at

        def __len__(self) -> int:
            return 3

        def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
            if number == self.broken_at:
                raise KeyboardInterrupt
            torch.manual_seed(number)
            for rows in torch.randperm(12).split(4):
                yield inputs[rows], torch.nn.functional.one_hot(labels[rows], 2).float()

    def train(batches: Batches, checkpoint: Path, resume: bool) -> dict[str, torch.Tensor]:
        network = torch.nn.Linear(4, 2)
        network.load_state_dict(start)
        schedule = Schedule(epochs=6, patience=6, warmup=1, weight_decay=0.01, smoothing=0, average=0.9)
        data = TrainingData(batches, (inputs, labels))
        fine_tune(network, [(network, 0.1)], data, schedule, Checkpoint(checkpoint, resume))
        return network.state_dict()

    whole = train(Batches(), tmp_path / "whole.safetensors", resume=False)
    with pytest.raises(KeyboardInterrupt):
        train(Batches(broken_at=4), tmp_path / "part.safetensors", resume=False)
    resumed = train(Batches(), tmp_path / "part.safetensors", resume=True)
    assert all(torch.allclose(whole[name], resumed[name]) for name in whole)


def test_a_checkpoint_can_pause_and_ends_with_the_last_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training.vision import fine_tune as loop

    written: list[int] = []
    monkeypatch.setattr(loop._State, "save", lambda state, path: written.append(state.curves[-1].epoch))

    class Batches:
        def __len__(self) -> int:
            return 1

        def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
            yield torch.ones(2, 4), torch.eye(2)

    def train(pause: float) -> list[int]:
        written.clear()
        network = torch.nn.Linear(4, 2)
        schedule = loop.Schedule(epochs=3, patience=3, warmup=1, weight_decay=0.01, smoothing=0, average=0.9)
        data = loop.TrainingData(Batches(), (torch.ones(2, 4), torch.tensor([0, 1])))
        checkpoint = loop.Checkpoint(tmp_path / "checkpoint", keep_last=True, pause=pause)
        loop.fine_tune(network, [(network, 0.1)], data, schedule, checkpoint)
        return list(written)

    assert train(0.0) == [1, 2, 3] and train(3600.0) == [3]


@pytest.mark.parametrize(
    "size",
    ["s", "m", *(pytest.param(size, marks=pytest.mark.slow) for size in ("l", "x"))],  # of 37 and 57 million
)
def test_a_user_s_own_weights_of_each_size_are_built_saved_loaded_and_explained(size: str, tmp_path: Path) -> None:
    """From the ImageNet network of that size, here with random weights, to a map in the app."""
    init = tmp_path / "init.safetensors"
    save_file({name: tensor.half() for name, tensor in yolov8_classifier(size, 10).state_dict().items()}, init)
    network = initial_network(size, str(init)).eval()
    parts = cut(network)
    with torch.no_grad():
        maps = parts.block(parts.frozen(torch.rand(1, 3, 96, 96)))
        assert parts.head(maps).shape == (1, len(CLASSES))
    config = {"size": size, "classes": CLASSES, "preprocessing": vars(Preprocessing(96)), "temperature": 1.0}
    write_model(tmp_path / "yolov8", network, config)
    model = YoloV8.load(tmp_path / "yolov8")
    assert model.config["parameters"] == sum(tensor.numel() for tensor in network.parameters())
    explanation = model.explain(picture(1))
    assert explanation.prediction.label in CLASSES
    assert explanation.saliency.min() >= 0 and np.ptp(explanation.saliency) > 0


@pytest.mark.slow
def test_ultralytics_leaves_the_process_as_it_was(tmp_path: Path) -> None:
    """In a fresh interpreter: no file at home, no output, no thread limit, no replaced functions."""
    script = (
        "import os, cv2, torch, PIL.Image; before = PIL.Image.open, torch.save, dict(os.environ)\n"
        "import models.vision.yolov8\n"
        "assert before == (PIL.Image.open, torch.save, dict(os.environ))\n"
        "from ultralytics.utils import ONLINE, SETTINGS\n"
        "assert not ONLINE and not SETTINGS['sync']\n"
        "models.vision.yolov8.yolov8_classifier('n', 7)\n"
    )
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(tmp_path.rglob("*.json"))
