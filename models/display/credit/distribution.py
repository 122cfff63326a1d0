"""A feature's distribution in a group, by outcome, with the client marked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import plotly.graph_objects as go

from models.credit.compare import ClientComparison
from models.credit.wording import label, scaled, spoken_value, unit, unit_name, value_text
from models.display.common.chart import described, share_ticks
from models.display.common.palette import LOWERS, MARK, RAISES, base_figure
from models.texts import Texts

MOST_CATEGORIES = 12  # bars of their own; rarer categories share one more


def distribution(comparison: ClientComparison, texts: Texts) -> go.Figure:
    """Shares by outcome (each outcome sums to 100 %), so that the two shapes compare although defaults are few."""
    figure = base_figure(height=360)
    numeric = comparison.categories is None
    if numeric:
        names, counts = _ranges(comparison, texts), [list(comparison.repaid), list(comparison.defaulted)]
    else:
        names, counts = _categories(comparison, texts)
    drawn = [[value / max(sum(values), 1) for value in values] for values in counts]
    outcomes = (("repaid", LOWERS, ""), ("defaulted", RAISES, "/"))
    for (key, colour, pattern), values, shares in zip(outcomes, counts, drawn, strict=True):
        look = {
            "name": texts(f"credit.outcome.{key}"),
            "marker": {
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgcolor": "#ffffff", "size": 6},
            },
            "opacity": 0.85,
            "hovertemplate": "%{customdata[2]}<br>%{customdata[0]} (%{customdata[1]})",
            "customdata": [
                [texts.percent(share), value, range_or_name]
                for share, value, range_or_name in zip(shares, values, names, strict=True)
            ],
        }
        if numeric:
            figure.add_bar(**_histogram(comparison, shares), **look)
        else:
            figure.add_bar(orientation="h", y=names, x=shares, **look)
    figure.update_layout(
        barmode="group",
        showlegend=True,
        legend={"orientation": "h", "y": 1.12, "x": 0, "traceorder": "normal"},
    )
    own = comparison.value if comparison.code is None else comparison.code
    name, top = label(comparison.feature, texts), max(max(shares) for shares in drawn)
    ticks = {"title_text": texts("credit.compare.share"), **share_ticks(top, texts)}
    if numeric:
        figure.update_xaxes(title_text=f"{name}{unit_name(comparison.feature, texts)}")
        figure.update_yaxes(**ticks)
        if isinstance(comparison.value, float):
            figure.add_vline(
                x=scaled(comparison.feature, comparison.value),
                line={"color": MARK, "width": 3, "dash": "dash"},
                annotation_text=texts("credit.compare.client"),
                annotation_position="top right",
            )
    else:
        figure.update_xaxes(**ticks)
        figure.update_yaxes(autorange="reversed")
        figure.update_layout(height=120 + 34 * len(names), margin={"l": 8})
    return described(
        figure,
        texts("charts.distribution", feature=name, value=spoken_value(comparison.feature, own, texts)),
        (name, texts("credit.outcome.repaid"), texts("credit.outcome.defaulted")),
        [(row, *(texts.percent(shares[place]) for shares in drawn)) for place, row in enumerate(names)],
        texts,
    )


def _histogram(comparison: ClientComparison, shares: list[float]) -> dict[str, Any]:
    """The bars of a number, in the unit that people read: years run the other way than the days they are."""
    edges = [scaled(comparison.feature, edge) for edge in comparison.edges or ()]
    middles = [(start + end) / 2 for start, end in pairwise(edges)]
    return {
        "x": middles,
        "y": shares,
        "width": [0.46 * abs(edges[1] - edges[0])] * len(middles),
    }


def _ranges(comparison: ClientComparison, texts: Texts) -> list[str]:
    """The range of each bar in the order of its counts; years count the other way round than the days they are."""
    ranges = []
    for pair in pairwise(comparison.edges or ()):
        low, high = sorted(pair, key=lambda edge: scaled(comparison.feature, edge))
        middle = (low + high) / 2
        if abs(high - low) == 1 and middle.is_integer():  # a bar of its own for each whole number
            ranges.append(value_text(comparison.feature, middle, texts))
            continue
        low_text, high_text = (value_text(comparison.feature, edge, texts) for edge in (low, high))
        ranges.append(texts("charts.from_to", low=low_text, high=high_text))
    return ranges


def _categories(comparison: ClientComparison, texts: Texts) -> tuple[list[str], list[list[int]]]:
    """Names (the client's own marked) and counts by outcome, the rarest grouped."""
    categories = comparison.categories or ()
    shown = list(categories[:MOST_CATEGORIES])
    if comparison.value in categories and comparison.value not in shown:
        shown[-1] = str(comparison.value)
    names = [value_text(comparison.feature, category, texts) for category in shown]
    names = [f"\u25c6 {name}" if own == comparison.value else name for own, name in zip(shown, names, strict=True)]
    counts = []
    for values in (comparison.repaid, comparison.defaulted):
        by_name = dict(zip(categories, values, strict=True))
        counts.append([by_name[category] for category in shown])
        rest = sum(values) - sum(counts[-1])
        if len(categories) > len(shown):
            counts[-1].append(rest)
    if len(categories) > len(shown):
        names.append(texts("credit.compare.others"))
    return names, counts


def _place(comparison: ClientComparison) -> int:
    """Which bar holds the client's value."""
    if comparison.categories is not None:
        return comparison.categories.index(str(comparison.value))
    edges = comparison.edges or ()
    return next(place for place, edge in enumerate(edges[1:]) if float(comparison.value or 0) <= edge)


def sentence(comparison: ClientComparison, texts: Texts) -> list[str]:
    """Where the client stands, in words, and how many clients that is measured on."""
    name = label(comparison.feature, texts)
    size = texts.count("credit.compare.size", comparison.known, 0, size=texts.number(comparison.size))
    if comparison.code is not None:
        code = value_text(comparison.feature, comparison.code, texts)
        return [texts("credit.compare.code", feature=name, value=code), size]
    if comparison.value is None:
        return [texts("credit.compare.value_unknown", feature=name), size]
    value = spoken_value(comparison.feature, comparison.value, texts)
    whom = texts(f"credit.compare.{'of_group' if comparison.known == comparison.size else 'of_known'}")
    if comparison.below is not None and comparison.above is not None and unit(comparison.feature) != "flag":
        # days count backwards: the oldest client has the smallest number
        less = comparison.above if scaled(comparison.feature, 1.0) < 0 else comparison.below
        key = "percentile" if less else "lowest"
        return [texts(f"credit.compare.{key}", feature=name, value=value, share=texts.share(less), whom=whom), size]
    place = _place(comparison)
    count = comparison.repaid[place] + comparison.defaulted[place]
    share_alike = count / max(comparison.known, 1)
    rate = comparison.defaulted[place] / max(count, 1)
    return [
        texts(
            "credit.compare.alike",
            feature=name,
            value=value,
            share=texts.share(share_alike),
            whom=whom,
            rate=texts.percent(rate),
        ),
        size,
    ]
