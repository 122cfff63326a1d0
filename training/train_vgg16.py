"""Transfers ImageNet's VGG16 to the seven categories.

    python -m training.train_vgg16 --data FOLDER
    python -m training.train_vgg16 --data FOLDER --init features.safetensors --bf16
    python -m training.train_vgg16 --data FOLDER --resume

``--init`` is a name in timm, or a file of safetensors with timm's names.
"""

from __future__ import annotations

from pathlib import Path

import torch

from models.vision.vgg16 import Vgg16
from training.vision.artifacts import Card
from training.vision.transfer import convnet_arguments, transfer
from training.vision.vgg16 import RECIPE, cut, initial_network


def main() -> None:
    """Reads the command line and trains."""
    parser = convnet_arguments("Transfer ImageNet's VGG16 to the seven categories.", Vgg16.name)
    parser.add_argument("--init", default="vgg16", help="name in timm, or file of safetensors")
    args = parser.parse_args()
    torch.manual_seed(args.seed)  # of the new layers; the batches have their own
    network = initial_network(args.init)
    card = Card(
        title="Vitrine VGG16",
        summary="VGG16, trained on ImageNet, with a head of 256 units, transferred to seven kinds of products.",
        base_model="timm/vgg16.tv_in1k",
        library="timm",
        command=f"python -m training.train_vgg16 --data DATA --init {Path(args.init).name}",
        limits="A photo always gets one of the seven categories, whatever it shows; that it probably belongs to "
        "none is said beside it, and not always noticed. The categories overlap: a "
        "baby's bed sheet is baby care to the shop and home furnishing to the eye.",
    )
    refit_start = initial_network(args.refit_init).state_dict() if args.refit_init else None
    transfer(Vgg16, network, cut(network), RECIPE, args, {"backbone": "VGG16 convolutions"}, card, refit_start)


if __name__ == "__main__":
    main()
