"""Modules of users that the tests of torch quantize: small, untrained, with every operator that has a row."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Classifier(nn.Module):
    """A residual net with its operators as modules, as functions and as methods."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6())
        self.depthwise = nn.Conv2d(8, 8, 3, padding="same", groups=8)
        self.pointwise = nn.Sequential(nn.Conv2d(8, 12, 1), nn.ReLU(inplace=True))
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout()
        self.head = nn.Linear(12, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        stem = self.stem(image)
        total = torch.relu(stem + self.depthwise(stem))
        features = self.pool(functional.pad(self.pointwise(total), (1, 0, 0, 1)))
        return torch.softmax(self.head(self.drop(self.average(features).flatten(1))), dim=-1)


class Pools(nn.Module):
    """Averages over windows and axes, clamps, a view of a map."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, (3, 2), stride=(2, 1))
        self.head = nn.Linear(4 * 2 * 3, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.conv(image).clamp(-0.4, 0.5)
        features = functional.avg_pool2d(features, 3, stride=1, padding=1)
        features = functional.max_pool2d(features, (3, 4), stride=(3, 5))
        return self.head(features.reshape(features.size(0), -1)).clamp_min(-1.0)


class Means(nn.Module):
    """A mean without pooling modules, then a linear layer without bias."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 6, 3)
        self.head = nn.Linear(6, 4, bias=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(functional.relu(self.conv(image)).mean((2, 3)))


class Functions(nn.Module):
    """Every function of one value, on maps of a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv2d(2, 2, 1) for _ in range(6))
        self.functions = nn.ModuleList(
            [nn.Hardswish(inplace=True), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.LeakyReLU(0.2), nn.ELU(0.7)]
        )

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for convolution, function in zip(self.convolutions, self.functions, strict=True):
            image = function(convolution(image))
        return image


class Smooth(nn.Module):
    """Functions of one value that ONNX has in parts or has lately, and arithmetic that makes some."""

    def __init__(self) -> None:
        super().__init__()
        self.functions = nn.ModuleList(
            [nn.GELU(), nn.GELU(approximate="tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(), nn.SELU(), nn.CELU(0.7)]
        )
        self.convolutions = nn.ModuleList(nn.Conv2d(2, 2, 1) for _ in self.functions)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        for convolution, function in zip(self.convolutions, self.functions, strict=True):
            image = function(convolution(image) * 2)
        return torch.erf(image) ** 2 - torch.exp(-image.abs())


class Attended(nn.Module):
    """Attention of channels and of places (CBAM), maxima along one axis, of all and of two, unit length at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.place = nn.Conv2d(2, 6, 3), nn.Conv2d(2, 1, 3, padding=1)
        self.squeeze = nn.Sequential(nn.Conv2d(6, 4, 1), nn.ReLU(), nn.Conv2d(4, 6, 1))
        self.head = nn.Linear(6, 5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.stem(image)
        weights = self.squeeze(functional.adaptive_avg_pool2d(features, 1)) + self.squeeze(
            features.amax((2, 3), keepdim=True)
        )
        features = features * torch.sigmoid(weights)
        places = torch.cat([features.mean(1, keepdim=True), features.max(1, keepdim=True)[0]], dim=1)
        features = features * torch.sigmoid(self.place(places)) + places[:, :1]
        features = torch.min(features, torch.max(features, places[:, 1:]) - 0.1)
        return functional.normalize(self.head(features.max(3).values.min(2)[0]))


class Excited(nn.Module):
    """Squeeze and excite, products, differences, maxima, a slope for each channel, groups and dilation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 6, 3, padding=2, dilation=2)
        self.squeeze = nn.Conv2d(6, 6, 1)
        self.slope = nn.PReLU(6)
        self.grouped = nn.Conv2d(6, 4, 3, groups=2)
        with torch.no_grad():
            self.slope.weight.uniform_(-0.5, 0.5)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        stem = self.slope(self.stem((image - 0.4) * 2))
        excited = stem * functional.hardsigmoid(self.squeeze(functional.adaptive_avg_pool2d(stem, 1)))
        features = self.grouped(torch.maximum(stem, excited) - excited)
        return torch.minimum(1 - features / 0.7, features)


class Pyramid(nn.Module):
    """Parts of maps, maps put together, both ways to resize, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 8, 3, padding=1)
        self.down = nn.Conv2d(4, 5, 3, stride=2, padding=1)
        self.head = nn.Conv2d(12, 3, 1)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        left, right = self.stem(image).chunk(2, dim=1)
        deep = self.down(left)
        near = functional.interpolate(deep, scale_factor=2, mode="nearest")
        first, rest = near[:, :, :9, :11].split((2, 3), dim=1)
        smooth = functional.interpolate(deep, size=(9, 11), mode="bilinear")
        return self.head(torch.cat([first, right, smooth, rest[:, 1:2]], dim=1)), deep


class Blocks(nn.Module):
    """Transposed convolutions, pixels that become channels and back, a maximum and a sum over height and width."""

    def __init__(self) -> None:
        super().__init__()
        self.grow = nn.Sequential(
            nn.ConvTranspose2d(2, 6, 3, stride=2, padding=1, output_padding=(1, 0)), nn.BatchNorm2d(6), nn.ReLU()
        )
        self.grouped = nn.ConvTranspose2d(6, 4, (2, 3), stride=(1, 2), groups=2)
        self.mix = nn.Conv2d(16, 8, 1)
        self.head = nn.Linear(2, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        deep = functional.pixel_unshuffle(self.grouped(self.grow(image))[:, :, :18, :40], 2)
        wide = functional.pixel_shuffle(self.mix(deep), 2)
        return self.head(wide.amax((2, 3)) - wide.sum(3).sum(2) / 700)


class Positions(nn.Module):
    """Linear layers at every position: of a map with channels last, of a list of positions, and of rows alone."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 6, 3)
        self.last, self.listed, self.rows = nn.Linear(6, 8), nn.Linear(8, 4, bias=False), nn.Linear(4, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = functional.relu(self.last(self.stem(image).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        positions = self.listed(features.flatten(2).transpose(1, 2))
        deep = functional.max_pool2d(positions.transpose(1, 2).reshape(-1, 4, *features.shape[2:]), 2)
        return self.rows(deep.permute(0, 2, 3, 1).reshape(-1, 4))


class Shuffled(nn.Module):
    """Groups of channels that change places, the least value of each, logarithms of softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.grouped = nn.Conv2d(2, 6, 3), nn.Conv2d(6, 12, 1, groups=3)
        self.depthwise, self.head = nn.Conv2d(12, 12, 3, groups=12), nn.Linear(12, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = functional.relu(self.grouped(self.stem(image)))
        _, channels, height, width = features.shape
        groups = features.view(-1, 3, channels // 3, height, width).transpose(1, 2)
        features = self.depthwise(groups.reshape(-1, channels, height, width))
        return functional.log_softmax(self.head(features.amin((2, 3))), dim=1)


class Segments(nn.Module):
    """Ends with the number of the class at every position."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 5, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.conv(image).argmax(1)


class Gate(nn.Module):
    """Holds an operator that is not compiled."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        features = self.conv(image)
        return features + torch.sin(features)  # the line that messages name


def seeded(kind: type[nn.Module], seed: int = 0) -> nn.Module:
    """The module with weights of that seed, batch norm's statistics made uneven, in evaluation mode."""
    torch.manual_seed(seed)
    module = kind()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.uniform_(-0.2, 0.2)
            part.running_var.uniform_(0.3, 2.0)
            nn.init.uniform_(part.weight, 0.5, 1.5)
    return module.eval()


def images(count: int, *shape: int, seed: int = 1) -> torch.Tensor:
    """float32 [count, C, H, W] of pixels / 255, seeded."""
    pixels = torch.randint(0, 256, (count, *shape), generator=torch.Generator().manual_seed(seed))
    return pixels.float() / 255
