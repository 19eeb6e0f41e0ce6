"""How far torch's own run of a quantized program is from mcugen's integers, layer by layer, in last places.

    python benchmarks/torch_difference.py net.pt2 [--images 64] [--seed 0]

Images are seeded random pixels. "Same input" feeds every layer what torch computed before it, so it is the difference
of that layer alone; the last line is of the whole net.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from mcugen import reference
from mcugen.frontend import load_model
from mcugen.frontend.torch.load import read_program

_QUANTIZE = "quantized_decomposed.quantize_per_tensor.default"


class _Recorder(torch.fx.Interpreter):
    """Keeps the integers of every quantized activation by the name of what computed it."""

    def __init__(self, module: torch.fx.GraphModule) -> None:
        super().__init__(module)
        self.values: dict[str, np.ndarray] = {}

    def run_node(self, n: torch.fx.Node) -> object:
        result = super().run_node(n)
        if str(n.target) == _QUANTIZE:
            self.values.setdefault(n.args[0].name, result.detach().numpy())
        return result


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    graph = load_model(arguments.model)
    module = read_program(arguments.model)[0].module()
    shape = (arguments.images, *graph.input_border.shape[1:])
    pixels = torch.from_numpy(np.random.default_rng(arguments.seed).integers(0, 256, shape).astype(np.float32)) / 255
    theirs: dict[str, list[np.ndarray]] = {}
    with torch.no_grad():
        for image in pixels.split(1):
            recorder = _Recorder(module)
            recorder.run(image)
            for name, value in recorder.values.items():
                theirs.setdefault(name, []).append(value)
    maps = {name: _in_graph_order(np.concatenate(values)) for name, values in theirs.items()}
    print(f"{'layer':<40} {'same input: equal':>18} {'most':>5} {'whole net: equal':>17} {'most':>5}")
    ours = {op.output: value for op, value in reference.evaluate(graph, maps[graph.input])}
    for op in graph.operators:
        if op.output in maps and all(name in maps for name in op.inputs):
            inputs = [graph.tensors[name] for name in op.inputs]
            alone = op.evaluate([maps[name] for name in op.inputs], inputs, graph.tensors[op.output])
            equal, most = _difference(alone, maps[op.output])
            equal_all, most_all = _difference(ours[op.output], maps[op.output])
            print(f"{op.name:<40} {equal:>18.4%} {most:>5} {equal_all:>17.4%} {most_all:>5}")


def _in_graph_order(values: np.ndarray) -> np.ndarray:
    """[N, C, H, W] or [N, C] as [N, H, W, C]."""
    return values.transpose(0, 2, 3, 1) if values.ndim == 4 else values[:, None, None, :]


def _difference(first: np.ndarray, second: np.ndarray) -> tuple[float, int]:
    apart = np.abs(first.astype(np.int64) - second.astype(np.int64))
    return float((apart == 0).mean()), int(apart.max())


if __name__ == "__main__":
    main()
