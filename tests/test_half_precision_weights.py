"""Weights kept in float16 answer as the same weights in float32 do, and take half the memory."""

from __future__ import annotations

import torch
from torch import nn

from models.protovit import ProtoViTConfig, ProtoViTForImageClassification
from models.vision import weights
from models.vision.half_precision_weights import keep_half
from models.vision.protovit import ProtoVit


def held(network: nn.Module) -> int:
    """Bytes of the parameters."""
    return sum(tensor.numel() * tensor.element_size() for tensor in network.parameters())


def test_numbers_from_float16_stay_what_they_are() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(32), nn.Linear(32, 64), nn.GELU(), nn.Linear(64, 8)).half().float()
    inputs = torch.randn(5, 32)
    with torch.no_grad():
        before, bytes_before = network(inputs), held(network)
        keep_half(network)
        assert torch.equal(network(inputs), before)
    assert network[1].weight.dtype == torch.float32 and not network[1].weight.requires_grad
    matrices = 4 * (32 * 64 + 64 * 8)
    assert held(network) == bytes_before - matrices // 2


def test_the_shipped_protovit_reasons_exactly_as_in_full_precision() -> None:
    model = ProtoVit.load()
    config, state = weights.read("protovit")
    full = ProtoViTForImageClassification(ProtoViTConfig.from_dict(config))
    full.load_state_dict(state)
    inputs = torch.randn(2, 3, 192, 192, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = full.eval()(inputs)
    found = model.forward(inputs)
    assert torch.equal(found.similarities, expected.similarities) and torch.equal(found.patches, expected.patches)
    assert held(model.network) < 0.6 * held(full)
