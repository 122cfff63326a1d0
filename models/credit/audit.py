"""What an audit of the credit model rests on, gathered: figures, policy, digests, versions, commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.credit.policy import CutOff, Policy

# In the order in which they are run; each writes what the next one reads.
COMMANDS = (
    "python -m training.search_credit --data application_train.csv",
    "python -m training.train_credit --data application_train.csv --compare",
    "python -m training.make_portfolio --data application_train.csv",
    "python -m training.evaluate_portfolio --data application_train.csv",
)


@dataclass(frozen=True)
class Audit:
    """The content of the audit document.

    Attributes:
        metrics, config: as training wrote them.
        policy, cut_off: costs at each threshold, and the cut-off of the present cost ratio.
        sha256: of the weights ("model") and of the synthetic clients ("portfolio").
    """

    metrics: Mapping[str, Any]
    config: Mapping[str, Any]
    policy: Policy
    cut_off: CutOff
    sha256: Mapping[str, str]
