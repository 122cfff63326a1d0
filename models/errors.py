"""What can go wrong in a way that the person asking can mend."""

from __future__ import annotations

import json
import reprlib
from typing import Protocol, runtime_checkable

import numpy as np

from models.texts import ENGLISH, Texts

SHOWN = 60  # characters of a value that a sentence repeats
LONGEST = 200  # characters of any text in a sentence


@runtime_checkable
class Phrase(Protocol):
    """A part of a sentence that each language says in its own way, such as a range."""

    def message(self, texts: Texts) -> str:
        """The part in the reader's language."""
        ...


class _Bounded(reprlib.Repr):
    """Python's notation, but for JSON's null, true and false, cut where it grows long, of values from anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = self.maxother = SHOWN

    def repr1(self, x: object, level: int) -> str:
        """As Python's, or JSON's where that has another name."""
        return json.dumps(x) if x is None or isinstance(x, bool) else super().repr1(x, level)

    def repr_int(self, value: int, level: int) -> str:
        """As Python's, but for numbers of thousands of digits, which Python does not write."""
        digits = int(value.bit_length() * 0.30103)
        return super().repr_int(value, level) if digits < 1000 else f"a whole number of about {digits} digits"


def shown(value: object) -> str:
    """What was received, as a sentence repeats it: in Python's notation but for JSON's null, true and false, at most
    ``SHOWN`` characters.
    """
    text = _Bounded().repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


class VitrineError(Exception):
    """An error with a text in the catalogue (section ``errors``): said in the reader's language.

    Args:
        key: entry below ``errors`` in the catalogue.
        details: what fills the entry's placeholders: the argument, the value received, what is allowed; a
            :class:`Phrase` is said in the reader's language. A text among them is cut where it is long, but for what is
            ``allowed``, which is ours.
        on_page: what the page says instead, where the sentence names arguments that a visitor does not see.
    """

    def __init__(self, key: str, *, on_page: Phrase | None = None, **details: object) -> None:
        self.key = key
        self._on_page = on_page
        self.details = {name: part if name == "allowed" else _bounded(part) for name, part in details.items()}
        super().__init__(self.message(ENGLISH))

    def message(self, texts: Texts) -> str:
        """The sentence that a person reads."""
        details = {
            name: part.message(texts) if isinstance(part, Phrase) else part for name, part in self.details.items()
        }
        return texts(f"errors.{self.key}", **details)

    def said_on_page(self, texts: Texts) -> str:
        """The same for a visitor of the page, who chooses and names no argument."""
        return self.message(texts) if self._on_page is None else self._on_page.message(texts)


def _bounded(part: object) -> object:
    return f"{part[: LONGEST - 3]}..." if isinstance(part, str) and len(part) > LONGEST else part


class InputError(VitrineError):
    """A bad argument: nothing was computed; the sentence names the argument, the value and what is allowed."""


class ModelUnavailable(VitrineError):
    """A model's weights are missing or damaged; the sentence says which and how to get them."""
