"""The files of a model: what is missing, damaged or another's is named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save

from models.errors import ModelUnavailable
from models.vision import weights
from models.vision.weights import CONFIG, WEIGHTS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's two files, as a training leaves them."""
    content = save({"layer": torch.ones(2, dtype=torch.float16), "count": torch.tensor(3)})
    (tmp_path / WEIGHTS).write_bytes(content)
    (tmp_path / CONFIG).write_text(json.dumps({"weights_sha256": hashlib.sha256(content).hexdigest()}))
    return tmp_path


def test_weights_are_widened_and_numbers_stay(folder: Path) -> None:
    config, state = weights.read("vgg16", folder)
    assert set(config) == {"weights_sha256"}
    assert state["layer"].dtype == torch.float32 and state["layer"].tolist() == [1, 1]
    assert state["count"].dtype == torch.int64 and state["count"].item() == 3


def rewritten(folder: Path, content: bytes) -> None:
    (folder / WEIGHTS).write_bytes(content)
    (folder / CONFIG).write_text(json.dumps({"weights_sha256": hashlib.sha256(content).hexdigest()}))


def in_its_place(folder: Path, name: str) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()


@pytest.mark.parametrize(
    ("damage", "key", "file"),
    [
        (lambda folder: (folder / CONFIG).unlink(), "weights_missing", CONFIG),
        (lambda folder: (folder / CONFIG).write_text("{"), "weights_unreadable", CONFIG),
        (lambda folder: (folder / CONFIG).write_text("{}"), "weights_unreadable", CONFIG),
        (lambda folder: (folder / WEIGHTS).unlink(), "weights_missing", WEIGHTS),
        (lambda folder: in_its_place(folder, WEIGHTS), "weights_unreadable", WEIGHTS),
        (lambda folder: (folder / WEIGHTS).write_bytes(b"others"), "weights_altered", WEIGHTS),
        (lambda folder: rewritten(folder, b"no tensors"), "weights_unreadable", WEIGHTS),
    ],
)
def test_what_is_wrong_with_a_file_is_named(
    folder: Path, damage: Callable[[Path], object], key: str, file: str
) -> None:
    damage(folder)
    with pytest.raises(ModelUnavailable) as caught:
        weights.read("vgg16", folder)
    assert caught.value.key == key
    assert "vgg16" in str(caught.value) and file in str(caught.value)
