"""Make the synthetic portfolio that the app shows.

    python -m training.make_portfolio --data application_train.csv --clients 1200 --seed 0

No row of the portfolio is a real client's. A generator learnt on the real applications (sequential CART synthesis,
``training.synthetic.cart_synthesis``) draws a large pool; the draws that lie too close to a real row are thrown
away; the portfolio is the part of the pool whose columns are together nearest to the pool's own distribution;
outcomes are drawn from the risk that a separate model, learnt on the real outcomes, gives each client; and a number
that hardly any real client has, which a draw may still have copied, is withheld.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from training.credit.application_table import read_table
from training.synthetic.portfolio import POOL, choose, draw_pool, with_outcomes, withhold

FIRST_ID = 900_001  # beyond every identifier of the real table


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and the real applications, and write the portfolio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="application_train, CSV or parquet")
    parser.add_argument("--out", type=Path, default=Path("data/portfolio.parquet"))
    parser.add_argument("--clients", type=int, default=1200)
    parser.add_argument("--pool", type=int, default=POOL, help="synthetic applications to choose from")
    parser.add_argument("--keep-pool", type=Path, help="file for the pool, to be measured with the portfolio")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(arguments)

    started = time.perf_counter()
    real = read_table(given.data)
    pool = draw_pool(real, given.pool, given.seed)
    print(f"{len(pool)} of {given.pool} drawn applications kept, {time.perf_counter() - started:.0f} s", flush=True)
    if given.keep_pool:
        pool.to_parquet(given.keep_pool, compression="zstd", index=False)
    portfolio = withhold(with_outcomes(choose(pool, given.clients), real, given.seed), real)
    portfolio.insert(0, "SK_ID_CURR", np.arange(FIRST_ID, FIRST_ID + len(portfolio)))
    portfolio.to_parquet(given.out, compression="zstd", index=False)
    print(f"{given.out}: {len(portfolio)} clients, {portfolio['TARGET'].mean():.2%} defaults", flush=True)


if __name__ == "__main__":
    main()
