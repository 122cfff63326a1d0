"""Trains ProtoViT in its stages: joint, projection, settling.

    python -m training.train_protovit --data FOLDER --init encoder.safetensors
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --project-on FOLDER
    python -m training.train_protovit --data FOLDER --init encoder.safetensors --resume

``--init`` is a name in timm, or a file of safetensors with timm's names: CLIP's image tower. ProtoViT's encoder is all
of its blocks but the last, and the whole tower says what the unlabelled pictures of ``--pool`` show. The lower blocks
stay as they are. Beside the terms of Ma et al. 2024 (arXiv:2410.20722) the loss asks that the evidence holds: that a
place stays what it is when all that is far from it is blended away, and does not when it is blended away itself; that
it is found again in a crop; that the places a visitor is shown give the answer without the others, and these none
without them. Prototypes are projected on rendered pictures, which may be shown; after that all settles: photos are
drawn to the pieces that a visitor sees, and each prototype stays what the network makes of its piece. On a GPU,
``--fresh`` varies the pictures anew each time.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from models.protovit import ProtoViTForImageClassification, ProtoViTImageProcessor
from models.vision.gallery import CATALOGUE
from models.vision.predictions import CLASSES
from models.vision.protovit import ProtoVit
from training.protovit.initialisation import initial_model
from training.protovit.projection import write_prototypes
from training.protovit.recipe import RECIPE, ProtoViTRecipe
from training.protovit.stages import Learnt, learn
from training.vision.artifacts import Card
from training.vision.data import NONE_OF_THESE, Photo, read_catalogue, read_names, read_photos
from training.vision.distillation import sample_photos
from training.vision.distributed import STATE
from training.vision.report import report
from training.vision.transfer import arguments, flags, training_record


def main() -> None:
    """Reads the command line and trains."""
    parser = arguments("Train ProtoViT in its stages.", ProtoVit.name)
    parser.add_argument("--init", required=True, help="name in timm, or file of safetensors")
    parser.add_argument("--pool", type=Path, help="folder of .jpg photos without labels to learn from")
    parser.add_argument("--without", type=Path, default=NONE_OF_THESE, help="text file with names that stay out of it")
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
    without = read_names(args.without)  # of what "none of these" is measured on
    photos["pool"] = sample_photos(args.pool, recipe.pool_size, args.seed, without) if args.pool else []
    chosen = learnt = learn(model, recipe, photos, args)
    if args.refit:
        model.load_state_dict(start)
        everything = photos | {"train": photos["train"] + photos["val"]}
        learnt = learn(model, recipe, everything, args, refit=True)
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
    scale = recipe.preprocessing
    ProtoViTImageProcessor(
        size={"height": scale.size, "width": scale.size}, image_mean=list(scale.mean), image_std=list(scale.std)
    ).save_pretrained(args.out)
    config = {
        **model.config.to_dict(),
        "dtype": "float32",
        "architectures": ["ProtoViTForImageClassification"],
        "model": "protovit",
        "backbone": f"CLIP ViT-B/16, {recipe.encoder['model_args']['depth']} blocks, prototypes",
        "classes": CLASSES,
        "preprocessing": asdict(recipe.preprocessing),
    }
    card = Card(
        title="Vitrine ProtoViT",
        summary="A vision transformer that classifies a product by the likeness of its parts to parts of rendered "
        "example products (Ma et al. 2024), so that its whole reasoning can be shown.",
        base_model="timm/vit_base_patch16_clip_quickgelu_224.openai",
        library="transformers",
        command=f"python -m training.train_protovit --data DATA --init {Path(args.init).name}"
        + (" --pool POOL" if args.pool else "")
        + flags(args),
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
