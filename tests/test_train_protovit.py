"""ProtoViT: a training of a moment through every stage, what it leaves, and what the app makes of it."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoImageProcessor, AutoModelForImageClassification

from models.display.results import reasoning_tables
from models.errors import InputError, ModelUnavailable
from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.texts import ENGLISH, FRENCH
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing, to_tensor
from models.vision.prototypes import boxes
from models.vision.protovit import ProtoVit
from models.vision.uploads import read_upload
from tests.pictures import picture, write_dataset
from training import cross_validate, evaluate_remedies, train_protovit
from training.evaluation import protocols, reasoning, relearnt
from training.evaluation.labelled_photos import read_data
from training.evaluation.measurements import MeasurementCache
from training.protovit import initialisation, objective, stages
from training.protovit.alterations import altered_pictures
from training.protovit.partition import FrozenStem, TrainableTail
from training.protovit.recipe import ProtoViTRecipe, Steps, Weights
from training.vision.artifacts import SAME_RUN, read_validation
from training.vision.data import Augmentation, Photo, read_photos
from training.vision.device_pictures import DevicePictures
from training.vision.fine_tune import Checkpoint
from training.vision.metrics import fit_temperature

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training

ENCODER = {
    "model_type": "timm_wrapper",
    "architecture": "vit_tiny_patch16_224",
    "model_args": {"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 3, "num_heads": 2},
    "do_pooling": False,
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, the same as a catalogue to project on, and an encoder to begin with."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "data").mkdir()
    write_dataset(folder / "data")
    (folder / "catalogue").mkdir()
    rows = ["file,category,object,seed"]
    for label, category in enumerate(CLASSES):
        for seed in range(3):
            picture(label, 10 + seed).save(folder / "catalogue" / f"{label}-{seed}.webp")
            rows.append(f"{label}-{seed}.webp,{category},thing,{seed}")
    (folder / "catalogue" / "labels.csv").write_text("\n".join(rows) + "\n")
    torch.manual_seed(0)
    encoder = ProtoViTForImageClassification(ProtoViTConfig(encoder_config=dict(ENCODER))).encoder.timm_model
    save_file({name: tensor.half() for name, tensor in encoder.state_dict().items()}, folder / "encoder.safetensors")
    return folder


def small_recipe() -> ProtoViTRecipe:
    stages = {
        name: replace(stage, schedule=replace(stage.schedule, epochs=1))
        for name, stage in train_protovit.RECIPE.stages.items()
    }
    return replace(
        train_protovit.RECIPE, encoder=ENCODER, preprocessing=Preprocessing(32), views=2, batch=7, frozen=1,
        projection=8, pool=1, parts=4, prototypes_per_class=2, blank=0.01, squares=(1, 1), reach=1,
        steps=Steps(3, 3, 3, 1), stages=stages,
    )  # fmt: skip


def run_training(made: Path, out: Path, *options: str) -> None:
    arguments = ["train", "--data", str(made / "data"), "--init", str(made / "encoder.safetensors"), "--out", str(out)]
    arguments += ["--catalogue", str(made / "catalogue"), "--project-on", str(made / "catalogue"), *options]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_protovit, "RECIPE", small_recipe())
        patch.setattr(sys, "argv", arguments)
        train_protovit.main()


@pytest.fixture(scope="module")
def trained(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "protovit"
    run_training(made, folder, "--refit", "--bf16")
    return folder


def test_what_none_of_these_is_measured_on_is_not_learnt_from(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Photo] = []

    def learn(model: object, recipe: object, photos: dict[str, list[Photo]], args: object) -> None:
        seen.extend(photos["pool"])
        raise KeyboardInterrupt

    monkeypatch.setattr(train_protovit, "learn", learn)
    (tmp_path / "pool").mkdir()
    for number in range(3):
        picture(number).save(tmp_path / "pool" / f"{number}.jpg")
    (tmp_path / "names.txt").write_text("1.jpg\n")
    with pytest.raises(KeyboardInterrupt):
        run_training(made, tmp_path, "--pool", str(tmp_path / "pool"), "--without", str(tmp_path / "names.txt"))
    assert {photo.path.name for photo in seen} == {"0.jpg", "2.jpg"}


def test_the_validation_logits_that_are_kept_are_those_from_before_the_refit(trained: Path) -> None:
    kept = read_validation(trained)
    assert kept is not None and kept[2] == SAME_RUN
    temperature = fit_temperature(kept[0], kept[1])
    loss = torch.nn.functional.cross_entropy(kept[0] / temperature, kept[1]).item()
    training = json.loads((trained / "training.json").read_text())
    before = training["steps"][-1]["val_log_loss"]
    after = training["refit_settle_curves"][-1]["val_loss"]
    assert abs(loss - before) < 0.01 * abs(loss - after)


def test_the_artefacts(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "model.safetensors", "config.json", "metrics.json", "training.json", "validation.json", "README.md",
        "prototypes.json", "preprocessor_config.json",
    }  # fmt: skip
    config = json.loads((trained / "config.json").read_text())
    assert config["concentration"] == small_recipe().concentration
    state = load_file(trained / "model.safetensors")
    assert all(tensor.dtype == torch.float16 for tensor in state.values())
    training = json.loads((trained / "training.json").read_text())
    assert [step["after"] for step in training["steps"]] == ["joint", "projection", "settle", "reading"]
    terms = training["curves"][-1]["terms"]
    assert set(terms) == {field.name for field in fields(Weights)} - {"smoothing", "pool"}
    assert sum(terms.values()) == pytest.approx(training["curves"][-1]["train_loss"])
    assert {"settle_curves", "refit_curves", "refit_settle_curves"} <= set(training)
    assert training["steps"][1]["distinct_sources"] == 14


def test_prototypes_are_pieces_of_pictures_of_their_class(trained: Path) -> None:
    content = json.loads((trained / "prototypes.json").read_text())
    assert content["grid"] == 4 and len(content["prototypes"]) == 14
    for entry in content["prototypes"]:
        assert entry["class"] == entry["shows"] == CLASSES[int(entry["source"][0])]
        picture = content["pictures"][entry["source"]]
        assert picture["image"].startswith("data:image/webp;base64,") and max(picture["width"], picture["height"]) == 60
        assert len(set(entry["patches"])) == 4 and len(entry["nearest"]) == 3
    assert len({entry["source"] for entry in content["prototypes"]}) == 14


def test_a_shown_prototype_is_what_the_model_compares_with(trained: Path, made: Path) -> None:
    """The shipped weights find each part of a prototype where its picture is marked, and it is as like as recorded."""
    model = ProtoVit.load(trained)
    for entry in json.loads((trained / "prototypes.json").read_text())["prototypes"]:
        with Image.open(made / "catalogue" / entry["source"]) as image:
            inputs = model.preprocessing(image.convert("RGB"))
        features = model.network.features(inputs)[0].flatten(1)
        found = model.network(inputs).similarities[0, entry["prototype"]]
        assert float(found) == pytest.approx(entry["similarity"], abs=0.01)
        pieces, parts = features[:, entry["patches"]], model.network.head.prototypes[entry["prototype"]]
        active = torch.tensor(entry["active"])
        assert active.any()
        assert torch.nn.functional.cosine_similarity(pieces, parts, dim=0)[active].min() > 0.99


@pytest.mark.parametrize(("projection", "pool"), [(0, 1), (8, 1), (8, 2)])
def test_the_parts_that_are_trained_are_the_model_that_is_shipped(projection: int, pool: int) -> None:
    """Cut where the training begins, the encoder gives the same features, blank patches and all."""
    torch.manual_seed(0)
    config = ProtoViTConfig(encoder_config=dict(ENCODER), blank=0.1, projection=projection, pool=pool)
    model = ProtoViTForImageClassification(config).eval()
    encoder = model.encoder.timm_model
    pixels = torch.ones(1, 3, 32, 32)
    pixels[:, :, 16:] = torch.rand(1, 3, 16, 32)
    with torch.no_grad():
        found = TrainableTail(encoder, 1, model.patch_features)(FrozenStem(encoder, 1, 0.1)(pixels))
        assert torch.allclose(found, model.features(pixels), atol=1e-5)
    half = 2 // pool
    assert not found[..., :half, :].any() and found[..., half:, :].any(1).all()
    assert torch.equal(model.textured(pixels), found.any(1))


def test_reasoning_adds_up(trained: Path) -> None:
    model = ProtoVit.load(trained)
    reasoning = model.reason(picture(2), top=14)
    assert reasoning.class_evidence[0].label == reasoning.prediction.label != reasoning.class_evidence[1].label
    assert reasoning.class_evidence[1].total <= reasoning.class_evidence[0].total == max(reasoning.logits.values())
    for case in reasoning.class_evidence:
        assert sum(item.points for item in case.evidence) == pytest.approx(case.total, abs=1e-9)
        assert case.total == reasoning.logits[case.label]
        points = [item.points for item in case.evidence]
        assert points == sorted(points, reverse=True)
        for item in case.evidence:
            assert item.points == pytest.approx(item.similarity * item.weight, abs=1e-6)
            assert len(item.boxes) == len(model.prototypes[item.prototype].piece.boxes)
            assert all(0 <= x0 < x1 <= 48 and 0 <= y0 < y1 <= 60 for x0, y0, x1, y1 in item.boxes)
    assert len(model.reason(picture(2), top=1).class_evidence[0].evidence) == 1


def test_prototypes_can_be_left_out(trained: Path) -> None:
    model = ProtoVit.load(trained)
    whole = model.reason(picture(2), top=14)
    strongest = whole.class_evidence[0].evidence[0]
    rest = model.reason(picture(2), top=14, without=[strongest.prototype])
    assert rest.logits[whole.prediction.label] == pytest.approx(
        whole.class_evidence[0].total - strongest.points, abs=1e-9
    )
    assert all(rest.logits[label] == whole.logits[label] for label in CLASSES if label != whole.prediction.label)
    assert strongest.prototype not in {item.prototype for case in rest.class_evidence for item in case.evidence}
    gone = model.reason(picture(2), without=[p.number for p in model.prototypes if p.label == whole.prediction.label])
    assert gone.prediction.label == whole.class_evidence[1].label != whole.prediction.label
    with pytest.raises(InputError, match="no prototype 14; they are numbered from 0 to 13"):
        model.reason(picture(2), without=[14])


def test_the_map_shares_out_the_logit(trained: Path) -> None:
    model = ProtoVit.load(trained)
    inputs = model.preprocessing(picture(1))
    answer = model.network.head(model.network.features(inputs))
    contrast = torch.zeros(7)
    contrast[3] = 1
    assert float(model.shares(answer, contrast).sum()) == pytest.approx(float(answer.logits[0, 3]), abs=1e-4)
    explanation = model.explain(picture(1), target="Watches")
    assert explanation.saliency.shape == (4, 4) and explanation.saliency.dtype == np.float32
    contrast = model.explain(picture(1), target="Watches", contrast_class="Computers")
    assert not np.array_equal(explanation.saliency, contrast.saliency)


def test_a_method_or_class_that_it_has_not_is_named(trained: Path) -> None:
    model = ProtoVit.load(trained)
    with pytest.raises(InputError, match="grad-cam"):
        model.explain(picture(0), method="grad-cam")
    with pytest.raises(InputError, match="Shoes"):
        model.explain(picture(0), target="Shoes")


def test_rise_asks_it_like_any_other_model(trained: Path) -> None:
    steps = ProtoVit.load(trained).explain_steps(picture(0), method="rise")
    share, explanation = next(steps)
    assert 0 < share < 1 and explanation.saliency.shape == (32, 32)
    steps.close()


def test_transformers_reads_the_folder(trained: Path) -> None:
    theirs = AutoModelForImageClassification.from_pretrained(trained).eval()
    assert theirs.dtype == torch.float32
    processor = AutoImageProcessor.from_pretrained(trained)
    ours = ProtoVit.load(trained)
    inputs = processor(picture(4), return_tensors="pt")["pixel_values"]
    # each has its own way of averaging pixels
    assert (inputs - ours.preprocessing(picture(4))).abs().mean() < 0.02
    with torch.no_grad():
        answer = theirs(inputs).logits
        same = ours.network(inputs).logits
    assert torch.equal(answer, same)
    assert theirs.config.id2label == dict(enumerate(CLASSES))


@pytest.mark.parametrize("damage", ["", "no json", '{"grid": 4, "prototypes": []}'])
def test_a_folder_without_its_prototypes_is_refused(trained: Path, tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(trained, tmp_path / "protovit")
    (folder / "prototypes.json").unlink()
    if damage:
        (folder / "prototypes.json").write_text(damage)
    with pytest.raises(ModelUnavailable):
        ProtoVit.load(folder)


def test_an_interrupted_training_goes_on(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped in the settling stage and resumed, it ends with the weights of one that was not stopped."""
    run_training(made, tmp_path / "whole", "--skip-test")
    real = stages.fine_tune

    def stops(*args: Any) -> object:
        if any(isinstance(given, Checkpoint) and "settle" in given.path.name for given in args):
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(stages, "fine_tune", stops)
    with pytest.raises(KeyboardInterrupt):
        run_training(made, tmp_path / "parts", "--skip-test")
    monkeypatch.undo()
    run_training(made, tmp_path / "parts", "--skip-test", "--resume")
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    # sums of many threads differ by their order
    assert all(torch.allclose(whole[name].float(), parts[name].float(), atol=1e-5) for name in whole)


def test_boxes_cover_the_picture() -> None:
    found = boxes(range(16), 4, (50, 31))
    assert found[0] == (0, 0, 13, 8) and found[15] == (37, 23, 50, 31)
    covered = np.zeros((31, 50), dtype=bool)
    for left, top, right, bottom in found:
        covered[top:bottom, left:right] = True
    assert covered.all()
    assert all(x1 > x0 and y1 > y0 for x0, y0, x1, y1 in boxes(range(256), 16, (1, 1)))


def test_whether_the_reasoning_holds(trained: Path, made: Path) -> None:
    model = ProtoVit.load(trained)
    photos = read_photos(made / "data")["test"]
    figures = reasoning.evaluate(model, photos, MeasurementCache(None))
    assert figures["photos"] == 7
    for group in (figures["perturbation"], *figures["stability"].values()):
        for figure in group.values():
            assert figure["ci95"][0] <= figure["mean"] <= figure["ci95"][1]
    lost, inside = (figures["perturbation"][name]["mean"] for name in ("shown_points_lost", "inside"))
    for texts in (ENGLISH, FRENCH):
        figures["perturbation"]["inside"] = {"mean": 1.2, "ci95": (1.1, 1.3)}  # no share is lost more than whole
        assert texts("reasoning.sentences.all_lost") in reasoning_tables.sentences(figures, texts)[0]
        figures["perturbation"]["inside"] = {"mean": 0.8, "ci95": (0.7, 0.9)}
        assert texts.percent(0.8, 0) in reasoning_tables.sentences(figures, texts)[0]
        figures["perturbation"]["outside"] = {"mean": 0.1, "ci95": (0.05, 0.12)}
        assert reasoning_tables.sentences(figures, texts)[1] == texts("reasoning.sentences.rests")
        figures["perturbation"]["outside"] = {"mean": 0.1, "ci95": (0.05, 0.2)}
        assert reasoning_tables.sentences(figures, texts)[1] == texts("reasoning.sentences.mixed")
        figures["perturbation"]["inside"] = {"mean": inside, "ci95": (0.0, 1.0)}
        cells = reasoning_tables.perturbation_table(figures, texts).html()
        assert texts.number(lost, 3) in cells and texts("reasoning.perturbation.others") in cells
        assert texts("reasoning.stability.jpeg") in reasoning_tables.stability_table(figures, texts).html()


@pytest.mark.parametrize("refit", [False, True])
def test_each_remedy_is_learnt_with_and_measured(
    trained: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refit: bool
) -> None:
    monkeypatch.setattr(evaluate_remedies, "CATALOGUE", made / "catalogue")
    bare = evaluate_remedies.without(small_recipe(), "locality", "deletion")
    assert bare.stages["joint"].weights == replace(small_recipe().stages["joint"].weights, locality=0, deletion=0)
    monkeypatch.setattr(evaluate_remedies, "REMEDIES", {"kernel": bare, "locality": small_recipe()})
    shutil.copytree(trained, tmp_path / "protovit")
    monkeypatch.setattr(evaluate_remedies.weights, "FOLDER", tmp_path)
    monkeypatch.setattr(evaluate_remedies.registry, "get", lambda name: ProtoVit.load(tmp_path / name))
    record = json.loads((trained / "training.json").read_text())
    record["arguments"]["refit"] = refit
    (tmp_path / "protovit" / "training.json").write_text(json.dumps(record))
    arguments = ["remedies", "--data", str(made / "data"), "--init", str(made / "encoder.safetensors"), "--photos", "2"]
    monkeypatch.setattr(sys, "argv", arguments)
    evaluate_remedies.main()
    rows = json.loads((tmp_path / "protovit" / "remedies.json").read_text())
    shipped = [] if refit else ["encoder"]  # it would be asked about photos that it has learnt
    assert [row["remedy"] for row in rows] == ["kernel", "locality", *shipped]
    for row in rows:
        assert 0 <= row["accuracy"] <= 1 and row["photos"] == 2 and row["outside"] >= 0
    for texts in (ENGLISH, FRENCH):
        assert texts.percent(rows[0]["inside"], 0) in reasoning_tables.remedy_table(rows, texts).html()


def test_remedies_are_learnt_on_an_encoder_that_stays_as_it_is() -> None:
    for recipe in evaluate_remedies.REMEDIES.values():
        assert recipe.frozen == recipe.encoder["model_args"]["depth"]
        assert all(stage.encoder_rate == 0 for stage in recipe.stages.values())


def test_each_stage_has_a_name_on_the_page(trained: Path) -> None:
    steps = json.loads((trained / "training.json").read_text())["steps"]
    for texts in (ENGLISH, FRENCH):
        cells = reasoning_tables.stage_table(steps, texts).html()
        assert texts("reasoning.stages.reading") in cells
        assert texts.percent(steps[-1]["val_accuracy"], 1) in cells


def test_the_shown_patches_are_blended_out_and_no_others(trained: Path) -> None:
    model = ProtoVit.load(trained)
    pixels = torch.rand(3, 32, 32)
    changed = (reasoning.without(model, pixels, [0, 5]) != pixels).any(0)
    assert changed[:8, :8].float().mean() > 0.9 and changed[8:16, 8:16].float().mean() > 0.9
    assert changed.float().mean() < 2 / 16 + 1e-6


def test_the_places_further_than_a_reach(trained: Path) -> None:
    model = ProtoVit.load(trained)  # 4 x 4 places
    assert reasoning.beyond(model, [0]) == [2, 3, 6, 7, *range(8, 16)]
    assert reasoning.beyond(model, [5, 10]) == [3, 12]


def test_a_place_that_is_all_that_counts_is_found_to_be(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With features that are the pixels of a place, all is lost inside and nothing changes outside."""
    model = ProtoVit.load(trained)
    monkeypatch.setattr(
        model.network,
        "features",
        lambda pixels: torch.nn.functional.adaptive_avg_pool2d(pixels, 4).repeat(1, 3, 1, 1)[:, :8],
    )
    photo, other = torch.rand(3, 32, 32), torch.rand(3, 32, 32)
    figures = reasoning.dependence(model, photo, reasoning.features(model, [other]))
    assert figures["outside"] == pytest.approx(0.0, abs=1e-3)


def test_an_unchanged_photo_is_read_the_same(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasoning, "KEPT", 1.0)
    figures = reasoning.stability(ProtoVit.load(trained), picture(1).resize((32, 32)))
    assert figures["crop"] == {"parts_stayed": 1.0, "same_prototypes": 1.0, "same_answer": 1.0}


def test_each_fold_is_judged_by_a_protovit_that_has_not_met_its_groups(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fold is all that an interrupted run has left to do."""
    monkeypatch.setattr(protocols, "FOLDS", 2)
    monkeypatch.setattr(cross_validate, "CATALOGUE", made / "catalogue")
    monkeypatch.setattr(cross_validate, "RECIPE", small_recipe())
    parts: list[dict[str, list[Photo]]] = []

    def learn_anew(recipe: Any, photos: dict[str, list[Photo]], args: Any) -> Any:
        parts.append(photos)
        return stages.learn_anew(recipe, photos, args)

    monkeypatch.setattr(cross_validate, "learn_anew", learn_anew)
    (tmp_path / "pool").mkdir()
    command = ["protovit", "--data", str(made / "data"), "--pool", str(tmp_path / "pool")]
    command += ["--init", str(made / "encoder.safetensors"), "--out", str(tmp_path)]
    cross_validate.main(command)
    data = read_data(made / "data")
    folds = protocols.fold_numbers(data.labels, data.groups.near)
    predicted = relearnt.read(tmp_path, data.labels, folds)
    assert predicted is not None and set(predicted) <= set(range(7)) and len(parts) == len(set(folds)) == 2
    places = {photo.path: row for row, photo in enumerate(data.photos)}
    for fold, given in enumerate(parts):
        held = {places[photo.path] for photo in given["val"]}
        assert held == set(np.flatnonzero(folds == fold))
        learnt = {places[photo.path] for photo in given["train"] if photo.path in places}
        assert len(held) + len(learnt) == len(places)
        near = data.groups.near
        assert not {near[row] for row in held} & {near[row] for row in learnt}
        assert len(given["train"]) - len(learnt) == len(given["project"]) == 21 and not given["pool"]

    how = json.loads((tmp_path / relearnt.FILE).read_text())["how"]
    relearnt.write(tmp_path, data.labels, folds, np.where(folds == 1, relearnt.UNKNOWN, predicted), how)
    parts.clear()
    cross_validate.main(command)
    again = relearnt.read(tmp_path, data.labels, folds)
    assert again is not None and np.array_equal(again, predicted)
    assert [{places[photo.path] for photo in given["val"]} for given in parts] == [set(np.flatnonzero(folds == 1))]
    with pytest.raises(SystemExit, match=r"cross_validation.json was had in another way \(seed\): remove it"):
        cross_validate.main([*command, "--seed", "1"])


def test_pictures_can_be_varied_anew(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU: photos, and those without labels that a small tower answers for."""
    tower = ProtoViTForImageClassification(ProtoViTConfig(encoder_config=dict(ENCODER))).encoder.timm_model
    monkeypatch.setattr(stages, "Tower", lambda init, size: SimpleNamespace(network=tower))
    (tmp_path / "pool").mkdir()
    for number in range(4):
        picture(number, 50 + number).convert("RGB").save(tmp_path / "pool" / f"{number}.jpg")
    run_training(made, tmp_path / "out", "--skip-test", "--fresh", "--pool", str(tmp_path / "pool"))
    training = json.loads((tmp_path / "out" / "training.json").read_text())
    assert (
        training["arguments"]["fresh"]
        and "--pool POOL --catalogue data/catalogue --fresh" in training["card"]["command"]
    )
    assert training["curves"][-1]["terms"]["pool"] > 0


@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_the_map_of_the_patches_starts_at_what_it_will_be_given(made: Path, frozen: int) -> None:
    """Its inputs come from all blocks, not from those alone that stay as they are: their mean is taken off."""
    recipe = replace(small_recipe(), frozen=frozen)
    network = initialisation.initial_model(str(made / "encoder.safetensors"), recipe)
    encoder = network.encoder.timm_model
    stem, tail = FrozenStem(encoder, frozen, recipe.blank), TrainableTail(encoder, frozen, network.patch_features)
    pixels = torch.cat(
        [Preprocessing(32)(read_upload(photo.path).image) for photo in read_photos(made / "data")["train"]]
    )
    with torch.no_grad():
        tokens = stem(recipe.preprocessing.normalise(pixels))
    initialisation.start_projection(network, tokens, tail)
    with torch.no_grad():
        features = tail(tokens).permute(0, 2, 3, 1)
    shown = features[features.any(3)]
    assert (shown.mean(0).abs() < 0.1 * shown.std(0)).all()


def test_varied_anew_without_variation_a_picture_is_itself_or_its_mirror_image(made: Path) -> None:
    recipe = small_recipe()
    photos = read_photos(made / "data")["train"][:4]
    still = Augmentation(crop=1.0, mix=0.0)
    images = [recipe.preprocessing.stretch(read_upload(photo.path).image) for photo in photos]
    pictures = DevicePictures(images, recipe.preprocessing, still)
    rows = torch.tensor([2, 0, 2, 0, 2, 0, 2, 0])
    found = pictures.pixels(rows)
    plain = recipe.preprocessing.normalise(torch.stack([to_tensor(images[row]) for row in rows]))
    # the crop is the whole, but at another ratio of its sides
    alike = [
        min(float((one - way).abs().mean()) for way in (whole, whole.flip(-1)))
        for one, whole in zip(found, plain, strict=True)
    ]
    other = [float((one - whole).abs().mean()) for one, whole in zip(found, plain.roll(1, 0), strict=True)]
    assert max(alike) < 0.5 * min(other)
    varying = DevicePictures(images, recipe.preprocessing, replace(still, crop=0.5, colour=0.25))
    varied = varying.pixels(rows)
    assert len({tuple(one.flatten().tolist()) for one in varied}) == len(rows)
    assert varied.shape == plain.shape and varied.min() >= -2.2 and varied.max() <= 2.7
    with torch.random.fork_rng():
        torch.manual_seed(3)
        whole = varying.pixels(rows)
        torch.manual_seed(3)
        with torch.autocast("cpu", torch.bfloat16):
            assert torch.equal(varying.pixels(rows), whole), "half precision moves no place"


def test_a_picture_keeps_its_square_whatever_it_is_trained_with(made: Path, tmp_path: Path) -> None:
    """What is kept of it on disk must go with the square that says where it was blended."""
    recipe = replace(
        train_protovit.RECIPE, encoder=ENCODER, preprocessing=Preprocessing(32), batch=7, frozen=1, projection=8,
        pool=1, blank=0.01, squares=(1, 1), rectangles=(1, 2), reach=1,
    )  # fmt: skip
    network = initialisation.initial_model(str(made / "encoder.safetensors"), recipe)
    stem = FrozenStem(network.encoder.timm_model, 1, recipe.blank)
    args = argparse.Namespace(seed=0, cache=tmp_path, bf16=False)
    photos = read_photos(made / "data")["train"]

    def blended(chosen: list[Photo]) -> objective.AlteredPictures:
        pictures = [Preprocessing(32)(read_upload(photo.path).image) for photo in chosen]
        whole = torch.cat([stem(recipe.preprocessing.normalise(pixels)) for pixels in pictures]).half()
        return altered_pictures(stem, chosen, whole, recipe, args)[-1]

    with torch.no_grad():
        few, many = blended(photos[3:5]), blended(photos)
    for part, whole in ((few.surroundings, many.surroundings), (few.deleted, many.deleted)):
        assert torch.equal(part.places, whole.places[3:5]) and torch.equal(part.pictures, whole.pictures[3:5])
        assert not torch.equal(whole.pictures, many.whole)
        assert whole.places.any() and not whole.places.all()
