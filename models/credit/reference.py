"""Compared with whom: a score explained against a group of the portfolio's clients, by exact interventional SHAP."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from models import arguments
from models.credit.compare import USUAL_CRITERIA, alike
from models.credit.portfolio import Portfolio
from models.credit.score import Reference, Score
from models.credit.tree_explainers import OUTPUTS, Output, TreeExplainers
from models.credit.wording import Value, label
from models.errors import InputError
from models.texts import Texts

ReferenceName = Literal["average", "granted", "similar"]
REFERENCES: tuple[ReferenceName, ...] = get_args(ReferenceName)
FEWEST = 20  # clients of a group; fewer say more of themselves than of a group
BACKGROUND = 200  # of them that the SHAP values are taken against


@dataclass(frozen=True)
class _Named:
    """A group in a sentence: what its clients have in common."""

    name: str
    criteria: tuple[str, ...]

    def message(self, texts: Texts) -> str:
        if self.name == "granted":
            return texts("errors.group_granted")
        return texts("errors.group_similar", criteria=self.in_common(texts))

    def in_common(self, texts: Texts) -> str:
        """The criteria by name."""
        return ", ".join(label(name, texts) for name in self.criteria)


@dataclass(frozen=True)
class _Few:
    """That a group is too small, for a visitor of the page: how many clients it has, and what to choose instead."""

    group: _Named
    clients: int

    def message(self, texts: Texts) -> str:
        fewest = texts.number(FEWEST)
        if self.group.name == "granted":
            return texts.count("credit.reference.few_granted", self.clients, fewest=fewest)
        members = max(self.clients, 1)  # whoever is explained is one of them, so that one is nobody else
        criteria = self.group.in_common(texts)
        return texts.count("credit.reference.few_similar", members, criteria=criteria, fewest=fewest)


class References:
    """Explains scores against groups of a portfolio.

    The SHAP values are those of the interventional game: a feature that is not in the coalition takes the value that
    it has in a row of the background (Janzing, Minorics and Blöbaum 2020; Lundberg et al. 2020). They and the mean of
    the background's scores add up to the client's, in log-odds and in probability, within 1e-6.

    Args:
        portfolio: whose clients make the groups, and whose model is explained.
        explainers: the model's trees as shap reads them.
    """

    def __init__(self, portfolio: Portfolio, explainers: TreeExplainers) -> None:
        self._portfolio = portfolio
        self._explainers = explainers

    def explain(
        self,
        score: Score,
        application: Mapping[str, Value],
        reference: object = "average",
        criteria: Sequence[str] = USUAL_CRITERIA,
    ) -> Score:
        """The same score, its contributions and base taken against a group.

        Args:
            score: as :meth:`CreditModel.score` gives it.
            application: what was scored.
            reference: "average" leaves the score as it is; "granted" for the clients below its cut-off, "similar" for
                those like the application.
            criteria: what "similar" means, among ``models.credit.compare.CRITERIA``.

        Raises:
            InputError: no such reference or criterion, or a group of fewer than ``FEWEST``.
        """
        name = arguments.one_of("reference", reference, REFERENCES)
        if name == "average":
            return score
        portfolio = self._portfolio
        if name == "granted":
            members = portfolio.probabilities < score.threshold
        else:
            members = alike(portfolio, application, criteria)
        clients = int(members.sum())
        if clients < FEWEST:
            group = _Named(name, tuple(criteria))
            raise InputError(
                "group_small",
                reference=name,
                clients=clients,
                group=group,
                fewest=FEWEST,
                on_page=_Few(group, clients),
            )
        background = portfolio.features[spread(portfolio.probabilities, members)]
        row = self._explainers.ranks(portfolio.model.row(application))
        base: dict[Output, float] = {}
        by_feature: dict[Output, dict[str, float]] = {}
        for output in OUTPUTS:
            explainer = self._explainers.interventional(background, output)
            base[output] = float(explainer.expected_value)
            values = explainer.shap_values(row, check_additivity=False)[0].tolist()
            by_feature[output] = dict(zip(portfolio.model.features, values, strict=True))
        contributions = [replace(item, contribution=by_feature["raw"][item.feature]) for item in score.contributions]
        return replace(
            score,
            base_value=base["raw"],
            contributions=tuple(sorted(contributions, key=lambda item: -abs(item.contribution))),
            reference=Reference(name, clients, len(background), base["probability"], by_feature["probability"]),
            average=score,
        )


def spread(probabilities: np.ndarray, members: np.ndarray, most: int = BACKGROUND) -> np.ndarray:
    """Rows of at most ``most`` members, evenly spread over their order of risk, so that their mean is the group's.

    Args:
        probabilities: (n,) of everybody.
        members: (n,) which of them belong to the group.
        most: rows at most.
    """
    rows = np.flatnonzero(members)
    rows = rows[np.argsort(probabilities[rows], kind="stable")]
    if len(rows) <= most:
        return rows
    return rows[[math.floor((place + 0.5) * len(rows) / most) for place in range(most)]]
