"""The app as a program sees it: launched once, called through ``gradio_client``."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.openapi.models import OpenAPI
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image
from pypdf import PdfReader

from models.results import calibrations
from models.texts import ENGLISH, Texts
from models.vision import registry
from models.vision.predictions import CLASSES
from tests.factories import applications, photo

ENDPOINTS = {
    "/clients",
    "/client",
    "/score_client",
    "/score_application",
    "/score_batch",
    "/compare_client",
    "/interactions",
    "/counterfactual",
    "/letter",
    "/classify_image",
    "/classify_batch",
    "/explain_image",
    "/prototypes",
    "/results",
}


@pytest.fixture(scope="module")
def first(client: Client) -> int:
    return client.predict("all", 1, api_name="/clients")["clients"][0]["client_id"]


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "product.jpg"
    photo(320, 240).save(path)
    return path


def test_only_the_contract_is_listed(client: Client) -> None:
    assert set(client.view_api(return_format="dict")["named_endpoints"]) == ENDPOINTS


def test_the_description_generates_clients(app_url: str) -> None:
    """Generators read JSON Schema, and give up at the first type that it does not have."""
    with urllib.request.urlopen(f"{app_url}gradio_api/openapi.json") as answer:
        document = json.load(answer)
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations) == 2 * len(ENDPOINTS) + 1
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert named == set(document["components"]["schemas"])

    def arguments(endpoint: str) -> Any:
        body = document["paths"][f"/gradio_api/call/v2/{endpoint}"]["post"]["requestBody"]
        return body["content"]["application/json"]["schema"]

    score = arguments("score_client")
    assert score["required"] == ["client_id"] and not score["additionalProperties"]
    assert score["properties"]["client_id"]["type"] == "integer"
    assert score["properties"]["reference"]["default"] == "average"
    text, upload = arguments("classify_image")["properties"]["image"]["oneOf"]
    assert text["type"] == "string" and upload["required"] == ["path"]
    assert arguments("classify_batch")["properties"]["images"]["items"]["oneOf"] == [text, upload]


def test_clients(client: Client) -> None:
    answer = client.predict("borderline", 5, api_name="/clients")
    assert set(answer) == {"total", "clients"}
    assert set(answer["clients"][0]) == {"client_id", "probability", "decision"}
    assert isinstance(answer["clients"][0]["probability"], float)


def test_client_and_score(client: Client, first: int) -> None:
    application = client.predict(first, api_name="/client")["application"]
    assert len(application) == 120
    score = client.predict(first, {}, api_name="/score_client")
    assert set(score) == {
        "client_id",
        "probability",
        "threshold",
        "decision",
        "base_value",
        "log_odds",
        "contributions",
        "groups",
        "reasons",
    }
    assert 1 <= len(score["reasons"]) <= 4 and all(reason.endswith(".") for reason in score["reasons"])
    total = score["base_value"] + sum(item["contribution"] for item in score["contributions"])
    assert total == pytest.approx(score["log_odds"], abs=1e-6)
    assert 1 / (1 + np.exp(-score["log_odds"])) == pytest.approx(score["probability"], abs=1e-6)
    assert set(score["contributions"][0]) == {"feature", "label", "value", "contribution"}
    assert set(score["groups"][0]) == {"group", "label", "contribution", "features"}
    assert sum(group["contribution"] for group in score["groups"]) == pytest.approx(total - score["base_value"])
    again = client.predict(application, api_name="/score_application")
    assert again["client_id"] is None
    assert again["probability"] == pytest.approx(score["probability"], abs=1e-9)


def test_a_score_compares_with_whom_one_asks(client: Client, first: int) -> None:
    plain = client.predict(first, {}, "average", api_name="/score_client")
    assert plain == client.predict(first, {}, api_name="/score_client")
    application = client.predict(first, api_name="/client")["application"]
    for answer in (
        client.predict(first, {}, "granted", api_name="/score_client"),
        client.predict(application, "granted", api_name="/score_application"),
    ):
        assert set(answer) == set(plain) | {"reference"}
        assert answer["base_value"] < plain["base_value"] and answer["reasons"] == plain["reasons"]
        total = answer["base_value"] + sum(item["contribution"] for item in answer["contributions"])
        assert total == pytest.approx(answer["log_odds"], abs=1e-6) == pytest.approx(plain["log_odds"])
        group = answer["reference"]
        assert group["base_probability"] + sum(group["contributions"].values()) == pytest.approx(
            answer["probability"], abs=1e-6
        )


def test_interactions(client: Client, first: int) -> None:
    answer = client.predict(first, 3, api_name="/interactions")
    assert answer["client_id"] == first and len(answer["pairs"]) == 3
    assert set(answer["pairs"][0]) == {"features", "labels", "interaction"}
    assert len(client.predict(first, api_name="/interactions")["pairs"]) == 5


def test_score_with_changes(client: Client, first: int) -> None:
    as_is = client.predict(first, {}, api_name="/score_client")
    changed = client.predict(first, {"EXT_SOURCE_2": 0.01, "EXT_SOURCE_3": None}, api_name="/score_client")
    assert changed["probability"] > as_is["probability"]


def test_score_batch(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "applications.parquet"
    table = applications(25, seed=1).assign(colour="red")
    table.to_parquet(path)
    answer = client.predict(handle_file(path), api_name="/score_batch")
    assert answer["rows"] == 25
    assert answer["ignored"] == ["TARGET", "colour"]
    assert set(answer["scores"][0]) == {"row", "client_id", "probability", "decision"}


def test_compare_and_counterfactual(client: Client, first: int) -> None:
    answer = client.predict(first, "AMT_CREDIT", "similar", api_name="/compare_client")
    assert answer["feature"] == "AMT_CREDIT"
    assert 0 <= answer["percentile"] <= 100
    assert len(answer["histogram"]["edges"]) == len(answer["histogram"]["repaid"]) + 1
    found = client.predict(first, api_name="/counterfactual")
    assert bool(found["counterfactuals"]) == (found["reason"] is None)
    assert found["terms"]["amount_borrowed"] > 0 and 0 < found["terms"]["annual_rate"] < 1
    for item in found["counterfactuals"]:
        assert item["terms"]["instalment"] == pytest.approx(item["changes"]["AMT_ANNUITY"], abs=0.01)
        assert item["terms"]["words"].endswith("a year.")
        rescored = client.predict(first, item["changes"], api_name="/score_client")
        assert rescored["probability"] == pytest.approx(item["probability"], abs=1e-9)
        assert rescored["decision"] != found["decision"]


def test_letter_is_a_pdf_about_a_client_or_an_application(client: Client, first: int) -> None:
    for whose, language in ((first, "fr"), (first, "en")):
        text = PdfReader(client.predict(whose, None, language, api_name="/letter")).pages[0].extract_text()
        assert str(whose) in text and Texts(language)("letter.title") in text  # type: ignore[arg-type]
    application = client.predict(first, api_name="/client")["application"]
    path = client.predict(application=application, api_name="/letter")
    assert path.endswith(".pdf")
    text = PdfReader(path).pages[0].extract_text()
    score = client.predict(first, {}, api_name="/score_client")
    assert ENGLISH.percent(score["probability"]) in text and ENGLISH("credit.new_client") in text


def test_classify_image(client: Client, picture: Path) -> None:
    for models in ([], ["yolov8"]):
        answer = client.predict(handle_file(picture), models, api_name="/classify_image")
        assert answer["classes"] == list(CLASSES)
        assert set(answer["models"]) == set(models or registry.available())
        prediction = answer["models"]["yolov8"]
        assert sum(prediction["probabilities"].values()) == pytest.approx(1.0, abs=1e-6)
        assert prediction["label"] == max(prediction["probabilities"], key=prediction["probabilities"].get)
        assert prediction["seconds"] > 0
        if "yolov8" in calibrations():  # weights that were never calibrated say nothing about what they do not know
            assert prediction["label"] == prediction["set"][0] and set(prediction["set"]) <= set(CLASSES)
            assert isinstance(prediction["none_of_these"], bool)
        else:
            assert not {"set", "none_of_these"} & set(prediction)


def test_explain_image_has_the_size_of_the_upload(client: Client, picture: Path) -> None:
    path = client.predict(handle_file(picture), "yolov8", "", "Watches", api_name="/explain_image")
    with Image.open(path) as overlay:
        assert overlay.format in ("PNG", "WEBP")
        assert overlay.size == (320, 240)


def test_results(client: Client) -> None:
    answer = client.predict(api_name="/results")
    measured = [row for row in answer["vision"] if row["source"] == "measured"]
    assert {row["model"] for row in measured} >= {"yolov8"}
    assert all(row in measured or row["source"].startswith("reported by ") for row in answer["vision"])
    for row in measured:
        assert row["test_images"] == 147
        assert row["accuracy_ci95"][0] <= row["accuracy"] <= row["accuracy_ci95"][1]
        assert np.sum(row["confusion"]) == row["test_images"]
    assert answer["credit"]["auc_ci95"][0] <= answer["credit"]["auc"] <= answer["credit"]["auc_ci95"][1]


@pytest.mark.parametrize(
    ("arguments", "name", "sentence"),
    [
        (("some", 5), "/clients", "decision: 'some'.*'granted'"),
        (("all", 0), "/clients", "limit: 0"),
        ((1,), "/client", "client_id: there is no client 1"),
        ((1, {}), "/score_client", "client_id"),
        (({"AMT_CREDITS": 5},), "/score_application", "AMT_CREDITS.*AMT_CREDIT"),
        (({"AMT_CREDIT": "5"},), "/score_application", "AMT_CREDIT: '5' is not allowed; give a number"),
        (({"EXT_SOURCE_1": 7},), "/score_application", "EXT_SOURCE_1.*from 0 to 1"),
        ((["AMT_CREDIT"],), "/score_application", "application: expected an object"),
        ((900001, {}, "everybody"), "/score_client", "reference.*everybody.*'granted'"),
        ((900001, 0), "/interactions", "limit"),
        ((900001, "NO_SUCH", "all"), "/compare_client", "feature.*NO_SUCH"),
        ((900001, "AMT_CREDIT", "none"), "/compare_client", "group"),
        ((5,), "/counterfactual", "client_id"),
        ((None, None, "en"), "/letter", "client_id, application: a letter is about one of the two"),
        (("900001", None, "en"), "/letter", "client_id: there is no client '900001'"),
        ((900001, None, "de"), "/letter", "language: 'de' is not allowed; give one of 'en', 'fr'"),
        ((None, {"AMT_CREDIT": "5"}, "en"), "/letter", "AMT_CREDIT: '5' is not allowed"),
    ],
)
def test_a_bad_argument_is_refused_in_a_sentence(
    client: Client, first: int, arguments: tuple, name: str, sentence: str
) -> None:
    with pytest.raises(AppError) as refusal:
        client.predict(*arguments, api_name=name)
    assert re.search(sentence, str(refusal.value))
    assert client.predict(first, {}, api_name="/score_client")["client_id"] == first


def test_a_model_or_class_that_is_none_is_refused_by_name(client: Client, picture: Path) -> None:
    with pytest.raises(AppError, match=r"resnet.*vgg16, yolov8, protovit"):
        client.predict(handle_file(picture), ["resnet"], api_name="/classify_image")
    with pytest.raises(AppError, match="Robots"):
        client.predict(handle_file(picture), "yolov8", "", "Robots", api_name="/explain_image")


@pytest.mark.parametrize("content", [b"", b"no picture at all", b"\xff\xd8\xff\xe0truncated"])
def test_what_is_no_picture_is_refused_and_the_next_is_served(
    client: Client, picture: Path, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(AppError, match=r"^image: "):
        client.predict(handle_file(path), ["yolov8"], api_name="/classify_image")
    assert client.predict(handle_file(picture), ["yolov8"], api_name="/classify_image")["models"]


def test_an_empty_table_is_refused(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"")
    with pytest.raises(AppError, match="table"):
        client.predict(handle_file(path), api_name="/score_batch")


def test_both_pages_are_served(app_url: str) -> None:
    for path in ("", "fr"):
        with urllib.request.urlopen(app_url + path) as answer:
            assert answer.status == 200
