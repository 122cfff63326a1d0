"""Saliency maps of a convolutional network, method by method.

Each method takes one pass of the network over one picture and a contrast: a weight for each logit, whose
weighted sum is explained (1 for the target class, -1 for the class it is weighed against). It yields the
share of the work that is done and the map so far, larger where more was seen; closing the generator cancels
the work. Some maps are drawn by ``pytorch_grad_cam`` itself (:mod:`models.vision.library_maps`); the others by
its formulas, which the tests compare them with. For either the convolutions run once, without gradients, and
the model carries no hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from scipy.linalg import eigh
from torch import nn
from torch.nn.functional import interpolate

from models import arguments
from models.errors import InputError, shown
from models.vision import library_maps
from models.vision.predictions import ClassName
from models.vision.rise import rise

BATCH = 8  # pictures a pass, where a method asks about many and the model does not say
SCORE_CAM_CHANNELS = 64  # strongest feature maps that Score-CAM tries: each costs a pass through the network

Steps = Iterator[tuple[float, torch.Tensor]]


@dataclass(frozen=True)
class ForwardPass:
    """One picture on its way through a network.

    Args:
        inputs: (1, 3, S, S), normalised.
        grey: (1, 3, 1, 1), what a mid-grey pixel is after the same normalisation.
        maps: A, (1, C, h, w), the feature maps that the maps are read from.
        head: A -> (1, classes) logits.
        network: (B, 3, S, S), normalised -> (B, classes) logits.
        batch: pictures a pass, where a method asks about many.
    """

    inputs: torch.Tensor
    grey: torch.Tensor
    maps: torch.Tensor
    head: nn.Module
    network: Callable[[torch.Tensor], torch.Tensor]
    batch: int = BATCH

    def gradients(self, contrast: torch.Tensor) -> torch.Tensor:
        """The gradient of the explained sum of logits with respect to the feature maps, (C, h, w)."""
        with torch.enable_grad():
            maps = self.maps.detach().requires_grad_()
            score = (self.head(maps)[0] * contrast).sum()
            return torch.autograd.grad(score, maps)[0][0]


@dataclass(frozen=True)
class Method:
    """A way to draw a map.

    Args:
        draw: (pass, contrast) -> shares done in 0..1 with (h, w) maps; the last one counts.
        class_discriminative: whether the map depends on the contrast.
        reads_layer: whether it reads feature maps, rather than only ask the network for answers.
        quick: whether it needs no more than one pass through the convolutions.
    """

    draw: Callable[[ForwardPass, torch.Tensor], Steps]
    class_discriminative: bool = True
    reads_layer: bool = True
    quick: bool = True


class Explainable(Protocol):
    """What :func:`resolve` asks of a model."""

    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of the model, for messages."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The saliency methods that explain it."""


def resolve(model: Explainable, method: str, target: str, contrast_class: str) -> tuple[str, str, str]:
    """Method and classes by the names that the model gives them, however they were written; empty ones stay empty.

    Raises:
        InputError: the model has no such method, or no such class.
    """
    found = arguments.spelled(method, model.methods) if method != "" else ""
    if found is None:
        allowed = ", ".join(model.methods)
        raise InputError("method_unknown", value=shown(method), model=model.name, allowed=allowed)
    classes = []
    for argument, value in (("target", target), ("contrast_class", contrast_class)):
        label = arguments.spelled(value, model.classes) if value != "" else ""
        if label is None:
            allowed = ", ".join(model.classes)
            raise InputError("class_unknown", argument=argument, value=shown(value), allowed=allowed)
        classes.append(label)
    return found, classes[0], classes[1]


def contrast(classes: tuple[str, ...], target: str, contrast_class: str) -> torch.Tensor:
    """The weights of the logits, (classes,), that explain a target, or a target rather than another class.

    Raises:
        InputError: both are the same.
    """
    if target == contrast_class:
        raise InputError("class_against_itself", value=ClassName(contrast_class))
    weights = torch.zeros(len(classes))
    weights[classes.index(target)] = 1
    if contrast_class:
        weights[classes.index(contrast_class)] = -1
    return weights


def normalise(saliency: torch.Tensor) -> np.ndarray:
    """Scales what speaks for the target to 0..1, (h, w) float32; all 0 where nothing does."""
    positive = saliency.clamp(min=0)
    positive = positive - positive.min()
    return (positive / positive.max().clamp(min=1e-7)).float().numpy()


def first_component(maps: torch.Tensor, toward: torch.Tensor) -> torch.Tensor:
    """Projects each place of feature maps (C, h, w) onto their first principal component, (h, w).

    Args:
        maps: (C, h, w).
        toward: (h, w); a principal direction has no sign of its own, it is turned so that the places with
            more of this come out positive.
    """
    # in NumPy: torch would wake its threads for so little
    places = maps.flatten(1).double().numpy()  # (C, h*w)
    centred = places - places.mean(axis=1, keepdims=True)
    # far fewer places than channels: the small h*w x h*w matrix holds the same component, the last of all
    last = places.shape[1] - 1
    values, vectors = eigh(centred.T @ centred, subset_by_index=[last, last])
    projection = vectors[:, 0] * max(values[0], 0.0) ** 0.5
    turned = toward.flatten().double().numpy()
    if projection @ (turned - turned.mean()) < 0:
        projection = -projection
    return torch.from_numpy(projection).view(maps.shape[1:])


def grad_cam(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:
    """Grad-CAM (Selvaraju 2017, arXiv:1610.02391): feature maps weighted by their mean gradient."""
    weights = forward_pass.gradients(contrast).mean(dim=(1, 2))
    yield 1.0, torch.einsum("c,chw->hw", weights, forward_pass.maps[0])


def grad_cam_plus_plus(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:
    """Grad-CAM++ (Chattopadhay 2018, arXiv:1710.11063): weighs the places of a gradient, for several objects."""
    maps, gradients = forward_pass.maps[0], forward_pass.gradients(contrast)
    squares = gradients.square()
    total = maps.sum(dim=(1, 2), keepdim=True)
    alphas = squares / (2 * squares + total * squares * gradients + 1e-6)  # its equation 19
    weights = (gradients.clamp(min=0) * alphas).sum(dim=(1, 2))
    yield 1.0, torch.einsum("c,chw->hw", weights, maps)


def layer_cam(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:
    """Layer-CAM (Jiang 2021, doi:10.1109/TIP.2021.3089943): each place weighted by its own positive gradient."""
    yield 1.0, (forward_pass.gradients(contrast).clamp(min=0) * forward_pass.maps[0]).sum(dim=0)


def eigen_cam(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:  # noqa: ARG001  # as all methods
    """Eigen-CAM (Muhammad 2020, arXiv:2008.00299): what stands out to the network, whatever the class."""
    maps = forward_pass.maps[0]
    yield 1.0, first_component(maps, toward=maps.square().sum(dim=0))


def eigen_grad_cam(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:
    """Eigen-CAM of the feature maps times their gradients: what stands out among what counts for the class."""
    weighted = forward_pass.gradients(contrast) * forward_pass.maps[0]
    yield 1.0, first_component(weighted, toward=weighted.sum(dim=0))


def score_cam(forward_pass: ForwardPass, contrast: torch.Tensor, channels: int = SCORE_CAM_CHANNELS) -> Steps:
    """Score-CAM (Wang 2020, arXiv:1910.01279): feature maps weighted by the answer to what they leave
    visible.

    Args:
        forward_pass: the pass.
        contrast: weights of the logits.
        channels: how many of the strongest feature maps to try; the paper tries all.
    """
    strongest = forward_pass.maps[0].amax(dim=(1, 2)).argsort(descending=True)[:channels].sort().values
    maps = forward_pass.maps[0, strongest]
    masks = interpolate(maps[None], forward_pass.inputs.shape[-2:], mode="bilinear", align_corners=True)[0]
    low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
    masks = (masks - low) / (high - low + 1e-8)
    scores = torch.empty(0)
    for part in masks.split(forward_pass.batch):
        scores = torch.cat([scores, forward_pass.network(forward_pass.inputs * part[:, None]) @ contrast])
        weights = torch.softmax(scores, dim=0)
        yield len(scores) / len(maps), torch.einsum("c,chw->hw", weights, maps[: len(scores)])


def rise_map(forward_pass: ForwardPass, contrast: torch.Tensor) -> Steps:
    """RISE of the probability before calibration, or of the difference of two: see :mod:`models.vision.rise`.

    A temperature below 1, as the calibrated probability has, would leave little to tell apart near 0 and 1.
    """

    def score(inputs: torch.Tensor) -> torch.Tensor:
        return torch.softmax(forward_pass.network(inputs), dim=1) @ contrast

    return rise(score, forward_pass.inputs, forward_pass.grey, batch=forward_pass.batch)


METHODS: dict[str, Method] = {
    "grad-cam": Method(grad_cam),
    "grad-cam++": Method(grad_cam_plus_plus),
    "xgrad-cam": Method(library_maps.drawn("XGradCAM")),  # Fu 2020, arXiv:2008.02312
    "hires-cam": Method(library_maps.drawn("HiResCAM")),  # Draelos 2020, arXiv:2011.08891
    "layer-cam": Method(layer_cam),
    "finer-cam": Method(library_maps.drawn("FinerCAM")),  # Zhang 2025, arXiv:2501.11309
    "shapley-cam": Method(library_maps.drawn("ShapleyCAM")),  # Cai 2025, arXiv:2501.06261
    "ablation-cam": Method(library_maps.drawn("AblationCAM")),  # Desai 2020, doi:10.1109/WACV45572.2020.9093360
    "eigen-cam": Method(eigen_cam, class_discriminative=False),
    "eigen-grad-cam": Method(eigen_grad_cam),
    "score-cam": Method(score_cam, quick=False),
    "rise": Method(rise_map, reads_layer=False, quick=False),
}
