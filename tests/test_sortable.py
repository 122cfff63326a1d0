"""Tables that sort: what a cell shows and what it stands for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from models.credit.batch import Batch, ScoredRow
from models.credit.service import credit_service
from models.credit.tables.table import TableFormat
from models.display.common.sortable import sortable
from models.display.credit import tables
from models.texts import ENGLISH, FRENCH, Texts


def test_numbers_are_written_in_the_language_and_sorted_as_numbers() -> None:
    frame = pd.DataFrame(
        {"Name": ["<b>", "c"], "Figure": pd.array([1234.56, None], dtype="Float64"), "Words": ["x", "y"]}
    )
    html = sortable(frame, "Figures", FRENCH, {"Figure": 1})
    assert '<td class="num" data-value="1234.56">1\u202f234,6</td>' in html
    assert '<td class="num" data-value="">\u2013</td>' in html  # unknown
    assert '<th scope="row" data-value="&lt;b&gt;">&lt;b&gt;</th>' in html
    assert re.findall(r"data-sort>(.*?)</button>", html) == ["Name", "Figure", "Words"]
    assert "1,234.6" in sortable(frame, "Figures", ENGLISH, {"Figure": 1})


def test_every_contribution_is_in_the_table() -> None:
    score = credit_service().score_client(credit_service().example_clients()[0].client_id)
    html = tables.contributions_table(score, FRENCH)
    values = [float(value) for value in re.findall(r'class="num" data-value="(.*?)"', html)]
    assert len(values) == len(score.contributions)
    assert abs(sum(values) - sum(item.contribution for item in score.contributions)) < 1e-4


def test_a_long_file_shows_its_first_rows_and_says_so() -> None:
    scores = tuple(ScoredRow(row, None, 0.25, "refused") for row in range(130))
    answer = Batch(scores, (), (), TableFormat("parquet"))
    html = tables.batch(answer, FRENCH)
    assert html.count("<tr>") == 1 + tables.SHOWN
    assert "Les 100 premières" in html and "Crédit refusé" in html and ">25,0<" in html
    assert "premières" not in tables.batch(replace(answer, scores=scores[:12]), FRENCH)


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH])
def test_the_saved_scores_open_in_a_spreadsheet_of_the_language(texts: Texts, tmp_path: Path) -> None:
    scores = (ScoredRow(0, 900001, 0.25, "refused"), ScoredRow(2, None, 0.0625, "granted"))
    path = tables.save_batch(Batch(scores, (), (), TableFormat("parquet")), texts, tmp_path)
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf")
    lines = written.decode("utf-8-sig").splitlines()
    if texts is FRENCH:
        assert lines == [
            "ligne;numéro de client;probabilité de défaut;décision",
            "0;900001;0,25;refusé",
            "2;;0,0625;accordé",
        ]
    else:
        assert lines == ["row,client_id,probability,decision", "0,900001,0.25,refused", "2,,0.0625,granted"]


@pytest.mark.parametrize(("refused", "said"), [(0, "aucune refusée"), (1, "1 refusée"), (2, "2 refusées")])
def test_how_many_were_refused_is_said_in_french(refused: int, said: str) -> None:
    rows = [ScoredRow(row, None, 0.5, "refused" if row < refused else "granted") for row in range(3)]
    html = tables.batch(Batch(tuple(rows), (), (), TableFormat("csv", "", "UTF-8", ";", ",", 0)), FRENCH)
    assert f"3 lignes avec un score, dont {said}." in html


def test_what_was_left_out_of_a_file_is_said() -> None:
    reading = TableFormat("csv", "zip", "UTF-8", ";", ",", 2)
    answer = Batch((ScoredRow(0, 7, 0.25, "granted"),), ((3, 900004), (4, None)), ("Devise",), reading)
    html = tables.batch(answer, FRENCH)
    for words in (
        "Lu comme CSV (zip)\u00a0: UTF-8, points-virgules",
        "virgule décimale, 2 lignes vides laissées",
        "1 ligne avec un score, dont aucune refusée",
        "2 lignes sans score",
        "Client 900004, Ligne 4.",
        "ignorées\u00a0: Devise",
    ):
        assert words in html, words
