"""What a shop may leave to the machine: conformal sets, "none of these", accuracy on what a model is sure of."""

from __future__ import annotations

from typing import Any

import gradio as gr

from models import results
from models.display.results import calibration_charts
from models.texts import Texts
from tabs.results.components import chart, heading, table


def certainty_tab(rows: list[dict[str, Any]], evaluation: dict[str, Any], texts: Texts) -> None:
    """The curve, the sets, and photos of none of the categories; a sentence where no model was calibrated."""
    found = results.calibrations()
    if not found:
        gr.Markdown(texts("results.certainty.missing"))
        return
    gr.Markdown(texts("results.certainty.explain"))
    heading(texts("results.certainty.title"), calibration_charts.sentences(found, results.refitted(), texts))
    chart(calibration_charts.selective(found, texts))
    table(calibration_charts.set_table(found, texts))
    heading(texts("results.certainty.none_title"))
    table(calibration_charts.none_table(found, texts))
