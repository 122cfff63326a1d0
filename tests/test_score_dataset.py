"""A data set scored by two Ray workers: the numbers of one process, nothing lost or doubled, and resumable."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.credit.application import columns
from models.credit.batch import judge
from models.credit.model import CreditModel
from models.credit.score import decide
from models.runtime import hub
from tests.factories import applications
from training.batch import partitions
from training.batch.partitions import CREDIT, WEIGHTS, Partition, Refused, is_finished, plan, write
from training.batch.scorers import CreditScorer, scorer

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training

ROOT = Path(__file__).parents[1]
PICTURES = sorted((ROOT / "data" / "catalogue" / "images").glob("*.webp"))[::24]
ROWS = {"a.parquet": 130, "deeper/b.parquet": 70}
SIZE = 20  # rows a part: seven of the one file, four of the other


class Dies:
    """Scores as ever, but the first to find no marker leaves half a file behind and is killed."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker
        self.score = CreditScorer()

    def __call__(self, folder: Path, part: Partition) -> pa.Table:
        if part.number >= 3 and not self.marker.exists():
            self.marker.touch()
            (self.marker.parent / "out" / f".{part.name}.{'0' * 32}").write_bytes(b"PAR1")
            os.kill(os.getpid(), signal.SIGKILL)
        return self.score(folder, part)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Applications in two files, one of them in row groups that no part fits."""
    folder = tmp_path / "applications"
    (folder / "deeper").mkdir(parents=True)
    for seed, (name, rows) in enumerate(ROWS.items()):
        applications(rows, seed).to_parquet(folder / name, row_group_size=45)
    return folder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A few pictures of the catalogue."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for path in PICTURES:
        shutil.copy(path, folder)
    return folder


@pytest.fixture(scope="module")
def dataset() -> Iterator[ModuleType]:
    """``training.score_dataset``, with a cluster of two workers on this machine to use."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    from training import score_dataset

    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=score_dataset.STORE, log_to_driver=False)
    yield score_dataset
    ray.shutdown()


def read(out: Path) -> pa.Table:
    """Every row of the parts, in the order of the data set."""
    return pa.concat_tables(pq.read_table(path) for path in sorted(out.glob("part-*.parquet")))


def assert_whole(out: Path, source: Path) -> None:
    """Every row once, with the numbers of one process, and nothing else in the folder."""
    table = read(out).to_pandas()
    model = CreditModel(WEIGHTS / CREDIT)
    assert list(zip(table["file"], table["row"], strict=True)) == [
        (name, row) for name in ROWS for row in range(ROWS[name])
    ]
    for name in ROWS:
        scored = table[table["file"] == name]
        made = pq.read_table(source / name).to_pandas()
        alone = model.attributions(made[list(columns())])
        added = scored[[f"contribution_{feature}" for feature in model.features]].to_numpy()
        np.testing.assert_allclose(added, alone.values, rtol=0, atol=1e-9)
        np.testing.assert_allclose(scored["log_odds"], alone.log_odds, rtol=0, atol=1e-9)
        np.testing.assert_allclose(scored["base_value"] + added.sum(axis=1), scored["log_odds"], rtol=0, atol=1e-9)
        np.testing.assert_allclose(scored["probability"], model.probability(made), rtol=0, atol=1e-9)
        assert scored["decision"].tolist() == [decide(value, model.threshold) for value in model.probability(made)]
        assert scored["client_id"].tolist() == made["SK_ID_CURR"].tolist()
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["complete"]
    assert manifest["rows"] == len(table) == sum(part["rows"] for part in manifest["parts"])
    assert {path.name for path in out.iterdir()} == {"manifest.json", *(part["name"] for part in manifest["parts"])}


def test_a_killed_worker_loses_and_doubles_nothing(dataset: ModuleType, source: Path, tmp_path: Path) -> None:
    out, marker = tmp_path / "out", tmp_path / "killed"
    told: list[Any] = []
    dataset.score(source, out, workers=2, size=SIZE, report=told.append, make=lambda models: Dies(marker))
    assert marker.exists()
    assert_whole(out, source)
    assert (told[0].parts, told[-1].parts, told[-1].rows) == (0, 11, 200)


def test_an_interrupted_run_is_resumed(dataset: ModuleType, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def interrupt(progress: Any) -> None:
        if progress.parts == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dataset.score(source, out, workers=2, size=SIZE, report=interrupt)
    assert not json.loads((out / "manifest.json").read_text(encoding="utf-8"))["complete"]
    parts = plan(source, [CREDIT], SIZE)
    finished = [part for part in parts if is_finished(part, out)]
    assert 4 <= len(finished) <= len(parts)
    kept = {part.name: (out / part.name).stat().st_mtime_ns for part in finished}
    damaged = out / finished[0].name
    damaged.write_bytes(damaged.read_bytes()[:-40])  # cut short, as by a disk that was full
    del kept[damaged.name]
    told: list[Any] = []
    dataset.score(source, out, workers=2, size=SIZE, report=told.append)
    assert told[0].parts >= 3
    assert {name: (out / name).stat().st_mtime_ns for name in kept} == kept
    assert_whole(out, source)


def test_pictures_as_one_process_sees_them(dataset: ModuleType, pictures: Path, tmp_path: Path) -> None:
    import torch

    from models.vision import registry
    from models.vision.inference_executor import run_inference
    from models.vision.uploads import read_upload

    if "yolov8" not in registry.available():
        pytest.skip("the weights of yolov8 are not installed")
    dataset.score(pictures, tmp_path / "out", ["yolov8"], workers=1, size=3, report=lambda progress: None)
    rows = read(tmp_path / "out").to_pylist()
    assert [row["file"] for row in rows] == [path.name for path in PICTURES]
    threads = torch.get_num_threads()
    run_inference(lambda: torch.set_num_threads(1))  # as in a worker: sums are added up in the same order
    try:
        for row in rows:
            alone = registry.get("yolov8").explain(read_upload(pictures / row["file"]).image)
            assert row["label"] == alone.prediction.label
            for name, probability in alone.prediction.probabilities.items():
                assert row[name] == pytest.approx(probability, abs=1e-9)
            assert np.array_equal(np.array(row["saliency"], np.float16), alone.saliency.astype(np.float16))
    finally:
        run_inference(lambda: torch.set_num_threads(threads))


def test_a_wrong_cell_is_named_and_the_rest_is_finished(dataset: ModuleType, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    wrong = applications(70, 1)
    wrong.loc[33, "EXT_SOURCE_2"] = 7.0
    wrong.to_parquet(source / "deeper" / "b.parquet")
    with pytest.raises(Refused, match=r"deeper/b\.parquet: table: row 33 .*, column EXT_SOURCE_2: 7\.0 is not"):
        dataset.score(source, out, workers=2, size=SIZE, report=lambda progress: None)
    assert len(list(out.glob("part-*.parquet"))) == 10
    before = plan(source, [CREDIT], SIZE)
    applications(70, 1).to_parquet(source / "deeper" / "b.parquet")
    assert sum(is_finished(part, out) for part in before) == 10
    assert sum(is_finished(part, out) for part in plan(source, [CREDIT], SIZE)) == 7  # the changed file is due anew


def test_a_data_set_and_an_upload_are_read_alike(tmp_path: Path) -> None:
    """Headings in any case, blanks around a category, numbers as texts, and clients that pandas keeps in its index."""
    table = applications(50).drop(columns=["SK_ID_CURR", "TARGET"])
    table.index = pd.RangeIndex(900_001, 900_051, name="SK_ID_CURR")
    table["NAME_FAMILY_STATUS"] = "  " + table["NAME_FAMILY_STATUS"]
    table["EXT_SOURCE_1"] = table["EXT_SOURCE_1"].map(lambda value: None if value != value else f"{value:.4f}")
    table = table.rename(columns={"EXT_SOURCE_2": "ext_source_2", "EXT_SOURCE_3": " Ext_Source_3"})
    path = tmp_path / "clients.parquet"
    table.to_parquet(path, row_group_size=15)
    model = CreditModel(WEIGHTS / CREDIT)
    upload = judge(path, model, model.threshold).scores
    score = scorer([CREDIT])
    parts = [score(tmp_path, part).to_pylist() for part in plan(path, [CREDIT], 20)]
    rows = [row for part in parts for row in part]
    assert [row["client_id"] for row in rows] == [one.client_id for one in upload] == [*range(900_001, 900_051)]
    assert [row["probability"] for row in rows] == pytest.approx([one.probability for one in upload], abs=1e-12)


def test_weights_of_the_hub_that_nobody_has_measured_score_all_the_same(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part, pin = plan(source, [CREDIT])[0], hub.Pin("me/credit", "1" * 40)
    details = {"model": CREDIT, "repo": pin.repo, "revision": pin.revision}
    monkeypatch.setitem(hub._notes, CREDIT, hub.Note("hub_unmeasured", details))
    monkeypatch.setattr(hub, "load", lambda name, local, read: read(local))
    monkeypatch.setattr(hub, "origin", lambda model: pin)
    assert scorer([CREDIT])(source, part).num_rows == part.rows
    monkeypatch.setattr(hub, "origin", lambda model: None)
    with pytest.raises(Refused, match="me/credit"):
        scorer([CREDIT])


def test_what_cannot_be_scored_is_refused_before_anything_starts(source: Path, tmp_path: Path) -> None:
    from training.score_dataset import score

    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine", encoding="utf-8")
    for source_, out, sentence in (
        (source, full, "holds files"),
        (source, source / "out", "inside the data set"),
        (tmp_path / "none", tmp_path / "out", "no such file"),
    ):
        with pytest.raises(Refused, match=sentence):
            score(source_, out)
    (source / "c.parquet").write_bytes(b"PAR1")
    with pytest.raises(Refused, match=r"c\.parquet: no Parquet file"):
        score(source, tmp_path / "out")
    assert [path.name for path in full.iterdir()] == ["letter.txt"]


def test_parts_are_written_whole_or_not_at_all(source: Path, tmp_path: Path) -> None:
    parts = plan(source, [CREDIT], 60)
    score = scorer([CREDIT])
    with pytest.raises(ValueError, match="should hold 60 rows, got 59"):
        write(score(source, parts[0])[:59], parts[0], tmp_path)
    assert not is_finished(parts[0], tmp_path)
    write(score(source, parts[0]), parts[0], tmp_path)
    assert is_finished(parts[0], tmp_path)
    assert not is_finished(replace(parts[0], rows=59), tmp_path), "of other rows"
    os.utime(source / "a.parquet", (1, 1))
    changed = plan(source, [CREDIT], 60)
    assert not is_finished(changed[0], tmp_path)
    assert [part.digest for part in plan(source, [CREDIT], 60)] == [part.digest for part in changed]
    assert Partition.from_json(parts[0].to_json()) == parts[0]


def test_a_data_set_is_scored_with_the_weights_that_are_named_or_not_at_all(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(model: str, pin: hub.Pin) -> Path:
        raise hub.HubError("hub_away", model=model, repo=pin.repo, revision=pin.revision, reason="HTTP 503")

    here = plan(source, [CREDIT])[0].digest
    monkeypatch.setenv("VITRINE_CREDIT_REPO", f"vitrine/credit@{'1' * 40}")
    monkeypatch.setattr(hub, "_fetch", away)
    with pytest.raises(Refused, match="vitrine/credit"):
        scorer([CREDIT])
    pinned = shutil.copytree(ROOT / "weights" / "credit", tmp_path / "credit")
    config = json.loads((pinned / "config.json").read_text(encoding="utf-8"))
    (pinned / "config.json").write_text(json.dumps(config | {"cutoff": config["cutoff"] | {"probability": 0.5}}))
    monkeypatch.setattr(hub, "_fetch", lambda model, pin: pinned)
    score = scorer([CREDIT])
    part = plan(source, [CREDIT])[0]
    assert part.digest != here, "other weights, another digest"
    assert {row["decision"] for row in score(source, part).to_pylist() if row["probability"] < 0.5} == {"granted"}


def test_a_model_s_other_names_mean_the_same_work(
    dataset: ModuleType, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dataset._meant(["YOLO v8", "yolov8n", "credit"]) == ("yolov8", CREDIT)
    here = plan(pictures, ["yolov8"])[0].digest
    monkeypatch.setattr(partitions, "WEIGHTS", tmp_path)
    copy = shutil.copytree(WEIGHTS / "yolov8", tmp_path / "yolov8")
    assert plan(pictures, ["yolov8"])[0].digest == here
    (copy / "explanations.json").write_text("{}")
    assert plan(pictures, ["yolov8"])[0].digest != here, "its maps are drawn by another method"


def test_a_damaged_picture_is_named(pictures: Path) -> None:
    (pictures / "cut.png").write_bytes(b"\x89PNG\r\n")
    (part,) = plan(pictures, ["yolov8"])
    with pytest.raises(Refused, match=r"cut\.png: image"):
        scorer(["yolov8"])(pictures, part)


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such name")
@pytest.mark.parametrize("model", [CREDIT, "yolov8"])
def test_a_name_that_is_not_utf8_is_written_with_escapes(
    model: str, source: Path, pictures: Path, tmp_path: Path
) -> None:
    folder, old, new = (source, "a.parquet", b"caf\xe9.parquet") if model == CREDIT else (pictures, "", b"caf\xe9.webp")
    (folder / (old or PICTURES[0].name)).rename(folder / os.fsdecode(new))
    parts, score = plan(folder, [model]), scorer([model])
    for part in parts:
        write(score(folder, part), part, tmp_path)
    names = set(read(tmp_path)["file"].to_pylist())
    assert os.fsdecode(new).replace("\udce9", "\\udce9") in names and len(names) == len(set(folder.rglob("*.*")))


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems take no such name")
@pytest.mark.parametrize("error", [None, OSError("the share is gone: caf\udce9.png")])
def test_a_refusal_can_name_what_is_not_utf8(error: OSError | None, pictures: Path, tmp_path: Path) -> None:
    from training.score_dataset import Worker

    def gone(folder: Path, part: Partition) -> pa.Table:
        assert error is not None
        raise error

    (pictures / os.fsdecode(b"caf\xe9.png")).write_bytes(b"\x89PNG\r\n")
    (part,) = plan(pictures, ["yolov8"])
    worker = Worker(pictures, tmp_path, ("yolov8",), (lambda models: gone) if error else scorer)
    answer = worker({"part": [part.to_json()]})
    assert "caf\\udce9.png" in pa.array(answer["refusal"])[0].as_py()


def test_without_ray_a_sentence_says_what_to_install() -> None:
    hidden = "import sys, runpy; sys.modules['ray'] = None; sys.argv = ['score_dataset', 'a', 'b']; "
    run = f"{hidden} runpy.run_module('training.score_dataset', run_name='__main__')"
    told = subprocess.run([sys.executable, "-c", run], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.strip() == 'training.score_dataset needs Ray: pip install -e ".[ray]"'
