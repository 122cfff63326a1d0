"""ProtoViT in the app: a class, and the pieces of known pictures that an upload was found to be like."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image

from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.protovit.modeling import Comparison
from models.vision import saliency, weights
from models.vision.inference_executor import in_turn
from models.vision.predictions import Explanation, Prediction, prediction
from models.vision.preprocessing import Preprocessing
from models.vision.prototypes import Case, Evidence, Prototype, Reasoning, boxes, read_prototypes

MATCHES = "prototypes"  # the method that draws where the points come from
METHODS = (MATCHES, "rise")


class ProtoVit:
    """The trained model.

    Args:
        config: its config.json.
        network: in evaluation mode.
        prototypes: as they are shown, by number.
    """

    name = "protovit"
    default_method = published_method = MATCHES
    methods = METHODS
    layer = "head"

    def __init__(
        self,
        config: Mapping[str, Any],
        network: ProtoViTForImageClassification,
        prototypes: tuple[Prototype, ...],
    ) -> None:
        self.config = config
        self.classes: tuple[str, ...] = tuple(config["classes"])
        self.preprocessing = Preprocessing.from_config(config["preprocessing"])
        self.temperature = float(config.get("temperature", 1.0))
        self.network = network.eval().requires_grad_(False)
        self.prototypes = prototypes
        self.active = network.head.slot_weights() > 0.5  # (P, K)
        self.evidence_weights = network.head.evidence.weight.double()  # (C, P)

    @classmethod
    def of(
        cls, config: Mapping[str, Any], state: Mapping[str, torch.Tensor], prototypes: tuple[Prototype, ...]
    ) -> Self:
        """The model that a configuration describes, with these weights."""
        network = ProtoViTForImageClassification(ProtoViTConfig.from_dict(dict(config)))
        network.load_state_dict(state, strict=True)
        if len(prototypes) != len(network.head.slots):
            raise ValueError(f"{len(network.head.slots)} prototypes, of which {len(prototypes)} are described")
        return cls(config, network, prototypes)

    def with_weights(self, state: Mapping[str, torch.Tensor]) -> Self:
        """The same model with other weights; its prototypes are still shown as they were."""
        return self.of(self.config, state, self.prototypes)

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """The model from a folder; None for its own below ``weights/``.

        Raises:
            ModelUnavailable: its files are missing, damaged, or not made for this network.
        """
        config, state = weights.read(cls.name, folder)
        try:
            model = cls.of(config, state, read_prototypes(folder or weights.place(cls.name)))
        except (RuntimeError, KeyError, TypeError, ValueError, OSError) as error:
            raise weights.unavailable("weights_unfit", cls.name, weights.WEIGHTS) from error
        model.predict(Image.new("RGB", (model.preprocessing.size,) * 2))  # the first pass is slow: take it now
        return model

    def predict(self, image: Image.Image) -> Prediction:
        """The class of an RGB picture of any size."""
        start = time.perf_counter()
        return self._prediction(self._pass(self.preprocessing(image)), start)

    def probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        """For pictures of the input's size, (B, 3, S, S) in 0..1: (B, classes), rows sum to 1."""
        logits = self._pass(self.preprocessing.normalise(pixels)).logits
        return torch.softmax(logits / self.temperature, dim=1)

    def reason(self, image: Image.Image, top: int = 5) -> Reasoning:
        """The class of an RGB picture, and the ``top`` prototypes with most points for it and for the runner-up."""
        start = time.perf_counter()
        output = self._pass(self.preprocessing(image))
        # added up in double precision, so that the points are the logit and not nearly the logit
        points = self.evidence_weights * output.similarities[0].double()  # (C, P)
        totals = points.sum(1)
        predicted = self._prediction(output, start)
        order = sorted(
            range(len(self.classes)), key=lambda row: (row != self.classes.index(predicted.label), -totals[row])
        )
        cases = tuple(
            Case(
                label=self.classes[row],
                total=float(totals[row]),
                evidence=tuple(
                    self._evidence(output, row, number, float(points[row, number]), image.size)
                    for number in points[row].argsort(descending=True)[:top].tolist()
                ),
            )
            for row in order[:2]
        )
        logits = dict(zip(self.classes, totals.tolist(), strict=True))
        return Reasoning(predicted, logits, cases, time.perf_counter() - start)

    def explain(self, image: Image.Image, method: str = "", target: str = "", against: str = "") -> Explanation:
        """The class of a picture, and where in the picture it was seen.

        Args:
            image: RGB, of any size.
            method: "prototypes" draws each patch's share of the logit, which is exact: the shares add up to it;
                "rise" only asks the model for answers. Empty for the first.
            target: the class to explain; empty for the predicted one.
            against: explain what speaks for the target rather than for this class.

        Raises:
            InputError: an unknown method or class.
        """
        *_, (_, explanation) = self.explain_steps(image, method, target, against)
        return explanation

    def explain_steps(
        self, image: Image.Image, method: str = "", target: str = "", against: str = ""
    ) -> Iterator[tuple[float, Explanation]]:
        """The same, step by step: the share done in 0..1, and the map so far. Closing the iterator cancels."""
        start = time.perf_counter()
        method, target, against = saliency.resolve(self, method or self.default_method, target, against)
        inputs = self.preprocessing(image)
        output = self._pass(inputs)
        predicted = self._prediction(output, start)
        target = target or predicted.label
        contrast = saliency.contrast(self.classes, target, against)
        if method == MATCHES:
            drawn: Iterator[tuple[float, torch.Tensor]] = iter([(1.0, self.shares(output, contrast))])
        else:
            grey = self.preprocessing.normalise(torch.full((1, 3, 1, 1), 0.5))
            asked = saliency.Pass(inputs, grey, inputs, torch.nn.Identity(), lambda batch: self._pass(batch).logits)
            drawn = saliency.METHODS[method].draw(asked, contrast)
        for share, found in drawn:
            explanation = Explanation(
                prediction=predicted,
                target=target,
                against=against or None,
                method=method,
                layer=self.layer if method == MATCHES else "",
                saliency=saliency.normalise(found),
                seconds=time.perf_counter() - start,
                class_discriminative=True,
            )
            yield share, explanation

    def shares(self, output: Comparison, contrast: torch.Tensor) -> torch.Tensor:
        """How much of the explained logit each patch brings, (n, n): over all patches they add up to it."""
        weight = contrast.double() @ self.evidence_weights  # (P,)
        slots = self.active.double()
        factor = slots.shape[1] * slots / slots.sum(1, keepdim=True).clamp_min(1)  # (P, K)
        brought = weight[:, None] * factor * output.cosines[0].double()
        grid = self.network.grid
        return (
            torch.zeros(grid**2)
            .double()
            .scatter_add_(0, output.patches[0].flatten(), brought.flatten())
            .view(grid, grid)
        )

    def _pass(self, inputs: torch.Tensor) -> Comparison:
        @torch.no_grad()
        def work() -> Comparison:
            return self.network.head(self.network.features(inputs))

        return in_turn(work)

    def _evidence(self, output: Comparison, row: int, number: int, points: float, size: tuple[int, int]) -> Evidence:
        patches = output.patches[0, number][self.active[number]].tolist()
        return Evidence(
            prototype=number,
            similarity=float(output.similarities[0, number]),
            weight=float(self.evidence_weights[row, number]),
            points=points,
            boxes=boxes(patches, self.network.grid, size),
        )

    def _prediction(self, output: Comparison, start: float) -> Prediction:
        return prediction(self.name, self.classes, output.logits[0], self.temperature, start)
