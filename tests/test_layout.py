"""The layout is the architecture: what may import what, and what must agree with what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
SOURCES = [path for folder in ("models", "tabs", "training") for path in sorted((ROOT / folder).rglob("*.py"))]
FORBIDDEN = {"models": ("gradio", "tabs", "training"), "tabs": ("training",), "training": ("gradio", "tabs")}


def _imports(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_upwards(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    assert not _imports(path) & set(FORBIDDEN[layer])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pickle_and_no_eval(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"eval", "exec"}
    assert not _imports(path) & {"pickle", "joblib", "dill", "cloudpickle"}


def test_space_yaml_equals_the_head_of_the_readme() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    assert yaml.safe_load(head) == yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))


def test_space_runs_the_gradio_that_is_required() -> None:
    version = yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))["sdk_version"]
    assert f"gradio[mcp]=={version}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", ["credit", "vgg16", "yolov8", "protovit"])
def test_a_model_ships_complete(model: str) -> None:
    names = {path.name for path in (ROOT / "weights" / model).iterdir()}
    assert {"config.json", "metrics.json", "README.md"} <= names
    assert names & {"model.txt", "model.safetensors"}
