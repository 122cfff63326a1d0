"""The score as a gauge: the probability of default against the cut-off."""

from __future__ import annotations

import plotly.graph_objects as go

from models.credit.score import Score
from models.credit.wording import Distance
from models.display.common.chart import described, share_ticks
from models.display.common.palette import LOWERS, NEUTRAL, RAISES, base_figure
from models.texts import Texts

FULL_SCALE = 0.30  # P(default) at the right end, unless the client's own lies above


def gauge(score: Score, texts: Texts) -> go.Figure:
    """Needle bar at the client's probability, zones on both sides of the cut-off, the cut-off as a line."""
    top = max(FULL_SCALE, min(1.0, 1.25 * score.probability), min(1.0, 1.25 * score.threshold)) * 100
    cut = score.threshold * 100
    distance = Distance.between(score.probability, score.threshold)
    ticks = share_ticks(top / 100, texts)
    figure = base_figure(height=210)
    figure.add_trace(
        go.Indicator(
            mode="gauge+number",
            value=score.probability * 100,
            number={
                "suffix": texts.conventions.percent,
                "valueformat": f".{distance.digits}f",
                "font": {"size": 34},
            },
            gauge={
                "axis": {
                    "range": [0, top],
                    "tickvals": [100 * value for value in ticks["tickvals"]],
                    "ticktext": ticks["ticktext"],
                    "tickcolor": NEUTRAL,
                },
                "bar": {"color": NEUTRAL, "thickness": 0.32},
                "borderwidth": 0,
                "steps": [
                    {"range": [0, cut], "color": _faint(LOWERS)},
                    {"range": [cut, top], "color": _faint(RAISES)},
                ],
                "threshold": {"value": cut, "thickness": 0.95, "line": {"color": RAISES, "width": 4}},
            },
        )
    )
    figure.update_layout(margin={"l": 44, "r": 44, "t": 26, "b": 6})
    figures = distance.texts(texts)
    probability, threshold = figures["probability"], figures["threshold"]
    return described(
        figure,
        texts("charts.gauge", probability=probability, threshold=threshold),
        (texts("charts.mark"), texts("charts.value")),
        ((texts("credit.probability"), probability), (texts("credit.cutoff"), threshold)),
        texts,
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.28)"
