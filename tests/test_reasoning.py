"""Whether ProtoViT's reasoning holds, measured of networks of which it is known by construction."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import avg_pool2d
from torchvision.transforms.v2.functional import to_pil_image

from models.protovit import ProtoViTConfig
from models.protovit.modeling import PrototypeHead
from models.vision.preprocessing import Preprocessing
from models.vision.protovit import ProtoVit
from training import evaluate_reasoning
from training.evaluation import reasoning

pytestmark = pytest.mark.no_cover

GRID, CELL = 8, 4
GREEN, RED, BLUE = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
CONCENTRATION = 3.0
UNLIKE = math.exp(CONCENTRATION * (-1 / 3 - 1))  # similarity of two of the three colours, whose cosine is -1/3

Features = Callable[[torch.Tensor], torch.Tensor]  # colours of the cells (B, 3, n, n), each in -1..1 -> the same shape


@pytest.fixture(autouse=True)
def one_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasoning, "TOP", 1)  # as many as speak for a class


def local(colours: torch.Tensor) -> torch.Tensor:
    """A cell is told by its own colour alone."""
    return colours


def everywhere(colours: torch.Tensor) -> torch.Tensor:
    """Every cell is told by the mean colour of the picture."""
    return colours.mean((2, 3), keepdim=True).expand_as(colours)


def model(features: Features) -> ProtoVit:
    """Two classes of one prototype: two red parts, two blue ones."""
    head = PrototypeHead(
        ProtoViTConfig(prototypes_per_class=1, parts=2, radius=1, concentration=CONCENTRATION, num_labels=2), 3
    )
    head.requires_grad_(False)
    with torch.no_grad():
        head.prototypes.copy_(2 * torch.tensor([RED, BLUE])[..., None].expand(2, 3, 2) - 1)
    network = SimpleNamespace(
        grid=GRID,
        head=head,
        features=lambda pictures: features(2 * avg_pool2d(pictures, CELL) - 1),
        textured=lambda pictures: torch.ones(len(pictures), GRID, GRID, dtype=torch.bool),
    )
    made = SimpleNamespace(
        network=network,
        preprocessing=Preprocessing(GRID * CELL),
        active=head.slot_weights() > 0.5,
        evidence_weights=head.evidence().double(),
    )
    return cast("ProtoVit", made)


def photo(**cells: tuple[float, float, float]) -> torch.Tensor:
    """A green picture (3, S, S) with some cells of another colour, named by row and column as in ``c34``."""
    colours = torch.tensor(GREEN)[:, None, None].repeat(1, GRID, GRID)
    for name, colour in cells.items():
        colours[:, int(name[1]), int(name[2])] = torch.tensor(colour)
    return colours.repeat_interleave(CELL, 1).repeat_interleave(CELL, 2)


def features_of(made: ProtoVit, *pictures: torch.Tensor) -> torch.Tensor:
    return reasoning.features(made, pictures)


def test_a_cell_that_is_told_by_itself_loses_all_and_hears_nothing_from_afar() -> None:
    made = model(local)
    found = reasoning.dependence(made, photo(c33=RED, c34=RED), features_of(made, photo()))
    assert found["above"] == pytest.approx(1 - UNLIKE, abs=1e-4)
    assert found["lost"] == pytest.approx(1 - UNLIKE, abs=0.003)  # what is blended in has a little noise
    assert found["outside"] == pytest.approx(0, abs=1e-6)


def test_what_is_lost_is_held_against_the_same_places_of_the_other_photos() -> None:
    """Half of the others are red there too: only half of the similarity says something of this photo."""
    made = model(local)
    others = features_of(made, photo(), photo(c33=RED, c34=RED))
    found = reasoning.dependence(made, photo(c33=RED, c34=RED), others)
    assert found["above"] == pytest.approx((1 - UNLIKE) / 2, abs=1e-4)
    elsewhere = features_of(made, photo(c66=RED, c67=RED))  # red, but not there
    assert reasoning.dependence(made, photo(c33=RED, c34=RED), elsewhere)["above"] == pytest.approx(1 - UNLIKE, 1e-4)


def test_a_cell_that_is_told_by_the_whole_picture_hears_from_afar() -> None:
    """Half of the picture is blue, and turns green with all else that is far."""
    made = model(everywhere)
    blue = {f"c{row}{column}": BLUE for row in range(GRID) for column in (0, 7)}
    picture = photo(**blue)
    before = reasoning.compare(made, picture)
    followed = reasoning.TopPrototypes(made, before)
    shown = followed.shown(made.active)
    assert shown == [0, 1]  # all cells are alike: the first two
    far = reasoning.beyond(made, shown)
    assert sorted({*range(GRID**2)} - {*far}) == [0, 1, 2, 8, 9, 10]
    after = reasoning.compare(made, reasoning.without(made, picture, far))
    old, new = (float(found.similarities[0, followed.top[0]]) for found in (before, after))
    found = reasoning.dependence(made, picture, features_of(made, photo()))
    assert found["outside"] == pytest.approx(abs(new - old) / old, rel=1e-3) and abs(new - old) > 0.1 * old


def test_without_the_shown_places_or_with_them_alone() -> None:
    """Two red cells outweigh one that is blue: their class falls with them, and stands with them alone."""
    made = model(local)
    picture = photo(c33=RED, c34=RED, c66=BLUE)
    red, blue = (made.evidence_weights[number, number].item() for number in (0, 1))
    found = reasoning.perturbation(made, picture, np.random.default_rng(0))
    before = reasoning.compare(made, picture).logits[0]
    assert before.tolist() == pytest.approx([red, blue * math.exp(CONCENTRATION * ((1 - 1 / 3) / 2 - 1))], rel=1e-3)
    assert found["shown_answer_kept"] == 1.0
    assert found["others_answer_changed"] == 0.0 and found["others_points_lost"] == pytest.approx(0, abs=0.05)
    assert found["shown_points_lost"] == pytest.approx(red * (1 - UNLIKE), rel=0.003)


@pytest.mark.parametrize(("row", "column"), [(2, 2), (5, 2)])
def test_a_part_of_the_crop_is_looked_for_where_it_lay(row: int, column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasoning, "KEPT", 0.5)
    monkeypatch.setattr(reasoning, "NEAR", 1.0)
    pixels = photo(**{f"c{row}{column}": RED, f"c{row}{column + 1}": RED})
    image = to_pil_image(pixels).resize((96, 96), Image.Resampling.NEAREST)
    found = reasoning.stability(model(local), image)
    assert found["crop"]["parts_stayed"] == 1.0
    assert found["jpeg"] == {"parts_stayed": 1.0, "same_prototypes": 1.0, "same_answer": 1.0}


def test_parts_that_are_found_elsewhere_have_not_stayed() -> None:
    """A network that turns every second picture over."""
    calls = []

    def fickle(colours: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return colours if len(calls) % 2 else colours.flip(3)

    pixels = photo(c31=RED, c41=RED)
    image = to_pil_image(pixels)
    found = reasoning.stability(model(fickle), image)  # before, crop, JPEG
    assert [found[name]["parts_stayed"] for name in ("crop", "jpeg")] == [0.0, 1.0]


@pytest.mark.parametrize(("places", "stayed"), [(1, 1.0), (2, 0.0)])
def test_a_part_has_stayed_that_is_found_at_the_next_place_at_most(places: int, stayed: float) -> None:
    """A network that moves the third picture to the right."""
    calls = []

    def moving(colours: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return colours.roll(places, 3) if len(calls) == 3 else colours

    found = reasoning.stability(model(moving), to_pil_image(photo(c31=RED, c41=RED)))  # before, crop, JPEG
    assert found["jpeg"]["parts_stayed"] == stayed


def test_what_is_written_names_the_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = SimpleNamespace(config={"weights_sha256": "f" * 64})
    monkeypatch.setattr(evaluate_reasoning, "ProtoVit", SimpleNamespace)
    monkeypatch.setattr(evaluate_reasoning.registry, "get", lambda _: made)
    monkeypatch.setattr(evaluate_reasoning.weights, "FOLDER", tmp_path)
    monkeypatch.setattr(evaluate_reasoning, "read_photos", lambda _: {"test": list(range(10))})
    monkeypatch.setattr(evaluate_reasoning, "evaluate", lambda *given: {"photos": len(given[1]), "first": given[1]})
    monkeypatch.setattr(sys, "argv", ["evaluate_reasoning", "--data", "data", "--photos", "3"])
    (tmp_path / "protovit").mkdir()
    evaluate_reasoning.main()
    written = json.loads((tmp_path / "protovit" / "reasoning.json").read_text())
    assert written == {"weights_sha256": "f" * 64, "photos": 3, "first": [0, 3, 6]}
