"""This looks like that: the photo beside the known pictures that it was found like, and the points that this brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.display.common.html import render
from models.display.common.names import class_name
from models.display.photos.annotated_image import AnnotatedImage, annotate, parts_alt, piece_alt
from models.texts import Texts
from models.vision.prototype_explanation import PrototypeExplanation
from models.vision.prototypes import REACH, ClassEvidence, Evidence, Piece, Prototype

SHOWN = 5  # prototypes shown for each class; its others are added up
PHOTO = "likeness-photo"  # names the photo on the page
DECIMALS = 2  # of points
SIMILARITY_DECIMALS, WEIGHT_DECIMALS = 5, 3  # at least; more where their product would not be the points beside it
ITSELF = 0.999  # a similarity that only the picture itself has, from which the prototype was taken


@dataclass(frozen=True)
class Switch:
    """A button that takes prototypes out or puts them back.

    Args:
        key: names it on the page.
        next: the key of the button that undoes it.
        text: what stands on it.
        label: the same for those who hear it, with what it is about.
        without: the numbers that are left out once it was pressed.
    """

    key: str
    next: str
    text: str
    label: str
    without: list[int]


@dataclass(frozen=True)
class EvidenceRow:
    """One prototype's evidence, as the template writes it.

    Args:
        key: names the row, and what it lights in the photo.
        label: the class that the prototype speaks for.
        source: name of its picture.
        photo, known: the two pictures that are compared.
        product: similarity x weight.
        points: what that comes to, signed.
        sentence: all of it in words.
        switch: takes it out.
    """

    key: str
    label: str
    source: str
    photo: AnnotatedImage
    known: AnnotatedImage
    product: str
    points: str
    sentence: str
    switch: Switch


def empty(texts: Texts) -> str:
    """What stands here before there is a photo."""
    return render("empty", sentence=texts("prototypes.empty"))


def reasoning(explanation: PrototypeExplanation, texts: Texts, figures: Mapping[str, Any] | None = None) -> str:
    """The cases for the predicted class and for the runner-up side by side, the photo, and how to take it, as HTML.

    Args:
        explanation: of the photo.
        texts: of the page's language.
        figures: how far the model's reasoning holds, as ``models.results.reasoning`` gives it; None says nothing of it.
    """
    width, height = explanation.size
    cases = explanation.reasoning.class_evidence
    compared = any(case.likenesses for case in cases)  # else nothing is outlined, and no row can be pointed at
    outlined = texts("prototypes.photo_alt", label=class_name(cases[0].label, texts))
    return render(
        "prototype_explanation",
        sentence=sentence(explanation, texts),
        photo={
            "key": PHOTO,
            "href": explanation.photo,
            "width": width,
            "height": height,
            "alt": outlined if compared else parts_alt((), explanation.size, texts),
            "hint": texts("prototypes.hint") if compared else "",
        },
        cases=[
            _case(explanation, name, case, texts) for name, case in zip(("predicted", "runner_up"), cases, strict=True)
        ],
        out=taken_out(explanation, texts),
        out_title=texts("prototypes.without.title"),
        out_hint=texts("prototypes.without.hint") if compared else "",
        looks_like=texts("prototypes.looks_like"),
        product=texts("prototypes.product"),
        logit=texts("prototypes.logit"),
        probability=texts("images.probability"),
        warning=texts("prototypes.warning"),
        study=texts("prototypes.study"),
        scale=texts("prototypes.scale"),
        measured=measured(figures, texts),
    )


def sentence(explanation: PrototypeExplanation, texts: Texts) -> str:
    """Why the model answers what it does, in plain words, and what it answered with all of its prototypes."""
    case, runner_up = explanation.reasoning.class_evidence
    if not case.evidence:
        return texts("prototypes.answer.none")
    shown = case.likenesses[:SHOWN]
    if not shown:
        return texts("prototypes.answer.blank", label=class_name(case.label, texts))
    unlike_all = explanation.whole.prediction.none_of_these  # of the photo, whatever is taken out
    said = texts.count(
        "images.closest_reason" if unlike_all else "prototypes.answer.reason",
        len(shown),
        label=class_name(case.label, texts),
        points=texts.number(sum(evidence.points for evidence in shown), 1),
        total=texts.number(case.total, 1),
    )
    if unlike_all:
        said = f"{texts('images.closest', label=class_name(case.label, texts))} {said}"
    if any(evidence.similarity > ITSELF for evidence in shown):
        said += " " + texts("prototypes.answer.itself")
    if round(runner_up.total, 1) > 0:
        name = class_name(runner_up.label, texts)
        said += " " + texts("prototypes.answer.runner_up", label=name, total=texts.number(runner_up.total, 1))
    if explanation.without:
        before = explanation.whole.class_evidence[0]
        said += " " + texts(
            f"prototypes.answer.{'stays' if before.label == case.label else 'was'}",
            label=class_name(before.label, texts),
            total=texts.number(before.total, 1),
        )
    return said


def rest(case: ClassEvidence, texts: Texts) -> tuple[str, str] | None:
    """What the rows that are shown lack to the logit, in words and in signed points; None where they lack nothing.

    That is what the prototypes that are not shown bring, all of them where none is like the photo, and a hundredth or
    two that rounding leaves: who adds up what is written gets the logit.
    """
    shown = case.likenesses[:SHOWN]
    written = sum(round(evidence.points, DECIMALS) for evidence in shown)
    value = round(round(case.total, DECIMALS) - written, DECIMALS)
    others = len(case.evidence) - len(shown)
    if others > 0 and not shown:
        text = texts.count("prototypes.rest.unlike", others)
    elif others > 0:
        text = texts(f"prototypes.rest.{'one' if others == 1 else 'many'}", count=texts.number(others))
    elif value:
        text = texts("images.rounding")
    else:
        return None
    return text, texts.signed(value, DECIMALS)


def taken_out(explanation: PrototypeExplanation, texts: Texts) -> list[tuple[str, Switch]]:
    """What was taken out, each with the button that puts it back: a whole class at once, and in the end all of it."""
    gone = explanation.without
    lines = []
    told: set[int] = set()
    for number in gone:
        if number in told:
            continue
        prototype = explanation.prototypes[number]
        label = class_name(prototype.label, texts)
        own = _of_class(explanation, prototype.label)
        if own <= set(gone) and len(own) > 1:
            name, numbers, key = texts("prototypes.without.all_of", label=label), own, f"class-{prototype.label}"
        else:
            name, numbers, key = f"{label}, {prototype.piece.source}", {number}, str(number)
        told |= numbers
        lines.append((name, _back(key, name, [other for other in gone if other not in numbers], texts)))
    if len(lines) > 1:
        everything = texts("prototypes.without.everything")
        lines.append((everything, _back("everything", everything, [], texts)))
    return lines


def measured(figures: Mapping[str, Any] | None, texts: Texts) -> list[str]:
    """How far likenesses depend on what the boxes and the frame hold, as ``training.evaluate_reasoning`` found it."""
    found = (figures or {}).get("perturbation", {})
    if figures is None or "inside" not in found or figures.get("reach") != REACH:
        return []
    share = {name: texts.percent(found[name]["mean"], 0) for name in ("inside", "outside")}
    inside = "all_inside" if found["inside"]["mean"] >= 1 else "inside"
    photos = texts.number(figures["photos"])
    return [
        texts(f"prototypes.measured.{inside}", share=share["inside"], photos=photos),
        texts("prototypes.measured.outside", share=share["outside"]),
    ]


def browser(prototypes: tuple[Prototype, ...], texts: Texts) -> str:
    """The prototypes of one class, each with the pictures that are most like it, as HTML."""
    cards = []
    for prototype in prototypes:
        near = [
            (
                _piece(f"near-{prototype.number}-{rank}", piece, texts),
                texts.number(piece.similarity, DECIMALS),
                class_name(piece.shows, texts),
            )
            for rank, piece in enumerate(prototype.nearest)
        ]
        cards.append(
            {
                "title": texts("prototypes.browser.number", number=prototype.number),
                "source": prototype.piece.source,
                "picture": _piece(f"known-{prototype.number}", prototype.piece, texts),
                "near": near,
            }
        )
    return render("prototypes", cards=cards, nearest=texts("prototypes.browser.nearest"))


def _case(explanation: PrototypeExplanation, name: str, case: ClassEvidence, texts: Texts) -> dict[str, Any]:
    label = class_name(case.label, texts)
    text = texts("prototypes.without.take_class", label=label)
    key = f"class-{case.label}"
    whole_class = Switch(
        f"out-{key}", f"back-{key}", text, text, _with(explanation, _of_class(explanation, case.label))
    )
    return {
        # a class without any prototypes left is neither the answer nor the runner-up; one that is like nothing in the
        # photo has no case
        "title": texts(f"prototypes.case.{name}", label=label) if case.likenesses else label,
        "rows": [
            _row(explanation, f"{name}-{rank}", evidence, texts)
            for rank, evidence in enumerate(case.likenesses[:SHOWN])
        ],
        "rest": rest(case, texts),
        "switch": whole_class if case.likenesses else None,
        "nothing": texts(f"prototypes.case.{'unlike' if case.evidence else 'nothing'}"),
        "logit": texts.number(case.total, DECIMALS),
        "probability": texts.percent(explanation.reasoning.prediction.probabilities[case.label]),
    }


def _row(explanation: PrototypeExplanation, key: str, evidence: Evidence, texts: Texts) -> EvidenceRow:
    prototype = explanation.prototypes[evidence.prototype]
    label = class_name(prototype.label, texts)
    size = explanation.size
    alt = parts_alt(evidence.boxes, size, texts)
    similarity, weight = _factors(evidence, texts)
    points = texts.signed(round(evidence.points, DECIMALS), DECIMALS)
    text = texts("prototypes.without.take_one")
    return EvidenceRow(
        key=key,
        label=label,
        source=prototype.piece.source,
        photo=annotate(PHOTO, "", size, evidence.boxes, alt, evidence.field),
        known=_piece(f"evidence-{key}", prototype.piece, texts),
        product=f"{similarity} × {weight}",
        points=points,
        sentence=texts(
            "prototypes.row",
            label=label,
            source=prototype.piece.source,
            similarity=similarity,
            weight=weight,
            points=points,
        ),
        switch=Switch(
            key=f"out-{prototype.number}",
            next=f"back-{prototype.number}",
            text=text,
            label=texts("prototypes.without.named", action=text, name=f"{label}, {prototype.piece.source}"),
            without=_with(explanation, {prototype.number}),
        ),
    )


def _factors(evidence: Evidence, texts: Texts) -> tuple[str, str]:
    """Similarity and weight, with so many decimals that who multiplies what is written gets the points beside it."""
    for more in range(SIMILARITY_DECIMALS):
        digits = SIMILARITY_DECIMALS + more, WEIGHT_DECIMALS + more
        similarity, weight = round(evidence.similarity, digits[0]), round(evidence.weight, digits[1])
        if round(similarity * weight, DECIMALS) == round(evidence.points, DECIMALS):
            break
    return texts.number(similarity, digits[0]), texts.number(weight, digits[1])


def _piece(key: str, piece: Piece, texts: Texts) -> AnnotatedImage:
    return annotate(key, piece.image, piece.size, piece.boxes, piece_alt(piece, texts), piece.field)


def _back(key: str, name: str, without: list[int], texts: Texts) -> Switch:
    text = texts("prototypes.without.put_back")
    return Switch(f"back-{key}", f"out-{key}", text, texts("prototypes.without.named", action=text, name=name), without)


def _with(explanation: PrototypeExplanation, numbers: set[int]) -> list[int]:
    """What is left out once these numbers are too, the last of them last."""
    return list(dict.fromkeys([*explanation.without, *sorted(numbers)]))


def _of_class(explanation: PrototypeExplanation, label: str) -> set[int]:
    return {prototype.number for prototype in explanation.prototypes if prototype.label == label}
