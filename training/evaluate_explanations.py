"""Measures how far the saliency maps can be trusted, for each model and method.

    python -m training.evaluate_explanations --data FOLDER
    python -m training.evaluate_explanations --data FOLDER --models yolov8 --photos 21

Each test photo's map is judged by deletion, insertion and ROAD (:mod:`models.vision.faithfulness`) beside a
random map, and by whether it changes when the weights of the network are shuffled (Adebayo 2018,
arXiv:1810.03292): a map that does not, shows the photo rather than what the network learnt. Written to
``weights/<model>/explanations.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from tqdm import tqdm

from models.vision import registry, weights
from models.vision.convnet import Convnet
from models.vision.faithfulness import STEPS, Faithfulness, judge
from models.vision.protovit import ProtoVit
from models.vision.rise import random_masks
from models.vision.uploads import read_upload
from training.artefacts import write_json
from training.vision_data import Photo, read_photos
from training.vision_metrics import machine

RESAMPLES = 2000  # of the bootstrap
SEED = 0
RANDOM = "random"  # the map that knows nothing
SLOW = ("score-cam", "rise")  # hundreds of passes a photo


@dataclass(frozen=True)
class Figure:
    """A mean over photos with its 95 % bootstrap interval."""

    mean: float
    ci95: tuple[float, float]


def bootstrap(values: Sequence[float]) -> Figure:
    """The mean, and where it would lie had other photos been drawn."""
    sample = np.asarray(values)
    draws = np.random.default_rng(SEED).choice(sample, (RESAMPLES, len(sample))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return Figure(float(sample.mean()), (float(low), float(high)))


def shuffled(model: Convnet | ProtoVit) -> Convnet | ProtoVit:
    """The same network, the values of each of its tensors in random order: it has learnt nothing."""
    _, state = weights.read(model.name)
    generator = torch.Generator().manual_seed(SEED)
    for name, tensor in state.items():
        order = torch.randperm(tensor.numel(), generator=generator)
        state[name] = tensor.flatten()[order].view_as(tensor)
    return model.with_weights(state)


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two maps: 1 for the same order of places, 0 for none in common."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second, axis=None).statistic)


def evaluate(model: Convnet | ProtoVit, photos: Sequence[Photo], methods: Sequence[str]) -> dict[str, object]:
    """The figures of one model, ready for JSON."""
    images = [read_upload(photo.path).image for photo in photos]
    unlearnt = shuffled(model)
    generator = torch.Generator().manual_seed(SEED)
    results: dict[str, object] = {}
    for method in (*methods, RANDOM):
        found: list[Faithfulness] = []
        alike: list[float] = []
        seconds: list[float] = []
        for image in tqdm(images, desc=f"{model.name}, {method}"):
            if method == RANDOM:
                target = model.predict(image).label
                saliency = random_masks(1, model.preprocessing.size, generator)[0, 0].numpy()
            else:
                explanation = model.explain(image, method)
                target, saliency = explanation.target, explanation.saliency
                seconds.append(explanation.seconds)
                alike.append(likeness(saliency, unlearnt.explain(image, method, target).saliency))
            found.append(judge(model, image, target, saliency))
        results[method] = {
            "deletion": asdict(bootstrap([one.deletion.area for one in found])),
            "insertion": asdict(bootstrap([one.insertion.area for one in found])),
            "road": asdict(bootstrap([one.road for one in found])),
            "likeness_to_shuffled_weights": asdict(bootstrap(alike)) if alike else None,
            "seconds_p50": float(np.median(seconds)) if seconds else None,
        }
    return {"photos": len(photos), "steps": STEPS, "machine": machine(), "methods": results}


def balanced(photos: Sequence[Photo], count: int | None) -> list[Photo]:
    """The first photos of each class in turn, until there are enough; None for all."""
    if count is None:
        return list(photos)
    seen: dict[int, int] = {}
    ranked = []
    for photo in photos:
        seen[photo.label] = seen.get(photo.label, 0) + 1
        ranked.append((seen[photo.label], photo.label, photo))
    return [photo for _, _, photo in sorted(ranked, key=lambda row: row[:2])[:count]]


def main() -> None:
    """Reads the command line, measures, writes."""
    parser = argparse.ArgumentParser(description="Measure how far the saliency maps can be trusted.")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--models", nargs="+", default=list(registry.available()), choices=registry.available())
    parser.add_argument("--methods", nargs="+", help=f"default: all but {', '.join(SLOW)}")
    parser.add_argument("--photos", type=int, help="how many test photos, the same number of each class")
    args = parser.parse_args()
    photos = balanced(read_photos(args.data)["test"], args.photos)
    for name in args.models:
        model = registry.get(name)
        assert isinstance(model, Convnet | ProtoVit)
        methods = args.methods or [method for method in model.methods if method not in SLOW]
        figures = evaluate(model, photos, methods)
        write_json(weights.FOLDER / name / "explanations.json", figures)


if __name__ == "__main__":
    main()
