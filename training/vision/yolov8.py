"""YOLOv8-cls before its transfer: where its training begins, where it is cut, and its hyperparameters."""

from __future__ import annotations

from typing import Any

from safetensors.torch import load_file
from torch import nn

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.ultralytics_quiet import yolov8_classifier
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule
from training.vision.transfer import NetworkParts, TransferRecipe

FROZEN = 6  # first layers that stay as they are: they see edges and textures, the same everywhere
DROPOUT = 0.2  # before the last layer
RECIPE = TransferRecipe(
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
    """The ImageNet network with a new last layer for the seven categories; one that has learnt them keeps its own.

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
    kept = {
        name: tensor.float() for name, tensor in state.items() if ".linear." not in name or len(tensor) == len(CLASSES)
    }
    missing, unexpected = network.load_state_dict(kept, strict=False)
    if unexpected or any(".linear." not in name and "num_batches" not in name for name in missing):
        raise ValueError(f"{init} does not fit YOLOv8{size}-cls: missing {missing}, unexpected {unexpected}")
    network.model[-1].drop.p = DROPOUT
    return network


def cut(network: Any) -> NetworkParts:
    """The network in three parts; the head's own convolution counts as the last layer of the block."""
    head = network.model[-1]
    return NetworkParts(
        frozen=nn.Sequential(*network.model[:FROZEN]),
        block=nn.Sequential(*network.model[FROZEN:-1], head.conv),
        head=nn.Sequential(head.pool, nn.Flatten(), head.drop, head.linear),
    )
