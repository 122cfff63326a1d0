"""WCAG 2.2 AA in a real browser: axe-core on every tab, and what no tool sees."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from app import TABS
from models.texts import Texts
from models.vision.predictions import CLASSES
from tabs.credit.tab import SUB_TABS
from tests.browser import LANGUAGES, SIZES, Open, Visit

pytestmark = pytest.mark.no_cover  # what is looked at here is the page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
COLOURS = ["color-contrast", "link-in-text-block"]
# axe-core judges nothing that is hidden, but walks through it: with what closed tabs have shown it takes twice as long
FORGET_CLOSED = (
    "() => [...document.querySelectorAll('[role=tabpanel]')]"
    ".filter(e => !e.checkVisibility()).forEach(e => e.replaceChildren())"
)
# The width at which every rule is tried, in light, and the one at which the colours are, in dark, where nothing else
# differs: each rule and each scheme meets both widths, in one language or the other, at half the time.
WIDTHS = {"en": ("desk", "phone"), "fr": ("phone", "desk")}
PICTURE = ".vt-gallery button.thumbnail-item"


def faults(page: Visit, name: str) -> dict[str, list[str]]:
    """What axe-core finds on what is shown now, by look: rule, element, reason."""
    found: dict[str, list[str]] = {}
    page.page.evaluate(FORGET_CLOSED)
    for size, scheme, only in zip(
        WIDTHS[page.language],
        ("light", "dark"),
        ({"type": "tag", "values": RULES}, {"type": "rule", "values": COLOURS}),
        strict=True,
    ):
        width, height = SIZES[size]
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.emulate_media(color_scheme=scheme)
        page.page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
        result = page.page.evaluate(
            "only => axe.run({resultTypes: ['violations'], preload: false, iframes: false, runOnly: only})", only
        )
        found[f"{name}, {size}, {scheme}"] = [
            f"{fault['id']}: {node['html'][:200]} {node['target']}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]
    page.page.emulate_media(color_scheme="light")
    return {look: list_ for look, list_ in found.items() if list_}


def _choose_picture(page: Visit) -> None:
    page.page.locator(PICTURE).first.click()
    page.page.locator(".vt-glance .vt-open").first.click()
    page.page.locator("#overlay").scroll_into_view_if_needed()
    page.page.locator("#overlay img").last.wait_for(state="attached")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_tab(visit: Open, language: str) -> None:
    texts = Texts(language)
    page = visit(language).open()
    assert page.page.evaluate("document.documentElement.lang") == language
    assert page.page.title() == texts("page.title")
    page.page.evaluate(AXE)
    found = {}
    for view in SUB_TABS:
        page.tab(texts(f"credit.tab.{view}")).settle()
        found |= faults(page, view)
    for name in (name for name in TABS if name != "credit"):
        page.tab(texts(f"page.tab.{name}")).settle()
        found |= faults(page, name)
        if name == "images":
            _choose_picture(page)
            found |= faults(page.settle(), "a photo")
    assert found == {}


def test_every_picture_has_a_text_in_the_language_of_the_page(visit: Open) -> None:
    texts = Texts("fr")
    opened = visit("fr").open("?tab=images")
    _choose_picture(opened)
    page = opened.page
    page.wait_for_function("[...document.querySelectorAll('#overlay img')].some(e => e.alt.length > 40)")
    page.wait_for_function("[...document.querySelectorAll('#photo img')].every(e => e.alt)")
    alternatives = page.evaluate(
        "[...document.querySelectorAll('main img')].filter(e => e.checkVisibility()).map(e => e.alt)"
    )
    assert len(alternatives) >= 17
    assert all(alternatives)
    names = page.locator(PICTURE).evaluate_all("all => all.map(e => e.getAttribute('aria-label'))")
    assert set(names) == {texts(f"images.classes.{name}") for name in CLASSES}


def test_no_widget_speaks_english_on_the_french_page(visit: Open) -> None:
    page = visit("fr").open("?tab=images").settle().page
    labels = page.evaluate(
        "[...document.querySelectorAll('[aria-label]')].filter(e => e.checkVisibility()).map(e => e.ariaLabel)"
    )
    text = page.locator("body").inner_text()
    english = re.compile(r"\b(number input|range slider|Fullscreen|Remove|Upload|Drop|Click|Thumbnail|Paste|Capture)\b")
    assert not [label for label in labels if english.search(label)]
    assert not english.search(text)


def test_nothing_is_cut_off_or_scrolls_sideways(visit: Open) -> None:
    """1.4.10 at 320 CSS px; 1.4.4 with letters twice as large in a window of half the usual width."""
    texts = Texts("fr")
    page = visit("fr", "phone").open()
    wide = {}
    names = [f"credit.tab.{view}" for view in SUB_TABS] + ["page.tab.images", "page.tab.accessibility"]
    for name in names:
        page.tab(texts(name))
        for width, size in ((320, 16), (640, 32)):
            page.page.set_viewport_size({"width": width, "height": 800})
            page.page.evaluate(
                "size => document.documentElement.style.setProperty('font-size', size, 'important')", f"{size}px"
            )
            page.settle()
            wide[name, width] = page.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
    assert {place: extra for place, extra in wide.items() if extra > 0} == {}


def test_no_arrow_covers_what_is_chosen(visit: Open) -> None:
    page = visit("en", "phone").open("?view=compare").settle().page
    gaps = page.evaluate(
        "[...document.querySelectorAll('.secondary-wrap')].filter(e => e.checkVisibility()).map(e => {"
        " const chosen = e.querySelector('input'), arrow = e.querySelector('.icon-wrap').getBoundingClientRect();"
        " const end = chosen.getBoundingClientRect().right - parseFloat(getComputedStyle(chosen).paddingRight);"
        " return arrow.left - end; })"
    )
    assert len(gaps) >= 3 and min(gaps) >= 0


def test_the_focus_is_always_seen(visit: Open) -> None:
    """Tab from the first to the last stop: each has an outline and is a part of the page, and none is a trap."""
    page = visit().open().settle().page
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e); return [e.tagName, e.innerText || "
            "e.ariaLabel || e.value || '', s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 "
            "|| e.type === 'radio' || e.type === 'range']; })()"
        )
        if stop[0] == "BODY":
            break
        stops.append(stop)
    assert stops[0][1] == Texts("en")("page.skip")
    assert stops[-1][0] != "BODY" and len(stops) < 80
    assert [stop for stop in stops if not stop[2]] == []
    assert any("Just refused" in stop[1] for stop in stops)


def test_whoever_asks_for_less_motion_gets_none(visit: Open) -> None:
    page = visit().open().page
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
        " return s.animationName !== 'none' || parseFloat(s.transitionDuration) > 0; }).length"
    )
    assert moving == 0
