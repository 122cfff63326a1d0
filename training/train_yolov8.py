"""Fine-tunes YOLOv8-cls on the seven categories.

    python -m training.train_yolov8 --data FOLDER
    python -m training.train_yolov8 --data FOLDER --init yolov8s-cls.pt --size s
    python -m training.train_yolov8 --data FOLDER --resume

``--init`` is a name that Ultralytics downloads, or a file: ``.pt``, or safetensors with Ultralytics' names.
The loop is :mod:`training.vision.transfer`, shared with the other networks, rather than Ultralytics' own trainer:
that one reads folders named after the classes instead of a table with its split, and re-estimates batch norm
statistics, which a network whose batch norm is folded into its convolutions does not survive.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.ultralytics_quiet import yolov8_classifier
from models.vision.yolov8 import YoloV8
from training.vision.artifacts import Card
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule
from training.vision.transfer import Parts, Recipe, arguments, transfer

FROZEN = 6  # first layers that stay as they are: they see edges and textures, the same everywhere
DROPOUT = 0.2  # before the last layer
RECIPE = Recipe(
    preprocessing=Preprocessing(224),  # that of the ImageNet training
    augmentation=Augmentation(mix=0.5),
    views=6,
    batch=32,
    head_rate=2e-3,
    head_schedule=Schedule(epochs=40, patience=15, warmup=2, weight_decay=0.05, smoothing=0.1, average=0.99),
    joint_head_rate=1e-4,
    rate=2.5e-4,
    decay=0.7,
    schedule=Schedule(epochs=20, patience=8, warmup=2, weight_decay=0.05, smoothing=0.1, average=0.99),
)


def initial_network(size: str, init: str) -> Any:
    """The ImageNet network with a new last layer for the seven categories.

    Args:
        size: n, s, m, l or x.
        init: file of safetensors, or anything that Ultralytics loads.
    """
    if init.endswith(".safetensors"):
        state = load_file(init)
    else:
        from ultralytics.nn.tasks import load_checkpoint  # downloads a name it knows

        state = load_checkpoint(init)[0].state_dict()
    network = yolov8_classifier(size, len(CLASSES))
    kept = {name: tensor.float() for name, tensor in state.items() if ".linear." not in name}
    missing, unexpected = network.load_state_dict(kept, strict=False)
    if unexpected or any(".linear." not in name and "num_batches" not in name for name in missing):
        raise ValueError(f"{init} does not fit YOLOv8{size}-cls: missing {missing}, unexpected {unexpected}")
    network.model[-1].drop.p = DROPOUT
    return network


def cut(network: Any) -> Parts:
    """The network in three parts; the head's own convolution counts as the last layer of the block."""
    head = network.model[-1]
    return Parts(
        frozen=nn.Sequential(*network.model[:FROZEN]),
        block=nn.Sequential(*network.model[FROZEN:-1], head.conv),
        head=nn.Sequential(head.pool, nn.Flatten(), head.drop, head.linear),
    )


def main() -> None:
    """Reads the command line and trains."""
    parser = arguments("Fine-tune YOLOv8-cls on the seven categories.", YoloV8.name)
    parser.add_argument("--init", help="name or file of the ImageNet weights (default: yolov8<size>-cls.pt)")
    parser.add_argument("--size", choices=list("nsmlx"), default="n", help="scale of the network")
    args = parser.parse_args()
    args.init = args.init or f"yolov8{args.size}-cls.pt"
    torch.manual_seed(args.seed)  # of the new layers; the batches have their own
    network = initial_network(args.size, args.init)
    backbone = f"YOLOv8{args.size}-cls"
    card = Card(
        title="Vitrine YOLOv8",
        summary=f"{backbone} of Ultralytics, fine-tuned on photos of seven kinds of products.",
        base_model=f"Ultralytics/{backbone}, trained on ImageNet",
        library="ultralytics",
        command=f"python -m training.train_yolov8 --data DATA --init {Path(args.init).name} --size {args.size}",
        limits="A photo always gets one of the seven categories, whatever it shows. They overlap: a "
        "baby's bed sheet is baby care to the shop and home furnishing to the eye.",
    )
    config = {"backbone": backbone, "size": args.size}
    transfer(YoloV8, network, cut(network), RECIPE, args, config, card)


if __name__ == "__main__":
    main()
