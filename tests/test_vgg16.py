"""VGG16: a training of a moment, what it leaves, and what the app makes of it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.vision import bfloat16, gallery, registry, weights
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.uploads import read_upload
from models.vision.vgg16 import Vgg16, Vgg16Network
from tests.pictures import picture, write_dataset
from training import train_vgg16


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder ``weights`` after an epoch at 32 px."""
    data = write_dataset(tmp_path_factory.mktemp("data"))
    folder = tmp_path_factory.mktemp("weights")
    init = tmp_path_factory.mktemp("init") / "features.safetensors"
    torch.manual_seed(0)
    features = Vgg16Network(7).features.state_dict()
    save_file({f"features.{name}": tensor.half() for name, tensor in features.items()}, init)
    recipe = replace(train_vgg16.RECIPE, preprocessing=Preprocessing(32), views=3, batch=7)
    recipe = replace(recipe, head_schedule=replace(recipe.head_schedule, epochs=2))
    arguments = [
        "train",
        "--data",
        str(data),
        "--init",
        str(init),
        "--out",
        str(folder / "vgg16"),
        "--epochs",
        "1",
        "--bf16",
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_vgg16, "RECIPE", recipe)
        patch.setattr(sys, "argv", arguments)
        train_vgg16.main()
    return folder


@pytest.fixture
def model(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Vgg16:
    """It, as the app loads it."""
    monkeypatch.setattr(weights, "FOLDER", trained)
    monkeypatch.setattr(registry, "_loaded", {})
    loaded = registry.get("vgg16")
    assert isinstance(loaded, Vgg16)
    return loaded


def test_the_artefacts(trained: Path) -> None:
    folder = trained / "vgg16"
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors", "config.json", "metrics.json", "training.json", "validation.json", "README.md"
    }  # fmt: skip
    card = (folder / "README.md").read_text()
    assert "\nbase_model: timm/vgg16.tv_in1k\n" in card, "an id of the Hub, which refuses other words"
    state = load_file(folder / "model.safetensors")
    assert all(tensor.dtype == torch.float16 for tensor in state.values())
    assert (folder / "model.safetensors").stat().st_size < 31e6
    training = json.loads((folder / "training.json").read_text())
    start, *_, end = training["head_curves"]
    assert (start["epoch"], end["epoch"]) == (0, 2) and end["val_loss"] != start["val_loss"]
    assert training["recipe"]["views"] == 3 and "/" not in training["arguments"]["init"]


def test_the_frozen_blocks_stay_as_they_were(trained: Path) -> None:
    torch.manual_seed(0)
    before = Vgg16Network(7).features.state_dict()
    after = load_file(trained / "vgg16" / "model.safetensors")
    assert torch.equal(after["features.21.weight"], before["21.weight"].half())


def test_prediction_and_map(model: Vgg16) -> None:
    explanation = model.explain(picture(3))
    assert (explanation.method, explanation.layer) == ("grad-cam", "features.29")
    assert explanation.saliency.shape == (2, 2) and explanation.saliency.dtype == np.float32
    assert explanation.class_discriminative
    assert tuple(explanation.prediction.probabilities) == CLASSES
    assert sum(explanation.prediction.probabilities.values()) == pytest.approx(1, abs=1e-9)
    assert explanation.prediction.probabilities == model.predict(picture(3)).probabilities


def test_probabilities_of_a_batch(model: Vgg16) -> None:
    batch = torch.rand(3, 3, 32, 32)
    rows = model.probabilities(batch)
    assert rows.shape == (3, 7)
    assert torch.allclose(rows.sum(dim=1), torch.ones(3))


def test_few_pictures_of_a_pass_go_through_the_convolutions_at_a_time(model: Vgg16) -> None:
    held: list[int] = []
    next(model.body.modules()).register_forward_pre_hook(lambda _, inputs: held.append(len(inputs[0])))
    batch = torch.rand(5, 3, 32, 32)
    together = model.forward(batch)
    assert held == [2, 2, 1]
    for row, picture_alone in enumerate(batch.split(1)):
        for part, alone in zip(together, model.forward(picture_alone), strict=True):
            assert torch.allclose(part[row], alone[0], rtol=0.02, atol=0.02)  # a step of bf16


def test_half_precision_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    models = []
    for native in (False, True):
        monkeypatch.setattr(bfloat16, "NATIVE", native)
        models.append(Vgg16.load())
    exact, halved = models
    assert {tensor.dtype for tensor in exact.body.state_dict().values()} == {torch.float32}
    assert {tensor.dtype for tensor in halved.body.state_dict().values()} == {torch.bfloat16}
    for example in gallery.examples()[::7]:
        image = read_upload(example.path).image
        expected, found = exact.explain(image), halved.explain(image)
        assert found.prediction.label == expected.prediction.label
        assert found.prediction.probabilities == pytest.approx(expected.prediction.probabilities, abs=0.02)
        assert found.saliency.dtype == np.float32
        assert np.abs(found.saliency - expected.saliency).max() < 0.1


def test_names_are_timm_s() -> None:
    import timm

    with torch.device("meta"):  # names and shapes alone
        theirs = timm.create_model("vgg16", num_classes=0, features_only=True, out_indices=[4]).state_dict()
        ours = Vgg16Network(7).features.state_dict()
    assert {f"features_{name}": tensor.shape for name, tensor in ours.items()} == {
        name.replace("features.", "features_"): tensor.shape for name, tensor in theirs.items()
    }
