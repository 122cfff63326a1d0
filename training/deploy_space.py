"""Deploys the app: what a Hugging Face Space needs, and nothing else, built from this folder and pushed.

A model that hub.yaml pins stays on the Hub: the Space loads it while it is built, and its weights are not copied.

    python -m training.deploy_space --space USER/NAME --dry-run
    python -m training.deploy_space --out FOLDER
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from models.errors import VitrineError
from models.runtime import hub
from training.hub.cpu_requirements import cpu_requirements
from training.hub.model_files import KINDS, STATES
from training.hub.upload import HubRefusal, Target, repository, send, table

ROOT = Path(__file__).parent.parent
FILES = ("app.py", "packages.txt", "hub.yaml", "results.json", "LICENSE")
DOCUMENTS = ("docs", "SECURITY.md", "CONTRIBUTING.md")  # what README.md shows and leads to
CODE = ("models", "server", "tabs")
# by name: a table of real applications that lies in data/ must not leave with them
DATA = (
    "README.md",
    "application_schema.yaml",
    "catalogue",
    "examples",
    "portfolio.parquet",
    "portfolio_metrics.json",
    "published_results.json",
    "texts",
)
NEVER = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc", "*.pyi", "*.log", ".*")
HEAVY = ("model.safetensors", "model.txt")  # weights themselves; figures, thresholds and cards always go along


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, build the folder, and write or push it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", type=repository, metavar="USER/NAME", help="made, and private, if there is none")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write the files here and push nothing")
    parser.add_argument("--public", dest="private", action="store_false", default=None, help="a new one is public")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and send nothing")
    given = parser.parse_args(arguments)
    if not (given.space or given.out or given.dry_run):
        parser.error("one of --space, --out and --dry-run is needed")
    try:
        if given.out:
            build(given.out)
            print(table(collect(given.out)))
            return
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "space"
            build(folder)
            files = collect(folder)
            print(table(files))
            if given.dry_run:
                print("dry run: nothing was sent")
                return
            sent = send(Target(given.space, "space", given.private, mirror=True), files, "Vitrine")
    except (HubRefusal, VitrineError) as refusal:
        raise SystemExit(str(refusal)) from refusal
    print("deployed" if sent.changed else "nothing has changed since the last deployment: no new commit")
    print(f"revision {sent.revision}")


def build(folder: Path, root: Path = ROOT) -> None:
    """Writes the Space's files into a folder that is new or empty.

    Raises:
        HubRefusal: the folder holds something, or a file of the app is missing.
        HubError: hub.yaml names a model at no commit.
    """
    if folder.exists() and any(folder.iterdir()):
        raise HubRefusal(f"{folder} is not empty.")
    copied = [*FILES, *DOCUMENTS, *CODE, *(f"data/{name}" for name in DATA)]
    missing = [name for name in ("requirements.txt", *copied) if not (root / name).exists()]
    if missing:
        raise HubRefusal(f"{', '.join(missing)} is missing: `git checkout -- {' '.join(missing)}` brings it back.")
    folder.mkdir(parents=True, exist_ok=True)
    for name in copied:
        _copy(root / name, folder / name)
    lock = (root / "requirements.txt").read_text(encoding="utf-8")
    (folder / "requirements.txt").write_text(cpu_requirements(lock), encoding="utf-8")  # a free Space has no GPU
    pins: dict[str, hub.Pin] = {}
    for source in sorted(path for path in (root / "weights").iterdir() if path.is_dir()):
        pin = hub.pinned_in_file(source.name)  # the Space has our hub.yaml, and not our environment
        if pin:
            pins[source.name] = pin
        _copy_weights(source, folder / "weights" / source.name, without=HEAVY if pin else ())
    (folder / "README.md").write_text(readme(root, pins), encoding="utf-8")


def _copy(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, place, ignore=NEVER)
    else:
        shutil.copyfile(source, place)


def _copy_weights(source: Path, place: Path, without: tuple[str, ...]) -> None:
    for path in sorted(source.iterdir()):
        if path.suffix in KINDS and path.name not in without and not path.match(STATES):
            _copy(path, place / path.name)


def readme(root: Path, pins: dict[str, hub.Pin]) -> str:
    """README.md as the Space needs it: space.yaml at its head, with the models that the Hub is to load beforehand."""
    head: dict[str, Any] = yaml.safe_load((root / "space.yaml").read_text(encoding="utf-8"))
    if pins:
        head["models"] = sorted({pin.repo for pin in pins.values()})
        head["preload_from_hub"] = [
            f"{pin.repo} {','.join(hub.files(model))} {pin.revision}" for model, pin in sorted(pins.items())
        ]
    body = (root / "README.md").read_text(encoding="utf-8").split("---\n", 2)[2]
    return f"---\n{yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000)}---\n{body}"


def collect(folder: Path) -> dict[str, Path | bytes]:
    """Every file below a folder: its path in the repository -> where it stands."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in paths}


if __name__ == "__main__":
    main()
