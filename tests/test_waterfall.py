"""What the chart, the cards and the sentences of a score say, against numbers worked out from LightGBM alone."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import plotly.graph_objects as go
import pytest

from models.credit.features import FEATURES
from models.credit.reasons import reasons
from models.credit.score import Scale, Score
from models.credit.service import CreditService, credit_service
from models.credit.wording import Distance, label
from models.display.common.palette import LOWERS, RAISES
from models.display.credit.decision_card import verdict
from models.display.credit.gauge import gauge
from models.display.credit.tables import contributions
from models.display.credit.waterfall import change_waterfall, score_waterfall
from models.texts import ENGLISH, FRENCH, Texts

CLIENTS = 6  # of each decision


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


@pytest.fixture(scope="module")
def clients(credit: CreditService) -> list[int]:
    return [*credit.ids("refused")[:CLIENTS], *credit.ids("granted")[:CLIENTS]]


def _own(credit: CreditService, client_id: int) -> tuple[float, dict[str, float]]:
    """Base and contributions in log-odds, from the booster's ``pred_contrib``."""
    row = credit.model.row(credit.portfolio.application(client_id))
    values = np.asarray(credit.model.booster.predict(row, pred_contrib=True))[0]
    return float(values[-1]), dict(zip(credit.model.features, values[:-1].tolist(), strict=True))


def _grouped(amounts: dict[str, float]) -> dict[str, float]:
    sums: dict[str, float] = defaultdict(float)
    for name, amount in amounts.items():
        sums[FEATURES[name].group] += amount
    return dict(sums)


def _bars(figure: go.Figure) -> tuple[float, list[float], list[str], list[str]]:
    """Base, changes, names and groups, from top to bottom as they are drawn."""
    (trace,) = figure.data
    assert list(trace.y) == sorted(trace.y, reverse=True), "the first bar stands on top"
    assert trace.measure == ("relative",) * len(trace.x)
    return trace.base, list(trace.x), [row[0] for row in trace.customdata], [row[2] for row in trace.customdata]


def _sigmoid(log_odds: float) -> float:
    return float(1 / (1 + np.exp(-log_odds)))


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_the_bars_are_the_groups_contributions(credit: CreditService, clients: list[int], texts: Texts) -> None:
    for client_id in clients:
        base, own = _own(credit, client_id)
        groups = _grouped(own)
        start, changes, names, drawn = _bars(score_waterfall(credit.score_client(client_id), texts, "log_odds"))
        assert start == pytest.approx(base)
        assert drawn == sorted(groups, key=lambda name: -abs(groups[name]))
        np.testing.assert_allclose(changes, [groups[name] for name in drawn], atol=1e-9)
        assert names == [texts(f"credit.groups.{name}") for name in drawn]
        assert start + sum(changes) == pytest.approx(base + sum(own.values()), abs=1e-9)


def test_in_probability_each_bar_leads_to_the_sigmoid_of_the_sum_so_far(
    credit: CreditService, clients: list[int]
) -> None:
    for client_id in clients:
        base, own = _own(credit, client_id)
        groups = _grouped(own)
        start, changes, _, drawn = _bars(score_waterfall(credit.score_client(client_id), ENGLISH))
        levels = [_sigmoid(base + sum(groups[name] for name in drawn[:count])) for count in range(len(drawn) + 1)]
        assert start == pytest.approx(levels[0])
        np.testing.assert_allclose(changes, np.diff(levels), atol=1e-9)
        assert start + sum(changes) == pytest.approx(credit.score_client(client_id).probability, abs=1e-9)


@pytest.mark.parametrize("group", ["external_scores", "loan", "work"])
@pytest.mark.parametrize("scale", ["log_odds", "probability"])
def test_an_opened_group_stands_as_its_facts_and_the_sum_stays(
    credit: CreditService, clients: list[int], group: str, scale: Scale
) -> None:
    for client_id in clients[::3]:
        score, (_, own) = credit.score_client(client_id), _own(credit, client_id)
        closed = score_waterfall(score, ENGLISH, scale)
        opened = score_waterfall(score, ENGLISH, scale, group, "why-groups")
        start, changes, names, drawn = _bars(opened)
        members = [name for name in own if FEATURES[name].group == group]
        assert drawn.count("") == len(members) > 1 and group not in drawn
        facts = [(name, change) for name, change, opens in zip(names, changes, drawn, strict=True) if not opens]
        assert all(name.startswith("\u21b3 ") for name, _ in facts)
        if scale == "log_odds":
            expected = sorted((own[name] for name in members), key=lambda value: -abs(value))
            np.testing.assert_allclose([change for _, change in facts], expected, atol=1e-9)
        _, before, _, groups = _bars(closed)
        assert sum(change for _, change in facts) == pytest.approx(before[groups.index(group)], abs=1e-9)
        assert start + sum(changes) == pytest.approx(
            score.log_odds if scale == "log_odds" else score.probability, abs=1e-9
        )
        assert opened.layout.meta["opener"] == "why-groups"


@pytest.mark.parametrize("reference", ["granted", "similar"])
def test_against_a_group_the_bars_are_shaps_in_either_unit(credit: CreditService, reference: str) -> None:
    client_id = credit.ids("all")[0]
    score = credit.score_client(client_id, reference=reference)
    assert score.reference is not None
    for scale, base, amounts, end in (
        ("log_odds", score.base_value, {i.feature: i.contribution for i in score.contributions}, score.log_odds),
        ("probability", score.reference.base_probability, score.reference.contributions, score.probability),
    ):
        start, changes, _, drawn = _bars(score_waterfall(score, ENGLISH, scale))  # type: ignore[arg-type]
        groups = _grouped(dict(amounts))
        assert start == pytest.approx(base) and drawn == sorted(groups, key=lambda name: -abs(groups[name]))
        np.testing.assert_allclose(changes, [groups[name] for name in drawn], atol=1e-9)
        assert start + sum(changes) == pytest.approx(end, abs=1e-6)


def test_what_raises_the_risk_is_orange_and_points_up(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients:
        figure = score_waterfall(credit.score_client(client_id), ENGLISH)
        (trace,) = figure.data
        assert trace.increasing.marker.color == RAISES and trace.decreasing.marker.color == LOWERS
        for row, change in zip(trace.y, trace.x, strict=True):
            (text,) = [item.text for item in figure.layout.annotations if item.y == pytest.approx(row + 0.4)]
            ways = {"up": r"\u25b2 (\+|&lt;)", "down": r"\u25bc (\u2212|&lt;)"}
            assert re.search(ways["up" if change >= 0 else "down"], text), text
            points = float(re.search(r"(\d+\.\d)\spoint", text)[1])  # type: ignore[index]
            if "&lt;" in text:
                assert points == 0.1 and 100 * abs(change) < 0.05
            else:
                assert points == pytest.approx(100 * abs(change), abs=0.051)


def test_points_have_one_decimal_each(credit: CreditService, clients: list[int]) -> None:
    before = credit.score_client(clients[0])
    texts = {one: set() for one in (ENGLISH, FRENCH)}
    for language, written in texts.items():
        figure = change_waterfall(before, credit.score_client(clients[0], {"DAYS_BIRTH": -15_000.0}), language)
        for _, amount, _ in figure.data[0].customdata:
            assert re.search(r"\d[.,]\d\spoint", amount), amount
            written.add(amount.split()[0])
    assert any(word in texts[ENGLISH] for word in ("up", "down"))
    assert any(word in texts[FRENCH] for word in ("hausse", "baisse"))


@pytest.mark.parametrize("texts", [ENGLISH, FRENCH], ids=["en", "fr"])
def test_a_name_stands_whole_behind_the_shortest_amount(
    credit: CreditService, clients: list[int], texts: Texts
) -> None:
    before, after = (credit.score_client(clients[0], edited) for edited in ({}, {"EXT_SOURCE_2": 0.9}))
    figure = change_waterfall(before, after, texts, shown=40)
    labels = [item.text for item in figure.layout.annotations]
    for (name, *_), written in zip(figure.data[0].customdata, labels, strict=False):
        assert re.fullmatch(rf"<b>[\u25b2\u25bc] (&lt; |\+|\u2212)\d+[.,]\d\spoints?</b>  {re.escape(name)}", written)
    assert sum("&lt;" in written for written in labels) > 5
    assert texts is ENGLISH or max(len(row[0]) for row in figure.data[0].customdata) > 62


def test_what_moves_without_a_change_is_said_to_be_unchanged(credit: CreditService, clients: list[int]) -> None:
    before, after = (credit.score_client(clients[0], edited) for edited in ({}, {"EXT_SOURCE_2": 0.9}))
    for texts, word in ((ENGLISH, "unchanged"), (FRENCH, "sans changement")):
        names = [str(row[0]) for row in change_waterfall(before, after, texts).data[0].customdata]
        (changed,) = [name for name in names if "\u2192" in name]
        assert label("EXT_SOURCE_2", texts) in changed and word not in changed
        assert all(word in name for name in names[:-1] if name != changed)


def test_the_table_of_the_chart_says_the_same(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients[:4]:
        figure = score_waterfall(credit.score_client(client_id), ENGLISH, "log_odds")
        _, changes, names, _ = _bars(figure)
        rows = re.findall(
            r"<tr><th[^>]*>([^<]+)</th><td[^>]*>([^<]+)</td>", re.sub(r">\s+<", "><", figure.layout.meta["table"])
        )
        assert [name for name, _ in rows] == names
        written = [float(amount.replace("\u2212", "-")) for _, amount in rows]
        np.testing.assert_allclose(written, changes, atol=0.0051)


def test_marks_stand_at_the_base_the_cut_off_and_the_client(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients:
        base, own = _own(credit, client_id)
        figure = score_waterfall(credit.score_client(client_id), ENGLISH)
        places = [shape.x0 for shape in figure.layout.shapes]
        expected = [_sigmoid(base), credit.model.threshold, _sigmoid(base + sum(own.values()))]
        np.testing.assert_allclose(places, expected, atol=1e-9)
        named = [item.text for item in figure.layout.annotations][-3:]
        for name, value, text in zip(("average client", "Cut-off", "this client"), expected, named, strict=True):
            assert text.startswith(name)
            written = re.search(r"(\d+\.(\d+))%", text)
            assert written and float(written[1]) == pytest.approx(100 * value, abs=0.51 * 10.0 ** -len(written[2]))


def test_the_contributions_table_holds_every_fact(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients[:3]:
        _, own = _own(credit, client_id)
        table = contributions(credit.score_client(client_id), ENGLISH)
        assert dict(zip(table["Column"], table["Contribution (log-odds)"], strict=True)) == {
            name: pytest.approx(value, abs=1e-6) for name, value in own.items()
        }


# ---- sentences and cards ----


def test_groups_are_named_on_the_side_to_which_they_move_the_risk(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients:
        base, own = _own(credit, client_id)
        groups = _grouped(own)
        told = reasons(credit.score_client(client_id), ENGLISH)
        for key, sign in (("what raises the risk most: ", 1), ("what lowers the risk most: ", -1)):
            strongest = sorted((name for name in groups if sign * groups[name] >= 0.02), key=lambda n: -abs(groups[n]))
            labels = [ENGLISH(f"credit.groups.{name}") for name in strongest[:3]]
            expected = "; ".join(name[0].lower() + name[1:] for name in labels)
            assert [line.split(key)[1] for line in told if key in line] == ([f"{expected}."] if labels else [])
        (balance,) = [line for line in told if "lead from" in line]
        first, last = (float(value) for value in re.findall(r"(\d+\.\d+)%", balance))
        assert first == pytest.approx(100 * _sigmoid(base), abs=0.051)
        assert last == pytest.approx(100 * _sigmoid(base + sum(own.values())), abs=0.051)


def test_the_sentences_name_whom_they_compare_with(credit: CreditService) -> None:
    score = credit.score_client(credit.ids("all")[0], reference="granted")
    assert score.reference is not None
    told = " ".join(reasons(score, ENGLISH))
    assert f"the {score.reference.clients} granted clients" in told and "average client" not in told
    assert f"{100 * score.reference.base_probability:.1f}%" in told
    assert f"aux {score.reference.clients} clients acceptés" in " ".join(reasons(score, FRENCH))


@pytest.mark.parametrize(
    ("probability", "threshold", "written"),
    [
        (0.25, 0.09045, ("25.0%", "9.0%", "16.0\u00a0points")),
        (0.0909, 0.09045, ("9.09%", "9.05%", "0.04\u00a0points")),
        (0.0870, 0.0868, ("8.700%", "8.680%", "0.020\u00a0points")),
        (0.08655, 0.0865, ("8.655%", "8.650%", "0.005\u00a0points")),
        (0.0865, 0.0865, ("8.6%", "8.6%", "0.0\u00a0points")),  # nothing tells the same figures apart
    ],
)
def test_near_the_cut_off_figures_get_the_digits_that_tell_them_apart(
    probability: float, threshold: float, written: tuple[str, str, str]
) -> None:
    texts = Distance.between(probability, threshold).texts(ENGLISH)
    assert (texts["probability"], texts["threshold"], texts["points"]) == written


def test_a_proposal_writes_the_cut_off_as_the_decision_does() -> None:
    own = Distance.between(0.0909, 0.09045)
    assert Distance.between(0.0876, 0.09045, own.digits).texts(ENGLISH)["threshold"] == own.texts(ENGLISH)["threshold"]
    assert Distance.between(0.0876, 0.09045).texts(ENGLISH)["threshold"] == "9.0%"


def test_the_written_figures_differ_by_the_written_distance(credit: CreditService) -> None:
    """Of every client: probability less cut-off, as they stand on the card, is the distance beside them."""
    for client_id, probability in zip(credit.portfolio.ids, credit.portfolio.probabilities, strict=True):
        texts = Distance.between(probability, credit.model.threshold).texts(ENGLISH)
        first, second = (float(texts[name].rstrip("%")) for name in ("probability", "threshold"))
        points = float(texts["points"].split()[0])
        assert abs(first - second) == pytest.approx(points, abs=1e-9), client_id
        assert (first >= second) == (probability >= credit.model.threshold) and first != second


def test_card_and_gauge_say_the_score(credit: CreditService, clients: list[int]) -> None:
    for client_id in clients:
        score: Score = credit.score_client(client_id)
        texts = Distance.between(score.probability, score.threshold).texts(ENGLISH)
        card = verdict(score, 0.5, 10, ENGLISH)
        assert all(f"<dd>{texts[name]}</dd>" in card for name in ("probability", "threshold"))
        sign = "+" if score.decision == "refused" else "\u2212"
        assert f"<dd>{sign}{texts['points']}</dd>" in card
        figure = gauge(score, ENGLISH)
        assert figure.data[0].value == pytest.approx(100 * score.probability)
        assert figure.data[0].gauge.threshold.value == pytest.approx(100 * score.threshold)
        assert texts["probability"] in figure.layout.meta["label"]


def test_french_takes_less_than_two_for_one() -> None:
    written = [FRENCH.points(share).replace("\u00a0", " ") for share in (0.005, 0.019, 0.0196, 0.02)]
    assert written == ["0,5 point", "1,9 point", "2,0 points", "2,0 points"], "as it is written"
    assert ENGLISH.points(0.0104) == "1.0\u00a0points"
    years = {texts: [texts.count("credit.years", count) for count in (0.5, 1, 2.5)] for texts in (ENGLISH, FRENCH)}
    assert [text.replace("\u00a0", " ") for text in years[ENGLISH]] == ["0.5 years", "1 year", "2.5 years"]
    assert [text.replace("\u00a0", " ") for text in years[FRENCH]] == ["0,5 an", "1 an", "2,5 ans"]


def test_a_client_is_riskier_than_those_with_less_risk(credit: CreditService) -> None:
    """Of the safest it is said that they are; nobody counts among those that they are riskier than."""
    order = [int(client_id) for client_id in credit.portfolio.ids[np.argsort(credit.portfolio.probabilities)]]
    safest, middle, riskiest = (credit.judge(order[place], 10) for place in (0, 600, 1199))
    assert (safest.percentile, middle.percentile, riskiest.percentile) == (0, 600 / 1200, 1199 / 1200)
    for judged, words in (
        (safest, "the safest of all"),
        (middle, "riskier than 50%"),
        (riskiest, "riskier than 99.9%"),
    ):
        assert f"<dd>{words}</dd>" in verdict(judged.score, judged.percentile, 10, ENGLISH)
