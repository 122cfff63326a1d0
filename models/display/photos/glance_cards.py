"""A photo at a glance: a card a model, with its answer and where it found it; what they agree on."""

from __future__ import annotations

from typing import Any

from models.display.common.html import render
from models.display.common.names import class_name, model_name
from models.display.photos.annotated_image import AnnotatedImage, annotate, parts_alt, piece_alt
from models.display.photos.prediction_cards import agreement, doubt, warmest
from models.texts import Texts
from models.vision import registry
from models.vision.glance import Glance
from models.vision.predictions import Explanation, Prediction
from models.vision.prototype_explanation import PrototypeExplanation

LIKENESSES = 2  # prototypes that the card of ProtoViT shows
PHOTO = "glance-photo"  # names the photo on the page


def cards(glances: tuple[Glance, ...], texts: Texts) -> str:
    """Each model's card, those still to come with their names alone, and what they agree on, as HTML.

    A model that cannot be loaded has a card that says why.
    """
    made = [_card(glance, texts) for glance in glances]
    answered = {glance.prediction.model for glance in glances}
    missing = [(name, registry.trouble(name)) for name in registry.available() if name not in answered]
    waiting = [model_name(name, texts) for name, trouble in missing if trouble is None]
    verdicts = ", ".join(f"{card['model']} \u2192 {card['title']}" for card in made)
    return render(
        "glance",
        cards=made,
        waiting=waiting,
        unavailable=[(model_name(name, texts), trouble.message(texts)) for name, trouble in missing if trouble],
        wait=texts("images.wait"),
        agreement="" if waiting else summary(glances, texts),
        alt=texts("images.photo_alt", verdicts=verdicts) if made else "",
        caption=texts("images.probabilities"),
        head=(texts("images.class"), texts("images.probability")),
        all_classes=texts("images.all_classes"),
        looks_like=texts("prototypes.looks_like"),
        open=texts("images.open"),
    )


def summary(glances: tuple[Glance, ...], texts: Texts) -> str:
    """What the models agree and disagree on, and where each of them looked, in sentences."""
    said = agreement(tuple(glance.prediction for glance in glances), texts)
    by_place: dict[str, list[str]] = {}
    for glance in glances:
        if where := _where(glance, texts):
            by_place.setdefault(where, []).append(model_name(glance.prediction.model, texts))
    if len(by_place) == 1 and len(glances) > 1 and len(next(iter(by_place.values()))) == len(glances):
        looked = texts("images.looked_alike", place=next(iter(by_place)))
    else:
        looked = texts(
            "images.looked", places=texts.series(f"{place} ({', '.join(names)})" for place, names in by_place.items())
        )
    return f"{said} {looked}".strip() if by_place else said


def _where(glance: Glance, texts: Texts) -> str:
    """Which ninth of the photo holds most of a model's evidence, in words; empty where there is none."""
    saliency = glance.seen.saliency
    return texts(f"images.places.{warmest(saliency)}") if saliency.any() else ""


def _card(glance: Glance, texts: Texts) -> dict[str, Any]:
    prediction = glance.prediction
    name, where = model_name(prediction.model, texts), _where(glance, texts)
    warmest_place = texts("images.warmest", place=where) if where else texts("images.nothing")
    return {
        "key": prediction.model,
        "model": name,
        "title": texts("images.none_of_these") if prediction.none_of_these else class_name(prediction.label, texts),
        # that of the closest category says nothing of how sure "none of these" is
        "share": "" if prediction.none_of_these else texts.percent(prediction.probabilities[prediction.label]),
        "doubt": doubt(prediction, texts),
        "seconds": texts("images.seconds", seconds=texts.seconds(prediction.seconds)),
        "rows": _rows(prediction, texts),
        "overlay": glance.overlay,
        "alt": f"{texts('images.overlay_alt', model=name)} {warmest_place}",
        "where": warmest_place,
        "likeness": None if isinstance(glance.seen, Explanation) else _likeness(glance.seen, texts),
        "open_label": texts("images.open_named", action=texts("images.open"), model=name),
    }


def _rows(prediction: Prediction, texts: Texts) -> list[tuple[str, str, str]]:
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    return [(class_name(name, texts), texts.percent(share), f"{100 * share:.1f}") for name, share in ranked]


def _likeness(found: PrototypeExplanation, texts: Texts) -> dict[str, Any]:
    """The photo with the parts of its likest prototypes, and each beside its prototype; a blank one alone."""
    pairs: list[tuple[AnnotatedImage, AnnotatedImage]] = []
    for rank, evidence in enumerate(found.reasoning.class_evidence[0].likenesses[:LIKENESSES]):
        piece = found.prototypes[evidence.prototype].piece
        alt = parts_alt(evidence.boxes, found.size, texts)
        known = piece_alt(piece, texts)
        pairs.append(
            (
                annotate(PHOTO, "", found.size, evidence.boxes, alt, evidence.field),
                annotate(f"glance-{rank}", piece.image, piece.size, piece.boxes, known, piece.field),
            )
        )
    width, height = found.size
    return {"key": PHOTO, "href": found.photo, "width": width, "height": height, "pairs": pairs}
