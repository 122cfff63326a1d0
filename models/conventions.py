"""How each language writes numbers, dates and lists: all that is particular of a language but its texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "fr"]


@dataclass(frozen=True)
class Conventions:
    """The marks of a language; spaces among them are unbreakable.

    Attributes:
        locale: Babel's, for dates.
        decimal: mark before the decimals.
        thousands: mark between groups of three digits.
        percent: sign behind a share.
        colon, semicolon: between a name and its value, between the items of a sentence.
        interval: between the ends of an interval.
        csv: separator of columns that a spreadsheet of the language expects.
        units: what a number is followed by on the page, as a pattern: no line break parts the two. English leaves out
            megabytes: its sentences about them are read by programs.
        spaced: pattern of a plain space beside a mark that has to be unbreakable; empty where there is none.
    """

    locale: str
    decimal: str
    thousands: str
    percent: str = "%"
    colon: str = ": "
    semicolon: str = "; "
    interval: str = ",\u00a0"
    csv: str = ","
    units: str = ""
    spaced: str = ""

    def typeset(self, text: str) -> str:
        """A text whose spaces beside punctuation, and between a number or its placeholder and a unit, do not break."""
        patterns = [self.spaced, rf"(?<=[\d}}]) (?=(?:{self.units})\b)" if self.units else ""]
        unbreakable = "|".join(filter(None, patterns))
        return re.sub(unbreakable, "\u00a0", text) if unbreakable else text


CONVENTIONS: dict[Language, Conventions] = {  # the first one's page stands at "/"
    "en": Conventions("en_GB", decimal=".", thousands=",", units="years?|months?|weeks?|days?|hours?|points?|ms|s|px"),
    "fr": Conventions(
        "fr_FR",
        decimal=",",
        thousands="\u202f",
        percent="\u202f%",
        colon="\u00a0: ",
        semicolon="\u00a0; ",
        interval="\u00a0;\u00a0",
        csv=";",
        units="ans?|mois|semaines?|jours?|heures?|points?|Mo|Go|ms|s|px",
        spaced=r" (?=[:;?!%»])|(?<=«) ",
    ),
}
LANGUAGES: tuple[Language, ...] = tuple(CONVENTIONS)
