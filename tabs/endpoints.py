"""The endpoints that programs call (``gradio_client``, OpenAPI, MCP); their docstrings are their documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import gradio as gr
from PIL.Image import Image

from models import arguments
from models import results as measured
from models.conventions import LANGUAGES, Language
from models.credit.application import check
from models.credit.score import Score
from models.credit.service import credit_service
from models.display.credit.principal_reasons import sentence
from models.errors import InputError
from models.texts import ENGLISH, Texts
from models.vision import photo_batch, photos, prototype_explanation
from models.vision.inference_executor import AT_ONCE, SHARED
from tabs.credit.letter import save_letter
from tabs.downloads import Document, Picture
from tabs.error_handling import handle_errors
from tabs.uploads import Photo, Photos, Table


def clients(decision: str = "all", limit: int = 20) -> dict[str, Any]:
    """Lists clients of the synthetic portfolio with their probability of default and the decision.

    Args:
        decision: which clients: "all", "granted", "refused" or "borderline" (within one point of the cut-off).
        limit: at most this many, 1 to 10000; "total" counts them all.
    """
    return credit_service().clients(decision, limit)


def client(client_id: int) -> dict[str, Any]:
    """Gives a client's application: every original Home Credit column, null where unknown.

    Args:
        client_id: a number that /clients lists.
    """
    return credit_service().client(client_id)


def score_client(client_id: int, changes: dict[str, Any] | None = None, reference: str = "average") -> dict[str, Any]:
    """Scores a client, with some columns changed, and says what each feature adds to the log-odds of default.

    "reasons" names the principal ones of the decision, four at most. Against a group of clients "base_value" is their
    mean, and "reference" says how many they are and what adds up in probability. Granted clients are those below the
    cut-off; similar ones are within five years of age, with the same income type and contract.

    Args:
        client_id: a number that /clients lists.
        changes: original column -> new value; null makes a column unknown; empty changes nothing.
        reference: whom the contributions compare with: "average" (the average client), "granted" or "similar" clients.
    """
    return _told(credit_service().score_client(client_id, changes, reference=reference))


def score_application(application: dict[str, Any], reference: str = "average") -> dict[str, Any]:
    """Scores a new application and says what each feature adds to the log-odds of default.

    "reasons" names the principal ones of the decision, four at most.

    Args:
        application: Home Credit column -> value; an absent or null column is unknown, but the model has to read one.
        reference: whom the contributions compare with: "average" (the average client), "granted" or "similar" clients.
    """
    service = credit_service()
    columns = service.model.feature_spec.columns
    if not set(check(application)) & set(columns):  # the score of nobody, as /letter and /score_batch say
        raise InputError("application_unread", allowed=", ".join(columns))
    return _told(service.score_application(application, reference=reference))


def _told(score: Score) -> dict[str, Any]:
    """A score as programs receive it, with the principal reasons of its decision."""
    told = [sentence(reason, ENGLISH) for reason in credit_service().principal_reasons(score)]
    return score.to_json() | {"reasons": told}


def interactions(client_id: int, limit: int = 5) -> dict[str, Any]:
    """Names the pairs of a client's facts that act together: SHAP interaction values in log-odds, largest first.

    Args:
        client_id: a number that /clients lists.
        limit: at most this many pairs, 1 to as many as there are.
    """
    return credit_service().interactions(client_id, limit)


def score_batch(table: str) -> dict[str, Any]:
    """Scores every row of a file of applications.

    A missing column is unknown; a column that no application has is named in "ignored", a row that says nothing of its
    application in "unscored"; "read" says how the file was read. What might be misread is refused with its row.

    Args:
        table: CSV (with headings; any separator and encoding) or Parquet of Home Credit columns, also in gzip or zip.
    """
    return credit_service().score_batch(table)


def compare_client(client_id: int, feature: str, group: str = "all") -> dict[str, Any]:
    """Places a client in the distribution of a feature: value, percentile, and the histogram by outcome.

    "percentile" says where the client stands among those of the group whose value is known, from 0 to 100: the share
    with a lower value in the column, and half of those with the same. Ages and durations are columns of days before the
    application, which are negative: the eldest has the lowest percentile.

    Args:
        client_id: a number that /clients lists.
        feature: an original Home Credit column or a feature of the model, such as "AMT_CREDIT".
        group: "all", or "similar": clients within five years of age with the same income type and contract.
    """
    return credit_service().compare(client_id, feature, group).to_json()


def counterfactual(client_id: int) -> dict[str, Any]:
    """Finds up to three smallest sets of changes to the terms of a loan that flip the decision.

    Amount, instalment and goods price may change, never the person. Each set is verified by rescoring; where none
    exists, "reason" says so.

    Args:
        client_id: a number that /clients lists.
    """
    return credit_service().counterfactual(client_id).to_json()


def letter(client_id: int | None = None, application: dict[str, Any] | None = None, language: str = "en") -> Path:
    """Writes the letter that tells a client of the decision, as a PDF of one or two pages, tagged for screen readers.

    It says the decision, probability and cut-off in words, the principal reasons, what would change it, which data were
    used, and how to have it explained and reviewed by a person.

    Args:
        client_id: a number that /clients lists; left out where an application is given.
        application: Home Credit column -> value, of somebody who is not in the portfolio; an absent column is unknown.
        language: "en" or "fr".
    """
    texts = Texts(cast("Language", arguments.one_of("language", language, LANGUAGES)))
    return save_letter(credit_service().notice(client_id, application), texts)


def classify_image(image: str, models: list[str] | None = None) -> dict[str, Any]:
    """Classifies a product photo into one of seven categories, with the probability of each.

    A calibrated model adds "set", the categories that cannot be ruled out at 90 %, and "none_of_these", whether the
    photo probably shows none of the seven.

    Args:
        image: JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF file; agents send a data URL (data:image/jpeg;base64,...).
        models: names among "vgg16", "yolov8", "protovit"; empty for all that are available.
    """
    return photos.classify(image, models if models is not None else [])


def classify_batch(images: list[str], models: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Classifies up to 200 product photos at once, and says which of them a person should look at.

    One row a photo, in their order; one that cannot be read has an "error" and costs the others nothing. "agree" counts
    "none of the seven" as an answer of its own. "review" is true where there is an error, where the models disagree,
    where one sees none of the seven categories, or where most cannot rule out a second one. Answers stream: each holds
    the rows so far.

    Args:
        images: list of files as /classify_image takes them, or one zip that holds them; agents send data URLs.
        models: names among "vgg16", "yolov8", "protovit"; empty for all that are available.
    """
    for batch in photo_batch.classify_steps(images, models if models is not None else []):
        yield batch.to_json()


def explain_image(image: str, model: str = "yolov8", method: str = "", target: str = "") -> Iterator[Image | None]:
    """Shows where in a photo a model found its evidence: a saliency map laid over it, at the size of the upload.

    Uploads of more than 50 megapixels come back scaled down to that.

    Args:
        image: JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF file; agents send a data URL (data:image/jpeg;base64,...).
        model: one of the names that /classify_image takes.
        method: a saliency method of that model, such as "eigen-cam"; empty for the quick one of the highest ROAD.
        target: the class to explain; empty for the predicted one.
    """
    # step by step, though only the last step has a picture: between two steps the work of a caller who left is dropped
    for share, reading in photos.explain_photo_steps(image, model, method, target):
        yield reading.overlay if share == 1 else None


def prototypes(image: str, top: int = 5, without: list[int] | None = None) -> dict[str, Any]:
    """Says which parts of known pictures ProtoViT found a photo like: "this looks like that", in points of the logits.

    For the predicted class and the runner-up, "evidence" holds the prototypes of the class with most points; similarity
    x weight = points, and those of all of them add up to its logit, "points_total": a prototype speaks for its own
    class only. The k-th of "image_boxes", in pixels of the upload, matches the k-th of the prototype's "boxes", in
    pixels of its own "image".

    Args:
        image: JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF file; agents send a data URL (data:image/jpeg;base64,...).
        top: prototypes in the evidence of each class, at least 1; more than there are means all.
        without: ids of prototypes that are left out, as if they did not exist; may be empty.
    """
    return prototype_explanation.reason(image, top, without)


def results() -> dict[str, Any]:
    """Gives what was measured: the image classifiers on the test photos, the credit model out of fold."""
    return measured.results()


# the contract, in the order in which people read it
ENDPOINTS: tuple[Callable[..., Any], ...] = (
    clients,
    client,
    score_client,
    score_application,
    score_batch,
    compare_client,
    interactions,
    counterfactual,
    letter,
    classify_image,
    classify_batch,
    explain_image,
    prototypes,
    results,
)


# calls at a time, where it is not as many as of any other: photos that are there together share the networks' passes
LIMITS = {"classify_image": AT_ONCE, "explain_image": SHARED}


class Names(gr.JSON):
    """A ``gr.JSON`` that says what it takes: without a type, agents refuse the schema."""

    def get_block_name(self) -> str:
        """The page draws it as Gradio's own JSON component."""
        return "json"

    def api_info(self) -> dict[str, Any]:
        """A list of names."""
        return {"type": "array", "items": {"type": "string"}}


class Numbers(Names):
    """The same for whole numbers."""

    def api_info(self) -> dict[str, Any]:
        """A list of whole numbers."""
        return {"type": "array", "items": {"type": "integer"}}


class WholeNumber(gr.Number):
    """A ``gr.Number`` that hands over what came, none at all included; the model side says what is wrong with it."""

    def get_block_name(self) -> str:
        """The page draws it as Gradio's own number component."""
        return "number"

    def preprocess(self, payload: float | None) -> float | int | None:
        """What was sent."""
        return payload


def endpoints() -> None:
    """Declares every endpoint; call it once, inside the Blocks."""
    # Files come through components, which keep a caller to the files that it uploaded.
    with gr.Column(visible=False):
        table, image, images, names, picture, answer = (
            Table(label="table"),
            Photo(label="image"),
            Photos(label="images", file_count="multiple"),
            Names(label="models"),
            Picture(format="png"),
            gr.JSON(),
        )
        model, method, target = gr.Textbox("yolov8"), gr.Textbox(""), gr.Textbox("")
        top, without = gr.Number(5), Numbers(label="without")
        number, application, language = WholeNumber(None, label="client_id"), gr.JSON(), gr.Textbox("en")
        document = Document()
        call = gr.Button()
    through: dict[Callable[..., Any], tuple[Any, Any]] = {
        score_batch: (table, answer),
        classify_image: ([image, names], answer),
        classify_batch: ([images, names], answer),
        explain_image: ([image, model, method, target], picture),
        prototypes: ([image, top, without], answer),
        letter: ([number, application, language], document),
    }
    for function in ENDPOINTS:
        name, handled_function = function.__name__, handle_errors(function, ENGLISH, markup=False)
        if function in through:
            limit: Any = LIMITS.get(name, "default")
            call.click(handled_function, *through[function], api_name=name, concurrency_limit=limit)
        else:
            gr.api(handled_function, api_name=name)
