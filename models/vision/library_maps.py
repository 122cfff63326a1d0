"""The saliency maps that ``pytorch_grad_cam`` draws, over our cut between body and head.

The library asks for a network and one of its layers, on which it puts hooks. It is given a layer that hands its input
on, and the head after it: the convolutions are not run again, and the model itself carries no hooks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from torch import nn

from models.vision.inference_executor import run_inference

NEAREST = 3  # classes that FinerCAM weighs the target against, as in the library
ABLATED = 64  # channels taken away at a time

_loading = threading.Lock()

Target = Callable[[torch.Tensor], torch.Tensor]  # (classes,) logits -> the number that is explained


@dataclass(frozen=True)
class Contrast:
    """The explained sum of the logits, as the library asks for it.

    Args:
        weights: (classes,), of the logits.
        offset: added.
    """

    weights: torch.Tensor
    offset: float = 0.0

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """(classes,) -> a number."""
        return logits @ self.weights + self.offset


def library() -> ModuleType:
    """The package, imported when it is first needed: it takes a second and 100 MB."""
    with _loading:
        return _library()


@cache
def _library() -> ModuleType:
    import pytorch_grad_cam
    from pytorch_grad_cam import ablation_cam

    ablation_cam.tqdm = SimpleNamespace(tqdm=lambda steps: steps)  # no progress bar in the log of a server
    library: ModuleType = pytorch_grad_cam
    return library


def drawn(name: str) -> Callable[[Any, torch.Tensor], Iterator[tuple[float, torch.Tensor]]]:
    """How a :class:`models.vision.saliency.Method` draws the map of one of the library's classes.

    Args:
        name: of the class, such as "HiResCAM".
    """

    def draw(forward_pass: Any, contrast: torch.Tensor) -> Iterator[tuple[float, torch.Tensor]]:
        package = library()
        yield (
            1.0,
            run_inference(
                lambda: torch.from_numpy(_map(package, name, forward_pass.maps, forward_pass.head, contrast))
            ),
        )

    return draw


def _map(package: ModuleType, name: str, maps: torch.Tensor, head: nn.Module, contrast: torch.Tensor) -> Any:
    """(h, w), 0..1."""
    layer = nn.Identity()
    network = nn.Sequential(layer, head)
    inputs = maps.detach().clone().requires_grad_()
    options = {"ablation_layer": _ablation(package), "batch_size": ABLATED} if name == "AblationCAM" else {}
    with torch.enable_grad(), getattr(package, name)(network, [layer], **options) as cam:
        return cam(inputs, targets=[_target(package, name, head(maps)[0].detach(), contrast)])[0]


def _target(package: ModuleType, name: str, logits: torch.Tensor, contrast: torch.Tensor) -> Target:
    if name == "FinerCAM" and (contrast >= 0).all():  # with a class to weigh against, the contrast is its own
        label = int(contrast.argmax())
        nearest = (logits - logits[label]).abs().argsort().tolist()
        others = [place for place in nearest if place != label][:NEAREST]
        finer: Target = package.utils.model_targets.FinerWeightedTarget(label, others, alpha=1)
        return finer
    if name == "AblationCAM":
        # It divides what is lost by the score, and turns the map round where that is negative: a score of 1 before
        # anything is taken away leaves the loss as it is.
        return Contrast(contrast, offset=1 - float(logits @ contrast))
    return Contrast(contrast)


def _ablation(package: ModuleType) -> nn.Module:
    """Takes a channel away by setting it to 0, as the paper does.

    Where activations may be negative, as after YOLOv8's SiLU, the library's own layer sets them ten million below the
    least instead, which drowns every logit.
    """

    class Zeroed(package.AblationLayer):  # type: ignore[name-defined]
        def __call__(self, inputs: torch.Tensor) -> torch.Tensor:  # noqa: ARG002  # as the library calls it
            rows = torch.arange(len(self.activations))
            self.activations[rows, torch.as_tensor(self.indices[: len(rows)]).long()] = 0
            activations: torch.Tensor = self.activations
            return activations

    return Zeroed()
