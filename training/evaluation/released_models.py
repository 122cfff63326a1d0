"""The shipped models on the test photos and on the rendered pictures: figures, pairs, and where they fail."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from models.vision import weights
from models.vision.classifier import ImageClassifier
from models.vision.predictions import CLASSES
from models.vision.uploads import read_upload
from training.evaluation.statistics import Answers, compare, draws, figures
from training.vision.artifacts import SAME_RUN, TRAINING, read_validation, training_figures
from training.vision.data import Photo
from training.vision.metrics import classification_metrics, reliability

# what only the training knows; the rest of metrics.json is measured anew
FROM_TRAINING = ("val_accuracy", "val_log_loss", "backbone", "train_seconds", "epochs", "machine")
RESOURCE_USAGE = ("latency_ms_p50", "latency_ms_p95", "peak_memory_mb", "latency_machine")


@dataclass(frozen=True)
class ScoredPhotos:
    """What one model answered.

    Attributes:
        model: name in the registry.
        probabilities: (N, 7), rows sum to 1, columns in the order of ``CLASSES``.
        labels: (N,) indices of the true classes.
    """

    model: str
    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def answers(self) -> Answers:
        """The most probable class of each photo."""
        return Answers(self.model, self.probabilities.argmax(axis=1), self.labels)


def ask(model: ImageClassifier, photos: Sequence[Photo]) -> ScoredPhotos:
    """A model's answers to photos, read as an upload is."""
    asked = tqdm(photos, desc=model.name, leave=False)
    answers = [model.predict(read_upload(photo.path).image).probabilities for photo in asked]
    rows = np.array([[answer[name] for name in CLASSES] for answer in answers])
    return ScoredPhotos(model.name, rows, np.array([photo.label for photo in photos]))


def metrics(scored: ScoredPhotos, groups: np.ndarray, folder: Path) -> dict[str, Any]:
    """What ``metrics.json`` holds: measured anew, but for what the training wrote and the footprint.

    Args:
        scored: the model's answers to the test photos.
        groups: (N,) group of copies of each test photo, redrawn as a whole.
        folder: the model's own.
    """
    before, config = read(folder / "metrics.json"), read(folder / weights.CONFIG)
    measured = classification_metrics(scored.probabilities, scored.labels, CLASSES)
    measured |= figures(scored.answers, len(CLASSES), draws(groups)).to_json()
    measured["reliability"] = reliability(scored.probabilities.max(axis=1), scored.answers.right)
    known = before | config | of_training(folder, config)  # metrics.json may be that of a training before this one
    measured |= {name: known.get(name) for name in FROM_TRAINING}
    measured["parameters"] = config["parameters"]
    measured["weights_bytes"] = (folder / weights.WEIGHTS).stat().st_size
    return measured | {name: before.get(name) for name in RESOURCE_USAGE}


def of_training(folder: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a training left beside its weights, as ``metrics.json`` names it; empty where it left no learning curves.

    Args:
        folder: the model's own.
        config: of its weights.
    """
    training, validation = read(folder / TRAINING), read_validation(folder)
    if "curves" not in training:
        return {}
    found = training_figures(training)
    if validation and validation[2] == SAME_RUN:
        logits, labels, _ = validation
        probabilities = torch.softmax(logits / config["temperature"], dim=1).numpy()
        measured = classification_metrics(probabilities, labels.numpy(), CLASSES)
        found |= {f"val_{name}": measured[name] for name in ("accuracy", "log_loss")}
    return found


def learnt_from_rendered(folder: Path) -> bool:
    """Whether a model learnt from the rendered pictures, as its training says; where it left no record, as its
    ``metrics.json`` does.
    """
    asked = read(folder / TRAINING).get("arguments")
    if asked is None:
        return bool((read(folder / "metrics.json").get("catalogue") or {}).get("learnt_from"))
    return bool(asked.get("catalogue"))


def read(path: Path) -> dict[str, Any]:
    """A JSON file; empty where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def pairs(scored: Sequence[Answers], groups: np.ndarray) -> list[dict[str, Any]]:
    """McNemar's test between each two models."""
    weights_ = draws(groups)
    return [compare(first, second, weights_).to_json() for first, second in combinations(scored, 2)]


def failures(scored: Sequence[ScoredPhotos], photos: Sequence[Photo], all_fail: bool) -> list[dict[str, Any]]:
    """The pictures that are missed, with what each model took them for.

    Args:
        scored: of each model, on the same pictures.
        photos: those pictures.
        all_fail: only those that every model misses; else those that any does.
    """
    wrong = np.array([~one.answers.right for one in scored])
    missed = wrong.all(axis=0) if all_fail else wrong.any(axis=0)
    return [
        {
            "image": photos[place].path.name,
            "category": CLASSES[photos[place].label],
            "answers": {one.model: CLASSES[one.answers.predicted[place]] for one in scored},
        }
        for place in map(int, np.flatnonzero(missed))
    ]


def on_catalogue(scored: ScoredPhotos, learnt_from: bool) -> dict[str, Any]:
    """The figure of the rendered pictures, and whether the model learnt from them."""
    return {
        "images": len(scored.labels),
        "accuracy": float(scored.answers.right.mean()) if len(scored.labels) else None,
        "learnt_from": learnt_from,
    }


def without(scored: ScoredPhotos, left_out: np.ndarray) -> dict[str, Any]:
    """Accuracy on the photos that are not left out; ``left_out`` is (N,) bool."""
    right = scored.answers.right[~left_out]
    return {"photos": len(right), "accuracy": float(right.mean()) if len(right) else None}
