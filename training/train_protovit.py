"""Trains ProtoViT in its stages: joint, projection, settling, evidence.

    python -m training.train_protovit --data FOLDER --init encoder.safetensors
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --project-on FOLDER
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --resume

``--init`` is a name in timm, or a file of safetensors with timm's names. The encoder stays as it is; what learns is a
linear map of its patches, one by one, the prototypes, and how much each counts. Beside the terms of Ma et al. 2024
(arXiv:2410.20722) one asks that a patch stays what it is when all that is far from it is blended away. Prototypes are
projected on rendered pictures, which may be shown; after that the map settles: photos are drawn to the pieces that a
visitor sees, and each prototype stays what the network makes of its piece.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.protovit import ProtoViTForImageClassification, ProtoViTImageProcessor
from models.vision.gallery import CATALOGUE
from models.vision.predictions import CLASSES
from models.vision.protovit import ProtoVit
from training.protovit.blended import blended_pictures
from training.protovit.initialisation import initial_model, round_as_saved, start_projection, start_prototypes
from training.protovit.objective import Objective, Reasoner, Sources
from training.protovit.partition import FrozenStem, TrainableTail
from training.protovit.projection import Projection, project, write_prototypes
from training.protovit.recipe import RECIPE, ProtoViTRecipe, Stage
from training.vision.artifacts import Card
from training.vision.data import (
    Augmented,
    CachedViews,
    FreshViews,
    Photo,
    read_catalogue,
    read_photos,
)
from training.vision.distributed import DEVICE, STATE
from training.vision.feature_cache import run
from training.vision.fine_tune import (
    Checkpoint,
    Epoch,
    TrainingData,
    best_epoch,
    evaluate,
    fine_tune,
    layer_rates,
    predict_logits,
)
from training.vision.report import report
from training.vision.transfer import arguments, flags, training_record


@dataclass
class Learnt:
    """What the stages left beside the model.

    Args:
        curves: of each stage, by name.
        steps: accuracy and log loss on validation after each stage and projection, in order.
        projection: the last one.
        validation: logits (N, classes) and labels (N,) of the validation photos.
    """

    curves: dict[str, list[Epoch]]
    steps: list[dict[str, Any]]
    projection: Projection
    validation: tuple[torch.Tensor, torch.Tensor]


def learn(
    model: ProtoViTForImageClassification,
    recipe: ProtoViTRecipe,
    photos: Mapping[str, Sequence[Photo]],
    args: argparse.Namespace,
    keep_last: bool = False,
) -> Learnt:
    """Every stage, in place; ``photos`` has those to learn from, to validate on and to project on."""
    encoder = model.encoder.timm_model
    stem = FrozenStem(encoder, recipe.frozen, recipe.blank)
    tail = TrainableTail(encoder, recipe.frozen, model.patch_features)
    learning = TrainableTail(
        encoder, recipe.frozen, model.patch_features, args.bf16
    )  # what is measured is in single precision
    reasoner = Reasoner(model.head)
    tokens = {name: _tokens(stem, photos[name], recipe, args) for name in ("val", "project")}
    pictures = Augmented(photos["train"], recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
    with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
        views = CachedViews(pictures, stem, recipe.views, args.cache)
        blended = blended_pictures(stem, photos["train"], views.maps[0], recipe, args)
    curves: dict[str, list[Epoch]] = {}
    steps: list[dict[str, Any]] = []

    def stage(name: str, sources: Sources | None = None) -> None:
        chosen = recipe.stages[name]
        moving = [(block, rate) for block, rate in _rates(model, tail, chosen, recipe) if rate]
        whole = chosen.encoder_rate > 0 or chosen.projection_rate > 0
        network = nn.Sequential(learning, reasoner) if whole else nn.Sequential(reasoner)
        checkpoint = args.out / f"checkpoint-{'refit-' if keep_last else ''}{name}.safetensors"
        if name == "joint" and not (args.resume and checkpoint.exists()):
            torch.manual_seed(args.seed)
            start_projection(model, views.maps[0], tail)
            start_prototypes(model, views.through(tail), args.seed)
        seen = views if whole else views.through(learning)
        inputs, labels = tokens["val"]
        inputs = inputs if whole else run(tail, inputs.float().split(recipe.batch))
        served = FreshViews(pictures, stem) if args.fresh and whole else seen
        objective = Objective(chosen.weights, sources, blended)
        data = TrainingData(served, (inputs.float(), labels))
        saved = Checkpoint(checkpoint, args.resume, keep_last)
        curves[name] = fine_tune(network, moving, data, chosen.schedule, saved, objective)
        note(name, epoch=best_epoch(curves[name]))

    def note(name: str, **more: Any) -> None:
        loss, accuracy = evaluate(nn.Sequential(tail, reasoner), tokens["val"][0].float(), tokens["val"][1])
        steps.append({"after": name, "val_accuracy": accuracy, "val_log_loss": loss, **more})
        print(f"after {name}: accuracy {accuracy:.4f}, log loss {loss:.4f} on validation", flush=True)

    def projected(name: str, before: Projection | None = None) -> Projection:
        inputs, labels = tokens["project"]
        round_as_saved(model)
        found = project(model.head.cpu(), run(tail, inputs.float().split(recipe.batch)), labels, before)
        model.head.to(DEVICE)
        off = int((~found.active).sum())
        note(name, parts_switched_off=off, distinct_sources=len(found.sources.unique()))
        return found

    stage("joint")
    first = projected("projection")
    pieces = Sources(tokens["project"][0][first.sources].float(), first.patches, first.active)
    stage("settle", pieces)
    projection = projected("reading", first)
    stage("evidence")
    inputs, labels = tokens["val"]
    logits = predict_logits(nn.Sequential(tail, reasoner), inputs.float())
    return Learnt(curves, steps, projection, (logits, labels))


def _tokens(
    stem: FrozenStem, photos: Sequence[Photo], recipe: ProtoViTRecipe, args: argparse.Namespace
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the frozen blocks make of pictures as they are, and their labels."""
    pictures = Augmented(photos, recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
    return CachedViews(pictures, stem, 1, args.cache).maps[0], pictures.labels


def _rates(
    model: ProtoViTForImageClassification, tail: TrainableTail, stage: Stage, recipe: ProtoViTRecipe
) -> list[tuple[nn.Module, float]]:
    head = model.head
    return [
        *layer_rates(list(tail.blocks), stage.encoder_rate, recipe.decay),
        (tail.norm, stage.encoder_rate),
        (tail.patch_features, stage.projection_rate),
        (nn.ParameterList([head.prototypes]), stage.prototype_rate),
        (nn.ParameterList([head.strength]), stage.evidence_rate),
    ]


def main() -> None:
    """Reads the command line and trains."""
    parser = arguments("Train ProtoViT in its stages.", ProtoVit.name)
    parser.add_argument("--init", required=True, help="name in timm, or file of safetensors")
    parser.add_argument("--project-on", type=Path, help="folder of pictures with labels.csv to project on")
    train(parser.parse_args(), RECIPE)


def train(args: argparse.Namespace, recipe: ProtoViTRecipe) -> None:
    """Runs every stage and leaves the artifacts in ``args.out``."""
    torch.manual_seed(args.seed)
    if args.epochs:
        joint = recipe.stages["joint"]
        longer = replace(joint, schedule=replace(joint.schedule, epochs=args.epochs))
        recipe = replace(recipe, stages={**recipe.stages, "joint": longer})
    model = initial_model(args.init, recipe)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    photos = read_photos(args.data)
    photos["train"] += read_catalogue(args.catalogue) if args.catalogue else []
    photos["project"] = read_catalogue(args.project_on or CATALOGUE)
    chosen = learnt = learn(model, recipe, photos, args)
    if args.refit:
        model.load_state_dict(start)
        stages = {
            name: replace(stage, schedule=replace(stage.schedule, epochs=max(1, best_epoch(chosen.curves[name]))))
            for name, stage in recipe.stages.items()
        }
        everything = photos | {"train": photos["train"] + photos["val"]}
        learnt = learn(model, replace(recipe, stages=stages), everything, args, keep_last=True)
    if STATE.is_main_process:
        _report(model, recipe, args, photos, chosen, learnt)


def _report(
    model: ProtoViTForImageClassification,
    recipe: ProtoViTRecipe,
    args: argparse.Namespace,
    photos: Mapping[str, Sequence[Photo]],
    chosen: Learnt,
    learnt: Learnt,
) -> None:
    training: dict[str, Any] = {
        **training_record(args, recipe, photos),
        "steps": chosen.steps,
    }
    for prefix, run_ in (("", chosen), ("refit_", learnt))[: 1 + args.refit]:
        for name, points in run_.curves.items():
            key = f"{prefix}curves" if name == "joint" else f"{prefix}{name}_curves"
            training[key] = [asdict(point) for point in points]
    write_prototypes(args.out, learnt.projection, photos["project"], model.grid)
    size = recipe.preprocessing.size
    ProtoViTImageProcessor(size={"height": size, "width": size}).save_pretrained(args.out)
    config = {
        **model.config.to_dict(),
        "dtype": "float32",
        "architectures": ["ProtoViTForImageClassification"],
        "model": "protovit",
        "backbone": "CLIP ViT-B/16, 10 blocks, prototypes",
        "classes": CLASSES,
        "preprocessing": asdict(recipe.preprocessing),
    }
    card = Card(
        title="Vitrine ProtoViT",
        summary="A vision transformer that classifies a product by the likeness of its parts to parts of rendered "
        "example products (Ma et al. 2024), so that its whole reasoning can be shown.",
        base_model="timm/vit_base_patch16_clip_quickgelu_224.openai",
        library="transformers",
        command=f"python -m training.train_protovit --data DATA --init {Path(args.init).name}" + flags(args),
        limits="Likeness is evidence, not proof: a prototype can answer to colour or background. A photo always gets "
        "one of the seven categories, whatever it shows; that it probably belongs to none is said beside it, and not "
        "always noticed.",
    )
    report(
        ProtoVit, args.out, model, config, training, card, chosen.validation, [] if args.skip_test else photos["test"]
    )
    for checkpoint in args.out.glob("checkpoint*.safetensors"):
        checkpoint.unlink()


if __name__ == "__main__":
    main()
