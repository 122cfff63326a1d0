"""An outside opinion: does a network that never saw these pictures name what they show?

    python -m training.catalogue.check --out data/catalogue --init yolov8n-cls.pt

`--init` is a name that Ultralytics downloads, or a file: `.pt`, or safetensors with its names.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.models._meta import _IMAGENET_CATEGORIES

from training.catalogue.imagenet_names import FITTING

BAR = 0.60  # share of pictures with a fitting class among the first five


def load_network(init: str) -> torch.nn.Module:
    """YOLOv8n-cls with its ImageNet weights."""
    from ultralytics import YOLO

    if Path(init).suffix != ".safetensors":
        return YOLO(init).model.float().eval()
    network = YOLO("yolov8n-cls.yaml").model
    weights = {k: v.float() if v.is_floating_point() else v for k, v in load_file(init).items()}
    network.load_state_dict(weights, strict=True)
    return network.eval()


def read(path: Path) -> torch.Tensor:
    """A picture as RGB 0..1 at 224 px."""
    image = Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255).permute(2, 0, 1)


@torch.inference_mode()
def top_five(network: torch.nn.Module, paths: list[Path]) -> list[list[str]]:
    """The five likeliest ImageNet names of each picture, in lower case."""
    names = []
    for start in range(0, len(paths), 32):
        answer = network(torch.stack([read(p) for p in paths[start : start + 32]]))
        scores = answer[0] if isinstance(answer, tuple) else answer
        names += [[_IMAGENET_CATEGORIES[i].lower() for i in row] for row in scores.topk(5).indices.tolist()]
    return names


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.catalogue.check", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the catalogue's folder")
    parser.add_argument("--init", required=True, help="ImageNet weights of YOLOv8n-cls (safetensors)")
    parser.add_argument("--verbose", action="store_true", help="print each picture's five names")
    args = parser.parse_args()
    with (args.out / "labels.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    answers = top_five(load_network(args.init), [args.out / r["file"] for r in rows])
    hits: dict[tuple[str, str], list[bool]] = {}
    first: dict[tuple[str, str], list[str]] = {}
    for row, names in zip(rows, answers, strict=True):
        key = (row["category"], row["object"])
        hits.setdefault(key, []).append(any(n in FITTING[row["object"]] for n in names))
        first.setdefault(key, []).append(names[0])
        if args.verbose:
            print(f"{row['file']:36} {'hit ' if hits[key][-1] else 'miss'} {', '.join(names)}")
    print("| category | object | hits | of | first answers |\n|---|---|---|---|---|")
    for (category, name), found in hits.items():
        seen = ", ".join(dict.fromkeys(first[category, name]))
        print(f"| {category} | {name} | {sum(found)} | {len(found)} | {seen} |")
    total = [h for found in hits.values() for h in found]
    share = sum(total) / len(total)
    print(f"\n{sum(total)} of {len(total)} pictures ({share:.1%}) have a fitting class in the top five.")
    print(f"The bar is {BAR:.0%}.")
    raise SystemExit(0 if share >= BAR else 1)


if __name__ == "__main__":
    main()
