"""The convolutional networks learn from CLIP's tower: a lesson of a moment, and what a training takes from it."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import one_hot

from models.vision.ultralytics_quiet import yolov8_classifier
from models.vision.vgg16 import Vgg16Network
from tests.pictures import picture, write_dataset
from training import cross_validate, distil_encoder
from training.evaluation import protocols, relearnt
from training.evaluation.labelled_photos import read_data
from training.vision import artifacts, fresh_distillation, students, teaching
from training.vision.batch_norm import unfold
from training.vision.data import Augmentation, Photo, read_photos
from training.vision.distillation import (
    FOLDS,
    DistillationBatches,
    Variations,
    sample_photos,
    soft_labels,
)
from training.vision.fine_tune import TrainingData, train_mode
from training.vision.fresh_distillation import FreshDistillationBatches
from training.vision.tower import Tower
from training.vision.yolov8 import initial_network

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training

TINY = "test_vit"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Labelled photos, a pool, a teacher and a student that has yet to learn."""
    (tmp_path / "data").mkdir()
    write_dataset(tmp_path / "data")
    (tmp_path / "pool").mkdir()
    for index in range(6):
        picture(index % 7, 50 + index).save(tmp_path / "pool" / f"{index}.jpg")
    torch.manual_seed(0)
    save_file(timm.create_model(TINY).state_dict(), tmp_path / "teacher.safetensors")
    save_file(yolov8_classifier("n", 1000).state_dict(), tmp_path / "init.safetensors")
    return tmp_path


def recipe(name: str, epochs: int = 2) -> students.DistillationRecipe:
    whole = students.RECIPES[name]
    schedule = replace(whole.schedule, epochs=epochs)
    smaller = replace(whole, batch=7, teacher_size=160, size=96, views=3, repeats=2, pool=6, pool_views=2)
    return replace(smaller, schedule=schedule)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("frozen", [0, 1])
def test_a_lesson_teaches_and_resumes(shelf: Path, monkeypatch: pytest.MonkeyPatch, frozen: int, fresh: bool) -> None:
    """A few steps change what may learn; stopped and resumed, they end where one run ends."""
    monkeypatch.setattr(teaching, "Tower", partial(Tower, architecture=TINY))
    before = {name: tensor.half() for name, tensor in load_file(shelf / "init.safetensors").items()}

    def distil(out: str, *options: str) -> dict[str, torch.Tensor]:
        for recipes in ("RECIPES", "FRESH"):
            monkeypatch.setattr(distil_encoder, recipes, {"yolov8": replace(recipe("yolov8"), frozen=frozen)})
        arguments = ["distil", "--student", "yolov8", "--init", str(shelf / "init.safetensors")]
        arguments += ["--data", str(shelf / "data"), "--pool", str(shelf / "pool"), "--cache", str(shelf / "cache")]
        arguments += ["--teacher", str(shelf / "teacher.safetensors"), "--out", str(shelf / out), *options]
        arguments += ["--fresh"] * fresh
        monkeypatch.setattr(sys, "argv", arguments)
        distil_encoder.main()
        return load_file(shelf / out)

    whole = distil("whole.safetensors")
    stays, learns = "model.0.conv.weight", "model.9.conv.conv.weight"
    assert not torch.equal(whole[learns], before[learns])
    assert torch.equal(whole[stays], before[stays]) == bool(frozen)

    asked = teaching.fine_tune

    def stops(network: torch.nn.Module, rates: object, data: TrainingData, *rest: object) -> object:
        epoch = data.batches.epoch

        def interrupted(number: int) -> object:
            if number:
                raise KeyboardInterrupt
            return epoch(number)

        monkeypatch.setattr(data.batches, "epoch", interrupted)
        return asked(network, rates, data, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(teaching, "fine_tune", stops)
        distil("parts.safetensors")
    resumed = distil("parts.safetensors", "--resume")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)

    both = distil("both.safetensors", "--refit")
    assert not torch.equal(both[learns], whole[learns])  # it has seen more photos, and its last epoch is kept

    head = "model.9.linear.weight"
    assert len(before[head]) == 1000
    assert len(whole[head]) == 7
    start = initial_network("n", str(shelf / "whole.safetensors")).state_dict()  # a training can start from it
    assert all(torch.equal(start[name], whole[name].float()) for name in whole if "num_batches" not in name)
    assert artifacts.teachers(shelf / "whole.safetensors") == [TINY]
    assert artifacts.teachers(shelf / "init.safetensors") == artifacts.teachers("vgg16") == []


def test_a_student_is_judged_in_folds(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(protocols, "FOLDS", 2)
    monkeypatch.setattr(teaching, "Tower", partial(Tower, architecture=TINY))
    monkeypatch.setattr(cross_validate, "RECIPES", {"yolov8": recipe("yolov8", epochs=1)})
    monkeypatch.setattr(cross_validate, "LEARNERS", {"yolov8": cross_validate.student})
    monkeypatch.setattr(cross_validate, "read_catalogue", lambda folder: [])
    command = ["yolov8", "--data", str(shelf / "data"), "--pool", str(shelf / "pool"), "--out", str(shelf)]
    command += ["--init", str(shelf / "init.safetensors")]
    with pytest.raises(SystemExit):
        cross_validate.main(command)
    assert "--teacher names its teacher" in capsys.readouterr().err
    asked = teaching.teach
    seen: list[tuple[set[Path], set[Path]]] = []

    def teach(args: Any, recipe: Any, own: list[Photo], pool: list[Photo], held: list[Photo]) -> Any:
        assert args.refit and len(pool) == 6  # its own fold chooses no epoch
        seen.append(({photo.path for photo in own}, {photo.path for photo in held}))
        return asked(args, recipe, own, pool, held)

    monkeypatch.setattr(cross_validate, "teach", teach)
    cross_validate.main([*command, "--teacher", str(shelf / "teacher.safetensors")])
    data = read_data(shelf / "data")
    predicted = relearnt.read(shelf, data.labels, protocols.fold_numbers(data.labels, data.groups.near))
    assert predicted is not None and set(predicted) <= set(range(7))
    everything = {photo.path for photo in data.photos}
    assert len(seen) == 2 and all(own | held == everything and not own & held for own, held in seen)


def test_teacher_and_student_see_the_same_variation(shelf: Path) -> None:
    chosen = recipe("yolov8")
    own, pool = read_photos(shelf / "data")["train"], sample_photos(shelf / "pool", chosen.pool, 0)
    variations = Variations.of(own, pool, chosen, 0)
    pixels = variations.through(torch.nn.Identity()).float()
    halves = variations.through(torch.nn.AvgPool2d(2)).float()
    assert len(pixels) == chosen.views * len(own) + chosen.pool_views * len(pool)
    assert torch.allclose(torch.nn.functional.avg_pool2d(pixels, 2), halves, atol=1e-3)
    assert pixels.amax() <= 1 and pixels.amin() >= 0
    kept = variations.pixels()
    assert kept.dtype == torch.uint8
    assert torch.allclose(kept / 255, pixels, atol=0.5 / 255 + 1e-3)
    rows = torch.arange(len(kept))[::3]
    halved = DistillationBatches(kept, kept, len(own), chosen, 0, torch.nn.AvgPool2d(2)).read(rows)
    assert torch.allclose(halved, halves[rows], atol=0.5 / 255 + 1e-3)
    targets = torch.arange(len(pixels)).float()[:, None]
    batches = DistillationBatches(
        pixels, targets, len(own), replace(chosen, flip=0.0, augmentation=replace(chosen.augmentation, mix=0.0)), 0
    )
    served = list(batches.epoch(1))
    assert len(served) == len(batches)
    for inputs, numbers in served:
        assert torch.equal(inputs, pixels[numbers[:, 0].long()])
    assert not torch.equal(served[0][1], next(batches.epoch(2))[1])


def test_an_epoch_shows_each_picture_of_the_pool_once_in_any_of_its_views() -> None:
    chosen = replace(recipe("yolov8"), batch=1, repeats=1, flip=0.0, augmentation=Augmentation(mix=0.0))
    own, pool = 4, 5
    numbers = torch.arange(chosen.views * own + chosen.pool_views * pool).float()
    batches = DistillationBatches(numbers[:, None], numbers[:, None], own, chosen, 0)
    served = torch.stack([torch.cat([row for row, _ in batches.epoch(number)]).flatten() for number in range(30)])
    first = chosen.views * own
    for epoch in served:
        assert sorted((epoch[epoch >= first] - first).remainder(pool).tolist()) == list(range(pool))
        assert sorted(epoch[epoch < first].remainder(own).tolist()) == list(range(own))
    assert set(served.flatten().tolist()) == set(numbers.tolist())


def test_the_teacher_is_asked_about_the_very_picture_that_the_student_sees(shelf: Path) -> None:
    """Also where two are mixed; the heads that say the soft label of a photo have not learnt from it."""
    mixed = Augmentation(crop=0.5, mix=0.7, mixup=0.8, colour=0.2)
    chosen = replace(recipe("yolov8"), augmentation=mixed)
    own, pool = read_photos(shelf / "data")["train"], sample_photos(shelf / "pool", chosen.pool, 0)
    variations = Variations.of(own, pool, chosen, 0)
    teacher = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(2), torch.nn.Flatten())
    batches = FreshDistillationBatches(variations, teacher, torch.nn.Identity(), 0)
    served = list(batches.epoch(1))
    assert len(served) == len(batches) == (len(own) * chosen.repeats + len(pool)) // chosen.batch
    for pixels, targets in served:
        features = targets[:, :12] * batches.deviation + batches.mean
        assert torch.allclose(features, teacher(pixels), atol=1e-5)
        assert torch.allclose(targets[:, 12:].sum(1), torch.ones(len(targets)), atol=1e-5)
    again = next(batches.epoch(1))[0]
    assert torch.equal(again, served[0][0])
    assert not torch.equal(next(batches.epoch(2))[0], again)

    rows = torch.arange(batches.readable)
    assert set(batches.folds[: len(own)].tolist()) == set(range(FOLDS))
    assert (batches.folds[len(own) :] == FOLDS).all()
    assert batches.read(rows).shape == (len(own) + len(pool), 3, chosen.size, chosen.size)


def test_a_soft_label_is_said_by_a_head_that_has_not_learnt_from_the_photo(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt = []

    def head(features: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        learnt.append((features, labels))
        return torch.zeros(7, features.shape[1]), 3.0 * torch.arange(7).eq(len(learnt) - 1)  # sure of its own number

    monkeypatch.setattr(fresh_distillation, "linear_head", head)
    chosen = recipe("yolov8")
    own, pool = read_photos(shelf / "data")["train"], sample_photos(shelf / "pool", chosen.pool, 0)
    variations = Variations.of(own, pool, chosen, 0)
    teacher = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    batches = FreshDistillationBatches(variations, teacher, torch.nn.Identity(), 0)
    labels, folds = variations.own.labels, batches.folds[: len(own)]
    assert len(learnt) == FOLDS + 1
    for number, (features, known) in enumerate(learnt):
        assert torch.equal(known, labels[folds != number].repeat(fresh_distillation.VIEWS))
        assert len(features) == len(known)
    rows = torch.arange(batches.readable)
    said = batches.targets(batches.pixels(rows), one_hot(batches.folds, FOLDS + 1).float())[:, 3:]
    assert torch.equal(said.argmax(1), batches.folds)


@pytest.mark.parametrize("repeats", [0, 4])
def test_a_photo_is_never_shown_more_often_than_it_has_views(repeats: int) -> None:
    with pytest.raises(ValueError, match=f"repeats must be in 1..views = 3.*got {repeats}"):
        replace(recipe("yolov8"), repeats=repeats)


def test_batch_norm_that_was_folded_is_there_again() -> None:
    """In evaluation nothing changes; in training what comes out has the mean and spread of each layer's own numbers."""
    torch.manual_seed(0)
    network = yolov8_classifier("n", 7).eval()
    pictures = 3 + 2 * torch.randn(12, 3, 64, 64)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.bias.normal_()
        before = network(pictures)[1]
        unfold(network, pictures.split(5))
        assert torch.allclose(network(pictures)[1], before, atol=1e-4)
        first = network.model[0]
        inputs = first.conv(pictures)
        assert torch.allclose(first.bn.running_mean, inputs.mean((0, 2, 3)), atol=1e-4)
        assert torch.allclose(first.bn.running_var, inputs.var((0, 2, 3), correction=0), rtol=1e-3)
        train_mode(network, batch_norm=True)
        assert torch.allclose(first.bn(inputs), first.bn.eval()(inputs), atol=1e-2)


def test_batch_norm_learns_only_where_that_is_said() -> None:
    network = yolov8_classifier("n", 7)
    layers = [layer for layer in network.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    train_mode(network)
    assert network.training and not any(layer.training for layer in layers)
    train_mode(network, batch_norm=True)
    assert all(layer.training for layer in layers)


def test_soft_labels_of_a_photo_come_from_heads_that_never_met_it() -> None:
    """A photo with the wrong label is not believed: its own heads have learnt from the others."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(7).repeat(10)
    features = 4 * torch.nn.functional.one_hot(labels, 7) + 0.1 * torch.randn(70, 7, generator=generator)
    wrong = labels.clone()
    wrong[0] = 3
    targets = soft_labels(torch.cat([features, features, features[:5]]), wrong, 2)
    assert targets.shape == (145, 7)
    assert torch.allclose(targets.sum(1), torch.ones(145))
    assert targets[0].argmax() == targets[70].argmax() == 0
    assert (targets[-5:].argmax(1) == labels[:5]).all()


def test_what_a_model_is_measured_on_is_left_out_of_the_pool(shelf: Path) -> None:
    names = {photo.path.name for photo in sample_photos(shelf / "pool", 10, 0)}
    left = {photo.path.name for photo in sample_photos(shelf / "pool", 10, 0, without=["2.jpg", "5.jpg"])}
    assert names - left == {"2.jpg", "5.jpg"}
    assert len(left) == 4


def test_vgg16_is_taught_in_its_last_block(tmp_path: Path) -> None:
    network = Vgg16Network(7)
    save_file(network.state_dict(), tmp_path / "init.safetensors")
    encoder = students.vgg16(str(tmp_path / "init.safetensors"), students.RECIPES["vgg16"])
    size = students.vgg16_training.RECIPE.preprocessing
    pixels = torch.rand(1, 3, size.size, size.size)
    maps = torch.nn.Sequential(*encoder.learning)(encoder.frozen(pixels))
    assert torch.allclose(maps, network.features(size.normalise(pixels)), atol=1e-4)
    assert sum(1 for layer in encoder.learning for _ in layer.parameters()) == 6  # three convolutions
