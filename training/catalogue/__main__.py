"""Render the catalogue: `python -m training.catalogue --out data/catalogue --seed 0`.

Pictures that already stand are kept; delete one, or name it with --only and --force, to render it again.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import tempfile
from pathlib import Path

from training.catalogue.picture import save_webp
from training.catalogue.products import PRODUCTS

HERE = Path(__file__).resolve().parent


def parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.catalogue", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for images/ and labels.csv")
    parser.add_argument("--seed", type=int, default=0, help="seed of an object's first picture")
    parser.add_argument("--count", type=int, default=3, help="pictures an object, with seeds seed, seed + 1, ...")
    parser.add_argument("--only", action="append", metavar="OBJECT", help="render only this object (repeatable)")
    parser.add_argument("--category", choices=sorted(PRODUCTS), help="render only this category")
    parser.add_argument("--force", action="store_true", help="render again what already stands")
    parser.add_argument("--size", type=int, default=320, help="pixels a side")
    parser.add_argument("--samples", type=int, default=16, help="light paths a pixel")
    parser.add_argument("--blender", default="blender", help="the Blender program (3.4)")
    return parser.parse_args(argv)


def pictures(seed: int, count: int) -> list[dict]:
    """Every picture to be: its file, category, object, seed and the module that models it."""
    return [
        {"file": f"images/{name}-{s}.webp", "category": category, "object": name, "seed": s, "module": module}
        for category, modules in PRODUCTS.items()
        for module, names in modules.items()
        for name in names
        for s in range(seed, seed + count)
    ]


def write_labels(out: Path) -> None:
    """labels.csv: one row for every picture that stands, whatever run made it."""
    rows = [
        (f"images/{file.name}", category, name, int(file.stem.rsplit("-", 1)[1]))
        for category, modules in PRODUCTS.items()
        for names in modules.values()
        for name in names
        for file in sorted((out / "images").glob(f"{name}-*.webp"))
    ]
    with (out / "labels.csv").open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("file", "category", "object", "seed"))
        writer.writerows(rows)


def main() -> None:
    args = parse()
    (args.out / "images").mkdir(parents=True, exist_ok=True)
    wanted = [
        p
        for p in pictures(args.seed, args.count)
        if (not args.only or p["object"] in args.only)
        and (not args.category or p["category"] == args.category)
        and (args.force or not (args.out / p["file"]).exists())
    ]
    with tempfile.TemporaryDirectory() as folder:
        jobs = [
            {**p, "path": f"{folder}/{i}.png", "size": args.size, "samples": args.samples} for i, p in enumerate(wanted)
        ]
        # A few pictures a process: one start pays for several, and a broken object loses little.
        for start in range(0, len(jobs), 8):
            batch = jobs[start : start + 8]
            (Path(folder) / "jobs.json").write_text(json.dumps(batch))
            command = [args.blender, "--background", "--factory-startup", "--python-exit-code", "1"]
            command += ["--python", str(HERE / "in_blender.py"), "--", f"{folder}/jobs.json"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
            for job in batch:
                if Path(job["path"]).exists():
                    save_webp(Path(job["path"]), args.out / job["file"])
                    print(job["file"], flush=True)
            if done.returncode:
                raise SystemExit(done.stdout[-1500:] + done.stderr[-3000:])
    write_labels(args.out)


if __name__ == "__main__":
    main()
