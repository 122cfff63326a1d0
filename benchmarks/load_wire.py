"""What the load needs of the app from outside: its process, and its protocol over plain HTTP.

A call is a POST that answers with an event's number, then a stream of server-sent events that ends with the answer;
closing the stream is what a visitor does who closes the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil

ROOT = Path(__file__).parents[1]
START_SECONDS = 600.0  # for the app to answer, on a machine that is busy with other things
ANSWER_SECONDS = 180.0  # for one answer: beyond, it counts as lost


class Busy(Exception):
    """The app refused to queue one more."""


class Failed(Exception):
    """The app said that something went wrong, or its stream ended without an answer."""


class Wire:
    """The app's endpoints and page events.

    Args:
        url: ``http://127.0.0.1:7860``.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.http = httpx.AsyncClient(
            base_url=self.url,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=10),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            trust_env=False,
        )

    async def upload(self, name: str, content: bytes) -> dict[str, Any]:
        """Sends a file; what comes back stands for it in a call."""
        answer = await self.http.post("/gradio_api/upload", files={"files": (name, content)})
        _raise_for(answer)
        return _file(answer.json()[0], name)

    async def call(self, endpoint: str, *data: object) -> Any:
        """The answer of a named endpoint."""
        answer = await self.http.post(f"/gradio_api/call/{endpoint}", json={"data": data})
        _raise_for(answer)
        async with self.http.stream("GET", f"/gradio_api/call/{endpoint}/{answer.json()['event_id']}") as stream:
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == "complete":
                    return json.loads(line.removeprefix("data: "))[0]
                elif line.startswith("data: ") and kind == "error":
                    raise Failed(f"{endpoint}: {line[6:200]}")
        raise Failed(f"{endpoint}: the stream ended without an answer")

    async def play(self, fn_index: int, *data: object) -> AsyncGenerator[tuple[dict[str, Any], dict[str, Any]]]:
        """Every message of a page's event, with what :meth:`cancel` needs; closing the generator disconnects."""
        session = uuid.uuid4().hex
        body = {"data": data, "fn_index": fn_index, "session_hash": session}
        answer = await self.http.post("/gradio_api/queue/join", json=body)
        _raise_for(answer)
        ticket = {"session_hash": session, "fn_index": fn_index, "event_id": answer.json()["event_id"]}
        async with self.http.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            async for line in stream.aiter_lines():
                if line.startswith("data: "):
                    yield ticket, json.loads(line.removeprefix("data: "))

    async def cancel(self, ticket: dict[str, Any]) -> None:
        """What the page's stop button sends."""
        _raise_for(await self.http.post("/gradio_api/cancel", json=ticket))

    async def fetch(self, path: str) -> bytes:
        """A file that the app made."""
        answer = await self.http.get(f"/gradio_api/file={path}")
        _raise_for(answer)
        return answer.content

    async def explaining_event(self) -> int:
        """Number of the event behind ``/explain_image``."""
        config = (await self.http.get("/config")).raise_for_status().json()
        return next(int(event["id"]) for event in config["dependencies"] if event["api_name"] == "explain_image")

    async def queued(self) -> int:
        """How many calls wait."""
        answer = (await self.http.get("/gradio_api/queue/status")).raise_for_status()
        return int(answer.json()["queue_size"])

    async def is_up(self) -> bool:
        """Whether the page is served."""
        with contextlib.suppress(httpx.HTTPError):
            return (await self.http.get("/", timeout=10)).status_code == httpx.codes.OK
        return False


class Server:
    """The process that serves: one of our own, which may be killed and started again, or one found by its port.

    Args:
        url: of an app that runs on this machine; None to start ``app.py`` on a free port.
    """

    def __init__(self, url: str | None) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self.child: subprocess.Popen[bytes] | None = None
        self.url = url or f"http://127.0.0.1:{_free_port()}"
        if urlsplit(self.url).hostname not in ("127.0.0.1", "localhost"):
            raise ValueError(f"--url: only this machine is put under load, got {self.url}")
        if url is None:
            self.start()

    def start(self) -> None:
        """Starts the app, which takes a while to answer."""
        settings = {
            "GRADIO_SERVER_PORT": str(urlsplit(self.url).port),
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "HF_HUB_OFFLINE": "1",
        }
        command = [sys.executable, "app.py"]
        environment = os.environ | settings
        self.child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self.log, stderr=subprocess.STDOUT)

    async def until_up(self, wire: Wire) -> None:
        """Returns as soon as the page is served.

        Raises:
            RuntimeError: it is not within ``START_SECONDS``, or our own process has ended.
        """
        give_up = time.perf_counter() + START_SECONDS
        while not await wire.is_up():
            ended = self.child is not None and self.child.poll() is not None
            if ended or time.perf_counter() > give_up:
                raise RuntimeError("\n".join([f"{self.url} does not answer", *self.lines()[-15:]]))
            await asyncio.sleep(0.25)

    def kill(self) -> None:
        """Ends the process without a word of warning."""
        if self.child is None:
            raise ValueError("--kill: only an app that the load started itself is killed")
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def close(self) -> None:
        """Ends our own process."""
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.kill()
        self.log.close()

    def lines(self) -> list[str]:
        """What our own server has printed; read in place, for the server goes on writing."""
        content = os.pread(self.log.fileno(), os.fstat(self.log.fileno()).st_size, 0)
        return content.decode(errors="replace").splitlines()

    def errors(self) -> list[str]:
        """The lines among them that name an error."""
        return [line for line in self.lines() if "Error" in line or " ERROR " in line]

    def megabytes(self) -> float:
        """Resident memory of the process and its children."""
        process = self._process()
        return sum(one.memory_info().rss for one in (process, *process.children(recursive=True))) / 1e6

    async def cores(self, seconds: float) -> float:
        """How many cores it keeps busy, over a while."""
        process, start = self._process(), time.perf_counter()
        before = process.cpu_times()
        await asyncio.sleep(seconds)
        after = process.cpu_times()
        used = after.user + after.system - before.user - before.system
        return used / (time.perf_counter() - start)

    def _process(self) -> psutil.Process:
        if self.child is not None:
            return psutil.Process(self.child.pid)
        port = urlsplit(self.url).port
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr.port == port and found.pid:
                return psutil.Process(found.pid)
        raise ValueError(f"--url: no process of ours listens on port {port}")


def _raise_for(answer: httpx.Response) -> None:
    if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
        raise Busy(answer.text[:200])
    if answer.is_error:
        raise Failed(f"{answer.status_code}: {answer.text[:200]}")


def _file(path: str, name: str) -> dict[str, Any]:
    return {"path": path, "orig_name": name, "meta": {"_type": "gradio.FileData"}}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
