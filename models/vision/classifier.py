"""What every image classifier of the app can do: name the class of a picture, and show where it saw it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import torch
from PIL import Image
from torch import nn

from models.vision import calibration, saliency
from models.vision.inference_executor import SHARED, take_turns
from models.vision.predictions import Explanation, Prediction, prediction
from models.vision.preprocessing import Preprocessing


class Output(Protocol):
    """What a forward pass returns, its logits among it."""

    @property
    def logits(self) -> torch.Tensor:
        """(B, classes), before the temperature."""


class ImageClassifier(ABC):
    """A trained network with its classes, preprocessing and calibration.

    Args:
        config: the model's config.json.

    Attributes:
        name: of its folder below ``weights/``.
        layer: the one whose feature maps a saliency method reads, by its name in the network.
        methods: the saliency methods that explain it.
        default_method: the one that is shown first.
        published_method: the one that it was published with.
        temperature: divides the logits before they become probabilities, > 0.
        batch: pictures a pass, where a method asks about many: others wait until a pass is over.
        at_a_time: pictures of a pass that are computed together: more of them would be no faster, and need memory.
    """

    name: ClassVar[str]
    layer: ClassVar[str]
    methods: ClassVar[tuple[str, ...]]
    published_method: ClassVar[str]
    default_method: str
    batch: int = saliency.BATCH
    at_a_time: ClassVar[int] = SHARED

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.classes: tuple[str, ...] = tuple(config["classes"])
        self.preprocessing = Preprocessing.from_config(config["preprocessing"])
        self.temperature = float(config.get("temperature", 1.0))
        self.calibration = calibration.read(self.name, str(config.get("weights_sha256")))

    @abstractmethod
    def forward(self, inputs: torch.Tensor) -> Output:
        """One pass through the network, without gradients: (B, 3, S, S), normalised -> its output."""

    @abstractmethod
    def saliency_method(self, name: str, output: Any) -> saliency.Method:
        """One of :attr:`methods`, for a picture whose forward pass gave ``output``."""

    def feature_maps(self, inputs: torch.Tensor, output: Any) -> tuple[torch.Tensor, nn.Module]:  # noqa: ARG002
        """What a saliency method reads: feature maps (1, C, h, w), and the layers from them to the logits.

        Of a network that is only asked for answers, the pixels, and nothing.
        """
        return inputs, nn.Identity()

    def predict(self, image: Image.Image) -> Prediction:
        """The class of an RGB picture of any size."""
        return self.predict_all([image])[0]

    def predict_all(self, images: Sequence[Image.Image]) -> tuple[Prediction, ...]:
        """The classes of RGB pictures of any sizes, in one pass."""
        start = time.perf_counter()
        output = self.forward(torch.cat([self.preprocessing(image) for image in images]))
        return tuple(self.prediction(one, start) for one in self.network_output(output).unbind())

    def network_output(self, output: Any) -> calibration.NetworkOutput:
        """What the answers to a forward pass's pictures are made from."""
        return calibration.NetworkOutput(output.logits)

    def probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        """For pictures of the input's size, (B, 3, S, S) in 0..1: (B, classes), rows sum to 1."""
        logits = self.forward(self.preprocessing.normalise(pixels)).logits
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
        method = self.default_method if method == "" else method  # null is no name, and refused
        method, target, contrast_class = saliency.resolve(self, method, target, contrast_class)
        inputs = self.preprocessing(image)
        output = self.forward(inputs)
        predicted = self.prediction(self.network_output(output).unbind()[0], start)
        target = target or predicted.label
        contrast = saliency.contrast(self.classes, target, contrast_class)
        grey = self.preprocessing.normalise(torch.full((1, 3, 1, 1), 0.5))
        maps, head = self.feature_maps(inputs, output)
        forward_pass = saliency.ForwardPass(
            inputs, grey, maps, head, lambda pictures: self.forward(pictures).logits, self.batch
        )
        chosen = self.saliency_method(method, output)
        steps = chosen.draw(forward_pass, contrast)
        for share, drawn in steps if chosen.quick else take_turns(steps):
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

    def prediction(self, output: calibration.NetworkOutput, start: float) -> Prediction:
        """The answer to one picture; ``start`` is when it was in memory."""
        return prediction(self.name, self.classes, output, self.temperature, start, self.calibration)
