"""Learning curves: what a training lost and gained, epoch by epoch, phase by phase."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from models.display.common.chart import described, share_ticks, thinned
from models.display.common.html import Table
from models.display.common.names import model_name
from models.display.common.palette import NEUTRAL, RAISES, base_figure
from models.display.results.charts import LEGEND
from models.display.results.style import look, maybe
from models.results import Phase
from models.texts import Texts


def phase_name(model: str, name: str, texts: Texts) -> str:
    """A phase in the reader's language; as the training wrote it where the catalogue lacks it."""
    stage = "joint_curves" if (model, name) == ("protovit", "curves") else name
    return texts.get(f"results.phases.{stage}", name.replace("_", " "))


def losses(model: str, phases: tuple[Phase, ...], texts: Texts) -> go.Figure:
    """Training and validation loss of one model over its phases, which thin lines part."""
    figure = base_figure(height=300)
    rows = []
    for phase, epochs in zip(phases, _epochs(phases), strict=True):
        for key, colour, dash, values in (
            ("train_loss", NEUTRAL, "dot", [point.train_loss for point in phase.points]),
            ("val_loss", RAISES, "solid", [point.val_loss for point in phase.points]),
        ):
            if any(value is not None for value in values):
                figure.add_scatter(
                    x=epochs,
                    y=values,
                    mode="lines+markers",
                    name=texts(f"results.learning.{key}"),
                    legendgroup=key,
                    showlegend=phase is phases[0],
                    line={"color": colour, "dash": dash, "width": 2.5},
                    marker={"size": 5},
                    customdata=[
                        (texts.number(point.epoch), maybe(value, lambda found: texts.number(found, 3)))
                        for point, value in zip(phase.points, values, strict=True)
                    ],
                    hovertemplate=texts.pair(
                        f"{phase_name(model, phase.name, texts)}, %{{customdata[0]}}", "%{customdata[1]}<extra></extra>"
                    ),
                )
        if phase is not phases[0]:
            figure.add_vline(x=epochs[0] - phase.points[0].epoch, line={"color": NEUTRAL, "width": 1})
        rows += [
            (
                f"{phase_name(model, phase.name, texts)}, {texts.number(phase.points[place].epoch)}",
                maybe(phase.points[place].train_loss, lambda value: texts.number(value, 3)),
                maybe(phase.points[place].val_loss, lambda value: texts.number(value, 3)),
            )
            for place in thinned(len(phase.points))
        ]
    figure.update_layout(showlegend=True, legend=LEGEND)
    figure.update_xaxes(title_text=texts("results.learning.epochs"))
    figure.update_yaxes(title_text=texts("results.learning.loss"), rangemode="tozero")
    return described(
        figure,
        texts("results.charts.losses", model=model_name(model, texts)),
        (
            texts("results.learning.phase"),
            texts("results.learning.train_loss"),
            texts("results.learning.val_loss"),
        ),
        rows,
        texts,
    )


def accuracies(curves: Mapping[str, tuple[Phase, ...]], texts: Texts) -> go.Figure:
    """Validation accuracy of every model over the epochs of all its phases."""
    figure = base_figure(height=320)
    rows = []
    for name, phases in curves.items():
        points = [point for phase in phases for point in phase.points]
        values = [point.val_accuracy for point in points]
        known = [value for value in values if value is not None]
        if not known:
            continue
        drawn = look(name)
        figure.add_scatter(
            x=[epoch for epochs in _epochs(phases) for epoch in epochs],
            y=values,
            mode="lines+markers",
            name=model_name(name, texts),
            line={"color": drawn.colour, "dash": drawn.dash, "width": 2.5},
            marker={"symbol": drawn.symbol, "size": 6},
            customdata=[maybe(value, texts.percent) for value in values],
            hovertemplate=texts.pair("%{x}", "%{customdata}<extra>%{fullData.name}</extra>"),
        )
        rows.append((model_name(name, texts), texts.percent(known[0]), texts.percent(max(known))))
    figure.update_layout(showlegend=True, legend=LEGEND)
    figure.update_xaxes(title_text=texts("results.learning.epochs"))
    figure.update_yaxes(title_text=texts("results.learning.val_accuracy"), range=[0, 1], **share_ticks(1, texts))
    return described(
        figure,
        texts("results.charts.accuracies"),
        (texts("results.vision.model"), texts("results.learning.first"), texts("results.learning.highest")),
        rows,
        texts,
    )


def _epochs(phases: tuple[Phase, ...]) -> list[list[int]]:
    """For each point of each phase, how many epochs went before it: a phase starts where the one before it ended."""
    counted, before = [], 0
    for phase in phases:
        counted.append([before + point.epoch for point in phase.points])
        before += phase.points[-1].epoch
    return counted


def phases_table(curves: Mapping[str, tuple[Phase, ...]], texts: Texts) -> Table:
    """One row a model and phase: its epochs, the best one, and the figures there."""
    rows = []
    for model, phases in curves.items():
        for phase in phases:
            measured = [point for point in phase.points if point.val_loss is not None]
            best = min(measured, key=lambda point: point.val_loss or 0.0) if measured else phase.points[-1]
            rows.append(
                (
                    f"{model_name(model, texts)}, {phase_name(model, phase.name, texts)}",
                    texts.number(phase.points[-1].epoch),
                    texts.number(best.epoch),
                    maybe(best.val_loss, lambda value: texts.number(value, 3)),
                    maybe(best.val_accuracy, texts.percent),
                )
            )
    names = ("phase", "epochs", "best", "val_loss", "val_accuracy")
    return Table(
        texts("results.learning.caption"), tuple(texts(f"results.learning.{name}") for name in names), tuple(rows)
    )
