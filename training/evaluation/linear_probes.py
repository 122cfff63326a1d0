"""The cheap models, judged by both protocols, and what a random split leaks: a section of ``results.json`` each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.evaluation.near_duplicates import Groups, members, seen_in_training
from training.evaluation.protocols import (
    SHARE,
    SPLITS,
    Split,
    fit_and_predict,
    random_splits,
    without_near_duplicates,
)

LEAK_DRAWS = 200  # random splits whose copies are counted; no model is trained on them


def splits(encoded: Mapping[str, np.ndarray], labels: np.ndarray, groups: Groups) -> dict[str, Any]:
    """Each encoder's head on random 70/15/15 splits: copies where they fall, and those of test photos taken out."""
    leaky = list(random_splits(labels))
    clean = [without_near_duplicates(part, groups.near) for part in leaky]
    return {
        "splits": SPLITS,
        "share": SHARE,
        "random": {name: _on_splits(rows, labels, leaky, groups) for name, rows in encoded.items()},
        "cleaned": {name: _on_splits(rows, labels, clean, groups) for name, rows in encoded.items()},
    }


def _on_splits(features: np.ndarray, labels: np.ndarray, parts: Sequence[Split], groups: Groups) -> dict[str, Any]:
    """Accuracy on each test part, and on its photos with and without a near copy in training, all parts together."""
    rights = [fit_and_predict(features, labels, part) == labels[part.test] for part in parts]
    right = np.concatenate(rights)
    met = np.concatenate([seen_in_training(groups.near, part.train, part.test) for part in parts])
    return {
        "accuracies": [float(one.mean()) for one in rights],
        "accuracy": float(np.mean([one.mean() for one in rights])),
        "deviation": float(np.std([one.mean() for one in rights], ddof=1)),
        "met": {"photos": int(met.sum()), "accuracy": float(right[met].mean()) if met.any() else None},
        "new": {"photos": int((~met).sum()), "accuracy": float(right[~met].mean()) if not met.all() else None},
    }


def leak(labels: np.ndarray, groups: Groups, fixed: Split) -> dict[str, Any]:
    """How many test photos have a copy in training: in random splits, and in the fixed one."""
    drawn = list(random_splits(labels, LEAK_DRAWS))
    found: dict[str, Any] = {"photos": len(labels), "draws": LEAK_DRAWS, "fixed_test_total": len(fixed.test)}
    for kind, numbers in (("identical", groups.identical), ("near", groups.near)):
        shares = [float(seen_in_training(numbers, part.train, part.test).mean()) for part in drawn]
        low, high = np.percentile(shares, [2.5, 97.5])
        several, held = members(numbers)
        found[kind] = {
            "groups": several,
            "photos": held,
            "random_share": float(np.mean(shares)),
            "random_range95": [float(low), float(high)],
            "splits_with_one": sum(share > 0 for share in shares) / LEAK_DRAWS,
            "fixed_test_photos": int(seen_in_training(numbers, fixed.train, fixed.test).sum()),
        }
    return found
