"""What was measured, gathered from the files that the commands wrote, and what others reported, kept apart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "weights"
RESULTS = ROOT / "results.json"
PORTFOLIO = ROOT / "data" / "portfolio_metrics.json"
PUBLISHED = ROOT / "data" / "published_results.json"
VISION = ("vgg16", "yolov8", "protovit")
REFERENCE = "vgg16"  # what the others are compared with
ROW = (
    "backbone",
    "parameters",
    "weights_bytes",
    "test_images",
    "accuracy",
    "accuracy_ci95",
    "macro_f1",
    "macro_f1_ci95",
    "top2_accuracy",
    "ece",
    "per_class_precision",
    "per_class_recall",
    "per_class_f1",
    "confusion",
    "reliability",
    "train_seconds",
    "epochs",
    "machine",
    "latency_ms_p50",
    "latency_ms_p95",
    "peak_memory_mb",
    "latency_machine",
    "train_images",
    "catalogue",
)


@dataclass(frozen=True)
class Point:
    """One epoch of a learning curve; losses in nats, None where they were not measured."""

    epoch: int
    train_loss: float | None
    val_loss: float | None
    val_accuracy: float | None


@dataclass(frozen=True)
class Phase:
    """A part of a training that has its own schedule, such as the head alone.

    Attributes:
        name: as the training wrote it.
        points: at least one, in the order of the epochs.
    """

    name: str
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if not self.points:
            raise ValueError(f"phase {self.name!r} needs at least one point, got none")


def _json(path: Path) -> Any:
    """The content of a file; None where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _metrics(model: str) -> dict[str, Any] | None:
    metrics: dict[str, Any] | None = _json(WEIGHTS / model / "metrics.json")
    return metrics


def _of_these_weights(model: str, file: str) -> dict[str, Any] | None:
    """What was measured of the weights at hand; None where it is missing, or was measured of others."""
    content, config = _json(WEIGHTS / model / file), _json(WEIGHTS / model / "config.json")
    return content if content and config and content.get("weights_sha256") == config["weights_sha256"] else None


def explanations() -> dict[str, dict[str, Any]]:
    """How faithful each model's explanations are: model -> what ``training.evaluate_explanations`` wrote of the weights
    at hand.
    """
    return {name: found for name in VISION if (found := _of_these_weights(name, "explanations.json"))}


def reasoning() -> dict[str, Any] | None:
    """Whether ProtoViT's reasoning holds: what ``training.evaluate_reasoning`` wrote; None where it was never run with
    the weights at hand.
    """
    return _of_these_weights("protovit", "reasoning.json")


def remedies() -> list[dict[str, Any]]:
    """What each change that makes ProtoViT's boxes matter costs: ``{"remedy", "accuracy", "inside", "outside",
    "photos"}`` each, ``photos`` being those that the two before it were measured on; in the order in which they were
    made; empty where it was never measured. They are those of networks that learnt for this alone, whatever the weights
    at hand.
    """
    return _json(WEIGHTS / "protovit" / "remedies.json") or []


def calibrations() -> dict[str, dict[str, Any]]:
    """What ``training.calibrate`` wrote for the weights at hand: model -> thresholds, and what they are worth."""
    return {name: found for name in VISION if (found := _of_these_weights(name, "calibration.json"))}


def stages() -> list[dict[str, Any]]:
    """ProtoViT on validation after each stage of its training; empty where it left no record."""
    steps: list[dict[str, Any]] = _record("protovit").get("steps", [])
    return steps


def vision() -> list[dict[str, Any]]:
    """One row a shipped image classifier, measured on the same test photos; None for what was not measured."""
    measured = {name: metrics for name in VISION if (metrics := _metrics(name))}
    return [
        {"model": name}
        | {key: metrics.get(key) for key in ROW}
        | {"train_images": _train_images(name), "epochs": _epochs(name, metrics), "source": "measured"}
        for name, metrics in measured.items()
    ]


def published() -> list[dict[str, Any]]:
    """What others reported: accuracy, macro_f1 (or None); ``images``, and how many each part of the split holds where
    that was said (``parts``: to train, validate, test); model, split and source in each language.
    """
    return _json(PUBLISHED) or []


def _reported() -> list[dict[str, Any]]:
    """The published figures as rows of the same keys as the measured ones, in English."""
    return [
        {"model": f"{row['model']['en']} (reported)"}
        | {key: row.get(key) for key in ROW}
        | {"split": row["split"]["en"], "source": row["source"]["en"]}
        for row in published()
    ]


def evaluation() -> dict[str, Any]:
    """What ``training.evaluate`` wrote: pairs, failures, copies, cross-validation; empty where it was never run."""
    return _json(RESULTS) or {}


def changed_since() -> list[str]:
    """The models whose weights are not those that ``results.json`` was measured with."""
    evaluated = evaluation().get("models", {})
    shipped = {name: config for name in VISION if (config := _json(WEIGHTS / name / "config.json"))}
    return [
        name
        for name, config in shipped.items()
        if config["weights_sha256"] != evaluated.get(name, {}).get("weights_sha256")
    ]


def training_recipe(model: str) -> dict[str, Any]:
    """The hyperparameters a model was trained with, as its training wrote them; empty where it left no record."""
    recipe: dict[str, Any] = _record(model).get("recipe", {})
    return recipe


def refitted() -> list[str]:
    """The models that learnt once more, from the validation photos too: for the epochs chosen on these before, or for
    those that :func:`epochs_are_fixed`.
    """
    return [name for name in VISION if _record(name).get("arguments", {}).get("refit", False)]


def epochs_are_fixed(model: str) -> bool:
    """Whether a model learnt for as many epochs as its recipe says, whatever the validation photos said of it: each of
    its stages bears as many epochs without a better loss as it has.
    """
    stages = training_recipe(model).get("stages", {}).values()
    schedules = [stage.get("schedule") for stage in stages]
    return bool(schedules) and all(known and known["patience"] >= known["epochs"] for known in schedules)


def distilled_encoders() -> dict[str, list[str]]:
    """The models whose encoder was taught without labels, each with the networks that taught it."""
    return {name: teachers for name in VISION if (teachers := _record(name).get("taught_by", []))}


def learning_curves() -> dict[str, tuple[Phase, ...]]:
    """Each model's learning curves, phase by phase, as its training wrote them."""
    found = {name: _phases(_record(name)) for name in VISION}
    return {name: phases for name, phases in found.items() if phases}


def curves(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Phase -> its epochs, in their order, of what a training left beside the weights; those learnt anew come last."""
    return {name: rows for name, rows in record.items() if name.endswith("curves") and rows}


def _train_images(model: str) -> int | None:
    """How many pictures a model learnt from: those of validation too where it learnt anew with the epochs chosen."""
    record = _record(model)
    counts, is_refit = record.get("photos", {}), record.get("arguments", {}).get("refit", False)
    return counts["train"] + counts["val"] * is_refit if counts else None


def _epochs(model: str, metrics: Mapping[str, Any]) -> int | None:
    """How many epochs the weights learnt for in the last phase, which is that of the second training where they learnt
    anew; as it was measured where no curve is left.
    """
    phases = list(curves(_record(model)).values())
    epochs: int | None = phases[-1][-1]["epoch"] if phases else metrics.get("epochs")
    return epochs


def _record(model: str) -> dict[str, Any]:
    """What a training left beside the weights; empty where it left nothing."""
    return _json(WEIGHTS / model / "training.json") or {}


def _phases(record: Mapping[str, Any]) -> tuple[Phase, ...]:
    """The learning curves of a record; what was learnt anew with the epochs already chosen is left out."""
    return tuple(
        Phase(
            name,
            tuple(
                Point(row["epoch"], row.get("train_loss"), row.get("val_loss"), row.get("val_accuracy")) for row in rows
            ),
        )
        for name, rows in curves(record).items()
        if not name.startswith("refit")
    )


def credit() -> dict[str, Any]:
    """The credit model's figures, measured out of fold; empty where they are missing or damaged."""
    metrics = credit_metrics()
    try:
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
            "rows": metrics["data"]["rows"],
            "default_rate": metrics["data"]["default_rate"],
            "features": metrics["data"]["features"],
            "validation": metrics["validation"],
            "train_seconds": metrics["run"]["seconds"],
            "source": "measured",
        }
    except (KeyError, TypeError):
        return {}


def credit_metrics() -> dict[str, Any]:
    """All that was measured of the credit model, groups of clients included; empty where it is missing or damaged."""
    return _metrics("credit") or {}


def credit_search() -> dict[str, Any] | None:
    """The searches for the credit model's features and parameters: what ``training.search_credit`` wrote."""
    search: dict[str, Any] | None = _json(WEIGHTS / "credit" / "search.json")
    return search


def portfolio() -> dict[str, Any] | None:
    """How near the synthetic clients are to the real ones: what ``training.evaluate_portfolio`` wrote."""
    portfolio: dict[str, Any] | None = _json(PORTFOLIO)
    return portfolio


def results() -> dict[str, Any]:
    """Everything in the form that programs receive: measured rows first, then those that others reported."""
    return {"vision": [*vision(), *_reported()], "credit": credit()}
