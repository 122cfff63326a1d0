"""The credit model's measured figures, read from what training wrote and checked before anything is built on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.credit.model import RETRAIN
from models.errors import ModelUnavailable

# What the app reads: the sections, and of those that hold named figures, the names.
SECTIONS: dict[str, tuple[str, ...]] = {
    "data": ("rows", "defaults", "default_rate", "columns_used", "features"),
    "figures": ("roc_auc", "roc_auc_folds", "pr_auc", "gini", "ks", "brier", "log_loss", "ece_mass_10"),
    "default_cutoff": ("threshold", "cost_ratio", "cost_per_loan"),
    "cutoffs": (),
    "thresholds": ("threshold", "tp", "fp", "tn", "fn"),
    "roc": ("x", "y", "low", "high"),
    "pr": ("x", "y", "low", "high"),
    "calibration": (),
    "groups": (),
    "importance": ("rows", "mean_absolute"),
    "run": ("seconds",),
    "validation": (),
}


def read(folder: Path) -> dict[str, Any]:
    """The content of ``metrics.json``.

    Raises:
        ModelUnavailable: the file is missing or damaged.
    """
    try:
        metrics: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        missing = [
            f"{section}.{name}" if name else section
            for section, names in SECTIONS.items()
            for name in names or ("",)
            if section not in metrics or (name and name not in metrics[section])
        ]
        if missing:
            raise ValueError(f"it lacks {', '.join(missing)}")
    except (OSError, ValueError, TypeError) as error:
        reason = f"metrics.json, {type(error).__name__}: {error}"[:200]
        raise ModelUnavailable("weights", model="credit", folder=folder.name, reason=reason, remedy=RETRAIN) from error
    return metrics
