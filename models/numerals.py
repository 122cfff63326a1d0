"""How people write numbers: groups of three digits, a decimal point or a decimal comma, and what may be read both ways.

Groups are set apart by spaces of any width, by apostrophes, or by whichever of point and comma is not the decimal mark.
"""

from __future__ import annotations

import re
from typing import Literal

Decimal = Literal[".", ","]
_SPACES = "\u00a0\u2007\u2009\u202f"
_SAME = str.maketrans(dict.fromkeys(_SPACES, " ") | {"\u2019": "'", "\u2212": "-"})


def _grammar(decimal: Decimal) -> re.Pattern[str]:
    point, group = re.escape(decimal), re.escape("." if decimal == "," else ",")
    grouped = "|".join(f"(?:{mark}[0-9]{{3}})+" for mark in (" ", "'", group))
    whole = f"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{grouped}))"
    return re.compile(f"[+-]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?")


_GRAMMARS: dict[Decimal, re.Pattern[str]] = {".": _grammar("."), ",": _grammar(",")}


def tidy(text: str) -> str:
    """The text with plain spaces, apostrophes and minus signs, and none of the space around it."""
    return text.translate(_SAME).strip()


def fits(text: str, decimal: Decimal) -> bool:
    """Whether a tidy text is a number whose decimal mark is the one given."""
    return _GRAMMARS[decimal].fullmatch(text) is not None


def read(text: str, decimal: Decimal) -> float:
    """The number that a text writes with that decimal mark; infinite beyond what a float holds.

    Raises:
        ValueError: the text is no such number: letters, ``nan`` and ``inf`` among them.
    """
    plain = tidy(text)
    if not fits(plain, decimal):
        raise ValueError(f"no number with the decimal mark {decimal!r}: {text[:40]!r}")
    group = "." if decimal == "," else ","
    return float(plain.replace(" ", "").replace("'", "").replace(group, "").replace(decimal, "."))


def decimals(text: str) -> tuple[Decimal, ...]:
    """The decimal marks with which a text is a number: both of them for 1234, and for 1,234, where the two differ."""
    plain = tidy(text)
    return tuple(mark for mark in _GRAMMARS if fits(plain, mark))


def is_ambiguous(text: str) -> bool:
    """Whether a text is one number with a decimal point and another with a decimal comma, such as 1,234."""
    return len(decimals(text)) == 2 and read(text, ".") != read(text, ",")
