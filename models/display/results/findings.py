"""What the figures say, in sentences that are written from the figures: one beside each chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.display.common.names import class_name, machine_name, model_name
from models.display.results.charts import milliseconds
from models.display.results.protocol_charts import encoder_name
from models.display.results.style import interval, p_value
from models.results import REFERENCE, Phase
from models.texts import Texts

SIGNIFICANT = 0.05  # McNemar's p-value below which two models are said to differ

Rows = Sequence[dict[str, Any]]


def headline(rows: Rows, texts: Texts) -> str:
    """Which model is right most often, and how sure that is."""
    best = max(rows, key=lambda row: row["accuracy"])
    return texts(
        "results.say.headline",
        model=model_name(best["model"], texts),
        accuracy=interval(best["accuracy"], best["accuracy_ci95"], texts),
        photos=texts.number(best["test_images"]),
    )


def differences(
    pairs: Rows, texts: Texts, shipped: bool = True, relearnt: Mapping[str, Any] | None = None
) -> list[str]:
    """One sentence a pair: whether the test tells the two apart.

    Args:
        pairs: as ``training.evaluate`` wrote them.
        texts: the language.
        shipped: whether they are of shipped models or of encoders.
        relearnt: the trainings repeated in folds; what they settle is said where the test photos leave it open.
    """
    sentences = []
    for pair in pairs:
        ahead, behind = _ordered(pair)
        name = model_name if shipped else encoder_name
        key = "differ" if pair["p_value"] < SIGNIFICANT else "alike"
        told = texts(
            f"results.say.{key}",
            ahead=name(ahead, texts),
            behind=name(behind, texts),
            points=texts.points(pair["difference"], 1),
            p=p_value(pair["p_value"], texts),
            photos=texts.number(pair["only_first"] + pair["only_second"]),
        )
        settled = _settled({ahead, behind}, relearnt or {}, texts) if key == "alike" else ""
        sentences.append(f"{told} {settled}" if settled else told)
    return sentences


def _ordered(pair: Mapping[str, Any]) -> tuple[str, str]:
    """The two models of a pair, the one that is more often right first."""
    first, second = pair["first"], pair["second"]
    return (first, second) if pair["difference"] >= 0 else (second, first)


def _settled(models: set[str], relearnt: Mapping[str, Any], texts: Texts) -> str:
    """What the trainings in folds say of two models; empty where they do not tell them apart either."""
    for pair in relearnt.get("pairs", ()):
        if {pair["first"], pair["second"]} == models and pair["p_value"] < SIGNIFICANT:
            ahead, behind = _ordered(pair)
            return texts(
                "results.say.settled",
                ahead=model_name(ahead, texts),
                behind=model_name(behind, texts),
                points=texts.points(pair["difference"], 1),
                folds=texts.number(relearnt["folds"]),
                p=p_value(pair["p_value"], texts),
                tab=texts("results.tab.protocols"),
            )
    return ""


def categories(rows: Rows, texts: Texts) -> str:
    """The easiest and the hardest category, by the mean of F1 over the models."""
    names = list(rows[0]["per_class_f1"])
    mean = {name: sum(row["per_class_f1"][name] for row in rows) / len(rows) for name in names}
    easiest, hardest = max(names, key=mean.__getitem__), min(names, key=mean.__getitem__)
    return texts(
        "results.say.categories",
        easiest=class_name(easiest, texts),
        easy=texts.number(mean[easiest], 2),
        hardest=class_name(hardest, texts),
        hard=texts.number(mean[hardest], 2),
    )


def gains(rows: Rows, texts: Texts) -> list[str]:
    """For each other model: categories of which it finds more than the reference does, and fewer."""
    by_name = {row["model"]: row for row in rows}
    if REFERENCE not in by_name:
        return []
    base = by_name[REFERENCE]["per_class_recall"]
    sentences = []
    for row in rows:
        if row["model"] == REFERENCE:
            continue
        found = row["per_class_recall"]
        none = texts("results.say.none")
        sentences.append(
            texts(
                "results.say.gains",
                model=model_name(row["model"], texts),
                reference=model_name(REFERENCE, texts),
                better=", ".join(class_name(name, texts) for name in base if found[name] > base[name]) or none,
                worse=", ".join(class_name(name, texts) for name in base if found[name] < base[name]) or none,
            )
        )
    photos = sum(rows[0]["confusion"][0])
    return [*sentences, texts("results.say.one_photo", photos=photos, points=texts.points(1 / photos, 1))]


def confusions(rows: Rows, texts: Texts) -> str:
    """The confusion that the models make most often, all together."""
    names = list(rows[0]["per_class_f1"])
    counts = {
        (true, taken): sum(row["confusion"][i][j] for row in rows)
        for i, true in enumerate(names)
        for j, taken in enumerate(names)
        if i != j
    }
    (true, taken), count = max(counts.items(), key=lambda item: item[1])
    return texts(
        "results.say.confusions",
        true=class_name(true, texts),
        taken=class_name(taken, texts),
        count=texts.number(count),
        models=texts.number(len(rows)),
    )


def costs(rows: Rows, texts: Texts) -> str:
    """The fastest and the smallest model."""
    timed = [row for row in rows if row["latency_ms_p50"] is not None]
    fastest, smallest = (
        min(timed, key=lambda row: row["latency_ms_p50"]),
        min(rows, key=lambda row: row["weights_bytes"]),
    )
    told = {
        "fastest": model_name(fastest["model"], texts),
        "latency": milliseconds(fastest["latency_ms_p50"], texts),
        "machine": machine_name(fastest["latency_machine"] or fastest["machine"], texts),
        "size": texts.number(smallest["weights_bytes"] / 1e6, 1),
    }
    if fastest is smallest:
        return texts("results.say.costs_of_one", **told)
    return texts("results.say.costs", smallest=model_name(smallest["model"], texts), **told)


def learning(curves: Mapping[str, tuple[Phase, ...]], texts: Texts) -> list[str]:
    """Each model's validation accuracy at the start and at the lowest loss, and over how many epochs."""
    sentences = []
    for model, phases in curves.items():
        points = [point for phase in phases for point in phase.points]
        known = [
            (point.val_loss, point.val_accuracy)
            for point in points
            if point.val_accuracy is not None and point.val_loss is not None
        ]
        if known:
            sentences.append(
                texts(
                    "results.say.learning",
                    model=model_name(model, texts),
                    epochs=texts.count("results.say.epochs", sum(phase.points[-1].epoch for phase in phases)),
                    phases=texts.count("results.say.phases", len(phases)),
                    first=texts.percent(known[0][1]),
                    best=texts.percent(min(known)[1]),
                )
            )
    return sentences


def leak(found: Mapping[str, Any], texts: Texts) -> list[str]:
    """How many photos have copies, and what a random split does with them."""
    return [
        texts(
            f"results.say.leak_{kind}",
            photos=texts.number(found["photos"]),
            held=texts.number(found[kind]["photos"]),
            more=texts.number(found["near"]["photos"] - found["identical"]["photos"]),
            groups=texts.number(found[kind]["groups"]),
            share=texts.percent(found[kind]["random_share"]),
            low=texts.percent(found[kind]["random_range95"][0]),
            high=texts.percent(found[kind]["random_range95"][1]),
            splits=texts.percent(found[kind]["splits_with_one"], 0),
            fixed=texts.number(found[kind]["fixed_test_photos"]),
            test=texts.number(found["fixed_test_total"]),
        )
        for kind in ("identical", "near")
    ]


def published_splits(published: Rows, texts: Texts) -> str:
    """What the splits of the published figures are drawn from, and their shares where these were reported."""
    images = sorted({row["images"] for row in published})
    parts = sorted({tuple(row["parts"]) for row in published if "parts" in row}, reverse=True)
    if not parts:
        return ""
    shares = ("/".join(texts.number(100 * part / sum(split)) for part in split) for split in parts)
    return texts(
        "results.protocols.published",
        photos=texts.series(texts.number(count) for count in images),
        shares=texts.series(shares),
    )


def split_protocols(evaluation: Mapping[str, Any], published: Rows, texts: Texts) -> str:
    """How the cheap models are split, and how that compares with what others reported."""
    photos = texts.number(evaluation["cross_validation"]["photos"])
    return texts("results.protocols.explain", photos=photos, published=published_splits(published, texts)).strip()


def protocols(evaluation: Mapping[str, Any], texts: Texts) -> list[str]:
    """What a random split adds to each encoder's figure over the same splits without copies."""
    splits = evaluation["splits"]
    return [
        texts(
            "results.say.protocols",
            encoder=encoder_name(name, texts),
            random=texts.percent(splits["random"][name]["accuracy"]),
            cleaned=texts.percent(splits["cleaned"][name]["accuracy"]),
            points=texts.signed_points(splits["random"][name]["accuracy"] - splits["cleaned"][name]["accuracy"], 1),
            deviation=texts.points(splits["random"][name]["deviation"], 1),
        )
        for name in splits["random"]
    ]


def relearnt(evaluation: Mapping[str, Any], models: Sequence[str], texts: Texts) -> list[str]:
    """What the trainings in folds rest on, and which of the models were not trained so."""
    found = evaluation["relearnt"]
    photos, test = texts.number(found["photos"]), texts.number(sum(evaluation["photos"]["test"]))
    said = [texts("results.relearnt.explain", photos=photos, test=test)]
    if missing := [model_name(name, texts) for name in models if name not in found["models"]]:
        said.append(texts("results.relearnt.missing", models=", ".join(missing)))
    return said


def without_near_duplicates(evaluation: Mapping[str, Any], texts: Texts) -> list[str]:
    """Each shipped model's accuracy on the test photos that have no near copy among the other photos."""
    return [
        texts(
            "results.say.without",
            model=model_name(name, texts),
            photos=texts.number(found["photos"]),
            accuracy=texts.percent(found["accuracy"]),
        )
        for name, found in evaluation["without_near_copies"].items()
    ]


def failures(evaluation: Mapping[str, Any], models: Sequence[str], texts: Texts) -> list[str]:
    """How many photos and rendered pictures defeat the models."""
    test, rendered = (evaluation["failures"][name] for name in ("test", "catalogue"))
    all_miss = sum(all(answer != row["category"] for answer in row["answers"].values()) for row in rendered)
    return [
        texts.count(
            "results.say.failures",
            len(test),
            photos=texts.number(sum(evaluation["photos"]["test"])),
            models=", ".join(model_name(model, texts) for model in models),
        ),
        texts.count("results.say.rendered", len(rendered), all=texts.number(all_miss)),
    ]
