"""One catalogue, both languages, nothing missing and nothing unused."""

from __future__ import annotations

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest
import yaml

from models.credit.application import columns
from models.credit.features import FEATURES
from models.credit.wording import label, unit
from models.texts import CATALOGUE, ENGLISH, FRENCH, LANGUAGES, catalogue

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


class _Strict(yaml.BaseLoader):
    """Refuses a key that stands twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), {key for key in keys if keys.count(key) > 1}
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_key_stands_twice(path: Path) -> None:
    assert yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)


def test_a_key_that_stands_twice_is_found() -> None:
    with pytest.raises(AssertionError, match="agree"):
        yaml.load("agree: {en: a, fr: b}\nagree: {en: c, fr: d}", Loader=_Strict)


def _sources() -> list[Path]:
    return [path for folder in CODE for path in ROOT.glob(folder)]


def test_every_text_that_the_code_asks_for_exists() -> None:
    """Each ``texts("key")``; of a key that is put together, some text must fit what is fixed of it."""
    missing = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and (counted := _asks(node.func)) is not None:
                pattern = _pattern(node.args[0])
                if pattern and counted:
                    pattern += r"\.(one|other)"
                if pattern and not any(re.fullmatch(pattern, key) for key in catalogue()):
                    missing.append(f"{path.name}: {pattern}")
    assert missing == []


def _asks(function: ast.expr) -> bool | None:
    """Whether ``texts(...)`` or ``texts.count(...)`` is called: False or True; None for any other call."""
    if isinstance(function, ast.Name) and function.id == "texts":
        return False
    is_count = isinstance(function, ast.Attribute) and function.attr == "count"
    return True if is_count and isinstance(function.value, ast.Name) and function.value.id == "texts" else None


def _pattern(node: ast.AST) -> str | None:
    """What a text or an f-string may be, as a pattern; None for what is neither."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[^.]+" for part in node.values
        )
    return None


@cache
def _asked_for() -> set[str]:
    """Patterns of every text literal of the code; what an f-string fills in matches one part of a key."""
    patterns = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if pattern := _pattern(node):
                patterns.add(pattern)
    # a section must be named, or a pattern would match what it does not mean; errors are named by their last part
    named = {pattern for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)}
    return named | {rf"errors\.{name}" for name in patterns if re.fullmatch(r"[a-z_]+", name)}


def test_every_text_is_used() -> None:
    # what is counted has a text for one and a text for several
    used = re.compile("|".join(rf"(?:{pattern})(?:\.(?:one|other))?" for pattern in _asked_for()))
    own = [key for key in catalogue() if key.split(".")[0] not in DATA_SECTIONS]
    assert not [key for key in own if not used.fullmatch(key)]


def test_every_column_category_and_feature_has_a_name() -> None:
    for texts in (ENGLISH, FRENCH):
        for name, rule in columns().items():
            assert label(name, texts) != name
            for category in rule.categories:
                assert f"values.{name}.{category}" in catalogue() or category == "XNA"
        for name in FEATURES:
            assert label(name, texts) != name
            assert unit(name) != "number", f"{name} has no unit in data/application_schema.yaml"
