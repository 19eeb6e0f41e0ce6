"""SPACE_TO_BATCH_ND, a convolution and BATCH_TO_SPACE_ND: how TensorFlow spells a dilated convolution.

The padding of the first holds the zero point, as in TensorFlow Lite. TensorFlow Lite Micro means to do the same, but
never sets the value that its kernel pads with.
"""

from __future__ import annotations

from dataclasses import replace

import tflite

from mcugen.frontend.tflite.model import FileModel, FileOperator
from mcugen.frontend.tflite.reader import constant_integers

_Code = tflite.BuiltinOperator
_CONVOLUTIONS = (_Code.CONV_2D, _Code.DEPTHWISE_CONV_2D)
_PLAIN = {
    "Padding": tflite.Padding.VALID,
    "StrideH": 1,
    "StrideW": 1,
    "DilationHFactor": 1,
    "DilationWFactor": 1,
}


def join_dilations(model: FileModel) -> FileModel:
    """The model with one dilated convolution in place of the three operators.

    The first puts the pixels at every block-th row and column into an image of its own, behind padding; the second
    works on each of these images; the third puts them back, and crops. Where the three are not of that kind they stay.
    """
    joined: dict[FileOperator, FileOperator] = {}
    gone: set[FileOperator] = set()
    for back in model.operators:
        if back.code != _Code.BATCH_TO_SPACE_ND or not back.has_input(0):
            continue
        convolution = model.writer(back.inputs[0])
        apart = model.writer(convolution.input(0)) if convolution is not None else None
        if convolution is None or apart is None:
            continue
        dilated = _joined(model, apart, convolution, back)
        if dilated is not None:
            joined[back] = dilated
            gone.update((apart, convolution))
    return model.with_joined(joined, gone)


def _joined(
    model: FileModel, apart: FileOperator, convolution: FileOperator, back: FileOperator
) -> FileOperator | None:
    three = (apart, convolution, back)
    alone = all(len(op.outputs) == 1 for op in three) and all(
        len(model.readers(op.outputs[0])) == 1 and op.outputs[0] not in model.outputs for op in three[:2]
    )
    kinds = apart.code == _Code.SPACE_TO_BATCH_ND and convolution.code in _CONVOLUTIONS
    options = convolution.options
    if not (kinds and alone and options is not None and _PLAIN.items() <= options.items()):
        return None
    if not (_moves(model, apart) and _moves(model, back)):
        return None
    block, padding = _integers(model, apart, 1), _integers(model, apart, 2)
    same, crops = _integers(model, back, 1), _integers(model, back, 2)
    if len(block) != 2 or block != same or len(padding) != 4 or len(crops) != 4 or min(block) < 1:
        return None
    top, bottom, left, right = (a - b for a, b in zip(padding, crops, strict=True))
    return replace(
        convolution,
        inputs=(apart.inputs[0], *convolution.inputs[1:]),
        outputs=back.outputs,
        options={**options, "DilationHFactor": block[0], "DilationWFactor": block[1]},
        padding=(top, bottom, left, right),
    )


def _moves(model: FileModel, operator: FileOperator) -> bool:
    """Whether it has its three inputs, and one scale and zero point out as in."""
    if len(operator.inputs) != 3 or min(operator.inputs) < 0:
        return False
    return model.tensors[operator.inputs[0]].is_stored_as(model.tensors[operator.outputs[0]])


def _integers(model: FileModel, operator: FileOperator, position: int) -> list[int]:
    """A constant input as a list, empty where it is none."""
    return constant_integers(model.tensors[operator.inputs[position]]) or []
