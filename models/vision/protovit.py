"""ProtoViT in the app: a class, and the pieces of known pictures that an upload was found to be like."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image

from models.errors import InputError
from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.protovit.modeling import PrototypeHeadOutput
from models.vision import calibration, saliency, weights
from models.vision.inference_executor import run_network
from models.vision.predictions import Explanation, Prediction, prediction
from models.vision.preprocessing import Preprocessing
from models.vision.prototypes import ClassEvidence, Evidence, Prototype, Reasoning, boxes, field, read_prototypes

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
        self.calibration = calibration.read(self.name, str(config.get("weights_sha256")))
        self.network = network.requires_grad_(False)
        self.network.train(False)
        self.prototypes = prototypes
        self.active = network.head.slot_weights() > 0.5  # (P, K)
        self.evidence_weights = network.head.evidence().double()  # (C, P)

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
        model = weights.load(
            cls.name, folder, lambda config, state, place: cls.of(config, state, read_prototypes(place))
        )
        model.predict(Image.new("RGB", (model.preprocessing.size,) * 2))  # the first pass is slow: take it now
        return model

    def predict(self, image: Image.Image) -> Prediction:
        """The class of an RGB picture of any size."""
        return self.predict_all([image])[0]

    def predict_all(self, images: Sequence[Image.Image]) -> tuple[Prediction, ...]:
        """The classes of RGB pictures of any sizes, in one pass."""
        start = time.perf_counter()
        logits = self._forward(torch.cat([self.preprocessing(image) for image in images])).logits
        return tuple(self._prediction(row, start) for row in logits)

    def logits(self, image: Image.Image) -> torch.Tensor:
        """The logits of an RGB picture of any size, (classes,), before the temperature."""
        return self.compare(image).logits[0]

    def probabilities(self, pixels: torch.Tensor) -> torch.Tensor:
        """For pictures of the input's size, (B, 3, S, S) in 0..1: (B, classes), rows sum to 1."""
        logits = self._forward(self.preprocessing.normalise(pixels)).logits
        return torch.softmax(logits / self.temperature, dim=1)

    def reason(self, image: Image.Image, top: int = 5, without: Collection[int] = ()) -> Reasoning:
        """The class of an RGB picture, and the ``top`` prototypes with most points for it and for the runner-up.

        Args:
            image: RGB, of any size.
            top: prototypes of each of the two classes; more than there are means all.
            without: numbers of prototypes that are left out, as if they did not exist.

        Raises:
            InputError: ``without`` holds a number that no prototype has.
        """
        return self.reasoning(self.compare(image), image.size, top, without)

    def compare(self, image: Image.Image) -> PrototypeHeadOutput:
        """What the head finds in a picture: the one pass that any reasoning about it needs."""
        return self._forward(self.preprocessing(image))

    def reasoning(
        self, found: PrototypeHeadOutput, size: tuple[int, int], top: int = 5, without: Collection[int] = ()
    ) -> Reasoning:
        """The reasoning about a picture of ``size`` (width, height; px) that was compared: no further pass."""
        start = time.perf_counter()
        if unknown := sorted(set(without) - set(range(len(self.prototypes)))):
            raise InputError("no_such_prototype", given=str(unknown[0]), last=str(len(self.prototypes) - 1))
        # added up in double precision, so that the points are the logit and not nearly the logit
        points = self.evidence_weights * found.similarities[0].double()  # (C, P)
        points[:, sorted(without)] = 0.0
        totals = points.sum(1)
        predicted = self._prediction(totals, start)
        order = sorted(
            range(len(self.classes)), key=lambda row: (row != self.classes.index(predicted.label), -totals[row])
        )
        cases = []
        for row in order[:2]:
            mine = [number for number in self._of_class(row) if number not in without]
            mine.sort(key=lambda number: -float(points[row, number]))
            evidence = tuple(
                self._evidence(found, row, number, float(points[row, number]), size) for number in mine[:top]
            )
            cases.append(ClassEvidence(self.classes[row], float(totals[row]), evidence))
        logits = dict(zip(self.classes, totals.tolist(), strict=True))
        return Reasoning(predicted, logits, tuple(cases), time.perf_counter() - start)

    def _of_class(self, row: int) -> list[int]:
        return [number for number, label in enumerate(self.network.head.classes().tolist()) if label == row]

    def explain(self, image: Image.Image, method: str = "", target: str = "", contrast_class: str = "") -> Explanation:
        """The class of a picture, and where in the picture it was seen.

        Args:
            image: RGB, of any size.
            method: "prototypes" draws each patch's share of the logit, which is exact: the shares add up to it;
                "rise" only asks the model for answers. Empty for the first.
            target: the class to explain; empty for the predicted one.
            contrast_class: explain what speaks for the target rather than for this class.

        Raises:
            InputError: an unknown method or class.
        """
        *_, (_, explanation) = self.explain_steps(image, method, target, contrast_class)
        return explanation

    def explain_steps(
        self, image: Image.Image, method: str = "", target: str = "", contrast_class: str = ""
    ) -> Iterator[tuple[float, Explanation]]:
        """The same, step by step: the share done in 0..1, and the map so far. Closing the iterator cancels."""
        start = time.perf_counter()
        method, target, contrast_class = saliency.resolve(self, method or self.default_method, target, contrast_class)
        inputs = self.preprocessing(image)
        output = self._forward(inputs)
        predicted = self._prediction(output.logits[0], start)
        target = target or predicted.label
        contrast = saliency.contrast(self.classes, target, contrast_class)
        if method == MATCHES:
            drawn: Iterator[tuple[float, torch.Tensor]] = iter([(1.0, self.shares(output, contrast))])
        else:
            grey = self.preprocessing.normalise(torch.full((1, 3, 1, 1), 0.5))
            asked = saliency.ForwardPass(
                inputs, grey, inputs, torch.nn.Identity(), lambda batch: self._forward(batch).logits
            )
            drawn = saliency.METHODS[method].draw(asked, contrast)
        for share, found in drawn:
            explanation = Explanation(
                prediction=predicted,
                target=target,
                contrast_class=contrast_class or None,
                method=method,
                layer=self.layer if method == MATCHES else "",
                saliency=saliency.normalise(found),
                seconds=time.perf_counter() - start,
                class_discriminative=True,
            )
            yield share, explanation

    def shares(self, output: PrototypeHeadOutput, contrast: torch.Tensor) -> torch.Tensor:
        """How much of the explained logit each place brings, (n, n): over all places they add up to it.

        The points of a prototype are shared out among its parts: by their cosines where points grow with these, by
        their own similarities where points are an exponential of the mean.
        """
        points = (contrast.double() @ self.evidence_weights) * output.similarities[0].double()  # (P,)
        cosines = output.cosines[0].double()
        concentration = self.network.config.concentration
        parts = (torch.exp(concentration * cosines) if concentration else cosines) * self.active
        brought = points[:, None] * parts / parts.sum(1, keepdim=True)
        grid = self.network.grid
        return (
            torch.zeros(grid**2)
            .double()
            .scatter_add_(0, output.patches[0].flatten(), brought.flatten())
            .view(grid, grid)
        )

    def _forward(self, inputs: torch.Tensor) -> PrototypeHeadOutput:
        return PrototypeHeadOutput(*run_network(self._pass, inputs))

    @torch.no_grad()
    def _pass(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.network.head(self.network.features(inputs))
        return found.logits, found.similarities, found.cosines, found.patches

    def _evidence(
        self, output: PrototypeHeadOutput, row: int, number: int, points: float, size: tuple[int, int]
    ) -> Evidence:
        patches = output.patches[0, number][self.active[number]].tolist()
        return Evidence(
            prototype=number,
            similarity=float(output.similarities[0, number]),
            weight=float(self.evidence_weights[row, number]),
            points=points,
            boxes=boxes(patches, self.network.grid, size),
            field=field(patches, self.network.grid, size),
        )

    def _prediction(self, logits: torch.Tensor, start: float) -> Prediction:
        return prediction(self.name, self.classes, logits, self.temperature, start, self.calibration)
