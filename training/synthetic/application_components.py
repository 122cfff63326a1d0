"""Credit applications written in parts that may be drawn one after the other, and put together again.

A generator that drew each original column by itself would break what holds between them: that terms are those the
lender offers, that a client without a car has no age of a car. So amounts become ratios, counts become
differences, and columns that follow from others are left out; ``join`` puts them back.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.credit.features import DAYS_PER_YEAR, NOT_EMPLOYED, NOT_GIVEN

MONEY_STEP = 4.5  # the grid of the amounts of the real table
SHARE_DIGITS = 4  # decimals of the statistics on the building
ADULT_DAYS = int(17.9 * DAYS_PER_YEAR)  # the least age at hiring in the real table, in days
SPOUSES = ("Married", "Civil marriage")  # a household of two adults
# Mode and median of these lie a small step from the average on a fine grid: the step is drawn, not the value.
DRAWN_AS_STEP = ("YEARS_BEGINEXPLUATATION_AVG", "YEARS_BUILD_AVG")
IDENTIFIERS = ("SK_ID_CURR", "TARGET")

# Drawn first, in this order: what the others depend on most. The rest follow in the order of the table.
FIRST = (
    "NAME_INCOME_TYPE",
    "NAME_CONTRACT_TYPE",
    "DAYS_BIRTH",
    "CODE_GENDER",
    "NAME_EDUCATION_TYPE",
    "NAME_FAMILY_STATUS",
    "CNT_CHILDREN",
    "DAYS_EMPLOYED",
    "ORGANIZATION_TYPE",
    "OCCUPATION_TYPE",
    "REGION_POPULATION_RELATIVE",
    "REGION_RATING_CLIENT",
    "EXT_SOURCE_2",
    "EXT_SOURCE_3",
    "EXT_SOURCE_1",
    "AMT_INCOME_TOTAL",
    "AMT_GOODS_PRICE",
    "CREDIT_TO_GOODS",
    "CREDIT_TERM",
    "FLAG_OWN_CAR",
)
FOLLOWING = ("FLAG_MOBIL", "FLAG_EMP_PHONE", "CNT_FAM_MEMBERS", "AMT_CREDIT", "AMT_ANNUITY")
# column -> the column that it never exceeds and is missing with
BELOW = {
    "OBS_60_CNT_SOCIAL_CIRCLE": "OBS_30_CNT_SOCIAL_CIRCLE",
    "DEF_30_CNT_SOCIAL_CIRCLE": "OBS_30_CNT_SOCIAL_CIRCLE",
    "DEF_60_CNT_SOCIAL_CIRCLE": "DEF_30_CNT_SOCIAL_CIRCLE",
}


def split(applications: pd.DataFrame) -> pd.DataFrame:
    """Applications (all original columns) in parts, in the order in which to draw them."""
    parts = applications.drop(columns=[*IDENTIFIERS, *FOLLOWING], errors="ignore")
    # a loan without goods has the credit for their price, and a flag that takes it away again
    goods = applications["AMT_GOODS_PRICE"]
    parts["AMT_GOODS_PRICE"] = goods.fillna(applications["AMT_CREDIT"])
    parts["GOODS_GIVEN"] = goods.notna().astype(float)
    parts["CREDIT_TO_GOODS"] = applications["AMT_CREDIT"] / parts["AMT_GOODS_PRICE"]
    parts["CREDIT_TERM"] = applications["AMT_CREDIT"] / applications["AMT_ANNUITY"]
    parts["DAYS_EMPLOYED"] = applications["DAYS_EMPLOYED"].where(applications["DAYS_EMPLOYED"] != NOT_EMPLOYED)
    parts["ORGANIZATION_TYPE"] = applications["ORGANIZATION_TYPE"].where(applications["ORGANIZATION_TYPE"] != NOT_GIVEN)
    for column, average in _copies(parts):
        if average in DRAWN_AS_STEP:
            parts[column] = (applications[column] - applications[average]).round(SHARE_DIGITS)
    for column, bound in BELOW.items():
        parts[column] = applications[bound] - applications[column]
    first = [column for column in FIRST if column in parts]
    return parts[first + [column for column in parts if column not in first]]


def steps(parts: pd.DataFrame) -> dict[str, float]:
    """The step of which a column's values are multiples, for amounts of money and shares; whole numbers need none."""
    numbers = [str(column) for column in parts.select_dtypes("number")]
    money = [name for name in numbers if name.startswith("AMT_") and "BUREAU" not in name]
    building = [name for name in numbers if name.endswith(("_AVG", "_MODE", "_MEDI"))]
    return {**dict.fromkeys(money, MONEY_STEP), **dict.fromkeys(building, 10.0**-SHARE_DIGITS)}


def join(parts: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Applications from their parts.

    Args:
        parts: as made by ``split``.
        like: applications whose columns, order and types are taken.
    """
    made = parts.copy()
    born = made["DAYS_BIRTH"]
    employed = made["DAYS_EMPLOYED"].clip(lower=born + ADULT_DAYS, upper=0)
    working = employed.notna()
    made["DAYS_EMPLOYED"] = employed.fillna(NOT_EMPLOYED)
    made["FLAG_EMP_PHONE"] = working.astype(float)
    made["FLAG_MOBIL"] = 1.0
    made["ORGANIZATION_TYPE"] = made["ORGANIZATION_TYPE"].where(working, NOT_GIVEN).fillna("Other")
    made["OCCUPATION_TYPE"] = made["OCCUPATION_TYPE"].where(working)
    for column in ("DAYS_REGISTRATION", "DAYS_ID_PUBLISH"):
        made[column] = made[column].clip(lower=born, upper=0)
    made["OWN_CAR_AGE"] = made["OWN_CAR_AGE"].where(made["FLAG_OWN_CAR"] == "Y")
    made["CNT_FAM_MEMBERS"] = made["CNT_CHILDREN"] + 1.0 + made["NAME_FAMILY_STATUS"].isin(SPOUSES)
    made["AMT_CREDIT"] = _money(made["AMT_GOODS_PRICE"] * made["CREDIT_TO_GOODS"])
    made["AMT_ANNUITY"] = _money(made["AMT_CREDIT"] / made["CREDIT_TERM"])
    made["AMT_GOODS_PRICE"] = made["AMT_GOODS_PRICE"].where(made["GOODS_GIVEN"] > 0)
    for column, average in _copies(made):
        if average in DRAWN_AS_STEP:
            made[column] = (made[average] + made[column]).round(SHARE_DIGITS).clip(0, 1)
        made[column] = made[column].fillna(made[average]).where(made[average].notna())
    for column, bound in BELOW.items():
        made[column] = (made[bound] - made[column].fillna(0)).clip(lower=0)
    return _typed(made, like)


def _money(amounts: pd.Series) -> pd.Series:
    return (amounts / MONEY_STEP).round() * MONEY_STEP


def _copies(parts: pd.DataFrame) -> list[tuple[str, str]]:
    """Statistics on the building that are known where an average is: (mode or median, its average)."""
    averages = [str(column) for column in parts if str(column).endswith("_AVG")]
    return [
        (copy, average)
        for average in averages
        for copy in (average.replace("_AVG", "_MODE"), average.replace("_AVG", "_MEDI"))
        if copy in parts
    ]


def _typed(made: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    columns = [str(column) for column in like if column not in IDENTIFIERS]
    typed = {}
    for column in columns:
        whole = pd.api.types.is_integer_dtype(like[column])
        typed[column] = np.round(made[column]).astype("int64") if whole else made[column]
    return pd.DataFrame(typed)[columns]
