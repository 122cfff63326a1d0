"""How a model looks in every chart of the results: colour, symbol, dash and pattern, so that none alone tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.display.common.palette import LOWERS, MARK, NEUTRAL, RAISES
from models.texts import Texts


@dataclass(frozen=True)
class Look:
    """Attributes as Plotly names them."""

    colour: str
    symbol: str
    dash: str
    pattern: str


LOOKS = {
    "vgg16": Look(NEUTRAL, "circle", "solid", ""),
    "yolov8": Look(LOWERS, "square", "dash", "/"),
    "protovit": Look(RAISES, "diamond", "dot", "x"),
    "clip": Look(RAISES, "diamond", "dot", "x"),  # the encoder that ProtoViT stands on
}
OTHER = Look(MARK, "cross", "dashdot", "+")


def look(name: str) -> Look:
    """The look of a model or an encoder."""
    return LOOKS.get(name, OTHER)


def hatching(shape: str) -> dict[str, Any]:
    """A bar's pattern, white over its colour."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.7, "size": 7, "solidity": 0.25}


def fine_ticks(texts: Texts) -> dict[str, Any]:
    """Ticks every five points, for an axis of shares that shows a part of 0..1."""
    values = [place / 20 for place in range(21)]
    return {"tickvals": values, "ticktext": [texts.percent(value, 0) for value in values]}


def interval(value: float, bounds: list[float] | tuple[float, float], texts: Texts, as_percent: bool = True) -> str:
    """A figure with its interval: ``83.7% [77.6%, 89.6%]``."""

    def write(number: float) -> str:
        return texts.percent(number) if as_percent else texts.number(number, 3)

    return f"{write(value)} {texts.between(*map(write, bounds))}"


def maybe(value: Any, write: Any) -> str:
    """A value as text; a dash where it was not measured."""
    return "\u2013" if value is None else str(write(value))


def p_value(value: float, texts: Texts) -> str:
    """A p-value as it is reported: ``p = 0.34``, ``p < 0.001``."""
    written = f"< {texts.number(0.001, 3)}" if value < 0.001 else f"= {texts.number(value, 3 if value < 0.1 else 2)}"
    return f"p {written}".replace(" ", "\u00a0")  # no line ends within it
