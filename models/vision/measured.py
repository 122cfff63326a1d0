"""What ``training.evaluate_explanations`` measured of a model's saliency maps."""

from __future__ import annotations

import json
from collections.abc import Collection

from models.vision import weights

FILE = "explanations.json"


def most_faithful(model: str, sha256: str, methods: Collection[str]) -> str | None:
    """The method with the highest mean ROAD, among those that were measured on the most photos: on fewer, chance would
    choose as well.

    Args:
        model: the folder below ``weights/``.
        sha256: of the weights at hand: figures of other weights say nothing about them.
        methods: those to choose among.

    Returns:
        None where none of them was measured with these weights.
    """
    try:
        found = json.loads((weights.FOLDER / model / FILE).read_text(encoding="utf-8"))
        rows = found["methods"] if found["weights_sha256"] == sha256 else {}
        figures = {
            name: (int(rows[name]["photos"]), float(rows[name]["road"]["mean"])) for name in methods if name in rows
        }
    except (OSError, ValueError, KeyError, TypeError):  # a default is chosen without it
        return None
    return max(figures, key=figures.__getitem__, default=None)
