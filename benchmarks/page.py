"""How fast the page comes up: first contentful paint, a usable first tab, each tab when opened; and what it weighs.

    python -m benchmarks.page                                   # prints medians, over loopback, nothing cached
    python -m benchmarks.page --screenshot docs/vitrine.webp    # the picture of the README, from synthetic clients

It starts the app in this process and drives Debian's Chromium (``CHROMIUM`` names another).
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
PATIENCE = 120_000  # ms
SETTLING = 2_000  # ms until a tab's pictures are there
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
SCREENSHOT = (1280, 1550)  # px: as far as the waterfall
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
SHIFT = """() => new Promise(done => { let sum = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
}).observe({type: 'layout-shift', buffered: true}); setTimeout(() => done(sum), 300); })"""
OVERSIZED = """() => [...document.images].filter(i => i.clientWidth && /^(https?|data:image.webp)/.test(i.src)
  && i.naturalWidth > 2 * devicePixelRatio * i.clientWidth && i.naturalWidth > 256).map(i => i.src.slice(-60))"""
LARGEST = """() => new Promise(done => { let last = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) last = entry.startTime;
}).observe({type: 'largest-contentful-paint', buffered: true}); setTimeout(() => done(last), 300); })"""


def chromium() -> str:
    """Where Chromium is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        raise SystemExit("no Chromium on this machine: install Debian's chromium, or name one in CHROMIUM")
    return found


def opened(browser: Browser, size: tuple[int, int]) -> Page:
    """A page of a visitor who has nothing cached."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE)
    return page


def usable(page: Page) -> None:
    """Waits until the first client is judged and the first chart drawn."""
    page.locator(".vt-verdict").first.wait_for()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()


def visit(browser: Browser, url: str, size: str) -> dict[str, float]:
    """One visit: milliseconds to the first paint, the largest, and a usable tab; layout shift; requests; kilobytes."""
    page, weights = opened(browser, SIZES[size]), []
    page.on("requestfinished", lambda request: weights.append(request.sizes()["responseBodySize"]))
    start = time.perf_counter()
    page.goto(url)
    usable(page)
    ready = 1e3 * (time.perf_counter() - start)
    measured = {
        "first contentful paint, ms": page.evaluate(PAINT),
        "largest contentful paint, ms": page.evaluate(LARGEST),
        "usable first tab, ms": ready,
        "layout shift": page.evaluate(SHIFT),
        "requests": float(len(weights)),
        "weight, kB": sum(weights) / 1e3,
    }
    page.context.close()
    return measured


def tabs(browser: Browser, url: str) -> dict[str, float]:
    """Milliseconds from the first click on each tab until it shows something, and what pictures all of them bring."""
    page = opened(browser, SIZES["desk"])
    kinds: list[str] = []  # of the pictures that are no drawings
    oversized: list[str] = []

    def note(response: Response) -> None:
        kind = response.headers.get("content-type", "").split(";")[0]
        if kind.startswith("image/") and kind != "image/svg+xml":
            kinds.append(kind)

    page.on("response", note)
    page.goto(url)
    usable(page)
    times: dict[str, float] = {}
    for name in page.locator("#content > .tab-wrapper [role=tab]").all_inner_texts():
        start = time.perf_counter()
        page.get_by_role("tab", name=name, exact=True).first.click()
        page.locator("#content > .tabitem").locator("visible=true").first.wait_for()
        times[f"tab {name}, ms"] = 1e3 * (time.perf_counter() - start)
        page.wait_for_timeout(SETTLING)
        oversized += page.evaluate(OVERSIZED)
    page.context.close()
    times |= {"pictures": len(kinds), "of which no WebP": len([kind for kind in kinds if kind != "image/webp"])}
    times["pictures of twice their place's width"] = len(set(oversized))
    return times


def screenshot(browser: Browser, url: str, path: Path) -> None:
    """The reasons for one synthetic client's score, as a small WebP."""
    page = opened(browser, SCREENSHOT)
    page.goto(f"{url}?view=why")
    page.locator(".vt-plot:visible .main-svg").first.wait_for()
    page.wait_for_timeout(2000)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, quality=80, method=6)
    print(f"{path}: {picture.width} x {picture.height} px, {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    """Prints medians of several visits, or writes the screenshot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="visits a size (default 5)")
    parser.add_argument("--screenshot", type=Path, help="write the README's picture here instead of measuring")
    options = parser.parse_args()
    from app import app
    from server.application import running

    with running(app()) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        if options.screenshot:
            screenshot(browser, url, options.screenshot)
        else:
            for size in SIZES:
                visits = [visit(browser, url, size) for _ in range(options.repeats)]
                for name in visits[0]:
                    values = [one[name] for one in visits]
                    print(
                        f"{size:<6}{name:<32}{statistics.median(values):>10.2f}   (worst {max(values):.2f})", flush=True
                    )
            for name, value in tabs(browser, url).items():
                print(f"{'desk':<6}{name:<32}{value:>10.2f}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
