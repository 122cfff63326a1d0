"""What the app uses of Gradio's internals: each test fails on an upgrade that changes it.

A session costs little, and what happens in one stays there; endpoints check their own arguments.
"""

from __future__ import annotations

import json
import tracemalloc
import urllib.request

import anyio
import brotli
import gradio as gr
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from gradio.blocks import BlocksConfig
from gradio.queueing import Queue
from gradio.state_holder import SessionState

from app import create_app
from server.application import create_server, running
from tabs import gradio_internals
from tabs.gradio_internals import ASSETS, LOOKS, PLOTLY, LightBlocks, charts_script, mended, with_a_calm_clock

pytestmark = pytest.mark.slow


def test_a_session_describes_no_block(monkeypatch: pytest.MonkeyPatch) -> None:
    page = create_app()

    def describe(*args: object) -> dict:
        raise AssertionError(f"described: {args}")

    monkeypatch.setattr(BlocksConfig, "config_for_block", staticmethod(describe))
    session = SessionState(page)
    assert session.blocks_config.blocks == page.blocks and len(page.blocks) > 100
    assert not any(session.config_values.values())


def test_sessions_share_what_they_have_not_replaced() -> None:
    page = create_app()
    tracemalloc.start()
    sessions = [SessionState(page) for _ in range(20)]
    held = tracemalloc.get_traced_memory()[0] / len(sessions)
    tracemalloc.stop()
    assert held < 60 * len(page.blocks)  # bytes: one table of its own; a description of each block is a kilobyte


def test_what_one_session_replaces_no_other_sees() -> None:
    with LightBlocks() as page:
        box, kept = gr.Textbox("as built"), gr.State("mine")
    first, second = SessionState(page), SessionState(page)
    first[box._id] = gr.Textbox("replaced", render=False)
    first[kept._id] = "changed"
    first._update_value_in_config(box._id, "typed")
    assert first[box._id].value == "replaced" and first[kept._id] == "changed"
    assert second[box._id].value == "as built" and second[kept._id] == "mine"
    assert SessionState(page)[box._id].value == "as built"


def test_the_page_itself_is_described_in_full() -> None:
    with LightBlocks() as page:
        box = gr.Textbox("as built", label="a box")
    described = {block["id"]: block for block in page.get_config_file()["components"]}
    assert described[box._id]["props"]["value"] == "as built" and described[box._id]["api_info"]


def test_no_event_makes_the_page_copy_what_is_large() -> None:
    """The page copies what an event reads, and at each word of its progress what it fills, with all that is in it."""
    config = create_app().config
    blocks = {block["id"]: block for block in config["components"]}
    events = [event for event in config["dependencies"] if event["backend_fn"]]
    lists = {number for number, block in blocks.items() if len(block["props"].get("choices") or ()) > 500}
    assert lists and not any(lists & set(event["inputs"]) for event in events)
    loading = [event for event in events if any(trigger == "load" for _, trigger in event["targets"])]
    filled = {blocks[number]["type"] for event in loading for number in event["outputs"]}
    assert loading and filled <= {"html", "plot"}


def test_who_listens_is_not_forgotten() -> None:
    with LightBlocks() as page:
        gr.Textbox()
    messages = page.queue(max_size=3)._queue.pending_messages_per_session
    messages["waits"] = "for a long time"
    for number in range(messages.max_size + 5):
        messages[f"gone {number}"] = "left"
        assert messages["waits"] == "for a long time"
    assert len(messages) == messages.max_size and "gone 0" not in messages
    with pytest.raises(KeyError):
        messages["gone 0"]


def test_an_empty_queue_is_left_in_peace() -> None:
    """Counted, not timed: how often it looks while nobody asks."""
    looks = 0

    class Watched(Queue):
        def __len__(self) -> int:
            nonlocal looks
            looks += 1
            return 0

    with LightBlocks() as page:
        gr.Textbox()
    queue = page.queue()._queue
    queue.__class__ = Watched

    async def look() -> None:
        with anyio.move_on_after(0.2):
            await queue.start_processing()

    with start_blocking_portal() as portal:
        portal.call(look)
    assert 0 < looks <= 0.2 / LOOKS + 1


def test_the_clock_of_an_answer_is_calm() -> None:
    (script,) = ASSETS.glob("statustracker-*.js")
    calm = with_a_calm_clock(f"/assets/{script.name}", script.read_bytes()).decode()
    assert "requestAnimationFrame" not in calm and calm.count("setTimeout(next,100)") == 1
    assert with_a_calm_clock("/assets/Blocks-1.js", b"window.requestAnimationFrame") == b"window.requestAnimationFrame"


def add(number: int, more: int = 1) -> dict:
    """Adds."""
    return {"sum": number + more}


def test_only_so_many_sessions_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradio_internals, "SESSIONS", 3)
    with LightBlocks() as page:
        gr.Textbox()
    create_server(page, 1)
    for number in range(5):
        assert page.state_holder[f"visitor {number}"]
    assert list(page.state_holder.session_data) == ["visitor 2", "visitor 3", "visitor 4"]


def test_functions_are_known_by_their_numbers() -> None:
    with LightBlocks() as page:
        gr.Button().click(print, api_visibility="private")
        gr.api(add)
    assert page.functions() == {0: None, 1: add}
    assert page.config["dependencies"][1]["api_name"] == "add"


@pytest.mark.parametrize(
    ("data", "answer"),
    [([1, 2], {"sum": 3}), ([1], {"sum": 2}), ([], "add: number is missing"), ([1, 2, 3], "add: 3 values were given")],
)
def test_what_a_program_sends_is_checked_by_its_endpoint(data: list[object], answer: object) -> None:
    with LightBlocks() as page:
        gr.api(add)
    with running(create_server(page, 1)) as url:
        event = httpx.post(f"{url}gradio_api/call/add", json={"data": data}, timeout=60, trust_env=False).json()[
            "event_id"
        ]
        stream = httpx.get(f"{url}gradio_api/call/add/{event}", timeout=60, trust_env=False).text
    content = json.loads(stream.strip().rpartition("data: ")[2])
    assert content == [answer] if isinstance(answer, dict) else content["error"].startswith(answer)


def test_the_script_that_draws_charts_is_known(app_url: str) -> None:
    name = charts_script()
    with urllib.request.urlopen(app_url) as answer:
        assert f'<link rel="modulepreload" href="./assets/{name}">' in answer.read().decode()
    with urllib.request.urlopen(f"{app_url}assets/{name}") as answer:
        assert answer.status == 200


def test_charts_are_drawn_by_our_part_of_plotly(app_url: str) -> None:
    name, ours = charts_script(), PLOTLY.read_bytes()
    request = urllib.request.Request(f"{app_url}assets/{name}", headers={"accept-encoding": "br"})
    with urllib.request.urlopen(request) as answer:
        served = brotli.decompress(answer.read())
    assert ours in served and len(served) < len(ours) + 2000, "Gradio's component around it, and nothing else"
    with_none = served.replace(ours, b"")
    assert b'"./index-' in with_none and b"export{" in with_none and b"(module=>{" in with_none


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/assets/Plot-1.js", b"var p=r(f(((e,t)=>{t.exports=1}))()),m=2"),  # another script
        ("/assets/PlotlyPlot-1.js", b"import{p}from'plotly.js'"),  # another way to hold it
    ],
)
def test_another_script_is_left_as_it_is(path: str, script: bytes) -> None:
    assert mended(path, script) == script
