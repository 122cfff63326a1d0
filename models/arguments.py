"""Checks of the plain arguments that programs send: each refusal names the argument, the value and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from models.errors import InputError


def one_of(argument: str, value: object, allowed: Sequence[str]) -> str:
    """A text among those allowed."""
    if isinstance(value, str) and value in allowed:
        return value
    raise InputError("choice", argument=argument, received=repr(value)[:60], allowed=", ".join(map(repr, allowed)))


def whole_number(argument: str, value: object, low: int, high: int) -> int:
    """A whole number in ``low..high``; 3.0 is taken as 3, True and "3" are not numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        number = int(value)
        if number == value and low <= number <= high:
            return number
    raise InputError("whole_number", argument=argument, received=repr(value)[:60], low=low, high=high)


def number(argument: str, value: object, low: float, high: float) -> float:
    """A finite number in ``low..high``."""
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    raise InputError("number_range", argument=argument, received=repr(value)[:60], low=low, high=high)
