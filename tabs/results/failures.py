"""Where the models fail: real photos by file name, since they may not be shown, and our own rendered pictures."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.common.html import render
from models.display.results import findings, tables
from models.texts import Texts
from models.vision.gallery import address, catalogue
from tabs.results.components import heading, table

SIDE = 340  # px of a picture: two for each that the page gives it


def failures_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """The photos that no model gets right, and the rendered pictures that some do not."""
    failures = evaluation["failures"]
    models = list(evaluation["models"])
    heading(texts("results.failures.title"), findings.failures(evaluation, models, texts))
    if failures["test"]:
        table(tables.failures_table(failures["test"], models, texts), words=True)
    known = {picture.path.name: picture for picture in catalogue()}
    missed = [row for row in failures["catalogue"] if row["image"] in known]
    if missed:
        gr.Markdown(f"### {texts('results.failures.rendered')}")
        pictures = [(address(known[row["image"]], SIDE), tables.failure_caption(row, texts)) for row in missed]
        gr.HTML(render("captioned", pictures=pictures))
