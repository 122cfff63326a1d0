"""Global explanations: mean absolute attribution, beeswarm, dependence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from scipy.stats import rankdata

from models.credit.importance import Dependence, Importance
from models.credit.wording import label, scaled, unit_name, value_text
from models.display.common.chart import ROW, THICKNESS, described, name_rows
from models.display.common.palette import LOWERS, NEUTRAL, RAISES, base_figure
from models.texts import Texts

SHOWN = 15  # features
SWARM = 54  # px a row, with its name above
MOST_NAMES = 8  # categories whose names stand below the axis; of more, each is told on hover and in the table
SPREAD = 0.26  # rows that a swarm reaches up and down
LOW_TO_HIGH = [[0.0, LOWERS], [0.5, "#b8a9b9"], [1.0, RAISES]]


def bars(mean_absolute: Mapping[str, float], texts: Texts, shown: int = SHOWN) -> go.Figure:
    """Mean absolute attribution of the strongest features, by name."""
    ranked = sorted(mean_absolute.items(), key=lambda item: -item[1])[:shown]
    names = [label(name, texts) for name, _ in ranked]
    figure = base_figure(height=ROW * len(ranked) + 70)
    figure.add_bar(
        orientation="h",
        x=[value for _, value in ranked],
        y=list(range(len(ranked))),
        width=THICKNESS,
        customdata=names,
        marker={"color": NEUTRAL},
        text=[texts.number(value, 3) for _, value in ranked],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=texts.pair("%{customdata}", "%{x:.3f}<extra></extra>"),
    )
    name_rows(figure, names)
    figure.update_xaxes(title_text=texts("credit.global.mean_absolute"), rangemode="tozero")
    figure.update_layout(margin={"r": 56})
    return described(
        figure,
        texts("charts.bars", count=len(ranked)),
        (texts("credit.why.feature"), texts("credit.global.mean_absolute")),
        [(name, texts.number(value, 3)) for name, (_, value) in zip(names, ranked, strict=True)],
        texts,
    )


def beeswarm(importance: Importance, texts: Texts, shown: int = SHOWN) -> go.Figure:
    """Every client as a point: its attribution, coloured by whether its value is low or high."""
    figure = base_figure(height=SWARM * shown + 70)
    draw = np.random.default_rng(0)
    for row, place in enumerate(importance.order[:shown]):
        name = importance.names[place]
        attributions, ranks = importance.values[:, place], _ranks(name, importance.known[:, place])
        counts, edges = np.histogram(attributions, 60)
        crowd = counts[np.clip(np.digitize(attributions, edges) - 1, 0, 59)] / counts.max()
        heights = row + draw.uniform(-SPREAD, SPREAD, len(attributions)) * crowd
        known = ~np.isnan(ranks)
        marker = _coloured(ranks[known], texts("credit.global.value"), texts) | {"size": 3.5, "showscale": row == 0}
        for points, look in ((known, marker), (~known, {"size": 3.5, "color": NEUTRAL})):
            figure.add_scattergl(
                x=attributions[points], y=heights[points], mode="markers", marker=look, hoverinfo="skip"
            )
    names = [label(importance.names[place], texts) for place in importance.order[:shown]]
    name_rows(figure, names)
    figure.update_xaxes(title_text=texts("credit.global.attribution"), zeroline=True, zerolinecolor=NEUTRAL)
    rows = []
    for name, place in zip(names, importance.order[:shown], strict=True):
        ends = np.percentile(importance.values[:, place], (5, 50, 95))
        rows.append((name, *(texts.signed(float(value)) for value in ends)))
    return described(
        figure,
        texts("charts.beeswarm", count=shown),
        (texts("credit.why.feature"), *(texts(f"charts.{name}") for name in ("lowest", "median", "highest"))),
        rows,
        texts,
    )


def _ranks(name: str, values: np.ndarray) -> np.ndarray:
    """Values as ranks in 0..1 in the unit that people read, so that one outlier does not wash out the colours; equal
    values have one rank, the mean of theirs.

    Unknown values stay NaN.
    """
    ranks = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    ranks[known] = (rankdata(values[known] * scaled(name, 1.0)) - 1) / max(len(known) - 1, 1)
    return ranks


def _coloured(ranks: np.ndarray, title: str, texts: Texts) -> dict[str, Any]:
    """Markers coloured from low to high, with their scale."""
    return {
        "opacity": 0.75,
        "color": ranks,
        "colorscale": LOW_TO_HIGH,
        "cmin": 0,
        "cmax": 1,
        "colorbar": {
            "title": {"text": title, "side": "right"},
            "tickvals": [0, 1],
            "ticktext": [texts("credit.global.low"), texts("credit.global.high")],
            "thickness": 10,
        },
    }


def dependence(found: Dependence, texts: Texts) -> go.Figure:
    """Attribution against value, coloured by the partner's value."""
    figure = base_figure(height=400)
    ranks = _ranks(found.partner, found.colours)
    values = np.array([scaled(found.feature, value) for value in found.values])
    known = ~np.isnan(ranks)
    marker = _coloured(ranks[known], label(found.partner, texts), texts) | {"size": 5, "showscale": True}
    told = np.array([_said(found, value, texts) for value in found.values])
    for points, look in ((~known, {"size": 5, "color": NEUTRAL}), (known, marker)):
        figure.add_scatter(
            x=values[points],
            y=found.attributions[points],
            mode="markers",
            marker=look,
            customdata=told[points],
            hovertemplate=texts.pair("%{customdata}", "%{y:.3f}<extra></extra>"),
        )
    if found.categories:
        names = [value_text(found.feature, name, texts) for name in found.categories]
        figure.update_xaxes(tickvals=list(range(len(names))), ticktext=names, showticklabels=len(names) <= MOST_NAMES)
    figure.update_xaxes(title_text=label(found.feature, texts) + unit_name(found.feature, texts))
    figure.update_yaxes(title_text=texts("credit.global.attribution"), zeroline=True, zerolinecolor=NEUTRAL)
    return described(
        figure,
        texts("charts.dependence", feature=label(found.feature, texts), partner=label(found.partner, texts)),
        (label(found.feature, texts), texts("charts.attribution_median"), texts("charts.clients")),
        _by_category(found, texts) if found.categories else _fifths(found, texts),
        texts,
    )


def _said(found: Dependence, value: float, texts: Texts) -> str:
    """A value of the feature in words."""
    held = found.categories[int(value)] if found.categories and not np.isnan(value) else float(value)
    return value_text(found.feature, held, texts)


def _by_category(found: Dependence, texts: Texts) -> list[tuple[str, ...]]:
    """The clients of each category, the most frequent first: its name, the median attribution, how many."""
    codes, counts = np.unique(found.values[~np.isnan(found.values)], return_counts=True)
    return [
        (
            _said(found, codes[place], texts),
            texts.signed(float(np.median(found.attributions[found.values == codes[place]]))),
            texts.number(int(counts[place])),
        )
        for place in np.argsort(-counts, kind="stable")
    ]


def _fifths(found: Dependence, texts: Texts) -> list[tuple[str, ...]]:
    """The clients in five parts by the feature's value: its range, the median attribution, how many."""
    known = np.flatnonzero(~np.isnan(found.values))
    ordered = known[np.argsort(found.values[known] * scaled(found.feature, 1.0), kind="stable")]
    rows: list[tuple[str, ...]] = []
    for part in (part for part in np.array_split(ordered, 5) if len(part)):
        low, high = (value_text(found.feature, float(found.values[place]), texts) for place in (part[0], part[-1]))
        middle = texts.signed(float(np.median(found.attributions[part])))
        rows.append((texts("charts.from_to", low=low, high=high), middle, texts.number(len(part))))
    return rows
