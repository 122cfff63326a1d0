"""The model itself: ROC, precision-recall, calibration, cost, and how groups fare, all out of fold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from models.credit.fairness import Alternative, alternatives, group_rates
from models.credit.policy import CutOff, Policy
from models.display.common.chart import described, share_ticks, thinned
from models.display.common.html import Table
from models.display.common.palette import LOWERS, NEUTRAL, RAISES, base_figure
from models.statistics import Interval
from models.texts import Texts

HEIGHT = 330  # px
FOUR_FIFTHS = 0.8  # a lower ratio to the best-off group is marked


def curve(band: Mapping[str, Any], kind: str, texts: Texts) -> go.Figure:
    """A ROC ("roc") or precision-recall ("pr") curve with its 95 % bootstrap band."""
    figure = base_figure(HEIGHT)
    figure.add_scatter(x=band["x"], y=band["high"], mode="lines", line={"width": 0}, hoverinfo="skip")
    figure.add_scatter(
        x=band["x"],
        y=band["low"],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor="rgba(0,128,191,0.25)",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=band["x"],
        y=band["y"],
        mode="lines",
        line={"color": LOWERS, "width": 2.5},
        hovertemplate=texts.pair("%{x:.2f}", "%{y:.3f}<extra></extra>"),
    )
    if kind == "roc":
        figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip")
    figure.update_xaxes(title_text=texts(f"credit.audit.{kind}_x"), range=[0, 1])
    figure.update_yaxes(title_text=texts(f"credit.audit.{kind}_y"), rangemode="tozero")
    return described(
        figure,
        texts(f"charts.{kind}"),
        (texts(f"credit.audit.{kind}_x"), texts(f"credit.audit.{kind}_y"), texts("charts.interval")),
        [
            (
                texts.number(band["x"][place], 2),
                texts.number(band["y"][place], 3),
                texts.between(texts.number(band["low"][place], 3), texts.number(band["high"][place], 3)),
            )
            for place in thinned(len(band["x"]))
        ],
        texts,
    )


def calibration(bins: list[Mapping[str, float]], texts: Texts) -> go.Figure:
    """Observed default rate against the predicted one, with Wilson intervals."""
    figure = base_figure(HEIGHT)
    predicted, observed = ([part[name] for part in bins] for name in ("predicted", "observed"))
    top = 1.1 * max(part["high"] for part in bins)
    figure.add_scatter(x=[0, top], y=[0, top], mode="lines", line={"color": NEUTRAL, "dash": "dot"}, hoverinfo="skip")
    figure.add_scatter(
        x=predicted,
        y=observed,
        mode="markers+lines",
        marker={"color": LOWERS, "size": 8},
        line={"color": LOWERS, "width": 1},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [part["high"] - part["observed"] for part in bins],
            "arrayminus": [part["observed"] - part["low"] for part in bins],
            "color": NEUTRAL,
        },
        customdata=[[texts.percent(part["predicted"]), texts.percent(part["observed"])] for part in bins],
        hovertemplate=texts.pair("%{customdata[0]}", "%{customdata[1]}<extra></extra>"),
    )
    figure.update_xaxes(title_text=texts("credit.audit.predicted"), **share_ticks(top, texts))
    figure.update_yaxes(title_text=texts("credit.audit.observed"), **share_ticks(top, texts))
    return described(
        figure,
        texts("charts.calibration"),
        (texts("credit.audit.predicted"), texts("credit.audit.observed"), texts("charts.interval")),
        [
            (
                texts.percent(part["predicted"]),
                texts.percent(part["observed"]),
                texts.between(texts.percent(part["low"]), texts.percent(part["high"])),
            )
            for part in bins
        ],
        texts,
    )


def cost(policy: Policy, cut_off: CutOff, texts: Texts) -> go.Figure:
    """Average cost a loan against the cut-off, the cheapest marked."""
    figure = base_figure(HEIGHT)
    shown = policy.thresholds <= max(0.5, 1.5 * cut_off.threshold)
    costs = policy.costs(cut_off.cost_ratio)
    figure.add_scatter(
        x=policy.thresholds[shown],
        y=costs[shown],
        mode="lines",
        line={"color": LOWERS, "width": 2.5},
        customdata=[texts.percent(value) for value in policy.thresholds[shown]],
        hovertemplate=texts.pair("%{customdata}", "%{y:.3f}<extra></extra>"),
    )
    figure.add_scatter(
        x=[cut_off.threshold],
        y=[float(np.min(costs))],
        mode="markers",
        marker={"color": RAISES, "size": 13, "symbol": "diamond"},
        customdata=[texts.percent(cut_off.threshold)],
        hovertemplate=texts.pair("%{customdata}", "%{y:.3f}<extra></extra>"),
    )
    drawn = np.flatnonzero(shown)
    figure.update_xaxes(title_text=texts("credit.cutoff"), **share_ticks(float(policy.thresholds[drawn].max()), texts))
    figure.update_yaxes(title_text=texts("credit.audit.cost"), rangemode="tozero")
    return described(
        figure,
        texts("charts.cost", threshold=texts.percent(cut_off.threshold), cost=texts.number(cut_off.cost, 3)),
        (texts("credit.cutoff"), texts("credit.audit.cost")),
        [
            (texts.percent(float(policy.thresholds[place])), texts.number(float(costs[place]), 3))
            for place in (drawn[index] for index in thinned(len(drawn)))
        ],
        texts,
    )


def fairness(metrics: Mapping[str, Any], key: str, threshold: float, texts: Texts) -> Table:
    """Acceptance and true-positive rates of each group with intervals, and their ratios to the highest."""

    def rate(interval: Interval | None) -> str:
        if interval is None:
            return "\u2013"
        bounds = texts.between(texts.percent(interval.low), texts.percent(interval.high))
        return f"{texts.percent(interval.value)} {bounds}"

    def ratio(value: float | None) -> str:
        if value is None:
            return "\u2013"
        return texts.number(value, 2) + (" \u26a0" if value < FOUR_FIFTHS else "")

    return Table(
        texts(f"credit.audit.fair_{key.lower()}", threshold=texts.percent(threshold)),
        tuple(
            texts(f"credit.audit.{name}")
            for name in ("group", "count", "acceptance", "ratio", "caught", "ratio", "served")
        ),
        tuple(
            (
                texts.get(f"values.{key}.{group.group}", group.group),
                texts.number(group.count),
                rate(group.acceptance),
                ratio(group.acceptance_ratio),
                rate(group.caught),
                ratio(group.caught_ratio),
                rate(group.served),
            )
            for group in group_rates(metrics, key, threshold)
        ),
    )


def alternatives_table(metrics: Mapping[str, Any], texts: Texts) -> Table | None:
    """The model beside itself with the sex and without the age; None where training did not measure them."""
    measured = alternatives(metrics)
    if len(measured) == 1:
        return None

    def row(one: Alternative) -> tuple[str, ...]:
        apart = "\u2013"
        if one.difference is not None:
            low, high = (texts.signed(end, 4) for end in (one.difference.low, one.difference.high))
            apart = f"{texts.signed(one.difference.value, 4)} {texts.between(low, high)}"
        ratios = ("\u2013" if ratio is None else texts.number(ratio, 2) for ratio in (one.age_ratio, one.gender_ratio))
        return (
            texts(f"credit.audit.without.{one.name}"),
            texts.number(one.roc_auc, 4),
            apart,
            texts.number(one.cost, 3),
            *ratios,
        )

    heads = ("model", "auc", "difference", "cost", "age_ratio", "gender_ratio")
    return Table(
        texts("credit.audit.without_caption", **_usual(metrics, texts)),
        tuple(texts(f"credit.audit.without.{name}") for name in heads),
        tuple(row(one) for one in measured),
    )


def _usual(metrics: Mapping[str, Any], texts: Texts) -> dict[str, str]:
    """The cost ratio that other sets of features were measured at, whichever is chosen now, and its cut-off."""
    cut_off = metrics["default_cutoff"]
    return {
        "cost_ratio": texts.plain(cut_off["cost_ratio"]),
        "threshold": texts.percent(cut_off["threshold"]),
    }


def without_age(metrics: Mapping[str, Any], texts: Texts) -> str:
    """What leaving the age out would cost and bring, as a sentence; empty where it was not measured."""
    measured = {one.name: one for one in alternatives(metrics)}
    own, other = measured["shipped"], measured.get("without_age")
    if other is None or own.age_ratio is None or other.age_ratio is None:
        return ""
    return texts(
        "credit.audit.without_sentence",
        cost_ratio=_usual(metrics, texts)["cost_ratio"],
        auc=texts.number(own.roc_auc, 4),
        other_auc=texts.number(other.roc_auc, 4),
        cost=texts.number(own.cost, 3),
        other_cost=texts.number(other.cost, 3),
        ratio=texts.number(own.age_ratio, 2),
        other_ratio=texts.number(other.age_ratio, 2),
    )
