"""Transfer learning in two phases: a new head first, then the last block of the network beside it.

A head that starts from chance would spoil good features before it has learnt to read them (Kumar 2022,
arXiv:2202.10054), so it learns alone first. The blocks below the last never change: they run once for each
view of a photo, which brings the training within reach of a CPU.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.vision.convnet import Convnet
from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.weights import FOLDER
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
)
from training.vision.distributed import DEVICE, STATE
from training.vision.feature_cache import run
from training.vision.fine_tune import (
    Checkpoint,
    Epoch,
    Schedule,
    TrainingData,
    best_epoch,
    fine_tune,
    layer_rates,
    predict_logits,
)
from training.vision.metrics import machine
from training.vision.report import report

# options that change nothing of what is learnt, or name a place on this machine
PLACES = ("data", "out", "cache", "pool", "without", "project_on", "resume", "skip_test")


@dataclass(frozen=True)
class TransferRecipe:
    """The hyperparameters of a training.

    Args:
        preprocessing: of the network's input.
        augmentation: how the photos are varied.
        views: variations of each photo that the frozen part is run on.
        batch: photos a batch.
        head_rate: AdamW's peak learning rate for the head while it learns alone.
        head_schedule: of that phase.
        joint_head_rate: for the head while the block learns beside it.
        rate: for the last layer of the block.
        decay: factor on the rate for each layer further down, which needs to change less.
        schedule: of the second phase.
    """

    preprocessing: Preprocessing
    augmentation: Augmentation
    views: int
    batch: int
    head_rate: float
    head_schedule: Schedule
    joint_head_rate: float
    rate: float
    decay: float
    schedule: Schedule


@dataclass(frozen=True)
class NetworkParts:
    """A network cut in three.

    Args:
        frozen: pixels -> feature maps; stays as it is.
        block: feature maps -> feature maps, layer by layer; learns in the second phase.
        head: feature maps, averaged over their places or not -> logits; learns in both.
    """

    frozen: nn.Sequential
    block: nn.Sequential
    head: nn.Sequential


def arguments(description: str, model: str) -> argparse.ArgumentParser:
    """The command line that the trainings share."""
    parser = argparse.ArgumentParser(description=description)
    data = parser.add_argument_group("data")
    data.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    data.add_argument("--catalogue", type=Path, help="folder of rendered pictures to add to the photos")
    run = parser.add_argument_group("run")
    run.add_argument("--epochs", type=int, help="of the second phase, at most")
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--out", type=Path, default=FOLDER / model, help="folder for the artifacts")
    run.add_argument("--cache", type=Path, help="folder that keeps what the frozen part makes of the photos")
    run.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    run.add_argument("--fresh", action="store_true", help="vary the photos anew each epoch: for a GPU")
    run.add_argument("--resume", action="store_true", help="go on after an interruption")
    run.add_argument("--refit", action="store_true", help="then learn anew from train and val, for as many epochs")
    run.add_argument("--skip-test", action="store_true", help="leave the test photos alone")
    return parser


def convnet_arguments(description: str, model: str) -> argparse.ArgumentParser:
    """The same for a network whose encoder may have been taught twice: without the validation photos, and with them."""
    parser = arguments(description, model)
    parser.add_argument("--refit-init", help="where --refit begins: an encoder taught from both (default: --init)")
    return parser


def transfer(
    model: type[Convnet],
    network: nn.Module,
    parts: NetworkParts,
    recipe: TransferRecipe,
    args: argparse.Namespace,
    config: Mapping[str, Any],
    card: Card,
    refit_start: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Trains a network, saves it, measures what was saved.

    Args:
        model: the class that runs it in the app.
        network: the whole of it, in the form of ``model.build``.
        parts: the same, cut.
        recipe: hyperparameters.
        args: from :func:`convnet_arguments`, and ``init``.
        config: what config.json holds beside the classes and the preprocessing.
        card: words for the model card.
        refit_start: the weights that ``--refit`` begins with; None for those that ``network`` has now.

    Raises:
        SystemExit: ``--refit-init`` without ``--refit``.
    """
    if args.refit_init and not args.refit:
        raise SystemExit(f"--refit-init {args.refit_init} is where --refit begins: name both, or neither")
    if args.epochs:
        recipe = replace(recipe, schedule=replace(recipe.schedule, epochs=args.epochs))
    photos = read_photos(args.data)
    if args.catalogue:
        photos["train"] += read_catalogue(args.catalogue)
    start = refit_start or {name: tensor.clone() for name, tensor in network.state_dict().items()}
    chosen = _learn(parts, recipe, photos["train"], photos["val"], args)
    learnt = chosen
    if args.refit:
        network.load_state_dict(start)
        again = replace(
            recipe,
            head_schedule=replace(recipe.head_schedule, epochs=best_epoch(chosen.head_curves)),
            schedule=replace(recipe.schedule, epochs=best_epoch(chosen.curves)),
        )
        learnt = _learn(parts, again, photos["train"] + photos["val"], photos["val"], args, keep_last=True)
    if not STATE.is_main_process:
        return
    training = {
        **training_record(args, recipe, photos),
        "head_curves": [asdict(point) for point in chosen.head_curves],
        "curves": [asdict(point) for point in chosen.curves],
    }
    if args.refit:
        training["refit_head_curves"] = [asdict(point) for point in learnt.head_curves]
        training["refit_curves"] = [asdict(point) for point in learnt.curves]
    config = {
        "model": model.name,
        **config,
        "classes": CLASSES,
        "preprocessing": asdict(recipe.preprocessing),
    }
    test = [] if args.skip_test else photos["test"]
    command = card.command + flags(args)
    if args.refit_init:
        command += f" --refit-init {Path(args.refit_init).name}"
    card = replace(card, command=command)
    report(model, args.out, network, config, training, card, chosen.validation, test)
    for checkpoint in args.out.glob("checkpoint*.safetensors"):
        checkpoint.unlink()


def training_record(args: argparse.Namespace, recipe: Any, photos: Mapping[str, Sequence[Photo]]) -> dict[str, Any]:
    """How a network was trained, for ``training.json``: arguments, teachers, machine, hyperparameters, photos."""
    given = {name: value for name, value in vars(args).items() if name not in PLACES}
    files = {name: Path(place).name for name in ("init", "refit_init") if (place := given.get(name))}
    return {
        "arguments": {**given, **files, "catalogue": bool(args.catalogue)},
        TAUGHT_BY: teachers(args.init),
        "machine": machine(),
        "recipe": asdict(recipe),
        "photos": {split: len(rows) for split, rows in photos.items()},
    }


def flags(args: argparse.Namespace) -> str:
    """The options that change what is learnt, as they are typed."""
    typed = " --catalogue data/catalogue" if args.catalogue else ""
    typed += "".join(f" --{name} {value}" for name in ("epochs", "seed") if (value := getattr(args, name)))
    return typed + "".join(f" --{name}" for name in ("fresh", "bf16", "refit") if getattr(args, name))


@dataclass(frozen=True)
class _Learnt:
    """What the two phases left beside the network.

    Args:
        head_curves: of the first phase.
        curves: of the second.
        validation: logits (N, classes) and labels (N,) of the validation photos.
    """

    head_curves: list[Epoch]
    curves: list[Epoch]
    validation: tuple[torch.Tensor, torch.Tensor]


def _learn(
    parts: NetworkParts,
    recipe: TransferRecipe,
    train: Sequence[Photo],
    val: Sequence[Photo],
    args: argparse.Namespace,
    keep_last: bool = False,
) -> _Learnt:
    """Both phases, in place."""
    name = "checkpoint-refit" if keep_last else "checkpoint"
    # without the cache: it would keep the casts of weights that have changed since
    with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
        pictures = Augmented(train, recipe.preprocessing, recipe.augmentation, recipe.batch, args.seed)
        views = CachedViews(pictures, parts.frozen, recipe.views, args.cache)
        pixels, labels = decode(val, recipe.preprocessing)
        normalised = recipe.preprocessing.normalise(pixels.float() / 255)
        inputs = run(parts.frozen, normalised.split(recipe.batch))

        pooled = nn.Sequential(parts.block, nn.AdaptiveAvgPool2d(1))
        head_curves = fine_tune(
            parts.head,
            [(parts.head, recipe.head_rate)],
            TrainingData(views.through(pooled), (run(pooled, inputs.split(recipe.batch)), labels)),
            recipe.head_schedule,
            Checkpoint(args.out / f"{name}-head.safetensors", args.resume, keep_last),
        )
        trained = nn.Sequential(parts.block, parts.head)
        rates = [*layer_rates(list(parts.block), recipe.rate, recipe.decay), (parts.head, recipe.joint_head_rate)]
        data = TrainingData(FreshViews(pictures, parts.frozen) if args.fresh else views, (inputs, labels))
        checkpoint = Checkpoint(args.out / f"{name}.safetensors", args.resume, keep_last)
        curves = fine_tune(trained, rates, data, recipe.schedule, checkpoint)
        return _Learnt(head_curves, curves, (predict_logits(trained, inputs), labels))
