"""How much a figure depends on the split: folds, random splits, the same without copies, and what a split leaks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from models.display.common.chart import described, share_ticks
from models.display.common.html import Table
from models.display.common.names import model_name
from models.display.common.palette import LOWERS, MARK, NEUTRAL, RAISES, base_figure
from models.display.results.charts import LEGEND
from models.display.results.style import fine_ticks, hatching, interval, maybe, p_value
from models.texts import Texts

PROTOCOLS = (("folds", LOWERS, "circle"), ("cleaned", MARK, "square"), ("random", RAISES, "x"))


def encoder_name(name: str, texts: Texts) -> str:
    """An encoder as the reader knows it."""
    return texts(f"results.encoders.{name}")


def _accuracies(evaluation: Mapping[str, Any], protocol: str, encoder: str) -> list[float]:
    if protocol == "folds":
        folds: list[float] = evaluation["cross_validation"]["models"][encoder]["folds"]
        return folds
    accuracies: list[float] = evaluation["splits"][protocol][encoder]["accuracies"]
    return accuracies


def _range(values: list[float], texts: Texts) -> str:
    return texts("charts.from_to", low=texts.percent(min(values)), high=texts.percent(max(values)))


def spread(evaluation: Mapping[str, Any], texts: Texts) -> go.Figure:
    """Every fold and every split of each encoder's head as a point, by protocol."""
    encoders = list(evaluation["cross_validation"]["models"])
    figure = base_figure(height=90 + 84 * len(encoders))
    rows = []

    for place, (protocol, colour, symbol) in enumerate(PROTOCOLS):
        points = [(name, value) for name in encoders for value in _accuracies(evaluation, protocol, name)]
        figure.add_scatter(
            x=[value for _, value in points],
            y=[encoders.index(name) + (place - 1) * 0.22 for name, _ in points],
            mode="markers",
            name=texts(f"results.protocols.{protocol}"),
            marker={"color": colour, "symbol": symbol, "size": 9, "opacity": 0.9},
            customdata=[texts.pair(encoder_name(name, texts), texts.percent(value)) for name, value in points],
            hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
        )
    for name in encoders:
        found = [_accuracies(evaluation, protocol, name) for protocol, _, _ in PROTOCOLS]
        rows.append(
            (
                encoder_name(name, texts),
                *(_range(values, texts) for values in found),
            )
        )
    figure.update_layout(showlegend=True, legend=LEGEND)
    figure.update_yaxes(
        tickvals=list(range(len(encoders))),
        ticktext=[encoder_name(name, texts) for name in encoders],
        range=[len(encoders) - 0.5, -0.5],
        showgrid=False,
    )
    values = [value for trace in figure.data for value in trace.x]
    figure.update_xaxes(title_text=texts("results.accuracy"), **fine_ticks(texts))
    figure.update_xaxes(range=[min(values) - 0.02, max(values) + 0.02])
    return described(
        figure,
        texts("results.charts.spread"),
        (
            texts("results.protocols.encoder"),
            *(texts(f"results.protocols.{protocol}") for protocol, _, _ in PROTOCOLS),
        ),
        rows,
        texts,
    )


def leak(found: Mapping[str, Any], texts: Texts) -> go.Figure:
    """Share of test photos with a copy in training: random splits against the fixed one."""
    kinds = ("identical", "near")
    names = [texts(f"results.leak.{kind}") for kind in kinds]
    fixed = [found[kind]["fixed_test_photos"] / found["fixed_test_total"] for kind in kinds]
    drawn = [found[kind]["random_share"] for kind in kinds]
    figure = base_figure(height=260)
    for key, values, colour, pattern in (("random", drawn, RAISES, "/"), ("fixed", fixed, NEUTRAL, "")):
        figure.add_bar(
            orientation="h",
            name=texts(f"results.leak.{key}"),
            x=values,
            y=names,
            marker={"color": colour, "pattern": hatching(pattern)},
            text=[texts.percent(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=texts.pair("%{y}", "%{text}<extra>%{fullData.name}</extra>"),
        )
    figure.update_layout(showlegend=True, legend=LEGEND | {"traceorder": "normal"}, bargap=0.3, margin={"r": 56})
    top = max(0.01, *drawn, *fixed)
    figure.update_xaxes(title_text=texts("results.leak.axis"), range=[0, 1.2 * top], **share_ticks(top, texts))
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return described(
        figure,
        texts("results.charts.leak"),
        (texts("results.leak.kind"), texts("results.leak.random"), texts("results.leak.fixed")),
        [
            (name, texts.percent(share), texts.percent(kept))
            for name, share, kept in zip(names, drawn, fixed, strict=True)
        ],
        texts,
    )


def protocols_table(evaluation: Mapping[str, Any], texts: Texts) -> Table:
    """One row an encoder: grouped cross-validation with its interval, then the splits, mean and deviation."""
    crossed, splits = evaluation["cross_validation"]["models"], evaluation["splits"]

    def several(found: Mapping[str, Any]) -> str:
        return f"{texts.percent(found['accuracy'])} ± {texts.number(100 * found['deviation'], 1)}"

    return Table(
        texts("results.protocols.caption", photos=texts.number(evaluation["cross_validation"]["photos"])),
        tuple(texts(f"results.protocols.{name}") for name in ("encoder", "folds", "macro_f1", "cleaned", "random")),
        tuple(
            (
                encoder_name(name, texts),
                interval(found["accuracy"], found["accuracy_ci95"], texts),
                interval(found["macro_f1"], found["macro_f1_ci95"], texts, as_percent=False),
                several(splits["cleaned"][name]),
                several(splits["random"][name]),
            )
            for name, found in crossed.items()
        ),
    )


def relearnt_table(found: Mapping[str, Any], texts: Texts) -> Table:
    """One row a shipped model whose training was repeated: accuracy and macro F1 with intervals, the folds' range."""
    return Table(
        texts("results.relearnt.caption"),
        (
            *(texts(f"results.vision.{name}") for name in ("model", "accuracy", "macro_f1")),
            texts("results.relearnt.range"),
        ),
        tuple(
            (
                model_name(name, texts),
                interval(figures["accuracy"], figures["accuracy_ci95"], texts),
                interval(figures["macro_f1"], figures["macro_f1_ci95"], texts, as_percent=False),
                _range(figures["folds"], texts),
            )
            for name, figures in found["models"].items()
        ),
    )


def met_table(evaluation: Mapping[str, Any], texts: Texts) -> Table:
    """One row an encoder: accuracy in the random splits on photos with and without a near copy in training."""
    return Table(
        texts("results.met.caption"),
        tuple(texts(f"results.met.{name}") for name in ("encoder", "met", "new")),
        tuple(
            (
                encoder_name(name, texts),
                *(
                    f"{maybe(found[kind]['accuracy'], texts.percent)} ({texts.number(found[kind]['photos'])})"
                    for kind in ("met", "new")
                ),
            )
            for name, found in evaluation["splits"]["random"].items()
        ),
    )


def pairs_table(pairs: list[dict[str, Any]], shipped: bool, texts: Texts) -> Table:
    """One row a pair: who alone was right how often, the difference with its interval, McNemar's p-value.

    Args:
        pairs: as ``results.json`` holds them.
        shipped: whether they are shipped models, rather than heads on encoders.
        texts: the language.
    """
    names = ("pair", "only_first", "only_second", "difference", "p_value")

    def name(key: str) -> str:
        return model_name(key, texts) if shipped else encoder_name(key, texts)

    return Table(
        texts("results.pairs.caption"),
        tuple(texts(f"results.pairs.{key}") for key in names),
        tuple(
            (
                f"{name(pair['first'])} – {name(pair['second'])}",
                texts.number(pair["only_first"]),
                texts.number(pair["only_second"]),
                f"{texts.signed(100 * pair['difference'], 1)} "
                + texts.between(*(texts.signed(100 * bound, 1) for bound in pair["difference_ci95"])),
                p_value(pair["p_value"], texts),
            )
            for pair in pairs
        ),
    )
