"""The report of the load test, from counts as a run leaves them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from benchmarks.load import Load, Tally, report


def test_a_run_without_photos_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """A single client asks for scores alone."""
    load: Load = SimpleNamespace(  # type: ignore[assignment]
        tallies={"score_client": Tally([0.1, 0.2])}, memory=[(answers, 500.0) for answers in range(8)]
    )
    assert report(load, clients=1, seconds=10)
    assert "photos among all this: 0.00 a second" in capsys.readouterr().out
