"""Other tables of Home Credit as a few robust columns per client, joined to the applications.

The tables are optional: without them the model is trained on the applications alone. Each is reduced to
counts, sums and means per ``SK_ID_CURR``, named after the table: ``BUREAU_DEBT_TO_CREDIT``. A client whom a
table does not know has missing values there. An absent source column gives a missing figure, not an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

KEY = "SK_ID_CURR"
NEVER = 365243  # the tables' code for a day that never came


def read_table(path: Path) -> pd.DataFrame:
    """Read a table from CSV (plain or compressed) or parquet."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def _number(rows: pd.DataFrame, name: str) -> pd.Series:
    if name not in rows:
        return pd.Series(np.nan, index=rows.index)
    values = rows[name].astype(float)
    return values.where(values != NEVER)


def _is(rows: pd.DataFrame, name: str, value: str) -> pd.Series:
    return (rows[name] == value).astype(float) if name in rows else pd.Series(np.nan, index=rows.index)


def _grouped(rows: pd.DataFrame, columns: Mapping[str, tuple[pd.Series, str]]) -> pd.DataFrame:
    """One row per client: each column is its source reduced by a pandas aggregate, such as "mean"."""
    table = pd.DataFrame({name: source for name, (source, _) in columns.items()})
    return table.groupby(rows[KEY]).agg({name: how for name, (_, how) in columns.items()})


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below > 0)


def bureau(rows: pd.DataFrame) -> pd.DataFrame:
    """Credits at other lenders, from ``bureau``."""
    return _grouped(
        rows,
        {
            "BUREAU_CREDITS": (rows[KEY], "size"),
            "BUREAU_ACTIVE_SHARE": (_is(rows, "CREDIT_ACTIVE", "Active"), "mean"),
            "BUREAU_DAYS_SINCE_LAST": (_number(rows, "DAYS_CREDIT"), "max"),
            "BUREAU_DAYS_MEAN": (_number(rows, "DAYS_CREDIT"), "mean"),
            "BUREAU_OVERDUE_MAX": (_number(rows, "AMT_CREDIT_MAX_OVERDUE"), "max"),
            "BUREAU_DEBT": (_number(rows, "AMT_CREDIT_SUM_DEBT"), "sum"),
            "BUREAU_CREDIT": (_number(rows, "AMT_CREDIT_SUM"), "sum"),
        },
    ).assign(BUREAU_DEBT_TO_CREDIT=lambda made: _ratio(made["BUREAU_DEBT"], made["BUREAU_CREDIT"]))


def previous(rows: pd.DataFrame) -> pd.DataFrame:
    """Earlier applications to the lender, from ``previous_application``."""
    granted = _ratio(_number(rows, "AMT_CREDIT"), _number(rows, "AMT_APPLICATION"))
    return _grouped(
        rows,
        {
            "PREVIOUS_APPLICATIONS": (rows[KEY], "size"),
            "PREVIOUS_REFUSED_SHARE": (_is(rows, "NAME_CONTRACT_STATUS", "Refused"), "mean"),
            "PREVIOUS_DAYS_SINCE_LAST": (_number(rows, "DAYS_DECISION"), "max"),
            "PREVIOUS_GRANTED_TO_ASKED": (granted, "mean"),
            "PREVIOUS_PAYMENTS": (_number(rows, "CNT_PAYMENT"), "mean"),
        },
    )


def installments(rows: pd.DataFrame) -> pd.DataFrame:
    """Payments of earlier credits, from ``installments_payments``; late days count from the due date."""
    late = (_number(rows, "DAYS_ENTRY_PAYMENT") - _number(rows, "DAYS_INSTALMENT")).clip(lower=0)
    paid = _ratio(_number(rows, "AMT_PAYMENT"), _number(rows, "AMT_INSTALMENT"))
    return _grouped(
        rows,
        {
            "INSTALLMENTS": (rows[KEY], "size"),
            "INSTALLMENTS_LATE_SHARE": ((late > 0).astype(float).where(late.notna()), "mean"),
            "INSTALLMENTS_LATE_DAYS_MEAN": (late, "mean"),
            "INSTALLMENTS_LATE_DAYS_MAX": (late, "max"),
            "INSTALLMENTS_PAID_SHARE": (paid, "mean"),
        },
    )


def pos_cash(rows: pd.DataFrame) -> pd.DataFrame:
    """Monthly balances of point-of-sale and cash credits, from ``POS_CASH_balance``."""
    return _grouped(
        rows,
        {
            "POS_MONTHS": (rows[KEY], "size"),
            "POS_PAYMENTS_LEFT": (_number(rows, "CNT_INSTALMENT_FUTURE"), "mean"),
            "POS_DAYS_PAST_DUE_MAX": (_number(rows, "SK_DPD"), "max"),
            "POS_DAYS_PAST_DUE_MEAN": (_number(rows, "SK_DPD"), "mean"),
        },
    )


def credit_card(rows: pd.DataFrame) -> pd.DataFrame:
    """Monthly balances of credit cards, from ``credit_card_balance``."""
    used = _ratio(_number(rows, "AMT_BALANCE"), _number(rows, "AMT_CREDIT_LIMIT_ACTUAL"))
    return _grouped(
        rows,
        {
            "CARD_MONTHS": (rows[KEY], "size"),
            "CARD_LIMIT_USED_MEAN": (used, "mean"),
            "CARD_LIMIT_USED_MAX": (used, "max"),
            "CARD_CASH_DRAWN_MEAN": (_number(rows, "AMT_DRAWINGS_ATM_CURRENT"), "mean"),
            "CARD_DAYS_PAST_DUE_MAX": (_number(rows, "SK_DPD"), "max"),
        },
    )


REDUCE: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "bureau": bureau,
    "previous": previous,
    "installments": installments,
    "pos_cash": pos_cash,
    "credit_card": credit_card,
}


def join_tables(applications: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Applications with the columns of the other tables, in the same order and count.

    Args:
        applications: with the column ``SK_ID_CURR``.
        tables: name of a table (a key of ``REDUCE``) -> its rows, many per client.

    Raises:
        ValueError: a table has no column ``SK_ID_CURR``.
    """
    joined = applications
    for name, rows in tables.items():
        if KEY not in rows:
            raise ValueError(f"the table {name!r} needs a column {KEY}, got {list(rows.columns)[:8]}")
        joined = joined.join(REDUCE[name](rows).astype(float), on=KEY)
    return joined
