"""What the measured maps say, in sentences: which is the most faithful, what is not told apart, what is the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from models.display.common.names import model_name
from models.texts import Texts


def explanations(measured: Mapping[str, Mapping[str, Any]], texts: Texts, quick: Collection[str] = ()) -> list[str]:
    """For each model the method of the highest ROAD, beside the random map of as many photos, and the next where their
    intervals overlap; those that are higher on fewer photos; where it is a slow one, also the highest of the ``quick``
    ones, which the app draws first.

    Both are chosen as the app chooses (:mod:`models.vision.measured`): among the methods that were measured on the most
    photos, since on fewer chance would choose as well.
    """
    sentences = []
    for model, figures in measured.items():
        roads = {name: found for name, found in figures["methods"].items() if found.get("road")}
        random = roads.pop("random", None)
        ranked = sorted(roads, key=lambda name, known=roads: _rank(known[name]), reverse=True)  # type: ignore[misc]
        if not ranked or random is None or random["photos"] != roads[ranked[0]]["photos"]:
            continue
        best = roads[ranked[0]]
        told = [
            texts(
                f"results.say.{'explanations' if len(ranked) > 1 else 'explanation'}",
                model=model_name(model, texts),
                random=texts.number(random["road"]["mean"], 2),
                photos=texts.number(best["photos"]),
                **_named(ranked[0], roads, texts),
            ),
            *_overlap(ranked, roads, texts),
        ]
        told += [
            texts("results.say.on_fewer", photos=texts.number(roads[name]["photos"]), **_named(name, roads, texts))
            for name in ranked
            if roads[name]["photos"] < best["photos"] and roads[name]["road"]["mean"] > best["road"]["mean"]
        ]
        fast = [name for name in ranked if name in quick]
        if fast and fast[0] != ranked[0]:
            told += [texts("results.say.by_default", **_named(fast[0], roads, texts)), *_overlap(fast, roads, texts)]
        sentences.append(" ".join(told))
    return sentences


def _rank(found: Mapping[str, Any]) -> tuple[int, float]:
    """What a method is chosen by."""
    return found["photos"], found["road"]["mean"]


def _named(name: str, roads: Mapping[str, Mapping[str, Any]], texts: Texts) -> dict[str, str]:
    """A method and its ROAD, as sentences take them."""
    return {"method": _method(name, texts), "road": texts.number(roads[name]["road"]["mean"], 2)}


def _overlap(ranked: Sequence[str], roads: Mapping[str, Mapping[str, Any]], texts: Texts) -> list[str]:
    """That the first method of several is not told apart from the next on as many photos, where it is not."""
    if len(ranked) < 2 or roads[ranked[0]]["photos"] != roads[ranked[1]]["photos"]:
        return []
    first, following = (roads[name]["road"]["ci95"] for name in ranked[:2])
    overlap = first[0] <= following[1]
    return [texts("results.say.overlap", **_named(ranked[1], roads, texts))] if overlap else []


def same_maps(measured: Mapping[str, Mapping[str, Any]], texts: Texts) -> list[str]:
    """The methods of a model whose every figure is that of another, to the last digit: they draw the same map."""
    sentences = []
    for model, figures in measured.items():
        seen: dict[str, str] = {}
        for name, found in figures["methods"].items():
            written = json.dumps(found, sort_keys=True)
            if written in seen:
                names = {"first": _method(seen[written], texts), "second": _method(name, texts)}
                sentences.append(texts("results.say.same_map", model=model_name(model, texts), **names))
            seen.setdefault(written, name)
    return sentences


def _method(name: str, texts: Texts) -> str:
    """A method's bare name, as a sentence takes it: that of the menu may say how long it takes."""
    return texts.get(f"images.method_names.{name}", texts.get(f"images.methods.{name}", name))
