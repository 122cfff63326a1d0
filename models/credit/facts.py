"""A client's profile: the facts of the person and the loan, grouped, in plain words and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.credit.wording import Value, label, spoken_value, told
from models.texts import Texts

GROUPS: dict[str, tuple[str, ...]] = {
    "person": (
        "DAYS_BIRTH",
        "CODE_GENDER",
        "NAME_FAMILY_STATUS",
        "CNT_CHILDREN",
        "CNT_FAM_MEMBERS",
        "NAME_EDUCATION_TYPE",
        "NAME_HOUSING_TYPE",
        "FLAG_OWN_REALTY",
        "FLAG_OWN_CAR",
        "OWN_CAR_AGE",
    ),
    "work": (
        "NAME_INCOME_TYPE",
        "OCCUPATION_TYPE",
        "ORGANIZATION_TYPE",
        "DAYS_EMPLOYED",
        "AMT_INCOME_TOTAL",
    ),
    "loan": (
        "NAME_CONTRACT_TYPE",
        "AMT_CREDIT",
        "AMT_ANNUITY",
        "AMT_GOODS_PRICE",
        "CREDIT_TERM",
        "ANNUITY_TO_INCOME",
    ),
    "history": (
        "EXT_SOURCE_1",
        "EXT_SOURCE_2",
        "EXT_SOURCE_3",
        "AMT_REQ_CREDIT_BUREAU_YEAR",
        "DEF_30_CNT_SOCIAL_CIRCLE",
        "DAYS_ID_PUBLISH",
        "DAYS_LAST_PHONE_CHANGE",
    ),
}


@dataclass(frozen=True)
class Fact:
    """One line of a profile."""

    column: str
    name: str
    text: str
    known: bool


def profile(application: Mapping[str, Value], texts: Texts) -> dict[str, list[Fact]]:
    """Group -> facts, in the order of ``GROUPS``; an unknown value is said to be unknown, unless there can be none.

    Two facts are worked out: the term that annuity and amount imply, and the share of the income it takes.
    """
    values = dict(application) | _derived(application)
    answer: dict[str, list[Fact]] = {}
    for group, names in GROUPS.items():
        shown = [(name, told(name, values)) for name in names]
        answer[group] = [
            Fact(name, label(name, texts), spoken_value(name, value, texts), value is not None) for name, value in shown
        ]
    return answer


def _derived(application: Mapping[str, Value]) -> dict[str, Value]:
    credit, annuity = application.get("AMT_CREDIT"), application.get("AMT_ANNUITY")
    income = application.get("AMT_INCOME_TOTAL")
    return {
        "CREDIT_TERM": _ratio(credit, annuity),
        "ANNUITY_TO_INCOME": _ratio(annuity, income),
    }


def _ratio(numerator: Value, denominator: Value) -> float | None:
    if not isinstance(numerator, (int, float)) or not isinstance(denominator, (int, float)) or not denominator:
        return None
    return numerator / denominator
