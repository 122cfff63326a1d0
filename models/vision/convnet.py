"""What the convolutional classifiers share: loading, and the feature maps that their saliency maps are read from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import torch
from PIL import Image
from torch import nn

from models.vision import bfloat16, measured, saliency, weights
from models.vision.calibration import NetworkOutput
from models.vision.classifier import ImageClassifier
from models.vision.inference_executor import run_network
from models.vision.onnx_runtime import OnnxRuntime


class FeatureMaps(NamedTuple):
    """What a forward pass returns.

    Args:
        maps: of the last convolutional block, (B, C, h, w).
        features: what the dense layers read, averaged over the places, (B, D).
        logits: (B, classes).
    """

    maps: torch.Tensor
    features: torch.Tensor
    logits: torch.Tensor


class Convnet(ImageClassifier):
    """A convolutional network, cut where its saliency maps are read.

    The method that explains it by default is the quick one of the highest ROAD, as measured with these weights.

    ``body`` turns pixels into the feature maps of the last convolutional block, ``head`` turns those into
    logits. One pass through the body serves the prediction and the map, and gradients flow through the head
    alone.

    Args:
        config: the model's config.json.
        network: the trained network, in the form of :meth:`build`.
    """

    methods = tuple(saliency.METHODS)
    bf16: ClassVar[bool] = False  # whether the body may work in bf16: where that changes no label of the test photos
    onnx: ClassVar[bool] = False  # whether ONNX Runtime computes the pass: where that is quicker

    def __init__(self, config: Mapping[str, Any], network: nn.Module) -> None:
        super().__init__(config)
        network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        quick = [method for method, drawing in saliency.METHODS.items() if drawing.quick]
        found = measured.most_faithful(self.name, str(config.get("weights_sha256")), quick)
        self.default_method = found or self.published_method
        self.body, self.head = self.split(network)
        if self.bf16 and bfloat16.NATIVE:
            self.body = bfloat16.Bfloat16(self.body)
        self._pass: nn.Module = _Pass(self.body, self.head)
        if self.onnx:
            self._pass = OnnxRuntime(self._pass, self.preprocessing.size, FeatureMaps._fields)

    @staticmethod
    @abstractmethod
    def build(config: Mapping[str, Any]) -> nn.Module:
        """The untrained network that a configuration describes."""

    @staticmethod
    @abstractmethod
    def split(network: nn.Module) -> tuple[nn.Module, nn.Sequential]:
        """Body: (B, 3, S, S) -> (B, C, h, w); head: (B, C, h, w) -> (B, classes) logits, dense after its Flatten."""

    @classmethod
    def of(cls, config: Mapping[str, Any], state: Mapping[str, torch.Tensor]) -> Self:
        """The model that a configuration describes, with these weights."""
        network = cls.build(config)
        network.load_state_dict(state, strict=True)
        return cls(config, network)

    def with_weights(self, state: Mapping[str, torch.Tensor]) -> Self:
        """The same model with other weights."""
        return self.of(self.config, state)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """The model from a folder; None for its own below ``weights/``.

        Raises:
            ModelUnavailable: its files are missing, damaged, or not made for this network.
        """
        model = weights.load(cls.name, folder, lambda config, state, _: cls.of(config, state))
        model.explain(Image.new("RGB", (model.preprocessing.size,) * 2))  # the first pass is slow: take it now
        return model

    def forward(self, inputs: torch.Tensor) -> FeatureMaps:
        """One pass through body and head."""
        return FeatureMaps(*run_network(self._pass, inputs, self.at_a_time))

    def network_output(self, output: FeatureMaps) -> NetworkOutput:
        """Logits and features."""
        return NetworkOutput(output.logits, output.features)

    def saliency_method(self, name: str, output: FeatureMaps) -> saliency.Method:  # noqa: ARG002
        """The same for every picture."""
        return saliency.METHODS[name]

    def feature_maps(self, inputs: torch.Tensor, output: FeatureMaps) -> tuple[torch.Tensor, nn.Module]:  # noqa: ARG002
        """Those of the last convolutional block, and the head."""
        return output.maps, self.head


class _Pass(nn.Module):
    """Body, then head."""

    def __init__(self, body: nn.Module, head: nn.Sequential) -> None:
        super().__init__()
        dense = next(index for index, layer in enumerate(head, start=1) if isinstance(layer, nn.Flatten))
        self.body, self.average, self.dense = body, head[:dense], head[dense:]

    @torch.no_grad()  # not inference mode: the head may be asked for gradients by the feature maps
    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Pixels (B, 3, S, S), normalised -> :class:`FeatureMaps`."""
        maps = self.body(inputs.contiguous(memory_format=torch.channels_last))
        features = self.average(maps)
        return maps, features, self.dense(features)
