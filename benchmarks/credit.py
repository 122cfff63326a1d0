"""How long the credit tab takes: a score, reasons, comparisons, a batch; beside ``shap.TreeExplainer`` in the same run.

``python -m benchmarks.credit`` prints medians over repeated calls on this machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import shap

from models.credit.facts import profile
from models.credit.reasons import reasons
from models.credit.reference import FEWEST, REFERENCES
from models.credit.service import credit_service
from models.display.credit.decision_card import verdict
from models.display.credit.distribution import distribution
from models.display.credit.gauge import gauge
from models.display.credit.letter import letter
from models.display.credit.principal_reasons import reasons_card, sentence
from models.display.credit.scatter import scatter
from models.display.credit.tables import confusion, contributions
from models.display.credit.waterfall import score_waterfall
from models.texts import FRENCH

SIMILAR = ("AMT_CREDIT", "similar")


def milliseconds(call: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median and 95th percentile of a call, after one to warm up."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times), sorted(times)[int(0.95 * (len(times) - 1))]


def refresh(client_id: int) -> None:
    """What choosing a client costs: verdict, gauge, confusion, reasons, waterfall, table, profile, charts to JSON."""
    credit = credit_service()
    judged = credit.judge(client_id, credit.model.cost_ratio)
    verdict(judged.score, judged.percentile, credit.model.cost_ratio, FRENCH)
    confusion(judged.cut_off, FRENCH)
    reasons_card(judged.score, credit.principal_reasons(judged.score), FRENCH)
    reasons(judged.score, FRENCH)
    contributions(judged.score, FRENCH)
    profile(credit.portfolio.application(client_id), FRENCH)
    for figure in (
        gauge(judged.score, FRENCH),
        score_waterfall(judged.score, FRENCH),
        distribution(credit.compare(client_id, "EXT_SOURCE_2"), FRENCH),
        scatter(credit.portfolio, client_id, "EXT_SOURCE_2", "EXT_SOURCE_3", FRENCH),
    ):
        figure.to_json()


def main() -> None:
    """Prints one line a measurement: median, 95th percentile, goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=50, help="calls a measurement (default 50)")
    repeats = parser.parse_args().repeats
    credit = credit_service()
    client_id = credit.ids("all")[0]
    application = credit.portfolio.application(client_id)
    matrix = credit.model.row(application)
    explainer = shap.TreeExplainer(credit.model.booster)
    compared = next(client_id for client_id in credit.ids("all") if credit.compare(client_id, *SIMILAR).size >= FEWEST)

    def line(name: str, times: tuple[float, float], goal: str = "") -> float:
        print(f"{name:<58}{times[0]:>10.2f} ms{times[1]:>10.2f} ms   {goal}", flush=True)
        return times[0]

    print(f"{credit.model.booster.num_trees()} trees, {len(credit.model.features)} features")
    print(f"{'':<58}{'median':>13}{'p95':>13}")
    whole = line(
        "one score with every contribution", milliseconds(lambda: credit.model.score(application), repeats), "goal 4 ms"
    )
    own = line("  of which pred_contrib", milliseconds(lambda: _contributions(matrix), repeats))
    print(f"{'  ratio to pred_contrib':<58}{whole / own:>10.2f} x{'':>16}goal 1.4 x")
    other = line("  shap.TreeExplainer on the same row", milliseconds(lambda: explainer.shap_values(matrix), repeats))
    print(f"{'  ratio to shap.TreeExplainer':<58}{other / own:>10.2f} x")
    line("the principal reasons of a score", milliseconds(lambda: _reasons(client_id), repeats))
    for reference in REFERENCES[1:]:
        ask = partial(credit.score_client, compared, reference=reference)
        line(f"a score against {reference} clients, both units", milliseconds(ask, repeats), "goal 150 ms")
    line("the pairs that count together", milliseconds(lambda: credit.pairs(client_id), repeats))
    line("the tab's whole refresh", milliseconds(lambda: refresh(client_id), max(5, repeats // 5)), "goal 300 ms")
    refused = credit.ids("refused")[0]
    made = datetime.now().astimezone()
    whole_letter = milliseconds(lambda: letter(credit.notice(refused), FRENCH, made), max(3, repeats // 10))
    line("a client's letter, as a PDF", whole_letter, "goal 1,000 ms")
    line("counterfactuals of one client", milliseconds(lambda: credit.counterfactual(client_id), max(3, repeats // 10)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "applications.csv"
        clients = credit.portfolio.applications
        table = clients.iloc[[place % len(clients) for place in range(10_000)]]
        table.to_csv(path, index=False)
        line("a batch of 10,000 rows (CSV)", milliseconds(lambda: credit.score_batch(path), 3), "goal 1,500 ms")


def _reasons(client_id: int) -> list[str]:
    credit = credit_service()
    return [sentence(reason, FRENCH) for reason in credit.principal_reasons(credit.score_client(client_id))]


def _contributions(matrix: object) -> object:
    return credit_service().model.booster.predict(matrix, pred_contrib=True, num_threads=1)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
