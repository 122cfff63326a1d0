"""ProtoViT in the app: a class, and the pieces of known pictures that an upload was found to be like."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image

from models.errors import InputError
from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.protovit.modeling import PrototypeHeadOutput
from models.vision import saliency, weights
from models.vision.calibration import NetworkOutput
from models.vision.classifier import ImageClassifier
from models.vision.half_precision_weights import keep_half
from models.vision.inference_executor import run_network
from models.vision.predictions import prediction
from models.vision.prototypes import ClassEvidence, Evidence, Prototype, Reasoning, boxes, field, read_prototypes

MATCHES = "prototypes"  # the method that draws where the points come from
METHODS = (MATCHES, "rise")


class ProtoVit(ImageClassifier):
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
    at_a_time = 4  # weights are widened once for these; eight are one part in fifty faster, and need 27 MB more

    def __init__(
        self,
        config: Mapping[str, Any],
        network: ProtoViTForImageClassification,
        prototypes: tuple[Prototype, ...],
    ) -> None:
        super().__init__(config)
        self.network = network.requires_grad_(False)
        self.network.train(False)
        keep_half(self.network.encoder)
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
        """Compares a picture with every prototype: the one pass that any reasoning about it needs."""
        return self.forward(self.preprocessing(image))

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
        # the thresholds were measured with all prototypes, and say nothing of a photo without some of them
        calibration = None if without else self.calibration
        output = NetworkOutput(totals)
        predicted = prediction(self.name, self.classes, output, self.temperature, start, calibration)
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

    def saliency_method(self, name: str, output: PrototypeHeadOutput) -> saliency.Method:
        """How the map is drawn; that of the prototypes is exact: the patches' shares add up to the logit."""
        if name != MATCHES:
            return saliency.METHODS[name]
        return saliency.Method(lambda _, contrast: iter([(1.0, self.shares(output, contrast))]))

    def evidence_map(self, found: PrototypeHeadOutput, label: str) -> np.ndarray:
        """The map of :data:`MATCHES` for one class, of a picture that was compared: no further pass."""
        return saliency.normalise(self.shares(found, saliency.contrast(self.classes, label, "")))

    def shares(self, output: PrototypeHeadOutput, contrast: torch.Tensor) -> torch.Tensor:
        """How much of the explained logit each place brings, (n, n): over all places they add up to it.

        The points of a prototype are shared out among its parts: by their cosines where points grow with these, by
        their own similarities where points are an exponential of the mean. A blank photo has no place that brings any.
        """
        if not _compared(output, self.active).any():
            return torch.zeros(self.network.grid, self.network.grid, dtype=torch.float64)
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

    def forward(self, inputs: torch.Tensor) -> PrototypeHeadOutput:
        """One pass through the encoder and the prototypes."""
        return PrototypeHeadOutput(*run_network(self._pass, inputs, self.at_a_time))

    @torch.no_grad()
    def _pass(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = self.network.head(self.network.features(inputs))
        return found.logits, found.similarities, found.cosines, found.patches

    def _evidence(
        self, output: PrototypeHeadOutput, row: int, number: int, points: float, size: tuple[int, int]
    ) -> Evidence:
        compared = bool(_compared(output, self.active)[number])
        patches = output.patches[0, number][self.active[number]].tolist() if compared else []
        return Evidence(
            prototype=number,
            similarity=float(output.similarities[0, number]),
            weight=float(self.evidence_weights[row, number]),
            points=points,
            boxes=boxes(patches, self.network.grid, size),
            field=field(patches, self.network.grid, size),
        )


def _compared(output: PrototypeHeadOutput, active: torch.Tensor) -> torch.Tensor:
    """Which prototypes, (P,), have an active part (P, K) that was compared with anything: where a photo is of one
    colour its features are 0, so are the cosines, and where they match is arbitrary.
    """
    return ((output.cosines[0] != 0) & active).any(1)
