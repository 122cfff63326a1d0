"""Training pictures that stay on the device and are varied there, a batch at a time: a GPU would wait for Pillow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import affine_grid, grid_sample

from models.vision.preprocessing import Preprocessing
from training.vision.data import Augmentation, Augmented
from training.vision.distributed import DEVICE

ASPECT = 0.28  # natural logarithm of the largest ratio of a crop's sides, in relation to the picture's


class DevicePictures:
    """Pictures and their variations: a random crop at the size of the input, at times mirrored, and a change of
    brightness, contrast and colour.

    Args:
        images: all of one size, at least that of the input.
        preprocessing: that of the model.
        augmentation: how each is varied; RandAugment and erasing stay out.
    """

    def __init__(self, images: Sequence[Image.Image], preprocessing: Preprocessing, augmentation: Augmentation) -> None:
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        pictures = [torch.from_numpy(np.array(image)) for image in images]
        self.originals = torch.stack(pictures).permute(0, 3, 1, 2).to(DEVICE)

    @classmethod
    def of(cls, pictures: Augmented) -> DevicePictures:
        """Training pictures, varied on the device instead."""
        return cls(pictures.images, pictures.preprocessing, pictures.augmentation)

    def pixels(self, rows: torch.Tensor) -> torch.Tensor:
        """Those pictures, each varied in its own way: (B, 3, S, S) float32 on the device, normalised."""
        size = self.preprocessing.size
        originals = self.originals[rows.to(DEVICE)].float() / 255
        crops = _crops(len(rows), self.augmentation.crop).to(DEVICE)
        with torch.autocast(DEVICE.type, enabled=False):  # bfloat16 would move a place by up to half a pixel
            grid = affine_grid(crops, [len(rows), 3, size, size], False)
            varied = grid_sample(originals, grid, padding_mode="border", align_corners=False)
        changes = 1 + self.augmentation.colour * (2 * torch.rand(3, len(rows), 1, 1, 1) - 1)
        return self.preprocessing.normalise(_coloured(varied, changes.to(DEVICE)))


def _crops(count: int, smallest: float) -> torch.Tensor:
    """Affine maps (N, 2, 3) from a square, -1..1 each way, to a crop of at least that share of its area; about every
    other one is mirrored.
    """
    area = smallest + (1 - smallest) * torch.rand(count)
    aspect = torch.exp(ASPECT * (2 * torch.rand(count) - 1))
    sides = torch.stack([area * aspect, area / aspect], 1).sqrt().clamp(max=1)
    centres = (1 - sides) * (2 * torch.rand(count, 2) - 1)
    mirrored = 1 - 2 * torch.randint(2, (count,))
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0], maps[:, 1, 1], maps[:, :, 2] = mirrored * sides[:, 0], sides[:, 1], centres
    return maps


def _coloured(pixels: torch.Tensor, changes: torch.Tensor) -> torch.Tensor:
    """Pictures (B, 3, S, S) in 0..1, brightness, contrast and saturation of each times ``changes`` (3, B, 1, 1, 1)."""
    brightness, contrast, saturation = changes
    pixels = brightness * pixels
    mean = pixels.mean((1, 2, 3), keepdim=True)
    pixels = mean + contrast * (pixels - mean)
    grey = pixels.mean(1, keepdim=True)
    return (grey + saturation * (pixels - grey)).clamp(0, 1)
