"""The programs that README and page show, each a file that runs: the tests run them."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "data" / "examples"
ADDRESS = "http://127.0.0.1:7860"  # of the app, as the examples write it


def example(name: str) -> str:
    """The text of an example, such as "client.py"."""
    return (FOLDER / name).read_text(encoding="utf-8").rstrip()
