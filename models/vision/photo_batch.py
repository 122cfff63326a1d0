"""Many photos at once: every model's answer to each, and which of them a person should look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from models.errors import InputError, VitrineError
from models.texts import ENGLISH
from models.vision import registry, webp
from models.vision.classifier import ImageClassifier
from models.vision.inference_executor import SHARED
from models.vision.photo_files import PhotoFile, photo_files
from models.vision.predictions import Prediction
from models.vision.uploads import Upload

THUMBNAIL = 96  # px of the longer side: twice what the table shows

Reason = Literal["unread", "disagree", "none_of_these", "several"]


@dataclass(frozen=True)
class PhotoRow:
    """One photo of a batch.

    Args:
        file: its name, with its folders inside a zip.
        predictions: a model's each, in the order of the call; empty where the photo could not be read.
        thumbnail: WebP, as a data URI; empty likewise.
        error: why the photo could not be read.
        cut_short: whether the file ended before the picture did.
    """

    file: str
    predictions: tuple[Prediction, ...] = ()
    thumbnail: str = ""
    error: VitrineError | None = None
    cut_short: bool = False

    @property
    def agree(self) -> bool:
        """Whether all models give the same answer: the same category, or all of them that the photo shows none of the
        seven; not of a photo that was not read.
        """
        return len({one.answer for one in self.predictions}) == 1

    @property
    def confidence(self) -> float | None:
        """The probability that the least sure model gives its category, 0..1; None where no model names one."""
        named = [one for one in self.predictions if not one.none_of_these]
        return min((one.probabilities[one.label] for one in named), default=None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why a person should look at it: it was not read, the models give different answers, one of them sees none of
        the seven, or most of them cannot rule out a second category.
        """
        if self.error is not None:
            return ("unread",)
        found: list[Reason] = []
        if not self.agree:
            found.append("disagree")
        if any(one.none_of_these for one in self.predictions):
            found.append("none_of_these")
        if 2 * sum(len(one.prediction_set or ()) > 1 for one in self.predictions) > len(self.predictions):
            found.append("several")
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """The form that programs receive."""
        return {
            "file": self.file,
            "models": {one.model: _answer(one) for one in self.predictions},
            "agree": self.agree,  # "none of these" being an answer of its own, whatever the labels
            "review": bool(self.reasons),
            "error": str(self.error) if self.error else None,
            **({"note": ENGLISH("images.cut_short")} if self.cut_short else {}),
        }


@dataclass(frozen=True)
class PhotoBatch:
    """The rows so far.

    Args:
        rows: in the order of the files.
        total: how many there will be.
        models: who answers, by name.
    """

    rows: tuple[PhotoRow, ...]
    total: int
    models: tuple[str, ...]

    @property
    def share(self) -> float:
        """Of the work that is done, 0..1."""
        return len(self.rows) / self.total

    def to_json(self) -> dict[str, Any]:
        """The form that programs receive."""
        return {"rows": [row.to_json() for row in self.rows]}


def classify_steps(paths: Sequence[str | Path], models: Sequence[str] = ()) -> Iterator[PhotoBatch]:
    """Classifies photos, some at a time; closing the iterator cancels what is left.

    A photo that cannot be read has a row that says why, and costs the others nothing.

    Args:
        paths: of up to ``photo_files.MAX_PHOTOS`` pictures, or of one zip that holds them.
        models: names among ``registry.MODELS``; empty for all that can be loaded.

    Yields:
        The rows so far: at first none, in the end all.

    Raises:
        InputError: no photos or too many, a zip that is empty or damaged, or a name that no model has.
        ModelUnavailable: the weights of a model are missing or damaged.
    """
    classifiers = registry.chosen(models)
    with photo_files(paths) as files:
        batch = PhotoBatch((), len(files), tuple(classifier.name for classifier in classifiers))
        yield batch
        for start in range(0, len(files), SHARED):
            rows = _classified(files[start : start + SHARED], classifiers)
            batch = replace(batch, rows=batch.rows + rows)
            yield batch


def _classified(files: Sequence[PhotoFile], classifiers: Sequence[ImageClassifier]) -> tuple[PhotoRow, ...]:
    """The rows of some photos, each model's answers from one pass."""
    found = [_read(file) for file in files]
    images = [upload.image for upload in found if isinstance(upload, Upload)]
    answers = zip(*(model.predict_all(images) for model in classifiers), strict=True) if images else iter(())
    return tuple(
        PhotoRow(file.name, next(answers), webp.of_image(upload.image, THUMBNAIL), cut_short=upload.cut_short)
        if isinstance(upload, Upload)
        else PhotoRow(file.name, error=upload)
        for file, upload in zip(files, found, strict=True)
    )


def _read(file: PhotoFile) -> Upload | InputError:
    try:
        return file.read()
    except InputError as error:
        return error


def _answer(prediction: Prediction) -> dict[str, Any]:
    probability = prediction.probabilities[prediction.label]
    return {"label": prediction.label, "probability": probability, **prediction.calibrated()}
