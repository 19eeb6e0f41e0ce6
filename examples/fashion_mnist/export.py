"""Quantize the float ONNX model of `train.py` to int8 QDQ, measure it, and write the example's data files.

Needs numpy, onnx and onnxruntime, not torch. Writes, next to this script,
  fashion_mnist_mnv1_a025_32.onnx  the int8 model, with the class names in its metadata,
  images.npz                       20 test images: `images` uint8 (20, 28, 28), `labels` int64 (20,),
  fashion_mnist_mnv1_a025_32.npz   the same 20 for `mcugen validate --vectors`: `inputs`, `outputs`, `labels`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from dataset import DEFAULT_ROOT, LABELS, load, network_input
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

HERE = Path(__file__).resolve().parent
NAME = "fashion_mnist_mnv1_a025_32"
IMAGES_PER_CLASS = 2


class Images(CalibrationDataReader):
    """Calibration data: network inputs float32 (N, 1, 32, 32), handed out one by one."""

    def __init__(self, inputs: np.ndarray) -> None:
        self.remaining = iter(inputs)

    def get_next(self) -> dict[str, np.ndarray] | None:
        """Return the next image as `input` (1, 1, 32, 32), or None at the end."""
        image = next(self.remaining, None)
        return None if image is None else {"input": image[np.newaxis]}


def quantize(source: Path, target: Path, calibration: np.ndarray) -> None:
    """Quantize `source` to `target`: int8 activations, symmetric per-channel int8 weights, int32 biases.

    `calibration` is float32 (N, 1, 32, 32); the minimum and maximum of each activation over it set its scale
    and zero point. Weights use the whole range of -127 to 127. No Clip node is left of ReLU6: saturation to
    int8 at the calibrated range, within [0, 6], does its work.
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(source, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            target,
            Images(calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=False,
            activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            extra_options={"ActivationSymmetric": False, "WeightSymmetric": True},
        )
    model = onnx.load(target)
    used = [opset for opset in model.opset_import if opset.domain == ""]  # ORT declares all it knows
    del model.opset_import[:]
    model.opset_import.extend(used)
    onnx.helper.set_model_props(model, {"labels": ",".join(LABELS)})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)


def run(path: Path, inputs: np.ndarray) -> np.ndarray:
    """Logits float32 (N, classes) of ONNX Runtime for `inputs` float32 (N, 1, 32, 32), one image at a time.

    `session.x64quantprecision` keeps int8 sums exact on x86-64 processors without VNNI, where ONNX
    Runtime may otherwise saturate pairs of products at 16 bits.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, {"input": image[np.newaxis]})[0] for image in inputs])


def first_of_each_class(labels: np.ndarray, count: int) -> np.ndarray:
    """Indices (classes * count,), ascending, of the first `count` samples of every class in `labels` (N,)."""
    return np.sort(np.concatenate([np.flatnonzero(labels == c)[:count] for c in range(len(LABELS))]))


def main() -> None:
    """Quantize, measure float and int8 accuracy on the test set, and write the files."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, default=DEFAULT_ROOT, help="folder of the four IDX files")
    parser.add_argument("--float", type=Path, default=HERE / "float.onnx", help="model written by train.py")
    parser.add_argument("--output", type=Path, default=HERE, help="folder to write to")
    parser.add_argument("--calibration", type=int, default=1000, help="training images to calibrate on")
    args = parser.parse_args()

    train_images, _ = load("train", args.data)
    test_images, test_labels = load("t10k", args.data)
    test_inputs = network_input(test_images)
    target = args.output / f"{NAME}.onnx"
    quantize(args.float, target, network_input(train_images[: args.calibration]))

    float_classes = run(args.float, test_inputs).argmax(1)
    logits = run(target, test_inputs)
    classes = logits.argmax(1)
    print(f"float accuracy {np.mean(float_classes == test_labels):.4f}, {args.float.stat().st_size} bytes")
    print(f"int8 accuracy {np.mean(classes == test_labels):.4f}, {target.stat().st_size} bytes")
    print(f"float and int8 agree on {np.mean(float_classes == classes):.4f}")

    chosen = first_of_each_class(test_labels, IMAGES_PER_CLASS)
    labels = test_labels[chosen]
    np.savez_compressed(args.output / "images.npz", images=test_images[chosen], labels=labels)
    vectors = {"inputs": test_inputs[chosen], "outputs": logits[chosen], "labels": labels}
    np.savez_compressed(args.output / f"{NAME}.npz", **vectors)
    print(f"int8 gets {np.sum(classes[chosen] == labels)} of the {len(chosen)} bundled images right")


if __name__ == "__main__":
    main()
