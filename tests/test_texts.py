"""One catalogue, both languages, nothing missing and nothing unused."""

from __future__ import annotations

import ast
import re
import string
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
import yaml

from models.credit.application import columns
from models.credit.features import FEATURES
from models.credit.wording import label, unit
from models.texts import CATALOGUE, ENGLISH, FRENCH, LANGUAGES, Language, Texts, catalogue

ROOT = Path(__file__).parent.parent
DATA_SECTIONS = ("columns", "values", "features")  # looked up by the names that data has
CODE = ("*.py", "server/**/*.py", "tabs/**/*.py", "models/**/*.py")
# what is made with a key below "errors", its first argument
ERRORS = ("VitrineError", "InputError", "ModelUnavailable", "HubError", "Note", "unavailable")
STRAIGHT = re.compile(r"[^\W\d_]'(?:[^\W\d_]|[«“*`{])")
SENTENCES = re.compile(r"[.!?] [A-ZÀ-Ý]")
STOP = re.compile(r"[.!?…:][\s”»)*`]*$")
FILLED_IN = re.compile(r"\}\**$")  # what stands there ends by itself
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


def _choices(node: ast.expr) -> list[ast.expr]:
    """What an expression may come to: both sides of ``a if c else b``."""
    return [*_choices(node.body), *_choices(node.orelse)] if isinstance(node, ast.IfExp) else [node]


@cache
def _errors() -> set[str]:
    """Patterns of the keys that errors are made with: written there, or given to the name that stands there."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in _sources()]
    patterns = set()
    for function in (node for tree in trees for node in ast.walk(tree) if isinstance(node, functions)):
        nodes = list(ast.walk(function))
        given: dict[str, list[ast.expr]] = defaultdict(list)
        for node in nodes:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                given[node.targets[0].id] += _choices(node.value)
        for node in nodes:
            if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                for key in _choices(node.args[0]):
                    found = given[key.id] if isinstance(key, ast.Name) else [key]
                    patterns |= {pattern for one in found if (pattern := _pattern(one))}
    return {rf"errors\.{pattern}" for pattern in patterns}


def test_every_error_has_its_sentence() -> None:
    assert r"errors\.column_[^.]+" in _errors() and r"errors\.hub_away" in _errors()
    assert not [pattern for pattern in _errors() if not any(re.fullmatch(pattern, key) for key in catalogue())]


@cache
def _used() -> re.Pattern[str]:
    """Every text literal of the code that names a section; what an f-string fills in matches one part of a key."""
    patterns = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if pattern := _pattern(node):
                patterns.add(pattern)
    # a section must be named, or a pattern would match what it does not mean; so would the key of any error
    named = {pattern for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)} - {r"errors\.[^.]+"}
    # what is counted has a text for one and a text for several
    return re.compile("|".join(rf"(?:{pattern})(?:\.(?:one|other))?" for pattern in named | _errors()))


def test_every_text_is_used() -> None:
    own = [key for key in catalogue() if key.split(".")[0] not in DATA_SECTIONS]
    assert not [key for key in own if not _used().fullmatch(key)]


@pytest.mark.parametrize("key", ["errors.nobody_says_this", "errors.busy.one_more", "results.nobody_says_this"])
def test_a_text_that_nothing_uses_is_found(key: str) -> None:
    assert not _used().fullmatch(key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_apostrophes_are_set_as_such(language: Language) -> None:
    assert not [key for key, entry in catalogue().items() if STRAIGHT.search(entry[language])]


@pytest.mark.parametrize("text", ["l'image", "d'{label}", "l'« aucune »", "the model's answer"])
def test_a_straight_apostrophe_is_found(text: str) -> None:
    assert STRAIGHT.search(text) and not STRAIGHT.search("give 'average' or $A'$")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_says_several_sentences_ends_the_last_one(language: Language) -> None:
    """Captions have no full stop where they are a title, and one after each sentence where they say any."""
    texts = {key: entry[language].strip() for key, entry in catalogue().items()}
    assert not [key for key, text in texts.items() if SENTENCES.search(text) and not _ended(text)]
    assert SENTENCES.search("Photos by name. They are not ours") and not _ended("They are not ours")


def test_both_languages_end_a_text_alike() -> None:
    ends = {key: {bool(STOP.search(entry[language])) for language in LANGUAGES} for key, entry in catalogue().items()}
    assert not [key for key, either in ends.items() if len(either) > 1]


def _ended(text: str) -> bool:
    return bool(STOP.search(text) or FILLED_IN.search(text))


@pytest.mark.parametrize(("duration", "said"), [(0.0036, "0,004"), (0.01, "0,01"), (0.1834, "0,18"), (12.0, "12,00")])
def test_a_short_duration_is_not_said_to_be_none(duration: float, said: str) -> None:
    assert FRENCH.seconds(duration) == said


def test_every_column_category_and_feature_has_a_name() -> None:
    for texts in (ENGLISH, FRENCH):
        for name, rule in columns().items():
            assert label(name, texts) != name
            for category in rule.categories:
                assert f"values.{name}.{category}" in catalogue() or category == "XNA"
        for name in FEATURES:
            assert label(name, texts) != name
            assert unit(name) != "number", f"{name} has no unit in data/application_schema.yaml"


# what French calls otherwise on this page, or what nobody says
AVOIDED = re.compile(
    r"sans note|lignes? notée|\bmaître\b|transformeur visuel|[Bb]ureau de crédit|classe juste|part de justes"
    r"|\bprêt (?!à dépenser)|Personnel de base|Logement municipal|inconnu pour ce client|[ÉéEe]léments?\b"
)


def test_french_calls_one_thing_one_name() -> None:
    assert not [key for key, entry in catalogue().items() if AVOIDED.search(entry["fr"].replace("Prêt à", ""))]


def test_english_does_not_promise_years_where_months_are_said() -> None:
    assert not [name for name in columns() if ENGLISH(f"columns.{name}").startswith("Years ")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_and_its_unit_stay_on_one_line(language: Language) -> None:
    units = {"en": "months?|years?|points?|s", "fr": "mois|ans?|points?|Mo|s"}[language]
    apart = re.compile(rf"[\d}}] (?:{units})\b")
    assert not [key for key, entry in catalogue().items() if apart.search(entry[language])]
    texts = Texts(language)
    for said in (texts.count("credit.months", 3), texts.points(0.034), texts.count("credit.loan.duration", 36)):
        assert " " not in said and "\u00a0" in said


def test_a_group_s_name_fits_what_raises_and_what_lowers_the_risk() -> None:
    names = [entry for key, entry in catalogue().items() if key.startswith("credit.groups.")]
    assert not [entry for entry in names if re.search("late|retard|défaut|default", entry["en"] + entry["fr"])]
