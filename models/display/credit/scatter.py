"""Two features of every client, by outcome, with the client marked."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from models.credit.importance import numeric
from models.credit.portfolio import Portfolio
from models.credit.wording import label, scaled, spoken_value, unit_name, value_text
from models.display.common.chart import described
from models.display.common.palette import LOWERS, MARK, RAISES, base_figure
from models.texts import Texts

OUTCOMES = {0: "repaid", 1: "defaulted"}
MANY = 400  # points from which the repaid loans are drawn as a density


def scatter(portfolio: Portfolio, client_id: object, first: object, second: object, texts: Texts) -> go.Figure:
    """Repaid loans as circles over their density, defaults as crosses, the client as a diamond.

    Raises:
        InputError: no such client or column, or a category.
    """
    row = portfolio.row(client_id)
    axes = [str(first), str(second)]
    x, y = (np.array([scaled(name, value) for value in numeric(portfolio, name)]) for name in axes)
    known = ~np.isnan(x) & ~np.isnan(y)
    figure = base_figure(height=460)
    if known.sum() > MANY:
        figure.add_trace(_density(x[known], y[known]))
    for outcome, colour, symbol, size in ((0, LOWERS, "circle-open", 4), (1, RAISES, "x", 6)):
        members = known & (portfolio.outcomes == outcome)
        figure.add_trace(
            go.Scatter(
                x=x[members],
                y=y[members],
                mode="markers",
                name=texts(f"credit.outcome.{OUTCOMES[outcome]}"),
                marker={"color": colour, "symbol": symbol, "size": size, "opacity": 0.5 if outcome == 0 else 0.9},
                customdata=_told(portfolio, axes, np.flatnonzero(members), texts),
                hovertemplate=texts.pair("%{customdata[0]}", "%{customdata[1]}, %{customdata[2]}<extra></extra>"),
            )
        )
    if known[row]:
        figure.add_trace(
            go.Scatter(
                x=[x[row]],
                y=[y[row]],
                mode="markers",
                name=texts("credit.client", client_id=int(portfolio.ids[row])),
                marker={"color": MARK, "symbol": "diamond", "size": 16, "line": {"color": "#ffffff", "width": 2}},
                customdata=_told(portfolio, axes, np.array([row]), texts),
                hovertemplate="%{customdata[1]}, %{customdata[2]}<extra></extra>",
            )
        )
    else:
        figure.add_trace(go.Scatter(x=[None], y=[None], mode="none", name=_not_drawn(portfolio, axes, row, texts)))
    figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.1, "x": 0})
    figure.update_xaxes(title_text=label(axes[0], texts) + unit_name(axes[0], texts))
    figure.update_yaxes(title_text=label(axes[1], texts) + unit_name(axes[1], texts))
    names = [label(name, texts) for name in axes]
    return described(
        figure,
        texts("charts.scatter", first=names[0], second=names[1], count=texts.number(int(known.sum()))),
        (texts("charts.clients"), *(texts("charts.middle_half", feature=name) for name in names)),
        [
            *(_middle_halves(portfolio, axes, known, outcome, texts) for outcome in OUTCOMES),
            (
                texts("credit.client", client_id=int(portfolio.ids[row])),
                *_told(portfolio, axes, np.array([row]), texts)[0][1:],
            ),
        ],
        texts,
    )


def _not_drawn(portfolio: Portfolio, axes: list[str], row: int, texts: Texts) -> str:
    """Why the client is not among the points, for the legend."""
    facts = zip(axes, _told(portfolio, axes, np.array([row]), texts)[0][1:], strict=True)
    client = texts("credit.client", client_id=int(portfolio.ids[row]))
    missing = [texts.pair(label(name, texts), value) for name, value in facts if np.isnan(portfolio.values(name)[row])]
    return texts("charts.not_drawn", client=client, facts=texts.series(dict.fromkeys(missing)))


def _told(portfolio: Portfolio, axes: list[str], rows: np.ndarray, texts: Texts) -> list[tuple[str, str, str]]:
    """Of each client the number and the two values, in words."""
    told = []
    for name in axes:
        values = portfolio.values(name)
        codes = [portfolio.code(row, name) for row in rows]
        told.append(
            [
                spoken_value(name, float(values[row]) if code is None else code, texts)
                for row, code in zip(rows, codes, strict=True)
            ]
        )
    return list(zip(map(str, portfolio.ids[rows].tolist()), *told, strict=True))


def _density(x: np.ndarray, y: np.ndarray) -> go.Histogram2dContour:
    """Where the clients are many, as a filled contour."""
    return go.Histogram2dContour(
        x=x,
        y=y,
        colorscale=[[0, "rgba(0,128,191,0)"], [1, "rgba(0,128,191,0.45)"]],
        showscale=False,
        contours={"coloring": "fill"},
        line={"width": 0},
        ncontours=10,
        hoverinfo="skip",
    )


def _middle_halves(
    portfolio: Portfolio, axes: list[str], known: np.ndarray, outcome: int, texts: Texts
) -> tuple[str, ...]:
    """Of the clients of an outcome, each feature's median and its first and third quartiles."""
    row = [texts(f"credit.outcome.{OUTCOMES[outcome]}")]
    for name in axes:
        values = portfolio.values(name)[known & (portfolio.outcomes == outcome)]
        if not len(values):
            row.append(texts("credit.unknown"))
            continue
        ends = sorted(np.percentile(values, (25, 75)), key=lambda value: scaled(name, value))
        low, high, middle = (value_text(name, float(value), texts) for value in (*ends, np.median(values)))
        row.append(texts("charts.quartiles", low=low, high=high, median=middle))
    return tuple(row)
