"""ProtoViT: a vision transformer that classifies a picture by its likeness to parts of known pictures.

Ma et al., "Interpretable Image Classification with Adaptive Prototype-based Vision Transformers", NeurIPS 2024
(arXiv:2410.20722). B pictures, C classes, P prototypes, K parts each, D channels, N = n^2 places: patches, or cells of
several patches. Unlike theirs, a prototype speaks for its own class alone and never against it, as in PIP-Net (Nauta
et al. 2023, CVPR): what is seen adds up to the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, max_pool2d, normalize, softplus
from transformers import AutoModel, PreTrainedModel
from transformers.utils import ModelOutput

from models.protovit.configuration import ProtoViTConfig
from models.protovit.matching import greedy_match, neighbours, textured

POINTS = 10.0  # what a prototype of strength 0 brings is about this much x log 2
SLOT = 0.1  # where each slot starts: sigmoid(tau * 0.1) is nearly 1, so every part is switched on


@dataclass
class ProtoViTOutput(ModelOutput):
    """What the model answers, with all of its reasoning.

    Args:
        loss: cross-entropy, nats, where labels were given.
        logits: (B, C); each is the sum over all prototypes of similarity x weight.
        similarities: (B, P), g_p in 0..1 (in -K..K where the configuration's concentration is 0).
        cosines: (B, P, K) in -1..1, of each part with its patch.
        patches: (B, P, K) int64, the patch of each part, row by row from the top left.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    similarities: torch.Tensor | None = None
    cosines: torch.Tensor | None = None
    patches: torch.Tensor | None = None


@dataclass(frozen=True)
class PrototypeHeadOutput:
    """What the head finds; shapes as in :class:`ProtoViTOutput`."""

    logits: torch.Tensor
    similarities: torch.Tensor
    cosines: torch.Tensor
    patches: torch.Tensor


class PrototypeHead(nn.Module):
    """Greedy matching, slots and evidence: all that comes after the features.

    Prototype p speaks for class p // m.

    Args:
        config: of the model.
        channels: D.
    """

    def __init__(self, config: ProtoViTConfig, channels: int) -> None:
        super().__init__()
        self.radius = config.radius
        self.slot_temperature = config.slot_temperature
        self.concentration = config.concentration
        self.labels = int(config.num_labels or 0)
        count = self.labels * config.prototypes_per_class
        self.prototypes = nn.Parameter(torch.empty(count, channels, config.parts))
        self.slots = nn.Parameter(torch.empty(count, config.parts))
        self.strength = nn.Parameter(torch.empty(count))
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Prototypes uniform in 0..1, every slot on, all prototypes equally strong."""
        self.prototypes.uniform_()
        self.slots.fill_(SLOT)
        self.strength.fill_(1.0)

    def classes(self) -> torch.Tensor:
        """(P,) int64: the class that each prototype speaks for."""
        count = len(self.slots)
        return torch.arange(count, device=self.slots.device) // (count // self.labels)

    def evidence(self) -> torch.Tensor:
        """W, (C, P) >= 0: the points that a prototype brings each class at a similarity of 1; 0 but for its own."""
        own = torch.arange(self.labels, device=self.slots.device)[:, None] == self.classes()[None]
        return own * POINTS * softplus(self.strength)

    def slot_weights(self) -> torch.Tensor:
        """s = sigmoid(tau v), (P, K): how much each part counts, 0 for one that is switched off."""
        return torch.sigmoid(self.slot_temperature * self.slots)

    def forward(self, features: torch.Tensor) -> PrototypeHeadOutput:
        """From the features of the places (B, D, n, n) to the logits."""
        cosines = self.cosines(features)
        near = neighbours(features.shape[-1], self.radius).to(features.device)
        patches = greedy_match(cosines, near, self.slot_weights() > 0.5)
        matched = cosines.gather(3, patches[..., None])[..., 0]  # (B, P, K)
        similarities = self.similarities(matched)
        return PrototypeHeadOutput(similarities @ self.evidence().T, similarities, matched, patches)

    def cosines(self, features: torch.Tensor) -> torch.Tensor:
        """The cosine of each part of each prototype with each place: (B, D, n, n) -> (B, P, K, N)."""
        return place_cosines(self.prototypes, features)

    def at(self, features: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        """g_p (B, P) where each part is compared with a given place, (P, K) or (B, P, K), instead of the best."""
        return self.similarities(
            self.cosines(features).gather(3, patches.expand(len(features), -1, -1)[..., None])[..., 0]
        )

    def similarities(self, matched: torch.Tensor) -> torch.Tensor:
        """From the cosines of the parts with their places, (B, P, K), to g_p, (B, P)."""
        slots = self.slot_weights()
        mean = (matched * slots).sum(2) / (slots.sum(1) + 1e-10)
        if self.concentration:
            return torch.exp(self.concentration * (mean - 1))
        return slots.shape[1] * mean


def place_cosines(prototypes: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
    """The cosine of each part of prototypes (P, D, K) with each place of features (B, D, n, n): (B, P, K, N)."""
    directions = normalize(features.flatten(2), dim=1)  # (B, D, N)
    parts = normalize(prototypes, dim=1).permute(0, 2, 1)  # (P, K, D)
    cosines: torch.Tensor = (parts.flatten(0, 1) @ directions).unflatten(1, parts.shape[:2])
    return cosines


class PatchFeatures(nn.Module):
    """Tokens of the encoder to the features that prototypes are compared with, place by place.

    Args:
        config: of the model.
        channels: of the tokens.
    """

    def __init__(self, config: ProtoViTConfig, channels: int) -> None:
        super().__init__()
        self.pool = config.pool
        self.projection = nn.Linear(channels, config.projection) if config.projection else None
        self.channels = config.projection or channels

    def forward(self, tokens: torch.Tensor, shown: torch.Tensor) -> torch.Tensor:
        """Tokens (B, 1 + others + N', C) and which patches show something, (B, n', n') -> (B, D, n, n)."""
        features = patch_tokens(tokens) if self.projection else relative_features(tokens)
        if self.projection:
            features = self.projection(features.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return avg_pool2d(features * shown[:, None], self.pool)


class ProtoViTForImageClassification(PreTrainedModel):
    """A vision transformer and the prototypes that its patches are compared with."""

    config_class = ProtoViTConfig
    base_model_prefix = "encoder"
    main_input_name = "pixel_values"

    def __init__(self, config: ProtoViTConfig) -> None:
        super().__init__(config)
        self.encoder = AutoModel.from_config(config.encoder_config)
        timm_model = getattr(self.encoder, "timm_model", None)
        channels = timm_model.num_features if timm_model is not None else self.encoder.config.hidden_size
        self.patch_features = PatchFeatures(config, channels)
        self.head = PrototypeHead(config, self.patch_features.channels)
        self.post_init()  # type: ignore[no-untyped-call]

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, PrototypeHead):
            module.reset()
        else:
            super()._init_weights(module)  # type: ignore[no-untyped-call]

    @property
    def grid(self) -> int:
        """n, places along each side of a picture of the size that the encoder was built for."""
        timm_model = getattr(self.encoder, "timm_model", None)
        if timm_model is not None:
            patches = timm_model.patch_embed.grid_size[0]
        else:
            patches = self.encoder.config.image_size // self.encoder.config.patch_size
        places: int = patches // self.config.pool
        return places

    def features(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """What prototypes are compared with, 0 where a patch shows nothing: (B, 3, H, W) -> (B, D, n, n)."""
        tokens = self.encoder(pixel_values).last_hidden_state
        shown = textured(pixel_values, self.grid * self.config.pool, self.config.blank)
        features: torch.Tensor = self.patch_features(tokens, shown)
        return features

    def textured(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Which places show something: (B, 3, H, W) -> (B, n, n) bool."""
        shown = textured(pixel_values, self.grid * self.config.pool, self.config.blank)
        return max_pool2d(shown.float(), self.config.pool) > 0

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None, return_dict: bool = True
    ) -> ProtoViTOutput | tuple[torch.Tensor, ...]:
        """Classifies pictures (B, 3, H, W), normalised as the image processor does; labels (B,) give a loss."""
        found: PrototypeHeadOutput = self.head(self.features(pixel_values))
        loss = cross_entropy(found.logits, labels) if labels is not None else None
        output = ProtoViTOutput(loss, found.logits, found.similarities, found.cosines, found.patches)
        return output if return_dict else output.to_tuple()


def patch_tokens(tokens: torch.Tensor) -> torch.Tensor:
    """z_i from the encoder's last hidden state, (B, 1 + others + N, D) -> (B, D, n, n).

    The patches are the last N = n^2 tokens: what comes between them and the class token, such as DeiT's distillation
    token or registers, is passed over.
    """
    grid = math.isqrt(tokens.shape[1] - 1)
    patches: torch.Tensor = tokens[:, -(grid**2) :].transpose(1, 2).unflatten(2, (grid, grid))
    return patches


def relative_features(tokens: torch.Tensor) -> torch.Tensor:
    """f_i = z_i - z_0, (B, 1 + others + N, D) -> (B, D, n, n)."""
    return patch_tokens(tokens) - tokens[:, 0, :, None, None]
