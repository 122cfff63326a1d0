"""Files of applications: scored whole, or refused with the row and the column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models.credit import batch
from models.credit.service import credit_service
from models.errors import InputError
from tests.factories import applications


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return applications(40, seed=7)


def _score(path: Path) -> dict:
    return batch.score(path, credit_service().model)


def test_csv_and_parquet_give_the_scores_of_one_by_one(table: pd.DataFrame, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_csv(tmp_path / "b.csv", index=False, sep=";", decimal=",")
    table.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + (tmp_path / "a.csv").read_bytes())
    answers = [_score(tmp_path / name) for name in ("a.csv", "b.csv", "a.parquet", "bom.csv")]
    records = table.astype(object).where(table.notna(), None).to_dict("records")
    single = [credit_service().score_application(record).probability for record in records]
    for answer in answers:
        assert answer["rows"] == len(answer["scores"]) == len(table)
        assert [score["row"] for score in answer["scores"]] == list(range(len(table)))
        assert [score["client_id"] for score in answer["scores"]] == table["SK_ID_CURR"].tolist()
        assert [score["probability"] for score in answer["scores"]] == pytest.approx(single, abs=1e-9)
        assert answer["ignored"] == ["TARGET"]


def test_missing_columns_are_unknown_and_foreign_ones_are_named(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    table[["AMT_CREDIT", "EXT_SOURCE_2"]].assign(colour="red").to_csv(path, index=False)
    answer = _score(path)
    assert answer["ignored"] == ["colour"]
    assert answer["scores"][0]["client_id"] is None
    alone = {name: float(table[name][0]) for name in ("AMT_CREDIT", "EXT_SOURCE_2")}
    assert answer["scores"][0]["probability"] == pytest.approx(credit_service().score_application(alone).probability)


def test_a_wrong_cell_names_its_row_and_column(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    for column, cell in (("AMT_CREDIT", "plenty"), ("EXT_SOURCE_1", "3"), ("NAME_INCOME_TYPE", "Pirate")):
        wrong = table.astype(object)
        wrong.loc[4, column] = cell
        wrong.to_csv(path, index=False)
        with pytest.raises(InputError, match=rf"row 4 .*{column}.*{cell}"):
            _score(path)


def test_blank_lines_are_no_clients(tmp_path: Path) -> None:
    path = tmp_path / "blank.csv"
    path.write_text("AMT_CREDIT,EXT_SOURCE_2\n100000,0.5\n\n200000,0.4\n")
    assert [score["row"] for score in _score(path)["scores"]] == [0, 1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02\xff\xfe" * 50,
        b"PAR1garbage",
        b"colour,shape\nred,round\n",
        b"AMT_CREDIT\n1,2,3,4\n5,6,7,8,9\n",
        "AMT_CREDIT\n1é".encode("utf-16"),
    ],
    ids=["empty", "binary", "parquet", "foreign", "ragged", "utf-16"],
)
def test_what_is_no_table_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match="table"):
        _score(path)


def test_a_truncated_parquet_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    table.to_parquet(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match="table"):
        _score(path)


def test_a_row_of_which_the_model_reads_nothing_is_not_scored(tmp_path: Path) -> None:
    path = tmp_path / "clients.csv"
    path.write_text("SK_ID_CURR,CODE_GENDER,AMT_CREDIT\n1,F,\n2,M,300000\n")
    answer = _score(path)
    assert [score["client_id"] for score in answer["scores"]] == [2]
    assert answer["unscored"] == [{"row": 0, "client_id": 1}]
    path.write_text("SK_ID_CURR,CODE_GENDER\n1,F\n2,M\n")
    with pytest.raises(InputError) as refusal:
        _score(path)
    assert refusal.value.key == "table_unknown" and "AMT_CREDIT" in str(refusal.value)


def test_a_code_that_says_unknown_is_no_value(table: pd.DataFrame, tmp_path: Path) -> None:
    """Home Credit writes -1 for a few regions' rating, of which 1 is the best."""
    rating = "REGION_RATING_CLIENT_W_CITY"
    told = [credit_service().score_application({"AMT_CREDIT": 300_000, rating: value}) for value in (-1, None)]
    assert told[0] == told[1]
    rows = table[["SK_ID_CURR", "AMT_CREDIT"]].assign(**{rating: [-1, *[2] * (len(table) - 1)]})
    rows.to_csv(tmp_path / "a.csv", index=False)
    rows.to_parquet(tmp_path / "a.parquet")
    rows.assign(**{rating: rows[rating].replace(-1, None)}).to_csv(tmp_path / "empty.csv", index=False)
    first, *others = [_score(tmp_path / name)["scores"] for name in ("empty.csv", "a.csv", "a.parquet")]
    assert others == [first, first]
    for value in (0, 4):
        with pytest.raises(InputError):
            credit_service().score_application({rating: value})
