"""The nodes of an ONNX file as plain data: nothing after this file touches the protobuf."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import AttributeProto, NodeProto

from mcugen.diagnostics import ModelFormatError
from mcugen.frontend.onnx.initializers import decode, text

Attribute = int | float | str | tuple[int, ...] | tuple[float, ...] | np.ndarray | None


@dataclass(frozen=True, eq=False)
class Node:
    """One node. index: its position in the file. inputs: "" where an optional input is left out.

    origin: what messages call it where the model was not written in ONNX, "" otherwise.
    """

    index: int
    op_type: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    origin: str = ""

    def __str__(self) -> str:
        """What messages call it: its type, its name if it has one, its position."""
        if self.origin:
            return self.origin
        name = f" '{self.name}'" if self.name else ""
        return f"{self.op_type}{name} #{self.index}"

    def has_input(self, position: int) -> bool:
        """Whether an optional input is given."""
        return position < len(self.inputs) and self.inputs[position] != ""

    def integer(self, name: str, default: int) -> int:
        """An integer attribute. Raises ModelFormatError if the file gives it another type."""
        value = self.attributes.get(name, default)
        if not isinstance(value, int):
            raise ModelFormatError(f"{self}: attribute {name} is not an integer")
        return value

    def real(self, name: str, default: float) -> float:
        """A float attribute. Raises ModelFormatError if the file gives it another type."""
        value = self.attributes.get(name, default)
        if not isinstance(value, float):
            raise ModelFormatError(f"{self}: attribute {name} is not a number")
        return value

    def text(self, name: str, default: str) -> str:
        """A string attribute. Raises ModelFormatError if the file gives it another type."""
        value = self.attributes.get(name, default)
        if not isinstance(value, str):
            raise ModelFormatError(f"{self}: attribute {name} is not a string")
        return value

    def integers(self, name: str, default: Sequence[int] | None) -> tuple[int, ...] | None:
        """A list of integers, `default` where it is left out. Raises ModelFormatError on another type."""
        value = self.attributes.get(name)
        if name not in self.attributes:
            return None if default is None else tuple(default)
        if not isinstance(value, tuple) or not all(isinstance(item, int) for item in value):
            raise ModelFormatError(f"{self}: attribute {name} is not a list of integers")
        return tuple(int(item) for item in value)


def _attribute(proto: AttributeProto, where: str) -> Attribute:
    kinds: Mapping[int, Callable[[], Attribute]] = {
        AttributeProto.INT: lambda: int(proto.i),
        AttributeProto.FLOAT: lambda: float(proto.f),
        AttributeProto.STRING: lambda: proto.s.decode("utf-8", errors="replace"),
        AttributeProto.INTS: lambda: tuple(int(i) for i in proto.ints),
        AttributeProto.FLOATS: lambda: tuple(float(f) for f in proto.floats),
        AttributeProto.TENSOR: lambda: decode(proto.t, where),
    }
    kind = kinds.get(proto.type)
    return None if kind is None else kind()


def read_node(proto: NodeProto, index: int) -> Node:
    """One node as plain data. Raises ModelFormatError where a string or a tensor is damaged."""
    op_type, name = text(proto.op_type), text(proto.name)
    where = f"{op_type} '{name}' #{index}"
    return Node(
        index=index,
        op_type=op_type,
        domain=text(proto.domain),
        name=name,
        inputs=tuple(map(text, proto.input)),
        outputs=tuple(map(text, proto.output)),
        attributes={text(a.name): _attribute(a, f"{where}, attribute {a.name}") for a in proto.attribute},
    )


def in_order(nodes: Iterable[Node], known: Iterable[str], outputs: Sequence[str]) -> list[Node]:
    """The nodes that the `outputs` depend on, each after everything that it reads.

    known: names that exist before any node runs. Raises ModelFormatError on a cycle, on a name that nothing
    writes and on a name that is written twice.
    """
    writers: dict[str, Node] = {}
    available = set(known)
    for node in nodes:
        for name in filter(None, node.outputs):
            if name in writers or name in available:
                raise ModelFormatError(f"{node}: writes '{name}' a second time")
            writers[name] = node
    ordered: list[Node] = []
    entered: set[int] = set()
    done: set[int] = set()
    stack: list[tuple[str, str]] = [(output, "the model's output") for output in reversed(outputs)]
    while stack:
        name, reader = stack[-1]
        writer = writers.get(name)
        if writer is None:
            if name not in available:
                raise ModelFormatError(f"{reader} reads '{name}', which nothing writes")
            stack.pop()
            continue
        if writer.index in done:
            stack.pop()
        elif writer.index in entered:
            unmet = [i for i in writer.inputs if i in writers and writers[i].index not in done]
            if unmet:
                raise ModelFormatError(f"{writer}: depends on its own output through '{unmet[0]}'")
            done.add(writer.index)
            ordered.append(writer)
            stack.pop()
        else:
            entered.add(writer.index)
            stack.extend((i, str(writer)) for i in reversed(writer.inputs) if i)
    return ordered
