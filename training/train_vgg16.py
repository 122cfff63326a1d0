"""Transfers ImageNet's VGG16 to the seven categories.

    python -m training.train_vgg16 --data FOLDER
    python -m training.train_vgg16 --data FOLDER --init features.safetensors --bf16
    python -m training.train_vgg16 --data FOLDER --resume

``--init`` is a name in timm, or a file of safetensors with timm's names.
"""

from __future__ import annotations

from pathlib import Path

import timm
import torch
from safetensors.torch import load_file

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.vgg16 import Vgg16, Vgg16Network
from training.vision.artifacts import Card
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule
from training.vision.transfer import Parts, Recipe, arguments, transfer

FROZEN = 24  # first layers that stay as they are: the four blocks before the last one
RECIPE = Recipe(
    # the mean and deviation of ImageNet; 192 px answer in three quarters of the time of 224
    preprocessing=Preprocessing(192, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    augmentation=Augmentation(mix=0.5),
    views=4,
    batch=32,
    head_rate=1e-3,
    head_schedule=Schedule(epochs=40, patience=15, warmup=2, weight_decay=0.05, smoothing=0.1, average=0.99),
    joint_head_rate=2e-4,
    rate=3e-5,
    decay=0.9,
    schedule=Schedule(epochs=12, patience=8, warmup=1, weight_decay=0.05, smoothing=0.1, average=0.99),
)


def initial_network(init: str) -> Vgg16Network:
    """ImageNet's convolutions with a new head.

    Args:
        init: a name in timm, or a file of safetensors with ``features.*``.
    """
    from_file = init.endswith(".safetensors")
    state = load_file(init) if from_file else timm.create_model(init, pretrained=True).state_dict()
    network = Vgg16Network(len(CLASSES))
    prefix = "features."
    network.features.load_state_dict(
        {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
    )
    return network


def main() -> None:
    """Reads the command line and trains."""
    parser = arguments("Transfer ImageNet's VGG16 to the seven categories.", Vgg16.name)
    parser.add_argument("--init", default="vgg16", help="name in timm, or file of safetensors")
    args = parser.parse_args()
    torch.manual_seed(args.seed)  # of the new layers; the batches have their own
    network = initial_network(args.init)
    parts = Parts(network.features[:FROZEN], network.features[FROZEN:], network.head)
    card = Card(
        title="Vitrine VGG16",
        summary="ImageNet's VGG16 with a head of 256 units, transferred to seven kinds of products.",
        base_model="timm/vgg16, trained on ImageNet",
        library="timm",
        command=f"python -m training.train_vgg16 --data DATA --init {Path(args.init).name}",
        limits="A photo always gets one of the seven categories, whatever it shows. They overlap: a "
        "baby's bed sheet is baby care to the shop and home furnishing to the eye.",
    )
    transfer(Vgg16, network, parts, RECIPE, args, {"backbone": "VGG16 convolutions"}, card)


if __name__ == "__main__":
    main()
