"""From a float module to a quantized program: post-training, or with fine-tuning that sees the quantization."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch.export import Dim, ExportedProgram
from torchao.quantization.pt2e import move_exported_model_to_eval, move_exported_model_to_train
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e, prepare_qat_pt2e
from torchao.quantization.pt2e.utils import _fuse_conv_bn_

from mcugen.diagnostics import McugenError
from mcugen.frontend.torch.quiet import quiet
from mcugen.quantization.equalize import equalize_layers
from mcugen.quantization.noise import LayerNoise, float_values, layer_noise
from mcugen.quantization.quantizer import InputScale, McugenQuantizer, kind_of
from mcugen.quantization.ranges import Ranges

Progress = Callable[[str, int, int], None]
Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Outputs = Callable[[torch.Tensor], torch.Tensor]
_PIXELS = InputScale()


@dataclass(frozen=True)
class FineTuning:
    """How quantization-aware fine-tuning trains: SGD with momentum, the learning rate falling to 0 along a cosine."""

    epochs: int
    learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Quantized:
    """program: int8, of one image. layers: the noise of each, in order; empty where no images to measure were given."""

    program: ExportedProgram
    layers: tuple[LayerNoise, ...] = ()


def post_training(
    module: torch.nn.Module,
    example_input: torch.Tensor,
    calibration: Iterable[torch.Tensor],
    *,
    ranges: Ranges | str = Ranges.MINMAX,
    equalize: bool = False,
    input_scale: InputScale | None = _PIXELS,
    measured: torch.Tensor | None = None,
    progress: Progress | None = None,
) -> Quantized:
    """Post-training quantization of a float module: an int8 program, of one image.

    example_input: float32 [N, C, H, W]. calibration: batches of the same, some hundred typical images in all.
    ranges: how those of activations are chosen. equalize: evens out the weights of neighbouring layers first
    (`equalize_layers`). input_scale: of the image, pixel / 255 by default; None measures it. measured: images for
    `Quantized.layers`. The module is left as it was. Raises McugenError without a calibration image, or if torch
    cannot export the module.
    """
    with quiet():
        model, batched = _exported(copy.deepcopy(module).eval(), example_input)
        _fuse_conv_bn_(model)
        if equalize:
            equalize_layers(model)
        prepared = prepare_pt2e(model, McugenQuantizer(ranges=Ranges(ranges), input_scale=input_scale))
        count = 0
        with torch.no_grad():
            for batch in calibration:
                for part in [batch] if batched else batch.split(1):
                    prepared(part)
                count += len(batch)
                if progress is not None:
                    progress("calibrating", count, 0)
        if count == 0:
            raise McugenError("there is no calibration image", "give some hundred typical images")
        return _converted(prepared, example_input, measured, batched)


def quantize(
    module: torch.nn.Module,
    example_input: torch.Tensor,
    calibration: Iterable[torch.Tensor],
    *,
    ranges: Ranges | str = Ranges.MINMAX,
    equalize: bool = False,
    input_scale: InputScale | None = _PIXELS,
) -> ExportedProgram:
    """The program of `post_training` alone, for `mcugen.compile` and `torch.export.save`."""
    return post_training(
        module, example_input, calibration, ranges=ranges, equalize=equalize, input_scale=input_scale
    ).program


def finetune(
    module: torch.nn.Module,
    example_input: torch.Tensor,
    batches: Callable[[int], Iterable[tuple[torch.Tensor, torch.Tensor]]],
    training: FineTuning,
    *,
    loss: Loss = torch.nn.functional.cross_entropy,
    before_softmax: bool = False,
    factors: Mapping[str, torch.Tensor] | None = None,
    input_scale: InputScale | None = _PIXELS,
    measured: torch.Tensor | None = None,
    progress: Progress | None = None,
) -> Quantized:
    """Quantization-aware fine-tuning of a trained net: an int8 program, of one image.

    batches(epoch): (images float32 [N, C, H, W], targets [N, ...]) in that epoch's order, at least two images each.
    loss: of outputs and targets; by default targets are labels int64. before_softmax: of what the softmax at the net's
    end reads in place of its outputs, whose int8 steps leave no logarithm of small ones. factors: what the gradients of
    parameters, by name, are multiplied with, for nets whose outputs are in other units than those in which they learn.
    measured: images for `Quantized.layers`. Dropout is off. Batch norm's statistics are those of training in the first
    half of the epochs, then fixed, as Krishnamoorthi (arXiv 1806.08342, 3.2.2) advises. Raises McugenError if torch
    cannot export the module for batches, it has no softmax for before_softmax, or training diverges.
    """
    model = copy.deepcopy(module).train()
    for part in model.modules():
        if isinstance(part, torch.nn.Dropout | torch.nn.Dropout2d):
            part.eval()
    with quiet():
        exported, batched = _exported(model, example_input)
        if not batched:
            raise McugenError(
                "this module works for one image only, training needs batches",
                "use x.flatten(1) or x.view(x.size(0), -1) in place of sizes that are written out",
            )
        prepared = prepare_qat_pt2e(exported, McugenQuantizer(qat=True, input_scale=input_scale))
        move_exported_model_to_train(prepared)
        for name, factor in (factors or {}).items():
            prepared.get_parameter(name).register_hook(lambda gradient, by=factor: gradient * by)
        with _what_loss_sees(prepared, before_softmax) as outputs:
            _train(prepared, outputs, batches, training, loss, progress)
        move_exported_model_to_eval(prepared)
        return _converted(prepared, example_input, measured, batched)


@contextmanager
def _what_loss_sees(prepared: torch.fx.GraphModule, before_softmax: bool) -> Iterator[Outputs]:
    """From images to the net's outputs, or to what its last softmax reads, as quantized."""
    if not before_softmax:
        yield prepared
        return
    last = next((node for node in reversed(prepared.graph.nodes) if kind_of(node) == "softmax"), None)
    if last is None:
        raise McugenError("this module has no softmax", "leave before_softmax out")
    seen: list[torch.Tensor] = []
    quantizer = prepared.get_submodule(str(last.args[0].target))
    hook = quantizer.register_forward_hook(lambda module, given, result: seen.append(result))

    def logits(images: torch.Tensor) -> torch.Tensor:
        seen.clear()
        prepared(images)
        return seen[-1]

    try:
        yield logits
    finally:
        hook.remove()


def _train(
    prepared: torch.fx.GraphModule,
    outputs: Outputs,
    batches: Callable[[int], Iterable[tuple[torch.Tensor, torch.Tensor]]],
    training: FineTuning,
    loss_of: Loss,
    progress: Progress | None,
) -> None:
    parameters = [parameter for parameter in prepared.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(
        parameters, training.learning_rate, momentum=training.momentum, weight_decay=training.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, training.epochs)
    for epoch in range(training.epochs):
        if training.epochs > 1 and epoch == (training.epochs + 1) // 2:
            move_exported_model_to_eval(prepared)
        for done, (images, targets) in enumerate(batches(epoch)):
            optimizer.zero_grad()
            loss = loss_of(outputs(images), targets)
            if not torch.isfinite(loss):
                raise McugenError(
                    f"fine-tuning diverged in epoch {epoch + 1}", "a smaller learning rate, or a sounder checkpoint"
                )
            loss.backward()
            optimizer.step()
            if progress is not None:
                progress(f"fine-tuning, epoch {epoch + 1} of {training.epochs}", done + 1, 0)
        schedule.step()


def _exported(module: torch.nn.Module, example: torch.Tensor) -> tuple[torch.fx.GraphModule, bool]:
    """(the module's graph, whether it takes batches of any size or only one image)."""
    pair = torch.cat([example[:1], example[:1]])
    try:
        program = torch.export.export(module, (pair,), dynamic_shapes=({0: Dim("batch", max=1 << 16)},))
        return program.module(), True
    except Exception:
        # Whatever hinders a batch: sizes written out, branches on the number of images.
        pass
    try:
        return torch.export.export(module, (example[:1],)).module(), False
    except Exception as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise McugenError(f"torch.export cannot export the module: {reason}") from error


def _converted(
    prepared: torch.fx.GraphModule, example: torch.Tensor, measured: torch.Tensor | None, batched: bool
) -> Quantized:
    # Before the conversion, which takes the float weights away.
    expected = [] if measured is None else float_values(prepared, measured, batched)
    program = torch.export.export(convert_pt2e(prepared), (example[:1],))
    return Quantized(program, () if measured is None else layer_noise(program, measured, expected))
