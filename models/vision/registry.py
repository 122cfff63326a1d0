"""The image classifiers by name, each loaded when it is first asked for."""

from __future__ import annotations

import importlib
import threading

from models import arguments
from models.errors import InputError, ModelUnavailable, shown
from models.vision import weights
from models.vision.classifier import ImageClassifier

# where each class stands: a model's libraries are imported with the model, not with the app
_PLACES = {
    "vgg16": "models.vision.vgg16:Vgg16",
    "yolov8": "models.vision.yolov8:YoloV8",
    "protovit": "models.vision.protovit:ProtoVit",
}
MODELS: tuple[str, ...] = tuple(_PLACES)
_ALSO = {"yolov8n": "yolov8", "yolov8n-cls": "yolov8"}  # other names in use


_loaded: dict[str, ImageClassifier] = {}
_trouble: dict[str, ModelUnavailable] = {}
_locks = {name: threading.Lock() for name in MODELS}


def available() -> tuple[str, ...]:
    """The models whose files stand on disk; whether they are sound shows when they are loaded."""
    return tuple(name for name in MODELS if weights.is_installed(name))


def meant(name: str, argument: str = "model") -> str:
    """The model that a name means, however it is written: "YOLO v8", or "YOLOv8n" as the page calls it.

    Args:
        name: as it was written.
        argument: what to call it in an error.

    Raises:
        InputError: no model has this name.
    """
    found = arguments.spelled(name, {**_PLACES, **_ALSO})
    if found is None:
        raise InputError("model_unknown", argument=argument, value=shown(name), allowed=", ".join(MODELS))
    return _ALSO.get(found, found)


def get(name: str) -> ImageClassifier:
    """A model, loaded on the first call and kept.

    A failure is not kept: once the files are repaired, the next call finds them.

    Raises:
        InputError: no model has this name.
        ModelUnavailable: its weights are missing or damaged.
    """
    name = meant(name)
    with _locks[name]:
        if name not in _loaded:
            module, _, member = _PLACES[name].partition(":")
            try:
                _loaded[name] = getattr(importlib.import_module(module), member).load()
            except ModelUnavailable as error:
                _trouble[name] = error
                raise
            _trouble.pop(name, None)
        return _loaded[name]


def trouble(name: str) -> ModelUnavailable | None:
    """Why a model could not be loaded when it was last asked for; None where it could, or never was."""
    return None if name in _loaded else _trouble.get(name)


def sound() -> list[ImageClassifier]:
    """The models that can be loaded: one whose files are damaged does not keep the others from answering.

    Raises:
        ModelUnavailable: none can.
    """
    found: list[ImageClassifier] = []
    reason: ModelUnavailable | None = None
    for name in available() or MODELS[:1]:  # where none is there, how to get one is said
        try:
            found.append(get(name))
        except ModelUnavailable as error:
            reason = error
    if reason is not None and not found:
        raise reason
    return found


def chosen(names: object) -> list[ImageClassifier]:
    """The models that a caller names, each once; all that can be loaded where none is named.

    Raises:
        InputError: ``names`` is no list of names, or holds one that no model has.
        ModelUnavailable: the weights of one that is named are missing or damaged, or those of all.
    """
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise InputError("models_list", received=shown(names), allowed=", ".join(MODELS))
    return [get(name) for name in dict.fromkeys(meant(name, "models") for name in names)] if names else sound()
