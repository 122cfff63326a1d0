"""What if? Editing any column of an application within its real range."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.credit.application import column
from models.credit.features import DAYS_PER_YEAR
from models.credit.model import CreditModel
from models.credit.wording import Value, label, scaled, unit, value_text
from models.errors import InputError
from models.texts import Texts

TERMS = ("AMT_CREDIT", "AMT_ANNUITY", "AMT_GOODS_PRICE")  # at hand without choosing a column
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
    """

    column: str
    name: str
    low: float
    high: float
    step: float
    choices: tuple[tuple[str, str | float], ...]
    value: Value


def editable(model: CreditModel, texts: Texts) -> list[tuple[str, str]]:
    """(name, column) of every column the model uses, by name."""
    names = [(label(name, texts), name) for name in model.recipe.columns]
    return sorted(names, key=lambda item: item[0].casefold())


def editor(model: CreditModel, application: Mapping[str, Value], name: str, texts: Texts) -> Editor:
    """The editor of a column, at the application's value."""
    rule = column(name, "column")
    value = application.get(name)
    title = label(name, texts)
    if rule.is_category:
        choices = tuple((value_text(name, item, texts), item) for item in rule.categories)
        return Editor(name, title, 0, 0, 0, choices, value)
    if rule.unit == "flag":
        return Editor(name, title, 0, 0, 0, tuple((value_text(name, code, texts), code) for code in (0.0, 1.0)), value)
    described = model.config["columns"].get(name, {})
    known = None if value is None or value in rule.special else float(value)
    ends = [described.get("minimum", rule.low), described.get("maximum", rule.high)]
    ends += [known] if known is not None else []
    low, high = sorted((scaled(name, min(ends)), scaled(name, max(ends))))
    if rule.unit == "days":
        title = f"{title} ({texts('credit.axis.years')})"
    shown = None if known is None else round(scaled(name, known), 4)
    step = _step(name, rule.whole, high - low)
    low, high = round(math.floor(low / step) * step, 6), round(math.ceil(high / step) * step, 6)
    return Editor(name, title, low, high, step, (), shown)


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


def stored(name: str, shown: object) -> Value:
    """An edited value in the column's own unit: years become negative days."""
    rule = column(name, "column")
    if shown is None or rule.is_category:
        return rule.check(shown)
    if rule.unit == "days" and isinstance(shown, (int, float)):
        return rule.check(max(rule.low, min(rule.high, -round(shown * DAYS_PER_YEAR))))
    return rule.check(shown)


def entered(editor: Editor, value: Any, texts: Texts) -> Value:
    """What was entered into a form's field, chosen from a list or typed, in the column's own unit."""
    return stored(editor.column, value) if editor.choices else typed(editor.column, value, texts)


def typed(name: str, text: str, texts: Texts) -> Value:
    """A typed number in the column's own unit; an empty text is unknown.

    Raises:
        InputError: the text is no number of the reader's language, or the column does not allow it.
    """
    if not text.strip():
        return None
    try:
        number = texts.read_number(text)
    except ValueError as error:
        raise InputError("typed_number", name=label(name, texts), received=text[:40]) from error
    return stored(name, number)
