"""What models that were learnt anew in each fold say of the photos that they had not seen: kept beside their weights,
since it takes them longer than all else that is measured.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from models.vision.predictions import CLASSES
from training.evaluation.protocols import FOLDS, outer_folds
from training.evaluation.statistics import Answers, compare, draws, figures
from training.vision.artifacts import write_json

FILE = "cross_validation.json"
UNKNOWN = -1  # a photo whose fold has not been learnt yet


def numbers(labels: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The fold that judges each photo, (N,)."""
    found = np.empty(len(labels), dtype=int)
    for number, (_, held) in enumerate(outer_folds(labels, groups)):
        found[held] = number
    return found


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
    if not (folder / FILE).is_file():
        return None
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    found = {
        name: np.array([UNKNOWN if sign == "-" else int(sign) for sign in content[name]])
        for name in ("labels", "folds", "predicted")
    }
    same = np.array_equal(found["labels"], labels) and np.array_equal(found["folds"], folds)
    return found["predicted"] if same else None


def begin(folder: Path, labels: np.ndarray, folds: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """What a run starts from: the folds that another one with the same settings has learnt, or none.

    Raises:
        SystemExit: what is kept there is of other photos, or was had in another way.
    """
    path = folder / FILE
    if not path.is_file():
        return np.full(len(labels), UNKNOWN)
    kept = read(folder, labels, folds)
    before = json.loads(path.read_text(encoding="utf-8"))["how"]
    wanted = json.loads(json.dumps(how))
    other = sorted(name for name in wanted.keys() | before.keys() if wanted.get(name) != before.get(name))
    if kept is None or other:
        differs = ", ".join(other) or "photos or folds"
        raise SystemExit(f"{path} was had in another way ({differs}): remove it, or name another folder with --out")
    return kept


def summary(predicted: Mapping[str, np.ndarray], labels: np.ndarray, groups: np.ndarray) -> dict[str, Any]:
    """A section of ``results.json``: each model's figures, and McNemar's test between each two.

    Args:
        predicted: model -> classes (N,).
        labels: (N,).
        groups: (N,), kept together.
    """
    weights, folds = draws(groups), numbers(labels, groups)
    answers, models = [], {}
    for name, classes in predicted.items():
        answers.append(Answers(name, classes, labels))
        right = answers[-1].right
        models[name] = figures(answers[-1], len(CLASSES), weights).to_json()
        models[name]["folds"] = [float(right[folds == fold].mean()) for fold in range(FOLDS)]
    return {
        "folds": FOLDS,
        "photos": len(labels),
        "models": models,
        "pairs": [compare(first, second, weights).to_json() for first, second in combinations(answers, 2)],
    }
