"""The recipe for Keras in docs/models.md gives a model that mcugen compiles, exactly as TensorFlow Lite computes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.command import mcugen

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"
NET = """
import tensorflow as tf

layers = tf.keras.layers
tf.keras.Sequential([
    tf.keras.Input(batch_shape=(1, 16, 16, 3)),
    layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False),
    layers.BatchNormalization(),
    layers.ReLU(6.0),
    layers.SeparableConv2D(12, 3, padding="same", activation="relu"),
    layers.GlobalAveragePooling2D(),
    layers.Dense(3, activation="softmax"),
]).save("net.keras")
"""
OUTPUTS = """
import numpy as np
import tensorflow as tf

kernels = tf.lite.experimental.OpResolverType.BUILTIN_REF
interpreter = tf.lite.Interpreter("net.tflite", experimental_op_resolver_type=kernels)
interpreter.allocate_tensors()
inputs = np.random.default_rng(1).integers(-128, 128, (8, 16, 16, 3)).astype(np.int8)
outputs = []
for image in inputs:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    interpreter.invoke()
    outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0].copy())
np.savez("net.npz", inputs=inputs, outputs=np.stack(outputs))
"""


@pytest.mark.slow
@pytest.mark.needs("tensorflow", "cc")
def test_the_recipe(tmp_path: Path) -> None:
    recipe = re.search(r"## Keras and TensorFlow.*?```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert recipe is not None
    np.save(tmp_path / "photos.npy", np.random.default_rng(0).random((20, 16, 16, 3), np.float32))
    for number, code in enumerate((NET, recipe[1], OUTPUTS)):
        (tmp_path / f"{number}.py").write_text(code)
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        subprocess.run([sys.executable, f"{number}.py"], cwd=tmp_path, env=environment, check=True)
    outcome = mcugen("validate", tmp_path / "net.tflite", "--vectors", tmp_path / "net.npz", "--cases", 2, "--json")
    assert outcome.code == 0
    assert outcome.json["bit_exact"]
    assert outcome.json["vectors_match"]
