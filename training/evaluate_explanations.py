"""Measures how far the saliency maps can be trusted, for each model and method.

    python -m training.evaluate_explanations --data FOLDER
    python -m training.evaluate_explanations --data FOLDER --models yolov8 --methods rise --slow-photos 147

Each test photo's map is judged by deletion, insertion and ROAD (:mod:`models.vision.faithfulness`) beside a
random map, and by whether it changes when the weights of the network are shuffled (Adebayo 2018,
arXiv:1810.03292): a map that does not, shows the photo rather than what the network learnt. Written to
``weights/<model>/explanations.json`` after each method; what was measured is kept, so a run that is stopped goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from tqdm import tqdm

from models.vision import registry, weights
from models.vision.convnet import Convnet
from models.vision.faithfulness import STEPS, Faithfulness, judge
from models.vision.inference_executor import run_inference
from models.vision.protovit import ProtoVit
from models.vision.rise import random_masks
from models.vision.uploads import read_upload
from training.evaluation.bootstrap import mean_with_interval
from training.evaluation.measurements import MeasurementCache
from training.vision.artifacts import write_json
from training.vision.data import Photo, read_photos
from training.vision.metrics import machine

SEED = 0
RANDOM = "random"  # the map that knows nothing
SLOW = ("score-cam", "rise")  # hundreds of passes a photo


def shuffled(model: Convnet | ProtoVit) -> Convnet | ProtoVit:
    """The same network, the values of each of its tensors in random order: it has learnt nothing."""
    _, state = weights.read(model.name)
    generator = torch.Generator().manual_seed(SEED)
    for name, tensor in state.items():
        order = torch.randperm(tensor.numel(), generator=generator)
        state[name] = tensor.flatten()[order].view_as(tensor)
    return model.with_weights(state)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Rank correlation of two maps: 1 for the same order of places, 0 for none in common."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(spearmanr(first, second, axis=None).statistic)


@dataclass(frozen=True)
class MapFigures:
    """The figures of the map of one photo.

    Args:
        deletion, insertion: areas under the curves.
        road: see :class:`models.vision.faithfulness.Faithfulness`.
        likeness: to the map of the shuffled network; None for the random map.
    """

    deletion: float
    insertion: float
    road: float
    likeness: float | None = None


@contextmanager
def half_precision(is_on: bool) -> Iterator[None]:
    """While it is open, networks compute in bf16, if ``is_on``; those of ONNX Runtime stay in single precision."""
    run_inference(lambda: torch.set_autocast_enabled("cpu", is_on))
    try:
        yield
    finally:
        run_inference(lambda: torch.set_autocast_enabled("cpu", False))


class MapEvaluator:
    """Measures the saliency maps of one model, photo by photo.

    Args:
        model: the shipped one.
        bf16: whether the dozens of answers to each photo changed are computed in half precision; the map itself is
            always drawn as the app draws it.
    """

    def __init__(self, model: Convnet | ProtoVit, bf16: bool = False) -> None:
        self.model = model
        self.bf16 = bf16
        self.unlearnt = shuffled(model)

    def __call__(self, photo: Photo, method: str) -> MapFigures:
        """Draws the map of a photo for the class that the model predicts, and measures it."""
        model, image = self.model, read_upload(photo.path).image
        if method == RANDOM:
            target = model.predict(image).label
            digest = hashlib.sha256(photo.path.name.encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:4], "big"))
            saliency = random_masks(1, model.preprocessing.size, generator)[0, 0].numpy()
            with half_precision(self.bf16):
                return _figures(judge(model, image, target, saliency))
        explanation = model.explain(image, method)
        other = self.unlearnt.explain(image, method, explanation.target)
        alike = rank_correlation(explanation.saliency, other.saliency)
        with half_precision(self.bf16):
            return _figures(judge(model, image, explanation.target, explanation.saliency), alike)


def _figures(found: Faithfulness, alike: float | None = None) -> MapFigures:
    return MapFigures(found.deletion.area, found.insertion.area, found.road, alike)


def evaluate(
    evaluator: MapEvaluator, photos: Sequence[Photo], method: str, cache: MeasurementCache
) -> dict[str, object]:
    """The figures of one model and method, ready for JSON."""
    found = [
        MapFigures(**cache.get(photo, lambda photo=photo: asdict(evaluator(photo, method))))  # type: ignore[misc]
        for photo in tqdm(photos, desc=f"{evaluator.model.name}, {method}")
    ]
    alike = [one.likeness for one in found if one.likeness is not None]
    return {
        "photos": len(found),
        "deletion": asdict(mean_with_interval([one.deletion for one in found])),
        "insertion": asdict(mean_with_interval([one.insertion for one in found])),
        "road": asdict(mean_with_interval([one.road for one in found])),
        "likeness_to_shuffled_weights": asdict(mean_with_interval(alike)) if alike else None,
    }


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
    parser.add_argument("--methods", nargs="+", help="default: all that the model has")
    parser.add_argument("--photos", type=int, help="how many test photos, the same number of each class")
    parser.add_argument("--slow-photos", type=int, default=14, help=f"the same for {', '.join(SLOW)} (default 14)")
    parser.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    parser.add_argument("--cache", type=Path, default=Path("runs/explanations"), help="keeps what was measured so far")
    args = parser.parse_args()
    photos = read_photos(args.data)["test"]
    for name in args.models:
        model = registry.get(name)
        assert isinstance(model, Convnet | ProtoVit)
        path = weights.FOLDER / name / "explanations.json"
        sha256 = model.config["weights_sha256"]
        written = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        methods = dict(written["methods"]) if written.get("weights_sha256") == sha256 else {}
        evaluator = MapEvaluator(model, args.bf16)
        for method in args.methods or [*model.methods, RANDOM]:
            count = args.slow_photos if method in SLOW else args.photos
            half = "-bf16" * args.bf16
            cache = MeasurementCache(args.cache / f"{name}-{sha256[:12]}-{method}{half}.jsonl")
            how = {"bf16": args.bf16 and not getattr(model, "onnx", False), "machine": machine()}
            methods[method] = evaluate(evaluator, balanced(photos, count), method, cache) | how
            order = [known for known in (*model.methods, RANDOM) if known in methods]
            measured = {known: methods[known] for known in order}
            write_json(path, {"weights_sha256": sha256, "steps": STEPS, "methods": measured})


if __name__ == "__main__":
    main()
