"""Forms and files in a real browser: what is refused leaves nothing stale, and field and score go together."""

from __future__ import annotations

import re
from pathlib import Path

from pypdf import PdfReader

from models.credit import negotiation, whatif
from models.credit.loan import LoanTerms
from models.credit.service import credit_service
from models.credit.wording import WITHOUT, label
from models.texts import ENGLISH, FRENCH, Texts
from tests.browser import SIZES, Open, Visit
from tests.factories import applications
from tests.test_charts_in_the_browser import CUT_OFF
from tests.test_journeys import EXAMPLES, NEGOTIABLE, probability, written


def test_a_refused_term_leaves_field_and_score_as_they_were(visit: Open) -> None:
    page = visit("fr").open(f"fr?client={NEGOTIABLE}&view=whatif").settle()
    own = LoanTerms.of(credit_service().portfolio.application(NEGOTIABLE))
    assert own is not None
    limits = negotiation.slider(own, own, "amount")
    field = page.page.get_by_label(re.compile(rf"^{re.escape(FRENCH('credit.loan.amount'))} \(")).first
    before = written(credit_service().score_client(NEGOTIABLE), FRENCH)
    page.holds(field, limits.value).page.locator(".vt-verdict").nth(1).get_by_text(before).first.wait_for()
    field.fill("-5")
    field.press("Tab")
    words = f"donnez un nombre de {FRENCH.plain(limits.low)} à {FRENCH.plain(limits.high)}"
    page.page.get_by_text(re.compile(re.escape(words).replace("\u202f", r"\s"))).first.wait_for()
    assert probability(page.holds(field, limits.value), 1) == before
    page.page.get_by_text(FRENCH("credit.whatif.nothing")).wait_for()
    page.keep("refused-term")


def test_the_sliders_are_those_of_a_client_chosen_before_they_were_shown(visit: Open) -> None:
    page = visit().open(f"?client={NEGOTIABLE}").settle()
    own = LoanTerms.of(credit_service().portfolio.application(NEGOTIABLE))
    assert own is not None
    page.tab(ENGLISH("credit.tab.whatif"))
    field = page.page.get_by_label(f"{ENGLISH('credit.loan.amount')} (number)")
    page.holds(field, negotiation.slider(own, own, "amount").value)
    page.page.get_by_text(ENGLISH("credit.whatif.nothing")).wait_for()


def test_an_unknown_score_has_an_empty_field(visit: Open) -> None:
    page = visit("fr").open("fr?view=whatif").settle()
    field = page.page.get_by_label(re.compile(rf"^{re.escape(FRENCH('columns.EXT_SOURCE_2'))} \(")).first
    page.page.wait_for_function("e => e.value > 0", arg=field.element_handle())
    page.page.get_by_role("button", name=FRENCH("credit.whatif.unknown"), exact=True).click()
    page.page.wait_for_function("e => e.value === ''", arg=field.element_handle())
    said = f"{FRENCH('columns.EXT_SOURCE_2')} ({FRENCH('credit.unknown')})"
    page.page.get_by_text(said, exact=True).locator("visible=true").first.wait_for()
    changed = credit_service().score_client(EXAMPLES["just_refused"], {"EXT_SOURCE_2": None}).probability
    page.page.locator(".vt-verdict").nth(1).get_by_text(FRENCH.percent(changed)).first.wait_for()
    page.keep("unknown-score")


def _begun(page: Visit, client_id: int, texts: Texts) -> Visit:
    """Waits until What if stands for a client: what is edited before belongs to the client that the page began with."""
    own = LoanTerms.of(credit_service().portfolio.application(client_id))
    assert own is not None
    amount = page.page.get_by_label(re.compile(rf"^{re.escape(texts('credit.loan.amount'))} \(")).first
    return page.holds(amount, negotiation.slider(own, own, "amount").value).settle()


def test_there_is_a_way_to_no_present_job_and_none_to_no_age(visit: Open) -> None:
    page = _begun(visit().open("?client=900001&view=whatif"), 900001, ENGLISH).page
    none = page.get_by_role("button", name=re.compile(ENGLISH("values.OCCUPATION_TYPE.not_applicable"), re.IGNORECASE))
    fact = page.get_by_label(ENGLISH("credit.whatif.column"), exact=True)
    for column, shown in (("DAYS_BIRTH", False), ("DAYS_EMPLOYED", True)):
        fact.fill(ENGLISH(f"columns.{column}"))
        page.get_by_role("option", name=ENGLISH(f"columns.{column}"), exact=True).click()
        page.get_by_text(re.compile(f"^{re.escape(ENGLISH(f'columns.{column}'))} \\(years\\)")).first.wait_for()
        none.wait_for(state="visible" if shown else "hidden")
    none.click()
    row = page.get_by_role("row").filter(has_text=ENGLISH("columns.OCCUPATION_TYPE")).locator("visible=true").first
    row.get_by_text(ENGLISH("values.OCCUPATION_TYPE.not_applicable")).wait_for()


def test_the_names_of_what_moves_stand_whole_on_a_desk_and_are_cut_nowhere(visit: Open) -> None:
    page = _begun(visit("fr").open("fr?client=900003&view=whatif"), 900003, FRENCH).page
    page.get_by_role("button", name=FRENCH("credit.whatif.unknown"), exact=True).click()
    named = page.locator(".js-plotly-plot .annotation-text").locator("visible=true").filter(has_text="<")
    named.first.wait_for()
    assert not [text for text in named.all_text_contents() if "\u2026" in text]
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(700)  # until the chart has taken its new width
        assert page.evaluate(CUT_OFF) == []


def test_an_empty_form_and_a_typing_error_are_no_decision(visit: Open) -> None:
    page = visit("fr").open("fr?view=new").settle()
    score = page.page.get_by_role("button", name=FRENCH("credit.new.score"))
    verdict = page.page.get_by_text(FRENCH("credit.new_client"))
    score.click()
    page.page.get_by_text(FRENCH("errors.application_empty")).wait_for()
    assert verdict.count() == 0
    name = whatif.editor(credit_service().model, {}, "DAYS_BIRTH", FRENCH).name
    age = page.page.get_by_label(name).locator("visible=true").first
    age.fill("42")
    score.click()
    verdict.wait_for()
    age.fill("420")
    score.click()
    page.page.get_by_text(re.compile("420 n’est pas admis")).wait_for()
    verdict.wait_for(state="detached")
    page.keep("refused-form")


def test_a_form_may_say_that_there_is_no_job_and_no_car_and_its_letter_does(visit: Open) -> None:
    page = visit().open("?view=new").settle().page
    amount, job, car = (
        page.get_by_label(ENGLISH(f"columns.{name}")).locator("visible=true").first
        for name in ("AMT_CREDIT", "DAYS_EMPLOYED", "OWN_CAR_AGE")
    )
    amount.fill("300,000")
    job.fill("5")
    for name, field in (("OCCUPATION_TYPE", job), ("OWN_CAR_AGE", car)):
        words = ENGLISH(f"values.{name}.not_applicable")
        box = page.get_by_role("checkbox", name=words[0].upper() + words[1:])
        box.check()
        page.wait_for_function("([e, words]) => e.value === words && e.disabled", arg=[field.element_handle(), words])
    page.get_by_role("button", name=ENGLISH("credit.new.score")).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name=ENGLISH("letter.button")).locator("visible=true").click()
    letter = " ".join(" ".join(one.extract_text() for one in PdfReader(saved.value.path()).pages).split())
    for name in WITHOUT:
        assert f"{label(name, ENGLISH)}: {ENGLISH(f'values.{name}.not_applicable')}" in letter
    box.uncheck()
    page.wait_for_function("e => e.value === '' && !e.disabled", arg=car.element_handle())
    assert job.is_disabled()


def test_a_refused_file_leaves_no_scores_of_the_last_one(visit: Open, tmp_path: Path) -> None:
    page = visit("fr").open("fr?view=new").settle()
    right, wrong = tmp_path / "right.csv", tmp_path / "wrong.csv"
    applications(12).to_csv(right, index=False, sep=";", decimal=",", encoding="cp1252")
    wrong.write_text("AMT_CREDIT,AMT_ANNUITY\n5000\n")
    upload = page.page.locator("input[type=file]:not([accept*=image])").first
    upload.set_input_files(right)
    page.page.get_by_text(re.compile("Lu comme CSV.*points-virgules")).wait_for()
    rows = page.page.locator("table.vt-sortable tbody tr").filter(has_text=re.compile("Crédit (refusé|accordé)"))
    assert rows.count() == 12
    with page.page.expect_download() as saved:
        page.page.get_by_role("button", name=FRENCH("credit.why.download")).locator("visible=true").last.click()
    lines = Path(saved.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].split(";")[0] == FRENCH("credit.batch.columns.row") and re.search(r";0,\d+;", lines[1])
    page.page.get_by_label(re.compile("Clear|Effacer|Remove|Supprimer")).locator("visible=true").first.click()
    rows.first.wait_for(state="detached")
    page.page.locator("input[type=file]:not([accept*=image])").first.set_input_files(right)
    rows.first.wait_for()
    page.page.get_by_label(re.compile("Clear|Effacer|Remove|Supprimer")).locator("visible=true").first.click()
    page.page.locator("input[type=file]:not([accept*=image])").first.set_input_files(wrong)
    page.page.get_by_text(re.compile("champs 1, en-têtes 2")).wait_for()
    assert rows.count() == 0
    page.keep("refused-file")
