"""Trained weights on disk: ``weights/<model>/`` holds ``model.safetensors`` (fp16) and ``config.json``.

The configuration carries the SHA-256 of the weights, so that a damaged or foreign file is named as such
instead of giving answers that are quietly wrong. safetensors hold numbers only: reading them runs no code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load as deserialise

from models.errors import ModelUnavailable
from models.runtime import hub

FOLDER = Path(__file__).parent.parent.parent / "weights"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
Model = TypeVar("Model")


def is_installed(model: str) -> bool:
    """Whether both files of a model stand on disk, or the Hub is to give them; says nothing of their content."""
    return all((FOLDER / model / name).is_file() for name in (WEIGHTS, CONFIG)) or hub.is_named(model)


def load(
    model: str,
    folder: Path | None,
    build: Callable[[dict[str, Any], dict[str, torch.Tensor], Path], Model],
) -> Model:
    """The model that ``build`` makes of configuration, weights and their folder.

    Args:
        model: its name.
        folder: where its files stand; None for the Hub's, where one is named, or its own below ``weights/``.
        build: configuration, weights (fp32), folder -> the model.

    Raises:
        ModelUnavailable: its files are missing, damaged, or not made for this network.
    """

    def read_folder(place: Path) -> Model:
        config, state = read(model, place)
        try:
            return build(config, state, place)
        except (RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
            raise unavailable("weights_unfit", model, WEIGHTS) from error

    return read_folder(folder) if folder else hub.load(model, FOLDER / model, read_folder)


def read(model: str, folder: Path | None = None) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """The configuration and the weights of a model, the weights widened to fp32.

    Args:
        model: name of the model, for the sentence if something is wrong.
        folder: where its files stand; None for the Hub's, where one is named, or its own below ``weights/``.

    Raises:
        ModelUnavailable: a file is missing, unreadable, or not the one that the configuration describes.
    """
    folder = folder or hub.folder(model, FOLDER / model)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        expected = config["weights_sha256"]
    except FileNotFoundError as error:
        raise unavailable("weights_missing", model, CONFIG) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise unavailable("weights_unreadable", model, CONFIG) from error
    try:
        content = (folder / WEIGHTS).read_bytes()
    except FileNotFoundError as error:
        raise unavailable("weights_missing", model, WEIGHTS) from error
    except OSError as error:
        raise unavailable("weights_unreadable", model, WEIGHTS) from error
    if hashlib.sha256(content).hexdigest() != expected:
        raise unavailable("weights_altered", model, WEIGHTS)
    try:
        state = deserialise(content)
    except SafetensorError as error:
        raise unavailable("weights_unreadable", model, WEIGHTS) from error
    return config, {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}


def unavailable(key: str, model: str, file: str) -> ModelUnavailable:
    """The error for a file of a model, with the commands that bring it back."""
    return ModelUnavailable(
        key,
        model=model,
        path=f"weights/{model}/{file}",
        repair=f"git checkout -- weights/{model}",
        train=f"python -m training.train_{model} --help",
    )
