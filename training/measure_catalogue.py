"""Measures each shipped classifier on the rendered pictures, beside its figures on real photos.

    python -m training.measure_catalogue

Written into ``weights/<model>/metrics.json`` as ``catalogue``. The figures that count come from real photos alone: this
one says how the model takes pictures of another making, or, where it learnt from them, how well it keeps them.
"""

from __future__ import annotations

import json

from models.vision import registry, weights
from training.artefacts import write_json
from training.vision_report import on_catalogue


def main() -> None:
    """Asks every model whose weights stand."""
    for name in registry.available():
        folder = weights.FOLDER / name
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        arguments = json.loads((folder / "training.json").read_text(encoding="utf-8"))["arguments"]
        metrics["catalogue"] = on_catalogue(registry.get(name), bool(arguments.get("catalogue")))
        write_json(folder / "metrics.json", metrics)
        print(f"{name}: {metrics['catalogue']['accuracy']:.3f} of {metrics['catalogue']['images']} rendered pictures")


if __name__ == "__main__":
    main()
