"""ProtoViT as a model: matching, points, projection, and its life as a transformers model."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from PIL import Image
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    DeiTConfig,
    Dinov2Config,
    TimmWrapperConfig,
    pipeline,
)

from models.protovit import ProtoViTConfig, ProtoViTForImageClassification, ProtoViTImageProcessor
from models.protovit.matching import TIE, greedy_match, neighbours, textured
from models.protovit.modeling import PrototypeHeadOutput, relative_features
from models.vision.gallery import examples
from models.vision.preprocessing import Preprocessing
from models.vision.prototypes import boxes
from models.vision.protovit import ProtoVit
from models.vision.weights import FOLDER
from training.protovit.objective import Objective, Reasoner, Sources
from training.protovit.projection import project
from training.protovit.recipe import Weights
from training.protovit.terms import cluster, consistency, deletion, locality, orthogonality, separation

TINY = TimmWrapperConfig(
    architecture="vit_tiny_patch16_224",
    model_args={"img_size": 32, "patch_size": 8, "embed_dim": 16, "depth": 2, "num_heads": 2},
    do_pooling=False,
)


def tiny(**changes: object) -> ProtoViTForImageClassification:
    torch.manual_seed(0)
    config = ProtoViTConfig(**{"encoder_config": TINY, "num_labels": 7, "prototypes_per_class": 2, **changes})
    return ProtoViTForImageClassification(config).eval()


def slow_match(cosines: torch.Tensor, grid: int, radius: int, active: list[bool]) -> tuple[list[int], list[int]]:
    """The matching of one prototype, (K, N), in plain loops: the patch of each part, and the patches as chosen."""
    parts, patches = cosines.shape
    chosen: dict[int, int] = {}
    order: list[int] = []
    for _ in range(parts):
        best = None
        for part in range(parts):
            for patch in range(patches):
                if part in chosen or patch in chosen.values():
                    continue
                if order:
                    row, column = divmod(order[-1], grid)
                    if max(abs(patch // grid - row), abs(patch % grid - column)) > radius:
                        continue
                score = (active[part], float(cosines[part, patch]) - TIE * part)
                if best is None or score > best[0]:
                    best = (score, part, patch)
        assert best is not None
        chosen[best[1]] = best[2]
        order.append(best[2])
    return [chosen[part] for part in range(parts)], order


@pytest.mark.parametrize(("grid", "radius"), [(4, 1), (5, 1), (6, 2), (3, 3), (4, 9)])
def test_matching_agrees_with_a_slow_reference(grid: int, radius: int) -> None:
    draw = torch.Generator().manual_seed(grid * 10 + radius)
    cosines = torch.rand(3, 5, 4, grid**2, generator=draw) * 2 - 1
    active = torch.rand(5, 4, generator=draw) < 0.8
    found = greedy_match(cosines, neighbours(grid, radius), active)
    assert found.shape == (3, 5, 4)
    for picture in range(3):
        for prototype in range(5):
            expected, order = slow_match(cosines[picture, prototype], grid, radius, active[prototype].tolist())
            assert found[picture, prototype].tolist() == expected
            assert len(set(expected)) == 4
            for before, after in pairwise(order):
                rows, columns = before // grid - after // grid, before % grid - after % grid
                assert max(abs(rows), abs(columns)) <= radius


def test_a_radius_as_wide_as_the_grid_is_plain_greedy_matching() -> None:
    cosines = torch.rand(2, 3, 4, 25, generator=torch.Generator().manual_seed(1))
    active = torch.ones(3, 4, dtype=torch.bool)
    wide = greedy_match(cosines, neighbours(5, 5), active)
    assert torch.equal(wide, greedy_match(cosines, torch.ones(25, 25, dtype=torch.bool), active))
    assert not torch.equal(wide, greedy_match(cosines, neighbours(5, 1), active))


def test_the_whole_batch_is_matched_as_each_picture_alone() -> None:
    model, pictures = tiny(), torch.rand(4, 3, 32, 32)
    with torch.no_grad():
        together = model(pictures)
        alone = torch.cat([model(picture[None]).logits for picture in pictures])
    assert torch.allclose(together.logits, alone, atol=1e-5)
    assert together.patches.shape == (4, 14, 4) and together.similarities.shape == (4, 14)


def test_points_add_up_to_the_logit() -> None:
    model = tiny()
    with torch.no_grad():
        model.head.strength.normal_()
        answer = model(torch.rand(3, 3, 32, 32))
        points = answer.similarities[:, None] * model.head.evidence()
    assert torch.allclose(points.sum(2), answer.logits, atol=1e-5)
    assert answer.similarities.abs().max() <= 4 + 1e-5


def test_a_part_that_is_switched_off_counts_for_nothing() -> None:
    model, picture = tiny(), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        model.head.slots[0, 2] = -200
        before = model(picture)
        model.head.prototypes[0, :, 2].normal_()
        after = model(picture)
    assert torch.allclose(before.similarities, after.similarities)
    rest = before.cosines[0, 0, [0, 1, 3]]
    assert torch.allclose(before.similarities[0, 0], 4 * rest.mean(), atol=1e-5)


def test_a_prototype_speaks_for_its_own_class_and_never_against_it() -> None:
    head = tiny().head
    with torch.no_grad():
        head.strength.normal_(std=20)
    weights = head.evidence()
    own = torch.arange(7)[:, None] == head.classes()[None]
    assert (weights[own] >= 0).all() and weights[own].max() > 1 and not weights[~own].any()
    assert torch.allclose(weights[2, 5], 10 * torch.log1p(head.strength[5].exp()))


def test_similarity_of_the_von_mises_fisher_kernel() -> None:
    model, pictures = tiny(concentration=3.0), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        answer = model(pictures)
    assert torch.allclose(answer.similarities, torch.exp(3 * (answer.cosines.mean(2) - 1)), atol=1e-5)
    assert answer.similarities.min() > 0 and answer.similarities.max() <= 1


def test_similarity_at_given_places() -> None:
    model = tiny()
    with torch.no_grad():
        features = model.features(torch.rand(3, 3, 32, 32))
        answer = model.head(features)
        assert torch.allclose(model.head.at(features, answer.patches), answer.similarities, atol=1e-5)
        same = model.head.at(features, answer.patches[0])
    assert torch.allclose(same[0], answer.similarities[0], atol=1e-5)
    # parts free to go anywhere near one another can be no less like than at the places of another picture, but greedily
    assert same.shape == (3, 14) and not torch.allclose(same[1], answer.similarities[1])


def test_a_projected_patch_sees_no_class_token_and_cells_are_means_of_patches() -> None:
    model, pictures = tiny(projection=6, pool=2), torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        tokens = model.encoder(pictures).last_hidden_state
        features = model.features(pictures)
        tokens[:, 0] += 100
        shown = torch.ones(2, 4, 4)
        assert torch.allclose(model.patch_features(tokens, shown), features, atol=1e-5)
        first = model.patch_features.projection(tokens[:, 1:]).transpose(1, 2)[:, :, [0, 1, 4, 5]].mean(2)
    assert model.grid == 2 and features.shape == (2, 6, 2, 2)
    assert torch.allclose(features[:, :, 0, 0], first, atol=1e-5)


def test_features_are_relative_to_the_class_token() -> None:
    tokens = torch.rand(2, 1 + 3 + 9, 5)  # three tokens between the class token and the patches
    features = relative_features(tokens)
    assert features.shape == (2, 5, 3, 3)
    assert torch.equal(features[1, :, 2, 1], tokens[1, 4 + 7] - tokens[1, 0])


def half_blank() -> torch.Tensor:
    """Two pictures, white but for the lower half of the first and the right half of the second."""
    pictures = torch.ones(2, 3, 32, 32)
    pictures[0, :, 16:] = torch.rand(3, 16, 32)
    pictures[1, 1, :, 16:] = torch.rand(32, 16)  # one channel is enough
    return pictures


def test_even_patches_show_nothing() -> None:
    shown = textured(half_blank(), 4, 0.1)
    assert shown[0].tolist() == [[False] * 4] * 2 + [[True] * 4] * 2
    assert shown[1].tolist() == [[False, False, True, True]] * 4
    assert not textured(half_blank() * 0.01, 4, 0.1).any()
    assert textured(half_blank(), 4, 0.0).all()


def test_no_part_is_matched_to_a_patch_that_shows_nothing() -> None:
    model = tiny(blank=0.1)
    with torch.no_grad():
        features = model.features(half_blank())
        model.head.prototypes.copy_(features.flatten(2).amax(2).mean(0)[None, :, None].expand_as(model.head.prototypes))
        answer = model(half_blank())
        whole = tiny()(half_blank())
    shown = textured(half_blank(), 4, 0.1)
    assert torch.equal(features.any(1), shown)
    liked = answer.cosines > 0
    assert liked.any()
    for picture in (0, 1):
        assert shown[picture].flatten()[answer.patches[picture][liked[picture]]].all()
    assert not shown[0].flatten()[whole.patches[0]].all()  # which the paper's matching does


def test_a_part_that_falls_on_nothing_is_switched_off() -> None:
    model = tiny()
    features = torch.randn(42, 16, 4, 4, generator=torch.Generator().manual_seed(0))
    features[:, :, :, 1:] = 0  # of each picture only the left edge shows something: two of the neighbours are taken
    projection = project(model.head, features, torch.arange(42) % 7)
    chosen = projection.patches % 4 == 0
    assert torch.equal(projection.active, chosen) and not chosen.all() and chosen.any(1).all()
    with torch.no_grad():
        assert model.head(features).similarities.isfinite().all()


def test_each_prototype_is_projected_on_a_picture_of_its_own() -> None:
    model = tiny()
    features = torch.randn(42, 16, 4, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(42) % 7
    with torch.no_grad():
        model.head.slots[3, 1] = -0.1
        model.head.slots[5] = torch.tensor([-0.4, -0.3, -0.2, -0.1])
    projection = project(model.head, features, labels)
    assert len(projection.sources.unique()) == 14
    assert labels[projection.sources].tolist() == [number // 2 for number in range(14)]
    assert projection.active[3].tolist() == [True, True, True, False], "what is switched off comes last"
    assert projection.active[5].tolist() == [True, False, False, False], "the last part of a prototype stays"
    answer = model.head(features[projection.sources])
    own = answer.similarities.diagonal()
    assert torch.allclose(own, projection.own) and (own > 4 - 1e-4).sum() >= 7 and own.max() <= 4 + 1e-4
    assert (own[projection.active.all(1)] > 4 - 1e-4).all(), "the matching walks the way that the parts were chosen"
    assert torch.equal(answer.similarities.argmax(0), torch.arange(14)), "no other picture is nearer than its source"
    chosen = features.flatten(2)[projection.sources[0]][:, projection.patches[0]].half().float()
    assert torch.equal(model.head.prototypes[0], chosen), "a part is the raw feature of its patch"
    assert not model.head.prototypes[3, :, 3].any(), "a part that is switched off is zero"
    assert (projection.nearest != projection.sources[:, None]).all()
    assert (projection.nearest_similarities.diff(dim=1) <= 0).all()


def test_a_projection_is_read_anew_from_the_same_patches() -> None:
    head = tiny().head
    features = torch.randn(42, 16, 4, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(42) % 7
    first = project(head, features, labels)
    moved = features + 0.3 * torch.randn(features.shape, generator=torch.Generator().manual_seed(1))
    second = project(head, moved, labels, first)
    assert torch.equal(first.sources, second.sources) and torch.equal(first.patches, second.patches)
    assert torch.equal(head.prototypes[4], moved.flatten(2)[second.sources[4]][:, second.patches[4]].half().float())


def test_projection_says_when_a_class_has_too_few_pictures() -> None:
    with pytest.raises(ValueError, match=r"Baby Care: 2 prototypes .* got 1"):
        project(tiny().head, torch.randn(7, 16, 4, 4), torch.arange(7))


@pytest.mark.parametrize(("concentration", "parts"), [(3.0, [math.exp(3), math.exp(1.5)]), (0.0, [1.0, 0.5])])
def test_points_are_shared_out_as_they_grow_with_the_cosines(concentration: float, parts: list[float]) -> None:
    found = PrototypeHeadOutput(
        torch.zeros(1, 1), torch.ones(1, 1), torch.tensor([[[1.0, 0.5, 0.9]]]), torch.tensor([[[0, 3, 2]]])
    )
    network = SimpleNamespace(config=SimpleNamespace(concentration=concentration), grid=2)
    active = torch.tensor([[True, True, False]])
    model = SimpleNamespace(network=network, active=active, evidence_weights=torch.full((1, 1), 6.0).double())
    shares = ProtoVit.shares(cast("ProtoVit", model), found, torch.ones(1))
    expected = [6 * part / sum(parts) for part in parts]
    assert shares.flatten().tolist() == pytest.approx([expected[0], 0, 0, expected[1]])


def test_the_box_of_a_patch_holds_every_pixel_that_it_touches() -> None:
    assert boxes([0, 4, 8], 3, (10, 20)) == ((0, 0, 4, 7), (3, 6, 7, 14), (6, 13, 10, 20))
    assert boxes([0], 3, (2, 1)) == ((0, 0, 1, 1),), "one at least"


def test_losses_on_numbers_that_can_be_checked_by_hand() -> None:
    cosines = torch.tensor([[[0.5, 0.1], [0.2, 0.9]], [[0.3, 0.4], [-0.5, 0.0]]])  # 2 pictures, 2 prototypes, 2 parts
    classes, labels = torch.tensor([0, 1]), torch.tensor([0, 1])
    assert cluster(cosines, classes, labels).item() == pytest.approx(-(0.3 - 0.25) / 2)
    assert separation(cosines, classes, labels).item() == pytest.approx((0.55 + 0.35) / 2)
    same = torch.ones(2, 3, 2)
    assert orthogonality(same, 1).item() == pytest.approx(2.0)
    assert orthogonality(same, 2).item() == pytest.approx(0.0, abs=1e-6)
    whole = torch.tensor([1.0, 0.0])[None, :, None, None].expand(1, 2, 2, 2).clone()
    part, inside = whole.clone(), torch.tensor([[[True, True], [True, False]]])
    part[0, :, 0, 1], part[0, :, 1, 1] = torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])
    assert locality(whole, part, inside).item() == pytest.approx(1 / 3)  # the one that is not inside does not count
    whole[0, :, 0, 0] = 0
    assert locality(whole, part, inside).item() == pytest.approx(1 / 2)  # nor does one that shows nothing
    deleted = torch.tensor([[[True, True], [True, False]]])
    assert deletion(whole, part, deleted).item() == pytest.approx(1 / 2)  # one stayed what it was, one is another
    part[0, :, 1, 0] = torch.tensor([-1.0, 0.0])
    assert deletion(whole, part, deleted).item() == pytest.approx(0)  # to be the opposite is no better than unlike
    answer = torch.tensor([[0.0, math.log(3)]], requires_grad=True)  # a quarter, three quarters
    agrees = consistency(answer, answer)
    assert agrees.item() == pytest.approx(-0.25 * math.log(0.25) - 0.75 * math.log(0.75))
    assert consistency(answer, -answer).item() > agrees.item()
    agrees.backward()
    assert answer.grad is not None and answer.grad.abs().max() < 1e-6  # the whole is followed, it does not follow


def test_a_projected_prototype_stays_what_the_encoder_makes_of_its_piece() -> None:
    head = tiny().head
    encoder = torch.nn.Conv2d(3, 16, 1)
    network = torch.nn.Sequential(encoder, Reasoner(head))
    pictures = torch.rand(14, 3, 4, 4)
    patches, active = torch.tensor([[0, 1, 4, 5]] * 14), torch.ones(14, 4, dtype=torch.bool)
    active[:, 3] = False
    objective = Objective(Weights(cluster=1.0), Sources(pictures, patches, active))
    terms = objective(network.requires_grad_(False), pictures[:2], torch.eye(7)[:2])
    assert set(terms) == {"ce", "cluster"}
    expected = encoder(pictures).flatten(2)[:, :, [0, 1, 4, 5]] * active[:, None]
    assert torch.allclose(head.prototypes, expected, atol=1e-6)  # all 14, fewer than a step reads
    encoder.requires_grad_(True)
    constant = torch.zeros(2, 3, 4, 4)  # which no weight of the encoder changes: all gradients come by the prototypes
    sum(objective(network, constant, torch.eye(7)[:2]).values()).backward()
    assert encoder.weight.grad.abs().sum() > 0 and head.prototypes.grad is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": 0}, "parts must be at least 1, got 0"),
        ({"radius": 1, "parts": 5}, "at most .* = 4.* got 5"),
        ({"encoder_config": {"model_type": "nothing"}}, "got 'nothing'"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ProtoViTConfig(**changes)


@pytest.mark.parametrize(
    ("encoder", "size", "channels", "grid"),
    [
        (DeiTConfig(hidden_size=48, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64), 224, 48, 14),
        (Dinov2Config(hidden_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=56), 56, 48, 4),
        (TimmWrapperConfig(architecture="deit_tiny_patch16_224", model_args={"depth": 1}), 224, 192, 14),
        (TimmWrapperConfig(architecture="deit_small_patch16_224", model_args={"depth": 1}), 224, 384, 14),
        (TimmWrapperConfig(architecture="cait_xxs24_224", model_args={"depth": 1}), 224, 192, 14),
        (
            TimmWrapperConfig(architecture="vit_small_patch14_dinov2", model_args={"img_size": 70, "depth": 1}),
            70,
            384,
            5,
        ),
    ],
)
def test_any_vision_transformer_will_do(encoder: object, size: int, channels: int, grid: int) -> None:
    model = tiny(encoder_config=encoder)
    assert model.features(torch.rand(1, 3, size, size)).shape == (1, channels, grid, grid)
    assert model.grid == grid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model = tiny(id2label=dict(enumerate("abcdefg")), label2id={name: at for at, name in enumerate("abcdefg")})
    model.save_pretrained(tmp_path)
    ProtoViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    return tmp_path


def test_saved_and_loaded_it_answers_the_same(folder: Path) -> None:
    assert not list(folder.glob("*.bin")), "safetensors only"
    again = AutoModelForImageClassification.from_pretrained(folder)
    assert isinstance(again, ProtoViTForImageClassification)
    pictures = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        first = tiny()(pictures, labels=torch.tensor([1, 2]))
        second = again(pictures, labels=torch.tensor([1, 2]))
    assert torch.equal(first.logits, second.logits) and first.loss == second.loss > 0


def test_it_serves_in_a_pipeline(folder: Path) -> None:
    processor = AutoImageProcessor.from_pretrained(folder)
    assert isinstance(processor, ProtoViTImageProcessor)
    model = AutoModelForImageClassification.from_pretrained(folder)
    answer = pipeline("image-classification", model=model, image_processor=processor, top_k=7)(
        Image.new("RGB", (50, 40), "red")
    )
    assert sorted(row["label"] for row in answer) == list("abcdefg")
    assert sum(row["score"] for row in answer) == pytest.approx(1, abs=1e-5)


def test_what_is_shipped_gives_transformers_the_picture_that_the_app_gives_the_network() -> None:
    """Size, mean and spread stand in two files: one that transformers reads, one that the app reads."""
    scale = Preprocessing.from_config(json.loads((FOLDER / "protovit" / "config.json").read_text())["preprocessing"])
    processor = AutoImageProcessor.from_pretrained(FOLDER / "protovit")
    picture = Image.open(examples()[0].path).convert("RGB")
    theirs = processor(picture, return_tensors="pt")["pixel_values"]
    assert theirs.shape == (1, 3, scale.size, scale.size)
    assert (theirs - scale(picture)).abs().mean() < 0.01


def test_gradients_reach_the_prototypes_and_the_encoder() -> None:
    model = tiny().train()
    model(torch.rand(2, 3, 32, 32), labels=torch.tensor([0, 1])).loss.backward()
    assert model.head.prototypes.grad.abs().sum() > 0
    assert next(model.encoder.parameters()).grad.abs().sum() > 0
