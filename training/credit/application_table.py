"""Tables of Home Credit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_table(path: Path) -> pd.DataFrame:
    """Read a table from CSV (plain or compressed) or parquet."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
