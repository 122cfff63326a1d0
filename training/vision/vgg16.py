"""VGG16 before its transfer: where its training begins, where it is cut, and its hyperparameters."""

from __future__ import annotations

import timm
from safetensors.torch import load_file

from models.vision.predictions import CLASSES
from models.vision.preprocessing import Preprocessing
from models.vision.vgg16 import Vgg16Network
from training.vision.data import Augmentation
from training.vision.fine_tune import Schedule
from training.vision.transfer import NetworkParts, TransferRecipe

FROZEN = 24  # first layers that stay as they are: the four blocks before the last one
RECIPE = TransferRecipe(
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
    """ImageNet's convolutions with a new head; a network of ours that has learnt the seven categories keeps its own.

    Args:
        init: a name in timm, or a file of safetensors with ``features.*``.
    """
    from_file = init.endswith(".safetensors")
    state = load_file(init) if from_file else timm.create_model(init, pretrained=True).state_dict()
    network = Vgg16Network(len(CLASSES))
    own = network.state_dict()
    missing, _ = network.load_state_dict({name: state[name] for name in own if name in state}, strict=False)
    if lacking := [name for name in missing if name.startswith("features.")]:
        raise ValueError(f"{init} does not fit VGG16: missing {lacking}")
    return network


def cut(network: Vgg16Network) -> NetworkParts:
    """The network in three parts."""
    return NetworkParts(network.features[:FROZEN], network.features[FROZEN:], network.head)
