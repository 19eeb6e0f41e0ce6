"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels become channels and back.

SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND have no meaning of their own here: `frontend.tflite.dilation` joins them to the
convolution between them.
"""

from __future__ import annotations

from collections.abc import Sequence

import tflite

from mcugen.frontend.blocks import gather_blocks, require_block, spread_blocks
from mcugen.frontend.tflite.model import FileOperator
from mcugen.frontend.tflite.network import Network, OperatorLowering
from mcugen.frontend.tflite.operators.handler import Handler
from mcugen.frontend.tflite.operators.moves import require_one_quantization
from mcugen.frontend.tflite.operators.window import map_and_output
from mcugen.frontend.tflite.reader import OptionFields
from mcugen.ir import Operator, Tensor


def _block(operator: FileOperator, deep: Tensor, wide: Tensor) -> int:
    """The size of the blocks, which makes (H, W, C) of `wide` (H / size, W / size, C * size * size) of `deep`."""
    size = operator.integer("BlockSize")
    height, width, channels = deep.shape
    if size < 1 or (height * size, width * size, channels) != (*wide.shape[:2], wide.channels * size * size):
        raise operator.damaged(f"blocks of {size} do not lie between {wide.shape} and {deep.shape}")
    require_block(size, operator.unsupported)
    return size


def _space_to_depth(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map in blocks of any size."""
    source, output = map_and_output(network, operator)
    require_one_quantization(operator, source, output)
    size = _block(operator, output, source)
    return gather_blocks(OperatorLowering(network, operator, output), source, output, size)


def _depth_to_space(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Of a map in blocks of any size."""
    source, output = map_and_output(network, operator)
    require_one_quantization(operator, source, output)
    size = _block(operator, source, output)
    return spread_blocks(OperatorLowering(network, operator, output), source, output, (size, size))


def _of_images(network: Network, operator: FileOperator) -> Sequence[Operator]:
    """Around a convolution of stride 1 and VALID padding, as the spelling of a dilated one."""
    raise operator.unsupported(
        "stands alone; supported is SPACE_TO_BATCH_ND, one convolution of stride 1 and VALID padding, and"
        " BATCH_TO_SPACE_ND of the same block, which together are a dilated convolution",
        "give the convolution a dilation instead",
    )


SPACE_TO_DEPTH = Handler(
    _space_to_depth,
    OptionFields(tflite.SpaceToDepthOptions, tflite.BuiltinOptions.SpaceToDepthOptions, ("BlockSize",)),
    unsigned=True,
)
DEPTH_TO_SPACE = Handler(
    _depth_to_space,
    OptionFields(tflite.DepthToSpaceOptions, tflite.BuiltinOptions.DepthToSpaceOptions, ("BlockSize",)),
    unsigned=True,
)
SPACE_TO_BATCH_ND = Handler(_of_images, inputs=(3, 3), unsigned=True)
BATCH_TO_SPACE_ND = Handler(_of_images, inputs=(3, 3), unsigned=True)
