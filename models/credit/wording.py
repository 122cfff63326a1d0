"""Columns and values in a person's words and units: years instead of negative days, names instead of codes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from models.credit.features import DAYS_PER_YEAR, NOT_EMPLOYED, NOT_GIVEN
from models.texts import Texts

SCHEMA = Path(__file__).parents[2] / "data" / "application_schema.yaml"
Value = float | int | str | None
NOT_SAID = (NOT_GIVEN, "Unknown")  # the table's categories for what the client did not say
NOT_APPLICABLE = "not_applicable"  # told in place of the value of what there is not, such as the age of no car
# column -> the column, and the value of it, that say that there is nothing of which a value could be known
WITHOUT: dict[str, tuple[str, Value]] = {
    "OWN_CAR_AGE": ("FLAG_OWN_CAR", "N"),
    "OCCUPATION_TYPE": ("DAYS_EMPLOYED", NOT_EMPLOYED),
    "ORGANIZATION_TYPE": ("DAYS_EMPLOYED", NOT_EMPLOYED),
}
AGE = "DAYS_BIRTH"
MOST_DIGITS = 4  # decimals of a percentage, however near two of them are


def is_missing(value: object) -> bool:
    """None and NaN are unknown."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def is_said(value: object) -> bool:
    """Whether a value says anything: it is known, and none of the table's categories for what was not said."""
    return not is_missing(value) and value not in NOT_SAID


def told(column: str, application: Mapping[str, Value]) -> Value:
    """An application's value of a column as a reader is told of it: ``NOT_APPLICABLE`` where there can be none."""
    value = application.get(column)
    if column not in WITHOUT or is_said(value):
        return value
    owner, says_so = WITHOUT[column]
    return NOT_APPLICABLE if application.get(owner) == says_so else value


def unit(column: str) -> str:
    """The unit of an original column or of a derived feature: money, days, years, share, flag, category, ..."""
    rule = _units().get(column)
    return rule if rule is not None else "number"


@cache
def _units() -> dict[str, str]:
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    units: dict[str, str] = {name: rule["unit"] for name, rule in schema["columns"].items()} | schema["derived"]
    return units


@dataclass(frozen=True)
class Distance:
    """A probability and the cut-off, written with as many digits as it takes to tell them apart.

    Attributes:
        digits: decimals of the percentages.
        probability, threshold: rounded to them, in (0, 1).
    """

    digits: int
    probability: float
    threshold: float

    @classmethod
    def between(cls, probability: float, threshold: float, fewest: int = 1) -> Distance:
        """The distance of a probability from the cut-off, with one decimal where that tells the two apart and with more
        where it does not.

        Args:
            probability, threshold: in (0, 1).
            fewest: decimals at least, so that the same cut-off is not written in two ways.
        """
        gap = 100 * abs(probability - threshold)
        digits = next((digits for digits in range(fewest, MOST_DIGITS) if gap >= 2 * 10.0**-digits), MOST_DIGITS)
        digits = digits if gap >= 10.0**-MOST_DIGITS else fewest
        return cls(digits, round(probability, digits + 2), round(threshold, digits + 2))

    def texts(self, texts: Texts) -> dict[str, str]:
        """``probability``, ``threshold`` and ``points`` between them, without their sign."""
        return {
            "probability": texts.percent(self.probability, self.digits),
            "threshold": texts.percent(self.threshold, self.digits),
            "points": texts.points(self.probability - self.threshold, self.digits),
        }


def label(column: str, texts: Texts) -> str:
    """The name of an original column or of a feature derived from several."""
    return texts.get(f"columns.{column}", texts.get(f"features.{column}", column))


@dataclass(frozen=True)
class ColumnName:
    """A column or a feature in a sentence, as each language names it."""

    column: str

    def message(self, texts: Texts) -> str:
        """Its name in the reader's language."""
        return label(self.column, texts)


@dataclass(frozen=True)
class Number:
    """A number in a sentence, written as the reader's language writes it."""

    value: float

    def message(self, texts: Texts) -> str:
        """The number with the digits that it has."""
        return texts.plain(self.value)


def scaled(column: str, value: float) -> float:
    """A value in the unit that people read: years for days counted backwards, the rest as it is."""
    return -value / DAYS_PER_YEAR if unit(column) == "days" else value


def unit_name(column: str, texts: Texts) -> str:
    """What stands behind a name on an axis: `` (years)``, or nothing."""
    key = {"days": "years", "years": "years", "months": "months"}.get(unit(column))
    return f" ({texts(f'credit.axis.{key}')})" if key else ""


def value_text(column: str, value: Value, texts: Texts) -> str:
    """A value as a person says it: ``42.5 years``, ``513,531``, ``Yes``, ``unknown``."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return texts("credit.unknown")
    if isinstance(value, str):
        return texts.get(f"values.{column}.{value}", value)
    match unit(column):
        case "days" if value == NOT_EMPLOYED:
            return texts("credit.not_employed")
        case "days" if 0 <= scaled(column, value) < 1:
            months = round(12 * scaled(column, value))
            return _time("months", months, texts) if months else texts("credit.under_a_month")
        case "days" | "years":
            return _time("years", scaled(column, value), texts)
        case "months":
            return _time("months", float(value), texts)
        case "flag":
            return texts.get(f"values.BINARY.{int(value)}", str(int(value)))
        case "money":
            return money(value, texts)
        case "share":
            return texts.percent(value, 0 if round(100 * value, 1).is_integer() else 1)
    return _plain(float(value), texts)


def spoken_value(column: str, value: Value, texts: Texts, beside: Value = None) -> str:
    """A client's value: as :func:`value_text` writes it, but an age in completed years.

    Args:
        column: what is told.
        value: its value.
        texts: the language.
        beside: the value that it is compared with; an age keeps its decimal where the two would read alike.
    """
    if column != AGE or is_missing(value) or not isinstance(value, (int, float)):
        return value_text(column, value, texts)
    years = _completed_years(value)
    if isinstance(beside, (int, float)) and beside != value and _completed_years(beside) == years:
        return value_text(column, value, texts)
    return _time("years", years, texts)


def _completed_years(days: float) -> int:
    """Birthdays in days counted backwards; half a day more, because an age in years was rounded to whole days."""
    return math.floor(scaled(AGE, days - 0.5))


def money(value: float, texts: Texts) -> str:
    """A sum without its cents, rounded as the same sum is where it was read from a table; a tiny one is not made 0."""
    written = texts.number(round(value, 2))
    is_tiny = written == texts.number(0) and round(value, 4) > 0  # interest of nothing is off by less
    return texts("credit.under_one") if is_tiny else written


def _time(unit_key: str, value: float, texts: Texts) -> str:
    """``0.5 years``, ``1 year``, ``42 years``; French says ``0,5 an``."""
    return texts.count(f"credit.{unit_key}", round(value, 1))


def _plain(value: float, texts: Texts) -> str:
    """Whole numbers whole, others with about three significant digits."""
    if value == round(value):
        return texts.number(value)
    digits = max(0, min(4, 2 - math.floor(math.log10(abs(value)))))
    return texts.number(value, digits)


def with_value(column: str, value: Value, texts: Texts) -> str:
    """A client's value with its name: ``Loan amount: 513,531``."""
    return texts.pair(label(column, texts), spoken_value(column, value, texts))
