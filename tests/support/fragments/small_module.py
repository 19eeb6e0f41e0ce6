"""A module of one's own, and images to calibrate it with."""

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
