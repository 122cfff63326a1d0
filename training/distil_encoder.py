"""Teaches a convolutional encoder what CLIP's image tower knows.

    python -m training.distil_encoder --student yolov8 --init FILE --data FOLDER --pool FOLDER --teacher FILE --out FILE
    python -m training.distil_encoder --student vgg16 --init vgg16 --data FOLDER --pool FOLDER \
        --teacher vit_base_patch16_clip_quickgelu_224.openai --out FILE

The student learns to tell, from its own features averaged over their places, the tower's class token (mean squared
error, each dimension standardised) and the soft labels of a linear head on it (Kullback-Leibler divergence; Hinton et
al. 2015, arXiv:1503.02531), over the product photos of the training split and pictures without labels. The tower
answers once for each view of a picture; its answers are kept in ``--cache``, and what the student's frozen layers make
of the view beside them. What is left is the student of the epoch whose probabilities say most of the validation
photos' true classes, its head included: the training that starts from it keeps that head, unless one that learns from
hard labels does better. With ``--refit`` the validation photos are learnt from too, and the last epoch is left:
``--refit-init`` of the training takes that student.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import kl_div, log_softmax, mse_loss

from models.vision.preprocessing import Preprocessing
from training.vision.artifacts import TAUGHT_BY
from training.vision.batch_norm import unfold
from training.vision.data import NONE_OF_THESE, Photo, decode, read_catalogue, read_names, read_photos
from training.vision.distillation import DistillationBatches, Lessons, Variations, sample_photos, soft_labels
from training.vision.distributed import DEVICE, STATE
from training.vision.feature_cache import run
from training.vision.fine_tune import Checkpoint, Objective, TrainingData, fine_tune, layer_rates, predict_logits
from training.vision.fresh_distillation import FreshDistillationBatches
from training.vision.students import FRESH, RECIPES, STUDENTS, DistillationRecipe, StudentEncoder
from training.vision.tower import Tower

STATISTICS = 1000  # pictures that batch norm is estimated from before the student learns


class Student(nn.Module):
    """What the layers that learn tell of the teacher, from what the frozen ones make of a picture.

    Args:
        encoder: the student.
        features: of the teacher.
    """

    def __init__(self, encoder: StudentEncoder, features: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*encoder.learning)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.features = nn.Linear(encoder.width, features)
        self.classes = encoder.head

    def forward(self, maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, C, h, w) -> the teacher's standardised features (B, D), logits of the soft labels (B, classes)."""
        own = self.pool(self.body(maps))
        return self.features(own).float(), self.classes(own).float()


def objective(weight: float) -> Objective:
    """Squared error of the features, times ``weight``, and divergence of the soft labels, nats."""

    def terms(network: nn.Module, maps: torch.Tensor, targets: torch.Tensor) -> Mapping[str, torch.Tensor]:
        features, logits = network(maps)
        probabilities = targets[:, features.shape[1] :]
        divergence = kl_div(log_softmax(logits, 1), probabilities, reduction="batchmean")
        return {"features": weight * mse_loss(features, targets[:, : features.shape[1]]), "labels": divergence}

    return terms


@dataclass(frozen=True)
class Taught:
    """A student that has learnt.

    Args:
        encoder: the student; its head has learnt too.
        teacher: its teacher's name in timm.
        logits: (N, classes) of the photos that it was validated on.
    """

    encoder: StudentEncoder
    teacher: str
    logits: torch.Tensor


def teach(
    args: argparse.Namespace,
    recipe: DistillationRecipe,
    own: Sequence[Photo],
    pool: Sequence[Photo],
    held: Sequence[Photo],
) -> Taught:
    """Asks the teacher, trains the student.

    Args:
        args: of the command line.
        recipe: hyperparameters.
        own: photos with labels.
        pool: pictures without.
        held: photos to validate on; with ``args.refit`` they choose nothing.
    """
    variations = Variations.of(own, pool, recipe, args.seed)
    teacher = Tower(args.teacher, recipe.teacher_size)
    with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16, cache_enabled=False):
        torch.manual_seed(args.seed)  # of the new layers
        encoder = STUDENTS[args.student](args.init, recipe)
        student = Student(encoder, teacher.width)
        if args.fresh:
            batches: Lessons = FreshDistillationBatches(variations, teacher, encoder.frozen, args.seed)
        else:
            batches = _cached(variations, teacher, encoder, args)
        shown, labels = decode(held, Preprocessing(recipe.size))
        seen = run(encoder.frozen, (shown.float() / 255).split(recipe.batch))
        rates = layer_rates(list(student.body), recipe.rate, recipe.decay)
        rates += [(student.features, recipe.head_rate), (student.classes, recipe.head_rate)]
        if recipe.schedule.batch_norm:
            rows = torch.arange(batches.readable)[-STATISTICS:]
            unfold(student.body.to(DEVICE), (batches.read(part).to(DEVICE) for part in rows.split(recipe.batch)))
        data = TrainingData(batches, (seen, labels))
        checkpoint = Checkpoint(args.out.with_suffix(".checkpoint.safetensors"), args.resume, keep_last=args.refit)
        fine_tune(student, rates, data, recipe.schedule, checkpoint, objective(recipe.features))
        return Taught(encoder, teacher.name, predict_logits(student, seen))


def distil(args: argparse.Namespace, recipe: DistillationRecipe) -> None:
    """Trains the student and writes it to ``args.out``."""
    photos = read_photos(args.data)
    own = photos["train"] + (read_catalogue(args.catalogue) if args.catalogue else [])
    own += photos["val"] if args.refit else []
    pool = sample_photos(args.pool, recipe.pool, args.seed, without=read_names(args.without))
    taught = teach(args, recipe, own, pool, photos["val"])
    learnt = {name: tensor.half().contiguous() for name, tensor in taught.encoder.network.state_dict().items()}
    if STATE.is_main_process:
        save_file(learnt, args.out, metadata={TAUGHT_BY: taught.teacher})


def _cached(
    variations: Variations, teacher: Tower, encoder: StudentEncoder, args: argparse.Namespace
) -> DistillationBatches:
    """The pictures in views that the teacher and the student's frozen layers have been asked about before."""
    recipe = variations.recipe
    features = variations.through(teacher, args.cache).float()
    own = len(variations.own.labels)
    said = soft_labels(features, variations.own.labels, recipe.views)
    targets = torch.cat([(features - features.mean(0)) / features.std(0).clamp_min(1e-3), said], 1)
    if recipe.frozen:
        maps = variations.through(encoder.frozen, args.cache)
        return DistillationBatches(maps, targets, own, recipe, args.seed)
    return DistillationBatches(variations.pixels(), targets, own, recipe, args.seed, encoder.frozen)


def main() -> None:
    """Reads the command line, teaches, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", choices=list(STUDENTS), required=True, help="the model whose encoder learns")
    parser.add_argument("--init", required=True, help="where the student begins: name or file, as its training takes")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--catalogue", type=Path, help="folder of rendered pictures to add to the photos")
    parser.add_argument("--pool", type=Path, required=True, help="folder of unlabelled .jpg photos")
    parser.add_argument("--without", type=Path, default=NONE_OF_THESE, help="text file with names that stay out of it")
    parser.add_argument("--teacher", required=True, help="name in timm, or file of safetensors of the tower")
    parser.add_argument("--cache", type=Path, help="folder that keeps what the teacher and the frozen layers said")
    parser.add_argument("--pool-size", type=int, help="pictures of the pool, drawn by the seed (default: the recipe's)")
    parser.add_argument("--epochs", type=int, help="default: the recipe's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    parser.add_argument("--fresh", action="store_true", help="vary, mix and ask the teacher anew each time: for a GPU")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    parser.add_argument("--refit", action="store_true", help="learn from the validation photos too, for all epochs")
    parser.add_argument("--out", type=Path, required=True, help="safetensors of the student")
    args = parser.parse_args()
    recipe = (FRESH if args.fresh else RECIPES)[args.student]
    recipe = replace(recipe, pool=args.pool_size or recipe.pool)
    distil(args, replace(recipe, schedule=replace(recipe.schedule, epochs=args.epochs or recipe.schedule.epochs)))


if __name__ == "__main__":
    main()
