"""What if? Editing any column of an application within its real range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import numerals
from models.arguments import is_number
from models.credit import loan
from models.credit.application import Column, column
from models.credit.features import DAYS_PER_YEAR
from models.credit.model import CreditModel
from models.credit.wording import (
    NOT_APPLICABLE,
    WITHOUT,
    ColumnName,
    Number,
    Value,
    label,
    scaled,
    told,
    unit,
    value_text,
)
from models.errors import InputError
from models.texts import Texts

STEPS = 500  # about how many positions a slider has whose column has no natural step


@dataclass(frozen=True)
class Editor:
    """How a column is edited, in the unit that people read.

    Attributes:
        column: the original column.
        name: its name, with the unit.
        low, high, step: of a number; the range is the real data's 0.1 % to 99.9 %, stretched to the client's value.
        choices: (text, value) of a category or a flag; empty for a number.
        value: the present value, None where unknown.
        present: the same in words, or what a code stands for.
        absent: the words for that there is nothing of which a value could be known: ``no car``; empty where there is.
    """

    column: str
    name: str
    low: float
    high: float
    step: float
    choices: tuple[tuple[str, str | float], ...]
    value: Value
    present: str
    absent: str


def editable(model: CreditModel, texts: Texts) -> list[tuple[str, str]]:
    """(name, column) of every column the model uses, by name, but for those that follow from the loan's terms, and for
    its kind: another kind has other terms.
    """
    names = [
        (label(name, texts), name) for name in model.feature_spec.columns if name not in (*loan.COLUMNS, loan.KIND)
    ]
    return sorted(names, key=lambda item: item[0].casefold())


def editor(model: CreditModel, application: Mapping[str, Value], name: str, texts: Texts) -> Editor:
    """The editor of a column, at the application's value."""
    rule = column(name, "column")
    value = application.get(name)
    title, present = label(name, texts), value_text(name, told(name, application), texts)
    absent = next((value_text(one, NOT_APPLICABLE, texts) for one in WITHOUT if name in without(one)), "")
    if rule.is_category or rule.unit == "flag":
        items: tuple[str | float, ...] = rule.categories if rule.is_category else (0.0, 1.0)
        choices = tuple((value_text(name, item, texts), item) for item in items)
        return Editor(name, title, 0, 0, 0, choices, value, present, absent)
    known = None if value is None or value in rule.special else float(value)
    ends = [*model.ranges.get(name, (rule.low, rule.high)), *([] if known is None else [known])]
    low, high = sorted((scaled(name, min(ends)), scaled(name, max(ends))))
    if rule.unit == "days":
        title = f"{title} ({texts('credit.axis.years')})"
    shown = None if known is None else round(scaled(name, known), 4)
    step = _step(name, rule.whole, high - low)
    allowed = Range.of(rule)
    low = max(allowed.low, round(math.floor(low / step) * step, 6))
    high = min(allowed.high, round(math.ceil(high / step) * step, 6))
    return Editor(name, title, low, high, step, (), shown, present, absent)


def _step(name: str, whole: bool, width: float) -> float:
    match unit(name):
        case _ if whole:
            return 1
        case "money":
            return 100
        case "days":
            return 0.1
        case "years":
            return 1
    return 10.0 ** round(math.log10(width / STEPS))


@dataclass(frozen=True)
class Range:
    """The numbers that a field takes, in the unit that people read; part of a sentence.

    Attributes:
        column: the original column.
        low, high: both ends included.
    """

    column: Column
    low: float
    high: float

    @classmethod
    def of(cls, rule: Column) -> Range:
        """All that a column allows; of ages and spells in years, ends that are whole tenths."""
        low, high = sorted((scaled(rule.name, rule.low), scaled(rule.name, rule.high)))
        if rule.unit == "days":
            low, high = math.ceil(low * 10) / 10, math.floor(high * 10) / 10
        return cls(rule, low, high)

    def __contains__(self, number: float) -> bool:
        return self.low <= number <= self.high and not (self.column.whole and number != int(number))

    def message(self, texts: Texts) -> str:
        """``a number of years from 18 to 120``."""
        kind = "years" if self.column.unit == "days" else "whole" if self.column.whole else "number"
        return texts(f"errors.allowed_{kind}", low=texts.plain(self.low), high=texts.plain(self.high))


def stored(name: str, shown: object, allowed: Range | None = None) -> Value:
    """An edited value in the column's own unit: years become negative days.

    Args:
        name: the original column.
        shown: the value in the unit that people read; None is unknown.
        allowed: of a number; all that the column allows, where nothing narrower is given.

    Raises:
        InputError: the value is not allowed; it is never moved to the nearest that is.
    """
    rule = column(name, "column")
    if not is_number(shown) or rule.is_category:
        return rule.check(shown)
    within = allowed or Range.of(rule)
    if shown not in within:
        raise InputError("typed_range", name=ColumnName(name), received=Number(shown), allowed=within)
    return rule.check(-round(shown * DAYS_PER_YEAR) if rule.unit == "days" else shown)


def without(name: str) -> dict[str, Value]:
    """The edits that say that there is nothing of which a column could tell, such as no present job, whatever was said
    of it before; empty for a column of what there always is.
    """
    owner, _ = WITHOUT.get(name, (name, None))
    edits: dict[str, Value] = {}
    for one, (of, says_so) in WITHOUT.items():
        if of == owner:
            edits |= {of: says_so, one: None}
    return edits


def given(edited: Mapping[str, Value], name: str, value: Value) -> dict[str, Value]:
    """The edits with one more: who gives the age of a car is not edited to have none any longer."""
    owner = WITHOUT.get(name)
    return {one: edit for one, edit in edited.items() if (one, edit) != owner} | {name: value}


def moved(edited: Mapping[str, Value], application: Mapping[str, Value], texts: Texts) -> dict[str, Value]:
    """The edits that a person would tell from the application: there and back, or less than is ever shown, is none."""
    after = {**application, **edited}
    return {
        name: value
        for name, value in edited.items()
        if value_text(name, told(name, after), texts) != value_text(name, told(name, application), texts)
    }


def slid(editor: Editor, shown: object) -> Value:
    """What a slider was moved to, or what was typed beside it, in the column's own unit.

    Raises:
        InputError: the value lies beyond the slider's ends.
    """
    return stored(editor.column, shown, Range(column(editor.column, "column"), editor.low, editor.high))


def entered(editor: Editor, value: Any, texts: Texts) -> Value:
    """What was entered into a form's field, chosen from a list or typed, in the column's own unit."""
    return stored(editor.column, value) if editor.choices else typed(editor.column, value or "", texts)


def typed(name: str, text: str, texts: Texts) -> Value:
    """A typed number in the column's own unit; an empty text is unknown.

    Raises:
        InputError: the text is no number of the reader's language, may be read in two ways, or is out of range.
    """
    if not text.strip():
        return None
    is_money = column(name, "column").unit == "money"
    # money has two decimals: in French, 500,000 is more likely a sum that was written as in English
    if texts.conventions.decimal == "," and numerals.is_ambiguous(text) and (is_money or "." in text):
        decimal = numerals.read(text, "," if "," in text else ".")
        raise InputError(
            "typed_ambiguous",
            name=label(name, texts),
            received=text[:40],
            whole=texts.number(numerals.read(text, "." if "," in text else ",")),
            decimal=texts.number(decimal, 2) if is_money else texts.plain(decimal),
        )
    try:
        number = texts.read_number(text)
    except ValueError as error:
        raise InputError("typed_number", name=label(name, texts), received=text[:40]) from error
    return stored(name, number)
