"""Charts as they are seen and heard: in a real browser, after the page has changed its address."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageChops

from models.texts import Texts
from tests.browser import SIZES, Open, Visit

pytestmark = pytest.mark.no_cover  # what is looked at here is the page

# what a chart would look like if it named its parts by themselves, whatever the page's address
NAME_LOCALLY = """chart => {
  for (const part of chart.querySelectorAll('*')) for (const attribute of [...part.attributes])
    attribute.value = attribute.value.replace(/url\\((['"]?)[^)#'"]+#/g, 'url($1#');
}"""
# what is written outside a chart's own box, and so not seen
CUT_OFF = """() => [...document.querySelectorAll('.js-plotly-plot')].filter(chart => chart.checkVisibility()).flatMap(
  chart => {
    const box = chart.querySelector('svg').getBoundingClientRect();
    const outside = one => one.width && (one.left < box.left - 1 || one.right > box.right + 1
      || one.top < box.top - 4 || one.bottom > box.bottom + 4);  // a line is higher than its letters
    return [...chart.querySelectorAll('svg text')].filter(
      text => text.textContent.trim() && outside(text.getBoundingClientRect())).map(text => text.textContent);
  })"""
SLACK = 40  # of 255: what the smoothing of an edge may differ


def _pixels(chart: object) -> Image.Image:
    return Image.open(io.BytesIO(chart.screenshot(animations="disabled"))).convert("RGB")  # type: ignore[attr-defined]


def _check(visit: Visit, place: str) -> int:
    charts = visit.page.locator(".js-plotly-plot").locator("visible=true")
    for index in range(charts.count()):
        chart = charts.nth(index)
        chart.scroll_into_view_if_needed()
        visit.page.mouse.move(0, 0)
        seen = _pixels(chart)
        greys = [pixels for pixels in seen.convert("L").histogram() if pixels]
        assert len(greys) > 3, f"{place}: chart {index} is empty"
        chart.evaluate(NAME_LOCALLY)
        difference = np.asarray(ImageChops.difference(seen, _pixels(chart)))
        assert difference.max() <= SLACK, f"{place}: parts of chart {index} are not seen"
        assert chart.get_attribute("role") == "img" and len(chart.get_attribute("aria-label")) > 20
        numbers = chart.locator("xpath=ancestor::*[contains(@class, 'vt-plot')]").locator("details.vt-data")
        numbers.locator("summary").click()
        rows = numbers.locator("table tbody tr").locator("visible=true")
        assert rows.count() >= 2, f"{place}: chart {index} has no numbers"
        numbers.locator("summary").click()
    return charts.count()


def test_every_chart_is_seen_whole_and_has_a_role_a_name_and_its_numbers(visit: Open) -> None:
    texts = Texts("fr")
    visitor = visit("fr").open()
    visitor.page.mouse.click(1, 1)  # a visitor who has acted: the address follows from now on
    seen = 0
    for main in ("credit", "images", "results", "method"):
        visitor.page.get_by_role("tab", name=texts(f"page.tab.{main}"), exact=True).click()
        if main == "images":
            visitor.page.locator(".vt-gallery button.thumbnail-item").first.click()
        visitor.settle()
        panel = visitor.page.locator(f"#link-tab-{main}")
        inner = panel.locator("[role=tablist] [role=tab]").locator("visible=true")
        for name in inner.all_inner_texts() or [""]:
            if name:
                panel.get_by_role("tab", name=name, exact=True).click()
                visitor.settle()
            visitor.page.evaluate("place => vitrineLink({probe: place})", f"{main} {name}")
            assert "probe=" in visitor.page.url
            visitor.page.wait_for_timeout(500)
            seen += _check(visitor, f"{main}, {name}")
            for size in ("phone", "desk"):
                width, height = SIZES[size]
                visitor.page.set_viewport_size({"width": width, "height": height})
                visitor.page.wait_for_timeout(700)  # until the charts have taken their new width
                assert visitor.page.evaluate(CUT_OFF) == [], f"{main}, {name}, {size}: words that are cut off"
    assert seen >= 15


def test_the_address_names_the_tab_that_stands_open(visit: Open) -> None:
    texts = Texts("en")
    visitor = visit().open().settle()
    for _ in range(3):
        for name, pause in (("global", 100), ("new", 3000)):
            visitor.page.get_by_role("tab", name=texts(f"credit.tab.{name}"), exact=True).click()
            visitor.page.wait_for_timeout(pause)
        visitor.settle()
        assert "view=new" in visitor.page.url
