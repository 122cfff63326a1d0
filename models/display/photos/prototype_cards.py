"""This looks like that: the photo beside the known pictures that it was found like, and the points that this brings."""

from __future__ import annotations

from dataclasses import dataclass

from models.display.common.html import render
from models.display.photos import prediction_cards
from models.display.photos.annotated_image import Marked, marked, place
from models.texts import Texts
from models.vision import webp
from models.vision.prototype_explanation import Likeness
from models.vision.prototypes import Case, Evidence, Piece, Prototype

SHOWN = 5  # prototypes shown for each class; the others are added up
PHOTO_SIDE = 720  # px of the longer side of the photo as it is sent: twice what a desk's page shows
PHOTO = "likeness-photo"  # names the photo on the page
DECIMALS = 2  # of points


@dataclass(frozen=True)
class Row:
    """One prototype's evidence, as the template writes it.

    Args:
        key: names the row, and what it lights in the photo.
        label: the class that the prototype speaks for.
        source: name of its picture.
        photo, known: the two pictures that are compared.
        product: similarity x weight.
        points: what that comes to, signed.
        sentence: all of it in words.
    """

    key: str
    label: str
    source: str
    photo: Marked
    known: Marked
    product: str
    points: str
    sentence: str


def empty(texts: Texts) -> str:
    """What stands here before there is a photo."""
    return render("empty", sentence=texts("prototypes.empty"))


def reasoning(likeness: Likeness, texts: Texts) -> str:
    """The cases for the predicted class and for the runner-up side by side, the photo, and how to take it, as HTML."""
    photo, cases = likeness.photo, likeness.reasoning.cases
    predicted = prediction_cards.class_name(cases[0].label, texts)
    return render(
        "prototype_explanation",
        sentence=sentence(likeness, texts),
        photo={
            "key": PHOTO,
            "href": webp.of_image(photo, PHOTO_SIDE),
            "width": photo.width,
            "height": photo.height,
            "alt": texts("prototypes.photo_alt", label=predicted),
            "hint": texts("prototypes.hint"),
        },
        cases=[
            {
                "title": texts(f"prototypes.case.{name}", label=prediction_cards.class_name(case.label, texts)),
                "rows": [
                    _row(likeness, f"{name}-{rank}", evidence, texts)
                    for rank, evidence in enumerate(case.evidence[:SHOWN])
                ],
                "sums": sums(case, likeness, texts),
                "logit": texts.number(case.total, DECIMALS),
                "probability": texts.percent(likeness.reasoning.prediction.probabilities[case.label]),
            }
            for name, case in zip(("predicted", "runner_up"), cases, strict=False)
        ],
        looks_like=texts("prototypes.looks_like"),
        product=texts("prototypes.product"),
        logit=texts("prototypes.logit"),
        probability=texts("images.probability"),
        warning=texts("prototypes.warning"),
        study=texts("prototypes.study"),
        scale=texts("prototypes.scale", parts=texts.number(likeness.parts)),
    )


def sentence(likeness: Likeness, texts: Texts) -> str:
    """Why the model answers what it does, in plain words."""
    case, *others = likeness.reasoning.cases
    own = _own(likeness, case)
    speaking = [
        evidence.points for evidence in case.evidence[:SHOWN] if evidence.prototype in own and evidence.points > 0
    ]
    rest = case.total - sum(speaking)
    kind = "none" if not speaking else "within" if rest >= 0 else "beyond"
    said = texts(
        f"prototypes.answer.{kind}",
        label=prediction_cards.class_name(case.label, texts),
        count=texts.number(len(speaking)),
        points=texts.number(sum(speaking), 1),
        total=texts.number(case.total, 1),
        rest=texts.number(abs(rest), 1),
    )
    for other in others:
        name = prediction_cards.class_name(other.label, texts)
        said += " " + texts("prototypes.answer.runner_up", label=name, total=texts.number(other.total, 1))
    return said


def sums(case: Case, likeness: Likeness, texts: Texts) -> list[tuple[str, str]]:
    """What the prototypes that are not shown bring, name and signed points, so that the column comes to the logit.

    The last line takes up what rounding leaves, a hundredth or two, so that who adds up what is written gets the logit.
    """
    own = _own(likeness, case)
    rest = case.evidence[SHOWN:]
    groups = {
        "own": [evidence.points for evidence in rest if evidence.prototype in own],
        "other": [evidence.points for evidence in rest if evidence.prototype not in own],
    }
    written = [round(evidence.points, DECIMALS) for evidence in case.evidence[:SHOWN]]
    lines = []
    named = [(name, points) for name, points in groups.items() if points]
    for name, points in named:
        last = name == named[-1][0]
        value = round(case.total, DECIMALS) - sum(written) if last else round(sum(points), DECIMALS)
        written.append(value)
        label = prediction_cards.class_name(case.label, texts)
        text = texts(f"prototypes.rest.{name}", count=texts.number(len(points)), label=label)
        lines.append((text, texts.signed(round(value, DECIMALS), DECIMALS)))
    return lines


def browser(prototypes: tuple[Prototype, ...], texts: Texts) -> str:
    """The prototypes of one class, each with the pictures that are most like it, as HTML."""
    cards = []
    for prototype in prototypes:
        near = [
            (
                _piece(f"near-{prototype.number}-{rank}", piece, texts),
                texts.number(piece.similarity, DECIMALS),
                prediction_cards.class_name(piece.shows, texts),
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


def _row(likeness: Likeness, key: str, evidence: Evidence, texts: Texts) -> Row:
    prototype = likeness.prototypes[evidence.prototype]
    label = prediction_cards.class_name(prototype.label, texts)
    size = likeness.photo.size
    alt = texts("prototypes.parts_alt", count=len(evidence.boxes), place=place(evidence.boxes, size, texts))
    similarity, weight = texts.number(evidence.similarity, 3), texts.number(evidence.weight, 3)
    points = texts.signed(round(evidence.points, DECIMALS), DECIMALS)
    return Row(
        key=key,
        label=label,
        source=prototype.piece.source,
        photo=marked(PHOTO, "", size, evidence.boxes, alt),
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
    )


def _piece(key: str, piece: Piece, texts: Texts) -> Marked:
    alt = texts(
        "prototypes.piece_alt",
        source=piece.source,
        label=prediction_cards.class_name(piece.shows, texts),
        count=len(piece.boxes),
        place=place(piece.boxes, piece.size, texts),
    )
    return marked(key, piece.image, piece.size, piece.boxes, alt)


def _own(likeness: Likeness, case: Case) -> set[int]:
    return {prototype.number for prototype in likeness.prototypes if prototype.label == case.label}
