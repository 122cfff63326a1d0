"""Gradient descent on a small set of pictures: one loop for every network."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from training.vision import checkpoints
from training.vision.distributed import DEVICE, average_gradients, share
from training.vision.metrics import fit_temperature


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Args:
        epochs: at most.
        patience: epochs in a row without a better validation loss that are borne; one more ends the training.
        warmup: epochs over which the rate rises to its peak; it then falls as a cosine to 1 % of it.
        weight_decay: AdamW's (Loshchilov & Hutter 2019), for matrices and kernels alone.
        smoothing: label smoothing, 0..1.
        average: decay of the exponential moving average of the weights, a step; what is kept is the average.
        clip: largest norm of the gradient of all weights together; 0 leaves it.
        batch_norm: whether batch norm normalises by each batch, and goes on estimating its statistics; a few hundred
            pictures are too few for that.
    """

    epochs: int
    patience: int
    warmup: float
    weight_decay: float
    smoothing: float
    average: float
    clip: float = 0.0
    batch_norm: bool = False


class Batches(Protocol):
    """Training batches of (inputs, soft labels)."""

    def __len__(self) -> int: ...

    def epoch(self, number: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """The batches of an epoch, counted from 0."""


@dataclass(frozen=True)
class TrainingData:
    """What is learnt from, and what tells when to stop.

    Args:
        batches: of the training pictures.
        validation: inputs (N, ...) as the network takes them, and labels (N,).
    """

    batches: Batches
    validation: tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Checkpoint:
    """Where a training is saved, and which weights it ends with.

    Args:
        path: of the file that keeps the state after each epoch.
        resume: whether to go on from that file, if it exists.
        pause: seconds from one saving to the next, at least; the last epoch is always saved.
        keep_last: go through all epochs and keep the last, where the validation photos are learnt from too; otherwise
            the best epoch on validation is kept.
    """

    path: Path
    resume: bool = False
    keep_last: bool = False
    pause: float = 0.0


@dataclass(frozen=True)
class Epoch:
    """One point of the learning curves; losses in nats, of validation after the temperature that fits best. Epoch 0
    is the start, which has no training loss.

    ``terms`` are the weighted parts that ``train_loss`` is the sum of, where there are several.
    """

    epoch: int
    train_loss: float | None
    val_loss: float
    val_accuracy: float
    seconds: float
    terms: dict[str, float] = field(default_factory=dict)


# network, inputs, soft labels -> the weighted terms of the loss, each a scalar
Objective = Callable[[nn.Module, torch.Tensor, torch.Tensor], Mapping[str, torch.Tensor]]


@dataclass
class _State:
    """What an interrupted training needs to go on."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    average: dict[str, torch.Tensor]
    best: dict[str, torch.Tensor]
    curves: list[Epoch]

    def save(self, path: Path) -> None:
        weights = {"network": self.network.state_dict(), "average": self.average, "best": self.best}
        checkpoints.save(path, self.optimiser, weights, json.dumps([vars(point) for point in self.curves]))

    def resume(self, path: Path) -> None:
        weights, curves = checkpoints.read(path, self.optimiser)
        self.curves = [Epoch(**point) for point in json.loads(curves)]
        self.network.load_state_dict(weights["network"])
        self.average, self.best = weights["average"], weights["best"]


def fine_tune(
    network: nn.Module,
    rates: Sequence[tuple[nn.Module, float]],
    data: TrainingData,
    schedule: Schedule,
    checkpoint: Checkpoint,
    objective: Objective | None = None,
) -> list[Epoch]:
    """Trains a network in place and leaves it with the averaged weights of its best epoch on validation.

    Args:
        network: inputs -> (B, classes) logits in training mode.
        rates: modules to train, each with its peak learning rate; the rest stays as it is.
        data: what to learn from and to validate on.
        schedule: how long and how fast.
        checkpoint: where the state is saved, and which epoch is kept.
        objective: what is minimised; None for the cross-entropy of the logits.

    Returns:
        The learning curves.
    """
    network.to(DEVICE).to(memory_format=torch.channels_last).requires_grad_(False)
    groups = parameter_groups(rates, schedule.weight_decay)
    state = _State(network, torch.optim.AdamW(groups), _copy(network), _copy(network), [])
    if checkpoint.resume and checkpoint.path.exists():
        state.resume(checkpoint.path)
    if not state.curves:  # the start is a candidate too: training may only make it worse
        state.curves.append(Epoch(0, None, *evaluate(network, *data.validation), seconds=0.0))
    saved = time.perf_counter()
    for number in range(len(state.curves) - 1, schedule.epochs):
        if not checkpoint.keep_last and number - best_epoch(state.curves) > schedule.patience:
            break
        start = time.perf_counter()
        means = _train_epoch(state, data.batches, number, schedule, objective)
        with _with_weights(network, state.average):
            val_loss, accuracy = evaluate(network, *data.validation)
        seconds = time.perf_counter() - start
        shown = means if objective else {}
        point = Epoch(number + 1, sum(means.values()), val_loss, accuracy, round(seconds, 1), shown)
        if checkpoint.keep_last or val_loss < min(past.val_loss for past in state.curves):
            state.best = {name: tensor.clone() for name, tensor in state.average.items()}
        state.curves.append(point)
        tqdm.write(
            f"epoch {point.epoch}: train {point.train_loss:.3f}, val {val_loss:.3f}, accuracy {accuracy:.3f}"
            + "".join(f", {name} {value:.3f}" for name, value in shown.items())
        )
        if time.perf_counter() - saved >= checkpoint.pause or point.epoch == schedule.epochs:
            state.save(checkpoint.path)
            saved = time.perf_counter()
    network.load_state_dict(state.best)
    network.eval()
    return state.curves


def _train_epoch(
    state: _State, batches: Batches, number: int, schedule: Schedule, objective: Objective | None
) -> dict[str, float]:
    """One pass over the batches; the mean of each term of the loss."""
    network = state.network
    steps, warmup = schedule.epochs * len(batches), max(1, round(schedule.warmup * len(batches)))
    losses: list[dict[str, torch.Tensor]] = []  # read when all is done: a GPU would stop for each
    train_mode(network, schedule.batch_norm)
    progress = tqdm(batches.epoch(number), total=len(batches), desc=f"epoch {number + 1}", leave=False)
    for step, (inputs, targets) in enumerate(progress, start=number * len(batches)):
        factor = _pace(step, steps, warmup)
        for group in state.optimiser.param_groups:
            group["lr"] = group["peak"] * factor
        inputs, targets = share(inputs), share(targets)
        if objective:
            terms = objective(network, inputs, targets)
        else:
            terms = {"ce": cross_entropy(network(inputs), targets, label_smoothing=schedule.smoothing)}
        state.optimiser.zero_grad()
        sum(terms.values(), torch.zeros((), device=DEVICE)).backward()
        average_gradients(network.parameters())
        if schedule.clip:
            nn.utils.clip_grad_norm_(network.parameters(), schedule.clip)
        state.optimiser.step()
        losses.append({name: term.detach() for name, term in terms.items()})
        decay = min(schedule.average, (1 + step) / (10 + step))
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                state.average[name].lerp_(tensor, 1 - decay)
    return {name: torch.stack([step[name] for step in losses]).mean().item() for name in losses[0]}


@torch.no_grad()
def evaluate(network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Cross-entropy (nats) after the temperature that fits best, as a model is calibrated in the end, and accuracy.

    Before it, smoothed and mixed labels make an early epoch look better than it is: the later ones are merely less sure
    than they could be.
    """
    logits = predict_logits(network, inputs)
    return cross_entropy(logits / fit_temperature(logits, labels), labels).item(), (
        logits.argmax(1) == labels
    ).float().mean().item()


@torch.no_grad()
def predict_logits(network: nn.Module, inputs: torch.Tensor, batch: int = 32) -> torch.Tensor:
    """The logits (N, classes) for inputs (N, ...), on the CPU."""
    network.eval()
    outputs = [network(part.to(DEVICE)) for part in inputs.split(batch)]
    return torch.cat([output[1] if isinstance(output, tuple) else output for output in outputs]).float().cpu()


def train_mode(network: nn.Module, batch_norm: bool = False) -> None:
    """Training mode, for batch norm only if that is said."""
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train(batch_norm)


def parameter_groups(rates: Sequence[tuple[nn.Module, float]], weight_decay: float) -> list[dict[str, Any]]:
    """AdamW's groups for modules that are to learn, each with its peak rate; only matrices and kernels decay."""
    groups: list[dict[str, Any]] = []
    for module, rate in rates:
        module.requires_grad_(True)
        for matrices in (True, False):
            chosen = [tensor for tensor in module.parameters() if (tensor.ndim > 1) == matrices]
            groups.append({"params": chosen, "lr": rate, "peak": rate, "weight_decay": weight_decay * matrices})
    return groups


def layer_rates(layers: Sequence[nn.Module], rate: float, decay: float) -> list[tuple[nn.Module, float]]:
    """Each layer with its peak rate: ``rate`` for the last, ``decay`` times that of the one above for each below."""
    return [(layer, rate * decay ** (len(layers) - 1 - index)) for index, layer in enumerate(layers)]


def _pace(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(1, steps - warmup)))


def best_epoch(curves: Sequence[Epoch]) -> int:
    """The epoch of the lowest validation loss."""
    return min(curves, key=lambda point: point.val_loss).epoch


def _copy(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


@contextmanager
def _with_weights(network: nn.Module, weights: dict[str, torch.Tensor]) -> Iterator[None]:
    own = _copy(network)
    network.load_state_dict(weights)
    try:
        yield
    finally:
        network.load_state_dict(own)
