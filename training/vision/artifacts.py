"""What a training leaves in ``weights/<model>/``: weights, configuration, figures, and a card that presents
them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save

from models.vision.weights import CONFIG, WEIGHTS

TRAINING = "training.json"
TAUGHT_BY = "taught_by"  # in the header of an encoder's file, and in training.json


@dataclass(frozen=True)
class Card:
    """The words of a model card in the form of the Hugging Face hub.

    Args:
        title: heading.
        summary: what the model is, in a paragraph.
        base_model: what its weights began as.
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
    """The networks that taught an encoder before it met a label, as its file says; none for the name of a network."""
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


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """JSON that a person can read and a diff can compare."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def write_card(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Writes README.md from the words that the training left in ``training.json`` and the measured figures."""
    training = json.loads((folder / TRAINING).read_text(encoding="utf-8"))
    card = Card(**training["card"])
    taught = ", ".join(f"`{name}`" for name in training.get(TAUGHT_BY, []))
    before = f"\nBefore it met a label, the encoder learnt from unlabelled pictures to tell the features of {taught}.\n"
    low, high = metrics["accuracy_ci95"]
    rows = "\n".join(
        f"| {name} | {metrics['per_class_precision'][name]:.3f} | {metrics['per_class_recall'][name]:.3f} "
        f"| {metrics['per_class_f1'][name]:.3f} |"
        for name in metrics["per_class_f1"]
    )
    text = f"""---
license: agpl-3.0
library_name: {card.library}
pipeline_tag: image-classification
base_model: {card.base_model}
model-index:
  - name: {card.title}
    results:
      - task: {{type: image-classification}}
        dataset: {{name: Flipkart product photos, type: flipkart}}
        metrics:
          - {{type: accuracy, value: {metrics["accuracy"]:.4f}}}
          - {{type: f1, name: macro F1, value: {metrics["macro_f1"]:.4f}}}
---

# {card.title}

{card.summary}

Measured on {metrics["test_images"]} photos that took no part in training: accuracy {metrics["accuracy"]:.3f}
(95 % interval {low:.3f} to {high:.3f}), right among its first two answers {metrics["top2_accuracy"]:.3f},
macro F1 {metrics["macro_f1"]:.3f}, expected calibration error {metrics["ece"]:.3f}.
{metrics["parameters"]:,} parameters, {metrics["weights_bytes"] / 1e6:.1f} MB; one answer takes
{metrics["latency_ms_p50"]:.0f} ms (median, {metrics["machine"]}).

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
