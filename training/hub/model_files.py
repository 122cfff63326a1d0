"""The files of a trained model that may be published, and what they must hold."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import yaml

from models.runtime import hub
from training.hub.upload import Content, HubRefusal

STATES = "checkpoint*"  # what a training that was interrupted goes on from: no part of a model
KINDS = (".json", ".md", ".safetensors", ".txt")  # numbers and texts; reading them runs no code


def collect(folder: Path, model: str) -> dict[str, Content]:
    """What goes to the Hub: the files of a model, and the list of their SHA-256.

    Raises:
        HubRefusal: the folder is incomplete, or holds what should not be published.
    """
    if not folder.is_dir():
        raise HubRefusal(f"There is no folder {folder}.")
    paths = sorted(path for path in folder.iterdir() if not path.match(STATES))
    foreign = [path.name for path in paths if not path.is_file() or path.suffix not in KINDS or not _is_sound(path)]
    if foreign:
        raise HubRefusal(f"{folder} holds {', '.join(foreign)}: only {', '.join(KINDS)} files go to the Hub.")
    names = {path.name for path in paths}
    missing = {"README.md", *hub.files(model)} - names - {hub.LISTING}
    if missing:
        raise HubRefusal(f"{folder} lacks {', '.join(sorted(missing))}: train the model to the end first.")
    _check_card(folder / "README.md")
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.name != hub.LISTING}
    expected = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("weights_sha256")
    weights = next(name for name in hub.files(model) if name.startswith("model."))
    if expected != digests[weights]:
        raise HubRefusal(f"{folder / weights} is not the file that config.json describes (SHA-256).")
    listing = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
    return {**{name: folder / name for name in digests}, hub.LISTING: listing.encode()}


def _is_sound(path: Path) -> bool:
    """Whether a file's content is of the kind that its name says: a pickle may be called anything."""
    if path.suffix == ".safetensors":
        with path.open("rb") as stream:  # the length of the header in 8 bytes, then the header, in JSON
            return stream.read(9)[8:] == b"{"
    try:
        text = path.read_text(encoding="utf-8")
        return path.suffix != ".json" or isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def _check_card(path: Path) -> None:
    """A card without a licence or figures says too little of a model to publish it."""
    head = re.match(r"---\n(.*?)\n---\n", path.read_text(encoding="utf-8"), re.DOTALL)
    try:
        metadata = yaml.safe_load(head[1]) if head else None
    except yaml.YAMLError as error:
        raise HubRefusal(f"The head of {path} is not YAML: {error}") from error
    lacking = [key for key in ("license", "model-index") if key not in (metadata or {})]
    if lacking:
        raise HubRefusal(f"The head of {path} has no {' and no '.join(lacking)}.")
