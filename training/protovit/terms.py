"""The terms of ProtoViT's loss, each a function of what the network makes of pictures."""

from __future__ import annotations

import torch
from torch.nn.functional import cosine_similarity, cross_entropy, log_softmax, normalize


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


def abstention(logits: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of an even answer with (B, classes): little when what is seen decides nothing.

    Asked of what is left of a picture where its evidence is gone, as Dhamija et al. 2018 (arXiv:1811.04110) ask it of
    pictures that show none of the classes.
    """
    return -log_softmax(logits, 1).mean()


def necessity(logits: torch.Tensor, answers: torch.Tensor) -> torch.Tensor:
    """The mean of -log(1 - p), p the probability of the ``answers`` (B,) in (B, classes).

    Asked of what is left of a picture without the places that are shown as the reasons of its answer: the unlikelihood
    of Welleck et al. 2019 (arXiv:1908.04319). An even answer would let the former one stand by a hair.
    """
    others = logits.scatter(1, answers[:, None], -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - others).mean()


def _mean(values: torch.Tensor, counted: torch.Tensor) -> torch.Tensor:
    return (values * counted).sum() / counted.sum().clamp_min(1)
