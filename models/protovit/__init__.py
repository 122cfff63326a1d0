"""ProtoViT as a ``transformers`` model: importing this package makes it known to the Auto classes."""

from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification, ViTImageProcessor

from models.protovit.configuration import ProtoViTConfig
from models.protovit.modeling import ProtoViTForImageClassification


class ProtoViTImageProcessor(ViTImageProcessor):
    """The whole picture stretched to 224 px, on the scale of ImageNet's mean and spread."""

    image_mean = [0.485, 0.456, 0.406]  # noqa: RUF012 - as the base class has it
    image_std = [0.229, 0.224, 0.225]  # noqa: RUF012


AutoConfig.register(ProtoViTConfig.model_type, ProtoViTConfig)
AutoModelForImageClassification.register(ProtoViTConfig, ProtoViTForImageClassification)
AutoImageProcessor.register(ProtoViTConfig, ProtoViTImageProcessor)

__all__ = ["ProtoViTConfig", "ProtoViTForImageClassification", "ProtoViTImageProcessor"]
