"""What describes a ProtoViT: its encoder, and the shape of its prototypes."""

from __future__ import annotations

from typing import Any

from transformers import CONFIG_MAPPING, PreTrainedConfig, TimmWrapperConfig


class ProtoViTConfig(PreTrainedConfig):
    """The configuration of :class:`models.protovit.modeling.ProtoViTForImageClassification`.

    Args:
        encoder_config: of any vision transformer that ``transformers`` knows by its ``model_type`` and whose last
            hidden state is a class token, possibly other tokens, and a square of patches. By default timm's
            ViT-S/14 of DINOv2, 224 px.
        prototypes_per_class: m.
        parts: sub-prototypes of each prototype, K.
        radius: Chebyshev distance, in patches, at which the next part is sought from the last.
        slot_temperature: tau of the slots, s = sigmoid(tau v).
        blank: a patch whose pixels differ by less than this standard deviation, in units of the normalised input, is
            like nothing: its cosine with every part is 0. At 0 every patch is compared, as in the paper.
        projection: D, channels of a learnt linear map of each patch token by itself; with it no class token is
            subtracted, which every pixel of the picture has a part in. At 0 features are z_i - z_0, as in the paper.
        pool: patches along each side of a cell; what is compared is the mean of a cell's patches. 1 in the paper.
        concentration: kappa of the similarity exp(kappa (c - 1)) of a mean cosine c, the von Mises-Fisher
            kernel, in 0..1; at 0 the similarity is K c, as in the paper.

    Raises:
        ValueError: a number below 1, a negative ``blank``, ``projection`` or ``concentration``, or more parts than a
            corner of the picture has neighbours.
    """

    model_type = "protovit"

    def __init__(
        self,
        encoder_config: dict[str, Any] | PreTrainedConfig | None = None,
        prototypes_per_class: int = 8,
        parts: int = 4,
        radius: int = 1,
        slot_temperature: float = 100.0,
        blank: float = 0.0,
        projection: int = 0,
        pool: int = 1,
        concentration: float = 0.0,
        **kwargs: Any,
    ) -> None:
        positive = {"prototypes_per_class": prototypes_per_class, "parts": parts, "radius": radius, "pool": pool}
        for name, value in positive.items():
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        if (radius + 1) ** 2 < parts:
            raise ValueError(
                f"parts must be at most (radius + 1)^2 = {(radius + 1) ** 2}, the neighbours of a corner, got {parts}"
            )
        for name, amount in (("blank", blank), ("projection", projection), ("concentration", concentration)):
            if amount < 0:
                raise ValueError(f"{name} must not be negative, got {amount}")
        self.encoder_config = _encoder(encoder_config)
        self.prototypes_per_class = prototypes_per_class
        self.parts = parts
        self.radius = radius
        self.slot_temperature = slot_temperature
        self.blank = blank
        self.projection = projection
        self.pool = pool
        self.concentration = concentration
        super().__init__(**kwargs)

    def to_dict(self) -> dict[str, Any]:
        """As config.json holds it."""
        return super().to_dict() | {"encoder_config": self.encoder_config.to_dict()}


def _encoder(given: dict[str, Any] | PreTrainedConfig | None) -> PreTrainedConfig:
    if given is None:
        return TimmWrapperConfig(
            architecture="vit_small_patch14_dinov2", model_args={"img_size": 224}, do_pooling=False
        )
    if isinstance(given, PreTrainedConfig):
        return given
    rest = dict(given)
    kind = rest.pop("model_type", "")
    if kind not in CONFIG_MAPPING:
        raise ValueError(f"encoder_config needs the model_type of a transformers model, got {kind!r}")
    return CONFIG_MAPPING[kind](**rest)
