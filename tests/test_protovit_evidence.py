"""What ProtoViT's training makes of the places that a visitor is shown."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import cast

import pytest
import torch
from torch import nn

from models.protovit import ProtoViTConfig
from models.protovit.modeling import PrototypeHead, PrototypeHeadOutput
from models.vision.protovit import ProtoVit
from training.protovit import evidence, terms
from training.protovit.alterations import Alone, blend_away
from training.protovit.recipe import RECIPE
from training.protovit.teaching import teach

pytestmark = pytest.mark.no_cover


def head() -> PrototypeHead:
    """Two classes of three prototypes, each of two parts that are two of the axes."""
    config = ProtoViTConfig(prototypes_per_class=3, parts=2, concentration=3.0, num_labels=2)
    made = PrototypeHead(config, 12)
    with torch.no_grad():
        made.prototypes.copy_(torch.eye(12).view(6, 2, 12).transpose(1, 2))
    return made


def features(*axes: int) -> torch.Tensor:
    """A picture (1, 12, 4, 4) whose first places are these axes, and whose others show nothing."""
    places = torch.zeros(12, 16)
    for place, axis in enumerate(axes):
        places[axis, place] = 1.0
    return places.view(1, 12, 4, 4)


def test_what_is_shown_are_the_best_prototypes_of_the_answer_and_their_places() -> None:
    reading = head()
    picture = features(8, 9, 10)  # the second prototype of the second class wholly, half of the third
    shown = evidence.shown(reading, reading(picture), 2, 16)
    assert shown.prototypes.tolist() == [[4, 5]]
    assert {0, 1, 2} <= set(shown.places[0].nonzero()[:, 0].tolist())
    with torch.no_grad():
        reading.slots[5, 1] = -1.0
    assert evidence.shown(reading, reading(picture), 2, 16).parts.tolist() == [[[True, True], [True, False]]]


def test_a_part_that_is_switched_off_receives_no_evidence() -> None:
    """Each part of each prototype lies at a place of its own, and is as like it as the others."""
    reading = head()
    with torch.no_grad():
        reading.slots[5, 1] = -1.0
    cosines = torch.full((1, 6, 2), 0.5)
    similarities = reading.similarities(cosines).detach()
    weights = reading.evidence().detach()
    found = PrototypeHeadOutput(similarities @ weights.T, similarities, cosines, torch.arange(12).view(1, 6, 2))
    network = SimpleNamespace(config=SimpleNamespace(concentration=3.0), grid=4)
    active = reading.slot_weights() > 0.5
    model = SimpleNamespace(network=network, active=active, evidence_weights=weights.double())
    shares = ProtoVit.shares(cast("ProtoVit", model), found, torch.tensor([0.0, 1.0])).flatten()
    points = float(weights[1, 5] * similarities[0, 5])
    assert points > 1 and float(shares[11]) == 0
    assert shares.tolist() == pytest.approx([0] * 6 + [points / 2] * 4 + [points] + [0] * 5)
    assert float(shares.sum()) == pytest.approx(float(found.logits[0, 1]))


def test_as_many_other_places_as_are_shown() -> None:
    shown = torch.zeros(2, 16, dtype=torch.bool)
    shown[:, :5] = True
    textured = torch.ones(2, 4, 4, dtype=torch.bool)
    textured[1] = False
    textured[1, 0] = textured[1, 1] = True  # eight places, of which five are shown
    found = evidence.others(shown, textured)
    assert found.sum(1).tolist() == [5, 3]
    assert not (found & shown).any() and not (found & ~textured.flatten(1)).any()


@pytest.mark.parametrize(("moved", "surprised"), [(False, False), (True, True)])
def test_a_part_should_be_found_where_the_crop_has_moved_it(moved: bool, surprised: bool) -> None:
    """The centre of the picture, at twice its size: the second place of a side is then the first and the second."""
    cosines = torch.full((1, 6, 2, 16), -1.0)
    there = torch.tensor([[15, 14]] if moved else [[0, 5]])
    cosines[0, 4].scatter_(1, there.T, 1.0)
    shown = evidence.Shown(torch.tensor([[4]]), torch.ones(1, 1, 2, dtype=torch.bool), torch.ones(1, 16).bool())
    patches = torch.zeros(1, 6, 2, dtype=torch.int64)
    patches[0, 4] = torch.tensor([5, 5])  # 0.375 of each side: at 0.25 of the crop's, between its first two places
    found = evidence.equivariance(cosines, patches, shown, torch.tensor([[0.25, 0.25, 0.75, 0.75]]))
    assert (float(found) > 16) == surprised


def test_a_part_that_the_crop_has_lost_does_not_count() -> None:
    shown = evidence.Shown(torch.tensor([[0]]), torch.ones(1, 1, 2, dtype=torch.bool), torch.ones(1, 16).bool())
    patches = torch.zeros(1, 6, 2, dtype=torch.int64)  # the corner
    found = evidence.equivariance(torch.rand(1, 6, 2, 16), patches, shown, torch.tensor([[0.5, 0.5, 1.0, 1.0]]))
    assert float(found) == 0.0


def test_an_undecided_answer_is_what_abstention_asks() -> None:
    even, sure = torch.zeros(2, 7), 5 * torch.eye(7)[:2]
    assert float(terms.abstention(even)) == pytest.approx(math.log(7))
    assert float(terms.abstention(sure)) > math.log(7) + 1


def test_what_is_left_should_not_give_the_answer_back() -> None:
    """Less is asked the less probable the answer is, also below an even share; logits may be large."""
    logits = torch.tensor([[0.0] * 7, [2.0] + [0.0] * 6, [-2.0] + [0.0] * 6, [80.0] + [0.0] * 6])
    found = [float(terms.necessity(row[None], torch.tensor([0]))) for row in logits]
    assert found[0] == pytest.approx(math.log(7 / 6))
    assert found[1] == pytest.approx(-math.log(1 - float(logits[1].softmax(0)[0])), rel=1e-4)
    assert found[2] < found[0] < found[1] < found[3] and math.isfinite(found[3])


def test_all_but_the_places_is_blended_away() -> None:
    pixels = torch.rand(1, 3, 8, 8)
    missing = torch.ones(1, 4, 4, dtype=torch.bool)
    missing[0, 1, 2] = False
    left = blend_away(pixels, missing)
    assert torch.equal(left[..., 2:4, 4:6], pixels[..., 2:4, 4:6])
    assert (left != pixels).any(1)[0].float().mean() > 0.8


def test_the_network_sees_the_places_alone() -> None:
    class Stem(nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels

    pixels = torch.rand(3, 3, 24, 24)
    places = torch.zeros(1, 36, dtype=torch.bool)
    places[0, 7] = True
    seen = Alone(pixels, Stem(), RECIPE, bf16=False)(torch.tensor([2]), places)  # type: ignore[arg-type]
    there = RECIPE.preprocessing.normalise(pixels[2:3])[..., 4:8, 4:8]
    assert torch.allclose(seen[..., 4:8, 4:8], there, atol=1e-6) and not torch.allclose(seen[..., :4, :4], there)


def test_the_teacher_answers_for_pictures_that_it_has_not_learnt_from() -> None:
    """Tokens that say nothing: a head that had seen a label would be sure of it."""
    torch.manual_seed(0)
    labels = torch.arange(7).repeat(20)
    own, pool = torch.rand(140, 9, 1, 1), torch.rand(3, 9, 1, 1)
    lessons = teach(nn.Flatten(), own, labels, pool, taught=0.25)
    assert lessons.targets.shape == (140, 7) and lessons.pool.shape == (3, 7)
    assert torch.allclose(lessons.targets.sum(1), torch.ones(140), atol=1e-5)
    assert (lessons.targets.argmax(1) == labels).all()
    said = (lessons.targets - 0.75 * torch.nn.functional.one_hot(labels, 7)) / 0.25
    assert (said.argmax(1) == labels).float().mean() < 0.4
