"""Where ProtoViT's training begins: a trained encoder, principal components, the centres of each class's patches."""

from __future__ import annotations

import timm
import torch
from safetensors.torch import load_file
from sklearn.cluster import KMeans
from timm.models.vision_transformer import checkpoint_filter_fn
from torch import nn
from torch.nn.functional import normalize

from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.vision.predictions import CLASSES
from training.protovit.partition import TrainableTail
from training.protovit.recipe import ProtoViTRecipe
from training.vision.data import CachedViews
from training.vision.distributed import DEVICE


def initial_model(init: str, recipe: ProtoViTRecipe) -> ProtoViTForImageClassification:
    """A trained encoder, and prototypes that have yet to learn.

    Args:
        init: a name in timm, or a file of safetensors with the names of the recipe's encoder.
        recipe: the shape of the prototypes.
    """
    config = ProtoViTConfig(
        encoder_config=dict(recipe.encoder),
        prototypes_per_class=recipe.prototypes_per_class,
        parts=recipe.parts,
        radius=recipe.radius,
        blank=recipe.blank,
        projection=recipe.projection,
        pool=recipe.pool,
        concentration=recipe.concentration,
        id2label=dict(enumerate(CLASSES)),
        label2id={name: index for index, name in enumerate(CLASSES)},
    )
    model = ProtoViTForImageClassification(config)
    from_file = init.endswith(".safetensors")
    size = recipe.preprocessing.size
    source = None if from_file else timm.create_model(init, pretrained=True, num_classes=0, img_size=size)
    state = load_file(init) if source is None else source.state_dict()
    encoder = model.encoder.timm_model
    # resamples the position embedding where the pictures were of another size
    found = checkpoint_filter_fn({name: tensor.float() for name, tensor in state.items()}, encoder)
    wanted = encoder.state_dict()
    # a shorter encoder has no use for the last blocks, nor for the scales that its norm learnt after them
    shortened = f"blocks.{len(encoder.blocks)}.norm1.weight" in found
    own = {name: tensor for name, tensor in wanted.items() if shortened and name.startswith("norm.")}
    encoder.load_state_dict({name: tensor for name, tensor in found.items() if name in wanted} | own)
    round_as_saved(model)
    return model.eval()


@torch.no_grad()
def round_as_saved(model: nn.Module) -> None:
    """Gives the weights the precision that they are shipped in, so that what is measured holds for what is shipped."""
    for tensor in model.parameters():
        tensor.copy_(tensor.half())


@torch.no_grad()
def start_projection(model: ProtoViTForImageClassification, tokens: torch.Tensor, tail: TrainableTail) -> None:
    """Starts the map of the patches at their principal components, half whitened, from tokens (N, D + 1, 1, tokens)."""
    linear = model.patch_features.projection
    if linear is None:
        return
    shown = tokens[:, -1, 0].bool()
    shown[:, 0] = False  # the class token
    patches = torch.cat(
        [tail.norm(tail.blocks(part[:, :-1, 0].to(DEVICE).float().transpose(1, 2)))[seen.to(DEVICE)] for part, seen in
         zip(tokens.split(64), shown.split(64), strict=True)]
    )  # fmt: skip
    patches = patches[torch.randperm(len(patches))[:40_000]]
    mean = patches.mean(0)
    _, spread, directions = torch.pca_lowrank(patches - mean, q=linear.out_features)
    deviation = (spread / len(patches) ** 0.5).clamp_min(1e-6)
    linear.weight.copy_((directions / deviation.sqrt()).T)
    linear.bias.copy_(-linear.weight @ mean)


@torch.no_grad()
def start_prototypes(model: ProtoViTForImageClassification, views: CachedViews, seed: int) -> None:
    """Starts each class's prototypes at the centres of its patches rather than at random: apart, and near something."""
    head, plain = model.head, views.maps[0]  # (N, D, n, n)
    for label in range(len(CLASSES)):
        patches = plain[views.pictures.labels == label].flatten(2).transpose(1, 2).flatten(0, 1)
        patches = normalize(patches[patches.any(1)].float(), dim=1)  # those that show something
        sample = patches[torch.randperm(len(patches), generator=torch.Generator().manual_seed(seed))[:8000]]
        own = (head.classes() == label).nonzero()[:, 0]
        centres = KMeans(len(own), n_init=3, random_state=seed).fit(sample.numpy()).cluster_centers_
        noise = torch.randn(head.prototypes[own].shape, generator=torch.Generator().manual_seed(seed))
        start = torch.from_numpy(centres).float()[:, :, None] + 0.05 * noise
        head.prototypes[own] = start.to(head.prototypes.device)
