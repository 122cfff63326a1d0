"""Many visitors and programs at once: is any answer lost or mixed up, how long do they wait, what does it cost?

    python -m benchmarks.load --clients 50 --seconds 300
    python -m benchmarks.load --seconds 60 --kill
    python -m benchmarks.load --url http://127.0.0.1:7860

Of ten clients, four score with changes, one sends files of applications, three send photos, one asks for a saliency
map, and one for RISE, most of which are cancelled or left midway. Every answer is checked against what the models
answer in this process. The exit status is 1 if an answer was wrong or lost, if memory grew, or if the work of those
who left went on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import torch
from PIL import Image

from benchmarks.load_wire import ANSWER_SECONDS, Busy, Failed, Server, Wire
from models.credit.service import credit_service
from models.runtime import memory
from models.vision import photos

PICTURES = Path(__file__).parents[1] / "data" / "catalogue" / "images"
MODEL = "yolov8"
BATCH_ROWS = 40  # applications a file
EXACT = 1e-9  # between probabilities of the credit model
CLOSE = 1e-4  # between those of the photo classifier, whose sums depend on the number of threads
LEVELS = 3.0  # mean difference of 8-bit levels between two overlays of the same map
GROWTH = 20.0  # MB per 100 answers in the second half of the run, beyond which memory is not flat
PHOTO_SECONDS = 20.0  # for which those who send photos go on alone
IDLE_CORES = 0.3  # what an app without work may use


Ask = Callable[[], Coroutine[Any, Any, str]]
"""One question put and its answer checked; how it ended where that may differ."""


class Wrong(Exception):
    """An answer that is not the one to the question asked."""


@dataclass(frozen=True)
class Picture:
    """A photo, and what is answered to it."""

    path: Path
    content: bytes
    probabilities: dict[str, float]
    label: str
    overlay: np.ndarray


@dataclass
class Tally:
    """What became of the calls of one kind."""

    seconds: list[float] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)


class Load:
    """The clients, their questions, and the count of answers.

    Args:
        server: what is put under load.
        wire: its protocol.
        pictures: the photos that are sent.
        seed: of the questions.
    """

    def __init__(self, server: Server, wire: Wire, pictures: list[Picture], seed: int) -> None:
        self.server, self.wire = server, wire
        self.draw = random.Random(seed)
        self.credit = credit_service()
        self.pictures = pictures
        self.tallies: dict[str, Tally] = {}
        self.memory: list[tuple[int, float]] = []  # answers so far, megabytes; every second
        self.is_down = False
        self.served_again = 0  # right answers since a restart
        self.restarted = False
        self.explaining = -1  # number of the event that draws maps
        self.photo_clients = 1  # who send photos
        self.photos_among = 0  # photos classified while all others asked too
        self.until = 0.0  # on the clock of time.perf_counter

    async def score_client(self) -> str:
        """One client with two values changed."""
        client_id = self.draw.choice(self.credit.ids("all"))
        changes = {
            "EXT_SOURCE_2": round(self.draw.random(), 3),
            "AMT_CREDIT": self.draw.randrange(45_000, 900_000, 450),
        }
        answer = await self.wire.call("score_client", client_id, changes)
        expected = self.credit.score_client(client_id, changes).probability
        if answer["client_id"] != client_id or abs(answer["probability"] - expected) > EXACT:
            raise Wrong(f"client {client_id}: {answer['client_id']}, {answer['probability']}, expected {expected}")
        return ""

    async def score_batch(self) -> str:
        """A file of clients drawn at random."""
        rows = self.draw.sample(range(len(self.credit.portfolio.ids)), BATCH_ROWS)
        table = self.credit.portfolio.applications.iloc[rows]
        ids = self.credit.portfolio.ids[rows]
        content = io.BytesIO()
        table.assign(SK_ID_CURR=ids).to_parquet(content, index=False)
        file = await self.wire.upload("applications.parquet", content.getvalue())
        scores = pd.DataFrame((await self.wire.call("score_batch", file))["scores"])
        expected = self.credit.portfolio.probabilities[rows]
        if scores["client_id"].tolist() != ids.tolist() or abs(scores["probability"] - expected).max() > EXACT:
            raise Wrong("a batch came back with other clients or scores")
        return ""

    async def classify_image(self) -> str:
        """A photo's probabilities, by every model."""
        picture = self.draw.choice(self.pictures)
        file = await self.wire.upload(picture.path.name, picture.content)
        answer = (await self.wire.call("classify_image", file, []))["models"][MODEL]
        gaps = [abs(answer["probabilities"][name] - known) for name, known in picture.probabilities.items()]
        if max(gaps) > CLOSE:
            raise Wrong(f"{picture.path.name}: {answer['label']}, expected {picture.label}; off by {max(gaps):.2g}")
        return ""

    async def explain_image(self) -> str:
        """A photo's map by the usual method, laid over it."""
        picture = self.draw.choice(self.pictures)
        file = await self.wire.upload(picture.path.name, picture.content)
        answer = await self.wire.call("explain_image", file, MODEL, "", "")
        with Image.open(io.BytesIO(await self.wire.fetch(answer["path"]))) as image:
            overlay = np.asarray(image.convert("RGB"), dtype=np.int16)
        if overlay.shape != picture.overlay.shape or abs(overlay - picture.overlay).mean() > LEVELS:
            raise Wrong(f"{picture.path.name}: the overlay is of another picture or map")
        return ""

    async def rise(self) -> str:
        """A map that takes long, drawn step by step: some wait for it, some stop it, some hang up."""
        picture = self.draw.choice(self.pictures)
        end = self.draw.choice(("waited for", "stopped", "stopped", "left", "left"))
        file = await self.wire.upload(picture.path.name, picture.content)
        async with contextlib.aclosing(self.wire.play(self.explaining, file, MODEL, "rise", "")) as messages:
            async for ticket, message in messages:
                if message["msg"] == "process_completed":
                    self._check_end(message, picture, stopped=end == "stopped")
                    return f", {end}"
                if time.perf_counter() > self.until or (message["msg"] == "process_generating" and end == "left"):
                    return ", left"
                if message["msg"] == "process_generating" and end == "stopped":
                    await self.wire.cancel(ticket)
        raise Failed("RISE: the stream ended without an answer")

    def _check_end(self, message: dict[str, Any], picture: Picture, stopped: bool) -> None:
        if not message["success"]:
            raise Failed(f"RISE: {str(message['output'])[:160]}")
        drawn = message["output"].get("data") or [None]
        if not stopped and not (isinstance(drawn[0], dict) and drawn[0].get("path")):
            raise Wrong(f"{picture.path.name}: RISE ended without a picture")

    async def client(self, ask: Ask) -> None:
        """One client: asks, checks, asks again."""
        while time.perf_counter() < self.until:
            start = time.perf_counter()
            kind, trouble = ask.__name__, ""
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    kind += await ask()
            except Busy:
                trouble = "busy"
            except Wrong as error:
                trouble = f"WRONG {error}"
            except (Failed, TimeoutError, httpx.HTTPError, KeyError, ValueError) as error:
                trouble = "down" if self.is_down else f"LOST {type(error).__name__}: {error}"[:160]
            tally = self.tallies.setdefault(kind, Tally())
            if trouble:
                tally.troubles[trouble] += 1
                await asyncio.sleep(1)
            else:
                tally.seconds.append(time.perf_counter() - start)
                self.served_again += self.restarted
                await asyncio.sleep(0.05)

    async def watch(self) -> None:
        """Notes the memory every second."""
        while True:
            if not self.is_down:
                answers = sum(len(tally.seconds) for tally in self.tallies.values())
                self.memory.append((answers, self.server.megabytes()))
            await asyncio.sleep(1)

    async def kill_and_restart(self, after: float) -> None:
        """Kills the server, starts it again, and says how long it was away."""
        await asyncio.sleep(after)
        rest, self.until = self.until - time.perf_counter(), math.inf  # the clock stands still while it is away
        self.is_down = True
        self.server.kill()
        start = time.perf_counter()
        self.server.start()
        await self.server.until_up(self.wire)
        print(f"killed after {after:.0f} s, served again {time.perf_counter() - start:.1f} s later", flush=True)
        await asyncio.sleep(3)  # streams of the dead process may still be failing
        self.is_down, self.restarted = False, True
        self.until = time.perf_counter() + rest
        self.memory.clear()

    async def run(self, clients: int, seconds: float, kill: bool) -> None:
        """All clients at once, for a time."""
        self.explaining = await self.wire.explaining_event()
        for ask in (self.score_client, self.score_batch, self.classify_image, self.explain_image):
            await ask()  # what is loaded on the first call is loaded now
        score, photo = self.score_client, self.classify_image
        roles = (score, photo, self.rise, score, self.score_batch, photo, score, self.explain_image, photo, score)
        asking = [roles[place % len(roles)] for place in range(clients)]
        self.photo_clients = max(1, asking.count(photo))
        self.until = time.perf_counter() + seconds
        watching = asyncio.create_task(self.watch())
        killing = [self.kill_and_restart(seconds / 3)] if kill else []
        await asyncio.gather(*killing, *map(self.client, asking))
        watching.cancel()

    async def photos_alone(self, seconds: float) -> tuple[float, bool]:
        """Photos a second, classified by every model, when only those who send photos ask; whether all were right."""
        self.photos_among = len(self.tallies.pop(self.classify_image.__name__, Tally()).seconds)
        self.until = time.perf_counter() + seconds
        start = time.perf_counter()
        await asyncio.gather(*(self.client(self.classify_image) for _ in range(self.photo_clients)))
        tally = self.tallies[self.classify_image.__name__]
        return len(tally.seconds) / (time.perf_counter() - start), not tally.troubles

    async def freed(self, ask: Callable[[], Coroutine[Any, Any, None]]) -> tuple[float, float, float]:
        """Seconds that a long call takes; cores in use while it runs, and when its client has left it early on."""
        start = time.perf_counter()
        asked = asyncio.create_task(ask())
        await asyncio.sleep(1)
        during = await self.server.cores(1)
        await asked
        whole = time.perf_counter() - start
        asked = asyncio.create_task(ask())
        await asyncio.sleep(whole / 4)
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        await asyncio.sleep(whole / 8)  # the step at hand is finished
        return whole, during, await self.server.cores(whole / 4)

    async def watch_rise(self) -> None:
        """RISE through the queue, as the page and ``gradio_client`` ask for it, until cancelled."""
        picture = self.pictures[0]
        file = await self.wire.upload(picture.path.name, picture.content)
        async for _ in self.wire.play(self.explaining, file, MODEL, "rise", ""):
            pass

    async def ask_for_rise(self) -> None:
        """RISE over the endpoint, until cancelled."""
        picture = self.pictures[0]
        file = await self.wire.upload(picture.path.name, picture.content)
        await self.wire.call("explain_image", file, MODEL, "rise", "")


def answered(pictures: int, seed: int) -> list[Picture]:
    """So many distinct photos with their answers.

    The libraries that these needed are paged out: pages that two processes hold are given back by neither, and would
    count as the server's.
    """
    chosen = random.Random(seed).sample(sorted(PICTURES.iterdir()), pictures)
    try:
        return [_picture(path) for path in chosen]
    finally:
        memory.page_out_libraries()


def _picture(path: Path) -> Picture:
    reading = photos.explain_photo(path, MODEL)
    prediction = reading.explanation.prediction
    overlay = np.asarray(reading.overlay.convert("RGB"), dtype=np.int16)
    return Picture(path, path.read_bytes(), prediction.probabilities, prediction.label, overlay)


def report(load: Load, clients: int, seconds: float) -> bool:
    """Prints what was measured; whether no answer was wrong or lost and memory is flat."""
    print(f"{clients} clients, {seconds:.0f} s; PyTorch {torch.__version__}")
    print(f"{'':<18}{'answers':>8}{'p50':>9}{'p95':>9}{'busy':>6}{'down':>6}")
    sound = True
    for kind, tally in sorted(load.tallies.items()):
        p50, p95 = np.percentile(tally.seconds, [50, 95]) if tally.seconds else (np.nan, np.nan)
        busy, down = tally.troubles.pop("busy", 0), tally.troubles.pop("down", 0)
        print(f"{kind:<18}{len(tally.seconds):>8}{p50:>7.2f} s{p95:>7.2f} s{busy:>6}{down:>6}")
        for trouble, count in tally.troubles.most_common():
            print(f"  {count} x {trouble}")
        sound = sound and not tally.troubles
    photos_a_second = len(load.tallies.get("classify_image", Tally()).seconds) / seconds  # one client sends none
    print(f"photos among all this: {photos_a_second:.2f} a second, each by every model")
    answers, megabytes = np.array(load.memory).T
    half = len(answers) // 2
    growth = 100 * np.polyfit(answers[half:], megabytes[half:], 1)[0]
    is_flat = bool(growth <= GROWTH)
    print(
        f"memory: {megabytes[0]:.0f} MB at the start, {megabytes[half]:.0f} midway, {megabytes[-1]:.0f} at the end, "
        f"{megabytes.max():.0f} at most: ",
        end="",
    )
    print(f"{growth:+.0f} MB per 100 answers in the second half, {'flat' if is_flat else 'GROWING'}")
    return sound and is_flat


async def main() -> int:
    """Reads the command line, puts the app under load, and says what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of an app that runs on this machine (default: one of our own is started)")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pictures", type=int, default=24, help="distinct photos (default %(default)s)")
    parser.add_argument("--kill", action="store_true", help="kill our own app midway and start it again")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    pictures = answered(given.pictures, given.seed)
    server = Server(given.url)
    try:
        wire = Wire(server.url)
        load = Load(server, wire, pictures, given.seed)
        await server.until_up(wire)
        await load.run(given.clients, given.seconds, given.kill)
        sound = report(load, given.clients, given.seconds)
        if given.kill:
            print(f"right answers since the restart: {load.served_again}")
            sound = sound and load.served_again > 0
        alone, all_right = await load.photos_alone(PHOTO_SECONDS)
        sound = sound and all_right
        among = load.photos_among / given.seconds
        print(
            f"photos alone, {load.photo_clients} clients: {alone:.2f} a second; "
            f"among the others {among / alone:.0%} of that"
        )
        for name, ask in (("the queue", load.watch_rise), ("/explain_image", load.ask_for_rise)):
            whole, during, after = await load.freed(ask)
            print(f"RISE on {name}: {whole:.1f} s, {during:.1f} cores; {after:.1f} cores once its client has left")
            sound = sound and after < IDLE_CORES
        print(f"calls still queued: {await wire.queued()}")
        for line in server.errors()[:10]:
            print(f"server's log: {line[:160]}")
        return 0 if sound else 1
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
