"""The pages that are only read: whole in both languages, and every number of the method note read from its file."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from models import results
from models.display.pages import accessibility, method
from models.display.pages.equations import EQUATIONS
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts, catalogue
from tests.charts import cells, in_house_style, numbers

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)


@BOTH
def test_the_statement_says_every_criterion_how_it_is_tested_and_what_remains(texts: Texts) -> None:
    page = html.unescape(re.sub(r"\s*<[^>]*>\s*", "\n", accessibility.statement(texts)))
    lines = page.split("\n")
    for key, entry in catalogue().items():
        if key.startswith("accessibility."):
            assert entry[texts.language] in page, key
    for name, how in accessibility.CRITERIA.items():
        place = lines.index(texts(f"accessibility.criteria.{name}.name"))
        assert texts(f"accessibility.criteria.{name}.does") in lines[place : place + 4]
        assert texts(f"accessibility.by.{how}") in " ".join(lines[place : place + 5])
    order = [page.index(texts(f"accessibility.{key}")) for key in ("title", "intro", "status", "remains.title")]
    assert order == sorted(order) and "None" not in page


def _copies(groups: int) -> dict[str, Any]:
    return {
        "groups": groups,
        "photos": 3 * groups,
        "random_share": 0.0213,
        "splits_with_one": 0.987,
        "fixed_test_photos": groups // 2,
    }


MODELS = {
    "evaluation": {
        "photos": {"train": [700, 42], "val": [150, 1], "test": [1100, 58]},
        "classes": ["Watches", "Computers"],
        "resamples": 10_000,
        "leak": {"photos": 1050, "draws": 2000, "identical": _copies(12), "near": _copies(32)},
        "splits": {
            "random": {
                "vgg16": {"accuracy": 0.8512, "deviation": 0.0123},
                "clip": {"accuracy": 0.9034, "deviation": 0.0247},
            },
            "cleaned": {"vgg16": {"accuracy": 0.8391}, "clip": {"accuracy": 0.9061}},
        },
    }
}
FACTS = {
    "train": "742",
    "val": "151",
    "test": "1,158",
    "photos": "1,050",
    "draws": "2,000",
    "resamples": "10,000",
    "identical_photos": "36",
    "identical_groups": "12",
    "identical_share": "2.1%",
    "identical_splits": "99%",
    "identical_fixed": "6",
    "near_photos": "96",
    "near_more": "60",
    "near_fixed": "16",
    "gap_low": "+0.3",
    "gap_high": "\u22121.2",
    "deviation_low": "1.2",
    "deviation_high": "2.5",
}


@BOTH
def test_what_the_note_says_of_the_photos_is_what_was_counted(texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "evaluation", lambda: MODELS["evaluation"])
    found = method.facts(texts)
    assert {name: numbers(found[name], texts) for name in FACTS} == {name: [value] for name, value in FACTS.items()}
    assert found["verdict"] == texts("method.verdict.small")
    far = json.loads(json.dumps(MODELS["evaluation"]))
    far["splits"]["cleaned"]["vgg16"]["accuracy"] = 0.80
    monkeypatch.setattr(results, "evaluation", lambda: far)
    assert method.facts(texts)["verdict"] == texts("method.verdict.large")
    table = method.photos_table(MODELS["evaluation"], texts)
    assert [numbers(" ".join(row[1:]), texts) for row in table.rows] == [["700", "150", "1,100"], ["42", "1", "58"]]
    assert table.head[1:] == tuple(texts(f"method.photos.{part}") for part in ("train", "val", "test"))


RECIPES: dict[str, dict[str, Any]] = {
    "vgg16": {
        "preprocessing": {"size": 224},
        "views": 3,
        "head_rate": 0.001,
        "rate": 0.00004,
        "schedule": {"smoothing": 0.1, "weight_decay": 0.05, "average": 0.99},
    },
    "yolov8": {"preprocessing": {"size": 320}, "views": 5, "head_rate": 0.002, "rate": 0.0003},
    "protovit": {
        "encoder": {"model_args": {"depth": 9}},
        "preprocessing": {"size": 240},
        "pool": 2,
        "parts": 4,
        "concentration": 1.6,
        "frozen": 6,
        "taught": 0.4,
        "pool_size": 1200,
        "steps": {"shown": 4},
        "stages": {
            "joint": {
                "weights": {
                    "cluster": 0.8,
                    "separation": 0.08,
                    "orthogonality": 6,
                    "locality": 0.5,
                    "sufficiency": 0.7,
                    "abstention": 3,
                    "necessity": 0.6,
                    "equivariance": 0.2,
                    "pool": 0.9,
                },
            },
        },
    },
}
RATES = {
    "vgg16_pixels": "224",
    "vgg16_views": "3",
    "vgg16_head_rate": "0.001",
    "vgg16_rate": "0.00004",
    "yolov8_pixels": "320",
    "yolov8_rate": "0.0003",
    "smoothing": "0.1",
    "decay": "0.05",
    "average": "0.99",
    "protovit_blocks": "9",
    "protovit_pixels": "240",
    "protovit_cell": "2",
    "protovit_parts": "4",
    "protovit_kappa": "1.6",
    "protovit_cluster": "0.8",
    "protovit_separation": "0.08",
    "protovit_orthogonality": "6",
    "protovit_locality": "0.5",
    "protovit_sufficiency": "0.7",
    "protovit_abstention": "3",
    "protovit_necessity": "0.6",
    "protovit_equivariance": "0.2",
    "protovit_pool": "0.9",
    "protovit_frozen": "6",
    "protovit_taught": "40%",
    "protovit_pool_size": "1,200",
    "protovit_shown": "4",
    "vgg16_parameters": "14.7",
    "vgg16_epochs": "34",
    "vgg16_seconds": "1,234",
    "interval": "13",
    "credit_rows": "307,511",
    "credit_auc": "0.765",
    "credit_features": "26",
    "credit_ratio": "12",
    "credit_threshold": "8.77%",
    "rise_masks": "1,000",
}


@BOTH
def test_what_the_note_says_of_the_models_is_what_they_were_trained_with(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"accuracy_ci95": [0.75, 0.88], "parameters": 14_717_255, "epochs": 34, "train_seconds": 1234.4}
    credit = {"rows": 307_511, "auc": 0.76543, "features": 26, "cost_ratio": 12, "threshold": 0.08765}
    monkeypatch.setattr(results, "training_recipe", lambda name: RECIPES.get(name, {}))
    monkeypatch.setattr(results, "vision", lambda: [row | {"model": name} for name in ("vgg16", "yolov8")])
    monkeypatch.setattr(results, "credit", lambda: credit)
    found = method.facts(texts)
    expected = {name: [value] for name, value in RATES.items() if name != "rise_masks"}
    assert {name: numbers(found[name], texts) for name in expected} == expected
    assert found["no_epoch"] == ""
    monkeypatch.setattr(results, "vision", lambda: [row | {"model": "vgg16", "epochs": 0}])
    unchanged = method.facts(texts)
    assert (unchanged["vgg16_epochs"], unchanged["no_epoch"]) == ("0", texts("method.no_epoch"))
    assert found["protovit_deletion"] == method.UNKNOWN, "what was not recorded is not made up"


@pytest.mark.parametrize(
    ("texts", "written"), [(ENGLISH, ("14.7 million", "1.4 million")), (FRENCH, ("14,7 millions", "1,4 million"))]
)
def test_millions_are_counted(texts: Texts, written: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"vgg16": 14_717_255, "yolov8": 1_447_015}
    rows = [{"model": name, "accuracy_ci95": [0.75, 0.88], "parameters": size} for name, size in sizes.items()]
    monkeypatch.setattr(results, "vision", lambda: rows)
    found = method.facts(texts)
    assert tuple(found[f"{name}_parameters"] for name in sizes) == written


def test_the_note_gives_the_commands_of_the_readme() -> None:
    """In French too, but for the words that stand for a file or a folder."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    commands = {}
    for language, text in catalogue()["method.reproduce.text"].items():
        (fence,) = re.findall(r"```\n(.*?)```", text, re.DOTALL)
        commands[language] = [line.split("#")[0].strip() for line in fence.splitlines()]
    assert len(commands["en"]) == 4 and all(command in readme for command in commands["en"])
    assert [line.replace("DOSSIER", "FOLDER").replace("FICHIER", "FILE") for line in commands["fr"]] == commands["en"]


@BOTH
def test_reliability_is_drawn_against_the_diagonal(texts: Texts) -> None:
    bins = [
        {"photos": 1012, "confidence": 0.5512, "accuracy": 0.6123},
        {"photos": 40, "confidence": 0.9512, "accuracy": 0.9234},
    ]
    rows = [{"model": "vgg16", "reliability": bins}, {"model": "yolov8", "reliability": None}]
    figure = method.reliability(rows, texts)
    in_house_style(figure, texts)
    diagonal, drawn = figure.data
    assert list(diagonal.x) == list(diagonal.y) == [0, 1] and diagonal.hoverinfo == "skip" and not diagonal.showlegend
    assert (list(drawn.x), list(drawn.y)) == ([0.5512, 0.9512], [0.6123, 0.9234])
    assert [numbers(" ".join(row[1:]), texts) for row in cells(figure)[1:]] == [
        ["55.1%", "61.2%", "1,012"],
        ["95.1%", "92.3%", "40"],
    ]
    assert [list(hover) for hover in drawn.customdata] == [row[1:] for row in cells(figure)[1:]]
    for axis, key in ((figure.layout.xaxis, "confidence"), (figure.layout.yaxis, "accuracy")):
        assert axis.title.text == texts(f"method.reliability.{key}")
        assert numbers(" ".join(axis.ticktext), texts) == [f"{20 * tick}%" for tick in range(6)]


def test_a_note_without_files_marks_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("evaluation", "credit"):
        monkeypatch.setattr(results, name, dict)
    monkeypatch.setattr(results, "vision", list)
    monkeypatch.setattr(results, "training_recipe", lambda name: {})
    found = method.facts(ENGLISH)
    missing = {name for name, value in found.items() if value == method.UNKNOWN}
    assert {*FACTS, *RATES, "verdict"} - missing <= {"rise_masks"}


@BOTH
def test_what_the_note_says_of_time_and_machines_is_read_from_the_files(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = {"vgg16": "x86_64 CPU with bf16, 3 threads", "protovit": "NVIDIA GPU"}
    rows = [
        {
            "model": name,
            "accuracy_ci95": [0.7, 0.8],
            "train_seconds": 71.4,
            "machine": machine,
            "latency_machine": machine,
        }
        for name, machine in machines.items()
    ]
    monkeypatch.setattr(results, "vision", lambda: rows)
    monkeypatch.setattr(results, "training_recipe", lambda name: RECIPES.get(name, {}))
    found = method.facts(texts)
    gpu = {"en": "NVIDIA GPU", "fr": "GPU NVIDIA"}[texts.language]
    assert (found["protovit_seconds"], found["protovit_machine"]) == ("71", gpu)
    assert numbers(found["vgg16_machine"], texts)[-1] == "3" and found["yolov8_machine"] == method.UNKNOWN
    assert found["latency_machine"].startswith((f"{gpu};", f"{gpu}\u00a0;"))
    ethics = texts("method.ethics.text", **found)
    assert ethics.count("71") == 2 and not re.search("hour each|une heure chacun", ethics)
    assert "9" in numbers(texts("method.protocols.text", **found), texts), "the blocks that ProtoViT stands on"
    convnets = texts("method.convnets.text", **found)
    assert not re.search("twice as fast|deux fois plus vite", convnets), "no file holds it"


def test_a_gap_is_said_to_lie_between_two_ends_and_points_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "evaluation", lambda: MODELS["evaluation"])
    french = FRENCH("method.leak.text", **method.facts(FRENCH)).replace("\u00a0", " ")
    assert "compris entre +0,3 et −1,2 point selon" in french and "compris entre 1,2 et 2,5 points." in french
    english = ENGLISH("method.leak.text", **method.facts(ENGLISH)).replace("\u00a0", " ")
    assert "by +0.3 to −1.2 points," in english


@pytest.mark.parametrize(
    ("models", "words"), [(["vgg16"], "VGG16 a appris"), (["vgg16", "yolov8"], "YOLOv8n ont appris")]
)
def test_who_learnt_anew_agrees_with_the_verb(models: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "refitted", lambda: models)
    monkeypatch.setattr(results, "epochs_are_fixed", lambda name: False)
    assert words in method.facts(FRENCH)["anew"]


@BOTH
def test_only_of_models_whose_epochs_were_chosen_is_it_said(texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "refitted", lambda: ["vgg16", "protovit"])
    monkeypatch.setattr(results, "epochs_are_fixed", lambda name: name == "protovit")
    chosen = texts("method.anew.one", models="VGG16")
    fixed = texts("method.anew_fixed.one", models="ProtoViT")
    assert method.facts(texts)["anew"] == f"{chosen} {fixed}"
    monkeypatch.setattr(results, "refitted", lambda: ["protovit"])
    assert method.facts(texts)["anew"] == fixed


@BOTH
def test_the_note_tells_our_random_splits_from_the_published_ones(
    texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "evaluation", lambda: MODELS["evaluation"])
    monkeypatch.setattr(results, "published", lambda: [{"images": 2000, "parts": [1200, 400, 400]}])
    known = method.facts(texts)
    assert numbers(known["published_splits"], texts) == ["2,000", "60", "20", "20"]
    note = texts("method.leak.text", **known)
    assert known["published_splits"] in note and note.count(known["near_more"]) >= 1
    assert not re.search("as the published|comme pour les chiffres", note)


@BOTH
def test_the_note_says_of_the_maps_no_more_than_the_intervals_do(texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"photos": 9, "road": {"mean": 0.3, "ci95": [0.2, 0.4]}}
    methods = {"grad-cam": figures, "shapley-cam": dict(figures)}
    monkeypatch.setattr(results, "explanations", lambda: {"vgg16": {"methods": methods}})
    note = texts("method.explanations.text", **method.facts(texts))
    assert "ShapleyCAM" in note.split("Eigen-CAM")[-1], "it draws the map of Grad-CAM"
    assert re.search({"en": "or as faithful as any", "fr": "ou aussi fidèle que toute autre"}[texts.language], note)


def test_the_equation_of_clusters_is_that_of_the_training() -> None:
    written = EQUATIONS["cluster"]
    assert written.count(r"\frac{1}{K} \sum_{k} a^k_{bp}") == 2 and r"\bar a" not in written
    for text in catalogue()["method.stages.text"].values():
        assert re.search("is off only where|n’est éteinte que si", text), "why a part may be off without pruning"
