"""Waterfalls in Plotly: from a base value to a score, or from one score to another, one bar a feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from models.credit.score import Score, changes, logit, sigmoid
from models.credit.wording import label, value_text, with_value
from models.display.common.chart import described
from models.display.common.palette import LOWERS, NEUTRAL, RAISES, base_figure
from models.texts import Texts

Scale = Literal["log_odds", "probability"]
SHOWN = 10  # features drawn one by one; the rest stands in one bar
ROW = 46  # px a bar: its text above, the bar below


@dataclass(frozen=True)
class Step:
    """One bar: ``start`` to ``start + change`` in the units of the scale."""

    name: str
    start: float
    change: float


def score_waterfall(score: Score, texts: Texts, scale: Scale = "log_odds", shown: int = SHOWN) -> go.Figure:
    """From the average client to this one, features by magnitude, the rest in the last bar."""
    named = [(with_value(item.feature, item.value, texts), item.contribution) for item in score.contributions]
    return _figure(
        steps(score.base_value, named, texts, scale, shown),
        [
            (score.base_value, texts("credit.why.base"), "dot", NEUTRAL),
            (logit(score.threshold), texts("credit.cutoff"), "dash", RAISES),
            (score.log_odds, texts("credit.why.client"), "solid", NEUTRAL),
        ],
        texts,
        scale,
    )


def change_waterfall(before: Score, after: Score, texts: Texts, shown: int = SHOWN) -> go.Figure:
    """From a client's score as it stands to the score with changes."""
    named = []
    for item in changes(before, after):
        name = label(item.feature, texts)
        old, new = (value_text(item.feature, value, texts) for value in (item.before, item.after))
        named.append((texts.pair(name, f"{old} \u2192 {new}") if old != new else f"{name} = {new}", item.contribution))
    return _figure(
        steps(before.log_odds, named, texts, "log_odds", shown),
        [
            (before.log_odds, texts("credit.whatif.before"), "dot", NEUTRAL),
            (logit(after.threshold), texts("credit.cutoff"), "dash", RAISES),
            (after.log_odds, texts("credit.whatif.after"), "solid", NEUTRAL),
        ],
        texts,
        "log_odds",
    )


def steps(
    base: float, named: Sequence[tuple[str, float]], texts: Texts, scale: Scale = "log_odds", shown: int = SHOWN
) -> list[Step]:
    """Bars from top to bottom: the first ``shown`` contributions (log-odds), the others together.

    In probability a bar's length depends on where it starts: the sigmoid is applied to the running sum, so that the
    bars still end exactly at the probability.
    """
    bars = list(named[:shown])
    if rest := named[shown:]:
        bars.append((texts.count("credit.why.rest", len(rest)), sum(change for _, change in rest)))
    drawn, running = [], base
    for name, change in bars:
        start, running = running, running + change
        if scale == "probability":
            drawn.append(Step(name, sigmoid(start), sigmoid(running) - sigmoid(start)))
        else:
            drawn.append(Step(name, start, change))
    return drawn


def _figure(bars: list[Step], marks: list[tuple[float, str, str, str]], texts: Texts, scale: Scale) -> go.Figure:
    """Bars, and marks (log-odds, name, dash, colour) as vertical lines named below."""
    level = sigmoid if scale == "probability" else float
    figure = base_figure(height=ROW * max(len(bars), 1) + 96)
    rows = list(range(len(bars)))[::-1]
    if bars:
        figure.add_trace(
            go.Waterfall(
                orientation="h",
                base=bars[0].start,
                x=[bar.change for bar in bars],
                y=rows,
                measure=["relative"] * len(bars),
                width=0.42,
                increasing={"marker": {"color": RAISES}},
                decreasing={"marker": {"color": LOWERS}},
                connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
                customdata=[[bar.name, _amount(bar.change, texts, scale)] for bar in bars],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
                textposition="none",
            )
        )
    for row, bar in zip(rows, bars, strict=True):
        sign = "\u25b2" if bar.change >= 0 else "\u25bc"  # the direction is carried by shape as well as colour
        # amount first: on a phone a long name runs out of room, and the amount must not
        text = f"<b>{sign} {_amount(bar.change, texts, scale)}</b>  {_clipped(bar.name)}"
        figure.add_annotation(xref="paper", x=0, y=row + 0.4, text=text, xanchor="left", align="left", showarrow=False)
    edges = [bar.start for bar in bars] + [bar.start + bar.change for bar in bars] + [level(mark[0]) for mark in marks]
    margin = 0.16 * (max(edges) - min(edges) or 1.0)
    low, high = min(edges) - margin, max(edges) + margin
    for place, (log_odds, name, dash, colour) in enumerate(marks):
        x = level(log_odds)
        line = {"color": colour, "dash": dash, "width": 1.5}
        figure.add_shape(type="line", x0=x, x1=x, y0=-0.5, y1=len(bars) - 0.7, line=line, layer="below")
        shown = texts.percent(x) if scale == "probability" else texts.number(x, 2)
        side = (x - low) / (high - low)  # a name near an edge is written away from it
        anchor = "left" if side < 0.3 else "right" if side > 0.7 else "center"
        figure.add_annotation(
            x=x, y=-0.62 - 0.36 * place, text=f"{name} {shown}", showarrow=False, xanchor=anchor, font={"size": 12}
        )
    figure.update_xaxes(range=[low, high], showticklabels=False, showgrid=False)
    figure.update_yaxes(range=[-1.6, max(len(bars), 1) - 0.3], showticklabels=False, showgrid=False, ticks="")
    figure.update_layout(margin={"b": 8, "t": 6})

    def where(log_odds: float) -> str:
        return texts.percent(level(log_odds)) if scale == "probability" else texts.number(log_odds, 2)

    (first, first_name, *_), _, (last, last_name, *_) = marks
    return described(
        figure,
        texts("charts.waterfall", first=f"{first_name} {where(first)}", last=f"{last_name} {where(last)}"),
        (texts("credit.why.feature"), texts(f"charts.moves_{scale}")),
        [(bar.name, _amount(bar.change, texts, scale)) for bar in bars],
        texts,
    )


def _amount(change: float, texts: Texts, scale: Scale) -> str:
    if scale == "log_odds":
        return texts.signed(change)
    sign = "+" if change >= 0 else "\u2212"
    return sign + texts.points(change)


def _clipped(name: str, most: int = 62) -> str:
    return name if len(name) <= most else name[: most - 1] + "\u2026"
