"""The part of plotly.js that the page draws its charts with: it can draw what ``models/display`` makes."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import plotly.graph_objects as go
from plotly.basedatatypes import BaseTraceType
from plotly.offline import get_plotlyjs_version

from tabs.gradio_internals import PLOTLY

DISPLAYS = Path(__file__).parents[1] / "models" / "display"
CLASSES = [kind for kind in (getattr(go, name) for name in dir(go)) if isinstance(kind, type)]
KINDS = {kind.__name__.lower() for kind in CLASSES if issubclass(kind, BaseTraceType)}


def _kinds(code: str) -> set[str]:
    """The kinds of traces that code makes, as ``go.Scatter(...)`` or ``figure.add_scatter(...)``."""
    used = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)]
    classes = {node.attr.lower() for node in used if isinstance(node.value, ast.Name) and node.value.id == "go"}
    return (classes | {node.attr.removeprefix("add_") for node in used if node.attr.startswith("add_")}) & KINDS


def test_it_draws_the_kinds_of_charts_that_are_made_and_no_others() -> None:
    made = set().union(*(_kinds(path.read_text(encoding="utf-8")) for path in DISPLAYS.rglob("*.py")))
    drawn = {name.decode() for name in re.findall(rb'moduleType:"trace",name:"(\w+)"', PLOTLY.read_bytes())}
    assert drawn == made, "name the kinds in tabs/plotly/charts.js, then: make charts"


def test_it_is_of_the_version_that_the_charts_are_written_for() -> None:
    version = json.loads((PLOTLY.parent / "package.json").read_text(encoding="utf-8"))["dependencies"]["plotly.js"]
    assert version == get_plotlyjs_version(), "write this version into tabs/plotly/package.json, then: make charts"
    assert f'="{version}"'.encode() in PLOTLY.read_bytes()
    assert f"plotly.js {version} (MIT)" in (PLOTLY.parent / "LICENSES").read_text(encoding="utf-8")
