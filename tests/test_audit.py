"""The audit: what leaving the age out would cost, and the document whose every number is measured."""

import hashlib
import io
import re
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader

from models import results
from models.credit.audit import COMMANDS
from models.credit.fairness import alternatives, group_rates
from models.credit.features import NOT_EMPLOYED
from models.credit.service import CreditService, credit_service
from models.credit.wording import label, scaled
from models.display.credit import audit_charts
from models.display.credit.audit_document import audit_document
from models.display.results.tables import credit_table
from models.texts import ENGLISH, LANGUAGES, Texts, catalogue
from tests.test_letter import numbers as written
from tests.test_letter import plain, roundings

ROOT = Path(__file__).parent.parent
MADE = datetime(2031, 3, 9, 11, 30)


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def text_of(credit: CreditService, ratio: float, texts: Texts) -> str:
    reader = PdfReader(
        io.BytesIO(audit_document(credit.audit(ratio), credit_table(results.credit(), texts), texts, MADE))
    )
    assert reader.trailer["/Root"]["/Lang"] == texts.language
    assert reader.metadata and reader.metadata.title == catalogue()["audit.title"][texts.language]
    return plain("\n".join(page.extract_text() for page in reader.pages))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ratio", [10, 30])
def test_every_number_of_the_document_is_measured(credit: CreditService, ratio: float, language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    metrics = credit.metrics
    text = text_of(credit, ratio, texts)
    digests = {
        name: hashlib.sha256((ROOT / path).read_bytes()).hexdigest()
        for name, path in {"model": "weights/credit/model.txt", "portfolio": "data/portfolio.parquet"}.items()
    }
    joined = text.replace(" ", "")
    assert digests["model"] in joined and digests["portfolio"] in joined and digests["model"][:12] in text
    for known in (*digests.values(), digests["model"][:12], metrics["data"].get("sha256", "-")):
        text = text.replace(known, "")
    place = int(
        np.argmin([abs(one - credit.audit(ratio).cut_off.threshold) for one in metrics["thresholds"]["threshold"]])
    )
    counts = {kind: metrics["thresholds"][kind][place] for kind in ("tp", "fp", "tn", "fn")}
    total = sum(counts.values())
    cost = (ratio * counts["fn"] + counts["fp"]) / total
    shares = [metrics["data"]["default_rate"], metrics["thresholds"]["threshold"][place]]
    shares += [count / total for count in counts.values()]
    shares += [part[name] for part in metrics["calibration"] for name in ("predicted", "observed", "low", "high")]
    for one in metrics["cutoffs"]:
        shares += [one["threshold"], one["refused_share"], one["default_rate_granted"]]
    ratios: list[float] = [cost]
    for key, groups in metrics["groups"].items():
        granted = {name: (group["tn"][place] + group["fn"][place]) / group["count"] for name, group in groups.items()}
        caught = {
            name: group["tp"][place] / (group["tp"][place] + group["fn"][place]) for name, group in groups.items()
        }
        ratios += [rate / max(granted.values()) for rate in granted.values()]
        ratios += [rate / max(caught.values()) for rate in caught.values()]
        for rates in group_rates(metrics, key, shares[1]):  # their intervals are scipy's, tested as such
            shares += [*vars(rates.acceptance).values(), *vars(rates.caught).values(), *vars(rates.served).values()]
    figures = metrics["figures"]
    plain_figures = [figures[name] for name in ("gini", "ks", "brier", "ece_mass_10")]
    plain_figures += [*figures["roc_auc"].values(), *figures["pr_auc"].values()]
    plain_figures += metrics["importance"]["mean_absolute"].values()
    plain_figures += [one["cost_per_loan"] for one in metrics["cutoffs"]]
    for other in alternatives(metrics):
        plain_figures += [other.roc_auc, other.cost, other.age_ratio or 0, other.gender_ratio or 0]
        plain_figures += list(vars(other.difference).values()) if other.difference else []
    whole = [
        *counts.values(),
        metrics["data"]["rows"],
        metrics["importance"]["rows"],
        *(part["count"] for part in metrics["calibration"]),
        *(group["count"] for groups in metrics["groups"].values() for group in groups.values()),
        credit.model.booster.num_trees(),
        len(credit.model.features),
        len(credit.model.feature_spec.columns),
        len({item.group for item in credit.score_client(credit.ids("all")[0]).contributions}),
        ratio,
        *(one["cost_ratio"] for one in metrics["cutoffs"]),
    ]
    highest = max(credit.policy.costs(ratio)[credit.policy.thresholds <= 0.6])  # the scale of the chart's axis
    fixed = {MADE.day, MADE.year, 2004, 113, 95, 256, 0.8, *range(10), 20, 30, 39, 40, 49, 50, 59, 60}
    names = " ".join(label(name, texts) for name in credit.model.features)
    known_numbers = (
        {float(number) for number in (*fixed, *whole)}
        | {round(tick / 10, 1) for tick in range(11)}
        | {float(digits) for digits in re.findall(r"\d+", names)}
        | roundings(shares, 100)
        | roundings([*ratios, *plain_figures, highest, highest / 2])
    )
    versions = re.sub(r"\b\d+\.\d+\.\d+\b", "", text)
    assert written(versions, language) <= known_numbers, written(versions, language) - known_numbers
    found = written(text, language)
    assert set(map(float, counts.values())) <= found  # and they are said, not left out
    assert roundings([cost]) & found
    for name, value in metrics["importance"]["mean_absolute"].items():
        assert f"{plain(label(name, texts))} " in text and round(value, 4) in found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_says_what_the_model_is_for_and_how_to_make_it_again(credit: CreditService, language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    text = text_of(credit, 10, texts)
    for key in ("purpose.task", "purpose.not_for", "purpose.sex", "origin.commands"):
        assert plain(texts(f"audit.{key}")) in text
    for command in COMMANDS:
        assert command in text
        module = command.split()[2].replace(".", "/")
        assert (ROOT / f"{module}.py").is_file()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    places = [readme.find(f"\n{command}") for command in COMMANDS]
    assert min(places) > 0 and places == sorted(places), "README gives the same ones"
    rising, falling = (
        text.index(plain(texts(f"audit.purpose.{key}", names="").rstrip(" ."))) for key in ("rising", "falling")
    )
    assert rising < falling
    # days count backwards: a longer time in work never raises the risk
    job = plain(label("DAYS_EMPLOYED", texts))
    assert job not in text[rising:falling] and job in text[falling : falling + 400]


def test_what_is_said_never_to_lower_or_raise_the_risk_never_does(credit: CreditService) -> None:
    """Not of an instalment: with it its share of the income changes, and how long it is paid."""
    text = text_of(credit, 10, ENGLISH)
    rising, falling, end = (
        text.index(plain(ENGLISH(f"audit.purpose.{key}", names="").rstrip(" .")))
        for key in ("rising", "falling", "sex")
    )
    table = credit.portfolio.applications
    told = {1: text[rising:falling], -1: text[falling:end]}
    named = [
        name
        for name in credit.model.feature_spec.columns
        for part in told.values()
        if plain(label(name, ENGLISH)) in part
    ]
    assert {"EXT_SOURCE_2", "DAYS_EMPLOYED", "DEF_30_CNT_SOCIAL_CIRCLE"} <= set(named)
    assert not {"AMT_ANNUITY", "AMT_CREDIT"} & set(named)
    for name in named:
        way = next(way for way, part in told.items() if plain(label(name, ENGLISH)) in part)
        known = table[table[name].notna() & (table[name] != NOT_EMPLOYED)]
        steps = 0.1 * known[name].std() * np.arange(4) * (1 if scaled(name, 1.0) > 0 else -1)  # as people read it
        risks = np.array([credit.model.log_odds(known.assign(**{name: known[name] + step})) for step in steps])
        assert (way * np.diff(risks, axis=0) >= -1e-9).all(), name


def test_what_leaving_the_age_out_would_cost_and_bring_is_told(credit: CreditService) -> None:
    measured = {one.name: one for one in alternatives(credit.metrics)}
    assert set(measured) == {"shipped", "with_gender", "without_age"}
    own, other = measured["shipped"], measured["without_age"]
    assert own.roc_auc == pytest.approx(credit.metrics["figures"]["roc_auc"]["value"], abs=1e-4)  # raw and calibrated
    raw = credit.metrics["without_age"]
    assert other.difference is not None and other.difference.value == pytest.approx(raw["roc_auc"] - own.roc_auc)
    counts = raw["cut_off"]["counts"]
    assert other.cost == pytest.approx((10 * counts["fn"] + counts["fp"]) / sum(counts.values()))
    refused = (counts["tp"] + counts["fp"]) / sum(counts.values())
    assert refused == pytest.approx(credit.metrics["default_cutoff"]["refused_share"], abs=1e-3)
    granted = [(group["tn"][0] + group["fn"][0]) / group["count"] for group in raw["groups"]["AGE"].values()]
    assert other.age_ratio == pytest.approx(min(granted) / max(granted))
    for texts in (ENGLISH, Texts("fr")):
        table = audit_charts.alternatives_table(credit.metrics, texts)
        assert table is not None and len(table.rows) == 3
        assert table.rows[2][1] == texts.number(other.roc_auc, 4) and table.rows[2][4] == texts.number(
            other.age_ratio, 2
        )
        assert table.rows[0][2] == "\u2013" and texts.signed(other.difference.low, 4) in table.rows[2][2]
        sentence = audit_charts.without_age(credit.metrics, texts)
        for value, digits in (
            (own.roc_auc, 4),
            (other.roc_auc, 4),
            (own.cost, 3),
            (other.cost, 3),
            (other.age_ratio, 2),
        ):
            assert texts.number(value, digits) in sentence
    older = {name: part for name, part in credit.metrics.items() if not name.startswith("with")}
    assert audit_charts.alternatives_table(older, ENGLISH) is None and audit_charts.without_age(older, ENGLISH) == ""


@pytest.mark.parametrize("ratio", [1, 50])
def test_an_extreme_cut_off_still_has_an_audit(credit: CreditService, ratio: float) -> None:
    text = text_of(credit, ratio, ENGLISH)
    assert ENGLISH.percent(credit.policy.cut_off(ratio).threshold) in text


def test_a_threshold_that_grants_nobody_divides_by_nothing(credit: CreditService) -> None:
    for threshold in (0.0, 1.0):
        for key in credit.metrics["groups"]:
            for rates in group_rates(credit.metrics, key, threshold):
                rate = rates.acceptance.value
                assert (rates.acceptance_ratio is None) == (threshold == 0.0) and rate in (0.0, 1.0)
        page = audit_charts.fairness(credit.metrics, "AGE", threshold, ENGLISH).html()
        assert ("\u2013" in page) or threshold == 1.0
