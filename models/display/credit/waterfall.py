"""Waterfalls in Plotly: from a base value to a score by groups of facts, or from one score to another by facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from models.credit.reasons import base_probability, compared_with
from models.credit.score import Contribution, Scale, Score, changes, logit, sigmoid
from models.credit.wording import Distance, label, spoken_value, with_value
from models.display.common.chart import ROW, THICKNESS, described, row_name
from models.display.common.palette import LOWERS, NEUTRAL, RAISES, base_figure
from models.texts import Texts

TENTH = 0.001  # of a percentage point
SHOWN = 10  # features drawn one by one; the rest stands in one bar


@dataclass(frozen=True)
class Step:
    """One bar: ``start`` to ``start + change`` in the units of the scale; a click on it opens ``group``."""

    name: str
    start: float
    change: float
    group: str = ""


@dataclass(frozen=True)
class _Mark:
    """A vertical line, and its name below with the value as it is written."""

    value: float
    name: str
    written: str
    dash: str
    colour: str


def score_waterfall(
    score: Score, texts: Texts, scale: Scale = "probability", opened: str = "", opener: str = ""
) -> go.Figure:
    """From those whom a client is compared with to the client, one bar a group; an opened group, one bar a feature.

    Args:
        score: what is explained.
        texts: the language.
        scale: of the bars.
        opened: the group whose features are drawn; empty for none.
        opener: ``elem_id`` of the widget that opens a group; a click on a bar chooses there.
    """
    distance = Distance.between(score.probability, score.threshold)
    if scale == "probability":
        values = (base_probability(score), score.threshold, score.probability)
        written = [texts.percent(values[0]), *(distance.texts(texts)[name] for name in ("threshold", "probability"))]
    else:
        values = (score.base_value, logit(score.threshold), score.log_odds)
        digits = max(2, distance.digits)
        written = [texts.number(value, digits) for value in values]
    names = (compared_with(score, "short", texts), texts("credit.cutoff"), texts("credit.why.client"))
    marks = [
        _Mark(*mark)
        for mark in zip(values, names, written, ("dot", "dash", "solid"), (NEUTRAL, RAISES, NEUTRAL), strict=True)
    ]
    figure = _figure(score_steps(score, texts, scale, opened), marks, texts, scale, texts("credit.why.group"))
    figure.update_layout(meta={**figure.layout.meta, "opener": opener})
    return figure


def score_steps(score: Score, texts: Texts, scale: Scale = "probability", opened: str = "") -> list[Step]:
    """Bars from top to bottom: every group, the largest first, an opened one as its features.

    They lead exactly from the base to the score. In probability the contributions against a group of clients are
    shap's own; those against the average client are drawn through the sigmoid, so that a bar's length depends on where
    it starts.
    """
    exact = score.reference is not None and scale == "probability"
    amounts = score.amounts(scale)

    def total(items: Sequence[Contribution]) -> float:
        return sum(amounts[item.feature] for item in items)

    named: list[tuple[str, float, str]] = []
    for group in sorted(score.groups, key=lambda group: -abs(total(group.items))):
        if group.group == opened:
            items = sorted(group.items, key=lambda item: -abs(amounts[item.feature]))
            named += [
                (f"\u21b3 {with_value(item.feature, item.told, texts)}", amounts[item.feature], "") for item in items
            ]
        else:
            named.append((texts(f"credit.groups.{group.group}"), total(group.items), group.group))
    base = base_probability(score) if exact else score.base_value
    bars = _running(base, [(name, change) for name, change, _ in named], "log_odds" if exact else scale)
    return [Step(bar.name, bar.start, bar.change, group) for bar, (_, _, group) in zip(bars, named, strict=True)]


def change_waterfall(before: Score, after: Score, texts: Texts, shown: int = SHOWN) -> go.Figure:
    """From a client's probability as it stands to that with changes, the largest change of the log-odds first.

    The changes are drawn through the sigmoid, so that a bar's length depends on where it starts.
    """
    named = []
    for item in changes(before, after):
        name = label(item.feature, texts)
        old, new = (
            spoken_value(item.feature, value, texts, beside)
            for value, beside in ((item.before, item.after), (item.after, item.before))
        )
        told = f"{old} \u2192 {new}" if old != new else texts("credit.whatif.unchanged", value=new)
        named.append((texts.pair(name, told), item.contribution))
    bars = named[:shown]
    if rest := named[shown:]:
        bars.append((texts.count("credit.why.rest", len(rest)), sum(change for _, change in rest)))
    digits = max(Distance.between(score.probability, after.threshold).digits for score in (before, after))
    return _figure(
        _running(before.log_odds, bars, "probability"),
        [
            _Mark(value, name, texts.percent(value, digits), dash, colour)
            for value, name, dash, colour in (
                (before.probability, texts("credit.whatif.before"), "dot", NEUTRAL),
                (after.threshold, texts("credit.cutoff"), "dash", RAISES),
                (after.probability, texts("credit.whatif.after"), "solid", NEUTRAL),
            )
        ],
        texts,
        "probability",
        texts("credit.why.feature"),
    )


def _running(base: float, named: Sequence[tuple[str, float]], scale: Scale) -> list[Step]:
    """Each change begun where the one before ended; log-odds through the sigmoid where the scale is probability."""
    drawn, running = [], base
    for name, change in named:
        start, running = running, running + change
        if scale == "probability":
            drawn.append(Step(name, sigmoid(start), sigmoid(running) - sigmoid(start)))
        else:
            drawn.append(Step(name, start, change))
    return drawn


def _figure(bars: list[Step], marks: list[_Mark], texts: Texts, scale: Scale, of: str) -> go.Figure:
    """Bars, and marks as vertical lines named below; ``of`` heads the column of names in the table."""
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
                width=THICKNESS,
                increasing={"marker": {"color": RAISES}},
                decreasing={"marker": {"color": LOWERS}},
                connector={"line": {"color": NEUTRAL, "width": 1, "dash": "dot"}},
                customdata=[[bar.name, _amount(bar.change, texts, scale), bar.group] for bar in bars],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
                textposition="none",
            )
        )
    for row, bar in zip(rows, bars, strict=True):
        figure.add_annotation(_bar_label(bar, row, texts, scale))
    edges = [bar.start for bar in bars] + [bar.start + bar.change for bar in bars] + [mark.value for mark in marks]
    margin = 0.16 * (max(edges) - min(edges) or 1.0)
    low, high = min(edges) - margin, max(edges) + margin
    for place, mark in enumerate(marks):
        x = mark.value
        line = {"color": mark.colour, "dash": mark.dash, "width": 1.5}
        figure.add_shape(type="line", x0=x, x1=x, y0=-0.5, y1=len(bars) - 0.7, line=line, layer="below")
        side = (x - low) / (high - low)  # a name near an edge is written away from it
        anchor = "left" if side < 0.3 else "right" if side > 0.7 else "center"
        text = f"{mark.name} {mark.written}"
        figure.add_annotation(
            x=x, y=-0.62 - 0.36 * place, text=text, showarrow=False, xanchor=anchor, font={"size": 12}
        )
    figure.update_xaxes(range=[low, high], showticklabels=False, showgrid=False)
    figure.update_yaxes(range=[-1.6, max(len(bars), 1) - 0.3], showticklabels=False, showgrid=False, ticks="")
    figure.update_layout(margin={"b": 8, "t": 6})
    first, last = marks[0], marks[-1]
    return described(
        figure,
        texts("charts.waterfall", first=f"{first.name} {first.written}", last=f"{last.name} {last.written}"),
        (of, texts(f"charts.moves_{scale}")),
        [(bar.name, _amount(bar.change, texts, scale)) for bar in bars],
        texts,
    )


def _bar_label(bar: Step, row: int, texts: Texts, scale: Scale) -> dict[str, Any]:
    """The annotation above a bar; a click on it opens the bar's group."""
    sign = "\u25b2" if bar.change >= 0 else "\u25bc"  # the direction is carried by shape as well as colour
    # a sign in place of the words of the table, so that the name keeps its room
    amount = f"&lt; {texts.points(TENTH, 1)}" if _is_hardly(bar.change, scale) else _amount(bar.change, texts, scale)
    # amount first: on a phone a long name runs out of room, and the amount must not; the page shortens what is too long
    text = f"<b>{sign} {amount}</b>  {bar.name}"
    return row_name(row + 0.4, text) | {"name": bar.group, "captureevents": bool(bar.group)}


def _amount(change: float, texts: Texts, scale: Scale) -> str:
    if scale == "log_odds":
        return texts.signed(change)
    if _is_hardly(change, scale):
        return texts(f"credit.why.hardly_{'raises' if change >= 0 else 'lowers'}", points=texts.points(TENTH, 1))
    return texts.signed_points(change, 1)


def _is_hardly(change: float, scale: Scale) -> bool:
    """Whether a change would be written as 0: one chart writes all its points with as many decimals."""
    return scale == "probability" and abs(change) < TENTH / 2
