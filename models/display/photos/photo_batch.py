"""The answers to many photos: what is said of all of them, a row each, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from posixpath import splitext
from typing import Any

import pandas as pd

from models.display.common.html import render
from models.display.common.names import class_name, model_name
from models.display.common.spreadsheet import save_csv
from models.texts import Texts
from models.vision.photo_batch import PhotoBatch, PhotoRow
from models.vision.predictions import Prediction

VIEWS = ("all", "review", "disagree", "unread")  # which rows the page can be asked to show
NOTHING = "\u2013"
LONGEST_SUFFIX = 6  # characters with the dot: what is longer is no extension, and may break
PARAMETER = "image"  # what programs call one photo; it leads the sentences about a file that cannot be read


def filters(texts: Texts) -> str:
    """What chooses among the rows, as HTML; the page's script follows it (``tabs/photos/photo_batch.js``)."""
    return render(
        "photo_batch_filters",
        show=texts("batch.show"),
        views=[(view, texts(f"batch.views.{view}")) for view in VIEWS],
        contains=texts("batch.contains"),
        no_match=texts("batch.no_match"),
    )


def progress(batch: PhotoBatch, texts: Texts, stopped: bool = False) -> str:
    """How far the work is while it goes on, and then what came of it, as HTML."""
    done, total = len(batch.rows), batch.total
    if done < total and not stopped:
        text = texts("batch.so_far", done=texts.number(done), total=texts.number(total))
        return render("progress", label=texts("batch.progress"), share=batch.share, text=text)
    said = (
        [texts("batch.stopped", done=texts.number(done), total=texts.number(total))] if stopped and done < total else []
    )
    return render("sentences", sentences=[*said, *summary(batch, texts)] if done else said)


def summary(batch: PhotoBatch, texts: Texts) -> list[str]:
    """How many were classified, and how many a person should look at, in sentences."""
    read = [row for row in batch.rows if row.error is None]
    agreed = sum(row.agree for row in read)
    said = [texts.count("batch.classified", len(read))]
    if read and len(batch.models) > 1:
        said.append(texts.count("batch.agreed", agreed))
    if unread := len(batch.rows) - len(read):
        said.append(texts.count("batch.unread", unread))
    said.append(texts.count("batch.review", sum(bool(row.reasons) for row in batch.rows)))
    return [" ".join(said)]


def table(batch: PhotoBatch, texts: Texts) -> str:
    """The rows as HTML that only grows at its end, so that what was sent before is not sent again: the browser closes
    the table by itself.
    """
    return render("photo_batch", caption=texts("batch.table"), columns=_columns(batch, texts)) + "".join(
        render("photo_batch_row", row=_row(row, batch, texts)) for row in batch.rows
    )


def save(batch: PhotoBatch, texts: Texts, folder: Path) -> Path:
    """The rows as a CSV file, all values as texts of the page's language."""
    frame = pd.DataFrame([dict(_cells(row, batch, texts)) for row in batch.rows], dtype=str)
    return save_csv(frame, folder / "photos.csv", texts)


def _columns(batch: PhotoBatch, texts: Texts) -> list[dict[str, Any]]:
    """The headings: what each stands over, and whether it is a number."""
    names = [model_name(name, texts) for name in batch.models]
    heads = [
        *(texts(f"batch.columns.{key}") for key in FIRST),
        *names,
        *(texts(f"batch.columns.{key}") for key in LAST),
    ]
    return [{"name": name, "number": name == texts("batch.columns.confidence")} for name in heads]


FIRST = ("file", "review")  # whom the table is for comes first: on a phone the other columns are out of sight
LAST = ("confidence", "agree")


def _row(row: PhotoRow, batch: PhotoBatch, texts: Texts) -> dict[str, Any]:
    """One row for the template: cells with what they show and what they are sorted by."""
    answers = {one.model: one for one in row.predictions}
    why = _why(row, texts)
    return {
        "thumbnail": row.thumbnail,
        "file": row.file,
        "name": _parted(row.file),
        "marks": " ".join(row.reasons),
        "answers": [_answer(answers.get(name), texts) for name in batch.models],
        "confidence": "" if row.confidence is None else texts.percent(row.confidence),
        "share": "" if row.confidence is None else f"{row.confidence:.4f}",
        "agree": _agree(row, texts),
        "why": why,
        "error": row.error is not None,
    }


def _parted(file: str) -> tuple[str, str]:
    """A file's name, and its extension, which stays whole where the name goes over several lines."""
    name, suffix = splitext(file)
    return (name, suffix) if len(suffix) <= LONGEST_SUFFIX else (file, "")


def _answer(prediction: Prediction | None, texts: Texts) -> dict[str, str]:
    if prediction is None:
        return {"label": NOTHING, "share": "", "value": ""}
    label = class_name(prediction.label, texts)
    if prediction.none_of_these:  # the probability of the closest category says nothing of how sure that is
        said = texts("images.none_closest", label=label)
        return {"label": said, "share": "", "value": said}
    return {"label": label, "share": texts.percent(prediction.probabilities[prediction.label]), "value": label}


def _agree(row: PhotoRow, texts: Texts) -> str:
    return NOTHING if row.error else texts(f"batch.{'yes' if row.agree else 'no'}")


def _why(row: PhotoRow, texts: Texts) -> str:
    """Why a person should look at it, in words; empty where nobody need."""
    if row.error is not None:
        return _without_parameter(row.error.message(texts))
    said = [texts(f"batch.reasons.{reason}") for reason in row.reasons]
    return texts.series([*said, texts("batch.cut_short")] if row.cut_short else said)


def _without_parameter(sentence: str) -> str:
    """A sentence without the parameter that it is about: in a row, the file's name stands there already."""
    name, colon, rest = sentence.partition(":")
    return rest.strip() if colon and name.strip() == PARAMETER else sentence


def _cells(row: PhotoRow, batch: PhotoBatch, texts: Texts) -> Iterator[tuple[str, str]]:
    yield texts("batch.columns.file"), row.file
    answers = {one.model: one for one in row.predictions}
    for name in batch.models:
        answer = _answer(answers.get(name), texts)
        model = model_name(name, texts)
        yield model, answer["value"]
        yield texts("batch.columns.of", model=model), answer["share"]
    yield texts("batch.columns.confidence"), "" if row.confidence is None else texts.percent(row.confidence)
    yield texts("batch.columns.agree"), "" if row.error else _agree(row, texts)
    yield texts("batch.columns.review"), texts(f"batch.{'yes' if row.reasons else 'no'}")
    yield texts("batch.columns.why"), _why(row, texts)
