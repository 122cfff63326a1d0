"""Publishes a trained model: ``weights/MODEL`` to a repository on the Hugging Face Hub.

The card is the folder's README.md. A list of SHA-256, ``sha256sums.txt``, goes beside the files: the app checks what it
loads against it. A push that was cut goes on where it stopped; a second push of the same files makes no commit.

    python -m training.push_to_hub credit --repo USER/NAME --dry-run
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from training.hub.model_files import collect
from training.hub.upload import HubRefusal, Target, repository, send, table

WEIGHTS = Path("weights")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, check the folder, and push it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="folder below weights/: credit, vgg16, yolov8, protovit")
    parser.add_argument("--repo", type=repository, required=True, metavar="USER/NAME", help="made if there is none")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, metavar="FOLDER", help="where the model's folder is")
    seen = parser.add_mutually_exclusive_group()
    seen.add_argument("--private", dest="private", action="store_true", default=None, help="a new one's default")
    seen.add_argument("--public", dest="private", action="store_false", default=None)
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and send nothing")
    given = parser.parse_args(arguments)

    try:
        files = collect(given.weights / given.model, given.model)
        print(table(files))
        if given.dry_run:
            print(f"dry run: nothing was sent to {given.repo}")
            return
        sent = send(Target(given.repo, private=given.private), files, f"{given.model}: weights, figures and card")
    except HubRefusal as refusal:
        raise SystemExit(str(refusal)) from refusal
    print("pushed" if sent.changed else "nothing has changed since the last push: no new commit")
    print(f"revision {sent.revision}")
    print(f"in hub.yaml:\n{given.model}: {{repo: {given.repo}, revision: {sent.revision}}}")


if __name__ == "__main__":
    main()
