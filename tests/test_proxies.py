"""The app below a prefix, behind a proxy that strips it and behind one that keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from models.texts import FRENCH
from server.application import running
from tests.browser import Open, visits
from tests.proxy import proxy

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is looked at here is how requests travel

KINDS = {"strips": False, "keeps": True}


@pytest.fixture(scope="module")
def prefixed() -> Iterator[str]:
    """The address of an app that is told its prefix."""
    from app import app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_ROOT_PATH", "/x")
        server = app()
    with running(server) as url:
        yield url


@pytest.fixture(scope="module", params=KINDS)
def behind(prefixed: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The public address, without a slash at its end."""
    with running(proxy(prefixed, "/x", KINDS[request.param])) as url:
        yield f"{url}x"


@pytest.fixture
def visit_behind(browser: object, behind: str) -> Iterator[Open]:
    with visits(browser, behind) as opened:
        yield opened


@pytest.mark.parametrize("path", ["", "/", "/fr"])
def test_every_address_in_the_document_leads_to_a_file(behind: str, path: str) -> None:
    page = httpx.get(behind + path, timeout=60, trust_env=False)
    assert page.status_code == 200
    opening = page.text.partition("window.gradio_config")
    assert "<base" not in page.text
    files = re.findall(r'<(?:script|link)\b[^>]*(?:src|href)="([^"]+)"', opening[0] + opening[2])
    files = [file for file in files if not file.startswith("data:")]
    assert len(files) >= 3
    for file in files:
        place = urljoin(str(page.url), file)
        assert urlsplit(place).path.startswith("/x/")
        assert httpx.get(place, timeout=60, trust_env=False).status_code == 200, place


def test_a_slash_too_many_leads_to_the_french_page(behind: str) -> None:
    page = httpx.get(f"{behind}/fr/?tab=images", follow_redirects=True, timeout=60, trust_env=False)
    assert page.status_code == 200 and str(page.url) == f"{behind}/fr?tab=images"
    assert FRENCH("page.title") in page.text


def test_programs_are_answered(behind: str) -> None:
    client = Client(f"{behind}/", verbose=False)
    assert client.predict("all", 1, api_name="/clients")["total"] == 1200


def test_agents_are_answered(behind: str) -> None:
    async def ask() -> None:
        place = f"{behind}/gradio_api/mcp/"
        async with streamable_http_client(place) as (reading, writing, _), ClientSession(reading, writing) as session:
            await session.initialize()
            assert (await session.call_tool("clients", {"limit": 1})).structuredContent["total"] == 1200

    with start_blocking_portal() as portal:
        portal.call(ask)


@pytest.mark.parametrize(("behind", "path"), [("strips", "/"), ("keeps", "/fr/")], indirect=["behind"], scope="module")
def test_a_visitor_reads_the_page_and_turns_to_the_other_language(visit_behind: Open, behind: str, path: str) -> None:
    visit = visit_behind("fr" if "fr" in path else "en")
    visit.page.goto(behind + path)
    visit.page.locator(".vt-verdict").first.wait_for()
    visit.settle()
    other = "English" if "fr" in path else "Français"
    visit.page.get_by_role("link", name=other, exact=True).click()
    visit.page.wait_for_url(f"{behind}/" if "fr" in path else f"{behind}/fr")
    visit.left()
    visit.page.locator(".vt-verdict").first.wait_for()
    visit.settle()


def test_the_page_works_in_a_frame(visit_behind: Open, behind: str) -> None:
    visit = visit_behind()
    visit.page.goto(urljoin(behind, "/frame"))
    frame = visit.page.frame_locator("iframe")
    frame.locator(".vt-verdict").first.wait_for()
    frame.locator(".js-plotly-plot .main-svg").first.wait_for()
    visit.settle()
