"""ProtoViT: a vision transformer that classifies a picture by its likeness to parts of known pictures.

Ma et al., "Interpretable Image Classification with Adaptive Prototype-based Vision Transformers", NeurIPS 2024
(arXiv:2410.20722). B pictures, C classes, P prototypes, K parts each, D channels, N = n^2 patches.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModel, PreTrainedModel
from transformers.utils import ModelOutput

from models.protovit.configuration import ProtoViTConfig
from models.protovit.matching import greedy_match, neighbours, textured

OWN_CLASS = 1.0  # where the evidence layer starts: a prototype speaks for its own class ...
OTHER_CLASS = -0.5  # ... and against the others
SLOT = 0.1  # where each slot starts: sigmoid(tau * 0.1) is nearly 1, so every part is switched on


@dataclass
class ProtoViTOutput(ModelOutput):
    """What the model answers, with all of its reasoning.

    Args:
        loss: cross-entropy, nats, where labels were given.
        logits: (B, C); each is the sum over all prototypes of similarity x weight.
        similarities: (B, P), g_p in -K..K.
        cosines: (B, P, K) in -1..1, of each part with its patch.
        patches: (B, P, K) int64, the patch of each part, row by row from the top left.
    """

    loss: torch.Tensor | None = None
    logits: torch.Tensor | None = None
    similarities: torch.Tensor | None = None
    cosines: torch.Tensor | None = None
    patches: torch.Tensor | None = None


@dataclass(frozen=True)
class Comparison:
    """What the head finds; shapes as in :class:`ProtoViTOutput`."""

    logits: torch.Tensor
    similarities: torch.Tensor
    cosines: torch.Tensor
    patches: torch.Tensor


class PrototypeHead(nn.Module):
    """Greedy matching, slots and evidence layer: all that comes after the encoder.

    Prototype p speaks for class p // m.

    Args:
        config: of the model.
        channels: D.
    """

    def __init__(self, config: ProtoViTConfig, channels: int) -> None:
        super().__init__()
        self.radius = config.radius
        self.slot_temperature = config.slot_temperature
        classes = int(config.num_labels or 0)
        count = classes * config.prototypes_per_class
        self.prototypes = nn.Parameter(torch.empty(count, channels, config.parts))
        self.slots = nn.Parameter(torch.empty(count, config.parts))
        self.evidence = nn.Linear(count, classes, bias=False)
        self.reset()

    @torch.no_grad()
    def reset(self) -> None:
        """Prototypes uniform in 0..1, every slot on, each prototype for its own class and against the others."""
        self.prototypes.uniform_()
        self.slots.fill_(SLOT)
        classes = torch.arange(self.evidence.out_features, device=self.slots.device)
        own = classes[:, None] == self.classes()[None]
        self.evidence.weight.copy_(torch.where(own, OWN_CLASS, OTHER_CLASS))

    def classes(self) -> torch.Tensor:
        """(P,) int64: the class that each prototype speaks for."""
        count = len(self.slots)
        return torch.arange(count, device=self.slots.device) // (count // self.evidence.out_features)

    def slot_weights(self) -> torch.Tensor:
        """s = sigmoid(tau v), (P, K): how much each part counts, 0 for one that is switched off."""
        return torch.sigmoid(self.slot_temperature * self.slots)

    def forward(self, features: torch.Tensor) -> Comparison:
        """From the features of the patches (B, D, n, n) to the logits."""
        directions = normalize(features.flatten(2), dim=1)  # (B, D, N)
        parts = normalize(self.prototypes, dim=1).permute(0, 2, 1)  # (P, K, D)
        cosines = (parts.flatten(0, 1) @ directions).unflatten(1, parts.shape[:2])  # (B, P, K, N)
        slots = self.slot_weights()
        near = neighbours(features.shape[-1], self.radius).to(features.device)
        patches = greedy_match(cosines, near, slots > 0.5)
        matched = cosines.gather(3, patches[..., None])[..., 0]  # (B, P, K)
        similarities = parts.shape[1] * (matched * slots).sum(2) / (slots.sum(1) + 1e-10)
        return Comparison(self.evidence(similarities), similarities, matched, patches)


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
        self.head = PrototypeHead(config, channels)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, PrototypeHead):
            module.reset()
        elif module is not self.head.evidence:  # which the head has set
            super()._init_weights(module)

    @property
    def grid(self) -> int:
        """n, patches along each side of a picture of the size that the encoder was built for."""
        timm_model = getattr(self.encoder, "timm_model", None)
        if timm_model is not None:
            return timm_model.patch_embed.grid_size[0]
        return self.encoder.config.image_size // self.encoder.config.patch_size

    def features(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """f_i = z_i - z_0, and 0 where a patch shows nothing: (B, 3, H, W) -> (B, D, n, n)."""
        features = relative_features(self.encoder(pixel_values).last_hidden_state)
        return features * textured(pixel_values, features.shape[-1], self.config.blank)[:, None]

    def forward(
        self, pixel_values: torch.Tensor, labels: torch.Tensor | None = None, return_dict: bool = True
    ) -> ProtoViTOutput | tuple[torch.Tensor, ...]:
        """Classifies pictures (B, 3, H, W), normalised as the image processor does; labels (B,) give a loss."""
        found: Comparison = self.head(self.features(pixel_values))
        loss = cross_entropy(found.logits, labels) if labels is not None else None
        output = ProtoViTOutput(loss, found.logits, found.similarities, found.cosines, found.patches)
        return output if return_dict else output.to_tuple()


def relative_features(tokens: torch.Tensor) -> torch.Tensor:
    """f_i = z_i - z_0 from the encoder's last hidden state, (B, 1 + others + N, D) -> (B, D, n, n).

    The patches are the last N = n^2 tokens: what comes between them and the class token, such as DeiT's distillation
    token or registers, is passed over.
    """
    grid = math.isqrt(tokens.shape[1] - 1)
    patches = tokens[:, -(grid**2) :]
    return (patches - tokens[:, :1]).transpose(1, 2).unflatten(2, (grid, grid))
