"""Tables that sort: what a cell shows and what it stands for."""

from __future__ import annotations

import re

import pandas as pd

from models.credit.service import desk
from models.display.common.sortable import sortable
from models.display.credit import tables
from models.texts import ENGLISH, FRENCH


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
    score = desk().score_client(desk().telling()[0].client_id)
    html = tables.contributions_table(score, FRENCH)
    values = [float(value) for value in re.findall(r'class="num" data-value="(.*?)"', html)]
    assert len(values) == len(score.contributions)
    assert abs(sum(values) - sum(item.contribution for item in score.contributions)) < 1e-4


def test_a_long_file_shows_its_first_rows_and_says_so() -> None:
    score = {"client_id": None, "probability": 0.25, "decision": "refused"}
    answer = {"rows": 130, "scores": [{"row": row, **score} for row in range(130)], "ignored": []}
    html, frame = tables.batch(answer, FRENCH)
    assert html.count("<tr>") == 1 + tables.SHOWN and len(frame) == 130
    assert "Les 100 premières" in html and "Crédit refusé" in html and ">25,0<" in html
    assert "premières" not in tables.batch({**answer, "scores": answer["scores"][:12]}, FRENCH)[0]
