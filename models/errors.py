"""What can go wrong in a way that the person asking can mend."""

from __future__ import annotations

import numpy as np

from models.texts import ENGLISH, Texts

LONGEST = 200  # characters of a value in a sentence


def shown(value: object, longest: int = 60) -> str:
    """A value that came in, as a sentence shows it: as Python writes it, and never long.

    Args:
        value: anything.
        longest: characters, at least 2.
    """
    if isinstance(value, str):
        value = value[: longest + 1]  # before it is quoted: it may be as long as a photo
    try:
        text = repr(value.item() if isinstance(value, np.generic) else value)
    except (ValueError, RecursionError):  # a number of more than 4,300 digits, or lists in lists in lists
        text = f"<{type(value).__name__}>"
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


class VitrineError(Exception):
    """An error with a text in the catalogue (section ``errors``): said in the reader's language.

    Args:
        key: entry below ``errors`` in the catalogue.
        details: what fills the entry's placeholders: the argument, the value received, what is allowed. A text among
            them is cut where it is long, but for what is ``allowed``, which is ours.
    """

    def __init__(self, key: str, **details: object) -> None:
        self.key = key
        self.details = {name: value if name == "allowed" else _bounded(value) for name, value in details.items()}
        super().__init__(self.say(ENGLISH))

    def say(self, texts: Texts) -> str:
        """The sentence that a person reads."""
        return texts(f"errors.{self.key}", **self.details)


class InputError(VitrineError):
    """A bad argument: nothing was computed; the sentence names the argument, the value and what is allowed."""


class ModelUnavailable(VitrineError):
    """A model's weights are missing or damaged; the sentence says which and how to get them."""


def _bounded(value: object) -> object:
    return f"{value[: LONGEST - 1]}…" if isinstance(value, str) and len(value) > LONGEST else value
