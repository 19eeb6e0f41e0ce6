"""Write the example's data files: 20 test images, and what ONNX Runtime makes of them.

Needs numpy and onnxruntime, not torch. Writes, next to this script,
  images.npz                       20 test images: `images` uint8 (20, 28, 28), `labels` int64 (20,),
  fashion_mnist_mnv1_a025_32.npz   the same for `mcugen validate --vectors`: `inputs` float32 (20, 1, 32, 32),
                                   `outputs` float32 (20, 10), `labels`.
The images are the first two of each class in the test set, in its order.
"""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from mcugen.data.idx import load_fashion_mnist

HERE = Path(__file__).resolve().parent
MODEL = HERE / "fashion_mnist_mnv1_a025_32.onnx"
IMAGES_PER_CLASS = 2
BORDER = 2  # black pixels on every side, 28 -> 32, as `mcugen train` pads them


def scores(inputs: np.ndarray) -> np.ndarray:
    """Scores float32 (N, classes) of ONNX Runtime for `inputs` float32 (N, 1, 32, 32), one image at a time.

    `session.x64quantprecision` keeps int8 sums exact on x86-64 processors without VNNI, where ONNX
    Runtime may otherwise saturate pairs of products at 16 bits.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = ort.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate([session.run(None, {name: image[np.newaxis]})[0] for image in inputs])


def main() -> None:
    """Write both files, and print how much of the data set ONNX Runtime gets right by the model."""
    data = load_fashion_mnist(split="t10k")
    padded = np.pad(data.images, ((0, 0), (BORDER, BORDER), (BORDER, BORDER)))
    inputs = padded[:, np.newaxis].astype(np.float32) / np.float32(255)
    outputs = scores(inputs)
    right = outputs.argmax(1) == data.labels
    chosen = np.sort(
        np.concatenate([np.flatnonzero(data.labels == c)[:IMAGES_PER_CLASS] for c in np.unique(data.labels)])
    )
    labels = data.labels[chosen]
    np.savez_compressed(HERE / "images.npz", images=data.images[chosen], labels=labels)
    np.savez_compressed(MODEL.with_suffix(".npz"), inputs=inputs[chosen], outputs=outputs[chosen], labels=labels)
    print(f"ONNX Runtime: top-1 {right.mean():.2%} on {len(right):,} test images, {right[chosen].sum()} of these 20")


if __name__ == "__main__":
    main()
