"""How many mutants of ``models/`` the fast tests notice: mutmut on a sample of each file, drawn by a seed.

``python -m benchmarks.mutants`` prints which were not noticed, and the share that was for each package; files or
folders as arguments leave out the others. Each mutant's fate stays in ``mutants/``; ``mutmut show NAME`` prints one.
``equivalent_mutants.yaml`` holds those that change nothing that anyone could see, and why.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import yaml
from mutmut import __main__ as mutmut
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

WORK = Path("mutants")
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
NOTICED = ("killed", "timeout", "segfault")


def make() -> None:
    """Writes every mutant of every file; what has not changed since the last time stays."""
    WORK.mkdir(exist_ok=True)
    mutmut.copy_src_dir()
    mutmut.copy_also_copy_files()
    mutmut.create_mutants(1)


def fates(file: Path) -> dict[str, str]:
    """What became of each mutant of a file, by name."""
    written = WORK / f"{file}.meta"
    codes = json.loads(written.read_text(encoding="utf-8"))["exit_code_by_key"] if written.exists() else {}
    return {name: status_by_exit_code[code] for name, code in codes.items()}


def sample(file: Path, count: int, seed: int) -> list[str]:
    """At most so many mutants of a file, the same ones for the same file and seed."""
    names = list(fates(file))
    return random.Random(f"{seed} {file}").sample(names, min(count, len(names)))


def changed(file: Path, name: str) -> str:
    """The lines that a mutant puts in the place of others."""
    lines = get_diff_for_mutant(name, path=file).splitlines()
    return " ".join(line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++"))


def package(file: Path) -> str:
    """The folder below ``models/`` that a file belongs to."""
    return file.parts[1] if len(file.parts) > 2 else "the rest"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="How many mutants of models/ the fast tests notice.")
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("models")], help="files or folders")
    parser.add_argument("--per-file", type=int, default=5, help="mutants of each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--report", action="store_true", help="run nothing: print what the last run found")
    options = parser.parse_args()

    if not options.report:
        make()
    files = [file for path in options.paths for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]
    sampled = {file: sample(file, options.per_file, options.seed) for file in files}
    if not options.report:
        names = [name for names in sampled.values() for name in names]
        subprocess.run([sys.executable, "-m", "mutmut", "run", "--max-children", "1", *names], check=True)

    equivalent = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    counts: dict[str, Counter[str]] = {}
    for file, names in sampled.items():
        found, same = fates(file), equivalent.get(str(file), {})
        for name in names:
            fate = "noticed" if found[name] in NOTICED else found[name]
            if fate != "noticed" and changed(file, name) in same:
                fate = "equivalent"
            counts.setdefault(package(file), Counter())[fate] += 1
            if fate not in ("noticed", "equivalent"):
                print(f"{fate}: {name}\n    {changed(file, name)}")
    counts["all"] = sum(counts.values(), Counter())
    for name, of in counts.items():
        total = of.total() - of["equivalent"]
        print(f"{name}: {of['noticed']} of {total} ({of['noticed'] / total:.0%}); {of['equivalent']} equivalent")


if __name__ == "__main__":
    main()
