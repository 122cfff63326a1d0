"""What was measured so far, on disk, so that a measurement that was interrupted goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from training.vision.data import Photo


class MeasurementCache:
    """What was measured of each photo, a line of JSON each.

    Args:
        path: of the lines; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        rows = [row for line in lines if (row := _read(line)) is not None]
        self.known: dict[str, dict[str, Any]] = {row.pop("photo"): row for row in rows}

    def get(self, photo: Photo, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What is known about a photo, or else what is measured now."""
        name = photo.path.name
        if name not in self.known:
            self.known[name] = measure()
            if self.path:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write("\n" + json.dumps({"photo": name, **self.known[name]}))
        return self.known[name]


def _read(line: str) -> dict[str, Any] | None:
    """What a line says; None where the process was ended while it wrote it."""
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return row
