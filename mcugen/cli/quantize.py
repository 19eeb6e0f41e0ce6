"""mcugen quantize: from a trained checkpoint to an int8 program, from a float ONNX model to an int8 one."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcugen.cli.console import emit, output_console, progress_bar
from mcugen.cli.options import Deviation, ExternalData, Json, Mean, Report

if TYPE_CHECKING:
    from mcugen.schemas.quantize import QuantizeOutput

_LEARNING_RATE = 1e-3


class RangesName(str, Enum):
    """How ranges of activations are chosen; `mcugen.quantization.Ranges` without its import."""

    MINMAX = "minmax"
    PERCENTILE = "percentile"
    MSE = "mse"


def quantize(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="MODEL", help="What mcugen train wrote, or a float .onnx model.")
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="To write: a .pt2 program of a checkpoint, an .onnx model."
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="fashion-mnist, or a folder of images or IDX files; of .onnx models also an .npz file. Default: as "
            "trained.",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the files of a data set named by --data are.")
    ] = None,
    onnx: Annotated[
        Path | None, typer.Option(metavar="FILE.onnx", help="Also write an ONNX model in QDQ form, for other tools.")
    ] = None,
    ranges: Annotated[
        RangesName,
        typer.Option(help="Ranges of activations: all values, all but 0.01 % at either end, least squared error."),
    ] = RangesName.MINMAX,
    equalize: Annotated[
        bool,
        typer.Option(
            "--equalize", help="Even out weights across layers first, for depthwise layers whose ranges collapse."
        ),
    ] = False,
    calibration: Annotated[
        int, typer.Option(min=1, metavar="N", help="Training images that ranges are measured on.")
    ] = 512,
    qat: Annotated[
        int, typer.Option(min=0, metavar="EPOCHS", help="Fine-tune so many epochs with quantization in the loop.")
    ] = 0,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=1e-9, max=1e3, metavar="LR", help=f"Of fine-tuning. Default: {_LEARNING_RATE}."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=2, metavar="N", help="Of fine-tuning. Default: 64, or all of fewer images."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Test on N images only; an .onnx model by default on 1,000.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="S", help="Of the order of images.")] = 0,
    mean: Mean = None,
    deviation: Deviation = None,
    external_data: ExternalData = False,
    as_json: Json = False,
    report: Report = None,
) -> None:
    """Quantize a trained net to int8: post-training, or by fine-tuning with --qat.

    Weights are symmetric with a scale for every output channel, batch norm is folded. Reports top-1 of the float net
    and of the int8 one in the arithmetic of the C code, or what its task has in that place, and the signal-to-noise
    ratio behind every layer: a layer that stands out is the one to blame for lost accuracy.

    A float .onnx model, of whatever framework, is calibrated and quantized by ONNX Runtime; pixel / 255 is what it is
    given, changed by --mean and --std. What mcugen cannot compile is refused before anything is written.

    Example: mcugen quantize runs/net.pt --data fashion-mnist --ranges mse -o net.pt2

    Example: mcugen quantize runs/net.pt --qat 2 -o net.pt2 --onnx net.onnx

    Example: mcugen quantize float.onnx --data photos --mean 0.5 --std 0.5 -o int8.onnx
    """
    # Matrices are small: threads of BLAS only get into each other's way. Must be set before NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from mcugen.diagnostics import McugenError
    from mcugen.output import check_places

    if not qat and (learning_rate, batch_size) != (None, None):
        raise McugenError(
            "--learning-rate and --batch-size are of fine-tuning", "leave them out; --qat EPOCHS tunes checkpoints"
        )
    check_places(*(path for path in (output, onnx, report) if path is not None))
    if checkpoint.suffix.lower() == ".onnx":
        from mcugen.calibration.run import quantize_float_model
        from mcugen.cli.normalization import parse_normalization

        if onnx is not None or equalize or qat:
            raise McugenError("--onnx, --equalize and --qat are of checkpoints", "leave them out for .onnx models")
        with progress_bar() as progress:
            record = quantize_float_model(
                checkpoint,
                output,
                data=data,
                data_dir=data_dir,
                ranges=ranges.value,
                calibration=calibration,
                limit=limit,
                seed=seed,
                normalization=parse_normalization(mean, deviation),
                external_data=external_data,
                progress=progress,
            )
    else:
        if (mean, deviation, external_data) != (None, None, False):
            raise McugenError("--mean, --std and --external-data are of .onnx models", "leave them out for checkpoints")
        if qat and (equalize or ranges is not RangesName.MINMAX):
            raise McugenError("--ranges and --equalize are of post-training quantization", "leave them out, or --qat")
        from mcugen.quantization import FineTuning
        from mcugen.quantization.run import quantize_checkpoint
        from mcugen.quantization.steps import Tuning, Wanted

        with progress_bar() as progress:
            wanted = Wanted(
                output=output,
                data=data,
                data_dir=data_dir,
                onnx=onnx,
                ranges=ranges.value,
                equalize=equalize,
                calibration=calibration,
                limit=limit,
                seed=seed,
                progress=progress,
            )
            training = FineTuning(qat, learning_rate or _LEARNING_RATE)
            record = quantize_checkpoint(checkpoint, wanted, Tuning(training, batch_size) if qat else None)
    emit(record, lambda: _show(record), as_json=as_json, file=report)


def _show(record: QuantizeOutput) -> None:
    from msgspec import UNSET
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from mcugen.schemas.quantize import FloatAndInt8
    from mcugen.text import terminal_text

    console = output_console()
    console.print(
        f"[bold]{terminal_text(record.output)}[/]: {terminal_text(record.checkpoint)} in int8, {record.method}"
    )
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("layer")
    table.add_column("operator")
    table.add_column("signal to noise", justify="right")
    known = [layer.snr_db for layer in record.layers if layer.snr_db is not None]
    for layer in record.layers:
        snr = layer.snr_db
        shown = "-" if snr is None else f"{snr:.1f} dB"
        worst = snr is not None and snr == min(known)
        table.add_row(terminal_text(layer.layer), layer.operator, f"[red]{shown}[/]" if worst else shown)
    if record.layers:
        console.print(table)
    for name in record.skipped:
        console.print(f"skipped {terminal_text(name)}")
    if record.objects is not UNSET:
        for each in record.objects:
            every = f"all, {record.test_images:,} test images of {terminal_text(record.data)}"
            name = terminal_text(each.label) or every
            console.print(
                f"{name}: {each.objects:,} objects, F1 float {each.float_f1:.2%}, int8 {each.int8_f1:.2%} "
                f"(precision {each.int8_precision:.2%}, recall {each.int8_recall:.2%})"
            )
        return
    for what, found in (("recall at 1", record.recall_at_1), ("mean absolute error", record.mean_absolute_error)):
        if found is not UNSET:
            for figure in (found,) if isinstance(found, FloatAndInt8) else found:
                name = f" of {terminal_text(figure.label)}" if figure.label else ""
                tested = f"{record.test_images:,} test images of {terminal_text(record.data)}"
                console.print(f"{what}{name} on {tested}: float {figure.float_:.4g}, int8 {figure.int8:.4g}")
            return
    if record.float_top1 is None or record.int8_top1 is None:
        console.print(f"top-1 not measured: {terminal_text(record.data)} has other classes than the model's output")
        return
    images = f"{record.test_images:,} test images of {terminal_text(record.data)}"
    console.print(f"top-1 on {images}: float {record.float_top1:.2%}, int8 {record.int8_top1:.2%}")
