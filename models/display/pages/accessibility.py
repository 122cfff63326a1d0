"""The accessibility statement, as HTML."""

from __future__ import annotations

from models.display.common.html import render
from models.texts import Texts

# criterion -> how it is tested (section ``accessibility.by``)
CRITERIA = {
    "non_text": "both",
    "colour": "eye",
    "contrast": "axe",
    "resize": "test",
    "titled": "test",
    "keyboard": "test",
    "target": "axe",
    "motion": "test",
}
REMAINS = ("readers", "hover", "columns")


def statement(texts: Texts) -> str:
    """Aim and status, the criteria, and a list of what remains."""
    criteria = [
        (
            texts(f"accessibility.criteria.{name}.name"),
            texts(f"accessibility.criteria.{name}.does"),
            texts(f"accessibility.by.{how}"),
        )
        for name, how in CRITERIA.items()
    ]
    return render(
        "statement",
        title=texts("accessibility.title"),
        sentences=[texts("accessibility.intro"), texts("accessibility.status")],
        criteria=criteria,
        tested=texts("accessibility.tested"),
        remains_title=texts("accessibility.remains.title"),
        remains=[texts(f"accessibility.remains.{name}") for name in REMAINS],
        contact=texts("accessibility.contact"),
    )
