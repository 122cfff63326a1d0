"""The documents lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.links import ROOT, dead_links, documents


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_has_a_dead_link(document: Path) -> None:
    assert dead_links(document) == []


def test_dead_links_are_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# One thing\n[here](#one-thing) [b](b.md) [there](#other)\n`[code](c.md)`\n", encoding="utf-8")
    assert dead_links(document) == ["a.md: b.md", "a.md: #other"]


def test_every_line_of_the_threats_names_tests_that_there_are() -> None:
    lines = (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    rows = [
        line.split("|")[3] for line in lines if line.startswith("| ") and not line.startswith(("| threat ", "| ---"))
    ]
    sources = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)?(?:::)?(test_\w+)?`", row)
        assert named, row
        for file, function in named:
            assert not file or file in sources, row
            held = [sources[file]] if file else sources.values()
            assert not function or any(f"def {function}(" in source for source in held), (row, function)
