"""Whether ProtoViT's reasoning holds, and what each stage of its training changed, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.display.common.html import Table
from models.display.results.style import interval
from models.texts import Texts

CHANGES = ("shown", "others")  # places that were taken away, or kept alone
INSIDE, OUTSIDE = 0.6, 0.15  # what is lost with the shown places at least, and changes without all far ones at most


def sentences(measured: Mapping[str, Any], texts: Texts) -> tuple[str, ...]:
    """The answers in words; ``measured`` as ``training.evaluate_reasoning`` wrote it."""
    found, stayed = measured["perturbation"], measured["stability"]
    inside, outside = found["inside"], found["outside"]
    lost = "all_lost" if inside["mean"] >= 1 else "part_lost"
    rests = inside["ci95"][0] >= INSIDE and outside["ci95"][1] <= OUTSIDE
    return (
        texts(
            "reasoning.sentences.dependence",
            own=texts(f"reasoning.sentences.{lost}", inside=texts.percent(inside["mean"], 0)),
            outside=texts.percent(outside["mean"], 0),
            photos=texts.number(measured["photos"]),
            top=texts.number(measured["top"]),
        ),
        texts("reasoning.sentences.rests" if rests else "reasoning.sentences.mixed"),
        texts(
            "reasoning.sentences.kept",
            shown=texts.percent(found["shown_answer_kept"]["mean"], 0),
            others=texts.percent(found["others_answer_kept"]["mean"], 0),
            chance=texts.percent(1 / measured["classes"], 0),
        ),
        texts(
            "reasoning.sentences.stability",
            kept=texts.percent(measured["crop_kept"], 0),
            crop=texts.percent(stayed["crop"]["parts_stayed"]["mean"]),
            near=texts.count("reasoning.places", measured["near_patches"]),
            quality=texts.number(measured["jpeg_quality"]),
            jpeg=texts.percent(stayed["jpeg"]["parts_stayed"]["mean"]),
        ),
    )


def perturbation_table(measured: Mapping[str, Any], texts: Texts) -> Table:
    """What the case loses without the places that are shown, what they keep alone, and the same for as many others."""
    found = measured["perturbation"]
    return Table(
        texts("reasoning.perturbation.caption"),
        (
            texts("reasoning.change"),
            texts("reasoning.perturbation.points_lost"),
            texts("reasoning.perturbation.answer_changed"),
            texts("reasoning.perturbation.answer_kept"),
        ),
        tuple(
            (
                texts(f"reasoning.perturbation.{change}"),
                _interval(found[f"{change}_points_lost"], texts, as_percent=False),
                _interval(found[f"{change}_answer_changed"], texts),
                _interval(found[f"{change}_answer_kept"], texts),
            )
            for change in CHANGES
        ),
    )


def stability_table(measured: Mapping[str, Any], texts: Texts) -> Table:
    """What stays the same under changes that a person would not notice."""
    names = ("parts_stayed", "same_prototypes", "same_answer")
    return Table(
        texts("reasoning.stability.caption"),
        (texts("reasoning.change"), *(texts(f"reasoning.stability.{name}") for name in names)),
        tuple(
            (texts(f"reasoning.stability.{change}"), *(_interval(found[name], texts) for name in names))
            for change, found in measured["stability"].items()
        ),
    )


def stage_table(steps: Sequence[Mapping[str, Any]], texts: Texts) -> Table:
    """Accuracy and log loss on validation after each stage; ``steps`` as ``training.train_protovit`` wrote them."""
    return Table(
        texts("reasoning.stages.caption"),
        tuple(texts(f"reasoning.stages.{name}") for name in ("stage", "accuracy", "log_loss")),
        tuple(
            (
                texts(f"reasoning.stages.{step['after'].replace(' ', '_')}"),
                texts.percent(step["val_accuracy"], 1),
                texts.number(step["val_log_loss"], 3),
            )
            for step in steps
        ),
    )


def remedy_table(remedies: Sequence[Mapping[str, Any]], texts: Texts) -> Table:
    """What each change that makes the boxes matter costs in accuracy; ``remedies`` as ``models.results`` reads them."""
    photos = texts.series(texts.number(count) for count in sorted({row["photos"] for row in remedies}))
    return Table(
        texts("reasoning.remedies.caption", photos=photos),
        tuple(texts(f"reasoning.remedies.{name}") for name in ("remedy", "accuracy", "inside", "outside")),
        tuple(
            (
                texts(f"reasoning.remedies.{row['remedy']}"),
                texts.percent(row["accuracy"], 1),
                texts.percent(row["inside"], 0),
                texts.percent(row["outside"], 0),
            )
            for row in remedies
        ),
    )


def _interval(figure: Mapping[str, Any], texts: Texts, as_percent: bool = True) -> str:
    return interval(figure["mean"], figure["ci95"], texts, as_percent=as_percent)
