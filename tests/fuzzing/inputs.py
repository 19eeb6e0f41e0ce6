"""Which inputs there are: number N of seed S is the same file on every machine that has the same models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.fuzzing.mutate_bytes import mutate_bytes
from tests.fuzzing.mutate_onnx import mutate_onnx
from tests.fuzzing.mutate_tflite import mutate_tflite
from tests.fuzzing.tflite_tables import read_tables
from tests.support.tflite_builder import NetworkBuilder

ROOT = Path(__file__).resolve().parents[2]
_SHARE_OF_RAW_BYTES = 0.2
# A model of this size comes up half as often as a tiny one.
_HALF_AS_OFTEN = 20_000


@dataclass(frozen=True)
class Model:
    """A sound model that inputs are made of."""

    name: str
    data: bytes

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix


@dataclass(frozen=True)
class Input:
    """kind: "fields", "bytes" or "guided". model: the name of the file that was changed."""

    number: int
    kind: str
    model: str
    data: bytes

    @property
    def suffix(self) -> str:
        return Path(self.model).suffix


def all_models(largest: int) -> list[Model]:
    """Models of up to `largest` bytes: nets of the tests, the repository's examples and, where it is, ../shared."""
    found = [Model(f"{name}.tflite", data) for name, data in _built().items()]
    folders = [ROOT / "examples", ROOT.parent / "shared" / "models", ROOT.parent / "shared" / "field"]
    for folder in folders:
        for path in sorted([*folder.rglob("*.tflite"), *folder.rglob("*.onnx")]):
            found.append(Model(path.relative_to(folder).as_posix(), path.read_bytes()))
    return [model for model in found if len(model.data) <= largest]


def make_input(models: Sequence[Model], seed: int, number: int) -> Input:
    """Input `number` of a seed."""
    random = np.random.default_rng([seed, number])
    weights = np.array([1 / (_HALF_AS_OFTEN + len(model.data)) for model in models])
    model = models[int(random.choice(len(models), p=weights / weights.sum()))]
    kind = "bytes" if random.random() < _SHARE_OF_RAW_BYTES else "fields"
    return Input(number, kind, model.name, mutate(random, kind, model.suffix, model.data))


def mutate(random: np.random.Generator, kind: str, suffix: str, data: bytes) -> bytes:
    """The file, changed. kind: "fields" (the file must be sound) or "bytes"."""
    if kind == "bytes":
        return mutate_bytes(random, data)
    return mutate_onnx(random, data) if suffix == ".onnx" else mutate_tflite(random, read_tables(data))


def _built() -> dict[str, bytes]:
    """Small nets that together hold every operator of the .tflite front end, so that a checkout alone has models."""
    builders = {}
    for io in ("int8", "uint8", "float32"):
        net = NetworkBuilder(seed=1, shape=(9, 7, 3), io=io)
        net.convolution(6, stride=(2, 2), activation="RELU6", zero_point=-128)
        net.depthwise(activation="RELU", zero_point=-128)
        net.convolution(9, kernel=(1, 1))
        net.mean()
        net.fully_connected(5)
        net.softmax()
        builders[f"built_separable_{io}"] = net
    net = NetworkBuilder(seed=2, shape=(8, 8, 2))
    left = net.convolution(4)
    net.add(left, net.convolution(4, kernel=(1, 1)), activation="RELU")
    net.pool("MAX", kernel=(2, 2), stride=(2, 2), padding="VALID", activation="NONE")
    net.pad((1, 2, 0, 3))
    net.pool("AVERAGE", kernel=(3, 2), stride=(1, 2), padding="SAME", activation="RELU6")
    net.keras_flatten()
    net.fully_connected(7)
    builders["built_residual"] = net
    net = NetworkBuilder(seed=3, shape=(6, 6, 4))
    net.depthwise(2, per_channel=False, activation="RELU_N1_TO_1")
    net.reshape((1, net.current.size), target=(-1, net.current.size))
    net.fully_connected(6, bias=False)
    builders["built_reshape"] = net
    return {name: builder.finish() for name, builder in builders.items()}
