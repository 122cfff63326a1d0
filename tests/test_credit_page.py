"""The credit tab as it is seen and worked: what the first screen shows, the search, the groups of the waterfall."""

from __future__ import annotations

import re
from typing import Any

import gradio as gr
import pytest

from models.credit import whatif
from models.credit.service import credit_service
from models.credit.wording import label
from models.display.credit.principal_reasons import sentence
from models.texts import ENGLISH, LANGUAGES, Language, Texts
from tabs.credit.finder import client_finder
from tests.browser import SIZES, Open, Visit

FIRST = credit_service().example_clients()[0].client_id
CHART = """() => { const chart = [...document.querySelectorAll('.js-plotly-plot')]
  .find(chart => chart.layout?.meta?.opener === 'why-groups'); """
BARS = CHART + "return chart?.data[0].customdata.map(row => row[2]); }"


def _below(page: Visit, selector: str) -> float:
    """The lower edge of what a selector finds first, px from the top of the screen."""
    box = page.page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_decision_and_reasons_stand_on_one_screen(visit: Open, language: Language) -> None:
    page, texts = visit(language).open(), Texts(language)
    reasons = page.page.locator(".vt-reasons-card li")
    reasons.first.wait_for()
    score = credit_service().score_client(FIRST)
    expected = [sentence(reason, texts) for reason in credit_service().principal_reasons(score)]
    assert [" ".join(item.split()) for item in reasons.all_inner_texts()] == [
        " ".join(item.split()) for item in expected
    ]
    page.settle()
    assert max(_below(page, ".vt-verdict"), _below(page, ".vt-reasons-card ol")) <= SIZES["desk"][1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_a_phone_the_verdict_stands_in_the_first_screen(visit: Open, language: Language) -> None:
    page = visit(language, "phone").open().settle()
    assert _below(page, ".vt-verdict") <= SIZES["phone"][1]
    assert page.page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]


def test_the_search_unfolds_and_folds_away_once_a_client_is_chosen(visit: Open) -> None:
    page, texts = visit().open().settle(), Texts("en")
    button = page.page.get_by_role("button", name=texts("credit.finder.search"))
    field = page.page.locator("#client input")
    assert not field.is_visible() and button.get_attribute("aria-expanded") == "false"
    button.press("Enter")
    field.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    other = credit_service().ids("all")[1]
    field.fill(str(other))
    page.page.get_by_role("option", name=str(other), exact=True).click()
    page.page.get_by_text(texts("credit.client", client_id=other), exact=True).first.wait_for()
    field.wait_for(state="hidden")
    assert button.get_attribute("aria-expanded") == "false"


FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_search_is_walked_through_by_keyboard(visit: Open, language: Language) -> None:
    """What is only passed stays open; what has chosen a client gives the focus back to what opened the search."""
    page, texts = visit(language).open({"en": "", "fr": "fr"}[language]).settle(), Texts(language)
    keys, opener = page.page.keyboard, texts("credit.finder.search")
    client, band = texts("credit.finder.client"), texts("credit.finder.band")
    page.page.get_by_role("button", name=opener).press("Enter")
    page.page.get_by_label(client, exact=True).focus()
    for key in ("Tab", "Shift+Tab", "Escape", "Tab"):
        keys.press(key)
        page.settle()
    assert page.page.evaluate(FOCUSED) == band
    before = page.page.url
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        keys.press(key)
    page.page.wait_for_url(lambda url: url != before)
    page.settle()
    assert page.page.evaluate(FOCUSED) == opener


def test_a_list_keeps_the_focus_when_it_has_chosen(visit: Open) -> None:
    page, label = visit().open("?view=whatif").settle(), ENGLISH("credit.whatif.column")
    field, keys = page.page.get_by_label(label, exact=True).locator("visible=true"), page.page.keyboard
    field.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        keys.press(key)
    page.settle()
    assert page.page.evaluate(FOCUSED) == label and not page.page.locator("ul[role=listbox]").count()
    field.focus()
    keys.press("ArrowDown")
    page.page.locator("ul[role=listbox]").wait_for()
    keys.press("Tab")
    page.settle()
    assert page.page.evaluate("document.activeElement.getAttribute('role')") not in (None, "listbox"), "the next widget"


def test_a_search_that_finds_nobody_leaves_who_is_looked_at() -> None:
    """Where a missed default costs no more than a refused good loan, nobody is refused."""
    with gr.Blocks() as page:
        client_finder(ENGLISH, gr.Number(10))
    (select,) = (event.fn for event in page.fns.values() if event.fn and event.fn.__name__ == "select")
    numbers, client = select("refused", 1)
    assert (numbers.choices, numbers.value) == ([], None) and client == gr.skip()
    numbers, client = select("refused", 50)
    assert client == numbers.value == credit_service().ids("refused", 50)[0]


@pytest.mark.parametrize("ratio", [1.5, 7.25, 10])
def test_an_example_is_what_its_button_says_at_any_cost_ratio(visit: Open, ratio: float) -> None:
    """Also between two whole ratios, which the slider does not reach and a link does."""
    page, texts = visit().open(f"?ratio={ratio}").settle(), Texts("en")
    found = {one.key: one.client_id for one in credit_service().example_clients(ratio)}
    for key in ("just_granted", "just_refused"):
        page.page.get_by_role("button", name=texts(f"credit.finder.examples.{key}"), exact=True).click()
        page.page.get_by_text(texts("credit.client", client_id=found[key]), exact=True).first.wait_for()


def test_a_sliders_ends_are_written_in_the_language(visit: Open) -> None:
    application = credit_service().portfolio.application(900002)
    for language, amount, score in (("en", "67,500", "0.001"), ("fr", "67\u202f500", "0,001")):
        page = visit(language).open("?client=900002&view=whatif").settle()
        ends = page.page.get_by_test_id("min-value")
        for end in (amount, score):
            ends.get_by_text(end, exact=True).locator("visible=true").first.wait_for()
        # they follow the slider when it takes another range
        page.page.get_by_label(Texts(language)("credit.whatif.column"), exact=True).first.click()
        page.page.get_by_role("option", name=label("EXT_SOURCE_1", Texts(language)), exact=True).click()
        high = whatif.editor(credit_service().model, application, "EXT_SOURCE_1", Texts(language)).high
        most = page.page.get_by_test_id("max-value").get_by_text(Texts(language).plain(high), exact=True)
        most.locator("visible=true").wait_for()
        raw = {"en": r"\d{4}", "fr": r"\."}[language]
        assert not [text for text in ends.all_inner_texts() if re.search(raw, text)]


def test_nobody_is_asked_to_download_what_they_send(visit: Open) -> None:
    page = visit("fr").open("?view=new")
    page.page.get_by_text("Cliquez pour choisir un fichier").locator("visible=true").first.wait_for()


def _bars(page: Visit) -> Any:
    return page.page.evaluate(BARS)


def test_a_group_opens_by_keyboard_and_by_mouse(visit: Open) -> None:
    page = visit().open(f"?client={FIRST}&view=why").settle()
    page.page.wait_for_function(BARS)
    closed = _bars(page)
    assert "" not in closed and len(closed) == len(set(closed)) >= 7
    page.page.locator("#why-groups input[value='external_scores']").press("Space")
    page.page.wait_for_function(f"({BARS})()?.includes('')")
    assert _bars(page).count("") == 3 and "external_scores" not in _bars(page)
    # the mouse: on the text above the bar of another group
    place = page.page.evaluate(
        CHART
        + """chart.scrollIntoView({block: 'center'});
        const place = chart.layout.annotations.findIndex(mark => mark.name === 'work');
        const box = chart.querySelector(`.annotation[data-index="${place}"]`).getBoundingClientRect();
        return [box.x + 20, box.y + box.height / 2]; }"""
    )
    page.page.mouse.click(*place)
    page.page.wait_for_function("document.querySelector('#why-groups input:checked')?.value === 'work'")
    page.page.wait_for_function(f"({BARS})()?.includes('external_scores')")
    assert "work" not in _bars(page)
