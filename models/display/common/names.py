"""Models and categories as the reader knows them."""

from __future__ import annotations

import re

from models.texts import Texts

CPU = re.compile(r"(?P<kind>\S+) CPU(?P<half> with bf16)?, (?P<threads>\d+) threads")  # as a training writes it
GPU = re.compile(r"(?P<kind>.+) GPU")


def model_name(name: str, texts: Texts) -> str:
    """A shipped model's name in the reader's language."""
    return texts(f"images.models.{name}")


def class_name(name: str, texts: Texts) -> str:
    """A category in the reader's language."""
    return texts(f"images.classes.{name}")


def machine_name(written: str, texts: Texts) -> str:
    """A machine as a training wrote it down, in the reader's language: ``x86_64 CPU with bf16, 2 threads``."""
    if gpu := GPU.fullmatch(written):
        return texts("results.machine.gpu", kind=gpu["kind"])
    found = CPU.fullmatch(written)
    if found is None:
        return written
    kind = "cpu_bf16" if found["half"] else "cpu"
    return texts.count(f"results.machine.{kind}", int(found["threads"]), kind=found["kind"])
