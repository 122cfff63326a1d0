"""What ProtoViT's prototypes are trained for (Ma et al. 2024, arXiv:2410.20722, section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from models.protovit.modeling import PrototypeHead, PrototypeHeadOutput, place_cosines
from models.vision.predictions import CLASSES
from training.protovit import evidence, terms
from training.protovit.recipe import Steps, Weights
from training.vision.distributed import DEVICE


class Reasoner(nn.Module):
    """The prototypes as a network of logits, for the training loop."""

    def __init__(self, head: PrototypeHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(B, D, n, n) -> (B, classes)."""
        return self.head(features).logits


@dataclass(frozen=True)
class Sources:
    """The pieces of pictures that P prototypes were projected on.

    Args:
        inputs: (P, ...), each prototype's picture as the network takes it.
        patches: (P, K) int64, of each part.
        active: (P, K) bool.
    """

    inputs: torch.Tensor
    patches: torch.Tensor
    active: torch.Tensor


@dataclass(frozen=True)
class Blended:
    """Pictures with some of their patches blended into what surrounds these.

    Args:
        pictures: (M, ...), as the network takes them.
        places: (M, n, n) bool, those that a term of the loss compares with the same picture as it is.
    """

    pictures: torch.Tensor
    places: torch.Tensor


@dataclass(frozen=True)
class Cropped:
    """Crops of pictures, at full size.

    Args:
        pictures: (M, ...), as the network takes them.
        boxes: (M, 4), of the crops: top, left, bottom, right as shares of the picture.
    """

    pictures: torch.Tensor
    boxes: torch.Tensor


@dataclass(frozen=True)
class Unlabelled:
    """Pictures without labels.

    Args:
        pictures: rows (B,) -> those pictures as the network takes them.
        answers: (M, classes), what the teacher says of each.
    """

    pictures: Callable[[torch.Tensor], torch.Tensor]
    answers: torch.Tensor


@dataclass(frozen=True)
class AlteredPictures:
    """Pictures as they are, and what they are compared with.

    Args:
        whole: (M, ...), each picture as the network takes it.
        surroundings: all but a square blended away; its places are so far inside that nothing near them has changed.
        deleted: a small rectangle blended away; its places are those of the rectangle.
        cropped: a crop of each.
        alone: rows (B,) and places (B, N) -> those pictures with all else blended away, as the network takes them.
    """

    whole: torch.Tensor
    surroundings: Blended
    deleted: Blended
    cropped: Cropped
    alone: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Objective:
    """The weighted terms of the loss, for a network that ends in a :class:`Reasoner`.

    Args:
        weights: of the terms.
        sources: of the prototypes, once they have been projected: from then on a prototype is what the encoder makes of
            its piece, and changes with it.
        altered: for the terms that compare pictures with themselves; each step takes one of them.
        unlabelled: for the term "pool".
        steps: how much each step looks at.
    """

    weights: Weights
    sources: Sources | None = None
    altered: Sequence[AlteredPictures] = ()
    unlabelled: Unlabelled | None = None
    steps: Steps = field(default_factory=Steps)

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Inputs as the network takes them, targets (B, classes) that sum to 1."""
        assert isinstance(network, nn.Sequential)
        reasoner = network[-1]
        assert isinstance(reasoner, Reasoner)
        head = reasoner.head
        prototypes = self._living(network[:-1], head)

        def found(features: torch.Tensor) -> PrototypeHeadOutput:
            read: PrototypeHeadOutput = functional_call(head, {"prototypes": prototypes}, features)
            return read

        output = found(network[:-1](inputs))
        labels = targets.argmax(1)
        every: dict[str, Callable[[], torch.Tensor]] = {
            "ce": lambda: cross_entropy(output.logits, targets, label_smoothing=self.weights.smoothing),
            "cluster": lambda: terms.cluster(output.cosines, head.classes(), labels),
            "separation": lambda: terms.separation(output.cosines, head.classes(), labels),
            "orthogonality": lambda: terms.orthogonality(prototypes, len(CLASSES)),
            **self._comparisons(network[:-1], head, prototypes, found),
        }
        if self.unlabelled:
            rows = torch.randint(len(self.unlabelled.answers), (self.steps.unlabelled,))
            pool, answers = self.unlabelled.pictures(rows), self.unlabelled.answers[rows].to(DEVICE)
            every["pool"] = lambda: cross_entropy(found(network[:-1](pool)).logits, answers)
        weights = {name: getattr(self.weights, name) for name in every}
        return {name: weights[name] * term() for name, term in every.items() if weights[name]}

    def _comparisons(
        self,
        encoder: nn.Module,
        head: PrototypeHead,
        prototypes: torch.Tensor,
        found: Callable[[torch.Tensor], PrototypeHeadOutput],
    ) -> dict[str, Callable[[], torch.Tensor]]:
        """The terms that compare some pictures with themselves, altered."""
        wanted = ("locality", "deletion", "consistency", "equivariance", "sufficiency", "abstention", "necessity")
        if not self.altered or not any(getattr(self.weights, name) for name in wanted):
            return {}
        altered = self.altered[int(torch.randint(len(self.altered), ()))]
        rows = torch.randperm(len(altered.whole))[: self.steps.altered]
        inside, gone = (part.places[rows].to(DEVICE) for part in (altered.surroundings, altered.deleted))
        boxes = altered.cropped.boxes[rows].to(DEVICE)

        def seen(pictures: torch.Tensor) -> torch.Tensor:
            return encoder(pictures[rows].to(DEVICE).float())

        whole, rest = seen(altered.whole), seen(altered.deleted.pictures)
        before = found(whole)
        boxed = evidence.shown(head, before, self.steps.shown, whole.shape[-1] ** 2)

        def left(places: torch.Tensor) -> torch.Tensor:
            return found(encoder(altered.alone(rows, places))).logits

        @cache
        def elsewhere() -> torch.Tensor:
            return left(evidence.others(boxed.places, whole.any(1)))

        return {
            "locality": lambda: terms.locality(whole, seen(altered.surroundings.pictures), inside),
            "deletion": lambda: terms.deletion(whole, rest, gone),
            "consistency": lambda: terms.consistency(before.logits, found(rest).logits),
            "equivariance": lambda: evidence.equivariance(
                place_cosines(prototypes, seen(altered.cropped.pictures)), before.patches, boxed, boxes
            ),
            "sufficiency": lambda: terms.consistency(before.logits, left(boxed.places)),
            "abstention": lambda: terms.abstention(elsewhere()),
            "necessity": lambda: terms.necessity(elsewhere(), before.logits.argmax(1)),
        }

    def _living(self, encoder: nn.Module, head: PrototypeHead) -> torch.Tensor:
        """The prototypes (P, D, K), some of them as the encoder sees their pieces now; those are kept in the head."""
        if self.sources is None:
            return head.prototypes
        rows = torch.randperm(len(self.sources.inputs))[: self.steps.sources]
        features = encoder(self.sources.inputs[rows].to(head.prototypes.device))
        places = self.sources.patches[rows].to(features.device)[:, None].expand(-1, features.shape[1], -1)
        pieces = features.flatten(2).gather(2, places) * self.sources.active[rows].to(features.device)[:, None]
        living = head.prototypes.detach().index_copy(0, rows.to(features.device), pieces)
        with torch.no_grad():
            head.prototypes.copy_(living)
        return living
