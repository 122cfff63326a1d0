"""How many of the clients just above the cut-off are told what would have their loan granted.

``python -m benchmarks.proposals`` prints the share, by what is proposed, and why the others get none.
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np

from models.credit.service import credit_service
from models.texts import ENGLISH

WITHIN = 0.03  # of P(default) above the cut-off
GOAL = 0.7


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--within", type=float, default=WITHIN, help="of P(default) above the cut-off (default 0.03)")
    within = parser.parse_args().within
    credit = credit_service()
    above = credit.portfolio.probabilities - credit.model.threshold
    near = [int(credit.portfolio.ids[row]) for row in np.flatnonzero((above >= 0) & (above < within))]
    answers = [credit.counterfactual(client_id) for client_id in near]
    found = [answer for answer in answers if answer.found]
    share = ENGLISH.percent(len(found) / len(near))
    print(f"{len(near)} clients within {ENGLISH.points(within)} above the cut-off")
    print(f"{len(found)} get a proposal: {share} (goal {ENGLISH.percent(GOAL, 0)})")
    for levers, count in Counter(item.levers for answer in found for item in answer.found).most_common():
        print(f"  {count:>4} x {', '.join(levers)}")
    for reason, count in Counter(answer.reason for answer in answers if answer.reason).most_common():
        print(f"  {count:>4} without: {reason}")


if __name__ == "__main__":
    main()
