"""Does ProtoViT's reasoning hold? Asks what happens to it when the photo changes.

    python -m training.evaluate_reasoning --data FOLDER

Asked of every test photo, for the prototypes that bring most points for the predicted class, as a visitor sees them:

- inside: where a prototype's own places are blended into their surroundings, how much is lost of what its similarity
  there stands above its mean at the same places of the other photos? (Much: it depends on what is shown.)
- outside: where all that is further than ``REACH`` places from them is blended away, how much does its similarity
  change? (Little: nothing far away has a part in it.)
- does the answer change without all the shown places, and without as many others; is it kept by them alone, and by as
  many others?
- where the photo is cropped a little or saved as a poor JPEG, which a person would not notice, are the same parts found
  at the same places?

Written to ``weights/protovit/reasoning.json``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.vision import registry, weights
from models.vision.protovit import ProtoVit
from training.evaluation.measurements import MeasurementCache
from training.evaluation.reasoning import evaluate
from training.vision.artifacts import write_json
from training.vision.data import read_photos


def main() -> None:
    """Reads the command line, measures, writes."""
    parser = argparse.ArgumentParser(description="Measure whether ProtoViT's reasoning holds.")
    parser.add_argument("--data", type=Path, required=True, help="folder with labels.csv and images/")
    parser.add_argument("--photos", type=int, default=0, help="how many of the test photos, evenly spread; 0 for all")
    parser.add_argument("--cache", type=Path, default=Path("runs/reasoning"), help="keeps what was measured so far")
    args = parser.parse_args()
    model = registry.get("protovit")
    assert isinstance(model, ProtoVit)
    photos = read_photos(args.data)["test"]
    count = min(args.photos or len(photos), len(photos))
    photos = [photos[len(photos) * place // count] for place in range(count)]
    # "inside" of a photo depends on the others that are asked about
    sha256 = model.config["weights_sha256"]
    name = f"{sha256[:12]}-{len(photos)}.jsonl"
    figures = evaluate(model, photos, MeasurementCache(args.cache / name))
    write_json(weights.FOLDER / "protovit" / "reasoning.json", {"weights_sha256": sha256, **figures})
    print(figures)


if __name__ == "__main__":
    main()
