"""Quantization of torch modules: what the program holds, what it costs in accuracy, and which layer is to blame."""

from __future__ import annotations

import copy

import pytest

from tests.support.needs import module

torch = module("torch")
module("torchao")

from mcugen import nets, reference  # noqa: E402
from mcugen.compiler import compile_model  # noqa: E402
from mcugen.diagnostics import McugenError  # noqa: E402
from mcugen.frontend.torch import from_program  # noqa: E402
from mcugen.inputs import proof_images  # noqa: E402
from mcugen.nets import mobilenet_v1  # noqa: E402
from mcugen.quantization import FineTuning, finetune, post_training, quantize  # noqa: E402
from mcugen.quantization.equalize import equalize_layers  # noqa: E402
from mcugen.quantization.ranges import MseObserver, PercentileObserver  # noqa: E402
from mcugen.validation import validate_in_emulator  # noqa: E402
from tests.end_to_end.comparison import assert_equal_everywhere  # noqa: E402
from tests.support.torch_nets import Classifier, Means, images, seeded  # noqa: E402


def _net() -> torch.nn.Module:
    torch.manual_seed(2)
    return mobilenet_v1(alpha=0.1, size=32, in_chans=1, num_classes=4).eval()


def _task(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose class is the brightest quarter."""
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.rand((count, 1, 16, 16), generator=generator) / 2
    labels = torch.randint(0, 4, (count,), generator=generator)
    for picture, label in zip(pictures, labels.tolist(), strict=True):
        row, column = divmod(label, 2)
        picture[0, 8 * row : 8 * row + 8, 8 * column : 8 * column + 8] += 0.45
    return pictures, labels


class _Quarters(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3, 2, 1, bias=False), torch.nn.BatchNorm2d(8), torch.nn.ReLU6()
        )
        self.block = torch.nn.Sequential(
            torch.nn.Conv2d(8, 8, 3, 2, 1, groups=8, bias=False),
            torch.nn.BatchNorm2d(8),
            torch.nn.Conv2d(8, 8, 1, bias=False),
            torch.nn.BatchNorm2d(8),
        )
        self.head = torch.nn.Linear(8 * 4 * 4, 4)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.block(self.stem(image)).flatten(1))


def _accuracy(program: torch.export.ExportedProgram, pictures: torch.Tensor, labels: torch.Tensor) -> float:
    graph = from_program(program)
    scores = reference.run(graph, reference.quantize_input(graph, pictures.numpy()))
    return float((scores.reshape(len(labels), -1).argmax(1) == labels.numpy()).mean())


@pytest.mark.parametrize("ranges", ["minmax", "percentile", "mse"])
def test_quantized_values_are_close_to_the_float_net(ranges: str) -> None:
    module = seeded(Classifier)
    result = post_training(
        module, images(1, 1, 16, 16), [images(32, 1, 16, 16)], ranges=ranges, measured=images(8, 1, 16, 16, seed=5)
    )
    assert [noise.layer for noise in result.layers] == [
        *("image", "stem.2", "depthwise", "relu", "pointwise.1", "average", "head", "softmax"),
    ]
    assert min(noise.snr for noise in result.layers) > 18
    assert result.layers[0].snr > 40


def test_the_module_is_left_alone() -> None:
    module = seeded(Classifier).train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    quantize(module, images(1, 1, 16, 16), [images(4, 1, 16, 16)], equalize=True)
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_ranges_leave_out_what_is_rare() -> None:
    values = torch.cat([torch.linspace(0, 1, 100_000), torch.tensor([50.0])])
    for kind, most in ((PercentileObserver, 1.2), (MseObserver, 47.0)):
        observer = kind(dtype=torch.int8, quant_min=-128, quant_max=127, qscheme=torch.per_tensor_affine)
        observer(values)
        scale, zero_point = observer.calculate_qparams()
        assert int(zero_point) == -128
        assert 0.9 < float(scale) * 255 < most


def test_equalization_keeps_the_function_and_mends_a_collapsed_range() -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 8, 3, groups=8), torch.nn.Conv2d(8, 4, 1)
    ).eval()
    with torch.no_grad():
        module[0].weight[0] *= 200.0
        module[2].weight[0] /= 200.0
    example = images(8, 1, 9, 9)
    graph = torch.export.export(copy.deepcopy(module), (example,)).module()
    assert equalize_layers(graph) == 2
    assert torch.allclose(graph(example), module(example), rtol=1e-3, atol=1e-4)
    noise = [
        post_training(module, example, [example], equalize=equalize, measured=example).layers[-1].snr
        for equalize in (False, True)
    ]
    assert noise[1] > noise[0] + 10


@pytest.mark.slow
@pytest.mark.needs("cortex-m4")
def test_fine_tuning_learns_and_stays_exact() -> None:
    pictures, labels = _task(256)
    module = seeded(_Quarters)

    def batches(epoch: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        return [(pictures[i : i + 32], labels[i : i + 32]) for i in range(0, 256, 32)]

    result = finetune(module, pictures[:1], batches, FineTuning(4, 0.05), measured=pictures[:4])
    test = _task(128, seed=1)
    assert _accuracy(quantize(module, pictures[:1], [pictures[:64]]), *test) < 0.7
    assert _accuracy(result.program, *test) > 0.95
    assert [noise.layer for noise in result.layers] == ["image", "stem.2", "block.0", "block.2", "head"]
    assert min(noise.snr for noise in result.layers) > 10
    graph = from_program(result.program)
    assert_equal_everywhere(graph, proof_images(graph.input_tensor, 4, 0), fold_constants=True)
    _check_on_cortex_m4(result.program)


@pytest.mark.slow
def test_the_loss_of_a_net_that_ends_in_a_softmax_is_of_logits() -> None:
    pictures, labels = _task(64)
    module = seeded(lambda: torch.nn.Sequential(_Quarters(), torch.nn.Softmax(1)))
    losses = []

    def loss(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        assert outputs.detach().abs().sum(1).sub(1).abs().max() > 0.1
        losses.append(torch.nn.functional.cross_entropy(outputs, targets))
        return losses[-1]

    training = FineTuning(4, 0.05)
    result = finetune(
        module, pictures[:1], lambda _: [(pictures, labels)] * 3, training, loss=loss, before_softmax=True
    )
    assert losses[-1] < 0.8 * losses[0]
    # The program's outputs are still probabilities, in the softmax's own int8 steps.
    graph = from_program(result.program, "net")
    told = reference.dequantize_output(graph, reference.run(graph, proof_images(graph.input_tensor, 8, 0)))
    assert 0.98 < told.sum() / 8 < 1.02


def test_a_diverging_run_is_one_line() -> None:
    pictures, labels = _task(64)
    with pytest.raises(McugenError, match="diverged in epoch 1"):
        finetune(seeded(_Quarters), pictures[:1], lambda _: [(pictures, labels)] * 3, FineTuning(1, 1e30))


def test_a_module_of_one_image_is_quantized_but_not_fine_tuned() -> None:
    class Fixed(Means):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return super().forward(image.reshape(1, 2, 9, 9))

    module, pictures = seeded(Fixed), images(5, 2, 9, 9)
    assert from_program(quantize(module, pictures, [pictures])).output_tensor.channels == 4
    with pytest.raises(McugenError, match="one image only"):
        finetune(module, pictures, lambda _: [(pictures, torch.zeros(5, dtype=torch.long))], FineTuning(1))


def test_without_calibration_images() -> None:
    with pytest.raises(McugenError, match="no calibration image"):
        quantize(seeded(Means), images(1, 2, 9, 9), [])


@pytest.mark.needs("cortex-m4")
@pytest.mark.parametrize("name", ["mobilenet_v1", "mobilenet_v2"])
def test_a_net_on_an_emulated_cortex_m4(name: str) -> None:
    torch.manual_seed(2)
    module = getattr(nets, name)(alpha=0.1, size=32, in_chans=1, num_classes=4).eval()
    _check_on_cortex_m4(quantize(module, images(1, 1, 32, 32), [images(16, 1, 32, 32)]))


def _check_on_cortex_m4(program: torch.export.ExportedProgram) -> None:
    compiled = compile_model(program, target="cortex-m4", name="net")
    validation, _ = validate_in_emulator(compiled, proof_images(compiled.imported.input_tensor, 2, 1))
    assert validation.mismatch is None
