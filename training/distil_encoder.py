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

With ``--fresh``, for a GPU, each picture is varied and mixed anew each time, the teacher is asked about that very
mixture (Beyer et al. 2022, arXiv:2106.05237), and more layers learn.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save_file

from training.vision.artifacts import TAUGHT_BY
from training.vision.data import NONE_OF_THESE, read_catalogue, read_names, read_photos
from training.vision.distillation import sample_photos
from training.vision.distributed import STATE
from training.vision.students import FRESH, RECIPES, STUDENTS, DistillationRecipe
from training.vision.teaching import teach


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
