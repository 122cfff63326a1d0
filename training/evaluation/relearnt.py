"""What models that were learnt anew in each fold say of the photos that they had not seen: kept beside their weights,
since it takes them longer than all else that is measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.vision.artifacts import write_json

FILE = "cross_validation.json"
UNKNOWN = -1  # a photo whose fold has not been learnt yet


def write(folder: Path, labels: np.ndarray, folds: np.ndarray, predicted: np.ndarray, how: Mapping[str, Any]) -> None:
    """Keeps the predicted classes (N,) of photos with these labels, judged in these folds, and how they were had."""
    # a character a photo: classes and folds are fewer than ten
    rows = {"labels": labels, "folds": folds, "predicted": predicted}
    content = {name: "".join("-" if value == UNKNOWN else str(value) for value in row) for name, row in rows.items()}
    passing = folder / f"{FILE}.part"
    write_json(passing, {"how": how, "photos": len(labels), **content})
    passing.replace(folder / FILE)


def read(folder: Path, labels: np.ndarray, folds: np.ndarray) -> np.ndarray | None:
    """The predicted classes (N,), ``UNKNOWN`` among them; None where there are none for these photos in these folds."""
    content = _content(folder)
    return _predicted(content, labels, folds) if content else None


def begin(folder: Path, labels: np.ndarray, folds: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """What a run starts from: the folds that another one with the same settings has learnt, or none.

    Raises:
        SystemExit: what is kept there is of other photos, or was had in another way.
    """
    content = _content(folder)
    if content is None:
        return np.full(len(labels), UNKNOWN)
    kept, before, wanted = _predicted(content, labels, folds), content["how"], json.loads(json.dumps(how))
    other = sorted(name for name in wanted.keys() | before.keys() if wanted.get(name) != before.get(name))
    if kept is None or other:
        differs = ", ".join(other) or "photos or folds"
        raise SystemExit(
            f"{folder / FILE} was had in another way ({differs}): remove it, or name another folder with --out"
        )
    return kept


def _content(folder: Path) -> dict[str, Any] | None:
    path = folder / FILE
    content: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    return content


def _predicted(content: Mapping[str, Any], labels: np.ndarray, folds: np.ndarray) -> np.ndarray | None:
    """What is kept for these photos in these folds, (N,); None where it is of others."""
    found = {
        name: np.array([UNKNOWN if sign == "-" else int(sign) for sign in content[name]])
        for name in ("labels", "folds", "predicted")
    }
    same = np.array_equal(found["labels"], labels) and np.array_equal(found["folds"], folds)
    return found["predicted"] if same else None
