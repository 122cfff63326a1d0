"""The layout is the architecture: what may import what, and what must agree with what."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard

ROOT = Path(__file__).parent.parent
FOLDERS = ("models", "server", "tabs", "training")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
TRAINING = [path for path in SOURCES if path.is_relative_to(ROOT / "training")]
COMMANDS = {
    "search_credit",
    "train_credit",
    "train_vgg16",
    "train_yolov8",
    "train_protovit",
    "distil_encoder",
    "cross_validate",
    "make_portfolio",
    "evaluate",
    "evaluate_explanations",
    "evaluate_portfolio",
    "evaluate_reasoning",
    "evaluate_remedies",
    "calibrate",
    "reproduce",
    "score_dataset",
    "push_to_hub",
    "deploy_space",
}
ROOMS = ("batch", "catalogue", "credit", "evaluation", "hub", "protovit", "synthetic", "vision")

# what the code below a folder, or a file, may not import
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "models": ("app", "benchmarks", "gradio", "server", "tabs", "training"),
    "models/runtime/hub.py": ("models.credit", "models.display", "models.vision"),
    "models/runtime/upload_cleanup.py": ("models.credit", "models.display", "models.vision"),
    "models/credit": ("models.display", "models.protovit", "models.results", "models.vision"),
    "models/protovit": ("models.credit", "models.display", "models.results", "models.runtime", "models.vision"),
    "models/vision": ("models.credit", "models.display", "models.results"),
    "models/results.py": ("models.credit", "models.display", "models.vision"),
    "models/display": ("models.runtime",),
    "models/display/common": ("models.credit", "models.results", "models.vision"),
    "models/display/credit": ("models.results", "models.vision"),
    "models/display/photos": ("models.credit", "models.results"),
    "models/display/results": ("models.credit", "models.vision"),
    "server": ("app", "benchmarks", "training"),
    "tabs": ("app", "benchmarks", "server", "training"),
    "training": ("app", "benchmarks", "gradio", "server", "tabs", "models.display"),
    "training/catalogue": ("models",),
}
DISPLAYS = {"common": set(), "credit": {"common"}, "photos": {"common"}, "results": {"common"}}
DISPLAYS["pages"] = {"common", "results"}


def _imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports: ``from a import b`` gives ``a`` and ``a.b``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: imports are absolute, so that they can be followed"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _within(names: set[str], packages: tuple[str, ...]) -> set[str]:
    return {name for name in names if any(f"{name}.".startswith(f"{package}.") for package in packages)}


def _upward(place: Path, names: set[str]) -> set[str]:
    """Those of the names that a file may not import."""
    return {
        name
        for upper, packages in FORBIDDEN.items()
        if place.is_relative_to(upper)
        for name in _within(names, packages)
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_upwards(path: Path) -> None:
    assert not _upward(path.relative_to(ROOT), _imports(path))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("models/texts.py", "server.calls"),
        ("models/texts.py", "app"),
        ("tabs/calls.py", "server"),
        ("tabs/calls.py", "app"),
        ("tabs/calls.py", "benchmarks.load"),
        ("server/calls.py", "app"),
        ("server/calls.py", "training.batch"),
        ("training/vision/data.py", "server"),
    ],
)
def test_an_upward_import_is_noticed(place: str, name: str) -> None:
    assert ROOT / place in SOURCES and _upward(Path(place), {name}) == {name}


@pytest.mark.parametrize("place", [*FORBIDDEN, *(f"training/{room}" for room in ROOMS)])
def test_every_place_with_a_rule_exists(place: str) -> None:
    assert (ROOT / place).exists()


def test_displays_of_one_subject_use_no_other_subject() -> None:
    found = {path.name for path in (ROOT / "models" / "display").iterdir() if (path / "__init__.py").is_file()}
    assert found == set(DISPLAYS)
    assert [path.name for path in (ROOT / "models" / "display").glob("*.py")] == ["__init__.py"]
    for room, below in DISPLAYS.items():
        others = tuple(f"models.display.{name}" for name in found - below - {room})
        for path in (ROOT / "models" / "display" / room).rglob("*.py"):
            assert not _within(_imports(path), others), path


def test_each_folder_of_tabs_has_its_displays() -> None:
    folders = {path.parent.name for path in (ROOT / "tabs").glob("*/__init__.py")}
    assert folders == set(DISPLAYS) - {"common"}


def test_training_shows_its_commands_and_rooms_alone() -> None:
    training = ROOT / "training"
    assert {path.stem for path in training.glob("*.py")} == COMMANDS | {"__init__"}
    assert {path.parent.name for path in training.glob("*/__init__.py")} == set(ROOMS)


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_a_command_runs_as_one(command: str) -> None:
    assert 'if __name__ == "__main__":' in (ROOT / "training" / f"{command}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", TRAINING, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_in_training_imports_a_command(path: Path) -> None:
    """Neither a room nor another command: what two of them need stands in a room."""
    assert not _within(_imports(path), tuple(f"training.{command}" for command in COMMANDS))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pickle_and_no_eval(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not calls & {"eval", "exec", "compile", "__import__"}
    assert not _within(_imports(path), ("pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle", "torch.load"))
    for node in ast.walk(tree):  # what reads pickles under another name
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            assert not (node.attr == "load" and owner in {"torch", "torch.jit", "joblib"}), ast.unparse(node)
            assert node.attr not in {"read_pickle", "to_pickle", "load_state_dict_from_url", "jit_load"}, ast.unparse(
                node
            )
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant) and node.value.value is False, path


def test_space_yaml_equals_the_head_of_the_readme() -> None:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    assert yaml.safe_load(head) == yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))


def test_space_runs_the_gradio_that_is_required() -> None:
    version = yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))["sdk_version"]
    assert f"\ngradio=={version} " in (ROOT / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", ["credit", "vgg16", "yolov8", "protovit"])
def test_a_model_ships_complete(model: str) -> None:
    names = {path.name for path in (ROOT / "weights" / model).iterdir()}
    assert {"config.json", "metrics.json", "README.md"} <= names
    assert names & {"model.txt", "model.safetensors"}


@pytest.mark.parametrize(("model", "metric"), [("credit", "roc_auc"), ("vgg16", "accuracy"), ("protovit", "accuracy")])
def test_a_card_tells_the_hub_what_was_measured(model: str, metric: str) -> None:
    folder = ROOT / "weights" / model
    told = ModelCard((folder / "README.md").read_text(encoding="utf-8")).data
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    measured = metrics["figures"][metric]["value"] if model == "credit" else metrics[metric]
    assert told.license == "agpl-3.0"
    assert {figure.metric_type: figure.metric_value for figure in told.eval_results}[metric] == round(measured, 4)
