"""The whole audit as a PDF, for a validator to file."""

from __future__ import annotations

import math
from datetime import datetime
from importlib.metadata import version

from models.credit.audit import COMMANDS, Audit
from models.credit.features import FEATURES, sources
from models.credit.wording import label, scaled
from models.display.common.html import Table
from models.display.common.pdf import Axis, Block, Chart, Document, Grid, Items, Line, Paragraph, Section
from models.display.credit.audit_charts import alternatives_table, fairness, without_age
from models.display.credit.tables import confusion_table, cut_off_sentence
from models.texts import Texts

TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def audit_document(audit: Audit, figures: Table, texts: Texts, made: datetime) -> bytes:
    """The audit at a cut-off: purpose, figures, calibration, cost, groups, reasons in general, origin.

    Args:
        audit: what it says.
        figures: the model's figures, as the page shows them.
        texts: its language.
        made: when it is dated.
    """
    metrics = audit.metrics
    folds = texts("audit.folds", folds=texts.number(len(metrics["figures"]["roc_auc_folds"])))
    sections = (
        Section(texts("audit.purpose.heading"), _purpose(audit, texts)),
        Section(texts("audit.figures"), (Paragraph(folds), _grid(figures))),
        Section(texts("audit.curves"), (_curve(audit, "roc", texts), _curve(audit, "pr", texts))),
        Section(texts("audit.calibration.heading"), (_calibration(audit, texts), _cost(audit, texts))),
        Section(texts("audit.calibration.caption"), (_bins(audit, texts),)),
        Section(texts("audit.cost.heading"), _cut_offs(audit, texts)),
        Section(texts("audit.groups"), _groups(audit, texts)),
        Section(texts("audit.reasons.heading"), _reasons(audit, texts)),
        Section(texts("audit.origin.heading"), _origin(audit, texts)),
    )
    date = texts.date(made)
    return Document(
        texts.language,
        texts("audit.title"),
        texts("letter.sender"),
        (date, texts("audit.version", version=audit.sha256["model"][:12])),
        (),
        sections,
        texts("letter.footer"),
        texts("letter.page", page="{page}", pages="{pages}"),  # the document fills them in
    ).pdf(made)


def _grid(table: Table, widths: tuple[float, ...] = ()) -> Grid:
    return Grid(table.caption, table.head, table.rows, widths)


def _purpose(audit: Audit, texts: Texts) -> tuple[Block, ...]:
    data, config = audit.metrics["data"], audit.config
    # of sums that ratios are made of nothing can be said "all else equal": with an instalment its share of the income
    # changes, and how long it is paid
    read = [source for name in config["features"] for source in sources(name)]
    alone = {
        name: way for name, way in config["monotone"].items() if all(read.count(one) == 1 for one in sources(name))
    }
    # as people read them: days count backwards
    ways = {name: way * math.copysign(1, scaled(name, 1.0)) for name, way in alone.items()}
    told = [
        texts(f"audit.purpose.{key}", names=texts.series(label(name, texts) for name in ways if ways[name] == way))
        for way, key in ((1, "rising"), (-1, "falling"))
    ]
    made = texts(
        "audit.purpose.made",
        trees=texts.number(config["training"]["trees"]),
        features=texts.number(data["features"]),
        columns=texts.number(data["columns_used"]),
        groups=texts.number(len(set(config["groups"].values()))),
        rows=texts.number(data["rows"]),
        rate=texts.percent(data["default_rate"], 2),
    )
    words = [texts("audit.purpose.task"), made, *told, texts("audit.purpose.sex"), texts("audit.purpose.not_for")]
    return tuple(Paragraph(text) for text in words)


def _curve(audit: Audit, kind: str, texts: Texts) -> Chart:
    band = audit.metrics[kind]
    lines = [
        *(Line(tuple(zip(band["x"], band[end], strict=True)), "edge") for end in ("low", "high")),
        Line(tuple(zip(band["x"], band["y"], strict=True))),
    ]
    if kind == "roc":
        lines.insert(0, Line(((0.0, 0.0), (1.0, 1.0)), "guide"))
    ticks = tuple((place, texts.number(place, 1)) for place in TENTHS)
    name = texts(f"credit.audit.{kind}_title")
    return Chart(
        name,
        texts(f"charts.{kind}"),
        Axis(texts(f"credit.audit.{kind}_x"), 1.0, ticks),
        Axis(texts(f"credit.audit.{kind}_y"), 1.0, ticks),
        tuple(lines),
    )


def _calibration(audit: Audit, texts: Texts) -> Chart:
    bins = audit.metrics["calibration"]
    top, ticks = _shares(max(part["high"] for part in bins), texts)
    points = tuple((part["predicted"], part["observed"]) for part in bins)
    return Chart(
        texts("credit.audit.calibration_title"),
        texts("charts.calibration"),
        Axis(texts("credit.audit.predicted"), top, ticks),
        Axis(texts("credit.audit.observed"), top, ticks),
        (Line(((0.0, 0.0), (top, top)), "guide"), Line(points), Line(points, "mark")),
    )


def _cost(audit: Audit, texts: Texts) -> Chart:
    policy, cut_off = audit.policy, audit.cut_off
    costs = policy.costs(cut_off.cost_ratio)
    top, ticks = _shares(max(0.5, 1.5 * cut_off.threshold), texts)
    shown = [place for place, threshold in enumerate(policy.thresholds) if threshold <= top]
    points = tuple((float(policy.thresholds[place]), float(costs[place])) for place in shown)
    highest = max(cost for _, cost in points)
    heights = tuple((share * highest, texts.number(share * highest, 2)) for share in (0.0, 0.5, 1.0))
    return Chart(
        texts("credit.audit.cost_title"),
        texts("charts.cost", threshold=texts.percent(cut_off.threshold), cost=texts.number(cut_off.cost, 3)),
        Axis(texts("credit.cutoff"), top, ticks),
        Axis(texts("credit.audit.cost"), highest, heights),
        (Line(points), Line(((cut_off.threshold, cut_off.cost),), "mark")),
    )


def _shares(highest: float, texts: Texts) -> tuple[float, tuple[tuple[float, str], ...]]:
    """The top of an axis of shares that holds the highest, and its ticks: at most six round steps."""
    step = next(step for step in (0.05, 0.1, 0.2) if highest / step <= 6 or step == 0.2)
    count = min(int(highest / step) + 1, round(1 / step))
    return count * step, tuple((step * place, texts.percent(step * place, 0)) for place in range(count + 1))


def _bins(audit: Audit, texts: Texts) -> Grid:
    return Grid(
        "",
        (
            texts("credit.audit.predicted"),
            texts("credit.audit.observed"),
            texts("charts.interval"),
            texts("credit.audit.count"),
        ),
        tuple(
            (
                texts.percent(part["predicted"], 2),
                texts.percent(part["observed"], 2),
                texts.between(texts.percent(part["low"], 2), texts.percent(part["high"], 2)),
                texts.number(part["count"]),
            )
            for part in audit.metrics["calibration"]
        ),
    )


def _cut_offs(audit: Audit, texts: Texts) -> tuple[Block, ...]:
    ratio, refused, defaults = (texts(f"audit.cost.{name}") for name in ("ratio", "refused", "defaults"))
    others = Grid(
        texts("audit.cost.caption"),
        (ratio, texts("credit.cutoff"), refused, defaults, texts("credit.audit.without.cost")),
        tuple(
            (
                texts.plain(one["cost_ratio"]),
                texts.percent(one["threshold"]),
                texts.percent(one["refused_share"]),
                texts.percent(one["default_rate_granted"], 2),
                texts.number(one["cost_per_loan"], 3),
            )
            for one in audit.metrics["cutoffs"]
        ),
    )
    cut_off = audit.cut_off
    return Paragraph(cut_off_sentence(cut_off, texts)), _grid(confusion_table(cut_off, texts)), others


def _groups(audit: Audit, texts: Texts) -> tuple[Block, ...]:
    metrics, threshold = audit.metrics, audit.cut_off.threshold
    blocks: list[Block] = [Paragraph(texts("credit.audit.fair_explain"))]
    widths = (0.7, 0.8, 1.9, 0.8, 1.9, 0.8, 1.9)
    blocks += [_grid(fairness(metrics, key, threshold, texts), widths) for key in metrics["groups"]]
    if table := alternatives_table(metrics, texts):
        blocks += [_grid(table, (2.2, 0.9, 2.2, 1, 1.1, 1.1)), Paragraph(without_age(metrics, texts))]
    return tuple(blocks)


def _reasons(audit: Audit, texts: Texts) -> tuple[Block, ...]:
    importance = audit.metrics["importance"]
    ranked = sorted(importance["mean_absolute"].items(), key=lambda item: -item[1])
    table = Grid(
        "",
        (texts("credit.why.feature"), texts("audit.reasons.group"), texts("credit.global.mean_absolute")),
        tuple(
            (label(name, texts), texts(f"credit.groups.{FEATURES[name].group}"), texts.number(value, 4))
            for name, value in ranked
        ),
        (2, 2, 1.2),
    )
    return Paragraph(texts("audit.reasons.read", rows=texts.number(importance["rows"]))), table


def _origin(audit: Audit, texts: Texts) -> tuple[Block, ...]:
    metrics = audit.metrics
    rows = [
        (texts("audit.origin.weights"), audit.sha256["model"]),
        (texts("audit.origin.portfolio"), audit.sha256["portfolio"]),
    ]
    if digest := metrics["data"].get("sha256"):
        rows.append((texts("audit.origin.training"), digest))
    rows += [
        (texts("audit.origin.lightgbm"), metrics["run"].get("lightgbm", "\u2013")),
        (texts("audit.origin.lightgbm_now"), version("lightgbm")),
        ("SHAP", version("shap")),
        ("scikit-learn", metrics["run"].get("scikit_learn", "\u2013")),
    ]
    heads = (texts("audit.origin.what"), texts("audit.origin.value"))
    return (
        Grid(texts("audit.origin.caption"), heads, tuple(rows), (1, 2.4)),
        Paragraph(texts("audit.origin.commands")),
        Items(COMMANDS, numbered=True),
    )
