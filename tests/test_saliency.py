"""Saliency methods against the library and against what is known about made networks; how they are measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from models.vision.convnet import Convnet
from models.vision.faithfulness import Curve, assess, blend_in, order
from models.vision.predictions import CLASSES
from models.vision.rise import random_masks, rise
from models.vision.saliency import METHODS, Pass, normalise

SIZE = 48


class Small(Convnet):
    """Three convolutions in the place of VGG16."""

    name = "small"
    layer = "3"
    published_method = "grad-cam"

    @staticmethod
    def build(config: Mapping[str, Any]) -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(12, 16, 3, stride=4, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, 24),
            nn.ReLU(),
            nn.Linear(24, len(CLASSES)),
        )

    @staticmethod
    def split(network: Any) -> tuple[nn.Module, nn.Module]:
        return network[:4], network[4:]


@pytest.fixture(scope="module")
def model() -> Small:
    config = {
        "classes": CLASSES,
        "preprocessing": {"size": SIZE, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
    }
    return Small(config, Small.build(config))


@pytest.fixture(scope="module")
def image() -> Image.Image:
    pixels = np.full((60, 80, 3), 255, np.uint8)
    pixels[10:40, 30:70] = np.random.default_rng(1).integers(0, 255, (30, 40, 3))
    return Image.fromarray(pixels)


def one_pass(model: Small, image: Image.Image) -> Pass:
    inputs = model._input(image)
    with torch.no_grad():
        maps = model.body(inputs)
    grey = model.preprocessing.normalise(torch.full((1, 3, 1, 1), 0.5))
    return Pass(inputs, grey, maps, model.head, lambda batch: model._pass(batch)[1])


@pytest.mark.parametrize("method", ["grad-cam", "grad-cam++", "layer-cam", "eigen-cam", "eigen-grad-cam", "score-cam"])
@pytest.mark.parametrize("target", [0, 5])
def test_agrees_with_the_library(model: Small, image: Image.Image, method: str, target: int) -> None:
    """Where a principal direction decides, up to its sign, which the library leaves to chance."""
    import pytorch_grad_cam as library
    from pytorch_grad_cam.utils.image import scale_cam_image
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    theirs_class = {
        "grad-cam": library.GradCAM,
        "grad-cam++": library.GradCAMPlusPlus,
        "layer-cam": library.LayerCAM,
        "eigen-cam": library.EigenCAM,
        "eigen-grad-cam": library.EigenGradCAM,
        "score-cam": library.ScoreCAM,
    }[method]
    network = nn.Sequential(*model.body, *model.head)
    with theirs_class(network, [network[3]]) as cam:
        theirs = cam(model._input(image).requires_grad_(), [ClassifierOutputTarget(target)])[0]
    contrast = torch.eye(len(CLASSES))[target]
    *_, (_, drawn) = METHODS[method].draw(one_pass(model, image), contrast)
    signs = (1, -1) if method.startswith("eigen") else (1,)
    enlarged = [scale_cam_image(normalise(sign * drawn)[None], (SIZE, SIZE)) for sign in signs]
    ours = [scale_cam_image(map_)[0] for map_ in enlarged]  # the library stretches to 0..1 twice
    assert min(np.abs(map_ - theirs).max() for map_ in ours) < 1e-3


@pytest.mark.parametrize("method", METHODS)
def test_every_method_through_the_model(model: Small, image: Image.Image, method: str) -> None:
    before = {name: tensor.clone() for name, tensor in model.body.state_dict().items()}
    steps = list(model.explain_steps(image, method, target="Watches"))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares) and shares[-1] == 1
    explanation = steps[-1][1]
    assert explanation.target == "Watches" and explanation.method == method
    assert explanation.saliency.dtype == np.float32
    assert explanation.saliency.min() >= 0 and explanation.saliency.max() <= 1 + 1e-6
    assert explanation.prediction.probabilities == model.predict(image).probabilities
    assert all(torch.equal(before[name], tensor) for name, tensor in model.body.state_dict().items())
    modules = [*model.body.modules(), *model.head.modules()]
    assert not any(module._forward_hooks or module._backward_hooks for module in modules)
    assert all(parameter.grad is None for module in modules for parameter in module.parameters())


@pytest.mark.parametrize("method", [name for name, method in METHODS.items() if method.class_discriminative])
def test_another_class_gives_another_map(model: Small, image: Image.Image, method: str) -> None:
    maps = [model.explain(image, method, target=name).saliency for name in CLASSES[:4]]
    assert any(np.abs(maps[0] - other).max() > 1e-3 for other in maps[1:])


def test_a_difference_of_two_classes(model: Small, image: Image.Image) -> None:
    """Gradients are linear: before what speaks against is cut off, the map of a difference is the difference."""
    one, eye = one_pass(model, image), torch.eye(len(CLASSES))
    difference = one.gradients(eye[2] - eye[4])
    assert torch.allclose(difference, one.gradients(eye[2]) - one.gradients(eye[4]), atol=1e-6)
    assert model.explain(image, target=CLASSES[2], against=CLASSES[4]).against == CLASSES[4]


def test_rise_finds_what_a_model_looks_at() -> None:
    inputs = torch.zeros(1, 3, 56, 56)
    inputs[..., 8:24, 32:48] = 1

    def score(pictures: torch.Tensor) -> torch.Tensor:
        return pictures[:, 0, 8:24, 32:48].mean(dim=(1, 2))

    *_, (share, found) = rise(score, inputs, torch.zeros(1, 3, 1, 1), masks=200)
    assert share == 1
    assert found[8:24, 32:48].mean() > 4 * found.abs().mean()
    *_, (_, again) = rise(score, inputs, torch.zeros(1, 3, 1, 1), masks=200)
    assert torch.equal(found, again)


def test_rise_stops_when_it_is_closed() -> None:
    asked = []

    def score(pictures: torch.Tensor) -> torch.Tensor:
        asked.append(len(pictures))
        return pictures.mean(dim=(1, 2, 3))

    steps = rise(score, torch.rand(1, 3, 32, 32), torch.zeros(1, 3, 1, 1), masks=80, batch=8)
    assert next(steps)[0] == pytest.approx(0.1)
    steps.close()
    assert sum(asked) == 8


def test_masks_hide_about_half() -> None:
    masks = random_masks(64, 50, torch.Generator().manual_seed(0))
    assert masks.shape == (64, 1, 50, 50)
    assert masks.min() >= 0 and masks.max() <= 1
    assert masks.mean().item() == pytest.approx(0.5, abs=0.05)


def test_nothing_in_favour_gives_an_empty_map() -> None:
    assert not normalise(-torch.rand(3, 3)).any()


@pytest.fixture
def spotlight() -> Iterator[tuple[Any, torch.Tensor]]:
    """A model that sees how textured the upper left quarter is, and a textured picture."""
    generator = torch.Generator().manual_seed(0)

    def score(pictures: torch.Tensor) -> torch.Tensor:
        return (pictures[:, :, :32, :32].std(dim=(2, 3)).mean(dim=1) * 3).clamp(max=1)

    yield score, torch.rand(3, 64, 64, generator=generator)


def test_a_faithful_map_beats_its_opposite(spotlight: tuple[Any, torch.Tensor]) -> None:
    score, pixels = spotlight
    faithful = np.zeros((8, 8), np.float32)
    faithful[:4, :4] = 1
    good, bad = assess(score, pixels, faithful), assess(score, pixels, 1 - faithful)
    assert good.deletion.area < 0.4 < bad.deletion.area
    assert good.insertion.area > bad.insertion.area + 0.2
    assert good.road > 0.2 > -0.2 > bad.road
    assert good.deletion.probabilities[0] == pytest.approx(float(score(pixels[None])[0]))
    assert good.insertion.probabilities[-1] == pytest.approx(good.deletion.probabilities[0])


def test_area_of_a_curve() -> None:
    assert Curve((0.0, 0.5, 1.0), (1.0, 0.5, 0.0)).area == pytest.approx(0.5)


def test_ranks_are_shares(spotlight: tuple[Any, torch.Tensor]) -> None:
    ranks = order(np.random.default_rng(0).random((5, 5), np.float32), 20)
    assert sorted(ranks.flatten().tolist()) == pytest.approx([i / 400 for i in range(400)])


def test_missing_pixels_blend_in() -> None:
    ramp = torch.linspace(0, 1, 40).expand(3, 40, 40).clone()
    missing = torch.zeros(40, 40, dtype=torch.bool)
    missing[10:30, 10:30] = True
    filled = blend_in(ramp, missing, noise=0)
    assert torch.equal(filled[:, ~missing], ramp[:, ~missing])
    assert (filled - ramp).abs().max() < 0.1
    assert torch.isfinite(blend_in(ramp, torch.ones_like(missing))).all()


def test_blending_agrees_with_the_library() -> None:
    from pytorch_grad_cam.metrics.road import NoisyLinearImputer

    torch.manual_seed(0)
    pixels = torch.nn.functional.interpolate(torch.rand(1, 3, 6, 6), 36, mode="bicubic").clamp(0, 1)[0]
    missing = order(np.random.default_rng(0).random((6, 6), np.float32), 36) < 0.4
    theirs = NoisyLinearImputer(noise=0)(pixels, (~missing).float())
    assert (blend_in(pixels, missing, noise=0) - theirs).abs().mean() < 0.02
