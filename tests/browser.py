"""A real browser for the tests: Debian's Chromium, driven by Playwright over one app for the whole session.

``VITRINE_BROWSER=required`` makes a missing Chromium a failure instead of a skip; ``CHROMIUM`` names another one.
Playwright keeps an event loop on the thread of the tests: a test that needs one of its own takes
``anyio.from_thread.start_blocking_portal``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SCREENS = Path(__file__).parents[1] / "runs" / "screens"
PATIENCE = 90_000  # ms: a shared runner may be slow, and no test here is about speed
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
LANGUAGES = ("en", "fr")
CUT = (
    "AbortError",
    "Connection errored",
    "network error",
    "ERR_INCOMPLETE_CHUNKED_ENCODING",
    "error 404: Not Found",
    "404 (Not Found) {url}/gradio_api/queue/data?",  # the stream of a session that has been put away
    "Response {url}/assets/index-",  # Gradio's word for it
)


def chromium() -> str | None:
    """The path of a Chromium on this machine, if there is one."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def launched() -> Iterator[Profiles]:
    """The browser; without one the test is skipped, or fails where a browser is required."""
    path = chromium()
    if path is None:
        message = "no Chromium on this machine: install Debian's chromium, or name one in CHROMIUM"
        if os.environ.get("VITRINE_BROWSER") == "required":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield Profiles(browser)
        browser.close()


class Profiles:
    """Browsers' profiles, used again by later visitors: a new one reads and compiles every script anew.

    Args:
        browser: Playwright's.
    """

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self.free: dict[tuple[str, str, bool], list[Any]] = {}

    def take(self, language: str, size: str, dark: bool) -> Any:
        """A profile that nobody uses now."""
        free = self.free.setdefault((language, size, dark), [])
        if free:
            return free.pop()
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale={"en": "en-GB", "fr": "fr-FR"}[language],
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        return context

    def give_back(self, visit: Visit) -> None:
        """Closes a visit."""
        for page in visit.context.pages:
            page.close()
        self.free[visit.kind].append(visit.context)


class Visit:
    """One visitor's page, and what its console complained of."""

    def __init__(self, profiles: Profiles, url: str, language: str, size: str, dark: bool) -> None:
        self.url, self.language, self.kind = url.rstrip("/"), language, (language, size, dark)
        self.context = profiles.take(*self.kind)
        self.page = self.context.new_page()
        kept = {"origin": url, "storageTypes": "cookies,local_storage"}  # by an earlier visitor
        self.context.new_cdp_session(self.page).send("Storage.clearDataForOrigin", kept)
        self.complaints: list[str] = []
        self.has_left = False
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}".strip())

    def open(self, query: str = "") -> Visit:
        """The first page, once the first client is judged; another page may be left for it."""
        first = self.page.url == "about:blank"
        self.page.goto(f"{self.url}/{query}")
        self.page.locator(".vt-verdict").first.wait_for(state="attached")
        if not first:
            self.left()
        return self

    def tab(self, name: str) -> Visit:
        """Opens a tab by its name on screen."""
        self.page.get_by_role("tab", name=name, exact=True).click()
        return self

    def settle(self) -> Visit:
        """Waits until no widget waits for the server, and the page has kept its height for a moment."""
        self.page.wait_for_function(
            "() => ![...document.querySelectorAll('[data-testid=status-tracker]')]"
            ".some(e => e.checkVisibility() && !e.classList.contains('hide'))"
        )
        self.page.evaluate("() => { window.heightBefore = -1 }")
        self.page.wait_for_function(
            "() => window.heightBefore === (window.heightBefore = document.documentElement.scrollHeight)", polling=300
        )
        return self

    def holds(self, field: Any, number: float) -> Visit:
        """Waits until a field holds a number: what is typed before the page has filled it would be written over."""
        self.page.wait_for_function(
            "([e, n]) => e.value !== '' && Number(e.value) === n", arg=[field.element_handle(), number]
        )
        return self

    def left(self) -> None:
        """Forgets what is said of its cut connection when a page is left for another, perhaps while it opens, or later
        on a busy machine.
        """
        cut = [said.format(url=self.url) for said in CUT]
        self.complaints = [one for one in self.complaints if not any(said in one for said in cut)]
        self.has_left = True

    def keep(self, name: str) -> None:
        """A picture of the whole page, in ``runs/screens``."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


Open = Callable[..., Visit]


@contextmanager
def visits(profiles: Profiles, url: str) -> Iterator[Open]:
    """Opens visits with ``visit(language="fr", size="phone", dark=True)``; at the end none may have complained."""
    made: list[Visit] = []

    def visit(language: str = "en", size: str = "desk", dark: bool = False) -> Visit:
        made.append(Visit(profiles, url, language, size, dark))
        return made[-1]

    yield visit
    for one in made:
        profiles.give_back(one)
        if one.has_left:
            one.left()
    complaints = [complaint for one in made for complaint in one.complaints]
    assert not complaints, complaints
