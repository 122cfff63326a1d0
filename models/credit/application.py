"""What an application may hold: the columns of Home Credit's ``application_train``, checked before anything is scored.

The rules stand in ``data/application_schema.yaml``. An absent or null column is unknown; everything else must have the
right type and lie in its range, so that a typing error never becomes a score.
"""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
import pandas as pd
import yaml

from models.credit.wording import SCHEMA, Value
from models.errors import InputError, shown
from models.texts import Texts

CLIENT_ID = "SK_ID_CURR"
OUTCOME = "TARGET"  # stands in tables of past applications; never part of one
NEAR = 0.75  # of difflib's ratio, 0..1: a name that is less alike is not called near


@dataclass(frozen=True)
class Allowed:
    """What a column may hold, as part of a sentence."""

    column: Column

    def message(self, texts: Texts) -> str:
        """``a whole number from 0 to 30``."""
        rule = self.column
        if rule.is_category:
            return texts("errors.allowed_texts", texts=", ".join(repr(name) for name in rule.categories))
        key = "errors.allowed_whole" if rule.whole else "errors.allowed_number"
        number = texts(key, low=texts.plain(rule.low), high=texts.plain(rule.high))
        codes = "".join(texts("errors.allowed_code", code=f"{code:g}") for code in rule.special)
        return number + codes


@dataclass(frozen=True)
class Column:
    """One original column.

    Attributes:
        name: as in Home Credit's table.
        unit: money, days, years, count, share, score, flag, code, size or category.
        low, high: allowed range of a number, both ends included.
        whole: only whole numbers are allowed.
        special: codes outside the range, such as 365243 days for "not employed".
        unknown: codes that say that the value is unknown.
        categories: allowed texts; empty for numbers.
    """

    name: str
    unit: str
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    special: tuple[float, ...] = ()
    unknown: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def is_category(self) -> bool:
        """Whether its values are texts."""
        return bool(self.categories)

    @property
    def allowed(self) -> Allowed:
        """What a value may be, for an error's sentence."""
        return Allowed(self)

    def fits(self, number: float) -> bool:
        """Whether a number may stand here; an int may have any number of digits."""
        in_range = self.low <= number <= self.high or number in self.special
        return in_range and (not self.whole or number == int(number))

    def check(self, value: object) -> Value:
        """The value as a float or a text, or None where it is unknown.

        Raises:
            InputError: wrong type, not finite, or out of range.
        """
        if value is None or value is pd.NA or value is pd.NaT:
            return None
        if isinstance(value, (float, np.floating)) and math.isnan(value):
            return None
        if self.is_category:
            if isinstance(value, str) and value in self.categories:
                return value
            raise self._refusal(value)
        if isinstance(value, (bool, np.bool_)) and self.unit == "flag":
            return float(value)
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
            raise self._refusal(value)
        if value in self.unknown:
            return None
        if not self.fits(cast("float", value)):  # an int is compared as it is: a float holds 308 digits at most
            raise self._refusal(value)
        return float(value)

    def _refusal(self, value: object) -> InputError:
        return InputError("column_value", column=self.name, received=shown(value), allowed=self.allowed)


@cache
def columns() -> dict[str, Column]:
    """Every column an application may hold, by name, in the order of the original table."""
    rules = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["columns"]
    return {
        name: Column(
            name,
            rule["unit"],
            float(rule.get("low", -math.inf)),
            float(rule.get("high", math.inf)),
            bool(rule.get("whole", False)),
            tuple(float(code) for code in rule.get("special", ())),
            tuple(float(code) for code in rule.get("unknown", ())),
            tuple(rule.get("categories", ())),
        )
        for name, rule in rules.items()
    }


def column(name: object, argument: str) -> Column:
    """The column of that name.

    Raises:
        InputError: there is none; the sentence names the nearest, where any is near.
    """
    known = columns()
    if isinstance(name, str) and name in known:
        return known[name]
    near = difflib.get_close_matches(name.strip().upper(), known, 3, NEAR) if isinstance(name, str) else []
    key = "column_unknown" if near else "column_foreign"
    raise InputError(key, argument=argument, received=shown(name), near=", ".join(near), count=len(known))


def check(application: object, argument: str = "application") -> dict[str, Value]:
    """A checked application: column -> value, unknown ones left out.

    Args:
        application: a mapping of original columns to values; ``SK_ID_CURR`` and ``TARGET`` may stand in it.
        argument: what to call it in an error.

    Raises:
        InputError: not a mapping, a column that does not exist, or a value that its column does not allow.
    """
    if not isinstance(application, Mapping):
        raise InputError("not_a_mapping", argument=argument, received=shown(application))
    checked: dict[str, Value] = {}
    for name, value in application.items():
        if name in (CLIENT_ID, OUTCOME):
            continue
        checked_value = column(name, argument).check(value)
        if checked_value is not None:
            checked[name] = checked_value
    return checked
