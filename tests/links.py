"""Dead links of the documents: files, folders and headings that are not there. ``python -m tests.links`` lists them.

Links to other sites are left alone, for the checks run offline.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def documents(root: Path = ROOT) -> list[Path]:
    """Every Markdown file that git knows."""
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=root, capture_output=True, text=True, check=False).stdout
    return [root / name for name in listed.split()] or sorted(root.glob("*.md"))


def anchors(document: Path) -> set[str]:
    """The names of a document's headings, as GitHub and the Hub write them."""
    names = HEADING.findall(CODE.sub("", document.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", name.lower()).strip().replace(" ", "-") for name in names}


def dead_links(document: Path) -> list[str]:
    """Links of a document that lead nowhere."""
    dead = []
    for link in LINK.findall(CODE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(f"{document.name}: {link}")
    return dead


def main() -> int:
    """Prints every dead link; 1 if there is one."""
    dead = [link for document in documents() for link in dead_links(document)]
    print("\n".join(dead) or f"no dead link in {len(documents())} documents")
    return int(bool(dead))


if __name__ == "__main__":
    sys.exit(main())
