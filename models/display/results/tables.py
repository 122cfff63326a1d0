"""The measured figures as tables, each with the number of rows it was measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from models.display.common.html import Table, render
from models.display.common.names import class_name, machine_name, model_name
from models.display.common.sortable import sortable
from models.display.common.spreadsheet import save_csv
from models.display.results.style import interval, maybe
from models.texts import Texts

# columns of the comparison: key of a row, what a reader's unit makes of it, decimals
NUMBERS: tuple[tuple[str, float, int], ...] = (
    ("accuracy", 100, 1),
    ("macro_f1", 1, 3),
    ("top2_accuracy", 100, 1),
    ("ece", 1, 3),
    ("parameters", 1e-6, 1),
    ("weights_bytes", 1e-6, 1),
    ("train_images", 1, 0),
    ("train_seconds", 1, 0),
    ("epochs", 1, 0),
    ("latency_ms_p50", 1, 1),
    ("latency_ms_p95", 1, 1),
    ("peak_memory_mb", 1, 0),
)


def comparison(rows: Sequence[dict[str, Any]], texts: Texts) -> pd.DataFrame:
    """One row a classifier, numbers as numbers so that a column sorts; the interval stands beside its figure."""
    frame = pd.DataFrame({texts("results.vision.model"): [model_name(row["model"], texts) for row in rows]})
    for key, factor, digits in NUMBERS:
        values = [None if row[key] is None else round(row[key] * factor, digits) for row in rows]
        frame[texts(f"results.vision.{key}")] = pd.array(values, dtype="Float64")
        if f"{key}_ci95" in rows[0]:
            bounds = [row[f"{key}_ci95"] for row in rows]
            frame[texts(f"results.vision.{key}_ci95")] = [
                maybe(pair, lambda pair, f=factor, d=digits: texts.between(*(texts.number(x * f, d) for x in pair)))
                for pair in bounds
            ]
    frame[texts("results.vision.test_images")] = [row["test_images"] for row in rows]
    frame[texts("results.vision.catalogue")] = [_catalogue(row["catalogue"], texts) for row in rows]
    frame[texts("results.vision.machine")] = [_machine(row["machine"], texts) for row in rows]
    frame[texts("results.vision.latency_machine")] = [_machine(row["latency_machine"], texts) for row in rows]
    return frame


def comparison_table(frame: pd.DataFrame, texts: Texts) -> str:
    """The comparison in HTML."""
    digits = {texts(f"results.vision.{key}"): digits for key, _, digits in NUMBERS}
    digits[texts("results.vision.test_images")] = 0
    return sortable(frame, texts("results.vision.caption"), texts, digits)


def save_comparison(frame: pd.DataFrame, folder: Path, texts: Texts) -> Path:
    """The comparison as a CSV file in a folder of the caller's, as spreadsheets of the language take it."""
    return save_csv(frame, folder / "comparison.csv", texts)


def _machine(written: str | None, texts: Texts) -> str:
    return maybe(written, lambda name: machine_name(name, texts))


def _catalogue(measured: Mapping[str, Any] | None, texts: Texts) -> str:
    """Accuracy on the rendered pictures, with a mark where the model was trained on them."""
    if not measured or measured["accuracy"] is None:
        return "\u2013"
    return texts.percent(measured["accuracy"]) + (" *" if measured["learnt_from"] else "")


def published_table(rows: Sequence[dict[str, Any]], texts: Texts) -> Table:
    """What others reported, each figure with the split it comes from."""
    return Table(
        texts("results.published.caption"),
        tuple(texts(f"results.published.{name}") for name in ("model", "accuracy", "macro_f1", "split", "source")),
        tuple(
            (
                row["model"][texts.language],
                texts.percent(row["accuracy"], 2 if round(row["accuracy"] * 1e4) % 100 else 0),
                maybe(row["macro_f1"], lambda value: texts.number(value, 2)),
                row["split"][texts.language],
                row["source"][texts.language],
            )
            for row in rows
        ),
    )


def confusions(rows: Sequence[dict[str, Any]], texts: Texts) -> str:
    """The confusion matrices side by side as HTML tables, shaded on one scale."""
    most = max(count for row in rows for line in row["confusion"] for count in line)
    classes = [class_name(name, texts) for name in rows[0]["per_class_f1"]]
    return render(
        "confusions",
        matrices=[(model_name(row["model"], texts), row["confusion"]) for row in rows],
        classes=classes,
        most=most,
        true=texts("results.confusion.true"),
        caption=texts("results.confusion.caption"),
        colon=texts.conventions.colon,
    )


def confused_table(rows: Sequence[dict[str, Any]], texts: Texts, shown: int = 3) -> Table:
    """Each model's most frequent confusions in words."""
    table: list[tuple[str, ...]] = []
    for row in rows:
        names = list(row["per_class_f1"])
        found = [
            (count, names[place], names[taken])
            for place, counts in enumerate(row["confusion"])
            for taken, count in enumerate(counts)
            if place != taken and count
        ]
        table += [
            (model_name(row["model"], texts), class_name(true, texts), class_name(taken, texts), texts.number(count))
            for count, true, taken in sorted(found, key=lambda item: -item[0])[:shown]
        ]
    heads = ("model", "true", "taken", "photos")
    return Table(
        texts("results.confusion.most"), tuple(texts(f"results.confusion.{name}") for name in heads), tuple(table)
    )


def failures_table(failures: Sequence[dict[str, Any]], models: Sequence[str], texts: Texts) -> Table:
    """Photos that no model gets right: file name, category, and what each took it for."""
    return Table(
        texts("results.failures.caption"),
        (
            texts("results.failures.image"),
            texts("images.class"),
            *(model_name(model, texts) for model in models),
        ),
        tuple(
            (
                row["image"],
                class_name(row["category"], texts),
                *(class_name(row["answers"][model], texts) for model in models),
            )
            for row in failures
        ),
    )


def explanation_table(measured: dict[str, dict[str, Any]], texts: Texts) -> Table:
    """One row a model and method: faithfulness with intervals, and likeness to the map of shuffled weights."""
    names = ("method", "deletion", "insertion", "road", "shuffled", "photos")

    def figure(found: dict[str, Any] | None) -> str:
        return interval(found["mean"], found["ci95"], texts, as_percent=False) if found else "\u2013"

    def likeness(found: dict[str, Any] | None) -> str:
        return texts("results.explanations.empty") if found and found["ci95"] == [0, 0] else figure(found)

    return Table(
        texts("results.explanations.caption"),
        tuple(texts(f"results.explanations.{name}") for name in names),
        tuple(
            (
                f"{texts(f'images.models.{model}')}, {texts(f'images.methods.{method}')}",
                figure(found["deletion"]),
                figure(found["insertion"]),
                figure(found["road"]),
                likeness(found["likeness_to_shuffled_weights"]),
                texts.number(found["photos"]),
            )
            for model, figures in measured.items()
            for method, found in figures["methods"].items()
        ),
    )


def credit_table(figures: dict[str, Any], texts: Texts, threshold: float | None = None) -> Table:
    """The credit model's figures; all from the same rows.

    Args:
        figures: as :func:`models.results.credit` gives them.
        texts: the language.
        threshold: the cut-off in use; None for the usual one.
    """
    rows = texts.number(figures["rows"])

    def plain(name: str, digits: int = 3) -> tuple[str, str, str]:
        return texts(f"results.credit.{name}"), texts.number(figures[name], digits), rows

    def banded(name: str) -> tuple[str, str, str]:
        value = interval(figures[name], figures[f"{name}_ci95"], texts, as_percent=False)
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
            (texts("credit.cutoff"), texts.percent(figures["threshold"] if threshold is None else threshold), rows),
        ),
    )


# columns of the search: key of a trial, decimals
TRIED: tuple[tuple[str, int], ...] = (
    ("auc", 4),
    ("features", 0),
    ("rounds", 0),
    ("num_leaves", 0),
    ("min_data_in_leaf", 0),
    ("lambda_l2", 1),
    ("feature_fraction", 2),
    ("bagging_fraction", 2),
)


def search_table(searched: Mapping[str, Any], texts: Texts) -> str:
    """Every setting of the credit model that was tried, in HTML; its own search's choice is marked."""
    rows = []
    for one in searched["searches"]:
        best = max(trial["auc"] for trial in one["trials"])
        everything = one["fold"] is None
        name = texts("results.search.all") if everything else texts("results.search.without", fold=one["fold"] + 1)
        for trial in one["trials"]:
            chosen = trial["auc"] == best
            rows.append(
                {
                    texts("results.search.rows"): f"{name}, {trial['trial']}",
                    **{texts(f"results.search.{key}"): trial[key] for key, _ in TRIED},
                    texts("results.search.held_out"): one.get("roc_auc") if chosen else None,
                    texts("results.search.chosen"): texts("results.search.yes") if chosen else None,
                }
            )
    digits = {texts(f"results.search.{key}"): places for key, places in (*TRIED, ("held_out", 4))}
    return sortable(pd.DataFrame(rows), texts("results.search.caption"), texts, digits)


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


def failure_caption(row: Mapping[str, Any], texts: Texts) -> str:
    """A rendered picture's category, and who took it for what."""
    wrong = [
        f"{model_name(model, texts)} \u2192 {class_name(answer, texts)}"
        for model, answer in row["answers"].items()
        if answer != row["category"]
    ]
    return texts.pair(class_name(row["category"], texts), ", ".join(wrong))
