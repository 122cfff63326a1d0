"""How each language writes numbers and sets its texts; ``test_texts.py`` holds what the catalogue must contain."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models import texts as catalogues
from models.texts import ENGLISH, FRENCH, Texts, catalogue


@pytest.mark.parametrize(
    ("texts", "number", "share"), [(ENGLISH, "1,234.5", "12.3%"), (FRENCH, "1\u202f234,5", "12,3\u202f%")]
)
def test_numbers_are_written_as_the_language_writes_them(texts: Texts, number: str, share: str) -> None:
    assert texts.number(1234.5, 1) == number
    assert texts.percent(0.1234) == share
    assert texts.signed(-0.5, 1)[0] == "\u2212"


def test_french_is_set_with_unbreakable_spaces() -> None:
    assert FRENCH.conventions.typeset("Tous : « oui » ?") == "Tous\u00a0: «\u00a0oui\u00a0»\u00a0?"
    assert ENGLISH.conventions.typeset("All : yes") == "All : yes"
    assert not [key for key, entry in catalogue().items() if re.search(r" [:;?!%»]|« ", entry["fr"])]


def test_a_text_is_found_below_its_headings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.yaml").write_text("a:\n  b:\n    c: {en: yes it is, fr: 'oui : si'}\n", encoding="utf-8")
    monkeypatch.setattr(catalogues, "CATALOGUE", tmp_path)
    catalogue.cache_clear()
    try:
        assert catalogue() == {"page.a.b.c": {"en": "yes it is", "fr": "oui\u00a0: si"}}
        (tmp_path / "page.yaml").write_text("a:\n  b: {en: only}\n", encoding="utf-8")
        catalogue.cache_clear()
        with pytest.raises(ValueError, match=r"page\.a\.b\.en needs a text for each"):
            catalogue()
    finally:
        catalogue.cache_clear()
