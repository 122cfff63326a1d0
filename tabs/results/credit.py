"""The credit model's card: what it is for, its figures, how groups fare, where it ends, and its synthetic clients."""

from __future__ import annotations

import gradio as gr

from models import results
from models.display.credit.audit_charts import fairness
from models.display.results.tables import credit_table, portfolio_table, search_table
from models.texts import Texts
from tabs.results.components import heading, sentences, table


def credit_tab(texts: Texts) -> None:
    """The card, and how near the synthetic clients are to the real ones."""
    figures, metrics = results.credit(), results.credit_metrics()
    if figures:
        heading(texts("results.credit.title"))
        sentences(
            texts("results.credit.purpose"),
            texts(
                "results.credit.data",
                rows=texts.number(figures["rows"]),
                rate=texts.percent(figures["default_rate"], 2),
                features=texts.number(figures["features"]),
                seconds=texts.number(figures["train_seconds"]),
            ),
            texts(
                "results.credit.cutoff",
                threshold=texts.percent(figures["threshold"], 2),
                ratio=texts.number(figures["cost_ratio"]),
            ),
        )
        table(credit_table(figures, texts))
        heading(texts("results.credit.groups"))
        for key in metrics.get("groups", {}):
            table(fairness(metrics, key, figures["threshold"], texts))
        heading(texts("results.credit.limits_title"))
        gr.Markdown(texts("results.credit.limits"))
    if searched := results.credit_search():
        heading(texts("results.search.title"))
        trials, folds = len(searched["searches"][0]["trials"]), searched["folds"]
        sentences(texts("results.search.read", trials=texts.number(trials), folds=texts.number(folds)))
        gr.HTML(search_table(searched, texts), elem_classes="vt-wide")
    if portfolio := results.portfolio():
        heading(texts("results.portfolio.title"))
        table(portfolio_table(portfolio, texts))
