"""What the trainings of the image classifiers share: data, batches, figures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from models.statistics import wilson
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from tests.pictures import write_dataset
from training.evaluate_explanations import balanced, rank_correlation
from training.evaluation.bootstrap import mean_with_interval, ratio_with_interval
from training.vision.data import Augmentation, Augmented, CachedViews, FreshViews, mix, read_photos
from training.vision.distributed import DEVICE
from training.vision.feature_cache import FeatureCache
from training.vision.fine_tune import _pace
from training.vision.metrics import calibration_error, classification_metrics, fit_temperature, reliability

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def pictures(data: Path) -> Augmented:
    return Augmented(read_photos(data)["train"], Preprocessing(32), Augmentation(mix=0.5), batch=7, seed=0)


def frozen() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, stride=4, padding=1))


def test_photos_by_split(data: Path) -> None:
    photos = read_photos(data)
    assert {split: len(rows) for split, rows in photos.items()} == {"train": 14, "val": 7, "test": 7}
    assert [photo.label for photo in photos["val"]] == list(range(7))


def test_a_category_out_of_the_seven_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,category,split\na.png,Cats,train\n")
    with pytest.raises(ValueError, match="Cats"):
        read_photos(tmp_path)


def test_a_split_without_photos_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("image,category,split\na.png,Watches,train\na.png,Watches,val\n")
    with pytest.raises(ValueError, match="test"):
        read_photos(tmp_path)


@pytest.mark.parametrize("fresh", [False, True])
def test_batches_repeat_with_their_seed(pictures: Augmented, fresh: bool) -> None:
    views = FreshViews(pictures, frozen()) if fresh else CachedViews(pictures, frozen(), views=3)
    first, again, other = (list(views.epoch(number)) for number in (0, 0, 1))
    assert len(first) == len(views) == 2
    for (maps, labels), (maps_again, labels_again) in zip(first, again, strict=True):
        assert maps.shape == (7, 4, 8, 8) and labels.shape == (7, 7)
        assert torch.allclose(labels.sum(dim=1), torch.ones(7))
        assert torch.equal(maps, maps_again) and torch.equal(labels, labels_again)
    assert not torch.equal(first[0][0], other[0][0])


def test_the_first_views_are_the_picture_and_its_mirror_image(pictures: Augmented) -> None:
    views = CachedViews(pictures, nn.Sequential(nn.AvgPool2d(4)), views=2)
    assert torch.allclose(views.maps[0], views.maps[1].flip(-1), atol=1e-2)
    pooled = views.through(nn.AdaptiveAvgPool2d(1)).maps
    assert pooled.shape == (2, 14, 3, 1, 1)
    assert torch.allclose(pooled[..., 0, 0], views.maps.float().mean(dim=(3, 4)), atol=1e-3)


def test_views_are_kept_and_told_apart(pictures: Augmented, tmp_path: Path) -> None:
    first = CachedViews(pictures, frozen(), views=3, cache=tmp_path)
    kept = sorted(tmp_path.iterdir())
    assert len(kept) == 3 * 14
    for path in kept[::5]:  # an interrupted run goes on from what it left
        path.unlink()
    again = CachedViews(pictures, frozen(), views=3, cache=tmp_path)
    assert torch.allclose(first.maps, again.maps, atol=1e-3) and sorted(tmp_path.iterdir()) == kept
    CachedViews(pictures, nn.Sequential(nn.Conv2d(3, 4, 3)), views=3, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2 * 3 * 14


def test_features_of_half_precision_are_kept_apart(tmp_path: Path) -> None:
    images = [Image.new("RGB", (8, 8), (shade, 90, 30)) for shade in (10, 200)]
    cache = FeatureCache(frozen(), tmp_path)

    def made() -> torch.Tensor:
        return cache.run(images, lambda rows: torch.rand(len(rows), 3, 8, 8) + rows[:, None, None, None], 2, "whole")

    single = made()
    with torch.autocast(DEVICE.type, torch.bfloat16):
        half = made()
        assert not torch.equal(single, half) and torch.equal(half, made())
    assert torch.equal(single, made()) and len(list(tmp_path.iterdir())) == 4
    before = hashlib.sha256(cache._prefix + b"whole" + repr(images[0].size).encode() + images[0].tobytes())
    assert (tmp_path / f"{before.hexdigest()[:24]}.safetensors").exists(), "caches of single precision stay valid"


def test_mixing_keeps_the_labels_summing_to_one() -> None:
    torch.manual_seed(0)
    for shape in ((4, 3, 16, 16), (4, 20, 1, 1)):
        for _ in range(8):
            inputs, labels = mix(torch.rand(shape), torch.tensor([0, 1, 2, 3]), Augmentation(mix=1.0))
            assert inputs.shape == shape and torch.allclose(labels.sum(dim=1), torch.ones(4))


def test_figures_of_a_classifier() -> None:
    labels = np.array([0, 0, 1, 2])
    probabilities = np.full((4, 7), 0.02)
    for row, guess in enumerate([0, 1, 1, 2]):
        probabilities[row, guess] = 0.88
    metrics = classification_metrics(probabilities, labels, CLASSES)
    assert metrics["accuracy"] == 0.75 and metrics["confusion"][0][1] == 1
    assert metrics["per_class_recall"]["Baby Care"] == 0.5
    assert metrics["per_class_precision"]["Beauty and Personal Care"] == 0.5
    assert metrics["per_class_f1"]["Computers"] == 1
    assert metrics["ece"] == pytest.approx(0.88 - 0.75)


def test_interval_of_a_share() -> None:
    half, all_of_ten = wilson(50, 100), wilson(10, 10)
    assert (half.value, half.low, half.high) == pytest.approx((0.5, 0.4038, 0.5962), abs=1e-4)
    assert 0.7 < all_of_ten.low < 0.75 and all_of_ten.high == pytest.approx(1)
    with pytest.raises(ValueError, match="n must be an integer not less than 1"):
        wilson(0, 0)


def test_calibration_error_of_an_honest_model_is_small() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(20_000)
    assert calibration_error(confidence, rng.random(20_000) < confidence) < 0.02
    assert calibration_error(np.full(100, 0.95), np.zeros(100, bool)) == pytest.approx(0.95)


def test_reliability_counts_every_photo_in_its_tenth_of_the_confidence() -> None:
    confidence, right = np.array([0.45, 0.31, 0.4, 1.0, 0.95]), np.array([True, False, False, True, True])
    assert reliability(confidence, right) == [
        {"photos": 1, "confidence": pytest.approx(0.31), "accuracy": 0.0},
        {"photos": 2, "confidence": pytest.approx(0.425), "accuracy": 0.5},
        {"photos": 2, "confidence": pytest.approx(0.975), "accuracy": 1.0},
    ]


def test_temperature_undoes_overconfidence() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4000, 7, generator=generator)
    labels = torch.multinomial(torch.softmax(logits, dim=1), 1, generator=generator)[:, 0]
    assert fit_temperature(3 * logits, labels) == pytest.approx(3, rel=0.1)
    assert fit_temperature(logits / 4, labels) == pytest.approx(1 / 4, rel=0.1), "and too little confidence"


def test_the_rate_rises_and_falls_to_a_hundredth_of_its_peak() -> None:
    assert [_pace(step, 1000, 4) for step in range(5)] == [0.25, 0.5, 0.75, 1, 1]
    assert _pace(502, 1000, 4) == pytest.approx(0.505) and _pace(1000, 1000, 4) == pytest.approx(0.01)


def test_interval_of_a_mean_holds_it() -> None:
    figure = mean_with_interval([0.0, 1.0] * 50)
    assert figure.mean == 0.5 and figure.ci95[0] < 0.45 < 0.55 < figure.ci95[1]


def test_a_ratio_is_not_at_the_mercy_of_the_smallest_whole() -> None:
    figure = ratio_with_interval([1.0, 3.0, 0.5], [4.0, 4.0, 1e-9])
    assert figure.mean == pytest.approx(4.5 / 8) and 0.2 < figure.ci95[0] < figure.mean < figure.ci95[1]


def test_a_ratio_to_nothing_is_refused_and_samples_without_a_whole_are_left_out() -> None:
    for wholes in ([0.0, 0.0], [1.0, -1.0], [1.0, -2.0], [float("nan"), 1.0]):
        with pytest.raises(ValueError, match="more than 0"):
            ratio_with_interval([1.0, 1.0], wholes)
    assert ratio_with_interval([1.0, 0.0], [2.0, 0.0]).ci95 == (0.5, 0.5)


def test_likeness_of_maps() -> None:
    ramp = np.arange(16, dtype=np.float32).reshape(4, 4)
    assert rank_correlation(ramp, 2 * ramp + 1) == pytest.approx(1)
    assert rank_correlation(ramp, -ramp) == pytest.approx(-1)
    assert rank_correlation(ramp, np.zeros((4, 4), np.float32)) == 0


def test_a_balanced_choice(data: Path) -> None:
    photos = read_photos(data)["train"]
    assert [photo.label for photo in balanced(photos, 7)] == list(range(7))
    assert balanced(photos, None) == photos
