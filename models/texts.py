"""The one catalogue of texts: French and English, side by side in ``data/texts/*.yaml``.

An entry is ``key: {en: ..., fr: ...}``; sections nest, and a key is the dotted path to its entry. Placeholders
are ``str.format`` fields: ``{rows}``. Numbers are written for the reader's language by Babel.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, dates, numbers

from models import numerals
from models.conventions import CONVENTIONS, LANGUAGES, Conventions, Language

CATALOGUE = Path(__file__).parent.parent / "data" / "texts"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every entry of the catalogue: dotted key -> {language: text}."""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted(CATALOGUE.glob("*.yaml")):
        # BaseLoader: every scalar stays text, so that keys such as "Y" or "No" are not read as booleans
        _flatten(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader), path.stem, entries)  # noqa: S506  # texts alone: safer than SafeLoader
    return entries


def _flatten(node: dict[str, Any], prefix: str, entries: dict[str, dict[str, str]]) -> None:
    if set(node) == set(LANGUAGES):
        entries[prefix] = {language: CONVENTIONS[language].typeset(node[language]) for language in LANGUAGES}
        return
    for key, child in node.items():
        if not isinstance(child, dict):
            raise ValueError(f"{prefix}.{key} needs a text for each of {LANGUAGES}, got {child!r}")
        _flatten(child, f"{prefix}.{key}", entries)


@dataclass(frozen=True)
class Texts:
    """The catalogue in one language: ``Texts("fr")("credit.decision.granted")``."""

    language: Language

    @property
    def conventions(self) -> Conventions:
        """How the language writes numbers, dates and lists."""
        return CONVENTIONS[self.language]

    @property
    def path(self) -> str:
        """Where the language's page stands: ``/`` for the first language, ``/fr`` and the like for others."""
        return "/" if self.language == LANGUAGES[0] else f"/{self.language}"

    def __call__(self, key: str, **details: object) -> str:
        """The text of a key, its placeholders filled.

        Raises:
            KeyError: the key is not in the catalogue, or a placeholder of its text is not among the details.
        """
        return catalogue()[key][self.language].format(**details)

    def count(self, key: str, count: float, digits: int | None = None, **details: object) -> str:
        """The text of a key that has one entry for a single thing and one for several, ``one`` and ``other``.

        A count may have decimals, those it has or a fixed number of ``digits``: French takes 1.5 for a single thing,
        English does not. What decides is the count as it is written: 1.96 with one decimal is several.
        """
        whole = int(count) if count == int(count) else count
        written = self.plain(whole) if digits is None else self.number(count, digits)
        shown = whole if digits is None else round(Decimal(str(count)), digits)
        form = "one" if Locale.parse(self.language).plural_form(shown) == "one" else "other"
        return self(f"{key}.{form}", count=written, **details)

    def get(self, key: str, default: str) -> str:
        """The text of a key that the catalogue may lack, such as the name of a column it has never seen."""
        entry = catalogue().get(key)
        return entry[self.language] if entry else default

    def number(self, value: float, digits: int = 0) -> str:
        """A number with a fixed count of decimals: ``1 234,5`` or ``1,234.5``."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return numbers.format_decimal(value, format=pattern, locale=self.language).replace("-", "\u2212")

    def plain(self, value: float) -> str:
        """A number with the decimals that it has: ``1 234,5`` or ``1,234.5``."""
        written = numbers.format_decimal(value, format="#,##0.######", locale=self.language)
        return written.replace("-", "\u2212")

    def read_number(self, text: str) -> float:
        """A number as this language writes it: ``1 234,5`` or ``1,234.5``.

        On the French page a decimal point is understood too, where it can be nothing else: 0.5, not 1.234.

        Raises:
            ValueError: the text is no number of this language; ``nan`` and ``inf`` are none.
        """
        if self.conventions.decimal == ".":
            return numerals.read(text, ".")
        plain = numerals.tidy(text)
        if "." not in plain:
            return numerals.read(plain, ",")
        if "," in plain or numerals.decimals(plain) != (".",):
            raise ValueError(f"a point sets no thousands apart in French: {text[:40]!r}")
        return numerals.read(plain, ".")

    def percent(self, share: float, digits: int = 1) -> str:
        """A share in 0..1 as a percentage: ``12,3 %`` or ``12.3%``."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + self.conventions.percent
        return numbers.format_percent(share, format=pattern, locale=self.language)

    def share(self, share: float) -> str:
        """A share in whole percent, with a decimal where it would be none or all and is only nearly so."""
        return self.percent(share, 1 if 0 < share < 0.005 or 0.995 <= share < 1 else 0)

    def points(self, share: float, digits: int | None = None) -> str:
        """A difference of shares in percentage points, without its sign; small ones with more decimals."""
        points = abs(share) * 100
        return self.count("credit.points", points, digits or (1 if points >= 0.1 else 3))

    def seconds(self, duration: float) -> str:
        """The number of a duration in seconds, to the hundredth; of a short one to the thousandth."""
        return self.number(duration, 2 if duration >= 0.01 else 3)

    def between(self, low: str, high: str) -> str:
        """An interval of two written numbers, which no line break parts: ``[0.1, 0.2]`` or ``[0,1 ; 0,2]``."""
        return f"[{low}{self.conventions.interval}{high}]".replace(" ", "\u00a0")

    def pair(self, name: str, value: str) -> str:
        """A name and what it stands for, the colon spaced as the language spaces it: ``Amount: 5``, ``Montant : 5``."""
        return f"{name}{self.conventions.colon}{value}"

    def series(self, parts: Iterable[str]) -> str:
        """What a sentence lists, set apart by semicolons."""
        return self.conventions.semicolon.join(parts)

    def date(self, day: datetime.date) -> str:
        """A day in words: ``3 May 2026`` or ``3 mai 2026``."""
        return dates.format_date(day, format="long", locale=self.conventions.locale)

    def signed(self, value: float, digits: int = 2) -> str:
        """A number that always carries its sign, with a true minus."""
        return _sign(value) + self.number(abs(value), digits)

    def signed_points(self, share: float, digits: int | None = None) -> str:
        """A difference of shares as :meth:`points` says it, with its sign."""
        return _sign(share) + self.points(share, digits)


def capitalized(words: str) -> str:
    """Words as a sentence or a label begins: ``no car`` as ``No car``; what follows the first letter stays."""
    return words[:1].upper() + words[1:]


def _sign(value: float) -> str:
    return "+" if value >= 0 else "\u2212"


ENGLISH = Texts("en")
FRENCH = Texts("fr")
