"""The client's letter: what its PDF says is what was scored, and screen readers can read it."""

import io
import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest
from pypdf import PdfReader

from models.credit.application import columns
from models.credit.notice import Notice
from models.credit.score import logit
from models.credit.service import CreditService, credit_service
from models.credit.wording import NOT_APPLICABLE, Distance, Value, label, spoken_value
from models.display.common.pdf import Document, Grid, Items, Paragraph, Section
from models.display.credit.letter import letter
from models.display.credit.principal_reasons import sentence
from models.errors import InputError, shown
from models.texts import ENGLISH, FRENCH, LANGUAGES, Texts, catalogue

MADE = datetime(2031, 3, 9, 11, 30)
MADE_UP: dict[str, object] = {
    "AMT_CREDIT": 512_345.0,
    "AMT_ANNUITY": 25_678.0,
    "AMT_GOODS_PRICE": 450_000.0,
    "AMT_INCOME_TOTAL": 151_500.0,
    "EXT_SOURCE_2": 0.3141,
    "DAYS_BIRTH": -14_321,
    "NAME_INCOME_TYPE": "Working",
    "ORGANIZATION_TYPE": "Business Entity Type 3",
}


@pytest.fixture(scope="module")
def credit() -> CreditService:
    return credit_service()


def clients(credit: CreditService) -> list[int]:
    """Refused and granted, near the cut-off and far from it, with a revolving credit."""
    distance = abs(credit.portfolio.probabilities - credit.model.threshold)
    nearest = int(credit.portfolio.ids[distance.argmin()])
    revolving = credit.portfolio.applications["NAME_CONTRACT_TYPE"] == "Revolving loans"
    one = int(credit.portfolio.ids[revolving.to_numpy().argmax()])
    return [*dict.fromkeys([*credit.ids("refused")[:4], *credit.ids("granted")[:3], nearest, one])]


def read(pdf: bytes) -> str:
    """The text of a PDF, its lines joined and its spaces plain."""
    return plain("\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def plain(text: str) -> str:
    """A text with single plain spaces."""
    return re.sub(r"\s+", " ", text)


def numbers(text: str, language: str) -> set[float]:
    """Every number in a text, as the language writes it."""
    grouped, point = (r"\d{1,3}(?: \d{3})+|\d+", ",") if language == "fr" else (r"\d{1,3}(?:,\d{3})+|\d+", r"\.")
    found = re.findall(rf"(?<![\w,.])(?:{grouped})(?:{point}\d+)?", text)
    plain = (
        (item.replace(" ", "").replace(",", ".") for item in found)
        if language == "fr"
        else (item.replace(",", "") for item in found)
    )
    return {float(item) for item in plain}


def roundings(values: Iterable[float], factor: float = 1.0) -> set[float]:
    """Values as they may be written, with none to four decimals; halves either way."""
    return {
        round(abs(factor * value) + nudge * 10.0**-digits, digits)
        for value in values
        for digits in range(5)
        for nudge in (-0.06, 0, 0.06)
    }


def application(notice: Notice) -> dict[str, Value]:
    """What the model read; of what there is not, such as the age of no car, nothing."""
    told = {name: value for facts in notice.used.values() for name, value in facts.items()}
    return {name: None if value == NOT_APPLICABLE else value for name, value in told.items()}


def expected(notice: Notice, credit: CreditService, texts: Texts) -> set[float]:
    """The numbers that a letter may say, computed from the application, its score and rescored proposals."""
    held = application(notice)
    known = {name: value for name, value in held.items() if isinstance(value, (int, float))}
    probability = float(credit.model.score(held).probability)
    threshold = notice.score.threshold
    shares = [probability, threshold]
    sums = list(known.values())
    months: list[float] = []
    for item in notice.answer.found:
        after = credit.model.score({**held, **item.changes}).probability
        shares.append(after)
        sums += [*item.changes.values(), item.terms.down_payment, notice.answer.own.down_payment]  # type: ignore[union-attr]
        for terms in (item.own, item.terms):
            owed, count = terms.amount, 0
            while owed > 0.01 and count < 500:
                owed, count = owed * (1 + terms.annual_rate / 12) - terms.instalment, count + 1
            months.append(count)
            sums.append(count * terms.instalment - terms.amount)
    own = notice.answer.own
    if own:
        shares.append(own.annual_rate)
        months.append(own.months)
    if notice.answer.nearest is not None:
        towards = math.floor if notice.answer.decision == "refused" else math.ceil  # at least, at most
        shares += [towards(notice.answer.nearest * 10.0**digits) / 10.0**digits for digits in range(3, 7)]
    # a distance is that of the two figures as they are written
    apart = {
        round(abs(round(100 * probability, digits) - round(100 * threshold, digits)), digits) for digits in range(5)
    }
    fixed = {
        MADE.day,
        MADE.year,
        2023,
        2225,
        18,
        1,
        2,
        3,
        4,
        1000,
        6,
        60,
        50,
        len(held),
        len(columns()) - len(held) - 1,
    }
    times = [-value / 365.25 for name, value in known.items() if name.startswith("DAYS_")]
    names = " ".join([*(label(name, texts) for name in held), *_categories(held, texts)])
    told = " ".join(sentence(reason, texts) for reason in notice.reasons)  # tested where they are made
    told = plain(told)
    return (
        {float(number) for number in fixed}
        | {float(notice.score.client_id or 0), float(credit.metrics["data"]["rows"]), float(round(1000 * probability))}
        | numbers(told, texts.language)
        | {float(digits) for digits in re.findall(r"\d+", names)}
        | apart
        | roundings(shares, 100)
        | roundings(sums)
        | roundings(months)
        | roundings(times)
        | ({float(-held["DAYS_BIRTH"] // 365.25)} if held.get("DAYS_BIRTH") else set())  # an age in completed years
        | {float(round(12 * time)) for time in times if 0 <= time < 1}
    )


def _categories(held: dict, texts: Texts) -> list[str]:
    return [texts.get(f"values.{name}.{value}", value) for name, value in held.items() if isinstance(value, str)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_that_of_the_score(credit: CreditService, language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    notices = [credit.notice(client_id) for client_id in clients(credit)] + [credit.notice(None, MADE_UP)]
    for notice in notices:
        text = read(letter(notice, texts, MADE)).replace(notice.version, "")
        found = numbers(text, language)
        assert found <= expected(notice, credit, texts), (notice.score.client_id, found)
        held = application(notice)
        again = credit.model.score(held)
        assert again.decision == notice.score.decision
        assert texts(f"credit.decision.{again.decision}") in text
        assert found & roundings([again.probability], 100) and found & roundings([again.threshold], 100)
        for item in notice.answer.found:
            assert found & roundings([credit.model.score({**held, **item.changes}).probability], 100)
            assert round(item.changes["AMT_ANNUITY"]) in found
        assert all(round(float(value)) in found for name, value in held.items() if name.startswith("AMT_") and value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_was_used_what_was_not_and_the_rights(credit: CreditService, language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    notices = (
        credit.notice(clients(credit)[0]),
        credit.notice(credit.ids("granted")[0]),
        credit.notice(None, MADE_UP),
    )
    for notice in notices:
        text = read(letter(notice, texts, MADE))
        used = [name for facts in notice.used.values() for name in facts]
        assert sorted(used) == sorted(credit.model.feature_spec.columns) and "CODE_GENDER" not in used
        assert all(plain(label(name, texts)) in text for name in used)
        assert label("CODE_GENDER", texts) not in text.replace({"en": "Your sex", "fr": "Votre sexe"}[language], "")
        unused = texts("letter.data.unused", count=len(columns()) - len(used) - 1)
        assert plain(unused) in text
        for words in ("2023/2225", notice.version, {"en": "9 March 2031", "fr": "9 mars 2031"}[language]):
            assert words in text
        for key in ("rights.explanation", "rights.view", "rights.review", "about.demonstration"):
            assert plain(texts(f"letter.{key}")) in text
        decision = notice.score.decision
        other_decision = "granted" if decision == "refused" else "refused"
        assert plain(texts(f"letter.change.{decision}")) in text
        assert plain(texts(f"letter.change.{other_decision}")) not in text
        how, other = ("how", "how_new") if notice.score.client_id else ("how_new", "how")  # only a client has a number
        assert plain(texts(f"letter.rights.{how}")) in text and plain(texts(f"letter.rights.{other}")) not in text
        no_car = notice.used["home"]["OWN_CAR_AGE"] == NOT_APPLICABLE
        assert (plain(texts("letter.data.no_car")) in text) == no_car
        assert plain(texts("letter.closing")) in text and plain(texts("letter.signature")) in text
        assert plain(texts("letter.data.as_given")) in text, "a client can check what is said of how facts are given"
        for name, value in (fact for facts in notice.used.values() for fact in facts.items()):
            assert plain(texts.pair(label(name, texts), spoken_value(name, value, texts))) in text
        for reason in notice.reasons:
            assert plain(sentence(reason, texts)) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_tagged_for_screen_readers(credit: CreditService, language: str) -> None:
    pdf = letter(credit.notice(clients(credit)[0]), Texts(language), MADE)  # type: ignore[arg-type]
    reader = PdfReader(io.BytesIO(pdf))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == language and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata and reader.metadata.title == catalogue()["letter.title"][language]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert 1 <= len(reader.pages) <= 2
    kinds = set()
    stack = [root["/StructTreeRoot"]]
    while stack:
        node = stack.pop().get_object()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            kinds.add(node.get("/S"))
            stack += [node["/K"]] if "/K" in node else []
    assert {"/Title", "/H1", "/P", "/L", "/LI", "/Table", "/TH", "/TD"} <= kinds or {"/H1", "/Table", "/TH"} <= kinds


def test_markup_in_a_value_is_text() -> None:
    texts = (
        "#panic(1)",
        "*bold* _i_ $x$ <b>",
        '"; #read("/etc/passwd")',
        "// gone /* gone */",
        "= no heading",
        "\\u{41}",
    )
    document = Document(
        "en",
        texts[0],
        texts[1],
        texts,
        (Paragraph(texts[2]),),
        (Section(texts[3], (Items(texts), Grid(texts[4], texts[:2], (texts[2:4],)))),),
        texts[5],
        "{page}/{pages}",
    )
    found = read(document.pdf(MADE))
    assert all(found.count(text) >= 2 for text in texts)
    assert document.pdf(MADE) == document.pdf(MADE)  # nothing but its content and its date


def test_whose_letter_it_is_must_be_clear(credit: CreditService) -> None:
    client_id = credit.ids("all")[0]
    for whose in ((None, None), (None, {}), (None, {"AMT_CREDIT": None}), (client_id, MADE_UP)):
        with pytest.raises(InputError) as refusal:
            credit.notice(*whose)  # type: ignore[arg-type]
        received = {"client_id": shown(whose[0]), "application": shown(whose[1])}
        for texts in (ENGLISH, FRENCH):
            assert refusal.value.message(texts) == texts("errors.letter_whose", **received)
            assert all(value in refusal.value.message(texts) for value in received.values())
    assert credit.notice(client_id, {}).score.client_id == client_id


def test_the_cut_off_of_the_desk_decides(credit: CreditService) -> None:
    client_id = credit.ids("granted")[0]
    strict = credit.notice(client_id, cost_ratio=50)
    assert strict.score.threshold == credit.policy.cut_off(50).threshold < credit.model.threshold
    lenient = credit.notice(credit.ids("refused")[0], cost_ratio=1)
    assert lenient.score.decision == "granted"
    assert ENGLISH("credit.decision.granted") in read(letter(lenient, ENGLISH, MADE))


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_letter_writes_the_cut_off_and_the_probability_one_way(credit: CreditService, language: str) -> None:
    """Also where a proposal ends so near the cut-off that it takes more decimals than the decision does."""
    texts = Texts(language)  # type: ignore[arg-type]
    notices = [credit.notice(client_id) for client_id in credit.ids("all")[::40]]
    nearer = [item for item in notices if Distance.between(item.score.probability, item.score.threshold).digits == 1]
    nearer = [item for item in nearer if item.answer.found and item.answer.digits > 1][:3]
    assert nearer
    for notice in nearer:
        text = read(letter(notice, texts, MADE))
        for value in (notice.score.probability, notice.score.threshold):
            found = {digits for digits in range(1, 5) if plain(texts.percent(value, digits)) in text}
            assert found == {notice.answer.digits}, (notice.score.client_id, found)


def test_the_letter_counts_the_loans_that_would_go_wrong_as_french_does(credit: CreditService) -> None:
    notice = credit.notice(credit.ids("granted")[0])
    for probability, words in ((0.0012, "environ 1 connaîtrait"), (0.0024, "environ 2 connaîtraient")):
        score = replace(notice.score, log_odds=logit(probability))
        answer = replace(notice.answer, probability=probability)
        assert words in read(letter(replace(notice, score=score, answer=answer), FRENCH, MADE))


def test_nobody_is_refused_by_a_letter_for_facts_that_the_model_does_not_read(credit: CreditService) -> None:
    for unread in ({"CODE_GENDER": "F"}, {"FLAG_MOBIL": 1, "HOUR_APPR_PROCESS_START": 10}):
        with pytest.raises(InputError) as refusal:
            credit.notice(None, unread)
        assert refusal.value.key == "application_unread" and "EXT_SOURCE_2" in str(refusal.value)
    assert credit.notice(None, {"CODE_GENDER": "F", "AMT_CREDIT": 100_000}).score.client_id is None


@pytest.mark.parametrize("wrong", [False, 0, "", []])
def test_what_is_no_application_is_refused_though_it_is_empty(credit: CreditService, wrong: object) -> None:
    client_id = credit.ids("all")[0]
    with pytest.raises(InputError) as refusal:
        credit.notice(client_id, wrong)  # type: ignore[arg-type]
    assert refusal.value.key == "not_a_mapping"
    with pytest.raises(InputError) as refusal:
        credit.score_client(client_id, wrong)  # type: ignore[arg-type]
    assert refusal.value.key == "not_a_mapping" and str(refusal.value).startswith("changes")
