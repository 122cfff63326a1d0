"""The classifiers side by side: accuracy, each category, what was gained on the reference, and what an answer costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from models.display.common.chart import described
from models.display.common.names import class_name, model_name
from models.display.common.palette import NEUTRAL, base_figure
from models.display.results.style import fine_ticks, hatching, interval, look
from models.results import REFERENCE
from models.texts import Texts

Rows = Sequence[dict[str, Any]]
NEAR = 0.25  # of the longest axis: how far a name reaches
LEGEND = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}


def accuracy(rows: Rows, texts: Texts) -> go.Figure:
    """Each model's accuracy with its interval."""
    figure = base_figure(height=80 + 48 * len(rows))
    for row in rows:
        drawn, (low, high) = look(row["model"]), row["accuracy_ci95"]
        figure.add_scatter(
            x=[row["accuracy"]],
            y=[model_name(row["model"], texts)],
            mode="markers",
            marker={"color": drawn.colour, "symbol": drawn.symbol, "size": 13},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [high - row["accuracy"]],
                "arrayminus": [row["accuracy"] - low],
                "color": drawn.colour,
                "thickness": 2.5,
            },
            hovertemplate=interval(row["accuracy"], row["accuracy_ci95"], texts) + "<extra></extra>",
        )
    low = min(row["accuracy_ci95"][0] for row in rows)
    figure.update_xaxes(title_text=texts("results.accuracy"), range=[low - 0.03, 1], **fine_ticks(texts))
    figure.update_yaxes(range=[len(rows) - 0.5, -0.5], showgrid=False)
    return described(
        figure,
        texts("results.charts.accuracy"),
        (texts("results.vision.model"), texts("results.accuracy")),
        [(model_name(row["model"], texts), interval(row["accuracy"], row["accuracy_ci95"], texts)) for row in rows],
        texts,
    )


def class_bars(rows: Rows, measure: str, texts: Texts) -> go.Figure:
    """Precision, recall or F1 ("precision", "recall", "f1") of each category by each model."""
    classes = list(rows[0][f"per_class_{measure}"])
    names = [class_name(name, texts) for name in classes]
    figure = base_figure(height=60 + len(classes) * (22 * len(rows) + 18))
    for row in rows:
        drawn, values = look(row["model"]), [row[f"per_class_{measure}"][name] for name in classes]
        figure.add_bar(
            orientation="h",
            name=model_name(row["model"], texts),
            x=values,
            y=names,
            marker={"color": drawn.colour, "pattern": hatching(drawn.pattern)},
            text=[texts.number(value, 2) for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[texts.number(value, 3) for value in values],
            hovertemplate=texts.pair("%{y}", "%{customdata}<extra>%{fullData.name}</extra>"),
        )
    figure.update_layout(showlegend=True, legend=LEGEND | {"traceorder": "normal"}, bargap=0.28, margin={"r": 40})
    figure.update_xaxes(title_text=texts(f"results.measures.{measure}"), range=[0, 1])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return described(
        figure,
        texts("results.charts.classes", measure=texts(f"results.measures.{measure}")),
        (texts("images.class"), *(model_name(row["model"], texts) for row in rows)),
        [
            (class_name(name, texts), *(texts.number(row[f"per_class_{measure}"][name], 3) for row in rows))
            for name in classes
        ],
        texts,
    )


def gains(rows: Rows, texts: Texts) -> go.Figure | None:
    """Recall of each category less that of the reference model; None without the reference, or without another."""
    by_name = {row["model"]: row for row in rows}
    others = [row for row in rows if row["model"] != REFERENCE]
    if REFERENCE not in by_name or not others:
        return None
    base = by_name[REFERENCE]["per_class_recall"]
    names = [class_name(name, texts) for name in base]
    figure = base_figure(height=60 + len(base) * (24 * len(others) + 16))
    cells = []
    for row in others:
        values = [row["per_class_recall"][name] - base[name] for name in base]
        written = [texts.signed(100 * value, 1) if value else texts.number(0) for value in values]
        cells.append(written)
        pattern = hatching(look(row["model"]).pattern if len(others) > 1 else "")
        figure.add_bar(
            orientation="h",
            name=model_name(row["model"], texts),
            x=values,
            y=names,
            marker={"color": look(row["model"]).colour, "pattern": pattern},
            text=[f"{_sign(value)} {text}" for value, text in zip(values, written, strict=True)],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=texts.pair("%{y}", "%{text}<extra>%{fullData.name}</extra>"),
        )
    most = max(0.05, *(abs(value) for trace in figure.data for value in trace.x))
    figure.update_layout(bargap=0.3, showlegend=len(others) > 1, legend=LEGEND | {"traceorder": "normal"})
    figure.update_xaxes(
        title_text=texts("results.gains.axis", reference=model_name(REFERENCE, texts)),
        range=[-2.4 * most, 2.4 * most],  # on a phone the longest bar still leaves room for its number
        zeroline=True,
        zerolinecolor=NEUTRAL,
        showticklabels=False,
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return described(
        figure,
        texts("results.charts.gains", reference=model_name(REFERENCE, texts)),
        (texts("images.class"), *(model_name(row["model"], texts) for row in others)),
        [(name, *(column[place] for column in cells)) for place, name in enumerate(names)],
        texts,
    )


def costs(rows: Rows, cost: str, texts: Texts) -> go.Figure:
    """Accuracy against what a model costs: median latency ("latency_ms_p50") or file size ("weights_bytes")."""
    size = cost == "weights_bytes"
    shown = [row for row in rows if row[cost] is not None]
    figure = base_figure(height=300)

    def written(row: dict[str, Any]) -> str:
        return (
            f"{texts.number(row[cost] / 1e6, 1)} {texts('results.megabytes')}"
            if size
            else milliseconds(row[cost], texts)
        )

    values = [row[cost] / 1e6 if size else row[cost] for row in shown]
    for row, value in zip(shown, values, strict=True):
        drawn, (low, high) = look(row["model"]), row["accuracy_ci95"]
        # to the right of its point, unless the next one's interval would strike it through
        below = any(0 < other - value < NEAR * max(values) for other in values)
        figure.add_annotation(
            x=value,
            y=low if below else row["accuracy"],
            text=model_name(row["model"], texts),
            showarrow=False,
            xanchor="left",
            yanchor="top" if below else "middle",
            xshift=2 if below else 10,
        )
        figure.add_scatter(
            x=[value],
            y=[row["accuracy"]],
            mode="markers",
            marker={"color": drawn.colour, "symbol": drawn.symbol, "size": 13},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [high - row["accuracy"]],
                "arrayminus": [row["accuracy"] - low],
                "color": drawn.colour,
            },
            hovertemplate=texts.pair(written(row), f"{texts.percent(row['accuracy'])}<extra></extra>"),
        )
    title = texts("results.costs.size" if size else "results.costs.latency")
    figure.update_xaxes(title_text=title, range=[0, 1.45 * max(values)], rangemode="tozero")
    figure.update_yaxes(title_text=texts("results.accuracy"), **fine_ticks(texts))
    figure.update_yaxes(range=[min(row["accuracy_ci95"][0] for row in shown) - 0.04, 1])
    return described(
        figure,
        texts("results.charts.costs", cost=title),
        (texts("results.vision.model"), title, texts("results.accuracy")),
        [(model_name(row["model"], texts), written(row), texts.percent(row["accuracy"])) for row in shown],
        texts,
    )


def milliseconds(value: float, texts: Texts) -> str:
    """``200 ms``, ``3.5 ms``."""
    return f"{texts.number(value, 0 if value >= 10 else 1)} ms"


def _sign(value: float) -> str:
    return "▲" if value > 0 else "▼" if value < 0 else "="
