"""What visitors do, in a real browser; each journey leaves a picture in ``runs/screens`` and a silent console."""

from __future__ import annotations

import re
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from pypdf import PdfReader

from models.credit import negotiation
from models.credit.loan import REVOLVING, LoanTerms
from models.credit.score import Score
from models.credit.service import CreditService, credit_service
from models.credit.wording import Distance
from models.errors import InputError
from models.texts import ENGLISH, FRENCH, LANGUAGES, Language, Texts
from models.vision import gallery, registry
from tests.browser import Open, Visit
from tests.factories import applications, photo

EXAMPLES = {example.key: example.client_id for example in credit_service().example_clients()}
NEGOTIABLE = next(  # who asks for a loan with a duration, not for a limit
    number
    for number in credit_service().ids("refused")
    if credit_service().portfolio.application(number)["NAME_CONTRACT_TYPE"] != REVOLVING
)


def probability(page: Visit, place: int = 0) -> str:
    """The probability of default on a verdict card."""
    return page.page.locator(".vt-verdict").nth(place).locator("dd").first.inner_text()


def written(score: Score, texts: Texts = ENGLISH) -> str:
    """The same probability as the page writes it: with more digits near the cut-off."""
    return Distance.between(score.probability, score.threshold).texts(texts)["probability"]


def decided(page: Visit, words: str, place: int = 0) -> None:
    """Waits until a verdict card says so."""
    page.page.locator(".vt-verdict").nth(place).get_by_role("heading", name=words).wait_for()


def choose(page: Visit, label: str, option: str) -> None:
    """Picks an option of a list by its text."""
    page.page.get_by_label(label, exact=True).first.click()
    page.page.get_by_role("option", name=option, exact=True).click()


def test_scoring_a_client(visit: Open) -> None:
    page = visit().open()
    assert probability(page) == written(credit_service().score_client(EXAMPLES["just_refused"]))
    page.page.get_by_role("button", name=ENGLISH("credit.finder.examples.safest")).click()
    page.page.get_by_text(ENGLISH("credit.client", client_id=EXAMPLES["safest"]), exact=True).first.wait_for()
    decided(page, ENGLISH("credit.decision.granted"))
    assert probability(page) == written(credit_service().score_client(EXAMPLES["safest"]))
    page.page.wait_for_url(re.compile(rf"client={EXAMPLES['safest']}"))
    page.keep("score-a-client")


def test_moving_the_cut_off(visit: Open) -> None:
    page = visit().open(f"?client={EXAMPLES['just_granted']}")
    assert credit_service().judge(EXAMPLES["just_granted"], 40).score.decision == "refused"
    decided(page, ENGLISH("credit.decision.granted"))
    number = page.page.get_by_label(re.compile(re.escape(ENGLISH("credit.policy.ratio")) + r" \(number\)"))
    number.click()
    number.fill("40")
    number.press("Tab")
    decided(page, ENGLISH("credit.decision.refused"))
    cut_off = credit_service().policy.cut_off(40)
    page.page.get_by_text(ENGLISH.number(cut_off.confusion.refused_good)).first.wait_for()
    page.keep("move-the-cut-off")
    # the address has it: the other language, or whoever gets the link, decides alike
    page.page.wait_for_url(re.compile(r"ratio=40"))
    page.settle().page.locator("[data-language=fr]").click()
    decided(page, FRENCH("credit.decision.refused"))
    page.left()


def test_a_cut_off_that_is_being_typed_decides_nothing_yet(visit: Open) -> None:
    page = visit("fr").open(f"?client={EXAMPLES['just_granted']}")
    decided(page, FRENCH("credit.decision.granted"))
    number = page.page.get_by_label(re.compile(re.escape(FRENCH("credit.policy.ratio")) + r" \(.*\)")).first
    for typed in ("100", ""):  # too much, and nothing: in either language Gradio would say so in English
        number.fill(typed)
        page.settle()
        decided(page, FRENCH("credit.decision.granted"))
        assert not page.page.locator(".toast-body").count()
    number.fill("40")
    decided(page, FRENCH("credit.decision.refused"))


def test_a_link_names_a_cut_off_that_there_is(visit: Open) -> None:
    page = visit().open(f"?client={EXAMPLES['just_granted']}&ratio=40")
    decided(page, ENGLISH("credit.decision.refused"))
    page = visit().open(f"?client={EXAMPLES['just_granted']}&ratio=400")
    page.page.get_by_text("400").first.wait_for()
    decided(page, ENGLISH("credit.decision.granted"))
    page.settle().page.get_by_label(re.compile(re.escape(ENGLISH("credit.policy.ratio")) + r" \(.*\)")).first.fill("40")
    decided(page, ENGLISH("credit.decision.refused"))  # what was refused covers nothing


def test_a_view_is_about_the_client_of_the_verdict_or_not_shown(visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long its answer takes; a link begins with the client that it names."""
    safest, answered = EXAMPLES["safest"], Event()
    counterfactual = CreditService.counterfactual

    def slow(service: CreditService, client_id: int, *others: object) -> object:
        if client_id == safest:
            answered.wait(60)
        return counterfactual(service, client_id, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(CreditService, "counterfactual", slow)
    for query in ("?view=ways", f"?view=ways&client={safest}"):
        answered.clear()
        page = visit().open(query)
        letter = page.page.get_by_role("button", name=ENGLISH("letter.button"))  # of what can be seen
        if "client" not in query:
            page.page.locator(".vt-of [data-client]").last.wait_for(state="attached")
            letter.wait_for()
            page.page.get_by_role("button", name=ENGLISH("credit.finder.examples.safest")).click()
        page.page.get_by_text(ENGLISH("credit.client", client_id=safest), exact=True).first.wait_for()
        letter.wait_for(state="hidden")
        answered.set()
        letter.wait_for()


def test_what_is_refused_for_one_client_leaves_nothing_of_another(visit: Open) -> None:
    service = credit_service()

    def refused(client_id: int) -> bool:
        try:
            service.score_client(client_id, reference="similar")
        except InputError:
            return True
        return False

    few = next(client_id for client_id in service.ids("all") if refused(client_id))
    page = visit().open(f"?client={EXAMPLES['safest']}&view=why")
    page.page.get_by_label(ENGLISH("credit.reference.similar.name"), exact=True).check()
    page.page.get_by_text("clients like this one, on average").first.wait_for()
    page.page.locator("[data-search]").click()
    page.page.get_by_label(ENGLISH("credit.finder.client"), exact=True).fill(str(few))
    page.page.get_by_role("option", name=str(few), exact=True).click()
    page.page.get_by_text(ENGLISH("credit.client", client_id=few), exact=True).first.wait_for()
    page.page.get_by_text("Drop a criterion, or compare with the average client.").first.wait_for()
    assert not page.page.get_by_text("clients like this one, on average").count()


def test_an_example_that_the_list_does_not_hold_brings_everybody_back(visit: Open) -> None:
    page = visit().open()
    page.page.locator("[data-search]").click()
    page.page.get_by_label(ENGLISH("credit.finder.granted"), exact=True).check()
    page.settle()
    page.page.get_by_role("button", name=ENGLISH("credit.finder.examples.riskiest"), exact=True).click()
    decided(page, ENGLISH("credit.decision.refused"))
    page.page.locator("[data-search][aria-expanded]").first.wait_for()
    everybody = page.page.get_by_label(ENGLISH("credit.finder.all"), exact=True)
    page.settle()
    assert everybody.is_checked()
    page.holds(page.page.get_by_label(ENGLISH("credit.finder.client"), exact=True), EXAMPLES["riskiest"])


def test_an_unknown_value_is_called_so_until_it_is_known(visit: Open) -> None:
    applications = credit_service().portfolio.applications
    client_id = int(credit_service().portfolio.ids[applications["EXT_SOURCE_1"].isna().to_numpy().argmax()])
    page = visit().open(f"?client={client_id}&view=whatif")
    page.page.get_by_text(ENGLISH("credit.whatif.nothing")).wait_for()
    name, unknown = ENGLISH("columns.EXT_SOURCE_1"), ENGLISH("credit.unknown")
    page.page.get_by_label(ENGLISH("credit.whatif.column"), exact=True).fill(name)
    page.page.get_by_role("option", name=name, exact=True).click()
    page.page.get_by_label(f"{name} ({unknown}) (number)").fill("0.6")
    page.page.get_by_label(f"{name} (number)", exact=True).wait_for()
    assert not page.page.get_by_text(f"{name} ({unknown})", exact=True).count()


def test_what_if_and_back(visit: Open) -> None:
    page = visit().open(f"?client={NEGOTIABLE}&view=whatif")
    page.page.get_by_text(ENGLISH("credit.whatif.nothing")).wait_for()
    amount = page.page.get_by_label(f"{ENGLISH('credit.loan.amount')} (number)")
    application = credit_service().portfolio.application(NEGOTIABLE)
    own = LoanTerms.of(application)
    assert own is not None
    page.holds(amount, negotiation.slider(own, own, "amount").value)
    before = probability(page, 1)
    amount.fill("200000")
    amount.press("Tab")
    page.page.get_by_text(ENGLISH("credit.whatif.changes")).first.wait_for()
    moved = own.borrowing(200_000).changes(application)
    changed = credit_service().score_client(NEGOTIABLE, moved)
    assert probability(page, 1) == written(changed) != before
    # whoever looks elsewhere, and comes back, finds what he was trying
    page.tab(ENGLISH("credit.tab.why")).page.locator("#why-groups").wait_for()
    page.tab(ENGLISH("credit.tab.whatif")).settle().holds(amount, 200_000)
    assert probability(page, 1) == written(changed)
    page.settle().keep("what-if")
    page.page.get_by_role("button", name=ENGLISH("credit.whatif.reset"), exact=True).click()
    page.page.get_by_text(ENGLISH("credit.whatif.nothing")).wait_for()
    assert probability(page, 1) == before


def test_a_slider_that_is_renamed_keeps_to_the_language(visit: Open) -> None:
    """Nothing else on the page changes with the name: it alone must be noticed."""
    page = visit("fr").open().settle()
    shown = page.page.get_by_label(f"{FRENCH('credit.policy.ratio')} ({FRENCH('page.gradio.number')})")
    shown.evaluate("slider => slider.setAttribute('aria-label', 'number input for Coût')")
    renamed = page.page.get_by_label(f"Coût ({FRENCH('page.gradio.number')})", exact=True)
    renamed.wait_for(state="attached")


def test_finding_what_would_flip_the_decision(visit: Open) -> None:
    page = visit("fr").open(f"?client={EXAMPLES['just_refused']}&view=ways")
    ways = page.page.locator(".vt-ways > li")
    ways.first.wait_for()
    answer = credit_service().counterfactual(EXAMPLES["just_refused"])
    assert ways.count() == len(answer.found)
    # every probability beside the cut-off with as many digits as the closest of them needs
    reached = [answer.probability, *(found.probability for found in answer.found)]
    digits = max(Distance.between(probability, answer.threshold).digits for probability in reached)
    said = ways.first.inner_text()
    figures = Distance.between(answer.found[0].probability, answer.threshold, digits).texts(FRENCH)
    for number in (FRENCH.percent(answer.probability, digits), figures["probability"], figures["threshold"]):
        assert number in said
    page.keep("what-would-it-take")


def test_the_letter_is_one_click(visit: Open) -> None:
    page = visit("fr").open(f"?client={EXAMPLES['just_refused']}&view=ways")
    page.page.locator(".vt-ways > li").first.wait_for()
    with page.page.expect_download() as saved:
        page.page.get_by_role("button", name=FRENCH("letter.button")).locator("visible=true").first.click()
    assert saved.value.suggested_filename == f"lettre-{EXAMPLES['just_refused']}.pdf"
    text = PdfReader(saved.value.path()).pages[0].extract_text()
    assert FRENCH("letter.title") in text and str(EXAMPLES["just_refused"]) in text


def test_a_new_application_and_a_whole_file(visit: Open, tmp_path: Path) -> None:
    page = visit("fr", "phone").open("?view=new")
    field = page.page.get_by_label(FRENCH("columns.AMT_CREDIT")).locator("visible=true").first
    field.fill("abc")
    page.page.get_by_role("button", name=FRENCH("credit.new.score")).click()
    page.page.get_by_text("« abc »").wait_for()  # refused in the page's language, before anything is computed
    field.fill("513 531,5")
    page.page.get_by_role("button", name=FRENCH("credit.new.score")).click()
    page.page.get_by_text(FRENCH("credit.new_client")).wait_for()
    path = tmp_path / "applications.csv"
    applications(12).drop(columns=["TARGET"]).to_csv(path, index=False)
    page.page.locator("input[type=file]:not([accept*=image])").first.set_input_files(path)
    page.page.get_by_text(re.compile("^12 lignes avec un score")).wait_for()
    rows = page.page.locator("table.vt-sortable tbody tr").filter(has_text=re.compile("Crédit (refusé|accordé)"))
    assert rows.count() == 12
    page.page.get_by_role("button", name=f"{FRENCH('credit.probability')} (%)", exact=True).click()
    shown = [FRENCH.read_number(row.locator("td").nth(1).inner_text()) for row in rows.all()]
    assert shown == sorted(shown) and shown[0] < shown[-1]
    page.settle().keep("new-client-phone")


CLEAR = f"#photo button:is([aria-label='Clear'], [aria-label='{ENGLISH('page.gradio.remove')}'])"


def test_a_photo_by_keyboard(visit: Open, tmp_path: Path) -> None:
    path = tmp_path / "disc.png"
    photo(320, 240).save(path)
    page = visit().open("?tab=images&model=vgg16").settle()
    page.page.get_by_role("tab", name=ENGLISH("page.tab.images"), selected=True).wait_for()
    page.page.locator(CLEAR).press("Enter")  # the example that the page begins with
    upload = page.page.locator("#photo button:has(input[type=file])")
    upload.wait_for()
    with page.page.expect_file_chooser() as chooser:
        upload.press("Enter")  # the focus goes there first, wherever a tab that has just opened left it
    chooser.value.set_files(path)
    page.page.locator(".vt-glance .vt-open").nth(len(registry.available()) - 1).wait_for()
    page.page.locator("#photo img").first.wait_for()
    line = page.settle().page.get_by_role("slider", name=ENGLISH("page.divider"))
    line.wait_for()
    middle = line.bounding_box()
    for key, direction in (("ArrowRight", 1), ("End", 1), ("ArrowLeft", 1), ("Home", -1)):
        line.press(key)
        page.page.wait_for_timeout(100)
        moved = line.bounding_box()
        assert middle and moved and (moved["x"] - middle["x"]) * direction > 5, key
    page.settle().keep("photo-by-keyboard")


def test_an_example_picture_and_another_method(visit: Open) -> None:
    page = visit("fr", dark=True).open("?tab=images&model=yolov8")
    assert page.page.locator(".vt-gallery button.thumbnail-item").count() == 14
    page.page.locator(".vt-gallery button.thumbnail-item").nth(12).click()
    caption = page.page.locator("[data-alt-for=overlay]")
    caption.wait_for()
    name = FRENCH("images.methods.eigen-cam")
    choose(page, FRENCH("images.method"), FRENCH("images.published", method=name))
    page.page.wait_for_function(
        "name => document.querySelector('[data-alt-for=overlay]')?.textContent.includes(name)", arg=name
    )
    page.page.wait_for_url(re.compile("method=eigen-cam"))
    page.settle().keep("another-method-dark")


def test_a_link_opens_the_same_model_and_method(visit: Open) -> None:
    page = visit().open("?tab=images&model=yolov8&method=layer-cam")
    method = page.page.get_by_label(ENGLISH("images.method"), exact=True).first
    page.page.wait_for_function("([e, name]) => e.value === name", arg=[method.element_handle(), "Layer-CAM"])
    assert page.page.get_by_label(ENGLISH("images.models.yolov8"), exact=True).first.is_checked()


def test_a_link_to_no_client_says_so(visit: Open) -> None:
    page = visit("fr")
    page.page.goto(f"{page.url}/fr?client=12")
    page.page.get_by_text(FRENCH("page.error")).wait_for()
    page.page.locator(".vt-verdict").first.wait_for()
    assert probability(page) == written(credit_service().score_client(EXAMPLES["just_refused"]), FRENCH)


MARKUP = "<img src=x><a href=//x.example>log in</a><form>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_is_text_in_every_message(visit: Open, tmp_path: Path, language: Language) -> None:
    """A link, a cell, a heading or a field that holds markup builds nothing under our name."""
    texts = Texts(language)
    page = visit(language)
    root = {"en": "", "fr": "fr"}[language]
    message = page.page.locator("[data-testid=toast-text]").last

    def shown() -> None:
        message.get_by_text("<img src=x>").wait_for()
        assert message.locator("img, a, form").count() == 0
        page.page.locator(".toast-close").last.click()
        message.wait_for(state="detached")

    page.page.goto(f"{page.url}/{root}?view=new&client={quote('<img src=x>')}")
    shown()
    page.page.get_by_label(texts("columns.AMT_CREDIT")).locator("visible=true").first.fill(MARKUP)
    page.page.get_by_role("button", name=texts("credit.new.score")).click()
    shown()
    for name, content in (
        ("cell.csv", f"SK_ID_CURR,AMT_CREDIT\n1,{MARKUP}\n"),
        ("heading.csv", f"{MARKUP},AMT\n1,2\n"),
    ):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        page.page.locator("input[type=file]:not([accept*=image])").first.set_input_files(path)
        shown()
        page.page.get_by_label(re.compile("Clear|Effacer|Remove|Supprimer")).locator("visible=true").first.click()


def test_the_language_switch_is_remembered(visit: Open) -> None:
    page = visit().open(f"?client={EXAMPLES['riskiest']}").settle()
    page.page.get_by_role("link", name="Français").click()
    page.page.wait_for_url(re.compile(r"/fr\?"))
    page.left()
    page.page.get_by_text(FRENCH("credit.client", client_id=EXAMPLES["riskiest"]), exact=True).first.wait_for()
    assert page.page.title() == FRENCH("page.title")
    assert FRENCH.percent(credit_service().score_client(EXAMPLES["riskiest"]).probability) == probability(page)
    page.settle().keep("french")
    page.open()
    page.page.wait_for_url(re.compile(r"/fr$"))
    page.left()


def test_a_page_that_is_left_does_not_complain_of_it(visit: Open) -> None:
    """Gradio tells of a lost connection meanwhile; what is said afterwards, where nothing was left, is seen again."""
    opened = visit().open("?client=nobody")
    page = opened.page
    message = page.locator("[data-testid=toast-text]").last
    message.wait_for()
    page.evaluate("dispatchEvent(new Event('beforeunload'))")
    message.wait_for(state="hidden")
    page.wait_for_function("!document.documentElement.classList.contains('vt-leaving')")
    opened.left()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_is_gone_is_told_of_in_the_language_of_the_page(visit: Open, language: Language) -> None:
    texts = Texts(language)
    opened = visit(language).open({"en": "", "fr": "fr"}[language]).settle()
    opened.page.route("**/gradio_api/queue/**", lambda route: route.abort())
    opened.page.get_by_role("button", name=texts("credit.finder.examples.riskiest"), exact=True).click()
    opened.page.get_by_text(texts("page.gradio.reconnecting"), exact=True).wait_for()
    opened.page.close()
    opened.complaints.clear()  # of what was cut


@pytest.mark.parametrize(("language", "size"), [("en", r"^\d+\.\d\u00a0kB"), ("fr", r"^\d+,\d\u00a0ko")])
def test_a_chosen_file_is_told_of_in_the_language_of_the_page(visit: Open, language: Language, size: str) -> None:
    page = visit(language).open({"en": "", "fr": "fr"}[language] + "?tab=images&photos=many").settle().page
    page.locator("#photos input[type=file]").first.set_input_files([one.path for one in gallery.catalogue()[:2]])
    page.get_by_role("button", name=Texts(language)("page.gradio.remove_file"), exact=True).first.wait_for()
    page.locator(".file-preview .download-link").filter(has_text=re.compile(size)).first.wait_for()


@pytest.mark.parametrize("language", ["fr"])
def test_the_browser_chooses_the_first_language(visit: Open, language: str) -> None:
    page = visit(language).open()
    page.page.wait_for_url(re.compile(r"/fr$"))


def test_dark_is_remembered(visit: Open) -> None:
    page = visit().open()
    switch = page.page.get_by_role("button", name=ENGLISH("page.dark"))
    assert switch.get_attribute("aria-pressed") == "false"
    switch.click()
    page.page.wait_for_function("document.body.classList.contains('dark')")
    assert switch.get_attribute("aria-pressed") == "true"
    page.settle().keep("dark")
    page.open()
    page.page.wait_for_function("document.body.classList.contains('dark')")


def test_reading_the_prototypes(visit: Open) -> None:
    """A row that has the focus lights its boxes, and no others, on the large photo; all prototypes open by class."""
    page = visit().open("?tab=images&model=protovit")
    rows = page.page.locator(".vt-likeness .vt-row")
    rows.first.wait_for()
    reasoning = "document.querySelector('#likeness').innerText"
    opening = page.page.evaluate(reasoning)
    page.page.locator(".vt-gallery button.thumbnail-item").nth(12).click()
    page.page.wait_for_function(f"was => {reasoning} !== was", arg=opening)
    rows.first.wait_for()
    page.settle()
    page.page.mouse.move(0, 0)  # from the example that was clicked, where a row may now lie
    rows.nth(1).focus()
    lit = page.page.locator("[data-lit]").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).opacity === '1').map(e => e.dataset.lit)"
    )
    assert lit == [rows.nth(1).get_attribute("data-row")]
    page.keep("prototypes")
    page.page.get_by_role("button", name=ENGLISH("prototypes.browser.title")).click()
    page.page.locator(".vt-prototypes > li").first.wait_for()
    page.settle().keep("all-prototypes")


def test_the_comparison_is_saved_at_the_first_click(visit: Open) -> None:
    page = visit(language="fr").open("fr?tab=results").settle()
    with page.page.expect_download() as saved:
        page.page.get_by_role("button", name=FRENCH("results.vision.download")).click()
    assert FRENCH("results.vision.accuracy") in Path(saved.value.path()).read_text(encoding="utf-8-sig")


def test_sorting_the_results(visit: Open) -> None:
    page = visit(language="fr").open("fr?tab=results").settle()
    rows = page.page.locator("table.vt-sortable tbody tr")
    place = page.page.locator("table.vt-sortable thead th").all_inner_texts().index(FRENCH("results.vision.accuracy"))

    def accuracies() -> list[float]:
        return [FRENCH.read_number(row.locator("th, td").nth(place).inner_text()) for row in rows.all()]

    heading = page.page.get_by_role("button", name=FRENCH("results.vision.accuracy"), exact=True)
    assert len(rows.all()) == 3
    heading.click()
    assert accuracies() == sorted(accuracies()) != accuracies()[::-1]
    heading.press("Enter")
    assert accuracies() == sorted(accuracies(), reverse=True)
    assert page.page.locator("[aria-sort=descending]").inner_text() == FRENCH("results.vision.accuracy")
    page.keep("results-sorted")
