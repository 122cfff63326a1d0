"""What a training leaves in ``weights/<model>/``: weights, configuration, figures, and a card that presents
them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import EvalResult, ModelCardData
from safetensors import safe_open
from safetensors.torch import save

from models import results
from models.vision.weights import CONFIG, WEIGHTS

TRAINING = "training.json"
VALIDATION = "validation.json"
SAME_RUN = "same_run"  # logits of the training that made the weights, before it learnt from the validation photos too
SIBLING_RUN = "sibling_run"  # of another training of the same network, which never learnt from them
TAUGHT_BY = "taught_by"  # in the header of an encoder's file, and in training.json


@dataclass(frozen=True)
class Card:
    """The words of a model card in the form of the Hugging Face hub.

    Args:
        title: heading.
        summary: what the model is, in a paragraph.
        base_model: what its weights began as, by its id on the Hub, ``USER/NAME``: the Hub refuses any other words.
        library: that it runs on.
        command: that trained it.
        limits: what it should not be trusted with.
    """

    title: str
    summary: str
    base_model: str
    library: str
    command: str
    limits: str


def teachers(init: str | Path) -> list[str]:
    """The networks that taught an encoder, as its file says; none for the name of a network."""
    if Path(init).suffix != ".safetensors":
        return []
    with safe_open(init, framework="pt") as file:
        return ((file.metadata() or {}).get(TAUGHT_BY) or "").split()


def write_model(folder: Path, network: torch.nn.Module, config: Mapping[str, Any]) -> None:
    """Writes the weights in fp16, and the configuration with their SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    content = save(
        {
            name: (tensor.half() if tensor.is_floating_point() else tensor).cpu().contiguous()
            for name, tensor in network.state_dict().items()
        }
    )
    (folder / WEIGHTS).write_bytes(content)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    write_json(
        folder / CONFIG,
        {**config, "parameters": parameters, "weights_sha256": hashlib.sha256(content).hexdigest()},
    )


def write_json(path: Path, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """JSON that a person can read and a diff can compare."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def write_validation(folder: Path, logits: torch.Tensor, labels: torch.Tensor, origin: str) -> None:
    """Keeps the logits (N, classes) of photos that were not learnt from, with their labels (N,), for calibrating later.

    Args:
        folder: the model's own.
        logits: before the temperature.
        labels: indices of the true classes.
        origin: ``SAME_RUN`` or ``SIBLING_RUN``.
    """
    rows = [[round(value, 4) for value in row] for row in logits.tolist()]
    content = {"origin": origin, "labels": labels.tolist(), "logits": rows}
    (folder / VALIDATION).write_text(json.dumps(content) + "\n", encoding="utf-8")


def read_validation(folder: Path) -> tuple[torch.Tensor, torch.Tensor, str] | None:
    """What :func:`write_validation` wrote, logits in double precision; None where a training kept nothing."""
    if not (folder / VALIDATION).is_file():
        return None
    found = json.loads((folder / VALIDATION).read_text(encoding="utf-8"))
    return torch.tensor(found["logits"], dtype=torch.float64), torch.tensor(found["labels"]), found["origin"]


def training_figures(training: Mapping[str, Any]) -> dict[str, Any]:
    """What ``metrics.json`` says of a training: its seconds in all phases together, the epochs that the weights learnt
    for in the last phase, and its machine.

    Args:
        training: the content of ``training.json``; each phase is a list of points, its name ends with "curves".
    """
    phases = list(results.curves(training).values())
    seconds = sum(point["seconds"] for points in phases for point in points)
    return {"train_seconds": seconds, "epochs": phases[-1][-1]["epoch"], "machine": training["machine"]}


def write_card(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Writes README.md from the words that the training left in ``training.json`` and the measured figures."""
    training = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
    card = Card(**training["card"])
    taught = ", ".join(f"`{name}`" for name in training.get(TAUGHT_BY, []))
    before = f"\nBefore that, the encoder learnt to tell the features and the probabilities of {taught}.\n"
    low, high = metrics["accuracy_ci95"]
    rows = "\n".join(
        f"| {name} | {metrics['per_class_precision'][name]:.3f} | {metrics['per_class_recall'][name]:.3f} "
        f"| {metrics['per_class_f1'][name]:.3f} |"
        for name in metrics["per_class_f1"]
    )
    text = f"""---
{_front_matter(card, metrics)}
---

# {card.title}

{card.summary}

Measured on {metrics["test_images"]} photos that took no part in training: accuracy {metrics["accuracy"]:.3f}
(95 % interval {low:.3f} to {high:.3f}), right among its first two answers {metrics["top2_accuracy"]:.3f},
macro F1 {metrics["macro_f1"]:.3f}, expected calibration error {metrics["ece"]:.3f}.
{metrics["parameters"]:,} parameters, {metrics["weights_bytes"] / 1e6:.1f} MB; one answer takes
{metrics["latency_ms_p50"]:.0f} ms (median, {metrics["latency_machine"]}).

| class | precision | recall | F1 |
| --- | --- | --- | --- |
{rows}

## Training

```
{card.command}
```
{before if taught else ""}
The arguments and the learning curves stand in `training.json`, every figure in `metrics.json`.

## Limits

{card.limits}
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def _front_matter(card: Card, metrics: Mapping[str, Any]) -> str:
    """What the Hub reads of a card: licence, library, task and the figures, as YAML."""
    figures = (("accuracy", "accuracy", metrics["accuracy"]), ("f1", "macro F1", metrics["macro_f1"]))
    return ModelCardData(
        license="agpl-3.0",
        library_name=card.library,
        pipeline_tag="image-classification",
        base_model=card.base_model,
        model_name=card.title,
        eval_results=[
            EvalResult(
                task_type="image-classification",
                dataset_type="flipkart",
                dataset_name="Flipkart product photos",
                metric_type=kind,
                metric_name=name,
                metric_value=round(value, 4),
            )
            for kind, name, value in figures
        ],
    ).to_yaml()
