"""Programs: what is listed is the contract, and the examples that README and page show run as they stand."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Tool
from PIL import Image
from pypdf import PdfReader

from models.examples import ADDRESS, FOLDER, example
from models.texts import FRENCH
from server import agents
from server.agents import CONTENT
from tests.factories import photo
from tests.test_endpoints import ENDPOINTS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted(path.name for path in FOLDER.iterdir())
FENCES = {".py": "python", ".sh": "sh", ".json": "json"}
SIZE = (320, 240)  # of the photo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the examples are started: with a photo.jpg, as they ask for."""
    folder = tmp_path_factory.mktemp("examples")
    photo(*SIZE).save(folder / "photo.jpg")
    return folder


def _run(command: list[str], folder: Path) -> str:
    environment = os.environ | {"NO_PROXY": "*", "HF_HUB_OFFLINE": "1", "HOME": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _here(name: str, app_url: str) -> str:
    text = example(name)
    assert ADDRESS in text
    return text.replace(ADDRESS, app_url.rstrip("/"))


def _agent(app_url: str, ask: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What an agent gets, from the address that the configuration names."""
    configuration = json.loads(_here("mcp.json", app_url))["mcpServers"]["vitrine"]

    async def session() -> Any:
        async with (
            streamable_http_client(configuration["url"]) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await ask(session)

    with start_blocking_portal() as portal:
        return portal.call(session)


def _tool(app_url: str, name: str, **arguments: object) -> CallToolResult:
    return _agent(app_url, lambda session: session.call_tool(name, arguments))


@pytest.mark.parametrize("name", EXAMPLES)
def test_readme_and_page_show_the_very_example_that_runs(name: str, app_url: str) -> None:
    fences = re.findall(rf"```{FENCES[Path(name).suffix]}\n(.*?)```", README, re.DOTALL)
    assert f"{example(name)}\n" in fences
    with urllib.request.urlopen(f"{app_url}config") as answer:
        components = json.load(answer)["components"]
    assert example(name) in [item["props"].get("value") for item in components if item["type"] == "code"]


def test_the_python_example_runs(app_url: str, folder: Path) -> None:
    printed = _run([sys.executable, "-c", _here("client.py", app_url)], folder).splitlines()
    assert re.search(r"0\.\d+ (refused|granted) \{'feature'", "\n".join(printed))
    with Image.open(printed[-1]) as overlay:
        assert overlay.size == SIZE


def test_the_http_example_runs(app_url: str, folder: Path) -> None:
    printed = _run(["sh", "-c", _here("http.sh", app_url)], folder)
    assert re.findall("^event: (.*)$", printed, re.MULTILINE) == ["complete"] * 3
    listed, score, classes = [json.loads(data)[0] for data in re.findall("^data: (.*)$", printed, re.MULTILINE)]
    assert listed["clients"][0]["decision"] == "refused"
    assert score["client_id"] == 900001
    assert classes["models"]["yolov8"]["label"] in classes["classes"]


def test_the_agent_example_runs(app_url: str, folder: Path) -> None:
    printed = _run([sys.executable, "-c", _here("agent.py", app_url)], folder).splitlines()
    assert set(re.findall(r"'(\w+)'", printed[0])) == {name.strip("/") for name in ENDPOINTS}
    assert re.search(r"0\.\d+ (refused|granted) \{'feature'", printed[1])
    with Image.open(folder / "overlay.png") as overlay:
        assert overlay.size == SIZE


def test_nothing_internal_is_listed(client: Client, app_url: str) -> None:
    listed = client.view_api(return_format="dict")
    assert set(listed["named_endpoints"]) == ENDPOINTS
    assert not listed["unnamed_endpoints"]
    with urllib.request.urlopen(f"{app_url}gradio_api/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    calls = {f"/gradio_api/call/v2{name}" for name in ENDPOINTS}
    answers = {f"/gradio_api/call{name}/{{event_id}}" for name in ENDPOINTS}
    assert set(paths) == calls | answers | {"/gradio_api/upload"}


def test_the_tools_of_an_agent_are_the_contract(app_url: str) -> None:
    tools: list[Tool] = _agent(app_url, lambda session: session.list_tools()).tools
    assert {f"/{tool.name}" for tool in tools} == ENDPOINTS
    for tool in tools:
        assert tool.description and tool.description[0].isupper()
        assert (tool.outputSchema is None) == (tool.name in ("explain_image", "letter"))
        for name, schema in tool.inputSchema["properties"].items():
            assert schema.get("type") or schema.get("oneOf"), f"{tool.name}, {name}: no type"
            # Gradio reads one line an argument: a sentence that goes on below would be cut
            ours = schema["description"].removesuffix(CONTENT)
            assert ours.endswith("."), f"{tool.name}, {name}: cut short"


def test_an_agent_asks_about_clients(app_url: str) -> None:
    listed = _tool(app_url, "clients", decision="borderline", limit=3)
    first = listed.structuredContent["clients"][0]  # type: ignore[index]
    assert json.loads(listed.content[0].text) == listed.structuredContent  # for agents that read text only
    score = _tool(app_url, "score_client", client_id=first["client_id"])
    assert score.structuredContent["probability"] == pytest.approx(first["probability"], abs=1e-9)  # type: ignore[index]
    assert set(_tool(app_url, "results").structuredContent) >= {"vision", "credit"}  # type: ignore[arg-type]


def test_an_agent_passes_on_the_picture_that_it_got(app_url: str, folder: Path) -> None:
    image = _data_url(folder / "photo.jpg")
    drawn = _tool(app_url, "explain_image", image=image, model="yolov8", method="grad-cam")
    place = re.search(r"http://\S+", drawn.content[1].text)
    assert drawn.content[0].mimeType == "image/png" and place
    for picture in (image, image.partition(",")[2], place[0]):
        answer = _tool(app_url, "classify_image", image=picture, models=["yolov8"])
        assert not answer.isError, answer.content[0].text
        assert set(answer.structuredContent["models"]) == {"yolov8"}  # type: ignore[index]


def test_an_agent_sends_many_photos(app_url: str, folder: Path) -> None:
    image = _data_url(folder / "photo.jpg")
    answer = _tool(app_url, "classify_batch", images=[image, f"data:,{'no picture' * 10}"], models=["yolov8"])
    good, bad = answer.structuredContent["rows"]  # type: ignore[index]
    assert set(good["models"]) == {"yolov8"} and good["error"] is None
    assert bad["file"] == "images[1]" and "the content of images[1] is not a picture" in bad["error"]
    refused = _tool(app_url, "classify_batch", images=[image] * 201)
    assert refused.isError and "201 files were given" in refused.content[0].text


def test_an_agent_receives_the_letter_whole(app_url: str) -> None:
    answer = _tool(app_url, "letter", application={"AMT_CREDIT": 5e5, "AMT_ANNUITY": 25_000}, language="fr")
    resource = answer.content[0].resource
    assert resource.mimeType == "application/pdf"
    pdf = base64.b64decode(resource.blob)
    assert FRENCH("letter.title") in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    place = re.search(r"http://\S+", answer.content[1].text)
    assert place and httpx.get(place[0]).content == pdf


def test_what_an_agent_may_not_ask_is_refused_in_a_sentence(app_url: str) -> None:
    refusals: list[tuple[str, str, dict[str, object]]] = [
        ("there is no client 1;", "client", {"client_id": 1}),
        ("a link was given", "classify_image", {"image": "http://127.0.0.1:9/photo.jpg", "models": []}),
        ("a link was given", "score_batch", {"table": "http://127.0.0.1:9/gradio_api/file=/etc/passwd"}),
        ("image: 'AAAA", "classify_image", {"image": "AAAA*" * 10_000}),
        ("image: 5 is no file", "classify_image", {"image": 5}),
        ("there is no endpoint 'nothing'; the endpoints: clients,", "nothing", {}),
        ("clients: there is no argument 'x'; its arguments: decision, limit", "clients", {"x": 1}),
        ("client: client_id is missing", "client", {}),
        ("limit: 1000", "clients", {"limit": 10**400}),
    ]
    for sentence, name, arguments in refusals:
        answer = _tool(app_url, name, **arguments)
        assert answer.isError and sentence in answer.content[0].text
        assert len(answer.content[0].text) < 400 and answer.structuredContent is None


def test_the_hub_finds_the_tools_and_a_person_the_page(app_url: str) -> None:
    listed = httpx.get(f"{app_url}gradio_api/mcp/schema", trust_env=False).json()
    assert {f"/{tool['name']}" for tool in listed} == ENDPOINTS
    page = httpx.get(f"{app_url}gradio_api/mcp", headers={"accept": "text/html"}, trust_env=False)
    assert page.status_code == 307 and page.headers["location"] == "/?tab=programs"


def _data_url(path: Path) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()


def test_null_stands_for_what_an_agent_leaves_out() -> None:
    def endpoint(client_id: int, group: str = "all", limit: int = 20, models: list[str] | None = None) -> None: ...

    sent = {"client_id": None, "group": None, "limit": 5, "models": None, "unknown": None}
    assert agents._without_null(endpoint, sent) == {"client_id": None, "limit": 5, "unknown": None}
