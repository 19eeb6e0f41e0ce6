"""The QDQ model that is being written while the program is walked in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mcugen.frontend.onnx.nodes import Attribute, Node
from mcugen.frontend.torch.call import Call

OPSET = 13
"""The ONNX operators that are written: the first opset with quantization per channel, which most tools read."""


@dataclass
class Translation:
    """nodes: in order. constants: by name, parameters and buffers of the program among them. parts: names of the
    results of calls that have several, by the name of the call."""

    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def constant(self, call: Call, what: str, array: np.ndarray) -> str:
        """Adds a constant of this call, returns its name."""
        name = f"{call.output}.{what}"
        self.constants[name] = array
        return name

    def emit(self, call: Call, op_type: str, inputs: list[str], **attributes: Attribute) -> None:
        """Appends a node that writes the call's result, or its parts where it has some."""
        self._append(call, op_type, inputs, self.parts.get(call.output, (call.output,)), attributes)

    def emit_inner(self, call: Call, what: str, op_type: str, inputs: list[str], **attributes: Attribute) -> str:
        """Appends a node whose result only the call's own nodes read, returns the name of it."""
        name = f"{call.output}.{what}"
        self._append(call, op_type, inputs, (name,), attributes)
        return name

    def _append(
        self,
        call: Call,
        op_type: str,
        inputs: list[str],
        outputs: tuple[str, ...],
        attributes: Mapping[str, Attribute],
    ) -> None:
        self.nodes.append(
            Node(
                index=len(self.nodes),
                op_type=op_type,
                domain="",
                name=call.module,
                inputs=tuple(inputs),
                outputs=outputs,
                attributes=attributes,
                origin=call.place,
            )
        )
