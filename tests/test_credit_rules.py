"""The credit model's small rules on inputs made up for the test: ends of ranges, ties, what is missing or told."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.credit import example_clients, figures, importance, whatif
from models.credit.application import column, columns
from models.credit.counterfactual import DURATIONS, LARGEST_STEP, _offers
from models.credit.fairness import alternatives, group_rates
from models.credit.loan import REVOLVING, LoanTerms
from models.credit.loan_wording import as_they_stand, interest, proposal, terms_json
from models.credit.service import CreditService, credit_service
from models.credit.tables import columnar, encoding, unpack
from models.credit.tables.read import read
from models.credit.wording import label
from models.display.credit import audit_charts
from models.errors import InputError, ModelUnavailable
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts
from tests.charts import numbers

BOTH = pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=LANGUAGES)
LOAN = LoanTerms(500_000.0, 20_000.0, 36, 0.1825, 510_000.0)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def _counts(*counts: int) -> dict[str, list[int]]:
    return dict(zip(("tp", "fp", "tn", "fn"), ([count, 0] for count in counts), strict=True))


def _metrics() -> dict[str, Any]:
    """Two groups of 100 and 200 loans at the first threshold: 80 % and 40 % of them granted."""
    groups = {"30-40": _counts(10, 10, 75, 5), "<30": _counts(40, 80, 70, 10), "60+": _counts(0, 0, 0, 0)}
    compared = {
        "roc_auc": 0.76543,
        "difference": -0.00211,
        "difference_interval": {"value": -0.00211, "low": -0.00345, "high": -0.00098},
        "cut_off": {"threshold": 0.09, "cost_per_loan": 0.35678},
        "thresholds": {"threshold": [0.09, 0.9]},
        "groups": {"AGE": groups, "CODE_GENDER": {"F": _counts(10, 10, 75, 5)}},
    }
    return compared | {
        "figures": {"roc_auc": {"value": 0.7}},
        "default_cutoff": {"threshold": 0.09, "cost_per_loan": 0.34567, "cost_ratio": 12.0},
        "without_age": compared,
    }


def test_groups_fare_as_their_counts_say() -> None:
    young, middle = group_rates(_metrics(), "AGE", 0.1)
    assert (young.group, young.count, middle.group, middle.count) == ("<30", 200, "30-40", 100)
    assert (young.acceptance.value, middle.acceptance.value) == pytest.approx((0.4, 0.8))
    assert (young.caught.value, middle.caught.value) == pytest.approx((40 / 50, 10 / 15))
    assert (young.served.value, middle.served.value) == pytest.approx((70 / 150, 75 / 85))
    assert (young.acceptance_ratio, middle.acceptance_ratio) == pytest.approx((0.5, 1.0))
    assert (young.caught_ratio, middle.caught_ratio) == pytest.approx((1.0, (10 / 15) / 0.8))
    assert all(rate.acceptance.low < rate.acceptance.value < rate.acceptance.high for rate in (young, middle))


def test_a_group_without_defaults_has_no_share_of_them_refused() -> None:
    metrics = _metrics()
    for kind in ("tp", "fn"):
        metrics["groups"]["AGE"]["<30"][kind] = [0] * len(metrics["groups"]["AGE"]["<30"][kind])
    young, middle = group_rates(metrics, "AGE", 0.1)
    assert (young.caught, young.caught_ratio) == (None, None) and middle.caught_ratio == 1.0
    row = audit_charts.fairness(metrics, "AGE", 0.1, ENGLISH).rows[0]
    assert row[4] == row[5] == "\u2013"


@BOTH
def test_alternatives_stand_beside_the_model_with_their_difference(texts: Texts) -> None:
    own, other = alternatives(_metrics())
    assert own.roc_auc == pytest.approx(0.76754) and own.difference is None and other.roc_auc == 0.76543
    assert own.age_ratio == other.age_ratio == 0.5 and own.gender_ratio == 1.0
    table = audit_charts.alternatives_table(_metrics(), texts)
    assert table is not None and len(set(table.head)) == 6
    assert numbers(table.caption, texts) == ["12", "9.0%"], "they stand for one cost ratio, whichever is chosen"
    assert [[number for cell in row[1:] for number in numbers(cell, texts)] for row in table.rows] == [
        ["0.7675", "0.346", "0.50", "1.00"],
        ["0.7654", "\u22120.0021", "\u22120.0034", "\u22120.0010", "0.357", "0.50", "1.00"],
    ]
    sentence = audit_charts.without_age(_metrics(), texts)
    assert sorted(numbers(sentence, texts)) == sorted(["12", "0.7675", "0.7654", "0.346", "0.357", "0.50", "0.50"])
    fair = audit_charts.fairness(_metrics(), "AGE", 0.1, texts)
    young, middle = ([numbers(cell, texts) for cell in row[1:]] for row in fair.rows)
    assert [cell[0] for cell in young] == ["200", "40.0%", "0.50", "80.0%", "1.00", "46.7%"]
    assert [cell[0] for cell in middle] == ["100", "80.0%", "1.00", "66.7%", "0.83", "88.2%"]
    assert "\u26a0" in fair.rows[0][3] and "\u26a0" not in fair.rows[1][3] + fair.rows[1][5]
    assert audit_charts.alternatives_table(_metrics() | {"without_age": {}}, texts) is None
    assert audit_charts.without_age(_metrics() | {"without_age": {}}, texts) == ""


@BOTH
@pytest.mark.parametrize("only_numbers", [False, True])
def test_the_features_to_choose_from_are_all_there_by_name(
    credit: CreditService, only_numbers: bool, texts: Texts
) -> None:
    listed = credit.features(texts, numeric=only_numbers)
    names = [name for name, _ in listed]
    assert names == sorted(names, key=str.casefold) and all(name == label(key, texts) for name, key in listed)
    words = {name for name, rule in columns().items() if rule.is_category}
    everything = {*columns(), *credit.model.features}
    assert {key for _, key in listed} == (everything - words if only_numbers else everything)
    assert len(listed) == len({key for _, key in listed})


def test_a_category_has_no_numbers_and_says_so(credit: CreditService) -> None:
    with pytest.raises(InputError, match="NAME_INCOME_TYPE"):
        importance.numeric(credit.portfolio, "NAME_INCOME_TYPE")
    assert importance.numeric(credit.portfolio, "AMT_CREDIT").dtype == float


def test_going_further_goes_the_same_way() -> None:
    on = LOAN.borrowing(400_000).beyond(LOAN, 1.1)
    assert (on.amount, on.months) == pytest.approx((390_000, 36)) and on.annual_rate == LOAN.annual_rate
    cheaper = LOAN.borrowing(400_000).price
    assert cheaper is not None and on.price == pytest.approx(510_000 + 1.1 * (cheaper - 510_000))
    assert LOAN.over(60).beyond(LOAN, 1.5).months == pytest.approx(72)
    paid = LOAN.paying_down(70_000).beyond(LOAN, 2)
    assert (paid.down_payment, paid.amount, paid.price) == pytest.approx((120_000, 400_000, 510_000))
    bare = replace(LOAN, price=None)
    assert bare.borrowing(400_000).beyond(bare, 1.1).price is None
    assert LOAN.borrowing(400_000).beyond(bare, 1.1).price is None


@pytest.mark.parametrize("decision", ["refused", "granted"])
@pytest.mark.parametrize("revolving", [False, True])
def test_what_is_offered_is_another_loan_on_round_sums(decision: Any, revolving: bool) -> None:
    own = replace(LOAN, is_revolving=revolving)
    offers = list(_offers(own, decision))
    assert offers and all(terms != own for _, terms in offers)
    for levers, terms in offers:
        way = (terms.amount - own.amount) * (1 if decision == "granted" else -1)
        assert ("amount" in levers or "down_payment" in levers) == (abs(terms.amount - own.amount) > 0)
        assert way >= 0 and abs(terms.amount - own.amount) <= LARGEST_STEP * own.amount + 1
        assert ("months" in levers) == (terms.months != own.months)
        assert terms.months in {own.months, *DURATIONS} and terms.down_payment >= 0
        assert decision == "granted" or terms.instalment <= own.instalment + 1e-6
        assert terms.amount % 1000 == pytest.approx(0) or "amount" not in levers
        assert terms.down_payment % 1000 == pytest.approx(0)
    assert len({(terms.amount, terms.down_payment, terms.months) for _, terms in offers}) == len(offers)
    assert any("down_payment" in levers for levers, _ in offers) == (not revolving)
    assert any("months" in levers for levers, _ in offers) == (not revolving)


@BOTH
def test_a_proposal_says_what_moves_and_nothing_else(texts: Texts) -> None:
    def words(terms: LoanTerms, own: LoanTerms = LOAN) -> list[str]:
        return numbers(proposal(own, terms, texts), texts)

    assert words(LOAN.over(60))[:2] == ["60", "36"]
    assert words(LOAN.borrowing(400_000))[:4] == ["400,000", "500,000", "411,923", "510,000"]
    first = replace(LOAN, down_payment=0.0, price=500_000.0)
    assert words(first.borrowing(400_000), first)[:2] == ["400,000", "500,000"]
    assert len(words(first.borrowing(400_000), first)) == 5, "the purchase is the same sum as the amount"
    assert len(words(LOAN.borrowing(400_000))) == 7, "the purchase is another sum"
    assert words(first.paying_down(50_000), first)[:3] == ["50,000", "450,000", "500,000"]
    assert words(LOAN.paying_down(50_000))[:4] == ["50,000", "20,000", "470,000", "500,000"]
    assert words(LOAN.paying_down(5_000))[:4] == ["5,000", "20,000", "515,000", "500,000"]
    limit = replace(LOAN, is_revolving=True)
    assert words(limit.borrowing(300_000), limit)[:2] == ["300,000", "500,000"]
    assert len(words(limit.borrowing(300_000), limit)) == 4, "no rate: the credit has no duration to tell it from"
    assert numbers(as_they_stand(limit, texts), texts)[0] == "500,000" and interest(limit, limit, texts) == ""
    assert numbers(as_they_stand(LOAN, texts), texts)[:3] == ["500,000", "36", "18.2%"]
    dearer, cheaper = interest(LOAN, LOAN.over(60), texts), interest(LOAN, LOAN.over(12), texts)
    assert dearer.split()[:2] != cheaper.split()[:2] and numbers(dearer, texts)[-1] == numbers(cheaper, texts)[-1]


def test_programs_receive_terms_as_they_are() -> None:
    told = terms_json(LOAN.over(60), LOAN, ENGLISH)
    assert told.pop("words") == proposal(LOAN, LOAN.over(60), ENGLISH)
    assert told == {
        **{"amount_borrowed": 500_000.0, "down_payment": 20_000.0, "goods_price": 510_000.0, "months": 60},
        **{"instalment": LOAN.over(60).instalment, "annual_rate": 0.1825},
    }
    limit = terms_json(replace(LOAN, is_revolving=True), None, ENGLISH)
    assert limit["months"] is None and limit["annual_rate"] is None
    assert limit["words"] == as_they_stand(replace(LOAN, is_revolving=True), ENGLISH)
    assert terms_json(LOAN, LOAN, ENGLISH)["words"] == as_they_stand(LOAN, ENGLISH)
    assert LoanTerms.of({"AMT_CREDIT": 9e4, "AMT_ANNUITY": 4500.0, "NAME_CONTRACT_TYPE": REVOLVING}) is not None


def test_the_clients_to_begin_with_are_those_that_their_names_say() -> None:
    portfolio: Any = SimpleNamespace(
        probabilities=np.array([0.30, 0.085, 0.02, 0.095, 0.01, 0.09, 0.04]),
        outcomes=np.array([1, 0, 0, 1, 0, 1, 0]),
        ids=np.arange(100, 107),
    )
    found = {one.key: one.client_id for one in example_clients.example_clients(portfolio, 0.09)}
    assert found == {"just_refused": 105, "just_granted": 101, "safest": 104, "riskiest": 100}
    portfolio.outcomes[3] = 0
    assert {one.key: one.client_id for one in example_clients.example_clients(portfolio, 0.09)}["refused_good"] == 103
    strict = {one.key for one in example_clients.example_clients(portfolio, 0.001)}
    assert strict == {"just_refused", "safest", "riskiest", "refused_good"}, "nobody is granted a loan"
    lax = {one.key: one.client_id for one in example_clients.example_clients(portfolio, 0.9)}
    assert lax == {"just_granted": 103, "safest": 104, "riskiest": 100}, "the riskiest is nobody else, though granted"
    bands = example_clients.probability_bands(portfolio)
    assert [(band.low, band.high) for band in bands] == [(0.0, 0.02), (0.02, 0.05), (0.08, 0.12), (0.2, 1.0)]
    assert [band.members(portfolio).tolist() for band in bands] == [[4], [2, 6], [1, 3, 5], [0]]
    assert bands[1].draw(portfolio) in (102, 106)
    assert numbers(bands[1].message(FRENCH), FRENCH) == numbers(bands[1].message(ENGLISH), ENGLISH) == ["2%", "5%"]


def test_figures_that_lack_something_say_what(tmp_path: Path) -> None:
    sound = {name: dict.fromkeys(names, 1) for name, names in figures.SECTIONS.items()}
    (tmp_path / "metrics.json").write_text(json.dumps(sound))
    assert figures.read(tmp_path) == sound
    del sound["run"], sound["roc"]["low"], sound["calibration"]
    (tmp_path / "metrics.json").write_text(json.dumps(sound))
    with pytest.raises(ModelUnavailable, match=r"ValueError: it lacks roc\.low, calibration, run\.seconds") as refusal:
        figures.read(tmp_path)
    assert figures.RETRAIN in str(refusal.value) and tmp_path.name in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        ("prénom;âge\nZoë;3", "utf-8", "UTF-8"),
        ("prénom;âge\nZoë;3", "utf-8-sig", "UTF-8"),
        ("prénom;âge\nZoë;3", "cp1252", "Windows-1252"),
        ("prénom;âge\nZoë;3", "mac_roman", "Mac Roman"),
        ("name;age\nZoe;3", "utf-16-le", "UTF-16"),
        ("name;age\nZoe;3", "utf-16-be", "UTF-16"),
        ("name;age\nZoe;3", "utf-16", "UTF-16"),
        ("name;age\nZoe;3", "utf-32", "UTF-32"),
    ],
)
@pytest.mark.parametrize("long", [False, True])
def test_an_encoding_is_known_by_its_bytes(text: str, codec: str, name: str, long: bool, tmp_path: Path) -> None:
    written = text + ("\nx;1" * encoding.CHUNK if long and codec in ("cp1252", "mac_roman") else "")
    (tmp_path / "file").write_bytes(written.encode(codec))
    with (tmp_path / "file").open("rb") as stream:
        found = encoding.detect(stream)
        assert found.name == name and stream.tell() == 0
    assert (tmp_path / "file").read_bytes().decode(found.codec) == written


def test_what_is_no_table_says_which_kind_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError) as refusal:
        read(None)
    assert str(refusal.value) == ENGLISH("errors.no_table")
    monkeypatch.setattr(unpack, "MAX_BYTES", 2_000_000)
    path = tmp_path / "file"
    path.write_bytes(b"x" * 3_400_000)
    with pytest.raises(InputError) as refusal:
        unpack.unpacked(path)
    assert numbers(str(refusal.value), ENGLISH) == ["3", "2"]
    for start, kind in unpack.OTHERS.items():
        path.write_bytes(start + bytes(20))
        with pytest.raises(InputError) as refusal:
            unpack.unpacked(path)
        assert str(refusal.value) == ENGLISH("errors.table_kind", kind=kind)
    for part, kind in unpack.OFFICE.items():
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{part}inside", "")
        with pytest.raises(InputError) as refusal:
            unpack.unpacked(path)
        assert str(refusal.value) == ENGLISH("errors.table_kind", kind=kind)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__MACOSX/._a.csv", "")
        archive.writestr("a/.DS_Store", "")
        archive.writestr("a/a.csv", "AMT_CREDIT\n1\n")
    stream, packed = unpack.unpacked(path)
    assert (stream.read(), packed) == (b"AMT_CREDIT\n1\n", "zip")


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.binary_view()])
def test_texts_of_every_layout_come_out_alike(kind: pa.DataType) -> None:
    words = ["Working", None, "Pensioner"]
    held: Any = [word.encode() if word and pa.types.is_binary(kind) else word for word in words]
    if kind == pa.binary_view():
        held = [word.encode() if word else None for word in words]
    plain = columnar._plain(pa.chunked_array([pa.array(held, kind)]))
    read_back = [value.decode() if isinstance(value, bytes) else value for value in plain.to_pylist()]
    assert read_back == words and not pa.types.is_binary_view(plain.type) and not pa.types.is_string_view(plain.type)


@BOTH
@pytest.mark.parametrize("name", ["AMT_INCOME_TOTAL", "DAYS_BIRTH", "CNT_CHILDREN", "EXT_SOURCE_2", "OWN_CAR_AGE"])
def test_an_editor_holds_the_clients_value_within_what_the_column_allows(
    credit: CreditService, name: str, texts: Texts
) -> None:
    model: Any = SimpleNamespace(ranges={name: (column(name, "column").low, column(name, "column").high)})
    rule = whatif.Range.of(column(name, "column"))
    value = {"DAYS_BIRTH": -14_610.0, "EXT_SOURCE_2": 0.3456}.get(name, 3.0)
    made = whatif.editor(model, {name: value}, name, texts)
    shown = {"DAYS_BIRTH": 40.0}.get(name, value)
    assert made.value == pytest.approx(shown) and rule.low <= made.low <= shown <= made.high <= rule.high
    assert label(name, texts) in made.name and (texts("credit.axis.years") in made.name) == (name == "DAYS_BIRTH")
    steps = (made.high - made.low) / made.step
    assert steps >= 1 and math.isfinite(steps) and made.choices == () and made.column == name
    assert whatif.editor(model, {}, name, texts).value is None
    assert whatif.slid(made, shown) == pytest.approx(value)
    with pytest.raises(InputError) as refusal:
        whatif.stored(name, rule.high + 1)
    sentence = refusal.value.message(texts)
    assert label(name, texts) in sentence and rule.message(texts) in sentence and texts.plain(rule.high + 1) in sentence
