"""What was measured, gathered from the ``metrics.json`` of every model that is shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "weights"
PORTFOLIO = ROOT / "data" / "portfolio_metrics.json"
VISION = ("vgg16", "yolov8", "protovit")
ROW = (
    "backbone",
    "parameters",
    "test_images",
    "accuracy",
    "accuracy_ci95",
    "macro_f1",
    "per_class_f1",
    "confusion",
    "train_seconds",
    "epochs",
    "latency_ms_p50",
    "catalogue",
)


def _read(model: str, name: str) -> dict[str, Any] | None:
    path = WEIGHTS / model / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _metrics(model: str) -> dict[str, Any] | None:
    return _read(model, "metrics.json")


def explanations() -> dict[str, dict[str, Any]]:
    """How faithful each model's saliency maps are: model -> what ``training.evaluate_explanations`` wrote."""
    return {name: found for name in VISION if (found := _read(name, "explanations.json"))}


def vision() -> list[dict[str, Any]]:
    """One row a shipped image classifier, measured on the same test photos."""
    measured = {name: metrics for name in VISION if (metrics := _metrics(name))}
    return [
        {"model": name} | {key: metrics[key] for key in ROW} | {"source": "measured"}
        for name, metrics in measured.items()
    ]


def credit() -> dict[str, Any]:
    """The credit model's figures, measured out of fold; empty where they are missing."""
    metrics = _metrics("credit")
    if metrics is None:
        return {}
    measured, cut_off = metrics["figures"], metrics["default_cutoff"]
    auc, pr_auc = measured["roc_auc"], measured["pr_auc"]
    return {
        "auc": auc["value"],
        "auc_ci95": [auc["low"], auc["high"]],
        "pr_auc": pr_auc["value"],
        "pr_auc_ci95": [pr_auc["low"], pr_auc["high"]],
        "gini": measured["gini"],
        "ks": measured["ks"],
        "brier": measured["brier"],
        "log_loss": measured["log_loss"],
        "ece": measured["ece_mass_10"],
        "threshold": cut_off["threshold"],
        "cost_ratio": cut_off["cost_ratio"],
        "cost_per_loan": cut_off["cost_per_loan"],
        "rows": metrics["data"]["rows"],
        "default_rate": metrics["data"]["default_rate"],
        "features": metrics["data"]["features"],
        "validation": metrics["validation"],
        "train_seconds": metrics["run"]["seconds"],
        "source": "measured",
    }


def portfolio() -> dict[str, Any] | None:
    """How near the synthetic clients are to the real ones: what ``training.evaluate_portfolio`` wrote."""
    return json.loads(PORTFOLIO.read_text(encoding="utf-8")) if PORTFOLIO.is_file() else None


def results() -> dict[str, Any]:
    """Everything measured, in the form that programs receive."""
    return {"vision": vision(), "credit": credit()}
