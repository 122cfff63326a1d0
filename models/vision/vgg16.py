"""VGG16 as a classifier of the seven categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from models.vision.convnet import Convnet

CHANNELS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # a tuple a block
HIDDEN = 256  # units of the dense layer
DROPOUT = 0.5


class Vgg16Network(nn.Module):
    """The convolutions of VGG16 (Simonyan & Zisserman 2015, arXiv:1409.1556) with a small head.

    Configuration D, its layers named as in timm: ``features.0`` to ``features.30``. The published head holds nine
    tenths of the parameters; here the feature maps are averaged, then a dense layer of 256 decides.

    Args:
        classes: outputs.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for block in CHANNELS:
            for outputs in block:
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(inputs, HIDDEN),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, classes),
        )

    def forward(self, pixels: Any) -> Any:
        """(B, 3, S, S) -> (B, classes) logits."""
        return self.head(self.features(pixels))


class Vgg16(Convnet):
    """VGG16, explained at its last convolution, before the last pooling."""

    name: ClassVar[str] = "vgg16"
    layer: ClassVar[str] = "features.29"
    published_method: ClassVar[str] = "grad-cam"
    at_a_time: ClassVar[int] = 2  # eight are no faster, and hold 75 MB of feature maps instead of 19
    bf16: ClassVar[bool] = True  # "python -m benchmarks.vision --data FOLDER" counts the labels that it changes: none

    @staticmethod
    def build(config: Mapping[str, Any]) -> nn.Module:
        """The network for ``config["classes"]``."""
        return Vgg16Network(len(config["classes"]))

    @staticmethod
    def split(network: Any) -> tuple[nn.Module, nn.Sequential]:
        """Body: the layers down to the last ReLU; head: from the last pooling to the logits."""
        *convolutions, pooling = network.features
        return nn.Sequential(*convolutions), nn.Sequential(pooling, *network.head)
