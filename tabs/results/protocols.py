"""How far a figure depends on the split: cross-validation by groups, random splits, and what these leak."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display.results import findings, protocol_charts
from models.texts import Texts
from tabs.results.components import chart, heading, sentences, table


def protocols_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """The shipped models' trainings in folds, the cheap models by each protocol, and the copies that a split parts."""
    relearnt = evaluation.get("relearnt", {})
    if relearnt.get("models"):
        heading(texts("results.relearnt.title"), findings.relearnt(evaluation, [row["model"] for row in rows], texts))
        table(protocol_charts.relearnt_table(relearnt, texts))
        if relearnt["pairs"]:
            sentences(*findings.differences(relearnt["pairs"], texts))
            table(protocol_charts.pairs_table(relearnt["pairs"], True, texts))
    gr.Markdown(f"### {texts('results.protocols.cheap')}")
    gr.Markdown(findings.split_protocols(evaluation, results.published(), texts))
    crossed = evaluation["cross_validation"]
    heading(texts("results.protocols.title"), findings.protocols(evaluation, texts))
    chart(protocol_charts.spread(evaluation, texts))
    table(protocol_charts.protocols_table(evaluation, texts))
    gr.Markdown(f"### {texts('results.pairs.heads')}")
    sentences(*findings.differences(crossed["pairs"], texts, shipped=False))
    table(protocol_charts.pairs_table(crossed["pairs"], False, texts))
    heading(texts("results.leak.title"), findings.leak(evaluation["leak"], texts))
    chart(protocol_charts.leak(evaluation["leak"], texts))
    table(protocol_charts.met_table(evaluation, texts))
    sentences(*findings.without_near_duplicates(evaluation, texts))
