"""How far a model knows what it does not know: its sets, "none of these", and what may be left to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import plotly.graph_objects as go

from models.display.common.chart import described
from models.display.common.html import Table
from models.display.common.names import model_name
from models.display.common.palette import base_figure
from models.display.results.charts import LEGEND
from models.display.results.style import fine_ticks, interval, look, maybe
from models.texts import Texts

Calibrations = Mapping[str, Mapping[str, Any]]


def sentences(found: Calibrations, refitted: Collection[str], texts: Texts) -> list[str]:
    """One sentence a model: what a shop may leave to it, and how often it is right there; where thresholds come from.

    Args:
        found: by model.
        refitted: the models that learnt once more, from the validation photos too.
        texts: the language.
    """
    said = []
    for model, content in found.items():
        measured = content["measured"]
        alone = measured["alone"]
        if alone["accuracy"]:
            said.append(
                texts(
                    "results.certainty.say",
                    model=model_name(model, texts),
                    share=texts.percent(alone["share"], 0),
                    accuracy=_rate(alone["accuracy"], texts),
                    all=texts.percent(measured["selective"][-1]["accuracy"]),
                )
            )
    siblings = [
        model_name(model, texts)
        for model, content in found.items()
        if content["chosen_on"]["validation_logits"] == "sibling_run" or model in refitted
    ]
    if siblings:
        said.append(texts("results.certainty.sibling", models=", ".join(siblings)))
    for model, content in found.items():
        chosen_on = content["chosen_on"]
        if chosen_on.get("threshold_on_learnt"):
            allowed = texts.percent(chosen_on["false_alarms_allowed"], 0)
            measure = texts(f"results.certainty.measures.{content['measure']}")
            told = {"model": model_name(model, texts), "measure": measure, "allowed": allowed}
            said.append(texts("results.certainty.learnt", **told))
    return said


def set_table(found: Calibrations, texts: Texts) -> Table:
    """One row a model: how often its set holds the true category, and how many categories it leaves."""
    names = ("model", "coverage", "set_size", "single", "alone", "photos")
    rows = []
    for model, content in found.items():
        measured = content["measured"]
        rows.append(
            (
                model_name(model, texts),
                _rate(measured["coverage"], texts),
                texts.number(measured["set_size"], 2),
                texts.percent(measured["set_sizes"].get("1", 0) / measured["test_photos"], 0),
                maybe(measured["alone"]["accuracy"], lambda rate: _rate(rate, texts)),
                texts.number(measured["test_photos"]),
            )
        )
    level = texts.percent(max(content["level"] for content in found.values()), 0)
    return Table(
        texts("results.certainty.sets", level=level),
        tuple(texts(f"results.certainty.{name}") for name in names),
        tuple(rows),
    )


def none_table(found: Calibrations, texts: Texts) -> Table:
    """One row a model: how well it tells photos of none of the categories from products."""
    names = ("model", "measure", "auroc", "found", "false_alarms", "others")
    rows = []
    for model, content in found.items():
        measured = content["measured"]
        missed = measured["taken_for_a_class"]
        noticed = {"value": 1 - missed["value"], "low": 1 - missed["high"], "high": 1 - missed["low"]}
        rows.append(
            (
                model_name(model, texts),
                texts(f"results.certainty.measures.{content['measure']}"),
                texts.number(measured["auroc"], 3),
                _rate(noticed, texts),
                _rate(measured["false_alarms"], texts),
                texts.number(measured["other_photos"]),
            )
        )
    return Table(
        texts("results.certainty.none"),
        tuple(texts(f"results.certainty.{name}") for name in names),
        tuple(rows),
    )


def selective(found: Calibrations, texts: Texts) -> go.Figure:
    """Accuracy on the photos that a model is surest of, against their share of all test photos."""
    figure = base_figure(height=320)
    shares = sorted({point["share"] for content in found.values() for point in content["measured"]["selective"]})
    table: dict[float, list[str]] = {share: [] for share in shares}
    for model, content in found.items():
        drawn, points = look(model), content["measured"]["selective"]
        by_share = {point["share"]: point["accuracy"] for point in points}
        for share in shares:
            table[share].append(maybe(by_share.get(share), texts.percent))
        figure.add_scatter(
            x=list(by_share),
            y=list(by_share.values()),
            mode="lines+markers",
            name=model_name(model, texts),
            line={"color": drawn.colour, "dash": drawn.dash, "width": 2.5},
            marker={"symbol": drawn.symbol, "size": 8},
            customdata=[texts.pair(texts.percent(share, 0), texts.percent(value)) for share, value in by_share.items()],
            hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
        )
    lowest = min(value for trace in figure.data for value in trace.y)
    figure.update_layout(showlegend=True, legend=LEGEND)
    tenths = [place / 10 for place in range(1, 11)]
    figure.update_xaxes(
        title_text=texts("results.certainty.share"),
        range=[0.05, 1.03],
        tickvals=tenths,
        ticktext=[texts.percent(share, 0) for share in tenths],
    )
    figure.update_yaxes(title_text=texts("results.accuracy"), **fine_ticks(texts))
    figure.update_yaxes(range=[lowest - 0.03, 1.02])
    return described(
        figure,
        texts("results.charts.selective"),
        (texts("results.certainty.share"), *(model_name(model, texts) for model in found)),
        [(texts.percent(share, 0), *cells) for share, cells in table.items()],
        texts,
    )


def _rate(rate: Mapping[str, float], texts: Texts) -> str:
    return interval(rate["value"], (rate["low"], rate["high"]), texts)
