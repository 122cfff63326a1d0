"""Thresholds for "none of these" and for conformal sets, and what they are worth on photos kept apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from models.statistics import wilson
from models.vision.calibration import CLASS_MEAN, LEVEL, MEASURES, Calibration, NetworkOutput, measure
from models.vision.predictions import prediction

FALSE_ALARMS = 0.1  # share of product photos that may be called "none of these"
# Half of that among photos that the weights have learnt from: of a ProtoViT that had not learnt from the validation
# photos, a threshold with a tenth of the training photos below it had a fifth of the validation photos below it.
FALSE_ALARMS_LEARNT = FALSE_ALARMS / 2
OF_ANY_SCALE = "max_probability"  # the one measure that two networks of the same training share
STEPS = 20  # points of the selective accuracy curve


@dataclass(frozen=True)
class Shipped:
    """What a calibration needs to know of the weights that the app runs.

    Args:
        temperature: divides their logits.
        learnt: whether they have learnt from the validation photos.
        means: of the classes' features, (K, D) unit vectors; None of a model that is judged by its logits alone.
    """

    temperature: float
    learnt: bool = False
    means: torch.Tensor | None = None


def smallest_probability(probabilities: np.ndarray, labels: np.ndarray, level: float = LEVEL) -> float:
    """The probability that a class needs to stay in the set: split conformal prediction with least ambiguous sets.

    With the correction for a finite sample, the set of a new photo drawn like these holds its class with a probability
    of at least ``level`` (Sadinle, Lei & Wasserman 2019, arXiv:1609.00451; Vovk, Gammerman & Shafer 2005).

    Args:
        probabilities: (N, K) of photos that the model did not learn from.
        labels: (N,) indices of the true classes.
        level: 0..1.

    Returns:
        0, which rules nothing out, where N is too small for the level.
    """
    of_the_truth = np.sort(probabilities[np.arange(len(labels)), labels])[::-1]
    rank = math.ceil((len(labels) + 1) * level - 1e-9)
    return float(of_the_truth[rank - 1]) if rank <= len(labels) else 0.0


def auroc(name: str, inside: NetworkOutput, outside: NetworkOutput, means: torch.Tensor | None) -> float:
    """How well a measure tells photos of the categories from others: the area under the ROC curve, 0.5 by chance.

    Args:
        name: of the measure.
        inside: of N photos that belong to a category.
        outside: of M photos that belong to none.
        means: of the classes, for the measure that reads features.
    """
    found = [measure(name, output, means).numpy() for output in (inside, outside)]
    return float(roc_auc_score(np.repeat([1, 0], list(map(len, found))), np.concatenate(found)))


def threshold(inside: np.ndarray, outside: np.ndarray, false_alarms: float = FALSE_ALARMS) -> float:
    """The value of a measure below which a photo is said to show none of the categories.

    The one with the greatest Youden index (found photos of none, less false alarms) among those that keep false alarms
    at or below the share allowed; halfway between two values that were seen.

    Args:
        inside: (N,) values of photos that belong to a category.
        outside: (M,) of photos that belong to none.
        false_alarms: share of ``inside`` that may lie below, 0..1.
    """
    seen = np.unique(np.concatenate([inside, outside]))
    candidates = np.concatenate([[seen[0] - 1.0], (seen[1:] + seen[:-1]) / 2])
    alarms = (inside[:, None] < candidates).mean(axis=0)
    index = (outside[:, None] < candidates).mean(axis=0) - alarms
    return float(candidates[np.argmax(np.where(alarms <= false_alarms, index, -np.inf))])


def threshold_source(measured_by: str, learnt: bool) -> tuple[bool, float]:
    """Whether a threshold comes from photos that the weights have learnt from, and the false alarms allowed there.

    Args:
        measured_by: the measure that it is of.
        learnt: whether the shipped weights have learnt from the validation photos.
    """
    on_learnt = learnt and measured_by != OF_ANY_SCALE
    return on_learnt, FALSE_ALARMS_LEARNT if on_learnt else FALSE_ALARMS


def calibrate(
    validation: torch.Tensor,
    labels: torch.Tensor,
    known: NetworkOutput,
    outside: NetworkOutput,
    model: Shipped,
) -> tuple[Calibration, dict[str, float]]:
    """The thresholds of a model, and the AUROC of each measure that it was chosen by.

    Logits have another scale in each training. Where ``validation`` comes from a run before the shipped one, only its
    probabilities hold for both; a measure of another kind then looks at what the shipped one, which has learnt from the
    photos, says of them.

    Args:
        validation: logits (N, K) of photos of the categories, by a run that did not learn from them.
        labels: (N,) indices of their classes.
        known: of the same photos, by the shipped weights.
        outside: of M photos of no category, by the shipped weights.
        model: what is known of these.
    """
    names = [name for name in MEASURES if name != CLASS_MEAN or model.means is not None]
    found = {name: auroc(name, known, outside, model.means) for name in names}
    best = max(found, key=found.__getitem__)
    _, allowed = threshold_source(best, model.learnt)
    inside = known if best != OF_ANY_SCALE else NetworkOutput(validation)
    values = [measure(best, output, model.means).numpy() for output in (inside, outside)]
    # The temperature was fitted on the same photos, which bends the guarantee of the set by as much as one number
    # learnt from N photos can.
    probabilities = (validation.double() / model.temperature).softmax(1).numpy()
    smallest = smallest_probability(probabilities, labels.numpy())
    means = model.means if best == CLASS_MEAN else None
    return Calibration(best, threshold(values[0], values[1], allowed), smallest, LEVEL, means), found


@dataclass(frozen=True)
class Answered:
    """A calibrated model's answers to N labelled photos.

    Attributes:
        confidence: (N,) probability of the predicted class.
        right: (N,) bool, whether it is the true one.
        covered: (N,) bool, whether the set holds the true one.
        sizes: (N,) classes in the set.
        none: (N,) bool, whether the photo is said to show none of the classes.
    """

    confidence: np.ndarray
    right: np.ndarray
    covered: np.ndarray
    sizes: np.ndarray
    none: np.ndarray


def answer(
    calibration: Calibration, classes: tuple[str, ...], outputs: NetworkOutput, labels: torch.Tensor, temperature: float
) -> Answered:
    """The answers to N photos with labels (N,), each made as the app makes it."""
    answers = [prediction("", classes, one, temperature, 0.0, calibration) for one in outputs.unbind()]
    truth = [classes[label] for label in labels.tolist()]
    pairs = list(zip(answers, truth, strict=True))
    return Answered(
        np.array([one.probabilities[one.label] for one in answers]),
        np.array([one.label == true for one, true in pairs]),
        np.array([true in (one.prediction_set or ()) for one, true in pairs]),
        np.array([len(one.prediction_set or ()) for one in answers]),
        np.array([bool(one.none_of_these) for one in answers]),
    )


def selective_accuracy(confidence: np.ndarray, right: np.ndarray) -> list[dict[str, float]]:
    """Accuracy on the surest photos against their share (El-Yaniv & Wiener 2010), from the surest tenth to all."""
    ranked = right[np.argsort(-confidence, kind="stable")]
    counts = [round(len(ranked) * step / STEPS) for step in range(STEPS // 10, STEPS + 1)]
    return [{"share": count / len(ranked), "accuracy": float(ranked[:count].mean())} for count in counts if count]


def measured(
    found: Answered, inside: NetworkOutput, outside: NetworkOutput, calibration: Calibration
) -> dict[str, Any]:
    """The figures of a calibrated model on photos that chose nothing, ready for JSON.

    Args:
        found: its answers to the test photos.
        inside: what the network says of them.
        outside: and of photos of none of the classes.
        calibration: the thresholds.
    """
    alone = (found.sizes == 1) & ~found.none
    noticed = [calibration.is_none_of_these(one) for one in outside.unbind()]
    return {
        "test_photos": len(found.right),
        "other_photos": len(noticed),
        "coverage": _rate(found.covered),
        "set_size": float(found.sizes.mean()),
        "set_sizes": {str(size): int((found.sizes == size).sum()) for size in np.unique(found.sizes)},
        "auroc": auroc(calibration.measure, inside, outside, calibration.means),
        "false_alarms": _rate(found.none),
        "taken_for_a_class": _rate(~np.array(noticed)),
        "alone": {"share": float(alone.mean()), "accuracy": _rate(found.right[alone]) if alone.any() else None},
        "selective": selective_accuracy(found.confidence, found.right),
    }


def _rate(hits: np.ndarray) -> Mapping[str, float]:
    return asdict(wilson(int(hits.sum()), len(hits)))
