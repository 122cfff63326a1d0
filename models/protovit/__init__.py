"""ProtoViT as a ``transformers`` model: importing this package makes it known to the Auto classes."""

from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageClassification, ViTImageProcessor

from models.protovit.configuration import ProtoViTConfig
from models.protovit.modeling import ProtoViTForImageClassification


class ProtoViTImageProcessor(ViTImageProcessor):
    """The whole picture stretched to a square, on the scale that ``preprocessor_config.json`` says."""


AutoConfig.register(ProtoViTConfig.model_type, ProtoViTConfig)
AutoModelForImageClassification.register(ProtoViTConfig, ProtoViTForImageClassification)
AutoImageProcessor.register(ProtoViTConfig, ProtoViTImageProcessor)

__all__ = ["ProtoViTConfig", "ProtoViTForImageClassification", "ProtoViTImageProcessor"]
