"""Train MobileNetV1 alpha 0.25 on Fashion-MNIST at 32x32x1 and write it as float ONNX, batch norm folded.

The network is the one of arXiv 1704.04861 in its Keras form (ReLU6, channels int(c * alpha), logits from a
fully connected layer after global average pooling), except that padding is torch's symmetric (1, 1).
The last epoch is what gets exported: test accuracy is only logged, never used to choose anything.
"""

import argparse
import copy
import csv
import math
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from dataset import BORDER, DEFAULT_ROOT, LABELS, load, network_input
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

HERE = Path(__file__).resolve().parent
SIZE = 32
SHIFT = 2  # random translation of at most this many pixels in each direction
# (output channels before alpha, stride) of the thirteen depthwise separable blocks
BLOCKS = (
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
)


def conv_bn_relu6(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, batch norm, ReLU6: (N, inputs, H, W) -> (N, outputs, H/stride, W/stride)."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


class MobileNetV1(nn.Module):
    """MobileNetV1: float (N, 1, 32, 32) with pixels in [0, 1] -> logits float (N, classes)."""

    def __init__(self, alpha: float = 0.25, classes: int = len(LABELS)) -> None:
        super().__init__()
        channels = int(32 * alpha)
        layers = [conv_bn_relu6(1, channels, 3, stride=2)]
        for base, stride in BLOCKS:
            outputs = int(base * alpha)
            layers.append(conv_bn_relu6(channels, channels, 3, stride, groups=channels))
            layers.append(conv_bn_relu6(channels, outputs, 1))
            channels = outputs
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out" if module.groups == 1 else "fan_in")

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Map images (N, 1, 32, 32) to logits (N, classes)."""
        return self.classifier(torch.flatten(self.pool(self.features(images)), 1))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """Split parameters so that only pointwise, full convolution and classifier weights decay.

    Depthwise filters have few weights and are not decayed (arXiv 1704.04861, section 3.2), nor are batch
    norm parameters and biases.
    """
    decayed, kept = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            depthwise = isinstance(module, nn.Conv2d) and module.groups > 1
            decays = name == "weight" and isinstance(module, nn.Conv2d | nn.Linear) and not depthwise
            (decayed if decays else kept).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": kept, "weight_decay": 0.0}]


def augment(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Shift and mirror at random: uint8 (N, 36, 36) zero-bordered -> float (N, 1, 32, 32) in [0, 1].

    Each image gets its own crop offset (0 to 4 pixels on each axis, 2 being the centre) and is flipped left
    to right with probability 1/2.
    """
    count = len(images)
    offset = torch.randint(0, 2 * SHIFT + 1, (2, count, 1), generator=generator)
    flip = torch.rand(count, 1, generator=generator) < 0.5
    span = torch.arange(SIZE)
    rows = span + offset[0]
    columns = torch.where(flip, span.flip(0), span) + offset[1]
    crops = images[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return crops.unsqueeze(1).float() / 255


def learning_rate(step: int, steps: int, warmup: int) -> float:
    """Learning rate factor at `step`: linear over `warmup` steps, then a half cosine down to 0 at `steps`."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))


@torch.inference_mode()
def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, batch: int = 500) -> float:
    """Top-1 accuracy in [0, 1] over images (N, 1, 32, 32) and labels (N,), in evaluation mode."""
    model.eval()
    batches = zip(images.split(batch), labels.split(batch), strict=True)
    return sum(int((model(x).argmax(1) == y).sum()) for x, y in batches) / len(labels)


def train(model: nn.Module, args: argparse.Namespace) -> float:
    """Train `model` in place, write one CSV row per epoch to `args.log`, return the last test accuracy."""
    images, labels = (torch.from_numpy(np.array(a)) for a in load("train", args.data))
    images = nn.functional.pad(images, (BORDER + SHIFT,) * 4)
    test_pixels, test_labels = load("t10k", args.data)
    test_images, test_labels = torch.from_numpy(network_input(test_pixels)), torch.from_numpy(test_labels)

    generator = torch.Generator().manual_seed(args.seed)
    steps_per_epoch = len(labels) // args.batch
    steps = steps_per_epoch * args.epochs
    groups = parameter_groups(model, args.weight_decay)
    optimizer = torch.optim.SGD(groups, lr=args.lr, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: learning_rate(step, steps, warmup=steps_per_epoch),
    )
    score = 0.0
    with open(args.log, "w", newline="") as stream:
        log = csv.writer(stream, lineterminator="\n")
        log.writerow(["epoch", "loss", "accuracy"])
        for epoch in range(1, args.epochs + 1):
            model.train()
            total, start = 0.0, time.perf_counter()
            order = torch.randperm(len(labels), generator=generator)[: steps_per_epoch * args.batch]
            for index in order.split(args.batch):
                loss = nn.functional.cross_entropy(model(augment(images[index], generator)), labels[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += loss.item()
            score = accuracy(model, test_images, test_labels)
            log.writerow([epoch, f"{total / steps_per_epoch:.4f}", f"{score:.4f}"])
            stream.flush()
            seconds = time.perf_counter() - start
            print(
                f"epoch {epoch}: loss {total / steps_per_epoch:.4f} test {score:.4f} {seconds:.1f} s",
                flush=True,
            )
    return score


def fold_batch_norm(model: MobileNetV1) -> MobileNetV1:
    """Return a copy in evaluation mode whose convolutions carry a bias and whose batch norms are gone."""
    folded = copy.deepcopy(model).eval()
    for index, (conv, norm, activation) in enumerate(folded.features):
        folded.features[index] = nn.Sequential(fuse_conv_bn_eval(conv, norm), activation)
    return folded


def export(model: MobileNetV1, path: Path) -> None:
    """Write `model` as float ONNX (opset 17), input `input` (1, 1, 32, 32), output `logits` (1, classes)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            fold_batch_norm(model),
            (torch.zeros(1, 1, SIZE, SIZE),),
            path,
            input_names=["input"],
            output_names=["logits"],
            opset_version=17,
            dynamo=False,
        )


def main() -> None:
    """Train with the arguments of the command line, then export."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_ROOT, help="folder of the four IDX files")
    parser.add_argument("--output", type=Path, default=HERE / "float.onnx", help="float model to write")
    parser.add_argument("--log", type=Path, default=HERE / "train.log", help="CSV log to write")
    parser.add_argument("--alpha", type=float, default=0.25)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=0.1)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    model = MobileNetV1(args.alpha).to(memory_format=torch.channels_last)
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    score = train(model, args)
    export(model, args.output)
    print(f"float test accuracy {score:.4f}, wrote {args.output}")


if __name__ == "__main__":
    main()
