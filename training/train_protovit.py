"""Trains ProtoViT in its stages: warm-up, joint, slots, projection, settling, last layer.

    python -m training.train_protovit --data FOLDER --init encoder.safetensors
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --project-on FOLDER
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --resume

``--init`` is a name in timm, or a file of safetensors with timm's names. The stages are those of Ma et al. 2024
(arXiv:2410.20722) and one more: prototypes are projected on rendered pictures only, which may be shown; after that the
encoder settles: photos are drawn to the pieces that a visitor sees, and each prototype stays what the encoder makes of
its piece.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from sklearn.cluster import KMeans
from timm.models.vision_transformer import checkpoint_filter_fn
from torch import nn

from models.protovit import ProtoViTConfig, ProtoViTForImageClassification, ProtoViTImageProcessor
from models.vision.gallery import CATALOGUE
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.protovit import ProtoVit
from training.protovit.objective import Objective, Reasoner, Sources, Weights
from training.protovit.partition import Lower, Upper
from training.protovit.projection import Projection, project, write_prototypes
from training.vision.artifacts import TAUGHT_BY, Card, teachers
from training.vision.data import (
    Augmentation,
    Augmented,
    CachedViews,
    FreshViews,
    Photo,
    decode,
    read_catalogue,
    read_photos,
    run,
)
from training.vision.distributed import DEVICE, STATE
from training.vision.fine_tune import (
    Epoch,
    Schedule,
    best_epoch,
    evaluate,
    fine_tune,
    layer_rates,
    predict_logits,
)
from training.vision.report import report
from training.vision.transfer import arguments


@dataclass(frozen=True)
class Stage:
    """One stage of the training.

    Args:
        weights: of the terms of its loss.
        schedule: how long.
        prototype_rate, encoder_rate, slot_rate, evidence_rate: AdamW's peak rates; 0 holds that part fast.
    """

    weights: Weights
    schedule: Schedule
    prototype_rate: float = 0.0
    encoder_rate: float = 0.0
    slot_rate: float = 0.0
    evidence_rate: float = 0.0


def _schedule(epochs: int, weight_decay: float = 0.0, patience: int = 100) -> Schedule:
    return Schedule(epochs, patience, warmup=1, weight_decay=weight_decay, smoothing=0.0, average=0.97)


PULL = Weights(cluster=0.8, separation=0.1, coherence=3e-3, orthogonality=1e-3, smoothing=0.1)


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters, all in this one place.

    Args:
        encoder: one of timm's vision transformers, as ``ProtoViTConfig`` takes it.
        preprocessing: of the encoder's input.
        augmentation: how the pictures are varied.
        views: variations of each picture that the frozen blocks are run on.
        batch: pictures a batch.
        frozen: lowest blocks of the encoder that stay as they are.
        decay: factor on the rate for each block further down.
        prototypes_per_class, parts, radius, blank: see :class:`ProtoViTConfig`.
        stages: by name, in order; the published rates are for some thousand steps, ours for a few hundred.
    """

    encoder: Mapping[str, Any]
    preprocessing: Preprocessing
    augmentation: Augmentation
    views: int = 6
    batch: int = 32
    frozen: int = 7
    decay: float = 0.8
    prototypes_per_class: int = 8
    parts: int = 4
    radius: int = 1
    blank: float = 0.09  # pixels that differ by 2 % of their range
    stages: Mapping[str, Stage] = field(
        default_factory=lambda: {
            "warmup": Stage(PULL, _schedule(8), prototype_rate=3e-3),
            "joint": Stage(PULL, _schedule(10, 0.05, patience=2), prototype_rate=3e-3, encoder_rate=1e-4),
            "slots": Stage(Weights(coherence=1e-3), _schedule(5), slot_rate=2e-3),
            "settle": Stage(PULL, _schedule(6, 0.05, patience=2), encoder_rate=5e-5),
            "evidence": Stage(Weights(l1=1e-2), _schedule(15), evidence_rate=1e-3),
        }
    )


RECIPE = Recipe(
    encoder={
        "model_type": "timm_wrapper",
        "architecture": "vit_small_patch14_dinov2",
        "model_args": {"img_size": 196},
        "do_pooling": False,
    },
    preprocessing=Preprocessing(196, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    augmentation=Augmentation(mix=0.0),
)


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


def initial_model(init: str, recipe: Recipe) -> ProtoViTForImageClassification:
    """A trained encoder, and prototypes that have yet to learn.

    Args:
        init: a name in timm, or a file of safetensors with the names of the recipe's encoder.
        recipe: the shape of the prototypes.
    """
    config = ProtoViTConfig(
        encoder_config=dict(recipe.encoder),
        prototypes_per_class=recipe.prototypes_per_class,
        parts=recipe.parts,
        radius=recipe.radius,
        blank=recipe.blank,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: index for index, name in enumerate(CLASSES)},
    )
    model = ProtoViTForImageClassification(config)
    from_file = init.endswith(".safetensors")
    size = recipe.preprocessing.size
    source = None if from_file else timm.create_model(init, pretrained=True, num_classes=0, img_size=size)
    state = load_file(init) if source is None else source.state_dict()
    encoder = model.encoder.timm_model
    # resamples the position embedding where the pictures were of another size
    encoder.load_state_dict(checkpoint_filter_fn({name: tensor.float() for name, tensor in state.items()}, encoder))
    round_as_saved(model)
    return model.eval()


@torch.no_grad()
def round_as_saved(model: nn.Module) -> None:
    """Gives the weights the precision that they are shipped in, so that what is measured holds for what is shipped."""
    for tensor in model.parameters():
        tensor.copy_(tensor.half())


@torch.no_grad()
def start_prototypes(model: ProtoViTForImageClassification, views: CachedViews, seed: int) -> None:
    """Starts each class's prototypes at the centres of its patches rather than at random: apart, and near something."""
    head, plain = model.head, views.maps[0]  # (N, D, n, n)
    for label in range(len(CLASSES)):
        patches = plain[views.pictures.labels == label].flatten(2).transpose(1, 2).flatten(0, 1)
        patches = patches[patches.any(1)]  # those that show something
        sample = patches[torch.randperm(len(patches), generator=torch.Generator().manual_seed(seed))[:8000]]
        own = (head.classes() == label).nonzero()[:, 0]
        centres = KMeans(len(own), n_init=3, random_state=seed).fit(sample.float().numpy()).cluster_centers_
        noise = torch.randn(head.prototypes[own].shape, generator=torch.Generator().manual_seed(seed))
        head.prototypes[own] = torch.from_numpy(centres).float()[:, :, None] + 0.1 * sample.float().std() * noise


def learn(
    model: ProtoViTForImageClassification,
    recipe: Recipe,
    photos: Mapping[str, Sequence[Photo]],
    args: argparse.Namespace,
    keep_last: bool = False,
) -> Learnt:
    """Every stage, in place; ``photos`` has those to learn from, to validate on and to project on."""
    encoder = model.encoder.timm_model
    lower, upper = Lower(encoder, recipe.frozen, recipe.blank), Upper(encoder, recipe.frozen)
    learning = Upper(encoder, recipe.frozen, args.bf16)  # the same blocks; what is measured is in single precision
    reasoner = Reasoner(model.head)
    pictures = Augmented(photos["train"], recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
    views = CachedViews(pictures, lower, recipe.views, args.cache)
    tokens = {name: _tokens(lower, photos[name], recipe) for name in ("val", "project")}
    curves: dict[str, list[Epoch]] = {}
    steps: list[dict[str, Any]] = []

    def stage(name: str, sources: Sources | None = None) -> None:
        chosen = recipe.stages[name]
        moving = [(block, rate) for block, rate in _rates(model, upper, chosen, recipe) if rate]
        whole = chosen.encoder_rate > 0
        network = nn.Sequential(learning, reasoner) if whole else nn.Sequential(reasoner)
        seen = views if whole else views.through(learning)
        inputs, labels = tokens["val"]
        inputs = inputs if whole else run(upper, inputs.split(recipe.batch))
        served = FreshViews(pictures, lower) if args.fresh and whole else seen
        checkpoint = args.out / f"checkpoint-{'refit-' if keep_last else ''}{name}.safetensors"
        if name == "warmup" and not (args.resume and checkpoint.exists()):
            start_prototypes(model, seen, args.seed)
        curves[name] = fine_tune(
            network, moving, served, (inputs, labels), chosen.schedule, checkpoint, args.resume, keep_last,
            Objective(chosen.weights, sources),
        )  # fmt: skip
        note(name, epoch=best_epoch(curves[name]))

    def note(name: str, **more: Any) -> None:
        loss, accuracy = evaluate(nn.Sequential(upper, reasoner), *tokens["val"])
        steps.append({"after": name, "val_accuracy": accuracy, "val_log_loss": loss, **more})
        print(f"after {name}: accuracy {accuracy:.4f}, log loss {loss:.4f} on validation", flush=True)

    def projected(name: str, before: Projection | None = None) -> Projection:
        inputs, labels = tokens["project"]
        round_as_saved(model)
        found = project(model.head.cpu(), run(upper, inputs.split(recipe.batch)), labels, before)
        model.head.to(DEVICE)
        off = int((~found.active).sum())
        note(name, parts_switched_off=off, distinct_sources=len(found.sources.unique()))
        return found

    for name in ("warmup", "joint", "slots"):
        stage(name)
    first = projected("projection")
    pieces = Sources(tokens["project"][0][first.sources], first.patches, first.active)
    stage("settle", pieces)
    projection = projected("reading", first)
    stage("evidence")
    inputs, labels = tokens["val"]
    return Learnt(curves, steps, projection, (predict_logits(nn.Sequential(upper, reasoner), inputs), labels))


def _tokens(lower: Lower, photos: Sequence[Photo], recipe: Recipe) -> tuple[torch.Tensor, torch.Tensor]:
    pixels, labels = decode(photos, recipe.preprocessing)
    return run(lower, recipe.preprocessing.normalise(pixels.float() / 255).split(recipe.batch)), labels


def _rates(
    model: ProtoViTForImageClassification, upper: Upper, stage: Stage, recipe: Recipe
) -> list[tuple[nn.Module, float]]:
    head = model.head
    return [
        *layer_rates(list(upper.blocks), stage.encoder_rate, recipe.decay),
        (upper.norm, stage.encoder_rate),
        (nn.ParameterList([head.prototypes]), stage.prototype_rate),
        (nn.ParameterList([head.slots]), stage.slot_rate),
        (head.evidence, stage.evidence_rate),
    ]


def main() -> None:
    """Reads the command line and trains."""
    parser = arguments("Train ProtoViT in its stages.", ProtoVit.name)
    parser.add_argument("--init", required=True, help="name in timm, or file of safetensors")
    parser.add_argument("--project-on", type=Path, help="folder of pictures with labels.csv to project on")
    train(parser.parse_args(), RECIPE)


def train(args: argparse.Namespace, recipe: Recipe) -> None:
    """Runs every stage and leaves the artefacts in ``args.out``."""
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
    recipe: Recipe,
    args: argparse.Namespace,
    photos: Mapping[str, Sequence[Photo]],
    chosen: Learnt,
    learnt: Learnt,
) -> None:
    training: dict[str, Any] = {
        "arguments": {
            "init": Path(args.init).name,
            "seed": args.seed,
            "catalogue": bool(args.catalogue),
            "bf16": args.bf16,
            "fresh": args.fresh,
            "refit": args.refit,
        },
        TAUGHT_BY: teachers(args.init),
        "recipe": asdict(recipe),
        "photos": {split: len(rows) for split, rows in photos.items()},
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
        "backbone": "ViT-S/14, prototypes",
        "classes": CLASSES,
        "preprocessing": asdict(recipe.preprocessing),
    }
    card = Card(
        title="Vitrine ProtoViT",
        summary="A vision transformer that classifies a product by the likeness of its parts to parts of rendered "
        "example products (Ma et al. 2024), so that its whole reasoning can be shown.",
        base_model="timm/vit_small_patch14_dinov2.lvd142m",
        library="transformers",
        command=f"python -m training.train_protovit --data DATA --init {Path(args.init).name}"
        + (" --catalogue data/catalogue" if args.catalogue else "")
        + (" --bf16" if args.bf16 else "")
        + (" --refit" if args.refit else ""),
        limits="Likeness is evidence, not proof: a prototype can answer to colour or background. A photo always gets "
        "one of the seven categories, whatever it shows.",
    )
    report(
        ProtoVit, args.out, model, config, training, card, chosen.validation, [] if args.skip_test else photos["test"]
    )
    for checkpoint in args.out.glob("checkpoint*.safetensors"):
        checkpoint.unlink()


if __name__ == "__main__":
    main()
