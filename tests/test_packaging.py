"""What the project needs: declared where it is imported, locked with hashes, and without CUDA where there is no GPU."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from models.runtime import hub
from training.hub.cpu_requirements import INDEX, cpu_requirements

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
OWN = {"app", "benchmarks", "models", "server", "tabs", "tests", "training"}
BLENDERS = {"bmesh", "bpy", "mathutils", "pyoidn"}  # inside Blender, or only where pictures are rendered anew
PLACES = {
    "app": ("app.py", "models", "server", "tabs"),
    "train": ("training",),
    "test": ("tests", "benchmarks"),
}
ALLOWED = {"app": (), "train": ("train", "ray"), "test": ("train", "ray", "test")}
NO_IMPORT = {  # what is used without an import of ours
    "timm": "transformers' TimmWrapper",
    "onnx": "torch.onnx.export",
    "mypy": "make check",
    "ruff": "make check",
    "pre-commit": "CONTRIBUTING.md",
    "pandas-stubs": "mypy",
    "types-pyyaml": "mypy",
    "pytest-cov": "make test",
    "pytest-timeout": "pyproject.toml",
    "pytest-xdist": "make test",
    "axe-playwright-python": "its axe.min.js",
}


def _name(requirement: str) -> str:
    return re.split(r"[\[=<>~! ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _declared(place: str) -> set[str]:
    extras = [requirement for extra in ALLOWED[place] for requirement in EXTRAS[extra]]
    return {_name(requirement) for requirement in (*PROJECT["dependencies"], *extras)}


def _imported(place: str) -> Iterator[tuple[Path, str]]:
    for top in PLACES[place]:
        path = ROOT / top
        for file in [path] if path.is_file() else path.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                if isinstance(node, ast.ImportFrom) and node.module:
                    names = [node.module]
                for name in names:
                    module = name.partition(".")[0]
                    if module not in OWN | BLENDERS | set(sys.stdlib_module_names):
                        yield file, module


@pytest.fixture(scope="module")
def distributions() -> dict[str, set[str]]:
    return {
        module: {name.lower().replace("_", "-") for name in names} for module, names in packages_distributions().items()
    }


@pytest.mark.parametrize("place", PLACES)
def test_what_is_imported_is_declared(place: str, distributions: dict[str, set[str]]) -> None:
    declared = _declared(place)
    missing = {
        module: file.relative_to(ROOT).as_posix()
        for file, module in _imported(place)
        if not distributions.get(module, set()) & declared
    }
    assert not missing


def test_what_is_declared_is_used(distributions: dict[str, set[str]]) -> None:
    used = {name for place in PLACES for _, module in _imported(place) for name in distributions.get(module, set())}
    assert {name for name in _declared("test") if name not in used | set(NO_IMPORT)} == set()


def _locked(file: str) -> dict[str, str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize(("file", "place"), [("requirements.txt", "app"), ("requirements-dev.txt", "test")])
def test_the_lock_holds_what_is_declared_with_hashes_and_no_address(file: str, place: str) -> None:
    extras = [requirement for extra in ALLOWED[place] for requirement in EXTRAS[extra]]
    locked = _locked(file)
    for requirement in (*PROJECT["dependencies"], *extras):
        name, _, version = requirement.partition("==")
        assert _name(name) in locked, f"make lock: {requirement} is not in {file}"
        assert not version or locked[_name(name)] == version, f"make lock: {requirement} is another in {file}"
    text = (ROOT / file).read_text(encoding="utf-8")
    assert "://" not in text
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_both_locks_hold_the_same_versions() -> None:
    app, everything = _locked("requirements.txt"), _locked("requirements-dev.txt")
    assert {name: everything.get(name) for name in app} == app


LOCK = """\
numba==0.68.1 ; sys_platform == 'linux' \\
    --hash=sha256:00
    # via shap
nvidia-cublas==13.4 ; sys_platform == 'linux' \\
    --hash=sha256:01
    # via
    #   nvidia-cudnn-cu13
    #   torch
nvidia-cudnn-cu13==9.26 ; sys_platform == 'linux' \\
    --hash=sha256:02
    # via torch
nvidia-ml-py==13.6 \\
    --hash=sha256:03
    # via ultralytics
torch==2.15.0 \\
    --hash=sha256:04
    # via vitrine (pyproject.toml)
torchvision==0.29.2 \\
    --hash=sha256:05
    # via vitrine (pyproject.toml)
triton==3.9.0 ; sys_platform == 'linux' \\
    --hash=sha256:06
    # via torch
"""


def test_without_a_gpu_nothing_of_cuda_is_asked_for() -> None:
    assert cpu_requirements(LOCK).splitlines() == [
        f"--extra-index-url {INDEX}",
        "numba==0.68.1 ; sys_platform == 'linux'",
        "nvidia-ml-py==13.6",  # ultralytics asks for it
        "torch==2.15.0+cpu ; sys_platform != 'darwin'",
        "torch==2.15.0 ; sys_platform == 'darwin'",
        "torchvision==0.29.2+cpu ; sys_platform != 'darwin'",
        "torchvision==0.29.2 ; sys_platform == 'darwin'",
    ]
    with pytest.raises(ValueError, match="torchvision"):
        cpu_requirements(LOCK.split("torchvision==")[0])


def test_the_real_lock_without_a_gpu_keeps_every_version_but_those_of_cuda() -> None:
    lock = _locked("requirements.txt")
    lines = cpu_requirements((ROOT / "requirements.txt").read_text(encoding="utf-8")).splitlines()[1:]
    kept = {_name(line.partition("==")[0]) for line in lines}
    gone = set(lock) - kept
    assert {"nvidia-cudnn-cu13", "nvidia-cublas", "triton"} <= gone
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) for name in gone)
    assert not any("--hash" in line for line in lines)


def test_the_front_matter_names_the_models_of_the_hub() -> None:
    head = yaml.safe_load((ROOT / "space.yaml").read_text(encoding="utf-8"))
    pins = yaml.safe_load(hub.PINS.read_text(encoding="utf-8")) or {}
    assert head["models"] == sorted({pin["repo"] for pin in pins.values()})
