"""Checks of the plain arguments that programs send: each refusal names the argument, the value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeGuard

from models.errors import SHOWN, InputError, shown


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number; True and "3" are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def spelled(value: object, names: Iterable[str]) -> str | None:
    """The name that is meant, whatever its case, blanks, hyphens and other signs: "GradCAM" is "grad-cam".

    None where it is none of them.
    """
    if not isinstance(value, str):
        return None
    wanted = _bare(value[:SHOWN])
    return next((name for name in names if value == name or _bare(name) == wanted), None)


def _bare(name: str) -> str:
    return re.sub(r"[^\w+]|_", "", name.casefold()).replace("plusplus", "++")


def one_of(argument: str, value: object, allowed: Sequence[str]) -> str:
    """A text among those allowed."""
    if isinstance(value, str) and value in allowed:
        return value
    raise InputError("choice", argument=argument, received=shown(value), allowed=", ".join(map(repr, allowed)))


def whole_number(argument: str, value: object, low: int, high: int) -> int:
    """A whole number in ``low..high``; 3.0 is taken as 3, True and "3" are not numbers."""
    # the range comes first: a number of hundreds of digits is compared, but not turned into a float
    if is_number(value) and low <= value <= high and value == int(value):
        return int(value)
    raise InputError("whole_number", argument=argument, received=shown(value), low=low, high=high)


def whole_numbers(argument: str, value: object, low: int, high: int) -> tuple[int, ...]:
    """A list of whole numbers in ``low..high``, each once, in its order; None is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InputError("whole_numbers", argument=argument, received=shown(value), low=low, high=high)
    return tuple(dict.fromkeys(whole_number(argument, item, low, high) for item in value))


def number(argument: str, value: object, low: float, high: float) -> float:
    """A finite number in ``low..high``."""
    if is_number(value) and low <= value <= high:
        return float(value)
    raise InputError("number_range", argument=argument, received=shown(value), low=low, high=high)
