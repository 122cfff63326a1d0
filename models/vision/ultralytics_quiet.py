"""Ultralytics' model classes, imported without what the package does to the process that imports it.

Importing ``ultralytics`` looks hosts up on the network, writes a settings file into the home folder, prints a
banner, sets ``OMP_NUM_THREADS`` to 1, and replaces ``PIL.Image.open`` by a version that pip-installs a
package when a file is no picture. Everything that Vitrine takes from Ultralytics comes through this file,
which undoes it.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
import torch  # before Ultralytics, which would leave torch a single thread
from PIL import Image

_ENVIRONMENT = {
    "YOLO_OFFLINE": "true",  # no look-up of hosts, hence no telemetry either
    "YOLO_AUTOINSTALL": "false",
    "YOLO_VERBOSE": "false",
}


@contextmanager
def _undone(settings: str) -> Iterator[None]:
    """Puts back what an import of Ultralytics replaces in the environment and in other packages.

    Args:
        settings: folder for the file that it insists on writing.
    """
    environment = dict(os.environ)
    image_open, torch_save = Image.open, torch.save
    cv2_functions = cv2.imread, cv2.imwrite, cv2.imshow
    cv2_threads, numpy_options = cv2.getNumThreads(), np.get_printoptions()
    os.environ.update(_ENVIRONMENT, YOLO_CONFIG_DIR=settings)
    try:
        yield
    finally:
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)
        Image.open, torch.save = image_open, torch_save
        cv2.imread, cv2.imwrite, cv2.imshow = cv2_functions
        cv2.setNumThreads(cv2_threads)
        torch.set_printoptions(profile="default")
        np.set_printoptions(**numpy_options)


# gone as soon as it has been imported: a process that is killed tidies up nothing
with tempfile.TemporaryDirectory(prefix="vitrine-ultralytics-") as folder, _undone(folder):
    from ultralytics.nn.tasks import ClassificationModel
    from ultralytics.utils import SETTINGS

dict.update(SETTINGS, sync=False)  # in memory only: its own ``update`` writes the file
logging.getLogger("ultralytics").setLevel(logging.ERROR)


def yolov8_classifier(size: str, classes: int) -> Any:
    """An untrained YOLOv8 classifier, built from the description that Ultralytics ships.

    Args:
        size: scale of the network, one of n, s, m, l, x.
        classes: outputs of its last layer.

    Returns:
        ``ClassificationModel``: (B, 3, H, W) in 0..1 -> (B, classes) logits in training, (probabilities,
        logits) otherwise; ``model.model`` is a chain of layers whose last one is the head.
    """
    return ClassificationModel(f"yolov8{size}-cls.yaml", nc=classes, verbose=False)
