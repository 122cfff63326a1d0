"""What the convolutional classifiers share: loading, predicting, explaining."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from PIL import Image
from torch import nn

from models.vision import bfloat16, calibration, measured, saliency, weights
from models.vision.inference_executor import run_network
from models.vision.predictions import Explanation, Prediction, prediction
from models.vision.preprocessing import Preprocessing


class Convnet(ABC):
    """A trained classifier, cut where its saliency maps are read.

    The method that explains it by default is the most faithful of the quick ones, as measured with these weights.

    ``body`` turns pixels into the feature maps of the last convolutional block, ``head`` turns those into
    logits. One pass through the body serves the prediction and the map, and gradients flow through the head
    alone.

    Args:
        config: the model's config.json.
        network: the trained network, in the form of :meth:`build`.
    """

    name: ClassVar[str]  # in the registry and below ``weights/``
    layer: ClassVar[str]  # the last of the body, by its name in the state of the network
    published_method: ClassVar[str]  # the one that this network is usually explained with
    bf16: ClassVar[bool] = False  # whether the body may work in bf16: where that changes no label of the test photos

    def __init__(self, config: Mapping[str, Any], network: nn.Module) -> None:
        self.config = config
        self.classes: tuple[str, ...] = tuple(config["classes"])
        self.preprocessing = Preprocessing.from_config(config["preprocessing"])
        self.temperature = float(config.get("temperature", 1.0))
        self.calibration = calibration.read(self.name, str(config.get("weights_sha256")))
        network = network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        quick = [method for method, drawing in saliency.METHODS.items() if drawing.quick]
        found = measured.most_faithful(self.name, str(config.get("weights_sha256")), quick)
        self.default_method = found or self.published_method
        self.body, self.head = self.split(network)
        if self.bf16 and bfloat16.NATIVE:
            self.body = bfloat16.Bfloat16(self.body)

    @staticmethod
    @abstractmethod
    def build(config: Mapping[str, Any]) -> nn.Module:
        """The untrained network that a configuration describes."""

    @staticmethod
    @abstractmethod
    def split(network: nn.Module) -> tuple[nn.Module, nn.Module]:
        """Body: (B, 3, S, S) -> (B, C, h, w); head: (B, C, h, w) -> (B, classes) logits."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways to explain this model."""
        return tuple(saliency.METHODS)

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

    def predict(self, image: Image.Image) -> Prediction:
        """The class of an RGB picture of any size."""
        return self.predict_all([image])[0]

    def predict_all(self, images: Sequence[Image.Image]) -> tuple[Prediction, ...]:
        """The classes of RGB pictures of any sizes, in one pass."""
        start = time.perf_counter()
        logits = self._forward(torch.cat([self.preprocessing(image) for image in images]))[1]
        return tuple(self._prediction(row, start) for row in logits)

    def logits(self, image: Image.Image) -> torch.Tensor:
        """The logits of an RGB picture of any size, (classes,), before the temperature."""
        return self._forward(self.preprocessing(image))[1][0]

    def probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        """For pictures of the input's size, (B, 3, S, S) in 0..1: (B, classes), rows sum to 1."""
        logits = self._forward(self.preprocessing.normalise(pixels))[1]
        return torch.softmax(logits / self.temperature, dim=1)

    def explain(self, image: Image.Image, method: str = "", target: str = "", contrast_class: str = "") -> Explanation:
        """The class of a picture, and where in the picture it was seen.

        Args:
            image: RGB, of any size.
            method: one of :attr:`methods`; empty for the model's default.
            target: the class to explain; empty for the predicted one.
            contrast_class: explain what speaks for the target rather than for this class; empty for the target
                alone.

        Raises:
            InputError: an unknown method or class.
        """
        *_, (_, explanation) = self.explain_steps(image, method, target, contrast_class)
        return explanation

    def explain_steps(
        self, image: Image.Image, method: str = "", target: str = "", contrast_class: str = ""
    ) -> Iterator[tuple[float, Explanation]]:
        """The same, step by step for the methods that take long: the share done in 0..1, and the map so far.

        Closing the iterator cancels what is left.
        """
        start = time.perf_counter()
        method, target, contrast_class = saliency.resolve(self, method or self.default_method, target, contrast_class)
        inputs = self.preprocessing(image)
        maps, logits = self._forward(inputs)
        predicted = self._prediction(logits[0], start)
        target = target or predicted.label
        contrast = saliency.contrast(self.classes, target, contrast_class)
        grey = self.preprocessing.normalise(torch.full((1, 3, 1, 1), 0.5))
        forward_pass = saliency.ForwardPass(inputs, grey, maps, self.head, lambda batch: self._forward(batch)[1])
        chosen = saliency.METHODS[method]
        for share, drawn in chosen.draw(forward_pass, contrast):
            explanation = Explanation(
                prediction=predicted,
                target=target,
                contrast_class=contrast_class or None,
                method=method,
                layer=self.layer if chosen.reads_layer else "",
                saliency=saliency.normalise(drawn),
                seconds=time.perf_counter() - start,
                class_discriminative=chosen.class_discriminative,
            )
            yield share, explanation

    def _forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Feature maps (B, C, h, w) and logits (B, classes)."""
        maps, logits = run_network(self._pass, inputs)
        return maps, logits

    @torch.no_grad()  # not inference mode: the head may be asked for gradients by the feature maps
    def _pass(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.body(inputs.contiguous(memory_format=torch.channels_last))
        return maps, self.head(maps)

    def _prediction(self, logits: torch.Tensor, start: float) -> Prediction:
        return prediction(self.name, self.classes, logits, self.temperature, start, self.calibration)
