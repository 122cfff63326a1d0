"""YOLOv8 as a classifier of the seven categories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from torch import nn

from models.vision.convnet import Convnet
from models.vision.ultralytics_quiet import yolov8_classifier


class YoloV8(Convnet):
    """Ultralytics' YOLOv8-cls, from nano (n) to extra large (x), explained at the last block of its backbone."""

    name: ClassVar[str] = "yolov8"
    layer: ClassVar[str] = "model.8"
    published_method: ClassVar[str] = "eigen-cam"
    onnx: ClassVar[bool] = True

    def __init__(self, config: Mapping[str, Any], network: nn.Module) -> None:
        super().__init__(config, network)
        if config["size"] in ("n", "s"):  # quick: a method of many passes waits fewer times for its turn
            self.batch = 32

    @staticmethod
    def build(config: Mapping[str, Any]) -> nn.Module:
        """The network of size ``config["size"]`` for ``config["classes"]``."""
        network: nn.Module = yolov8_classifier(config["size"], len(config["classes"]))
        return network

    @staticmethod
    def split(network: Any) -> tuple[nn.Module, nn.Sequential]:
        """The backbone, and its classification head down to the logits."""
        fused = network.fuse(verbose=False)  # batch norm folded into the convolutions
        *backbone, head = fused.model
        return nn.Sequential(*backbone), nn.Sequential(head.conv, head.pool, nn.Flatten(), head.linear)
