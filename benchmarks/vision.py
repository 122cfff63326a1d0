"""How fast the image classifiers answer and explain: ``python -m benchmarks.vision``.

Everything runs with the settings of the app. A made photo, decoded, goes to a finished overlay of its own size. Beside
each time stand the plain composition of ``pytorch_grad_cam`` for the same weights and method, run in turns with ours,
at our input and at 224 px, and the time that the arithmetic of the network would take at the speed of this machine's
matrix multiplication. ProtoViT stands beside its bare encoder; then one photo goes through all three models with their
overlays, 64 photos at once through all three, both written as what the machine could have multiplied in that time, a
figure that a slower or faster machine changes little; last, a photo of 12 megapixels becomes a map by RISE.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from models.runtime import memory, threads

threads.sleep_while_waiting()
memory.keep_heaps_small()

import cv2
import numpy as np
import psutil
import pytorch_grad_cam
import torch
from PIL import Image
from pytorch_grad_cam.utils.image import show_cam_on_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from models.vision import photo_batch, photos, registry, weights
from models.vision.classifier import ImageClassifier
from models.vision.convnet import Convnet
from models.vision.overlay import overlay
from models.vision.preprocessing import Preprocessing
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from training.vision.data import Photo, read_photos

CASES = (("vgg16", "grad-cam", pytorch_grad_cam.GradCAM), ("yolov8", "eigen-cam", pytorch_grad_cam.EigenCAM))
WIDTH, HEIGHT = 640, 480  # px of the photo
IMAGENET = 224  # px, the input that VGG16 and YOLOv8-cls were published for
MOST = 80.0  # GFLOP, for one photo through all models with their overlays
PHOTOS, BATCHES = 64, 3  # photos of a batch, and how often it is timed
LARGE, RISES = (4000, 3000), 3  # px of a phone's photo, and how often RISE explains it
MATRIX = 1024  # side of the matrices that the machine's peak is measured with


def photo() -> Image.Image:
    """Coloured shapes on white."""
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    cv2.rectangle(pixels, (200, 120), (460, 400), (180, 60, 40), -1)
    cv2.circle(pixels, (330, 250), 90, (40, 90, 200), -1)
    return Image.fromarray(pixels)


def ours(model: ImageClassifier, method: str, image: Image.Image) -> Image.Image:
    """Decoded photo to overlay, as the app does it."""
    return overlay(image, model.explain(image, method).saliency)


def plain(
    network: nn.Module, layer: nn.Module, cam_class: type, preprocessing: Preprocessing, image: Image.Image
) -> np.ndarray:
    """The same from the library's parts, as its documentation puts them together: an answer, then a map of it."""
    inputs = preprocessing(image)
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

    network = nn.Sequential(model.body, model.head)
    handles = [module.register_forward_hook(count) for module in network.modules() if isinstance(module, nn.Conv2d)]
    with torch.no_grad():
        network(model.preprocessing(photo()))
    for handle in handles:
        handle.remove()
    return total


def interleaved(runs: int, calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Medians in seconds, the calls made in turns so that a busy moment of the machine slows all alike; printed."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(runs + 2):
        for name, call in calls.items():
            times[name].append(timed(call))
    for name, row in times.items():
        p50, p95 = np.percentile(row[2:], [50, 95])
        print(f"  {name:12} p50 {p50 * 1e3:7.1f} ms, p95 {p95 * 1e3:7.1f} ms")
    return {name: float(np.median(row[2:])) for name, row in times.items()}


def convnet(model: Convnet, method: str, cam_class: type, image: Image.Image, runs: int, speed: float) -> None:
    """Times one convolutional network beside the library's composition."""
    network, layer = plain_network(model)
    print(f"{model.name}, {method}, {model.preprocessing.size} px")
    usual = replace(model.preprocessing, size=IMAGENET)
    p50 = interleaved(
        runs,
        {
            "predict": lambda: model.predict(image),
            "explain": lambda: ours(model, method, image),
            "library": lambda: plain(network, layer, cam_class, model.preprocessing, image),
            f"at {IMAGENET} px": lambda: plain(network, layer, cam_class, usual, image),
        },
    )
    print(f"  library / ours {p50['library'] / p50['explain']:.1f}", end="")
    print(f"; at the {IMAGENET} px that the network was published for {p50[f'at {IMAGENET} px'] / p50['explain']:.1f}")
    floor = operations(model) / speed
    print(f"  convolutions at the peak {floor * 1e3:.1f} ms; ours / peak {p50['explain'] / floor:.1f}")


def protovit(model: ProtoVit, image: Image.Image, runs: int) -> None:
    """Times ProtoViT beside its encoder alone, as timm runs it."""
    encoder = model.network.encoder.timm_model

    @torch.inference_mode()
    def bare() -> torch.Tensor:
        return encoder.forward_features(model.preprocessing(image))

    print(f"protovit, {model.preprocessing.size} px")
    p50 = interleaved(runs, {"bare encoder": bare, "reasoning": lambda: model.reason(image)})
    print(f"  reasoning / bare encoder {p50['reasoning'] / p50['bare encoder']:.2f}")


def batch(models: Sequence[ImageClassifier], image: Image.Image) -> None:
    """Times many photos at once by all models, from files to rows, and in operations."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.jpg" for number in range(PHOTOS)]
        for path in paths:
            image.save(path)
        names = [model.name for model in models]
        speeds, times = [], []
        for _ in range(BATCHES):
            speeds.append(peak())
            times.append(timed(lambda: list(photo_batch.classify_steps(paths, names))))
        speeds.append(peak())
    cost = float(np.median(times)) / PHOTOS
    print(f"{PHOTOS} photos at once by {', '.join(names)}: {cost * 1e3:.0f} ms a photo,")
    print(f"  {cost * float(np.median(speeds)) / 1e9:.0f} GFLOP a photo at the speed of the matrix product")


def rise(image: Image.Image) -> None:
    """Times RISE on YOLOv8n for a large photo, from the file to the file that a program receives, and its memory."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.jpg"
        image.resize(LARGE, Image.Resampling.BICUBIC).save(path)
        photos.explain_photo(path, "yolov8").overlay.save(Path(folder) / "first.png", compress_level=1)

        def explain() -> None:
            photos.explain_photo(path, "yolov8", "rise").overlay.save(Path(folder) / "map.png", compress_level=1)

        idle, most = held(), 0.0
        done = threading.Event()

        def watch() -> None:
            nonlocal most
            while not done.wait(0.02):
                most = max(most, held())

        watching = threading.Thread(target=watch)
        watching.start()
        times = [timed(explain) for _ in range(RISES)]
        done.set()
        watching.join()
    print(f"RISE on yolov8, {LARGE[0] * LARGE[1] / 1e6:.0f} megapixels: p50 {np.median(times):.1f} s,", end=" ")
    print(f"{most - idle:.0f} MB above idle")


def held() -> float:
    """Megabytes that the process holds."""
    return psutil.Process().memory_info().rss / 1e6


def labels_moved(model: Convnet, labelled: Sequence[Photo]) -> None:
    """Counts the photos that get another label from the app than from the same weights in float32."""
    network, _ = plain_network(model)
    moved = 0
    for photo in labelled:
        image = read_upload(photo.path).image
        with torch.no_grad():
            label = model.classes[int(network(model.preprocessing(image)).argmax())]
        moved += model.predict(image).label != label
    print(f"  labels that differ from those in float32: {moved} of {len(labelled)}")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Time predictions and explanations.")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--data", type=Path, help="folder with labels.csv and images/: compare the labels too")
    args = parser.parse_args()
    runs = args.runs
    labelled = read_photos(args.data)["test"] if args.data else []
    image, speed = photo(), peak()
    print(f"{torch.get_num_threads()} threads, matrix product {speed / 1e9:.0f} GFLOP/s, {runs} runs each")
    for name, method, cam_class in CASES:
        if name not in registry.available():
            print(f"{name}: no weights")
            continue
        model = registry.get(name)
        assert isinstance(model, Convnet)
        convnet(model, method, cam_class, image, runs, speed)
        if labelled:
            labels_moved(model, labelled)
    if "protovit" in registry.available():
        model = registry.get("protovit")
        assert isinstance(model, ProtoVit)
        protovit(model, image, runs)
    everyone = [registry.get(name) for name in registry.available()]
    print(f"one photo through {', '.join(model.name for model in everyone)}, each with its overlay")
    p50 = interleaved(runs, {"all": lambda: [ours(model, model.default_method, image) for model in everyone]})["all"]
    print(f"  p50 x matrix product {p50 * speed / 1e9:.0f} GFLOP (at most {MOST:.0f} is the goal)")
    batch(everyone, image)
    rise(image)


if __name__ == "__main__":
    main()
