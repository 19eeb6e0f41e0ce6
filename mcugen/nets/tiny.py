"""The nets of MLPerf Tiny besides its MobileNetV1 (arXiv 2106.07597), with the sizes of the reference models.

Batch norm stands where they have it; their dropout, which quantization never sees, is left out. DS-CNN averages over
its whole map, of which the reference leaves out the last row.
"""

from __future__ import annotations

from mcugen.diagnostics import McugenError
from mcugen.nets.builder import Builder
from mcugen.nets.layers import Activation, Kind

_DS_CNN_CHANNELS = 64
_DS_CNN_BLOCKS = 4
_RESNET8_STAGES = ((16, 1), (32, 2), (64, 2))
_AUTOENCODER_CHANNELS = (128, 128, 128, 128, 8, 128, 128, 128, 128)


def ds_cnn(net: Builder) -> None:
    """Keyword spotting: a convolution of 10x4 and four separable ones (arXiv 1711.07128, the small one)."""
    channels = net.depth(_DS_CNN_CHANNELS)
    net.layer(Kind.CONV, channels, kernel=(10, 4), stride=2, activation=Activation.RELU)
    net.end("stem")
    for number in range(1, _DS_CNN_BLOCKS + 1):
        net.layer(Kind.DEPTHWISE, channels, kernel=3, activation=Activation.RELU)
        net.layer(Kind.POINTWISE, channels, activation=Activation.RELU)
        net.end(f"block{number}")
    net.classifier()


def resnet8(net: Builder) -> None:
    """Image classification: three residual blocks, the shortcuts of the last two convolutions of 1x1."""
    net.layer(Kind.CONV, net.depth(_RESNET8_STAGES[0][0]), kernel=3, activation=Activation.RELU)
    net.end("stem")
    for number, (channels, stride) in enumerate(_RESNET8_STAGES, 1):
        net.layer(Kind.CONV, net.depth(channels), kernel=3, stride=stride, activation=Activation.RELU)
        net.layer(Kind.CONV, net.depth(channels), kernel=3)
        net.end(f"block{number}", residual=True, activation=Activation.RELU)
    net.classifier()


def fc_autoencoder(net: Builder) -> None:
    """Anomaly detection: a vector through eight channels and back; its dense layers are pointwise ones on one pixel.

    Raises McugenError for an image of more than one pixel.
    """
    if (net.height, net.width) != (1, 1):
        raise McugenError(
            f"fc_autoencoder reads a vector, not {net.height} x {net.width} pixels",
            "size 1, and the length of the vector as channels",
        )
    for number, channels in enumerate(_AUTOENCODER_CHANNELS, 1):
        net.layer(Kind.POINTWISE, net.depth(channels), activation=Activation.RELU)
        net.end(f"block{number}")
    net.layer(Kind.POINTWISE, net.num_classes, normalized=False)
    net.end("reconstruction")
