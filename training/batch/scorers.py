"""What scores the parts of a data set: applications by the credit model, pictures by the image classifiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from models.credit.model import CreditModel
from models.credit.score import decide, sigmoid
from models.credit.tables.cells import Applications, check
from models.credit.tables.columnar import read_rows
from models.errors import InputError
from models.runtime import hub
from models.texts import ENGLISH
from training.batch.partitions import CREDIT, WEIGHTS, Partition, Refused, readable

MAP_SIDE = 16  # cells of a saliency map along a side, at most

Scorer = Callable[[Path, Partition], pa.Table]
"""Folder of the data set and a part of it -> the part's output, ``part.rows`` long. Raises :class:`Refused`."""


class CreditScorer:
    """Scores applications: file, row (from 0), client, probability, log-odds, base value, decision, and one column
    ``contribution_FEATURE`` a feature, in log-odds.

    Raises:
        ModelUnavailable: the weights are missing or damaged.
        Refused: they should come from the Hub, and do not.
    """

    def __init__(self) -> None:
        self.model = hub.load(CREDIT, WEIGHTS / CREDIT, CreditModel)
        _from_where_it_should(CREDIT)

    def __call__(self, folder: Path, part: Partition) -> pa.Table:
        """The scores of the part's rows, in their order."""
        (name,) = part.files
        applications = _read(folder, name, part.start, part.stop)
        answer = self.model.attributions(pd.DataFrame(dict(applications.values)))
        ids = [None if np.isnan(number) else int(number) for number in applications.ids]
        log_odds = answer.log_odds
        probabilities = [sigmoid(value) for value in log_odds.tolist()]
        scores = {
            "file": pa.array([readable(name)] * part.rows),
            "row": pa.array(range(part.start, part.stop), pa.int64()),
            "client_id": pa.array(ids, pa.int64()),
            "probability": pa.array(probabilities),
            "log_odds": pa.array(log_odds),
            "base_value": pa.array(np.full(part.rows, answer.base_value)),
            "decision": pa.array([decide(value, self.model.threshold) for value in probabilities]),
        }
        added = dict(zip(self.model.features, answer.values.T, strict=True))
        return pa.table(scores | {f"contribution_{feature}": pa.array(values) for feature, values in added.items()})


class PictureScorer:
    """Classifies pictures: a row for each picture and model, with the label, one probability column a class, and the
    saliency map of the predicted class by the model's usual method, (h, w) lists of float16 in 0..1.

    Args:
        models: names in the registry.

    Raises:
        InputError, ModelUnavailable: a name is unknown, or its weights are missing or damaged.
        Refused: weights should come from the Hub, and do not.
    """

    def __init__(self, models: Sequence[str]) -> None:
        from models.vision import registry  # torch comes with it: credit does without

        self.models = [registry.get(name) for name in models]
        for model in self.models:
            _from_where_it_should(model.name)

    def __call__(self, folder: Path, part: Partition) -> pa.Table:
        """The answers to the part's pictures, in their order."""
        from models.vision.uploads import read_upload

        rows, refusals = [], []
        for name in part.files:
            try:
                picture = read_upload(folder / name).image
            except InputError as error:
                refusals.append(f"{name}: {error}")
                continue
            for model in self.models:
                answer = model.explain(picture)
                seen = answer.prediction
                told = {"file": readable(name), "model": model.name, "label": seen.label, "method": answer.method}
                rows.append(told | seen.probabilities | {"saliency": _small(answer.saliency)})
        if refusals:
            raise Refused(*refusals)
        texts = [(key, pa.string()) for key in ("file", "model", "label", "method")]
        numbers = [(name, pa.float64()) for name in self.models[0].classes]
        cells = ("saliency", pa.list_(pa.list_(pa.float16())))
        return pa.Table.from_pylist(rows, pa.schema([*texts, *numbers, cells]))


def _from_where_it_should(model: str) -> None:
    """A data set is scored with the weights that are named, or not at all; measured ones or not."""
    note = hub.note(model)
    if note is not None and hub.origin(model) is None:
        raise Refused(note.message(ENGLISH))


def scorer(models: Sequence[str]) -> Scorer:
    """What scores a data set with these models, loaded."""
    return CreditScorer() if tuple(models) == (CREDIT,) else PictureScorer(models)


def _read(folder: Path, name: str, start: int, stop: int) -> Applications:
    """Rows of a Parquet file, read and checked as an upload is; a wrong cell is refused by file, row and column."""
    try:
        with (folder / name).open("rb") as stream, pq.ParquetFile(stream) as file:  # Arrow opens no name without UTF-8
            return check(read_rows(file, start, stop))
    except InputError as error:
        raise Refused(f"{name}: {error}") from error
    except (OSError, pa.ArrowException) as error:
        raise Refused(f"{name}: damaged: {str(error).splitlines()[0][:120]}") from error


def _small(saliency: np.ndarray) -> list[list[np.float16]]:
    """A map of at most ``MAP_SIDE`` cells a side: larger ones are averaged."""
    height, width = (min(side, MAP_SIDE) for side in saliency.shape)
    if (height, width) != saliency.shape:
        saliency = np.asarray(Image.fromarray(saliency).resize((width, height), Image.Resampling.BOX))
    return [list(row) for row in saliency.astype(np.float16)]
