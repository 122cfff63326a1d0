"""How fast the image classifiers answer and explain: ``python -m benchmarks.vision``.

A made photo, decoded, goes to a finished overlay of its own size. Beside each time stand the plain
composition of ``pytorch_grad_cam`` for the same weights and method, run in turns with ours, and the time that
the arithmetic of the network would take at the speed of this machine's matrix multiplication.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytorch_grad_cam
import torch
from PIL import Image
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from models.vision import registry, weights
from models.vision.convnet import Convnet
from models.vision.overlay import overlay

CASES = (("vgg16", "grad-cam", pytorch_grad_cam.GradCAM), ("yolov8", "eigen-cam", pytorch_grad_cam.EigenCAM))
WIDTH, HEIGHT = 640, 480  # px of the photo
MATRIX = 1024  # side of the matrices that the machine's peak is measured with


def photo() -> Image.Image:
    """Coloured shapes on white."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.rectangle(pixels, (200, 120), (460, 400), (180, 60, 40), -1)
    cv2.circle(pixels, (330, 250), 90, (40, 90, 200), -1)
    return Image.fromarray(pixels)


def ours(model: Convnet, method: str, image: Image.Image) -> Image.Image:
    """Decoded photo to overlay, as the app does it."""
    return overlay(image, model.explain(image, method).saliency)


def plain(network: nn.Module, layer: nn.Module, cam_class: type, model: Convnet, image: Image.Image) -> np.ndarray:
    """The same from the library's parts, as its documentation puts them together: an answer, then a map of it."""
    inputs = model.preprocessing(image)
    with torch.no_grad():
        label = int(network(inputs).argmax())
    with cam_class(model=network, target_layers=[layer]) as cam:
        small = cam(input_tensor=inputs, targets=[ClassifierOutputTarget(label)])[0]
    large = cv2.resize(small, image.size)
    return show_cam_on_image(np.asarray(image, np.float32) / 255, large, use_rgb=True)


def plain_network(model: Convnet) -> tuple[nn.Module, nn.Module]:
    """The network as training left it, and the layer to explain."""
    config, state = weights.read(model.name)
    network = model.build(config)
    network.load_state_dict(state)
    network.eval()
    layer = network.get_submodule(model.layer)
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # the library's hooks cannot follow in-place changes
    return (Logits(network) if model.name == "yolov8" else network), layer


class Logits(nn.Module):
    """Ultralytics' classifier without the probabilities it returns beside the logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """(B, 3, S, S) -> (B, classes)."""
        return self.network(inputs)[1]


def timed(call: Callable[..., object], *arguments: object) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def peak() -> float:
    """Floating-point operations a second in the multiplication of two large fp32 matrices."""
    matrix = torch.rand(MATRIX, MATRIX)
    matrix @ matrix
    return 2 * MATRIX**3 / min(timed(torch.mm, matrix, matrix) for _ in range(10))


def operations(model: Convnet) -> float:
    """Floating-point operations of the convolutions in one pass."""
    total = 0.0

    def count(module: nn.Conv2d, _: object, output: torch.Tensor) -> None:
        nonlocal total
        total += 2.0 * module.weight.numel() * output.shape[-1] * output.shape[-2]

    handles = [
        module.register_forward_hook(count)
        for module in nn.Sequential(model.body, model.head).modules()
        if isinstance(module, nn.Conv2d)
    ]
    model.predict(photo())
    for handle in handles:
        handle.remove()
    return total


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time predictions and explanations.")
    parser.add_argument("--runs", type=int, default=30)
    runs = parser.parse_args().runs
    image, speed = photo(), peak()
    print(f"{torch.get_num_threads()} threads, matrix product {speed / 1e9:.0f} GFLOP/s, {runs} runs each")
    for name, method, cam_class in CASES:
        if name not in registry.available():
            print(f"{name}: no weights")
            continue
        model = registry.get(name)
        assert isinstance(model, Convnet)
        network, layer = plain_network(model)
        times: dict[str, list[float]] = {"predict": [], "explain": [], "library": []}
        for _ in range(runs + 2):  # in turns, so that a busy moment of the machine slows all alike
            times["predict"].append(timed(model.predict, image))
            times["explain"].append(timed(ours, model, method, image))
            times["library"].append(timed(plain, network, layer, cam_class, model, image))
        p50, p95 = ({key: np.percentile(row[2:], q) for key, row in times.items()} for q in (50, 95))
        print(f"{name}, {method}, {model.preprocessing.size} px")
        for key in times:
            print(f"  {key:8} p50 {p50[key] * 1e3:7.1f} ms, p95 {p95[key] * 1e3:7.1f} ms")
        print(f"  library / ours {p50['library'] / p50['explain']:.1f}")
        floor = operations(model) / speed
        print(f"  convolutions at the peak {floor * 1e3:.1f} ms; ours / peak {p50['explain'] / floor:.1f}")


if __name__ == "__main__":
    main()
