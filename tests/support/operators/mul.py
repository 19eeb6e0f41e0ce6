"""Mul."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from mcugen.fixedpoint import Requantization, quantize_multiplier, requantize
from mcugen.ir import Tensor
from mcugen.ir.operators.mul import Mul
from tests.support.graph_builder import Block, GraphBuilder
from tests.support.operators.branches import BRANCHES, two_operands
from tests.support.operators.kind import Kind, blocks, clamps, zero_points


def _add_product(builder: GraphBuilder, block: Block) -> None:
    shape = builder.source.shape
    operands = two_operands(builder, block)
    tensors = [builder.tensors[name] for name in operands]
    a, b = (builder.values[name].astype(np.int64) - builder.tensors[name].zero_point for name in operands)
    reach = max(int(np.abs(a * b).max()), 1)
    real = min(float(builder.rng.uniform(60, 300)) / reach, 3.99)
    output = builder.output("mul", shape, block.zero_point, tensors[0].scale * tensors[1].scale / real)
    multiplier, shift = quantize_multiplier(real)
    requantization = Requantization(
        np.array([multiplier]), np.array([shift]), builder.rounding, block.zero_point, *builder.clamp(block)
    )
    op = Mul(name=builder.name("mul"), inputs=operands, output=output.name, requantization=requantization)
    builder.append(op, output)


def naive(op: Mul, values: Sequence[np.ndarray], inputs: Sequence[Tensor], output: Tensor) -> np.ndarray:
    whole = (len(values[0]), *output.shape)
    a, b = (np.broadcast_to(value - tensor.zero_point, whole) for value, tensor in zip(values, inputs, strict=True))
    product = (a * b).reshape(-1, 1)
    return requantize(product, op.requantization).reshape(whole)


KINDS = (
    Kind(
        "mul",
        Mul,
        _add_product,
        naive,
        blocks("mul", clamp=clamps, zero_point=zero_points, option=st.integers(0, BRANCHES - 1)),
    ),
)
