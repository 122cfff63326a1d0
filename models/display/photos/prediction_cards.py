"""What a visitor reads about a photo: whether the models agree, what remains possible, and what a map means."""

from __future__ import annotations

import numpy as np

from models.display.common.html import render
from models.display.common.names import class_name
from models.texts import Texts
from models.vision.predictions import Explanation, Prediction

PLACES = tuple(f"{row}-{column}" for row in ("top", "middle", "bottom") for column in ("left", "centre", "right"))


def empty(texts: Texts) -> str:
    """What stands in the place of the verdicts before there is a photo."""
    return render("empty", sentence=texts("images.empty"))


def doubt(prediction: Prediction, texts: Texts) -> str:
    """Which categories remain possible, or that none may be right; empty for a model that was not calibrated."""
    if prediction.none_of_these:
        return texts("images.closest", label=class_name(prediction.label, texts))
    if prediction.prediction_set is None:
        return ""
    level = prediction.level
    meant = "" if level is None else f" ({texts('images.meant', share=texts.percent(level, 0))})"
    if len(prediction.prediction_set) == 1:
        return texts("images.set_one", meant=meant)
    labels = [class_name(name, texts) for name in prediction.prediction_set]
    return texts("images.set_several", labels=texts.series(labels), meant=meant)


def agreement(predictions: tuple[Prediction, ...], texts: Texts) -> str:
    """Whether the models give the same answer, "none of these" being one of its own; empty for a single model."""
    if len(predictions) < 2:
        return ""
    count = texts.number(len(predictions))
    both = len(predictions) == 2
    if all(one.none_of_these for one in predictions):
        return texts("images.none_say_both" if both else "images.none_say_all", count=count)
    by_answer: dict[str, list[str]] = {}
    for one in predictions:
        answer = texts("images.none_side") if one.answer is None else class_name(one.answer, texts)
        by_answer.setdefault(answer, []).append(texts(f"images.models.{one.model}"))
    if len(by_answer) == 1:
        return texts("images.agree_both" if both else "images.agree", count=count, label=next(iter(by_answer)))
    sides = [f"{', '.join(models)} \u2192 {answer}" for answer, models in by_answer.items()]
    return texts("images.disagree", sides=texts.series(sides))


def caption(explanation: Explanation, texts: Texts, share: float = 1.0, stopped: bool = False) -> str:
    """Which model, method, class, layer and time made the map, and how to read it.

    Args:
        explanation: the map.
        texts: of the page's language.
        share: of the work that is done, 0..1; a bar shows it while it is less than 1.
        stopped: whether it ends there: a sentence says so in the bar's place.
    """
    prediction = explanation.prediction
    target = class_name(explanation.target, texts)
    if explanation.contrast_class:
        target = texts(
            "images.rather_than", target=target, contrast_class=class_name(explanation.contrast_class, texts)
        )
    line = texts(
        "images.caption_none" if prediction.none_of_these else "images.caption",
        model=texts(f"images.models.{prediction.model}"),
        method=_method(explanation, texts),
        target=target,
        confidence=texts.percent(prediction.probabilities[explanation.target]),
        layer=texts.get(f"images.layers.{explanation.layer}", explanation.layer) or texts("images.no_layer"),
        seconds=texts.seconds(explanation.seconds),
    )
    if prediction.none_of_these:
        line = f"{doubt(prediction, texts)} {line}"
    if not explanation.saliency.any():
        meaning = "nothing"
    elif explanation.method == "prototypes":
        meaning = "shares_of_two" if explanation.contrast_class else "shares"
    elif explanation.class_discriminative:
        meaning = "discriminative"
    else:
        meaning = "not_discriminative"
    spot = (
        texts("images.warmest", place=texts(f"images.places.{warmest(explanation.saliency)}"))
        if meaning != "nothing"
        else ""
    )
    line += "" if spot else "."  # else the template ends it, before the spot
    return _progress(share, stopped, texts) + render(
        "reading", line=line, spot=spot, meaning=texts(f"images.{meaning}")
    )


def _method(explanation: Explanation, texts: Texts) -> str:
    """A method's name; with what the menu adds to it only where that holds: against a chosen class it does not."""
    name = texts(f"images.methods.{explanation.method}")
    if not explanation.contrast_class or explanation.method == "prototypes":
        return name
    return texts.get(f"images.method_names.{explanation.method}", name)


def _progress(share: float, stopped: bool, texts: Texts) -> str:
    """How far a map is drawn, as a bar, or in a sentence where it was stopped; empty for a finished one."""
    if share >= 1:
        return ""
    done = texts.percent(share, 0)
    if stopped:
        return render("sentences", sentences=[texts("images.stopped", share=done)])
    return render("progress", label=texts("images.progress"), share=share, text=done)


def warmest(saliency: np.ndarray) -> str:
    """Which ninth of a map, (height, width), holds most of its evidence: "top-left" ... "bottom-right"."""
    fine = np.kron(saliency, np.ones((3, 3)))  # seven cells make no three thirds
    sums = [part.sum() for row in np.split(fine, 3, axis=0) for part in np.split(row, 3, axis=1)]
    return PLACES[int(np.argmax(sums))]


def notices(sentences: list[str]) -> str:
    """Sentences about what is missing, as HTML; empty where nothing is."""
    return render("notices", sentences=sentences) if sentences else ""
