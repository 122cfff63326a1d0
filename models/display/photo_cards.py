"""What a visitor reads about a photo: the verdict with its seven probabilities, and what the map means."""

from __future__ import annotations

from models.display.html import render
from models.texts import Texts
from models.vision.predictions import Explanation, Prediction


def class_name(name: str, texts: Texts) -> str:
    """A category in the reader's language."""
    return texts(f"images.classes.{name}")


def probabilities(prediction: Prediction, texts: Texts) -> str:
    """The verdict and the seven probabilities, largest first, as HTML."""
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    return render(
        "probabilities",
        title=class_name(prediction.label, texts),
        caption=texts(f"images.models.{prediction.model}"),
        table_caption=texts("images.probabilities"),
        head=(texts("images.class"), texts("images.probability")),
        rows=[(class_name(name, texts), texts.percent(share), f"{100 * share:.1f}") for name, share in ranked],
    )


def caption(explanation: Explanation, texts: Texts) -> str:
    """Which model, method, class, layer and time made the map, and how to read it."""
    confidence = explanation.prediction.probabilities[explanation.target]
    line = texts(
        "images.caption",
        model=texts(f"images.models.{explanation.prediction.model}"),
        method=explanation.method,
        target=class_name(explanation.target, texts),
        confidence=texts.percent(confidence),
        layer=explanation.layer,
        seconds=texts.number(explanation.seconds, 2),
    )
    meaning = "discriminative" if explanation.class_discriminative else "not_discriminative"
    return render("caption", line=line, meaning=texts(f"images.{meaning}"))


def notices(sentences: list[str]) -> str:
    """Sentences about what is missing, as HTML; empty where nothing is."""
    return render("notices", sentences=sentences) if sentences else ""
