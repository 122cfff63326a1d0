"""Models and categories as the reader knows them."""

from __future__ import annotations

from models.texts import Texts


def model_name(name: str, texts: Texts) -> str:
    """A shipped model's name in the reader's language."""
    return texts(f"images.models.{name}")


def class_name(name: str, texts: Texts) -> str:
    """A category in the reader's language."""
    return texts(f"images.classes.{name}")
