"""The credit tab's tables: contributions, profile, confusion, changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from models.credit.batch import Batch, ScoredRow
from models.credit.facts import Fact
from models.credit.loan import LoanTerms
from models.credit.policy import Confusion, CutOff
from models.credit.score import Score
from models.credit.wording import Value, label, money, spoken_value, told
from models.display.common.html import Table, render
from models.display.common.sortable import sortable
from models.display.common.spreadsheet import save_csv
from models.texts import Texts

SHOWN = 100  # rows of a batch on the page; the file that is offered holds all


def contributions(score: Score, texts: Texts) -> pd.DataFrame:
    """Every feature with its value and contribution, largest first: feature, value, log-odds, column."""
    heads = [texts(f"credit.why.{name}") for name in ("feature", "value", "contribution", "column")]
    rows = [
        (
            label(item.feature, texts),
            spoken_value(item.feature, item.told, texts),
            round(item.contribution, 6),
            item.feature,
        )
        for item in score.contributions
    ]
    return pd.DataFrame(rows, columns=heads)


def contributions_table(score: Score, texts: Texts) -> str:
    """The same table in HTML."""
    return sortable(
        contributions(score, texts), texts("credit.why.table"), texts, {texts("credit.why.contribution"): 4}
    )


def save_contributions(score: Score, texts: Texts, folder: Path) -> Path:
    """The same table as a CSV file in a folder of the caller's."""
    path = folder / f"contributions-{score.client_id or 'application'}.csv"
    return save_csv(contributions(score, texts), path, texts)


def profile(groups: Mapping[str, list[Fact]], texts: Texts) -> str:
    """A client's facts by group, as HTML."""
    titled = [(texts(f"credit.profile.{name}"), facts) for name, facts in groups.items()]
    return render("profile", groups=titled, columns=texts("credit.profile.columns"))


def confusion(cut_off: CutOff, texts: Texts) -> str:
    """What a cut-off would have done to the training loans, out of fold, as HTML."""
    sentence = cut_off_sentence(cut_off, texts)
    return confusion_table(cut_off, texts).html() + render("caption", line=sentence, meaning="")


def confusion_table(cut_off: CutOff, texts: Texts) -> Table:
    """The counts of a cut-off, by decision and outcome."""
    counts: Confusion = cut_off.confusion

    def cell(count: int) -> str:
        return f"{texts.number(count)} ({texts.percent(count / counts.total)})"

    return Table(
        texts("credit.policy.caption", rows=texts.number(counts.total)),
        ("", texts("credit.policy.refused"), texts("credit.policy.granted")),
        (
            (texts("credit.policy.bad"), cell(counts.refused_bad), cell(counts.granted_bad)),
            (texts("credit.policy.good"), cell(counts.refused_good), cell(counts.granted_good)),
        ),
    )


def cut_off_sentence(cut_off: CutOff, texts: Texts) -> str:
    """The cost ratio, the cut-off that it sets, and what that costs."""
    return texts(
        "credit.policy.sentence",
        threshold=texts.percent(round(cut_off.threshold, 4), 2),
        ratio=texts.plain(cut_off.cost_ratio),
        cost=texts.number(cut_off.cost, 3),
    )


def changes(
    own: LoanTerms | None,
    terms: LoanTerms | None,
    edited: Mapping[str, Value],
    application: Mapping[str, Value],
    texts: Texts,
) -> str:
    """What was changed, before and after, as HTML: the loan's terms, then any other column."""
    rows = _terms_rows(own, terms, texts) if own and terms else []
    for name in edited:
        before, after = told(name, application), told(name, {**application, **edited})
        rows.append(
            (
                label(name, texts),
                spoken_value(name, before, texts, beside=after),
                spoken_value(name, after, texts, beside=before),
            )
        )
    rows = [row for row in rows if row[1] != row[2]]
    if not rows:
        return render("caption", line=texts("credit.whatif.nothing"), meaning="")
    table = Table(
        texts("credit.whatif.changes"),
        (texts("credit.why.feature"), texts("credit.whatif.before"), texts("credit.whatif.after")),
        tuple(rows),
    )
    return table.html() + render("caption", line=texts("credit.whatif.weighed"), meaning="")


def _terms_rows(own: LoanTerms, terms: LoanTerms, texts: Texts) -> list[tuple[str, str, str]]:
    """Name, value before, value after of every term."""

    def said(value: float | None) -> str:
        return texts("credit.unknown") if value is None else money(value, texts)

    rows = [
        ("limit_amount" if own.is_revolving else "amount", said(own.amount), said(terms.amount)),
        ("down_payment", said(own.down_payment), said(terms.down_payment)),
        ("price", said(own.price), said(terms.price)),
        ("months", texts.number(own.months), texts.number(terms.months)),
        ("instalment", said(own.instalment), said(terms.instalment)),
    ]
    if not own.is_revolving:
        rows.append(("interest", said(own.interest), said(terms.interest)))
    return [(texts(f"credit.loan.{name}"), before, after) for name, before, after in rows]


def batch(answer: Batch, texts: Texts) -> str:
    """A batch in HTML: how it was read, how many rows, how many refused, what was left out, the first scores."""
    refused = sum(score.decision == "refused" for score in answer.scores)
    sentences = [
        answer.reading.message(texts),
        texts.count(
            "credit.batch.summary",
            len(answer.scores),
            refused=texts.count("credit.batch.refused", refused) if refused else texts("credit.batch.refused.none"),
        ),
    ]
    if answer.unscored:
        named = [
            f"{texts('credit.batch.row')} {row}" if client_id is None else texts("credit.client", client_id=client_id)
            for row, client_id in answer.unscored
        ]
        rows = texts.count("credit.batch.rows", len(named))
        sentences.append(texts("credit.batch.unscored", rows=rows, which=_first(named, texts)))
    if answer.ignored:
        sentences.append(texts("credit.batch.ignored", columns=_first(answer.ignored, texts)))
    if len(answer.scores) > SHOWN:
        sentences.append(texts("credit.batch.first", shown=texts.number(SHOWN)))
    return render("sentences", sentences=sentences) + _scores(answer.scores[:SHOWN], texts)


def _first(names: Sequence[str], texts: Texts, most: int = 20) -> str:
    """The first of some names, and how many more there are."""
    which = ", ".join(names[:most])
    rest = len(names) - most
    return texts.count("credit.batch.more", rest, which=which) if rest > 0 else which


def _scores(scores: Sequence[ScoredRow], texts: Texts) -> str:
    """Scores as a reader's table."""
    row, probability = texts("credit.batch.row_from_0"), f"{texts('credit.probability')} (%)"
    frame = pd.DataFrame(
        {
            row: [score.row for score in scores],
            texts("credit.finder.client"): [_known(score.client_id) for score in scores],
            probability: [100 * score.probability for score in scores],
            texts("credit.tab.decision"): [texts(f"credit.decision.{score.decision}") for score in scores],
        }
    )
    return sortable(frame, texts("credit.batch.scores"), texts, {row: 0, probability: 1})


def _known(client_id: object) -> str:
    """A client's number as text, of those that have one."""
    return "\u2013" if client_id is None else str(client_id)


def save_batch(answer: Batch, texts: Texts, folder: Path) -> Path:
    """The scores as a CSV file in a folder of the caller's."""
    names = {name: texts(f"credit.batch.columns.{name}") for name in ("row", "client_id", "probability", "decision")}
    frame = pd.DataFrame([vars(score) for score in answer.scores], columns=list(names))
    frame["client_id"] = frame["client_id"].astype("Int64")  # whole numbers, also where some clients have none
    frame["decision"] = [texts(f"credit.batch.decision.{score.decision}") for score in answer.scores]
    return save_csv(frame.rename(columns=names), folder / "scores.csv", texts)
