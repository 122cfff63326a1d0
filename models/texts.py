"""The one catalogue of texts: French and English, side by side in ``data/texts/*.yaml``.

An entry is ``key: {en: ..., fr: ...}``; sections nest, and a key is the dotted path to its entry. Placeholders
are ``str.format`` fields: ``{rows}``. Numbers are written for the reader's language by Babel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from babel import numbers

Language = Literal["en", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "fr")
CATALOGUE = Path(__file__).parent.parent / "data" / "texts"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every entry of the catalogue: dotted key -> {language: text}."""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted(CATALOGUE.glob("*.yaml")):
        # BaseLoader: every scalar stays text, so that keys such as "Y" or "No" are not read as booleans
        _flatten(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader), path.stem, entries)
    return entries


def typeset_french(text: str) -> str:
    """The spaces that French sets before ``: ; ? ! % »`` and after ``«``, made unbreakable."""
    return re.sub(r" (?=[:;?!%»])|(?<=«) ", "\u00a0", text)


def _flatten(node: dict, prefix: str, entries: dict[str, dict[str, str]]) -> None:
    if set(node) == set(LANGUAGES):
        entries[prefix] = {"en": node["en"], "fr": typeset_french(node["fr"])}
        return
    for key, child in node.items():
        if not isinstance(child, dict):
            raise ValueError(f"{prefix}.{key} needs a text for each of {LANGUAGES}, got {child!r}")
        _flatten(child, f"{prefix}.{key}", entries)


@dataclass(frozen=True)
class Texts:
    """The catalogue in one language: ``Texts("fr")("credit.decision.granted")``."""

    language: Language

    def __call__(self, key: str, **details: object) -> str:
        """The text of a key, its placeholders filled.

        Raises:
            KeyError: the key is not in the catalogue.
        """
        text = catalogue()[key][self.language]
        return text.format(**details) if details else text

    def get(self, key: str, default: str) -> str:
        """The text of a key that the catalogue may lack, such as the name of a column it has never seen."""
        entry = catalogue().get(key)
        return entry[self.language] if entry else default

    def number(self, value: float, digits: int = 0) -> str:
        """A number with a fixed count of decimals: ``1 234,5`` or ``1,234.5``."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self.language).replace("-", "\u2212")

    def read_number(self, text: str) -> float:
        """A number as this language writes it: ``1 234,5`` or ``1,234.5``.

        Raises:
            ValueError: the text is no number.
        """
        plain = "".join(text.split()).replace("\u2212", "-")
        if self.language == "fr":
            plain = plain.replace(".", ",")  # a decimal point is understood too: French groups digits by spaces
        return float(numbers.parse_decimal(plain, locale=self.language))

    def percent(self, share: float, digits: int = 1) -> str:
        """A share in 0..1 as a percentage: ``12,3 %`` or ``12.3%``."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + ("\u202f%" if self.language == "fr" else "%")
        return numbers.format_percent(share, format=pattern, locale=self.language)

    def points(self, share: float) -> str:
        """A difference of shares in percentage points, without its sign; small ones with more decimals."""
        points = abs(share) * 100
        return self("credit.points", points=self.number(points, 1 if points >= 0.1 else 3))

    def between(self, low: str, high: str) -> str:
        """An interval of two written numbers, which no line break parts: ``[0.1, 0.2]`` or ``[0,1 ; 0,2]``."""
        separator = "\u00a0;\u00a0" if self.language == "fr" else ",\u00a0"
        return f"[{low}{separator}{high}]".replace(" ", "\u00a0")

    def series(self, parts: Iterable[str]) -> str:
        """What a sentence lists, set apart by semicolons."""
        return ("\u00a0; " if self.language == "fr" else "; ").join(parts)

    def signed(self, value: float, digits: int = 2) -> str:
        """A number that always carries its sign, with a true minus."""
        return ("+" if value >= 0 else "\u2212") + self.number(abs(value), digits)


ENGLISH = Texts("en")
FRENCH = Texts("fr")
