"""The end of a training: the weights are saved, then measured as the app will run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.vision.classifier import ImageClassifier
from models.vision.convnet import Convnet
from models.vision.gallery import catalogue
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from models.vision.weights import WEIGHTS
from training.vision.artifacts import (
    SAME_RUN,
    TRAINING,
    Card,
    training_figures,
    write_card,
    write_json,
    write_model,
    write_validation,
)
from training.vision.data import Photo
from training.vision.metrics import classification_metrics, cpu, fit_temperature, latency


def report(
    model: type[Convnet] | type[ProtoVit],
    folder: Path,
    network: nn.Module,
    config: Mapping[str, Any],
    training: Mapping[str, Any],
    card: Card,
    validation: tuple[torch.Tensor, torch.Tensor],
    test: Sequence[Photo],
) -> None:
    """Calibrates on validation, saves, reads back what was saved, and measures that on the test photos.

    Args:
        model: the class that will read the weights in the app.
        folder: where the artifacts go.
        network: the trained network.
        config: the model's configuration, without what is only known here.
        training: arguments, machine and learning curves; each curve point has "seconds".
        card: words for the model card.
        validation: logits (N, classes) and labels (N,).
        test: photos; none to leave them alone, and then neither figures nor card are written.
    """
    logits, labels = validation
    temperature = fit_temperature(logits, labels)
    write_model(folder, network, {**config, "temperature": temperature})
    write_json(folder / TRAINING, {**training, "card": asdict(card)})
    write_validation(folder, logits, labels, SAME_RUN)
    val = classification_metrics(torch.softmax(logits / temperature, dim=1).numpy(), labels.numpy(), config["classes"])
    print(f"validation: accuracy {val['accuracy']:.4f}, log loss {val['log_loss']:.4f}")
    if not test:
        return
    classifier = model.load(folder)
    predictions = [classifier.predict(read_upload(photo.path).image) for photo in test]
    metrics = classification_metrics(
        np.array([list(prediction.probabilities.values()) for prediction in predictions]),
        np.array([photo.label for photo in test]),
        config["classes"],
    )
    metrics |= {
        "val_accuracy": val["accuracy"],
        "val_log_loss": val["log_loss"],
        "backbone": config["backbone"],
        "parameters": classifier.config["parameters"],
        "weights_bytes": (folder / WEIGHTS).stat().st_size,
        **training_figures(training),
        **latency([prediction.seconds for prediction in predictions]),
        "latency_machine": cpu(),
        "catalogue": on_catalogue(classifier, bool(training["arguments"].get("catalogue"))),
    }
    write_json(folder / "metrics.json", metrics)
    write_card(folder, metrics)
    low, high = metrics["accuracy_ci95"]
    print(f"test: accuracy {metrics['accuracy']:.4f} [{low:.3f}, {high:.3f}]")


def on_catalogue(classifier: ImageClassifier, learnt_from: bool) -> dict[str, Any]:
    """How a model does on the rendered pictures that are shipped.

    Args:
        classifier: the model.
        learnt_from: whether these pictures were among those it was trained on.
    """
    pictures = catalogue()
    right = [classifier.predict(read_upload(picture.path).image).label == picture.category for picture in pictures]
    return {
        "images": len(pictures),
        "accuracy": sum(right) / len(right) if right else None,
        "learnt_from": learnt_from,
    }
