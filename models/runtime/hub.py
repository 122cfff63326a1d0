"""Models that come from the Hugging Face Hub, each at one commit, checked, with ``weights/`` in reserve.

``hub.yaml`` or ``VITRINE_CREDIT_REPO=USER/NAME@REVISION`` name a repository for a model. A model that neither names is
read from ``weights/``: no network, no import. Files of a commit never change, so those already in the cache are read
without asking the Hub; their SHA-256 are compared at every load with the list that was pushed beside them.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

from models.errors import VitrineError
from models.texts import Texts

PINS = Path(__file__).parents[2] / "hub.yaml"
LISTING = "sha256sums.txt"  # as sha256sum writes it; `sha256sum --check` reads it
TIMEOUT = 5.0  # seconds for the Hub to say that it has a file
WAITS = (1.0, 2.0)  # seconds between tries: a page is waiting, and there is a local copy
PASSING = (408, 429, 500, 502, 503, 504)  # statuses worth another try

_log = logging.getLogger(__name__)

Model = TypeVar("Model")


class HubError(VitrineError):
    """A model cannot be had from the Hub; its local copy is used instead."""


@dataclass(frozen=True)
class Note:
    """Why a model that should come from the Hub does not, or is another than the one that was measured: an entry below
    ``errors`` and what fills it.
    """

    key: str
    details: Mapping[str, object]

    def message(self, texts: Texts) -> str:
        """The sentence that a person reads."""
        return texts(f"errors.{self.key}", **self.details)


@dataclass(frozen=True)
class Pin:
    """A repository of models at one commit, of 40 hexadecimal digits."""

    repo: str
    revision: str


_notes: dict[str, Note] = {}  # by model
_origins: dict[str, Pin] = {}  # of the models that the Hub gave


def origin(model: str) -> Pin | None:
    """Where on the Hub a model came from when it was last loaded; None for its local copy."""
    return _origins.get(model)


def note(model: str) -> Note | None:
    """Why a model came from ``weights/`` against the configuration, or that its figures are those of other weights.

    None where neither is so.
    """
    return _notes.get(model)


def notes() -> list[Note]:
    """What a visitor should know: the models that came from ``weights/`` against the configuration, and those that came
    from the Hub and are not the ones that were measured.
    """
    return [_notes[model] for model in sorted(_notes)]


def files(model: str) -> tuple[str, ...]:
    """The files of a model that the app reads, the list of their SHA-256 first."""
    learnt = {"credit": ("model.txt",), "protovit": ("model.safetensors", "prototypes.json")}
    return (LISTING, "config.json", "metrics.json", *learnt.get(model, ("model.safetensors",)))


def pinned(model: str) -> Pin | None:
    """Where on the Hub a model is to come from; None for ``weights/``.

    Raises:
        HubError: what is named is not a repository at one commit.
    """
    variable = f"VITRINE_{model.upper()}_REPO"
    return _pin(model, variable, os.environ[variable]) if variable in os.environ else pinned_in_file(model)


def pinned_in_file(model: str) -> Pin | None:
    """Where on the Hub hub.yaml says that a model is to come from, whatever this machine's environment says.

    Raises:
        HubError: what is named is not a repository at one commit.
    """
    return _pin(model, PINS.name, _named_in_file(model))


def _pin(model: str, place: str, named: str) -> Pin | None:
    if not named:
        return None
    match = re.fullmatch(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})", named)
    if match is None:
        raise HubError("hub_unpinned", model=model, place=place, received=named)
    return Pin(match[1], match[2])


def _named_in_file(model: str) -> str:
    try:
        pins = yaml.load(PINS.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) or {}  # noqa: S506  # texts alone: safer than SafeLoader
        entry = pins.get(model)
        return f"{entry['repo']}@{entry['revision']}" if entry else ""
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise HubError("hub_unpinned", model=model, place=PINS.name, received=type(error).__name__) from error


def is_named(model: str) -> bool:
    """Whether a model is to come from the Hub; whether it can shows when it is loaded."""
    try:
        return pinned(model) is not None
    except HubError:
        return False


def folder(model: str, local: Path) -> Path:
    """Where the files of a model stand: in the cache of the Hub's files, or ``local``.

    Never fails: what keeps the Hub's copy away is told by :func:`notes`, until a later call brings it.
    """
    _notes.pop(model, None)
    _origins.pop(model, None)
    try:
        if (pin := pinned(model)) is None:
            return local
        fetched = _fetch(model, pin)
        _origins[model] = pin
        return fetched
    except HubError as error:
        _log.warning("%s", error)
        _notes[model] = Note(error.key, error.details)
        return local


def load(model: str, local: Path, read: Callable[[Path], Model]) -> Model:
    """Reads a model's files with ``read``: the Hub's, or the local copy where the Hub's cannot be had or read.

    Every file of a model is read from one folder, also where the Hub goes or comes back meanwhile.

    Args:
        model: its name.
        local: its folder below ``weights/``.
        read: a folder -> the model; raises :class:`VitrineError` where the files are not those of one.

    Raises:
        VitrineError: the local files cannot be read either.
    """
    place = folder(model, local)
    if place == local:
        return read(local)
    pin = _origins[model]
    details = {"model": model, "repo": pin.repo, "revision": pin.revision}
    try:
        found = read(place)
    except VitrineError as error:  # as listed, and yet no model that this version can load
        _log.warning("%s", error)
        del _origins[model]
        _notes[model] = Note("hub_unfit", details)
        return read(local)
    measured = _weights(local)  # the page's figures are read from there
    if measured is not None and _weights(place) != measured:
        _notes[model] = Note("hub_unmeasured", details)
    return found


def _weights(folder: Path) -> str | None:
    """The SHA-256 of a model's weights, as its configuration says; None where it says none."""
    try:
        config: dict[str, str] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return config.get("weights_sha256")
    except (OSError, ValueError):
        return None


def _fetch(model: str, pin: Pin) -> Path:
    """The folder of a commit, with every file that the app reads in it and the SHA-256 of each as listed."""
    from huggingface_hub.errors import HTTPError

    try:
        listing, *others = [_file(pin, name) for name in files(model)]
        lines = [line.split() for line in listing.read_text(encoding="utf-8", errors="replace").splitlines()]
        listed = {line[1]: line[0] for line in lines if len(line) == 2}
        altered = [path for path in others if hashlib.sha256(path.read_bytes()).hexdigest() != listed.get(path.name)]
    except (HTTPError, OSError, ValueError) as error:  # ValueError: the library does not take the name
        status = _status(error)
        key = "hub_refused" if status in (401, 403, 404) else "hub_away"
        reason = f"HTTP {status}" if status else type(error).__name__
        raise HubError(key, model=model, repo=pin.repo, revision=pin.revision, reason=reason) from error
    if altered:
        _forget(listing, *altered)  # either may be the damaged one: the next load asks for both again
        raise HubError("hub_altered", model=model, repo=pin.repo, revision=pin.revision, file=altered[0].name)
    return listing.parent


def _file(pin: Pin, name: str) -> Path:
    from huggingface_hub import constants, hf_hub_download, hf_hub_url, try_to_load_from_cache

    # Plain HTTP, which every repository answers: Xet, where its own servers cannot be reached, tries for minutes. The
    # library has read its environment long before, hence not by the variable of this name.
    constants.HF_HUB_DISABLE_XET = True
    cached = try_to_load_from_cache(pin.repo, name, revision=pin.revision)
    if isinstance(cached, str):
        return Path(cached)
    _wait_for(hf_hub_url(pin.repo, name, revision=pin.revision))
    return Path(hf_hub_download(pin.repo, name, revision=pin.revision))


def _forget(*cached: Path) -> None:
    for path in cached:
        with suppress(OSError):  # a cache that is read only keeps them; they are refused again
            path.resolve().unlink()
            path.unlink(missing_ok=True)


def _wait_for(url: str) -> None:
    """Returns once the Hub says that it has a file; the library alone would wait minutes for a Hub that is away."""
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.errors import HTTPError

    for wait in (*WAITS, None):
        try:
            get_hf_file_metadata(url, timeout=TIMEOUT)
            return
        except HTTPError as error:
            if wait is None or _status(error) not in (None, *PASSING):
                raise
            time.sleep(wait)


def _status(error: Exception) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)
