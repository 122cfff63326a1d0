"""Where the models fail: real photos by file name, since they may not be shown, and our own rendered pictures."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models.display.results import findings, tables
from models.texts import Texts
from models.vision.gallery import catalogue
from tabs.results.components import heading, table


def failures_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """The photos that no model gets right, and the rendered pictures that some do not."""
    failures = evaluation["failures"]
    models = list(evaluation["models"])
    heading(texts("results.failures.title"), findings.failures(evaluation, models, texts))
    if failures["test"]:
        table(tables.failures_table(failures["test"], models, texts), words=True)
    paths = {picture.path.name: picture.path for picture in catalogue()}
    missed = [row for row in failures["catalogue"] if row["image"] in paths]
    if missed:
        gr.Markdown(f"### {texts('results.failures.rendered')}")
        gr.Gallery(
            value=[(str(paths[row["image"]]), tables.failure_caption(row, texts)) for row in missed],
            show_label=False,
            columns=6,
            height="auto",
            object_fit="contain",
            interactive=False,
            buttons=[],
            elem_classes="vt-missed",
        )
