"""Options that several commands share."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

_UNITS = "kmg"


def parse_size(text: str) -> int:
    """Bytes from "256K", "64KiB", "1M", "12345": K, M and G count in steps of 1024, as flash and RAM are sold."""
    found = _with_unit(text, "(?:i?b)?")
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a size; sizes are like 262144, 256K, 64KiB or 1M")
    return int(found[0] * 1024 ** found[1])


def parse_count(text: str) -> int:
    """A number of at least 1 from "12M", "1.5k", "12345": K, M and G count in steps of 1000."""
    found = _with_unit(text, "")
    if found is None or found[0] * 1000 ** found[1] < 1:
        raise typer.BadParameter(f"{text!r} is not a count of 1 or more; counts are like 12000000, 500K or 12M")
    return int(found[0] * 1000 ** found[1])


def _with_unit(text: str, behind: str) -> tuple[Decimal, int] | None:
    """The number, and which of K, M and G is behind it: 1 to 3, 0 for none. behind: a pattern of what else may be."""
    pattern = rf"\s*(\d+(?:\.\d+)?)\s*([{_UNITS}]?){behind}\s*"
    found = re.fullmatch(pattern, text, flags=re.IGNORECASE | re.ASCII)
    return found and (Decimal(found[1]), f" {_UNITS}".index(found[2].lower() or " "))


Model = Annotated[
    Path,
    typer.Argument(
        help="The model: a .tflite or its C array (.h, .cc), a QDQ-quantized .onnx or a quantized .pt2 file.",
        metavar="MODEL",
    ),
]


def complete_target(incomplete: str) -> list[str]:
    """For shells: targets that begin so."""
    from mcugen.targets import TARGETS

    return [target.name for target in TARGETS if target.name.startswith(incomplete.lower())]


def complete_board(incomplete: str) -> list[str]:
    """For shells: boards that begin so."""
    from mcugen.targets.boards import BOARDS

    return [board.name for board in BOARDS if board.name.startswith(incomplete.lower())]


def chosen_target(target: str | None, board: str | None, default: str) -> str:
    """The target that --target names or --board has; raises McugenError where both are given, or there is no such."""
    from mcugen.diagnostics import McugenError
    from mcugen.targets.boards import find_board

    if target is not None and board is not None:
        raise McugenError("--target and --board both say what to compile for", "give one of them")
    return target or (find_board(board).target if board is not None else default)


TargetName = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="Core to generate for, by its name in `mcugen targets`. Default: generic, which is any.",
        autocompletion=complete_target,
    ),
]
BoardOfTarget = Annotated[
    str | None,
    typer.Option(
        "--board",
        metavar="B",
        help="Instead of --target: the core of a board of `mcugen boards`.",
        autocompletion=complete_board,
    ),
]
LibraryName = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Name of the C library, by default the model's.")
]
NoFold = Annotated[
    bool,
    typer.Option("--no-fold-constant-channels", help="Keep channels that are constant whatever the image."),
]
ResidentImage = Annotated[
    bool,
    typer.Option(
        "--resident-image", help="Keep the whole image in the context and overwrite it, instead of feeding its rows."
    ),
]
OutputRows = Annotated[
    bool,
    typer.Option(
        "--output-rows",
        help="Hand every finished row of an output map to a function of the program, instead of keeping whole maps.",
    ),
]
Detect = Annotated[
    float | None,
    typer.Option(
        "--detect",
        metavar="P",
        help="Find objects in a map of classes, as FOMO gives it: cells of at least probability P, such as 0.5.",
    ),
]
Pixels = Annotated[
    str | None,
    typer.Option(
        "--pixels",
        metavar="P",
        help="How images were prepared for the net, which NAME_invoke_u8 then does: 0..1, -1..1, 0..255, imagenet, "
        "caffe, MEAN/STD of pixel / 255 (numbers for each channel between commas), or offset (pixel - 128 as it is); "
        ":bgr behind it where the net's channels are blue, green, red.",
    ),
]
ExternalData = Annotated[
    bool,
    typer.Option(
        "--external-data",
        help="Read tensors that an .onnx file keeps in other files; they must lie beneath its own folder.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Report = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Also write the JSON to a file.")]
INPUTS = ".npz with 'inputs', .npy (both as the model takes them, or pixels in uint8), an image, or a folder of images"
Vectors = Annotated[
    Path | None,
    typer.Option(
        "--vectors",
        metavar="FILE",
        help=f"Inputs of your own for the self-test, in the place of mcugen's: {INPUTS}. The reference computes the "
        "outputs.",
    ),
]
SelfTests = Annotated[
    int | None,
    typer.Option(
        "--self-tests",
        min=1,
        max=10_000,
        metavar="N",
        help="How many inputs of --vectors, the first ones. Default: 4, or fewer, to be at most 64 KiB of flash.",
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DATA",
        help="Data set: fashion-mnist, a folder of images or IDX files, or an .npz file of 'images' (or 'inputs') and "
        "'labels'. Its test images are used; of a folder without a test part, the fifth that train tests on.",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Where the files of a data set named by --data are, if not where Debian has them.",
    ),
]
Mean = Annotated[
    str | None,
    typer.Option("--mean", metavar="M", help="Subtracted from pixel / 255; one number, or one a channel: 0.5,0.5,0.5."),
]
Deviation = Annotated[
    str | None,
    typer.Option("--std", metavar="S", help="What that is divided by; one number, or one a channel."),
]
