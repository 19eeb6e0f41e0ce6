"""From a QDQ model to a verified graph."""

from __future__ import annotations

from collections.abc import Sequence

from mcugen import ir
from mcugen.diagnostics import ModelFormatError, UnsupportedModelError
from mcugen.frontend.onnx.borders import border, read_input, read_output
from mcugen.frontend.onnx.clamps import fuse_clamps
from mcugen.frontend.onnx.context import Context
from mcugen.frontend.onnx.model import QdqModel
from mcugen.frontend.onnx.nodes import Node, in_order
from mcugen.frontend.onnx.operator_form import as_qdq
from mcugen.frontend.onnx.table import OPERATORS, REFUSED, supported
from mcugen.frontend.onnx.values import Constant
from mcugen.frontend.several_outputs import join_outputs

DOMAINS = ("", "ai.onnx")
_QDQ_DOMAINS = (*DOMAINS, "com.microsoft")


def build_graph(model: QdqModel) -> ir.Graph:
    """The verified graph of the model.

    Raises ModelFormatError where the model contradicts itself, UnsupportedModelError where it is sound but holds
    something that is not compiled.
    """
    if not model.nodes:
        raise ModelFormatError(f"{model.name}: it computes nothing")
    model = as_qdq(model)
    _require_quantized(model)
    model_input = read_input(model.input, model.nodes)
    context = Context(model.opset, model.how_to_quantize, {model.input.name: model_input}, model.input.name)
    for node in in_order(model.nodes, [*model.constants, model.input.name], model.outputs):
        for read in node.inputs:
            if read in model.constants and read not in context.values:
                context.values[read] = Constant(model.constants[read])
        _convert(context, node)
    outputs = [read_output(context, name) for name in model.outputs]
    tensor, output_border = outputs[0]
    if context.input_tensor is None:
        raise ModelFormatError(f"{model.name}: its output does not depend on its input")
    if not context.operators:
        raise ModelFormatError(
            f"{model.name}: it computes nothing, no operator stands between its input and its output"
        )
    graph = ir.Graph(
        name=model.name,
        tensors=context.tensors,
        operators=tuple(context.operators),
        input=context.input_tensor.name,
        output=tensor.name,
        input_border=border(model_input.view, context.input_tensor, model_input.dtype),
        output_border=output_border,
        source_format=model.source_format,
        source_sha256=model.source_sha256,
        # Labels decide nothing: a list that does not name every class is left out.
        labels=model.labels if _names_all(model.labels, tensor) and len(outputs) == 1 else (),
    )
    try:
        joined = join_outputs(graph, [each for each, _ in outputs], [declared for _, declared in outputs])
        return ir.verify(fuse_clamps(joined))
    except ir.InvalidGraphError as error:
        raise ModelFormatError(f"{model.name}: {error}") from error


def _names_all(labels: Sequence[str], tensor: ir.Tensor) -> bool:
    """Whether every class of the scores, or of each place of a map, has a name."""
    return len(labels) == tensor.channels and all(labels)


def _require_quantized(model: QdqModel) -> None:
    kinds = {node.op_type for node in model.nodes}
    if "QuantizeLinear" not in kinds and "DequantizeLinear" not in kinds:
        raise UnsupportedModelError(f"{model.name}: the model is not quantized", model.how_to_quantize)


def _convert(context: Context, node: Node) -> None:
    handler = OPERATORS.get(node.op_type) or REFUSED.get(node.op_type)
    domains = _QDQ_DOMAINS if node.op_type in ("QuantizeLinear", "DequantizeLinear") else DOMAINS
    if handler is None or node.domain not in domains:
        domain = f" of domain {node.domain}" if node.domain not in DOMAINS else ""
        raise UnsupportedModelError(f"{node}{domain}: not supported", f"supported: {supported()}")
    if node.outputs:
        result = handler(context, node)
        values = result if isinstance(result, Sequence) else (result,)
        context.values.update(zip(node.outputs, values, strict=False))
