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

import torch

from models.vision.yolov8 import YoloV8
from training.vision.artifacts import Card
from training.vision.transfer import convnet_arguments, transfer
from training.vision.yolov8 import RECIPE, cut, initial_network


def main() -> None:
    """Reads the command line and trains."""
    parser = convnet_arguments("Fine-tune YOLOv8-cls on the seven categories.", YoloV8.name)
    parser.add_argument("--init", help="name or file of the ImageNet weights (default: yolov8<size>-cls.pt)")
    parser.add_argument("--size", choices=list("nsmlx"), default="n", help="scale of the network")
    args = parser.parse_args()
    args.init = args.init or f"yolov8{args.size}-cls.pt"
    torch.manual_seed(args.seed)  # of the new layers; the batches have their own
    network = initial_network(args.size, args.init)
    backbone = f"YOLOv8{args.size}-cls"
    card = Card(
        title="Vitrine YOLOv8",
        summary=f"{backbone} of Ultralytics, trained on ImageNet, fine-tuned on photos of seven kinds of products.",
        base_model="Ultralytics/YOLOv8",
        library="ultralytics",
        command=f"python -m training.train_yolov8 --data DATA --init {Path(args.init).name} --size {args.size}",
        limits="A photo always gets one of the seven categories, whatever it shows; that it probably belongs to "
        "none is said beside it, and not always noticed. The categories overlap: a "
        "baby's bed sheet is baby care to the shop and home furnishing to the eye.",
    )
    config = {"backbone": backbone, "size": args.size}
    refit_start = initial_network(args.size, args.refit_init).state_dict() if args.refit_init else None
    transfer(YoloV8, network, cut(network), RECIPE, args, config, card, refit_start)


if __name__ == "__main__":
    main()
