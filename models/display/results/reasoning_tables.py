"""Whether ProtoViT's reasoning holds, and what each stage of its training changed, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.display.common.html import Table
from models.display.results.style import interval
from models.texts import Texts

CHANGES = ("shown", "others")  # patches that were taken away


def sentences(measured: Mapping[str, Any], texts: Texts) -> tuple[str, ...]:
    """The answers in words; ``measured`` as ``training.evaluate_reasoning`` wrote it."""
    lost, stayed = measured["perturbation"], measured["stability"]
    shown, others = lost["shown_points_lost"], lost["others_points_lost"]
    rests = shown["ci95"][0] > others["ci95"][1]
    return (
        texts(
            "reasoning.sentences.perturbation",
            shown=texts.number(shown["mean"], 2),
            others=texts.number(others["mean"], 2),
            photos=texts.number(measured["photos"]),
            top=texts.number(measured["top"]),
        ),
        texts("reasoning.sentences.rests" if rests else "reasoning.sentences.mixed"),
        texts(
            "reasoning.sentences.stability",
            kept=texts.percent(measured["crop_kept"], 0),
            crop=texts.percent(stayed["crop"]["parts_stayed"]["mean"]),
            near=texts.number(measured["near_patches"], 1),
            quality=texts.number(measured["jpeg_quality"]),
            jpeg=texts.percent(stayed["jpeg"]["parts_stayed"]["mean"]),
        ),
    )


def perturbation_table(measured: Mapping[str, Any], texts: Texts) -> Table:
    """What the case loses without the patches that are shown, and without as many others."""
    found = measured["perturbation"]
    return Table(
        texts("reasoning.perturbation.caption"),
        (
            texts("reasoning.change"),
            texts("reasoning.perturbation.points_lost"),
            texts("reasoning.perturbation.answer_changed"),
        ),
        tuple(
            (
                texts(f"reasoning.perturbation.{change}"),
                _interval(found[f"{change}_points_lost"], texts, as_percent=False),
                _interval(found[f"{change}_answer_changed"], texts),
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


def _interval(figure: Mapping[str, Any], texts: Texts, as_percent: bool = True) -> str:
    return interval(figure["mean"], figure["ci95"], texts, as_percent=as_percent)
