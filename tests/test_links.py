"""The documents lead somewhere."""

from __future__ import annotations

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
