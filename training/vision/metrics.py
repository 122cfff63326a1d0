"""How good an image classifier is: figures measured on photos it has not learnt from."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.metrics import confusion_matrix, log_loss, precision_recall_fscore_support

from models.statistics import wilson
from models.vision import bfloat16

CALIBRATION_BINS = 10  # of equal width over 0..1


def classification_metrics(probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> dict[str, Any]:
    """Accuracy and what stands behind it.

    Args:
        probabilities: (N, K), rows sum to 1.
        labels: (N,) indices of the true classes.
        classes: the K names.

    Returns:
        Plain numbers, ready for JSON. ``confusion[i][j]`` counts photos of class i that were taken for class
        j.
    """
    predicted = probabilities.argmax(axis=1)
    each = range(len(classes))
    confusion = confusion_matrix(labels, predicted, labels=each)
    precision, recall, f1, _ = precision_recall_fscore_support(labels, predicted, labels=each, zero_division=0)
    right = predicted == labels
    top2 = (np.argsort(-probabilities, axis=1)[:, :2] == labels[:, None]).any(axis=1)
    return {
        "test_images": len(labels),
        "accuracy": float(right.mean()),
        "accuracy_ci95": _interval(int(right.sum()), len(labels)),
        "top2_accuracy": float(top2.mean()),
        "macro_f1": float(f1.mean()),
        "log_loss": float(log_loss(labels, probabilities, labels=each)),
        "ece": calibration_error(probabilities.max(axis=1), right),
        "per_class_precision": dict(zip(classes, precision.tolist(), strict=True)),
        "per_class_recall": dict(zip(classes, recall.tolist(), strict=True)),
        "per_class_f1": dict(zip(classes, f1.tolist(), strict=True)),
        "confusion": confusion.tolist(),
    }


def reliability(confidence: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """How often a model is right where it is so sure: a row a tenth of the confidence that holds photos.

    Args:
        confidence: (N,) probability of each answer, 0..1.
        right: (N,) bool.
    """
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    return [
        {
            "photos": int((bins == number).sum()),
            "confidence": float(confidence[bins == number].mean()),
            "accuracy": float(right[bins == number].mean()),
        }
        for number in np.unique(bins)
    ]


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: the mean gap between how sure the model is and how often it is right."""
    rows = reliability(confidence, right)
    return float(sum(row["photos"] * abs(row["confidence"] - row["accuracy"]) for row in rows) / len(confidence))


def fit_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    """The divisor of the logits that makes held-out photos most likely (Guo 2017, arXiv:1706.04599)."""
    candidates = torch.logspace(math.log10(0.2), math.log10(5), 400)
    losses = [torch.nn.functional.cross_entropy(logits / value, labels).item() for value in candidates]
    return round(float(candidates[int(np.argmin(losses))]), 4)


def latency(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile, in milliseconds."""
    return {
        "latency_ms_p50": float(np.percentile(seconds, 50) * 1000),
        "latency_ms_p95": float(np.percentile(seconds, 95) * 1000),
    }


def machine() -> str:
    """The kind of machine that a training runs on; says nothing of whose it is."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else cpu()


def cpu() -> str:
    """The kind of processor, on which the app's models answer whatever they were trained on."""
    half = " with bf16" if bfloat16.NATIVE else ""
    return f"{platform.machine()} CPU{half}, {torch.get_num_threads()} threads"


def _interval(hits: int, trials: int) -> list[float]:
    found = wilson(hits, trials)
    return [found.low, found.high]
