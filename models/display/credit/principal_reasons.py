"""Principal reasons in sentences that can be said aloud to the client: their own fact beside the usual one."""

from __future__ import annotations

from collections.abc import Sequence

from models.credit.features import NOT_EMPLOYED
from models.credit.principal_reasons import TOLD_AS_ONE, ComparedFact, PrincipalReason
from models.credit.reasons import not_learnt
from models.credit.score import Score
from models.credit.wording import is_missing, is_said, label, scaled, spoken_value, unit, value_text
from models.display.common.html import render
from models.texts import Texts, catalogue

PREVAILING = 0.55  # share of the others who must lie to one side before a value is called unusual
NEARLY_ALL = 0.995  # share from which a fact counts as known of everybody: it is written as 100 %


def title(score: Score, texts: Texts) -> str:
    """What stands above the reasons of this decision."""
    return texts(f"principal_reasons.title.{'against' if score.decision == 'refused' else 'for'}")


def reasons_card(score: Score, reasons: Sequence[PrincipalReason], texts: Texts) -> str:
    """The reasons of a decision as a numbered list, as HTML."""
    return render("reasons", title=title(score, texts), sentences=[sentence(reason, texts) for reason in reasons])


def not_learnt_card(score: Score, texts: Texts) -> str:
    """What the model takes categories for that training hardly met, as HTML; empty where there are none."""
    sentences = not_learnt(score, texts)
    return render("sentences", sentences=sentences) if sentences else ""


def sentence(reason: PrincipalReason, texts: Texts) -> str:
    """A reason in a reader's words, of one to three sentences: neither log-odds nor names of columns.

    Of the external scores it says how many are known, then the strongest, then the others that weigh the same way.
    """
    first, *further = reason.facts
    parts = [_fact(first, reason, texts)]
    parts += [_further(fact, texts) for fact in further if not is_missing(fact.value)]
    if len(reason.features) > 1:
        parts.insert(0, texts(f"principal_reasons.{TOLD_AS_ONE}.{reason.known}"))
    return " ".join(parts)


def _fact(fact: ComparedFact, reason: PrincipalReason, texts: Texts) -> str:
    of_peers = texts(f"principal_reasons.of_peers.{reason.peers}")
    if not fact.is_applicable or (fact.value == NOT_EMPLOYED and fact.feature == "DAYS_EMPLOYED"):
        known = texts.share(fact.known)
        return texts(f"principal_reasons.facts.{fact.feature}.none", known=known, of_peers=of_peers)
    if not is_said(fact.value):
        told = {"name": label(fact.feature, texts), "known": texts.share(fact.known), "of_peers": of_peers}
        key = _key(fact, "unknown")
        unknown = texts(key if key in catalogue() else "principal_reasons.unknown", **told)
        if fact.stand_in is None:
            return unknown
        usual = spoken_value(fact.feature, fact.stand_in, texts)
        return texts("principal_reasons.unknown_usual", unknown=unknown, usual=usual)
    if unit(fact.feature) == "flag":
        alike = texts.share(fact.known * fact.alike)
        return texts("principal_reasons.flag", fact=_says(fact, texts), alike=alike, of_peers=of_peers)
    if isinstance(fact.value, str):
        return _category(fact, reason, texts)
    return _number(fact, reason, texts)


def _category(fact: ComparedFact, reason: PrincipalReason, texts: Texts) -> str:
    says = _says(fact, texts)
    if not fact.lower + fact.alike + fact.higher:
        if fact.stand_in is None:
            return texts("principal_reasons.rare", fact=says)
        return texts("principal_reasons.rare_usual", fact=says, usual=value_text(fact.feature, fact.stand_in, texts))
    share = fact.lower if reason.weighs == "against" else fact.higher
    told = {"alike": texts.share(fact.alike), "share": texts.share(share), "peers": _peers(fact, reason, texts)}
    return texts(f"principal_reasons.category.{reason.weighs}", fact=says, **told)


def _number(fact: ComparedFact, reason: PrincipalReason, texts: Texts) -> str:
    told = {"fact": _says(fact, texts), "usual": _usual(fact, texts), "peers": _peers(fact, reason, texts)}
    share = max(fact.lower, fact.higher)
    if share < PREVAILING:
        is_same = _spoken(fact, texts) == told["usual"]
        return texts(f"principal_reasons.{'the_usual' if is_same else 'as_usual'}.{reason.weighs}", **told)
    side = "lower" if fact.lower > fact.higher else "higher"
    # days count backwards: a lower number of them is the longer time
    turned = {"lower": "higher", "higher": "lower"}[side] if scaled(fact.feature, 1.0) < 0 else side
    others = texts(f"principal_reasons.facts.{fact.feature}.{turned}")
    key = "number_of_part" if _is_known_of_part(fact) else "number"
    return texts(f"principal_reasons.{key}", share=texts.share(share), others=others, **told)


def _further(fact: ComparedFact, texts: Texts) -> str:
    key = "further_number_of_part" if _is_known_of_part(fact) else "further_number"
    return texts(f"principal_reasons.{key}", fact=_says(fact, texts), usual=_usual(fact, texts))


def _is_known_of_part(fact: ComparedFact) -> bool:
    """Whether shares and usual values are those of a part of the others only."""
    return fact.known < NEARLY_ALL


def _peers(fact: ComparedFact, reason: PrincipalReason, texts: Texts) -> str:
    """Whom the client is compared with: those of the others whose own fact is known, if not all of them are."""
    if not _is_known_of_part(fact):
        return texts(f"principal_reasons.peers.{reason.peers}")
    whose = texts.get(f"principal_reasons.facts.{fact.feature}.known", texts("principal_reasons.known"))
    of_peers = texts(f"principal_reasons.of_peers.{reason.peers}")
    return texts("principal_reasons.part_of_peers", share=texts.share(fact.known), of_peers=of_peers, whose=whose)


def _says(fact: ComparedFact, texts: Texts) -> str:
    if unit(fact.feature) == "flag":
        return texts(f"principal_reasons.facts.{fact.feature}.{int(float(fact.value or 0))}")
    return texts(_key(fact, "says"), value=_spoken(fact, texts))


def _key(fact: ComparedFact, name: str) -> str:
    """Where a fact's text stands in the catalogue: that of a limit, if the loan is one and there is another for it."""
    key = f"principal_reasons.facts.{fact.feature}.{name}"
    return f"{key}_of_limit" if fact.is_of_limit and f"{key}_of_limit" in catalogue() else key


def _spoken(fact: ComparedFact, texts: Texts) -> str:
    return spoken_value(fact.feature, fact.value, texts, beside=fact.usual)


def _usual(fact: ComparedFact, texts: Texts) -> str:
    return spoken_value(fact.feature, fact.usual, texts, beside=fact.value)
