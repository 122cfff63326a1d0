"""The results in a browser: what is said of a figure reads on a phone too."""

from __future__ import annotations

import pytest

from models.texts import Texts
from tests.browser import LANGUAGES, Open

LINES = """all => all.map(cell => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  return new Set([...words.getClientRects()].map(line => Math.round(line.top))).size;
})"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_split_of_a_published_figure_is_no_word_a_line_on_a_phone(visit: Open, language: str) -> None:
    texts = Texts(language)  # type: ignore[arg-type]
    page = visit(language, size="phone").open("?tab=results").settle()
    table = page.page.get_by_role("region", name=texts("results.published.caption")).locator("table")
    table.wait_for()
    for column in (4, 5):
        lines = table.locator(f"tbody tr > :nth-child({column})").evaluate_all(LINES)
        assert lines and max(lines) <= 5, f"column {column}: {lines} lines"
    assert page.page.evaluate("document.documentElement.scrollWidth") == 390, "the table scrolls, the page does not"
    table.scroll_into_view_if_needed()
    page.keep(f"published-phone-{language}")
