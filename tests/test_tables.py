"""Tables as people have them: read as the plain CSV, or refused with the row and the reason; never read wrongly."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.credit import batch
from models.credit.application import columns
from models.credit.service import credit_service
from models.credit.tables import columnar, delimited, unpack
from models.credit.tables.cells import UNKNOWN
from models.errors import InputError
from models.texts import FRENCH
from models.zip_files import PIECE
from tests.factories import applications

CATEGORIES = [name for name, rule in columns().items() if rule.is_category]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Eight applications; materials hold a comma, some cells are unknown."""
    made = applications(8, seed=11).drop(columns=["TARGET"])
    made["WALLSMATERIAL_MODE"] = "Stone, brick"
    return made


@pytest.fixture(scope="module")
def right(table: pd.DataFrame) -> list[float]:
    """Their probabilities, each scored by itself."""
    records = table.astype(object).where(table.notna(), None).to_dict("records")
    return [credit_service().score_application(record).probability for record in records]


def _score(content: bytes, folder: Path) -> dict:
    path = folder / "upload"
    path.write_bytes(content)
    return batch.score(path, credit_service().model)


def _text(table: pd.DataFrame, separator: str = ",", decimal: str = ".", **options: object) -> str:
    return table.to_csv(index=False, sep=separator, decimal=decimal, **options)  # type: ignore[call-overload]


def _zip(files: dict[str, str], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _grouped(table: pd.DataFrame, mark: str, decimal: str = ",") -> str:
    """Amounts with their thousands set apart."""
    written = table.copy()
    for name in ("AMT_CREDIT", "AMT_ANNUITY", "AMT_INCOME_TOTAL"):
        written[name] = [
            f"{value:,.10f}".replace(",", "X").replace(".", decimal).replace("X", mark) for value in table[name]
        ]
    return _text(written, ";", decimal)


WAYS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "byte order mark": lambda t: b"\xef\xbb\xbf" + _text(t).encode(),
    "utf-16": lambda t: _text(t, ";", ",").encode("utf-16"),
    "utf-16, big end first": lambda t: b"\xfe\xff" + _text(t).encode("utf-16-be"),
    "utf-16 without a mark": lambda t: _text(t).encode("utf-16-le"),
    "utf-32": lambda t: _text(t).encode("utf-32"),
    "windows-1252": lambda t: _text(t.assign(Prénom="Zoé", Devise="€"), ";", ",").encode("cp1252"),
    "mac roman": lambda t: _grouped(t.assign(Prénom="Zoé à l’été"), "\u00a0").encode("mac_roman"),
    "tabs": lambda t: _text(t, "\t").encode(),
    "pipes": lambda t: _text(t, "|", ",").encode(),
    "sep line": lambda t: b"sep=;\r\n" + _text(t, ";", ",").encode(),
    "sep line after a mark": lambda t: b"\xef\xbb\xbfsep=,\n" + _text(t).encode(),
    "decimal commas in quotes": lambda t: _text(t, ",", ",", quoting=csv.QUOTE_MINIMAL).encode(),
    "everything in quotes": lambda t: _text(t, quoting=csv.QUOTE_ALL).encode(),
    "carriage returns": lambda t: _text(t, lineterminator="\r").encode(),
    "windows line ends and an old end of file": lambda t: _text(t, lineterminator="\r\n").encode() + b"\x1a",
    "spaces between thousands": lambda t: _grouped(t, " ").encode(),
    "unbreakable spaces": lambda t: _grouped(t, "\u00a0").encode(),
    "narrow unbreakable spaces": lambda t: _grouped(t, "\u202f").encode(),
    "apostrophes": lambda t: _grouped(t, "'", ".").encode(),
    "points between thousands": lambda t: _grouped(t, ".").encode(),
    "commas between thousands": lambda t: _grouped(t, ",", ".").encode(),
    "true minus": lambda t: _text(t).replace(",-", ",\u2212").encode(),
    "blanks around values": lambda t: (
        re.sub(",(?=[^ ])", " , ", _text(t)).replace('"Stone, brick"', '"Stone,  brick" ').encode()
    ),
    "blanks for the unknown": lambda t: _text(t, na_rep=" ").encode(),
    "words for the unknown": lambda t: _text(t, na_rep="NaN").encode(),
    "lower-case headings": lambda t: _text(t.rename(columns=str.lower)).encode(),
    "padded headings": lambda t: _text(t.rename(columns=lambda name: f"\u00a0{name} ")).encode(),
    "empty rows": lambda t: b"\n\n" + _text(t).encode() + b"\n   \n" + b"," * (t.shape[1] - 1) + b"\n\n",
    "a column of row numbers": lambda t: t.to_csv().encode(),
    "an empty last column": lambda t: "".join(f"{line},\n" for line in _text(t).splitlines()).encode(),
    "a note over two lines": lambda t: _text(t.assign(note="one\ntwo")).encode(),
    "gzip": lambda t: gzip.compress(_text(t).encode()),
    "zip": lambda t: _zip({"table.csv": _text(t, ";", ",")}),
    "zip of a Mac": lambda t: _zip({"table.csv": _text(t), "__MACOSX/._table.csv": "x"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_whatever_way_it_is_written_it_is_the_same_table(
    way: str, table: pd.DataFrame, right: list[float], tmp_path: Path
) -> None:
    answer = _score(WAYS[way](table), tmp_path)
    assert [score["probability"] for score in answer["scores"]] == pytest.approx(right, abs=1e-9)
    assert [score["client_id"] for score in answer["scores"]] == table["SK_ID_CURR"].tolist()
    assert answer["rows"] == len(table) and answer["unscored"] == []


def test_it_is_said_how_a_file_was_read(table: pd.DataFrame, tmp_path: Path) -> None:
    answer = _score(_zip({"table.csv": _text(table, ";", ",") + "\n"}), tmp_path)
    said = "Read as CSV (zip): UTF-8, semicolons between columns, decimal comma, 1 empty row left out."
    assert answer["read"] == said


def test_an_accent_at_the_very_end_is_no_cut(tmp_path: Path) -> None:
    """In Windows-1252 a last letter can look like the first half of one in UTF-8."""
    answer = _score("AMT_CREDIT,EXT_SOURCE_2,NOTE\n500000,0.5,café".encode("cp1252"), tmp_path)
    assert len(answer["scores"]) == 1 and "Windows-1252" in answer["read"]


CUT = "AMT_CREDIT,EXT_SOURCE_2\n"
REFUSED: dict[str, tuple[bytes, str]] = {
    "a field too many": (b"SK_ID_CURR,AMT_CREDIT\n1,5000,5\n", "row 0 .*line 2.*fields 3, headings 2"),
    "a field too few": (b"AMT_CREDIT,AMT_ANNUITY\n5000,300\n\n6000\n", "row 1 .*line 4.*fields 1, headings 2"),
    "pushed under no heading": (b"AMT_CREDIT,AMT_ANNUITY,\n5000,5,300\n", "row 0 .*'300' in column 3"),
    "one column, decimal commas": (b"AMT_CREDIT\n677659,5\n", "fields 2, headings 1"),
    "a heading twice": (b"AMT_CREDIT,amt_credit \n1,2\n", "AMT_CREDIT stands there twice"),
    "clients only": (b"SK_ID_CURR,TARGET\n1,0\n", "no column of an application"),
    "another table": (b"SK_ID_CURR,SK_ID_BUREAU,DAYS_CREDIT\n1,2,-3\n", "no column of an application"),
    "nothing known": (b"SK_ID_CURR,AMT_CREDIT\n1,\n2,\n", "no row says anything"),
    "two ways of decimals": (
        b"AMT_CREDIT;EXT_SOURCE_2\n5000,5;0.5\n",
        "AMT_CREDIT in row 0.*5000,5.*EXT_SOURCE_2.*0.5",
    ),
    "thousands or decimals": (b"SK_ID_CURR;AMT_CREDIT\n1;500.125\n", "500.125.*thousands"),
    "thousands or decimals in quotes": (b'SK_ID_CURR,AMT_CREDIT\n1,"500,125"\n', "500,125.*thousands"),
    "digits in odd groups": (b"AMT_CREDIT;AMT_ANNUITY\n12 34;5\n", "'12 34' is not allowed"),
    "digits of another script": ("AMT_CREDIT,AMT_ANNUITY\n٥٠٠٠,1\n".encode(), "is not allowed"),
    "a date": (b"DAYS_BIRTH,AMT_CREDIT\n1980-01-05,1\n", "'1980-01-05' is not allowed"),
    "a currency": ("AMT_CREDIT;AMT_ANNUITY\n5000 €;1\n".encode(), "5000 € is not allowed|'5000 €' is not allowed"),
    "infinite": (b"AMT_CREDIT,AMT_ANNUITY\ninf,1\n", "'inf' is not allowed"),
    "400 digits": (b"AMT_CREDIT,AMT_ANNUITY\n1" + b"0" * 400 + b",1\n", r"AMT_CREDIT: .{20,70} is not allowed"),
    "a long text": (b"AMT_CREDIT,AMT_ANNUITY\n" + b"x" * 100_000 + b",1\n", r"AMT_CREDIT: .{20,70} is not allowed"),
    "a long heading": (b"x" * 100_000 + b",y\n1,2\n", r"begin .{20,90}\)"),
    "an endless value": (b'AMT_CREDIT,AMT_ANNUITY\n1,2\n"3,4\n5,6\n', "value in quotes does not end"),
    "more after a quote": (b'AMT_CREDIT,AMT_ANNUITY\n"3"4,4\n', "line 2.*value in quotes does not end"),
    "a separator of its own": (b"sep=:\nAMT_CREDIT:AMT_ANNUITY\n1:2\n", "set apart by ':'"),
    "cut within a character": ("AMT_CREDIT,é\n1,é".encode()[:-1], "cut off"),
    "marked, cut within a character": ("AMT_CREDIT,é\n1,é".encode("utf-8-sig")[:-1], "cut off"),
    "utf-16 cut within a character": (CUT.encode("utf-16")[:-1], "cut off"),
    "bytes": (bytes(range(256)) * 8, "not a text file"),
    "spaces": (b" \n\n ", "the file is empty"),
    "gzip cut off": (gzip.compress(CUT.encode() * 50)[:-12], "gzip file is damaged or cut off"),
    "gzip of nothing": (gzip.compress(b""), "the file is empty"),
    "zip in zip": (_zip({"a.zip": "PK\x03\x04"}), "archive inside the archive"),
    "zip in gzip": (gzip.compress(_zip({"a.csv": CUT})), "archive inside the archive"),
    "two files": (_zip({"a.csv": CUT, "b.csv": CUT}), "one file and holds 2"),
    "no file": (_zip({}), "one file and holds 0"),
    "zip by bzip2": (_zip({"a.csv": CUT}, zipfile.ZIP_BZIP2), "usual compression"),
    "zip by lzma": (_zip({"a.csv": CUT}, zipfile.ZIP_LZMA), "usual compression"),
    "zip cut off": (_zip({"a.csv": CUT * 50})[:-30], "zip file is damaged or cut off"),
    "a workbook": (_zip({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}), "Excel"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(30), "PNG"),
    "half a parquet": (b"PAR1" + bytes(100), "Parquet file is damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_might_be_misread_is_refused_in_words(case: str, tmp_path: Path) -> None:
    content, words = REFUSED[case]
    with pytest.raises(InputError, match=words) as refusal:
        _score(content, tmp_path)
    assert str(refusal.value).startswith("table: ")
    assert len(str(refusal.value)) < 600
    for jargon in ("codec", "tokenizing", "Traceback", "arrow", "np."):
        assert jargon not in str(refusal.value)
    said = refusal.value.message(FRENCH)
    assert said.startswith("table\u00a0: ") and said != str(refusal.value)


def test_the_row_is_told_by_its_number_and_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"row 1 \(the first is 0; line 5 of the file\), column EXT_SOURCE_2: '7'"
    ) as refusal:
        _score(b"sep=,\nAMT_CREDIT,EXT_SOURCE_2\n5,0.5\n\n5,7\n", tmp_path)
    assert "ligne 1 (la première est 0\u00a0; ligne 5 du fichier)" in refusal.value.message(FRENCH)


def test_a_row_that_says_nothing_has_no_score(tmp_path: Path) -> None:
    answer = _score(b"SK_ID_CURR,AMT_CREDIT\n900001,5000\n900002,\n900003,6000\n", tmp_path)
    assert [(score["row"], score["client_id"]) for score in answer["scores"]] == [(0, 900001), (2, 900003)]
    assert answer["unscored"] == [{"row": 1, "client_id": 900002}] and answer["rows"] == 2


def test_headings_alone_have_no_scores(tmp_path: Path) -> None:
    assert _score(b"AMT_CREDIT,EXT_SOURCE_2\n", tmp_path)["scores"] == []


def test_signs_and_exponents_are_numbers(tmp_path: Path) -> None:
    written = _score(b"AMT_CREDIT,DAYS_BIRTH,EXT_SOURCE_2\n+5e5,-1.5E+04,.5\n", tmp_path)
    plain = credit_service().score_application({"AMT_CREDIT": 500_000.0, "DAYS_BIRTH": -15_000.0, "EXT_SOURCE_2": 0.5})
    assert written["scores"][0]["probability"] == pytest.approx(plain.probability)


def test_flags_may_be_true_or_false(tmp_path: Path) -> None:
    ones = _score(b"AMT_CREDIT,FLAG_EMP_PHONE,FLAG_PHONE\n5000,1,0\n", tmp_path)
    assert _score(b"AMT_CREDIT,FLAG_EMP_PHONE,FLAG_PHONE\n5000,True,FALSE\n", tmp_path)["scores"] == ones["scores"]
    typed = pa.table({"AMT_CREDIT": [5000.0], "FLAG_EMP_PHONE": [True], "FLAG_PHONE": [False]})
    assert _score(_parquet(typed), tmp_path)["scores"] == ones["scores"]


def test_no_category_is_taken_for_an_unknown_one() -> None:
    assert not [name for name in CATEGORIES for text in columns()[name].categories if text.casefold() in UNKNOWN]


def test_an_archive_is_not_unpacked_further_than_allowed(
    table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = _text(table)
    monkeypatch.setattr(unpack, "MAX_BYTES", len(text) - 1)
    for content in (gzip.compress(text.encode()), _zip({"a.csv": text})):
        assert len(content) < len(text)
        with pytest.raises(InputError, match="unpacks to more"):
            _score(content, tmp_path)


def test_a_long_table_of_contents_is_not_read(tmp_path: Path) -> None:
    """Python would hold every name of it in memory."""
    names = {"a.csv": CUT, **{f"{number:05}{'x' * 200}.csv": "" for number in range(4500)}}
    with pytest.raises(InputError, match="zip file is damaged"):
        _score(_zip(names), tmp_path)
    with pytest.raises(InputError, match="holds 4001"):
        _score(_zip(dict(list(names.items())[:4001])), tmp_path)


def test_an_archive_may_hold_more_than_is_read_at_a_time(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 16, 2 * PIECE, dtype=np.uint8) + ord("a")
    rows = "".join(f"5000,{part.tobytes().decode()}\n" for part in noise.reshape(32, -1))
    packed = _zip({"a.csv": f"AMT_CREDIT,NOTE\n{rows}"})
    assert len(packed) > PIECE and _score(packed, tmp_path)["rows"] == 32


def test_a_row_of_another_width_is_refused_as_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathered first, a few megabytes of wide rows would be gigabytes of fields."""
    read: list[object] = []
    following = delimited._Rows.__next__
    monkeypatch.setattr(delimited._Rows, "__next__", lambda rows: read.append(following(rows)) or read[-1])
    with pytest.raises(InputError) as refusal:
        _score(b"AMT_CREDIT\n5000\n" + b"6000,7\n" * 1000, tmp_path)
    assert refusal.value.key == "table_ragged" and len(read) == 3


@pytest.mark.parametrize("lines", ["7,7,7,7,7,7\n", '7,"\n7",7,"\n7",7,"\n7",7\n'])
def test_a_row_of_many_fields_is_not_taken_apart(lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MOST_SEPARATORS", 4)
    plain = "AMT_CREDIT,AMT_ANNUITY,note\n" + '5000,300,"a,b,c"\n' * 3
    assert _score(plain.encode(), tmp_path)["rows"] == 3
    with pytest.raises(InputError) as refusal:
        _score((plain + lines).encode(), tmp_path)
    assert refusal.value.key == "table_wide"


def test_a_file_is_refused_from_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"AMT_CREDIT\n5000\n"
    monkeypatch.setattr(unpack, "MAX_BYTES", len(content))
    assert _score(content, tmp_path)["rows"] == 1
    monkeypatch.setattr(unpack, "MAX_BYTES", len(content) - 1)
    with pytest.raises(InputError, match="at most") as refusal:
        _score(content, tmp_path)
    assert refusal.value.key == "table_heavy"


@pytest.mark.parametrize(("place", "kind"), [(delimited, "csv"), (columnar, "parquet")])
def test_only_so_many_rows_are_read(
    place: ModuleType, kind: str, table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = _text(table).encode() if kind == "csv" else _parquet(pa.Table.from_pandas(table))
    monkeypatch.setattr(place, "MAX_ROWS", len(table))
    assert _score(content, tmp_path)["rows"] == len(table)
    monkeypatch.setattr(place, "MAX_ROWS", len(table) - 1)
    monkeypatch.setattr(columnar, "_plain", None)  # no column is read of a Parquet file that says how many rows it has
    with pytest.raises(InputError) as refusal:
        _score(content, tmp_path)
    assert refusal.value.key == "table_rows"


def test_what_a_parquet_unpacks_to_is_known_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the columns that are read; the others may be as large as they like."""
    amounts = pa.table({"AMT_CREDIT": np.arange(5000.0, 7000.0), "colour": ["red" * 100 + str(i) for i in range(2000)]})
    monkeypatch.setattr(columnar, "MAX_UNPACKED", 100_000)
    assert _score(_parquet(amounts), tmp_path)["rows"] == 2000
    monkeypatch.setattr(columnar, "MAX_UNPACKED", 10_000)
    monkeypatch.setattr(columnar, "_plain", None)
    with pytest.raises(InputError) as refusal:
        _score(_parquet(amounts), tmp_path)
    assert refusal.value.key == "table_bomb"


def test_a_table_is_not_wider_than_allowed(tmp_path: Path) -> None:
    names = ["AMT_CREDIT", *(f"other{number}" for number in range(delimited.MOST_HEADINGS - 1))]
    cells = ["5000", *"0" * (delimited.MOST_HEADINGS - 1)]
    assert _score(f"{','.join(names)}\n{','.join(cells)}\n".encode(), tmp_path)["rows"] == 1
    with pytest.raises(InputError, match=r"10001 columns; give at most 10000|10,001 columns; give at most 10,000"):
        _score(f"{','.join([*names, 'more'])}\n{','.join([*cells, '0'])}\n".encode(), tmp_path)


@pytest.mark.parametrize(
    ("column", "key"),
    [
        (pa.array([bytes(1000)] * 2000, pa.binary(1000)), "table_bomb"),
        (pa.array([["Cash loans" * 100] * 5] * 2000), "column_lists"),
    ],
)
def test_what_repeats_is_not_unpacked_in_every_row(
    column: pa.Array, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file holds it once, and says that it is small."""
    content = _beside(AMT_CREDIT=pa.array(np.full(2000, 5000.0)), NAME_INCOME_TYPE=column)
    assert len(content) < 20_000
    monkeypatch.setattr(columnar, "MAX_UNPACKED", 100_000)
    monkeypatch.setattr(columnar, "_plain", None)
    with pytest.raises(InputError) as refusal:
        _score(content, tmp_path)
    assert refusal.value.key == key


def _parquet(table: pa.Table) -> bytes:
    written = io.BytesIO()
    pq.write_table(table, written)
    return written.getvalue()


def _pandas(table: pd.DataFrame, **options: object) -> bytes:
    written = io.BytesIO()
    table.to_parquet(written, **options)  # type: ignore[call-overload]
    return written.getvalue()


def _as(table: pd.DataFrame, kind: pa.DataType, names: list[str]) -> pa.Table:
    made = pa.Table.from_pandas(table, preserve_index=False)
    for name in names:
        place = made.column_names.index(name)
        made = made.set_column(place, name, made.column(name).cast(kind))
    return made


TYPES: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "as pandas writes it": _pandas,
    "ids in an index": lambda t: _pandas(t.set_index("SK_ID_CURR")),
    "ids in a range": lambda t: _pandas(
        t.drop(columns="SK_ID_CURR").set_index(pd.RangeIndex(100_000, 100_000 + len(t), name="SK_ID_CURR"))
    ),
    "lower case": lambda t: _pandas(t.rename(columns=str.lower)),
    "categoricals": lambda t: _pandas(t.astype(dict.fromkeys(CATEGORIES, "category"))),
    "bytes": lambda t: _parquet(_as(t, pa.binary(), CATEGORIES)),
    "large strings": lambda t: _parquet(_as(t, pa.large_string(), CATEGORIES)),
    "decimals": lambda t: _parquet(_as(t, pa.decimal128(38, 18), ["EXT_SOURCE_1", "EXT_SOURCE_2"])),
    "nullable numbers": lambda t: _pandas(t.convert_dtypes()),
    "numbers as texts": lambda t: _pandas(t.astype({"AMT_CREDIT": str, "EXT_SOURCE_2": str})),
    "several row groups": lambda t: _pandas(t, row_group_size=3),
}


@pytest.mark.parametrize("kind", TYPES)
def test_whatever_types_it_has_it_is_the_same_table(
    kind: str, table: pd.DataFrame, right: list[float], tmp_path: Path
) -> None:
    for content in (TYPES[kind](table), gzip.compress(TYPES[kind](table))):
        answer = _score(content, tmp_path)
        assert [score["probability"] for score in answer["scores"]] == pytest.approx(right, abs=1e-9)
        assert [score["client_id"] for score in answer["scores"]] == table["SK_ID_CURR"].tolist()


def _beside(**odd: pa.Array) -> bytes:
    names = ["AMT_INCOME_TOTAL", *odd]
    incomes = pa.array(np.full(len(next(iter(odd.values()))), 90_000.0))
    return _parquet(pa.Table.from_arrays([incomes, *odd.values()], names=[name.rstrip("_") for name in names]))


ODD: dict[str, tuple[bytes, str]] = {
    "twice": (_beside(AMT_CREDIT=pa.array([1.0]), AMT_CREDIT_=pa.array([2.0])), "AMT_CREDIT stands there twice"),
    "lists": (_beside(NAME_CONTRACT_TYPE=pa.array([["Cash loans"]])), "NAME_CONTRACT_TYPE holds lists"),
    "structs": (_beside(AMT_CREDIT=pa.array([{"a": 1}])), "AMT_CREDIT holds lists or objects"),
    "times": (_beside(AMT_CREDIT=pa.array([5], pa.timestamp("ns"))), "AMT_CREDIT holds dates"),
    "spells": (_beside(AMT_CREDIT=pa.array([5], pa.duration("s"))), "AMT_CREDIT holds dates"),
    "unknown zone": (_beside(DAYS_BIRTH=pa.array([5], pa.timestamp("ns", "Mars/Olympus"))), "DAYS_BIRTH holds dates"),
    "truth as an amount": (_beside(AMT_CREDIT=pa.array([True])), "AMT_CREDIT: true is not allowed"),
    "truth as an amount, nullable": (_beside(AMT_CREDIT=pa.array([True], pa.bool_())), "true is not allowed"),
    "number as a category": (_beside(NAME_INCOME_TYPE=pa.array([3])), "NAME_INCOME_TYPE: 3 is not allowed"),
    "bytes of no text": (_beside(NAME_INCOME_TYPE=pa.array([b"\xff\xfe"])), "NAME_INCOME_TYPE: .* is not allowed"),
    "infinite": (_beside(AMT_CREDIT=pa.array([np.inf])), "AMT_CREDIT: inf is not allowed"),
}


@pytest.mark.parametrize("case", ODD)
def test_a_column_of_another_kind_is_refused_by_name(case: str, tmp_path: Path) -> None:
    content, words = ODD[case]
    with pytest.raises(InputError, match=words) as refusal:
        _score(content, tmp_path)
    assert "np." not in str(refusal.value)


def test_a_column_that_is_ignored_may_hold_anything(tmp_path: Path) -> None:
    plain = _score(_beside(AMT_CREDIT=pa.array([5000.0])), tmp_path)
    odd = _beside(
        AMT_CREDIT=pa.array([5000.0]),
        when=pa.array([5], pa.timestamp("ns", "Mars/Olympus")),
        parts=pa.array([[1, 2]]),
        parts_=pa.array([3]),
    )
    answer = _score(odd, tmp_path)
    assert answer["scores"] == plain["scores"] and answer["ignored"] == ["when", "parts", "parts"]


@pytest.mark.parametrize("described", [b"{", b"[]", b'{"index_columns": 3}', b'{"index_columns": [{"kind": "range"}]}'])
def test_what_pandas_says_of_an_index_is_not_trusted(described: bytes, tmp_path: Path) -> None:
    table = pa.table({"AMT_CREDIT": [5000.0]}).replace_schema_metadata({"pandas": described})
    assert _score(_parquet(table), tmp_path)["scores"][0]["client_id"] is None
    huge = json.dumps(
        {"index_columns": [{"kind": "range", "name": "SK_ID_CURR", "start": 0, "stop": 10**15, "step": 1}]}
    )
    table = table.replace_schema_metadata({"pandas": huge})
    assert _score(_parquet(table), tmp_path)["scores"][0]["client_id"] is None


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A million rows in a small file, whose clients' numbers are the bounds of a range."""
    rows = 1_000_000
    index = {"kind": "range", "name": "SK_ID_CURR", "start": 100, "stop": 100 + rows, "step": 1}
    table = pa.table({"AMT_CREDIT": np.full(rows, 5000.0)})
    path = tmp_path / "many.parquet"
    pq.write_table(table.replace_schema_metadata({"pandas": json.dumps({"index_columns": [index]})}), path)
    return path


def _peak(work: Callable[[], object]) -> int:
    """Bytes of Python's that were held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_ids_are_made_of_a_range_that_is_too_long(many: Path) -> None:
    def refused() -> None:
        with many.open("rb") as stream, pytest.raises(InputError) as refusal:
            columnar.read(stream)
        assert refusal.value.key == "table_rows"

    assert _peak(refused) < 1_000_000


def test_a_part_of_a_file_makes_its_own_ids_alone(many: Path) -> None:
    with pq.ParquetFile(many) as file:
        assert columnar.read_rows(file, 500_000, 500_003).cells["SK_ID_CURR"].to_pylist() == [500_100, 500_101, 500_102]
        assert _peak(lambda: columnar.read_rows(file, 10, 20)) < 1_000_000


@pytest.mark.parametrize(
    ("start", "stop", "step"),
    [(2**70, 2**70 + 1, 1), (0, 2**70, 1), (-(2**70), 2**70, 2**71), (1 - 2**63, 2**63 - 1, 1)],
)
def test_numbers_beyond_any_column_are_no_ids(start: int, stop: int, step: int, tmp_path: Path) -> None:
    index = {"kind": "range", "name": "SK_ID_CURR", "start": start, "stop": stop, "step": step}
    table = pa.table({"AMT_CREDIT": [5000.0]})
    content = _parquet(table.replace_schema_metadata({"pandas": json.dumps({"index_columns": [index]})}))
    assert _score(content, tmp_path)["scores"][0]["client_id"] is None
    with pq.ParquetFile(io.BytesIO(content)) as file:
        assert "SK_ID_CURR" not in columnar.read_rows(file, 0, 1).cells


def test_a_long_text_in_every_row_is_held_once(tmp_path: Path) -> None:
    rows = 50_000  # 5 GB, were each row's text unpacked
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 100_000]))
    with pytest.raises(InputError, match=r"NAME_INCOME_TYPE: .{20,70} is not allowed"):
        _score(_parquet(pa.table({"NAME_INCOME_TYPE": texts})), tmp_path)
