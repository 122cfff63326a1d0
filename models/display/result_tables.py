"""The measured figures as tables, each with the number of rows it was measured on."""

from __future__ import annotations

from typing import Any

from models.display.html import Table
from models.texts import Texts


def _interval(value: float, interval: list[float], texts: Texts, as_percent: bool) -> str:
    write = texts.percent if as_percent else lambda number: texts.number(number, 3)
    return f"{write(value)} [{write(interval[0])}\u2013{write(interval[1])}]"


def vision_table(rows: list[dict[str, Any]], texts: Texts) -> Table:
    """One row a classifier; the best accuracy in bold."""
    names = ("model", "accuracy", "macro_f1", "test_images", "catalogue", "parameters", "latency", "training")
    best = max((row["accuracy"] for row in rows), default=0)
    return Table(
        texts("results.vision.caption"),
        tuple(texts(f"results.vision.{name}") for name in names),
        tuple(
            (
                texts(f"images.models.{row['model']}"),
                _interval(row["accuracy"], row["accuracy_ci95"], texts, as_percent=True),
                texts.number(row["macro_f1"], 3),
                texts.number(row["test_images"]),
                _catalogue(row["catalogue"], texts),
                texts.number(row["parameters"] / 1e6, 1) + " M",
                texts.number(row["latency_ms_p50"], 0) + " ms",
                texts.number(row["train_seconds"]) + " s",
            )
            for row in rows
        ),
        frozenset(place for place, row in enumerate(rows) if row["accuracy"] == best),
    )


def _catalogue(measured: dict[str, Any], texts: Texts) -> str:
    """Accuracy on the rendered pictures, with a mark where the model was trained on them."""
    share = f"{texts.percent(measured['accuracy'])} ({texts.number(measured['images'])})"
    return share + (" *" if measured["learnt_from"] else "")


def class_table(rows: list[dict[str, Any]], texts: Texts) -> Table:
    """F1 of each class by each classifier."""
    classes = list(rows[0]["per_class_f1"]) if rows else []
    return Table(
        texts("results.classes.caption"),
        (texts("images.class"), *(texts(f"images.models.{row['model']}") for row in rows)),
        tuple(
            (texts(f"images.classes.{name}"), *(texts.number(row["per_class_f1"][name], 3) for row in rows))
            for name in classes
        ),
    )


def explanation_table(measured: dict[str, dict[str, Any]], texts: Texts) -> Table:
    """One row a model and method: faithfulness with intervals, and likeness to the map of shuffled weights."""
    names = ("method", "deletion", "insertion", "road", "shuffled", "photos")

    def figure(found: dict[str, Any] | None) -> str:
        return _interval(found["mean"], found["ci95"], texts, as_percent=False) if found else "\u2013"

    return Table(
        texts("results.explanations.caption"),
        tuple(texts(f"results.explanations.{name}") for name in names),
        tuple(
            (
                f"{texts(f'images.models.{model}')}, {texts(f'images.methods.{method}')}",
                figure(found["deletion"]),
                figure(found["insertion"]),
                figure(found["road"]),
                figure(found["likeness_to_shuffled_weights"]),
                texts.number(figures["photos"]),
            )
            for model, figures in measured.items()
            for method, found in figures["methods"].items()
        ),
    )


def credit_table(figures: dict[str, Any], texts: Texts) -> Table:
    """The credit model's figures; all from the same rows."""
    rows = texts.number(figures["rows"])

    def plain(name: str, digits: int = 3) -> tuple[str, str, str]:
        return texts(f"results.credit.{name}"), texts.number(figures[name], digits), rows

    def banded(name: str) -> tuple[str, str, str]:
        value = _interval(figures[name], figures[f"{name}_ci95"], texts, as_percent=False)
        return texts(f"results.credit.{name}"), value, rows

    return Table(
        texts("results.credit.caption"),
        (texts("results.credit.figure"), texts("results.credit.value"), texts("results.credit.rows")),
        (
            banded("auc"),
            banded("pr_auc"),
            plain("gini"),
            plain("ks"),
            plain("brier", 4),
            plain("ece", 4),
            (texts("credit.cutoff"), texts.percent(figures["threshold"]), rows),
        ),
    )


def portfolio_table(measured: dict[str, Any], texts: Texts) -> Table:
    """How near the synthetic clients are to the real ones, and that none copies one."""
    found = measured["portfolio"]
    near, between = (found["privacy"][name] for name in ("distance_to_real", "distance_between_real"))
    rows = (
        ("largest", texts.number(found["columns"]["largest"], 3)),
        ("mean", texts.number(found["columns"]["mean"], 3)),
        ("scores", texts.number(found["scores"]["ks"], 3)),
        ("correlations", texts.number(found["correlations"]["mean"], 3)),
        ("copies", texts.number(found["privacy"]["exact_copies"])),
        ("closest", f"{texts.number(near['quantile_05'], 2)} ({texts.number(between['quantile_05'], 2)})"),
        ("median", f"{texts.number(near['median'], 2)} ({texts.number(between['median'], 2)})"),
    )
    counts = f"{texts.number(found['rows'])} / {texts.number(measured['real_rows'])}"
    return Table(
        texts("results.portfolio.caption"),
        (texts("results.credit.figure"), texts("results.credit.value"), texts("results.portfolio.rows")),
        tuple((texts(f"results.portfolio.{name}"), value, counts) for name, value in rows),
    )
