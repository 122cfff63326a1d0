"""The numbers of the credit tables and charts against counts made another way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.credit.service import credit_service
from models.display.credit import audit_charts, global_importance, tables
from models.texts import ENGLISH, FRENCH, Texts

METRICS = json.loads((Path(__file__).parents[1] / "weights" / "credit" / "metrics.json").read_text(encoding="utf-8"))
LANGUAGES = (ENGLISH, FRENCH)


def _place(threshold: float) -> int:
    return int(np.abs(np.asarray(METRICS["thresholds"]["threshold"]) - threshold).argmin())


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.language)
@pytest.mark.parametrize("ratio", [3, 10, 30])
def test_a_cut_off_tells_the_defaults_from_the_repaid_by_decision(ratio: int, texts: Texts) -> None:
    cut_off = credit_service().policy.cut_off(ratio)
    tp, fp, tn, fn = (METRICS["thresholds"][kind][_place(cut_off.threshold)] for kind in ("tp", "fp", "tn", "fn"))
    total = tp + fp + tn + fn
    table = tables.confusion_table(cut_off, texts)
    assert table.head[1:] == (texts("credit.policy.refused"), texts("credit.policy.granted"))
    expected = {"bad": (tp, fn), "good": (fp, tn)}
    for row, (outcome, counts) in zip(table.rows, expected.items(), strict=True):
        assert row[0] == texts(f"credit.policy.{outcome}")
        assert row[1:] == tuple(f"{texts.number(count)} ({texts.percent(count / total)})" for count in counts)
    assert tp / (tp + fp) > fn / (fn + tn), "who is refused defaults more often than who is granted"


@pytest.mark.parametrize("texts", LANGUAGES, ids=lambda texts: texts.language)
@pytest.mark.parametrize("key", ["CODE_GENDER", "AGE"])
def test_each_column_of_the_audit_by_groups_is_the_rate_that_its_heading_names(key: str, texts: Texts) -> None:
    threshold = credit_service().model.threshold
    table = audit_charts.fairness(METRICS, key, threshold, texts)
    heads = [texts(f"credit.audit.{name}") for name in ("acceptance", "caught", "served")]
    columns = [table.head.index(head) for head in heads]
    rows = {row[0]: row for row in table.rows}
    for group, counts in METRICS["groups"][key].items():
        tp, fp, tn, fn = (counts[kind][_place(threshold)] for kind in ("tp", "fp", "tn", "fn"))
        if not tp + fp + tn + fn:
            continue
        row = rows[texts(f"values.{key}.{group}")]
        rates = ((tn + fn) / (tp + fp + tn + fn), tp / (tp + fn), tn / (tn + fp))
        for column, rate in zip(columns, rates, strict=True):
            assert row[column].startswith(f"{texts.percent(rate)} "), (group, table.head[column])


def test_the_points_of_all_clients_are_orange_where_a_value_is_high() -> None:
    importance = credit_service().importance
    figure = global_importance.beeswarm(importance, ENGLISH)
    scale = dict(global_importance.LOW_TO_HIGH)
    assert (scale[0.0], scale[1.0]) == (global_importance.LOWERS, global_importance.RAISES)
    seen = 0
    for row, place in enumerate(importance.order[: global_importance.SHOWN]):
        values = importance.known[:, place]
        known = ~np.isnan(values)
        points = figure.data[2 * row]
        assert list(points.x) == list(importance.values[known, place])
        colours = np.asarray(points.marker.color)
        assert [list(stop) for stop in points.marker.colorscale] == global_importance.LOW_TO_HIGH
        read = values[known] * np.sign(global_importance.scaled(importance.names[place], 1.0))
        low, high = colours[read == read.min()].mean(), colours[read == read.max()].mean()
        assert low < 0.5 < high, importance.names[place]
        seen += 1
    assert seen == global_importance.SHOWN
