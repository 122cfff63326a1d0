"""What ProtoViT's prototypes are trained for (Ma et al. 2024, arXiv:2410.20722, section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cosine_similarity, cross_entropy, normalize

from models.protovit.modeling import PrototypeHead, PrototypeHeadOutput
from models.vision.predictions import CLASSES
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
class Weights:
    """How much each term counts; a term of weight 0 is left out."""

    ce: float = 1.0
    cluster: float = 0.0
    separation: float = 0.0
    orthogonality: float = 0.0
    locality: float = 0.0
    deletion: float = 0.0
    consistency: float = 0.0
    smoothing: float = 0.0  # of the labels in the cross-entropy


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
class BlendedPictures:
    """Pictures as they are, and what the terms "locality", "deletion" and "consistency" compare them with.

    Args:
        whole: (M, ...), each picture as the network takes it.
        surroundings: all but a square blended away; its places are so far inside that nothing near them has changed.
        deleted: a small rectangle blended away; its places are those of the rectangle.
    """

    whole: torch.Tensor
    surroundings: Blended
    deleted: Blended


SOURCES = 16  # pieces that a step reads anew
PAIRS = 32  # pictures that a step compares with themselves, partly blended away


@dataclass(frozen=True)
class Objective:
    """The weighted terms of the loss, for a network that ends in a :class:`Reasoner`.

    Args:
        weights: of the terms.
        sources: of the prototypes, once they have been projected: from then on a prototype is what the encoder makes of
            its piece, and changes with it.
        blended: for the terms "locality", "deletion" and "consistency".
    """

    weights: Weights
    sources: Sources | None = None
    blended: BlendedPictures | None = None

    def __call__(self, network: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Inputs as the network takes them, targets (B, classes) that sum to 1."""
        assert isinstance(network, nn.Sequential)
        reasoner = network[-1]
        assert isinstance(reasoner, Reasoner)
        head = reasoner.head
        prototypes = self._living(network[:-1], head)
        output: PrototypeHeadOutput = functional_call(head, {"prototypes": prototypes}, network[:-1](inputs))
        labels = targets.argmax(1)
        terms = {
            "ce": lambda: cross_entropy(output.logits, targets, label_smoothing=self.weights.smoothing),
            "cluster": lambda: cluster(output.cosines, head.classes(), labels),
            "separation": lambda: separation(output.cosines, head.classes(), labels),
            "orthogonality": lambda: orthogonality(prototypes, len(CLASSES)),
        } | self._comparisons(network[:-1], head)
        weights = {name: getattr(self.weights, name) for name in terms}
        return {name: weights[name] * term() for name, term in terms.items() if weights[name]}

    def _comparisons(self, encoder: nn.Module, head: PrototypeHead) -> dict[str, Callable[[], torch.Tensor]]:
        """The terms that compare some pictures with themselves, partly blended away."""
        if self.blended is None or not (self.weights.locality or self.weights.deletion or self.weights.consistency):
            return {}
        rows = torch.randperm(len(self.blended.whole))[:PAIRS]
        inside, gone = (part.places[rows].to(DEVICE) for part in (self.blended.surroundings, self.blended.deleted))

        def seen(pictures: torch.Tensor) -> torch.Tensor:
            return encoder(pictures[rows].to(DEVICE).float())

        whole, rest = seen(self.blended.whole), seen(self.blended.deleted.pictures)
        return {
            "locality": lambda: locality(whole, seen(self.blended.surroundings.pictures), inside),
            "deletion": lambda: deletion(whole, rest, gone),
            "consistency": lambda: consistency(head(whole).logits, head(rest).logits),
        }

    def _living(self, encoder: nn.Module, head: PrototypeHead) -> torch.Tensor:
        """The prototypes (P, D, K), some of them as the encoder sees their pieces now; those are kept in the head."""
        if self.sources is None:
            return head.prototypes
        rows = torch.randperm(len(self.sources.inputs))[:SOURCES]
        features = encoder(self.sources.inputs[rows].to(head.prototypes.device))
        places = self.sources.patches[rows].to(features.device)[:, None].expand(-1, features.shape[1], -1)
        pieces = features.flatten(2).gather(2, places) * self.sources.active[rows].to(features.device)[:, None]
        living = head.prototypes.detach().index_copy(0, rows.to(features.device), pieces)
        with torch.no_grad():
            head.prototypes.copy_(living)
        return living


def cluster(cosines: torch.Tensor, classes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Minus the mean over the batch of the largest mean cosine (B, P, K) among the prototypes of the true class.

    The paper takes the largest of the K parts; the mean asks all of them to be found.
    """
    own = classes[None] == labels[:, None]
    return -cosines.mean(2).masked_fill(~own, -torch.inf).amax(1).mean()


def separation(cosines: torch.Tensor, classes: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The mean over the batch of the largest mean cosine among the prototypes of the other classes."""
    own = classes[None] == labels[:, None]
    return cosines.mean(2).masked_fill(own, -torch.inf).amax(1).mean()


def orthogonality(prototypes: torch.Tensor, classes: int) -> torch.Tensor:
    """Sum over the classes of the entrywise L1 norm of G - I, G the Gram matrix of a class's prototypes."""
    directions = normalize(prototypes.flatten(1), dim=1).unflatten(0, (classes, -1))
    gram = directions @ directions.transpose(1, 2)
    return (gram - torch.eye(gram.shape[-1], device=gram.device)).abs().sum()


def locality(whole: torch.Tensor, part: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """The mean of 1 - cosine between the features (B, D, n, n) of a picture and those without its surroundings.

    Only places that show something count, and of those the ones ``inside`` (B, n, n): whatever changes there has come
    from afar.
    """
    return _mean(1 - cosine_similarity(whole, part, dim=1), inside & whole.any(1))


def deletion(whole: torch.Tensor, part: torch.Tensor, deleted: torch.Tensor) -> torch.Tensor:
    """The mean cosine, or 0 where negative, between the features of a picture and those where it was blended away.

    Only places that show something count, and of those the ones ``deleted`` (B, n, n): whatever stays the same there
    has come from elsewhere in the picture.
    """
    return _mean(cosine_similarity(whole, part, dim=1).clamp_min(0), deleted & whole.any(1))


def consistency(whole: torch.Tensor, part: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the answer to part of a picture (B, classes) with that to the whole, which is held fixed.

    An answer that rests on several places of a picture stands when a few of them are blended away.
    """
    return cross_entropy(part, whole.detach().softmax(1))


def _mean(values: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    return (values * counted).sum() / counted.sum().clamp_min(1)
