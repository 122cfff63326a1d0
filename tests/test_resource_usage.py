"""What a model costs is measured in a process of its own, and that may be killed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from training.evaluation import resource_usage


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "why"), [("kill -9 $$", "exit status -9"), ("echo first >&2; echo last >&2; exit 1", "last")]
)
def test_a_process_that_fails_is_told_of(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that the system kills for want of memory says nothing at all."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(RuntimeError, match=rf"yolov8 could not be measured: {why}$"):
        resource_usage.measure("yolov8")
