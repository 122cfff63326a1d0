"""The credit service: model, portfolio and cut-off together, one method for each thing a person or a program asks."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from models import arguments
from models.credit import application, batch, figures
from models.credit.audit import Audit
from models.credit.compare import USUAL_CRITERIA, ClientComparison, compare
from models.credit.counterfactual import CounterfactualAnswer, counterfactuals
from models.credit.example_clients import ExampleClient, ProbabilityBand, example_clients, probability_bands
from models.credit.importance import Importance
from models.credit.interactions import PAIRS, Pair, strongest_pairs
from models.credit.model import CreditModel
from models.credit.notice import Notice, data_used
from models.credit.policy import CutOff, Policy
from models.credit.portfolio import Portfolio
from models.credit.principal_reasons import PrincipalReason, principal_reasons
from models.credit.reference import References
from models.credit.score import Score
from models.credit.tree_explainers import TreeExplainers
from models.credit.wording import label
from models.errors import InputError, shown
from models.runtime import hub
from models.texts import Texts

ROOT = Path(__file__).parents[2]
LIMIT_RANGE = (1, 10_000)  # clients in one answer
VERSION = 12  # characters of the model's SHA-256 that name its version


@dataclass(frozen=True)
class Judgement:
    """A score at the cut-off of a cost ratio; ``percentile`` is the share of the portfolio with less risk, 0..1."""

    score: Score
    cut_off: CutOff
    percentile: float


class CreditService:
    """Everything the credit tab and its endpoints need.

    Args:
        weights: folder of ``model.txt``, ``config.json`` and ``metrics.json``.
        portfolio: Parquet file of the synthetic clients.

    Raises:
        ModelUnavailable: a file is missing or damaged.
    """

    def __init__(self, weights: Path, portfolio: Path) -> None:
        self._files = {"model": weights / "model.txt", "portfolio": portfolio}
        self.model = CreditModel(weights)
        self.metrics = figures.read(weights)
        self.policy = Policy.from_metrics(self.metrics)
        self.portfolio = Portfolio.read(portfolio, self.model)

    def clients(self, decision: str, limit: int) -> dict[str, Any]:
        """The clients of a selection, as programs receive them; ``total`` counts those beyond the limit too."""
        rows = self.portfolio.select(decision, self.model.threshold)
        count = arguments.whole_number("limit", limit, *LIMIT_RANGE)
        listed = [self.portfolio.client(row, self.model.threshold) for row in rows[:count]]
        return {"total": len(rows), "clients": [vars(client) for client in listed]}

    def client(self, client_id: int) -> dict[str, Any]:
        """A client's application, original columns, null where unknown."""
        row = self.portfolio.row(client_id)
        return {
            "client_id": int(self.portfolio.ids[row]),
            "application": self.portfolio.application(client_id),
        }

    def find(self, written: str) -> int:
        """The number of a client as a person or a link writes it.

        Raises:
            InputError: there is no such client.
        """
        client_id = int(written) if written.isdecimal() and len(written) < 20 else written
        return int(self.portfolio.ids[self.portfolio.row(client_id)])

    def score_client(
        self,
        client_id: int,
        changes: Mapping[str, object] | None = None,
        threshold: float | None = None,
        reference: str = "average",
        criteria: Sequence[str] = USUAL_CRITERIA,
    ) -> Score:
        """A client's score, with some columns changed; null makes a column unknown.

        Args:
            client_id: whose.
            changes: original column -> new value.
            threshold: cut-off on P(default), in (0, 1); None for the model's own.
            reference: whom the contributions compare with, among ``models.credit.reference.REFERENCES``.
            criteria: what "similar" means there.

        Raises:
            InputError: no such client, column, reference or criterion, a value that its column does not allow, or too
                small a group to compare with.
        """
        known = self.portfolio.row(client_id)
        values = self.portfolio.application(client_id)
        if changes is not None:
            checked = application.check(changes, "changes")
            values = {name: value for name, value in values.items() if name not in changes} | checked
        score = self.model.score(values, int(self.portfolio.ids[known]), threshold)
        return self.references.explain(score, values, reference, criteria)

    def judge(
        self,
        client_id: int,
        cost_ratio: float,
        changes: Mapping[str, object] | None = None,
        reference: str = "average",
        criteria: Sequence[str] = USUAL_CRITERIA,
    ) -> Judgement:
        """A client's score at the cut-off that a cost ratio sets.

        Raises:
            InputError: as :meth:`score_client`, or the ratio is out of range.
        """
        cut_off = self.policy.cut_off(cost_ratio)
        score = self.score_client(client_id, changes, cut_off.threshold, reference, criteria)
        return Judgement(score, cut_off, self.portfolio.percentile(score.probability))

    def judge_application(self, values: Mapping[str, object], cost_ratio: float) -> Judgement:
        """The score of an application that is nobody's in the portfolio, at the cut-off that a cost ratio sets."""
        cut_off = self.policy.cut_off(cost_ratio)
        score = self.score_application(values, cut_off.threshold)
        return Judgement(score, cut_off, self.portfolio.percentile(score.probability))

    def compare(
        self, client_id: int, feature: str, group: str = "all", criteria: Sequence[str] = USUAL_CRITERIA
    ) -> ClientComparison:
        """A client in the distribution of a feature, among all clients or similar ones."""
        return compare(self.portfolio, client_id, feature, group, criteria)

    def counterfactual(self, client_id: int, cost_ratio: float | None = None) -> CounterfactualAnswer:
        """The smallest changes to the loan's terms that flip the decision, at the cut-off of a cost ratio."""
        score = self.score_client(client_id, threshold=self._cut_off(cost_ratio))
        return counterfactuals(self.model, self.portfolio.application(client_id), score)

    def audit(self, cost_ratio: float) -> Audit:
        """What the audit rests on, at the cut-off that a cost ratio sets."""
        cut_off = self.policy.cut_off(cost_ratio)
        return Audit(self.metrics, self.model.config, self.policy, cut_off, self.sha256)

    def notice(
        self, client_id: int | None, values: Mapping[str, object] | None = None, cost_ratio: float | None = None
    ) -> Notice:
        """What to tell a client of the decision, or an applicant who is nobody in the portfolio.

        Args:
            client_id: whose decision; None for an application.
            values: the application, where there is no client: original column -> value.
            cost_ratio: what sets the cut-off; the model's own without it.

        Raises:
            InputError: neither or both are given, no such client, a value that its column does not allow, or an
                application of which the model reads nothing.
        """
        held = application.check(values) if values is not None else {}
        if (client_id is None) == (not held):
            raise InputError("letter_whose", client_id=shown(client_id), application=shown(values))
        threshold = self._cut_off(cost_ratio)
        if client_id is None:
            if not set(held) & set(self.model.feature_spec.columns):
                raise InputError("application_unread", allowed=", ".join(self.model.feature_spec.columns))
            score = self.model.score(held, None, threshold)
        else:
            held = self.portfolio.application(client_id)
            score = self.score_client(client_id, threshold=threshold)
        used = data_used(self.model, held)
        return Notice(
            score,
            self.principal_reasons(score),
            counterfactuals(self.model, held, score),
            used,
            len(application.columns()) - sum(map(len, used.values())),
            self.sha256["model"][:VERSION],
            int(self.metrics["data"]["rows"]),
        )

    @cached_property
    def sha256(self) -> dict[str, str]:
        """The digests of the weights and of the portfolio, in hexadecimal."""
        return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in self._files.items()}

    def principal_reasons(self, score: Score) -> tuple[PrincipalReason, ...]:
        """Why the decision of a score fell as it did, in at most four reasons."""
        return principal_reasons(score, self.portfolio)

    @cached_property
    def references(self) -> References:
        """What explains a score against a group of clients."""
        return References(self.portfolio, self.explainers)

    @cached_property
    def explainers(self) -> TreeExplainers:
        """The model's trees as shap reads them."""
        return TreeExplainers(self.model.booster)

    def pairs(self, client_id: int, limit: object = PAIRS) -> tuple[Pair, ...]:
        """The pairs of a client's facts that count together, strongest first.

        Raises:
            InputError: no such client, or the limit is out of range.
        """
        return strongest_pairs(self.model, self.explainers, self.portfolio.application(client_id), limit)

    def interactions(self, client_id: int, limit: object = PAIRS) -> dict[str, Any]:
        """The same pairs, as programs receive them."""
        pairs = self.pairs(client_id, limit)
        number = int(self.portfolio.ids[self.portfolio.row(client_id)])
        return {"client_id": number, "pairs": [pair.to_json() for pair in pairs]}

    @cached_property
    def importance(self) -> Importance:
        """Attributions of every client, computed when first asked for."""
        return Importance(self.portfolio, self.explainers)

    def ids(self, selection: str, cost_ratio: float | None = None) -> list[int]:
        """Numbers of the clients of a selection, at the cut-off of a cost ratio."""
        return [int(self.portfolio.ids[row]) for row in self.portfolio.select(selection, self._cut_off(cost_ratio))]

    def _cut_off(self, cost_ratio: float | None) -> float:
        """The P(default) from which a loan is refused; the model's own without a ratio."""
        return self.model.threshold if cost_ratio is None else self.policy.cut_off(cost_ratio).threshold

    def bands(self) -> list[ProbabilityBand]:
        """The probability bands that have clients."""
        return probability_bands(self.portfolio)

    def draw(self, band: int) -> int:
        """A client at random from one of :meth:`bands`, by its place."""
        bands = self.bands()
        return bands[arguments.whole_number("band", band, 0, len(bands) - 1)].draw(self.portfolio)

    def example_clients(self, cost_ratio: float | None = None) -> list[ExampleClient]:
        """The clients that are worth a look at the cut-off that a cost ratio sets."""
        return example_clients(self.portfolio, self._cut_off(cost_ratio))

    def features(self, texts: Texts, numeric: bool = False) -> list[tuple[str, str]]:
        """(name, column) of every original column and feature that charts can show, by name."""
        known = application.columns()
        names = [name for name in known if not (numeric and known[name].is_category)]
        names += [name for name in self.model.features if name not in known]
        return sorted(((label(name, texts), name) for name in names), key=lambda item: item[0].casefold())

    def score_application(
        self, values: Mapping[str, object], threshold: float | None = None, reference: str = "average"
    ) -> Score:
        """The score of an application that is nobody's in the portfolio; absent or null columns are unknown.

        Raises:
            InputError: as :meth:`score_client`.
        """
        checked = application.check(values)
        return self.references.explain(self.model.score(checked, None, threshold), checked, reference)

    def score_batch(self, path: str | Path | None) -> dict[str, Any]:
        """The probability and decision of every row of a CSV or Parquet file, in the form that programs receive."""
        return batch.score(path, self.model)

    def judge_batch(self, path: str | Path | None, cost_ratio: float) -> batch.Batch:
        """The scores of a file at the cut-off that a cost ratio sets."""
        return batch.judge(path, self.model, self.policy.cut_off(cost_ratio).threshold)


@cache
def credit_service() -> CreditService:
    """The credit service of this process; a failure is not remembered, so that restored files are picked up."""
    portfolio = ROOT / "data" / "portfolio.parquet"
    return hub.load("credit", ROOT / "weights" / "credit", lambda weights: CreditService(weights, portfolio))
