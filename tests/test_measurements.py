"""What is measured of photos for hours, and goes on where it was interrupted."""

from __future__ import annotations

from pathlib import Path

from training.evaluation.measurements import MeasurementCache
from training.vision.data import Photo


def test_a_measurement_that_was_cut_off_while_it_was_written_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "kept.jsonl"
    photos = [Photo(Path(name), "Watches") for name in ("a.jpg", "b.jpg", "c.jpg")]
    first = MeasurementCache(path)
    for number, photo in enumerate(photos[:2]):
        assert first.get(photo, lambda number=number: {"road": number}) == {"road": number}
    path.write_text(path.read_text(encoding="utf-8")[:-4], encoding="utf-8")
    second, asked = MeasurementCache(path), []
    for photo in photos:
        second.get(photo, lambda photo=photo: asked.append(photo.path.name) or {"road": 9})
    assert asked == ["b.jpg", "c.jpg"]
    assert MeasurementCache(path).known == {"a.jpg": {"road": 0}, "b.jpg": {"road": 9}, "c.jpg": {"road": 9}}
