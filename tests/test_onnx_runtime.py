"""A network computed by ONNX Runtime answers as PyTorch does, for any number of pictures, and takes its place."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from torch import nn

from models.vision import onnx_runtime, registry
from models.vision.inference_executor import run_inference
from models.vision.onnx_runtime import OnnxRuntime
from models.vision.predictions import CLASSES
from models.vision.yolov8 import YoloV8
from tests.pictures import picture

SIZE = 64


class TwoAnswers(nn.Module):
    """Feature maps, and their means."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 5, 3, stride=2)

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = nn.functional.silu(self.convolution(inputs))
        return maps, maps.mean((2, 3))


@pytest.mark.parametrize("pictures", [1, 2, 9])
def test_any_number_of_pictures(pictures: int) -> None:
    torch.manual_seed(0)
    network = TwoAnswers().eval().requires_grad_(False)
    inputs = torch.randn(pictures, 3, SIZE, SIZE).to(memory_format=torch.channels_last)
    found = OnnxRuntime(network, SIZE, ["maps", "means"])(inputs)
    for ours, theirs in zip(found, network(inputs), strict=True):
        assert ours.shape == theirs.shape and torch.allclose(ours, theirs, atol=1e-6)


def test_answers_stay_what_they_were_when_others_follow() -> None:
    run = OnnxRuntime(TwoAnswers().requires_grad_(False), SIZE, ["maps", "means"])
    first = run(torch.zeros(1, 3, SIZE, SIZE))
    before = [part.clone() for part in first]
    run(torch.ones(1, 3, SIZE, SIZE))
    assert all(torch.equal(ours, then) for ours, then in zip(first, before, strict=True))


@pytest.mark.parametrize("size", ["n", "s"])
def test_yolov8_answers_as_its_own_layers_do(size: str) -> None:
    torch.manual_seed(0)
    config = {"size": size, "classes": CLASSES, "preprocessing": {"size": SIZE, "mean": [0] * 3, "std": [1] * 3}}
    model = YoloV8(config, YoloV8.build(config))
    inputs = torch.rand(3, 3, SIZE, SIZE)
    found = model.forward(inputs)
    with torch.no_grad():
        maps = model.body(inputs)
        logits = model.head(maps)
    assert torch.allclose(found.maps, maps, atol=1e-4) and torch.allclose(found.logits, logits, atol=1e-4)


def test_yolov8_s_answers_come_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model = registry.get("yolov8")
    monkeypatch.setattr(model.body, "forward", None)
    assert model.predict(picture(1)).model == "yolov8"


def test_its_threads_belong_to_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those start with the session, and keep the priority of the thread that they start from."""
    started = []

    def session(*arguments: Any) -> None:
        started.append(threading.get_ident())

    monkeypatch.setattr(onnx_runtime, "_session", session)
    OnnxRuntime(TwoAnswers(), SIZE, ["maps", "means"])
    assert started == [run_inference(threading.get_ident)]
