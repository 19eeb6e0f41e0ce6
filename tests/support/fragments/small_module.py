"""A module of one's own, images to calibrate it with, and pixels with their classes."""

import numpy as np
import torch

module = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 3, stride=2, padding=1),
    torch.nn.BatchNorm2d(8),
    torch.nn.ReLU(),
    torch.nn.AdaptiveAvgPool2d(1),
    torch.nn.Flatten(),
    torch.nn.Linear(8, 2),
).eval()
calibration_batches = [torch.rand(4, 1, 32, 32) for _ in range(4)]
images = np.random.default_rng(0).integers(0, 256, (40, 32, 32), np.uint8)
labels = np.arange(40) % 2
