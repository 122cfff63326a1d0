"""A training shared out over several processes is the training of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from training.vision import distributed

pytestmark = [pytest.mark.slow, pytest.mark.no_cover]  # what is tested here is training

PROGRAM = """
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from training.vision.fine_tune import Checkpoint, Schedule, TrainingData, fine_tune
from training.vision.distributed import STATE

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
inputs, labels = torch.randn(12, 4), torch.randint(2, (12,))


class Batches:
    def __len__(self):
        return 3

    def epoch(self, number):
        torch.manual_seed(number)
        for rows in torch.randperm(12).split(4):
            yield inputs[rows], torch.nn.functional.one_hot(labels[rows], 2).float()


out = Path(sys.argv[1])
schedule = Schedule(epochs=4, patience=4, warmup=1, weight_decay=0.01, smoothing=0, average=0.9)
data, checkpoint = TrainingData(Batches(), (inputs, labels)), Checkpoint(out / "checkpoint.safetensors")
fine_tune(network, [(network, 0.05)], data, schedule, checkpoint)
save_file(network.state_dict(), out / f"{STATE.process_index}-of-{STATE.num_processes}.safetensors")
"""


def train(folder: Path, *launcher: str) -> None:
    program = folder / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *launcher, program, folder], check=True, env=environment, timeout=240)


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    """Started by torch's launcher, as ``accelerate launch`` does where there are several GPUs."""
    train(tmp_path)
    train(tmp_path, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2")
    alone, first, second = (load_file(tmp_path / f"{name}.safetensors") for name in ("0-of-1", "0-of-2", "1-of-2"))
    for name, tensor in alone.items():
        assert torch.equal(first[name], second[name])
        assert torch.allclose(tensor, first[name], atol=1e-5)
    assert {path.suffix for path in tmp_path.iterdir()} == {".py", ".safetensors"}


def test_a_batch_is_shared_evenly_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    class Two:
        num_processes, process_index = 2, 1

    monkeypatch.setattr(distributed, "STATE", Two)
    assert distributed.share(torch.arange(6)).tolist() == [1, 3, 5]
    with pytest.raises(ValueError, match="multiple of the 2 processes, got 5"):
        distributed.share(torch.arange(5))
