"""Teaches an encoder what stronger networks know, from pictures without labels.

    python -m training.distil_encoder --init FILE --data FOLDER --pool FOLDER --teacher MODEL=FILE --out FILE
    python -m training.distil_encoder --student vgg16 --init FILE --data FOLDER --pool FOLDER --teacher MODEL --out FILE

The student sees the same variation of a picture as its teachers (consistent teaching, Beyer et al. 2022,
arXiv:2106.05237) and learns to tell their pooled features (mean squared error, each dimension standardised) and their
ImageNet probabilities (Kullback-Leibler divergence) from its own. Half of the patches of a vision transformer are
dropped (PatchDropout, Liu et al. 2022, arXiv:2208.07220), which halves the time of a step. The rate is constant and
the result is a moving average of the weights, so the training may be stopped at any checkpoint.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import save_file
from timm.data import resolve_model_data_config
from torch import nn
from torch.nn.functional import interpolate, kl_div, log_softmax, mse_loss
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from models.vision.preprocessing import Preprocessing, to_tensor
from models.vision.uploads import read_upload
from training.vision import checkpoints
from training.vision.artifacts import TAUGHT_BY
from training.vision.data import read_catalogue, read_photos
from training.vision.distributed import DEVICE, STATE, average_gradients, share
from training.vision.fine_tune import layer_rates, parameter_groups, train_mode
from training.vision.students import RECIPES, STUDENTS, DistillationRecipe, StudentEncoder


class Pictures(Dataset[torch.Tensor]):
    """Endless variations of two sets of pictures, in an order that the seed settles: (3, S, S) in 0..1."""

    def __init__(
        self, own: Sequence[Path], pool: Sequence[Path], recipe: DistillationRecipe, seed: int, first: int
    ) -> None:
        self.own, self.pool, self.recipe, self.seed, self.first = own, pool, recipe, seed, first
        self.larger = Preprocessing(recipe.teacher_size * 9 // 8)
        self.vary = v2.Compose(
            [
                v2.RandomResizedCrop(recipe.teacher_size, scale=(0.4, 1.0), antialias=True),
                v2.RandomHorizontalFlip(),
                v2.RandAugment(1, 6, fill=255),
            ]
        )

    def __len__(self) -> int:
        return 1 << 40

    def __getitem__(self, index: int) -> torch.Tensor:
        torch.manual_seed(self.seed * 1_000_003 + self.first + index)
        paths = self.own if torch.rand(()) < self.recipe.own else self.pool
        path = paths[int(torch.randint(len(paths), ()))]
        return to_tensor(self.vary(self.larger.stretch(read_upload(path).image)))


class Teachers(nn.Module):
    """Frozen ImageNet networks, each with the normalisation that it was trained with."""

    def __init__(self, names: Sequence[tuple[str, str | None]]) -> None:
        super().__init__()
        networks: list[Any] = [  # each with what timm gives its own networks beside those of torch
            timm.create_model(name, checkpoint_path=file) if file else timm.create_model(name, pretrained=True)
            for name, file in names
        ]
        self.listed = networks
        self.networks = nn.ModuleList(networks).eval().requires_grad_(False)
        found = [resolve_model_data_config(network) for network in networks]
        self.scales = [Preprocessing(0, config["mean"], config["std"]) for config in found]

    @torch.no_grad()
    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(B, 3, S, S) in 0..1 -> pooled features side by side (B, D), mean log-probabilities (B, 1000)."""
        features, logits = [], []
        for network, scale in zip(self.listed, self.scales, strict=True):
            inputs = scale.normalise(pixels).contiguous(memory_format=torch.channels_last)
            pooled = network.forward_head(network.forward_features(inputs), pre_logits=True)
            features.append(pooled.float())
            logits.append(log_softmax(network.get_classifier()(pooled), 1))
        return torch.cat(features, 1), log_softmax(torch.stack(logits).mean(0), 1)


class Student(nn.Module):
    """An encoder with a linear head for each of the two things that it learns to tell."""

    def __init__(self, parts: StudentEncoder, features: int) -> None:
        super().__init__()
        self.parts = parts
        self.encoder = parts.network
        self.head = nn.Linear(parts.width, features + 1000)
        self.mean: torch.Tensor
        self.std: torch.Tensor
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("std", torch.ones(features))

    def embed(self, pixels: torch.Tensor) -> torch.Tensor:
        """(B, 3, T, T) in 0..1 -> the encoder's features (B, width)."""
        scale = self.parts.scale
        smaller = interpolate(pixels, scale.size, mode="bilinear", antialias=True, align_corners=False)
        return self.parts.embed(scale.normalise(smaller))

    def loss(self, pixels: torch.Tensor, target: tuple[torch.Tensor, torch.Tensor], weight: float) -> torch.Tensor:
        """Squared error of the standardised features + ``weight`` x divergence of the probabilities, nats."""
        features, log_probabilities = target
        told = self.head(self.embed(pixels)).float()
        error = mse_loss(told[:, : len(self.mean)], (features - self.mean) / self.std)
        divergence = kl_div(
            log_softmax(told[:, len(self.mean) :], 1), log_probabilities, log_target=True, reduction="batchmean"
        )
        return error + weight * divergence

    @torch.no_grad()
    def fit(self, teachers: Teachers, batches: Iterator[torch.Tensor], steps: int) -> None:
        """Starts the heads at a ridge regression: a head that starts from chance would spoil the encoder."""
        seen = [(self.embed(pixels), *teachers(pixels)) for pixels in (next(batches) for _ in range(steps))]
        inputs, features, logits = (torch.cat(parts) for parts in zip(*seen, strict=True))
        self.mean.copy_(features.mean(0))
        self.std.copy_(features.std(0).clamp_min(1e-3))
        goals = torch.cat([(features - self.mean) / self.std, logits - logits.mean(1, keepdim=True)], 1)
        centre, level = inputs.mean(0), goals.mean(0)
        spread = inputs - centre
        ridge = 0.1 * spread.square().sum(0).mean() * torch.eye(spread.shape[1])
        solution = torch.linalg.solve(spread.T @ spread + ridge, spread.T @ (goals - level))
        self.head.weight.copy_(solution.T)
        self.head.bias.copy_(level - centre @ solution)


def rates(student: Student, recipe: DistillationRecipe) -> list[tuple[nn.Module, float]]:
    """What learns, with its peak rate: lower layers change less (layer-wise rate decay)."""
    return [(student.head, recipe.head_rate), *layer_rates(student.parts.layers, recipe.rate, recipe.decay)]


def main() -> None:
    """Reads the command line, distils, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", choices=list(STUDENTS), default="protovit", help="the model whose encoder learns")
    parser.add_argument("--init", required=True, help="file of safetensors; for a convnet, a name too")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--catalogue", type=Path, help="folder of rendered pictures to add to the photos")
    parser.add_argument("--pool", type=Path, required=True, help="folder of unlabelled .jpg photos")
    parser.add_argument("--teacher", action="append", required=True, metavar="MODEL[=FILE]", help="timm name; repeat")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bf16", action="store_true", help="half precision, where the processor has it")
    parser.add_argument("--save-every", type=int, default=20, help="steps between checkpoints")
    parser.add_argument("--out", type=Path, required=True, help="safetensors of the encoder")
    parser.add_argument("--resume", action="store_true", help="go on after an interruption")
    args = parser.parse_args()
    distil(args, RECIPES[args.student])


def distil(args: argparse.Namespace, recipe: DistillationRecipe) -> None:
    """Runs the training; ``args.out`` always holds the averaged encoder of the last checkpoint."""
    taught_by = [_teacher(text) for text in args.teacher]
    teachers = Teachers(taught_by).to(DEVICE).to(memory_format=torch.channels_last)
    taught = " ".join(name for name, _ in taught_by)
    features = sum(network.num_features for network in teachers.listed)
    student = Student(STUDENTS[args.student](args.init, recipe), features).to(DEVICE)
    train_mode(student)
    student.encoder.requires_grad_(False)
    optimiser = torch.optim.AdamW(parameter_groups(rates(student, recipe), recipe.weight_decay))
    average = {name: tensor.clone() for name, tensor in student.state_dict().items()}
    checkpoint = args.out.with_suffix(".checkpoint.safetensors")
    first = 0
    if args.resume and checkpoint.exists():
        weights, note = checkpoints.read(checkpoint, optimiser)
        steps, _, before = note.partition(" ")
        if before != taught:  # the heads tell their features in this order
            raise SystemExit(f"{checkpoint} was taught by {before}: give the same teachers in that order")
        first, average = int(steps), weights["average"]
        student.load_state_dict(weights["student"])

    own = [photo.path for photo in read_photos(args.data)["train"]]
    own += [photo.path for photo in read_catalogue(args.catalogue)] if args.catalogue else []
    pictures = Pictures(own, sorted(args.pool.rglob("*.jpg")), recipe, args.seed, first * recipe.batch)
    batches = iter(DataLoader(pictures, recipe.batch, sampler=count()))
    if not first:
        student.fit(teachers, batches, recipe.fitted // recipe.batch)
    start, losses = time.perf_counter(), []
    for step in range(first + 1, args.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * min(1.0, step / recipe.warmup)
        pixels = share(next(batches))
        torch.manual_seed(args.seed * 1_000_003 + step)  # of what is mixed and dropped: a resumed run is the same run
        if torch.rand(()) < recipe.mix:
            part = torch.distributions.Beta(0.8, 0.8).sample()
            pixels = part * pixels + (1 - part) * pixels.flip(0)
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=args.bf16):
            loss = student.loss(pixels, teachers(pixels), recipe.probabilities)
        optimiser.zero_grad()
        loss.backward()
        average_gradients(student.parameters())
        nn.utils.clip_grad_norm_(student.parameters(), 3.0)
        optimiser.step()
        losses.append(loss.item())
        decay = min(recipe.average, (1 + step) / (10 + step))
        for name, tensor in student.state_dict().items():
            if tensor.is_floating_point():
                average[name].lerp_(tensor, 1 - decay)
        if step % args.save_every == 0 or step == args.steps:
            seconds = time.perf_counter() - start
            print(
                f"step {step}: loss {sum(losses) / len(losses):.4f}, {seconds / len(losses):.1f} s a step", flush=True
            )
            start, losses = time.perf_counter(), []
            weights = {"student": student.state_dict(), "average": average}
            checkpoints.save(checkpoint, optimiser, weights, f"{step} {taught}")
            prefix = "encoder."
            kept = {name[len(prefix) :]: tensor for name, tensor in average.items() if name.startswith(prefix)}
            learnt = {name: tensor.half().contiguous() for name, tensor in kept.items() if tensor.is_floating_point()}
            if STATE.is_main_process:
                save_file(learnt, args.out, metadata={TAUGHT_BY: taught})


def _teacher(text: str) -> tuple[str, str | None]:
    name, _, file = text.partition("=")
    return name, file or None


if __name__ == "__main__":
    main()
