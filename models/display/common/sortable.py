"""A table that sorts: the page's script orders its rows by what their cells stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from models.display.common.html import render
from models.texts import Texts


def sortable(frame: pd.DataFrame, caption: str, texts: Texts, digits: Mapping[str, int]) -> str:
    """A frame in HTML.

    Args:
        frame: a row a line; its first column names the row.
        caption: what it shows, for screen readers.
        texts: the language that the numbers are written in.
        digits: decimals by column, for those that hold numbers; the others hold words.
    """
    numbers = [name in digits for name in frame.columns]

    def cell(name: str, value: Any) -> dict[str, Any]:
        if pd.isna(value):
            return {"text": "\u2013", "value": ""}
        return {"text": texts.number(value, digits[name]) if name in digits else value, "value": value}

    rows = [[cell(str(name), value) for name, value in row.items()] for row in frame.to_dict("records")]
    return render("sortable", caption=caption, columns=list(zip(frame.columns, numbers, strict=True)), rows=rows)
