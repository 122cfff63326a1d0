"""The credit tab's charts: what is drawn is what was counted, in the house style, in either language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from models.credit.portfolio import Portfolio
from models.credit.score import logit
from models.credit.service import credit_service
from models.credit.wording import label, scaled, spoken_value, unit_name, value_text
from models.display.common.chart import ABOVE, TICKS, share_ticks
from models.display.common.palette import LOWERS, MARK, NEUTRAL, RAISES
from models.display.credit import audit_charts, global_importance
from models.display.credit.distribution import MOST_CATEGORIES, distribution
from models.display.credit.gauge import gauge
from models.display.credit.scatter import scatter
from models.display.credit.waterfall import change_waterfall, score_waterfall
from models.texts import ENGLISH, FRENCH, Texts
from tests.charts import cells, in_house_style, numbers

METRICS = json.loads((Path(__file__).parents[1] / "weights" / "credit" / "metrics.json").read_text(encoding="utf-8"))
CLIENT = 900001
LANGUAGES = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])


def _changed(texts: Texts) -> go.Figure:
    credit = credit_service()
    before = credit.score_client(CLIENT)
    return change_waterfall(before, credit.score_client(CLIENT, {"EXT_SOURCE_2": 0.9, "AMT_CREDIT": 90_000}), texts)


def _compared(column: str) -> Callable[[Texts], go.Figure]:
    return lambda texts: distribution(credit_service().compare(CLIENT, column), texts)


CHARTS: dict[str, Callable[[Texts], go.Figure]] = {
    "gauge": lambda texts: gauge(credit_service().score_client(CLIENT), texts),
    "waterfall": lambda texts: score_waterfall(credit_service().score_client(CLIENT), texts),
    "change": _changed,
    "amounts": _compared("AMT_CREDIT"),
    "ages": _compared("DAYS_BIRTH"),
    "categories": _compared("NAME_INCOME_TYPE"),
    "scatter": lambda texts: scatter(credit_service().portfolio, CLIENT, "DAYS_BIRTH", "AMT_CREDIT", texts),
    "bars": lambda texts: global_importance.bars({"AGE": 0.1234, "CREDIT_TERM": 0.5}, texts),
    "beeswarm": lambda texts: global_importance.beeswarm(credit_service().importance, texts),
    "roc": lambda texts: audit_charts.curve(METRICS["roc"], "roc", texts),
    "calibration": lambda texts: audit_charts.calibration(METRICS["calibration"], texts),
    "cost": lambda texts: audit_charts.cost(credit_service().policy, credit_service().policy.cut_off(10), texts),
}


@LANGUAGES
def test_a_client_who_is_not_among_the_points_is_said_not_to_be(texts: Texts) -> None:
    portfolio = credit_service().portfolio
    walker = int(portfolio.ids[(portfolio.applications["FLAG_OWN_CAR"] == "N").to_numpy().argmax()])
    drawn = scatter(portfolio, walker, "OWN_CAR_AGE", "AMT_CREDIT", texts).data[-1].name
    assert str(walker) in drawn.replace("\u202f", "") and texts("values.OWN_CAR_AGE.not_applicable") in drawn
    assert label("OWN_CAR_AGE", texts) in drawn and label("AMT_CREDIT", texts) not in drawn
    twice = scatter(portfolio, walker, "OWN_CAR_AGE", "OWN_CAR_AGE", texts).data[-1].name
    assert twice.count(texts("values.OWN_CAR_AGE.not_applicable")) == 1
    seen = scatter(portfolio, CLIENT, "DAYS_BIRTH", "AMT_CREDIT", texts).data[-1]
    assert seen.name == texts("credit.client", client_id=CLIENT) and len(seen.x) == 1


@LANGUAGES
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_drawn_in_the_house_style_and_written_in_the_language(name: str, texts: Texts) -> None:
    in_house_style(CHARTS[name](texts), texts)


@pytest.mark.parametrize(
    ("probability", "threshold", "top"),
    [(0.02, 0.09, 30), (0.40, 0.09, 50), (0.95, 0.09, 100), (0.02, 0.40, 50), (0.02, 0.95, 100), (0.26, 0.25, 32.5)],
)
@LANGUAGES
def test_the_gauge_reaches_past_client_and_cut_off(
    probability: float, threshold: float, top: float, texts: Texts
) -> None:
    score = replace(credit_service().score_client(CLIENT), log_odds=logit(probability), threshold=threshold)
    (drawn,) = gauge(score, texts).data
    dial, cut = drawn.gauge, 100 * threshold
    assert drawn.mode == "gauge+number" and drawn.number.suffix == ("%" if texts is ENGLISH else "\u202f%")
    assert list(dial.axis.range) == pytest.approx([0, top])
    assert [value / 100 for value in dial.axis.tickvals] == pytest.approx(share_ticks(top / 100, texts)["tickvals"])
    (granted, refused) = dial.steps
    assert [*granted.range, *refused.range] == pytest.approx([0, cut, cut, top])
    for step, colour in ((granted, LOWERS), (refused, RAISES)):
        assert step.color == f"rgba({','.join(map(str, bytes.fromhex(colour[1:])))},0.28)"
    assert dial.threshold.value == pytest.approx(cut) and dial.threshold.line.color == RAISES
    assert dial.bar.color == NEUTRAL


@LANGUAGES
@pytest.mark.parametrize("top", [0.004, 0.021, 0.3, 0.31, 0.5, 0.77, 1.0])
def test_ticks_of_shares_are_round_even_and_few(top: float, texts: Texts) -> None:
    ticks = share_ticks(top, texts)
    values, written = ticks["tickvals"], ticks["ticktext"]
    step = values[1]
    assert values[0] == 0 and np.allclose(np.diff(values), step)
    assert values[-1] <= top + 1e-9 < values[-1] + step, "the last tick is the last below the top"
    assert 2 < len(values) <= TICKS + 1
    assert round(step / 10 ** np.floor(np.log10(step) + 1e-9), 6) in (1, 2, 2.5, 5)
    read = [float(text.replace(",", ".").rstrip("%").strip("\u202f\u00a0 ")) / 100 for text in written]
    assert read == pytest.approx(values, abs=1e-12)


@pytest.mark.parametrize("column", ["AMT_CREDIT", "DAYS_BIRTH", "CNT_CHILDREN"])
@LANGUAGES
def test_each_outcome_s_bars_are_the_shares_of_its_clients(column: str, texts: Texts) -> None:
    credit = credit_service()
    comparison = credit.compare(CLIENT, column)
    values = credit.portfolio.values(column).astype(float)
    own = values[credit.portfolio.row(CLIENT)]
    figure = distribution(comparison, texts)
    edges = np.sort([scaled(column, edge) for edge in comparison.edges or ()])
    for bar, outcome, colour in zip(figure.data, (0, 1), (LOWERS, RAISES), strict=True):
        mine = values[(credit.portfolio.outcomes == outcome) & ~np.isnan(values)]
        counts, _ = np.histogram([scaled(column, value) for value in mine], edges)
        order = np.argsort(bar.x)  # years run the other way than the days they are counted from
        inside = abs(np.asarray(bar.y)[order] - counts / len(mine)).max()
        assert inside < 0.02, "but for values on an edge, which another bar may hold"
        assert sum(bar.y) == pytest.approx(1) and bar.marker.color == colour
        assert list(np.asarray(bar.x)[order]) == pytest.approx((edges[1:] + edges[:-1]) / 2)
        assert bar.name == texts(f"credit.outcome.{('repaid', 'defaulted')[outcome]}")
        assert all(0.4 < width / (edges[1] - edges[0]) < 0.5 for width in bar.width), "two bars side by side"
        for (share, count, span), height, middle in zip(bar.customdata, bar.y, bar.x, strict=True):
            assert share == texts.percent(height) and count / len(mine) == pytest.approx(height)
            ends = [float(one.replace(",", "")) for one in numbers(span, texts)]
            slack = 0.051 if column == "DAYS_BIRTH" else 1
            assert ends[0] - slack <= middle <= ends[-1] + slack, "the range of the bar, in the reader's unit"
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == pytest.approx(scaled(column, own)) and line.line.color == MARK
    assert figure.layout.annotations[0].text == texts("credit.compare.client")
    assert figure.layout.xaxis.title.text == label(column, texts) + unit_name(column, texts)
    assert figure.layout.yaxis.title.text == texts("credit.compare.share") and figure.layout.showlegend
    assert list(figure.layout.yaxis.ticktext) == share_ticks(max(max(bar.y) for bar in figure.data), texts)["ticktext"]


@pytest.mark.parametrize("column", ["NAME_INCOME_TYPE", "ORGANIZATION_TYPE", "OCCUPATION_TYPE"])
@LANGUAGES
def test_categories_are_counted_and_the_clients_own_is_marked(column: str, texts: Texts) -> None:
    credit = credit_service()
    values, outcomes = credit.portfolio.values(column), credit.portfolio.outcomes
    known = np.array([isinstance(value, str) and value != "XNA" for value in values])
    client = int(credit.portfolio.ids[np.flatnonzero(known)[-1]])
    own = values[credit.portfolio.row(client)]
    figure = distribution(credit.compare(client, column), texts)
    for bar, outcome in zip(figure.data, (0, 1), strict=True):
        mine = values[known & (outcomes == outcome)]
        assert bar.orientation == "h" and sum(bar.x) == pytest.approx(1)
        names = {value_text(column, value, texts): value for value in sorted(set(values[known]))}
        for name, share in zip(bar.y, bar.x, strict=True):
            if name == texts("credit.compare.others"):
                continue
            value = names[name.removeprefix("\u25c6 ")]
            assert name.startswith("\u25c6 ") == (value == own)
            assert share == pytest.approx(np.mean(mine == value))
        assert (
            len(bar.y) == min(len(names), MOST_CATEGORIES + 1) and f"\u25c6 {value_text(column, own, texts)}" in bar.y
        )
    assert figure.layout.yaxis.autorange == "reversed"
    assert figure.layout.xaxis.title.text.replace("<br>", " ") == texts("credit.compare.share")


def _words(portfolio: Portfolio, row: int, axes: tuple[str, str], texts: Texts) -> list[str]:
    return [spoken_value(name, float(portfolio.values(name)[row]), texts) for name in axes]


@LANGUAGES
@pytest.mark.parametrize("axes", [("DAYS_BIRTH", "AMT_CREDIT"), ("EXT_SOURCE_1", "EXT_SOURCE_3")])
def test_every_client_whose_two_values_are_known_is_a_point_of_its_outcome(axes: tuple[str, str], texts: Texts) -> None:
    portfolio = credit_service().portfolio
    x, y = (np.array([scaled(name, value) for value in portfolio.values(name).astype(float)]) for name in axes)
    known = ~np.isnan(x) & ~np.isnan(y)
    row = int(np.flatnonzero(known)[3])
    client = int(portfolio.ids[row])
    figure = scatter(portfolio, client, *axes, texts)
    density, repaid, defaulted, own = figure.data
    assert list(density.x) == list(x[known]) and list(density.y) == list(y[known])
    for points, outcome, colour, symbol in ((repaid, 0, LOWERS, "circle-open"), (defaulted, 1, RAISES, "x")):
        members = known & (portfolio.outcomes == outcome)
        told = [(str(portfolio.ids[one]), *_words(portfolio, one, axes, texts)) for one in np.flatnonzero(members)]
        assert list(map(tuple, points.customdata)) == told
        assert list(points.x) == list(x[members]) and list(points.y) == list(y[members])
        assert (points.marker.color, points.marker.symbol) == (colour, symbol) and 0 < points.marker.opacity < 1
        assert points.name == texts(f"credit.outcome.{('repaid', 'defaulted')[outcome]}")
    assert (own.x[0], own.y[0], own.marker.color, own.marker.symbol) == (x[row], y[row], MARK, "diamond")
    titles = [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text]
    assert titles == [label(name, texts) + unit_name(name, texts) for name in axes] and figure.layout.showlegend
    head, *rows = cells(figure)
    assert head[0] == texts("charts.clients") and all(label(name, texts) in head[1 + i] for i, name in enumerate(axes))
    assert rows[-1] == [texts("credit.client", client_id=client), *_words(portfolio, row, axes, texts)]
    for (_, *halves), outcome in zip(rows[:2], (0, 1), strict=True):
        for name, cell in zip(axes, halves, strict=True):
            middle = np.median(portfolio.values(name)[known & (portfolio.outcomes == outcome)].astype(float))
            assert value_text(name, float(middle), texts) in cell


@LANGUAGES
def test_what_moved_leads_from_the_score_before_to_the_score_after(texts: Texts) -> None:
    credit = credit_service()
    changes = {"EXT_SOURCE_2": 0.9, "AMT_CREDIT": 90_000}
    before, after = credit.score_client(CLIENT), credit.score_client(CLIENT, changes)
    figure = change_waterfall(before, after, texts, shown=2)
    (bars,) = figure.data
    old, new = ({item.feature: item for item in score.contributions} for score in (before, after))
    moved = sorted((new[name].contribution - old[name].contribution for name in new), key=lambda value: -abs(value))
    passed = before.log_odds + np.cumsum([0, *moved[:2], sum(moved[2:])])
    np.testing.assert_allclose(bars.x, np.diff(1 / (1 + np.exp(-passed))), atol=1e-9)
    assert bars.base == pytest.approx(before.probability)
    assert before.probability + sum(bars.x) == pytest.approx(after.probability)
    rest = sum(value != 0 for value in moved) - 2
    assert [row[0] for row in bars.customdata][-1] == texts.count("credit.why.rest", rest)
    values = (before.probability, after.threshold, after.probability)
    names = (texts("credit.whatif.before"), texts("credit.cutoff"), texts("credit.whatif.after"))
    marks = zip(figure.layout.shapes, figure.layout.annotations[-3:], values, names, strict=True)
    for (line, name, value, words), dash, colour in zip(
        marks, ("dot", "dash", "solid"), (NEUTRAL, RAISES, NEUTRAL), strict=True
    ):
        assert line.x0 == line.x1 == name.x == pytest.approx(value)
        assert (line.line.dash, line.line.color) == (dash, colour)
        assert name.text == f"{words} {texts.percent(value)}"


@LANGUAGES
def test_the_name_of_a_row_stands_above_it(texts: Texts) -> None:
    names = {"CREDIT_TERM": 0.5, "AGE": 0.1234, "EXT_SOURCE_2": 0.3}
    figure = global_importance.bars(names, texts)
    (drawn,) = figure.data
    said = [(mark.text, mark.y) for mark in figure.layout.annotations]
    order = sorted(names, key=names.__getitem__, reverse=True)
    assert list(drawn.x) == [names[name] for name in order] and list(drawn.y) == [0, 1, 2]
    assert said == [(label(name, texts), pytest.approx(row - ABOVE)) for row, name in enumerate(order)]
    assert list(drawn.customdata) == [text for text, _ in said] and 0 < ABOVE < 0.5 + drawn.width / 2
    bottom, top = figure.layout.yaxis.range
    assert bottom > 2 + drawn.width / 2 and top < -ABOVE, "the first row is on top, and nothing is cut off"

    importance = credit_service().importance
    swarm = global_importance.beeswarm(importance, texts)
    shown = [label(importance.names[place], texts) for place in importance.order[: global_importance.SHOWN]]
    assert [(mark.text, mark.y) for mark in swarm.layout.annotations] == [
        (name, pytest.approx(row - ABOVE)) for row, name in enumerate(shown)
    ]
    for row in range(len(shown)):
        assert all(abs(height - row) <= global_importance.SPREAD for height in swarm.data[2 * row].y)
