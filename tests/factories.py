"""Data made for the tests: applications that obey the schema, and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from PIL import Image

from models.credit.application import columns
from models.credit.wording import Value


def applications(rows: int, seed: int = 0) -> pd.DataFrame:
    """Home Credit rows drawn at random from the schema, with an outcome that the external scores drive."""
    draw = np.random.default_rng(seed)
    data: dict[str, np.ndarray] = {"SK_ID_CURR": np.arange(100_000, 100_000 + rows)}
    for name, rule in columns().items():
        if rule.is_category:
            data[name] = draw.choice(np.array(rule.categories, dtype=object), rows)
        elif rule.unit == "money":
            data[name] = np.round(draw.lognormal(11.5, 0.6, rows) / 450) * 450
        elif rule.unit == "days":
            data[name] = -np.round(draw.uniform(max(400.0, -rule.high), 20_000, rows))
        elif rule.whole:
            data[name] = draw.integers(max(rule.low, 0), min(rule.high, 3), rows, endpoint=True).astype(float)
        else:
            data[name] = np.round(draw.uniform(rule.low, min(rule.high, 30), rows), 4)
    table = pd.DataFrame(data)
    table["AMT_ANNUITY"] = table["AMT_CREDIT"] / draw.uniform(10, 30, rows)
    retired = draw.random(rows) < 0.15
    table.loc[retired, "DAYS_EMPLOYED"] = 365243.0
    for name in ("EXT_SOURCE_1", "EXT_SOURCE_3", "OWN_CAR_AGE", "OCCUPATION_TYPE"):
        table.loc[draw.random(rows) < 0.3, name] = None
    log_odds = -2.5 + 4 * (0.5 - table["EXT_SOURCE_2"]) + 4 * (0.5 - table["EXT_SOURCE_3"].fillna(0.5))
    table["TARGET"] = (draw.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return table


def frame(applications: Sequence[Mapping[str, Value]]) -> pd.DataFrame:
    """Applications as a table of every original column: float64, or text with None where unknown."""
    data: dict[str, np.ndarray] = {}
    for name, rule in columns().items():
        values = [application.get(name) for application in applications]
        if rule.is_category:
            data[name] = np.array(values, dtype=object)
        else:
            data[name] = np.array([np.nan if value is None else value for value in values], dtype=float)
    return pd.DataFrame(data)


def photo(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture of a coloured disc on white."""
    draw = np.random.default_rng(seed)
    rows, columns_ = np.mgrid[:height, :width]
    disc = (rows - height / 2) ** 2 + (columns_ - width / 2) ** 2 < (min(width, height) / 3) ** 2
    pixels = np.full((height, width, 3), 255, dtype=np.uint8)
    pixels[disc] = draw.integers(0, 200, 3)
    return Image.fromarray(pixels)
