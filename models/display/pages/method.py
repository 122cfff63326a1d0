"""The method note: how everything was measured, in sections whose numbers are read from the files of the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from models import results
from models.credit.counterfactual import DURATIONS, FURTHER, LARGEST_STEP, MOST, SUMS
from models.display.common.chart import described, share_ticks
from models.display.common.html import Table
from models.display.common.names import class_name, machine_name, model_name
from models.display.common.palette import NEUTRAL, base_figure
from models.display.pages.equations import EQUATIONS
from models.display.results import faithfulness, findings, protocol_charts, reasoning_tables
from models.display.results.charts import LEGEND
from models.display.results.style import look, maybe
from models.texts import Texts
from models.vision.rise import MASKS

UNKNOWN = "\u2013"  # a figure whose file is missing


@dataclass(frozen=True)
class Section:
    """A part of the note.

    Attributes:
        title: heading.
        text: Markdown with LaTeX between dollars.
        table: beside it, if any.
        figure: likewise.
    """

    title: str
    text: str
    table: Table | None = None
    figure: go.Figure | None = None


def sections(texts: Texts) -> tuple[Section, ...]:
    """The whole note in one language."""
    evaluation, rows = results.evaluation(), results.vision()
    known = facts(texts)
    beside: dict[str, Callable[[], dict[str, Any]]] = {
        "data": lambda: {"table": photos_table(evaluation, texts)},
        "leak": lambda: {"figure": protocol_charts.leak(evaluation["leak"], texts)},
        "metrics": lambda: {"figure": reliability(rows, texts)},
    }
    remedies = results.remedies()
    return tuple(
        Section(
            texts(f"method.{name}.title"),
            texts(f"method.{name}.text", **known),
            **(beside[name]() if name in beside and evaluation else {}),
            **({"table": reasoning_tables.remedy_table(remedies, texts)} if name == "protovit" and remedies else {}),
        )
        for name in (
            "data",
            "leak",
            "convnets",
            "protovit",
            "stages",
            "metrics",
            "protocols",
            "explanations",
            "credit",
            "proposals",
            "limits",
            "ethics",
            "reproduce",
            "sources",
        )
    )


def facts(texts: Texts) -> dict[str, str]:
    """Every number and equation that the note may name, written in its language."""
    return {
        **EQUATIONS,
        **_data_facts(texts),
        **_training_facts(texts),
        **_protovit_facts(texts),
        **_credit_facts(texts),
        **_proposal_facts(texts),
    }


def _data_facts(texts: Texts) -> dict[str, str]:
    evaluation = results.evaluation()
    photos = evaluation.get("photos", {})
    found = evaluation.get("leak", {})
    known = {split: maybe(sum(photos[split]) if photos else None, texts.number) for split in ("train", "val", "test")}
    known["photos"] = maybe(found.get("photos"), texts.number)
    known["draws"] = maybe(found.get("draws"), texts.number)
    known["resamples"] = maybe(evaluation.get("resamples"), texts.number)
    for kind in ("identical", "near"):
        copies = found.get(kind, {})
        known[f"{kind}_photos"] = maybe(copies.get("photos"), texts.number)
        known[f"{kind}_groups"] = maybe(copies.get("groups"), texts.number)
        known[f"{kind}_share"] = maybe(copies.get("random_share"), texts.percent)
        known[f"{kind}_splits"] = maybe(copies.get("splits_with_one"), lambda share: texts.percent(share, 0))
        known[f"{kind}_fixed"] = maybe(copies.get("fixed_test_photos"), texts.number)
    counted = [found.get(kind, {}).get("photos") for kind in ("near", "identical")]
    known["near_more"] = UNKNOWN if None in counted else texts.number(counted[0] - counted[1])
    known["published_splits"] = findings.published_splits(results.published(), texts)
    return known | _split_facts(evaluation.get("splits", {}), texts)


def _split_facts(splits: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """What the leak is worth, beside what the draw of a split is worth, in points; signed as it changes a figure."""
    drawn, cleaned = splits.get("random", {}), splits.get("cleaned", {})
    gaps = [cleaned[name]["accuracy"] - found["accuracy"] for name, found in drawn.items()]
    deviations = [found["deviation"] for found in drawn.values()]
    known = {
        "gap_low": maybe(min(gaps, key=abs, default=None), lambda gap: texts.signed(100 * gap, 1)),
        "gap_high": maybe(max(gaps, key=abs, default=None), lambda gap: texts.signed_points(gap, 1)),
        "deviation_low": maybe(min(deviations, default=None), lambda share: texts.number(100 * share, 1)),
        "deviation_high": maybe(max(deviations, default=None), lambda share: texts.points(share, 1)),
        "verdict": UNKNOWN,
    }
    if gaps:
        size = "small" if max(map(abs, gaps)) < max(deviations) else "large"
        known["verdict"] = texts(f"method.verdict.{size}")
    return known


def _training_facts(texts: Texts) -> dict[str, str]:
    """What the two convolutional networks were trained with."""
    rows = {row["model"]: row for row in results.vision()}
    widths = [100 * (row["accuracy_ci95"][1] - row["accuracy_ci95"][0]) for row in rows.values()]
    known = {"interval": maybe(sum(widths) / len(widths) if widths else None, texts.number)}
    for model in ("vgg16", "yolov8"):
        recipe, row = results.training_recipe(model), rows.get(model, {})
        known |= {
            f"{model}_pixels": maybe(recipe.get("preprocessing", {}).get("size"), texts.number),
            f"{model}_parameters": maybe(
                row.get("parameters"), lambda count: texts.count("method.millions", count / 1e6, 1)
            ),
            f"{model}_views": maybe(recipe.get("views"), texts.number),
            f"{model}_head_rate": maybe(recipe.get("head_rate"), lambda rate: _rate(rate, texts)),
            f"{model}_rate": maybe(recipe.get("rate"), lambda rate: _rate(rate, texts)),
            f"{model}_epochs": maybe(row.get("epochs"), texts.number),
        }
    for model in results.VISION:
        row = rows.get(model, {})
        known[f"{model}_seconds"] = maybe(row.get("train_seconds"), texts.number)
        known[f"{model}_machine"] = maybe(row.get("machine"), lambda name: machine_name(name, texts))
    timed = sorted({row["latency_machine"] for row in rows.values() if row.get("latency_machine")})
    known["latency_machine"] = texts.series(machine_name(name, texts) for name in timed) or UNKNOWN
    unchanged = any(row.get("epochs") == 0 for row in rows.values())
    known["no_epoch"] = texts("method.no_epoch") if unchanged else ""
    schedule = results.training_recipe("vgg16").get("schedule", {})
    known["rise_masks"] = texts.number(MASKS)
    known["anew"] = _anew(texts)
    known["same_maps"] = " ".join(faithfulness.same_maps(results.explanations(), texts))
    pupils = [f"{model_name(name, texts)} ({', '.join(found)})" for name, found in results.distilled_encoders().items()]
    known["taught"] = texts("method.taught", pupils=texts.series(pupils)) if pupils else ""
    known["smoothing"] = maybe(schedule.get("smoothing"), lambda value: texts.number(value, 1))
    known["decay"] = maybe(schedule.get("weight_decay"), lambda value: texts.number(value, 2))
    known["average"] = maybe(schedule.get("average"), lambda value: texts.number(value, 2))
    return known


def _anew(texts: Texts) -> str:
    """Which models learnt once more, those whose epochs were chosen apart from those whose epochs are fixed."""
    told = []
    for key, fixed in (("method.anew", False), ("method.anew_fixed", True)):
        names = [name for name in results.refitted() if results.epochs_are_fixed(name) is fixed]
        if names:
            told.append(texts.count(key, len(names), models=", ".join(model_name(name, texts) for name in names)))
    return " ".join(told)


def _protovit_facts(texts: Texts) -> dict[str, str]:
    """What ProtoViT was built and trained with."""
    recipe = results.training_recipe("protovit")
    weights = recipe.get("stages", {}).get("joint", {}).get("weights", {})
    counts = {
        "blocks": recipe.get("encoder", {}).get("model_args", {}).get("depth"),
        "pixels": recipe.get("preprocessing", {}).get("size"),
        "frozen": recipe.get("frozen"),
        "cell": recipe.get("pool"),
        "parts": recipe.get("parts"),
        "pool_size": recipe.get("pool_size"),
        "shown": recipe.get("steps", {}).get("shown"),
    }
    names = (
        "cluster", "separation", "orthogonality", "locality", "deletion", "consistency", "sufficiency", "abstention",
        "necessity", "equivariance", "pool",
    )  # fmt: skip
    terms = {name: weights.get(name) for name in names}
    terms |= {"kappa": recipe.get("concentration")}
    known = {f"protovit_{name}": maybe(value, texts.number) for name, value in counts.items()}
    known["protovit_taught"] = maybe(recipe.get("taught"), lambda share: texts.percent(share, 0))
    return known | {
        f"protovit_{name}": maybe(value, lambda weight: _rate(weight, texts)) for name, value in terms.items()
    }


def _credit_facts(texts: Texts) -> dict[str, str]:
    credit = results.credit()
    return {
        "credit_rows": maybe(credit.get("rows"), texts.number),
        "credit_auc": maybe(credit.get("auc"), lambda value: texts.number(value, 3)),
        "credit_features": maybe(credit.get("features"), texts.number),
        "credit_ratio": maybe(credit.get("cost_ratio"), texts.number),
        "credit_threshold": maybe(credit.get("threshold"), lambda value: texts.percent(round(value, 4), 2)),
    }


def _proposal_facts(texts: Texts) -> dict[str, str]:
    """How far the search for proposals goes."""
    sum_less = 100_000
    near, far = FURTHER[0], FURTHER[-1]
    return {
        "proposal_near": texts.percent(near - 1, 0),
        "proposal_far": texts.percent(far - 1, 0),
        "proposal_sum": texts.number(sum_less),
        "proposal_near_sum": texts.number(near * sum_less),
        "proposal_far_sum": texts.number(far * sum_less),
        "proposal_share": texts.percent(LARGEST_STEP, 0),
        "proposal_sums": texts.number(SUMS),
        "proposal_shortest": texts.number(DURATIONS[0]),
        "proposal_longest": texts.number(DURATIONS[-1]),
        "proposal_most": texts.number(MOST),
    }


def _rate(value: float, texts: Texts) -> str:
    """A learning rate or a weight, with as many decimals as it has: ``0.001``, ``0.00004``, ``6``."""
    digits = next(count for count in range(12) if abs(round(value, count) - value) < 1e-12)
    return texts.number(value, digits)


def photos_table(evaluation: Mapping[str, Any], texts: Texts) -> Table:
    """How many photos of each category each part of the fixed split holds."""
    counts = evaluation["photos"]
    return Table(
        texts("method.photos.caption"),
        (texts("images.class"), *(texts(f"method.photos.{split}") for split in counts)),
        tuple(
            (class_name(name, texts), *(texts.number(rows[place]) for rows in counts.values()))
            for place, name in enumerate(evaluation["classes"])
        ),
    )


def reliability(rows: list[dict[str, Any]], texts: Texts) -> go.Figure:
    """How often each model is right where it is so sure; on the diagonal it is as sure as it should be."""
    figure = base_figure(height=340)
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": NEUTRAL, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    cells = []
    for row in (row for row in rows if row["reliability"]):
        drawn, name = look(row["model"]), model_name(row["model"], texts)
        bins = row["reliability"]
        written = [
            (texts.percent(part["confidence"]), texts.percent(part["accuracy"]), texts.number(part["photos"]))
            for part in bins
        ]
        figure.add_scatter(
            x=[part["confidence"] for part in bins],
            y=[part["accuracy"] for part in bins],
            mode="lines+markers",
            name=name,
            line={"color": drawn.colour, "dash": drawn.dash, "width": 2},
            marker={"symbol": drawn.symbol, "size": 9},
            customdata=written,
            hovertemplate="%{customdata[0]} \u2192 %{customdata[1]} (%{customdata[2]})<extra>%{fullData.name}</extra>",
        )
        cells += [(name, *line) for line in written]
    figure.update_layout(showlegend=True, legend=LEGEND)
    figure.update_xaxes(title_text=texts("method.reliability.confidence"), range=[0, 1], **share_ticks(1, texts))
    figure.update_yaxes(title_text=texts("method.reliability.accuracy"), range=[0, 1.03], **share_ticks(1, texts))
    head = ("model", "confidence", "accuracy", "photos")
    return described(
        figure,
        texts("method.reliability.label"),
        [texts(f"method.reliability.{name}") for name in head],
        cells,
        texts,
    )
