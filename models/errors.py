"""What can go wrong in a way that the person asking can mend."""

from __future__ import annotations

from models.texts import ENGLISH, Texts


class VitrineError(Exception):
    """An error with a text in the catalogue (section ``errors``): said in the reader's language.

    Args:
        key: entry below ``errors`` in the catalogue.
        details: what fills the entry's placeholders: the argument, the value received, what is allowed.
    """

    def __init__(self, key: str, **details: object) -> None:
        self.key = key
        self.details = details
        super().__init__(self.say(ENGLISH))

    def say(self, texts: Texts) -> str:
        """The sentence that a person reads."""
        return texts(f"errors.{self.key}", **self.details)


class InputError(VitrineError):
    """A bad argument: nothing was computed; the sentence names the argument, the value and what is allowed."""


class ModelUnavailable(VitrineError):
    """A model's weights are missing or damaged; the sentence says which and how to get them."""
