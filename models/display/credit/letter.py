"""The client's letter: the decision in words, why, what would change it, the data behind it, the client's rights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from models.credit.loan_wording import as_they_stand
from models.credit.notice import Notice
from models.credit.reasons import not_learnt
from models.credit.score import Score
from models.credit.wording import NOT_APPLICABLE, Distance, label, spoken_value
from models.display.common.pdf import Block, Document, Figures, Grid, Items, Paragraph, Section
from models.display.credit.principal_reasons import sentence, title
from models.display.credit.proposals import intro, proposals, what_is_assumed
from models.texts import Texts

THOUSAND = 1000  # loans that a probability is told in


def letter(notice: Notice, texts: Texts, made: datetime) -> bytes:
    """The letter as a PDF of one or two pages.

    Args:
        notice: what it says.
        texts: its language.
        made: when it is dated.
    """
    score, answer = notice.score, notice.answer
    date = texts.date(made)
    who = texts("credit.client", client_id=score.client_id) if score.client_id else texts("credit.new_client")
    asked = (
        texts("letter.asked", terms=as_they_stand(answer.own, texts)) if answer.own else texts("letter.asked_unknown")
    )
    figures = Distance.between(score.probability, score.threshold, answer.digits).texts(texts)
    glance = (
        (texts("credit.probability"), figures["probability"]),
        (texts("credit.cutoff"), figures["threshold"]),
    )
    reasons = tuple(sentence(reason, texts) for reason in notice.reasons)
    sections = [Section(title(score, texts), (Items(reasons, numbered=True),))] if reasons else []
    sections += [
        Section(texts(f"letter.change.{score.decision}"), _change(notice, texts)),
        Section(texts("letter.data.heading"), _data(notice, texts)),
        Section(
            texts("letter.rights.heading"),
            (*_rights(notice, texts), Paragraph(texts("letter.closing")), Paragraph(texts("letter.signature"))),
        ),
        Section(texts("letter.about.heading"), _about(notice, date, texts)),
    ]
    opening: tuple[Block, ...] = (
        Paragraph(texts("letter.greeting")),
        Paragraph(asked),
        Figures(texts(f"credit.decision.{score.decision}"), glance),
        Paragraph(_words(score, figures, texts)),
    )
    return Document(
        texts.language,
        texts("letter.title"),
        texts("letter.sender"),
        (date, who),
        opening,
        tuple(sections),
        texts("letter.footer"),
        texts("letter.page", page="{page}", pages="{pages}"),  # the document fills them in
    ).pdf(made)


def _words(score: Score, figures: Mapping[str, str], texts: Texts) -> str:
    """What the probability means, and where the lender draws the line; ``figures`` as :class:`Distance` writes them."""
    probability, threshold, points = (figures[name] for name in ("probability", "threshold", "points"))
    count = round(THOUSAND * score.probability)
    like = texts.count("letter.words.like", count, probability=probability, thousand=texts.number(THOUSAND))
    return f"{like} {texts(f'letter.words.{score.decision}', threshold=threshold, points=points)}"


def _about(notice: Notice, date: str, texts: Texts) -> tuple[Block, ...]:
    model = texts("letter.about.model", date=date, version=notice.version, loans=texts.number(notice.loans))
    return (Paragraph(f"{model} {texts('credit.profile.note')} {texts('letter.about.demonstration')}"),)


def _change(notice: Notice, texts: Texts) -> tuple[Block, ...]:
    answer = notice.answer
    if why := answer.why_none(texts):
        told: tuple[Block, ...] = (Paragraph(why),)
    else:
        items = tuple(" ".join([*words, outcome]) for words, outcome, _ in proposals(answer, texts))
        told = (Paragraph(intro(answer, texts)), Items(items))
    assumed = what_is_assumed(answer, texts) if answer.own else ""
    return (*told, Paragraph(assumed, note=True)) if assumed else told


def _data(notice: Notice, texts: Texts) -> tuple[Block, ...]:
    told = {
        group: [texts.pair(label(name, texts), spoken_value(name, value, texts)) for name, value in facts.items()]
        for group, facts in notice.used.items()
    }
    count = sum(map(len, told.values()))
    said = not_learnt(notice.score, texts)
    if notice.used.get("home", {}).get("OWN_CAR_AGE") == NOT_APPLICABLE:
        said.append(texts("letter.data.no_car"))
    said.append(texts("letter.data.as_given"))
    notes = tuple(Paragraph(note) for note in said)
    return (
        Paragraph(texts("letter.data.used", count=texts.number(count))),
        Grid(
            texts("letter.data.caption"),
            (texts("letter.data.kind"), texts("letter.data.facts")),
            tuple((texts(f"credit.groups.{group}"), texts.series(parts)) for group, parts in told.items()),
            (1, 3),
        ),
        *notes,
        Paragraph(texts("letter.data.unused", count=texts.number(notice.unused - 1))),  # the sex is told apart
    )


def _rights(notice: Notice, texts: Texts) -> tuple[Block, ...]:
    # an application of nobody's has no number to give
    how = texts("letter.rights.how" if notice.score.client_id else "letter.rights.how_new")
    if notice.score.decision == "refused":
        how = f"{how} {texts('letter.rights.advice')}"
    return (
        Paragraph(texts("letter.rights.intro")),
        Items(tuple(texts(f"letter.rights.{name}") for name in ("explanation", "view", "review"))),
        Paragraph(how),
    )
