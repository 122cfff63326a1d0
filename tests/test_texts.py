"""One catalogue, both languages, nothing missing and nothing unused."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from models.credit.application import columns
from models.credit.desk import desk
from models.credit.features import DERIVED
from models.credit.wording import label, unit
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts, catalogue

ROOT = Path(__file__).parent.parent
DATA_SECTIONS = ("columns", "values", "features")  # looked up by the names that data has
CODE = ("*.py", "tabs/**/*.py", "models/**/*.py")
SAME_IN_BOTH = 0.12  # share of texts that may be alike, such as "Photos" and "ROC-AUC"


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_both_languages_say_it_with_the_same_placeholders(key: str) -> None:
    entry = catalogue()[key]
    assert all(entry[language].strip() for language in LANGUAGES)
    assert _fields(entry["en"]) == _fields(entry["fr"])


def test_texts_are_translated() -> None:
    own = {key: entry for key, entry in catalogue().items() if key.split(".")[0] not in DATA_SECTIONS}
    alike = [key for key, entry in own.items() if entry["en"] == entry["fr"]]
    assert len(alike) <= SAME_IN_BOTH * len(own), alike


def _asked_for() -> set[str]:
    """Patterns of every text literal of the code; what an f-string fills in matches one part of a key."""
    patterns = set()
    for path in (path for folder in CODE for path in ROOT.glob(folder)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                patterns.add(re.escape(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^.]+" for part in node.values
                ]
                patterns.add("".join(parts))
    # errors are named by the last part of their key; a pattern of no dot at all would match everything else
    return {pattern for pattern in patterns if "\\." in pattern} | {rf"errors\.{name}" for name in patterns}


def test_every_text_is_used() -> None:
    used = re.compile("|".join(f"(?:{pattern})" for pattern in _asked_for()))
    own = [key for key in catalogue() if key.split(".")[0] not in DATA_SECTIONS]
    assert not [key for key in own if not used.fullmatch(key)]


def test_every_column_category_and_feature_has_a_name() -> None:
    for texts in (ENGLISH, FRENCH):
        for name, rule in columns().items():
            assert label(name, texts) != name
            for category in rule.categories:
                assert f"values.{name}.{category}" in catalogue() or category == "XNA"
        for name in {*desk().model.features, *DERIVED}:
            assert label(name, texts) != name
            assert unit(name) != "number", f"{name} has no unit in data/application_schema.yaml"


@pytest.mark.parametrize(
    ("texts", "number", "share"), [(ENGLISH, "1,234.5", "12.3%"), (FRENCH, "1\u202f234,5", "12,3\u202f%")]
)
def test_numbers_are_written_as_the_language_writes_them(texts: Texts, number: str, share: str) -> None:
    assert texts.number(1234.5, 1) == number
    assert texts.percent(0.1234) == share
    assert texts.signed(-0.5, 1)[0] == "\u2212"
