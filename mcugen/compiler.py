"""From a model to a C library: the one place where front end, passes, plan and code generator are chained."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from mcugen.camera import Camera, CameraOptions
from mcugen.codegen.code_size import estimate_code_bytes
from mcugen.codegen.detection import with_detection
from mcugen.codegen.library import Library, context_bytes_of, make_library
from mcugen.codegen.names import c_identifier, library_name
from mcugen.detection import Detection, make_detector
from mcugen.detection import detect as objects_of
from mcugen.diagnostics import McugenError
from mcugen.ir import Graph, Normalization
from mcugen.passes import run_passes
from mcugen.plan.bands import BandOptions, with_bands
from mcugen.plan.plan import Plan
from mcugen.plan.planner import make_plan
from mcugen.plan.prediction import predict as predict_costs
from mcugen.reference.pixels import parse_pixels, pixel_table
from mcugen.targets import Target, find_target
from mcugen.text import one_line

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from torch.export import ExportedProgram

_BATCH = 32
"""Images that the reference computes at a time: it holds whole maps."""


@dataclass(frozen=True, eq=False, repr=False)
class Compiled:
    """A model and everything that was made of it.

    imported: the graph as the front end read it. optimized: after the passes. passes: names of those that ran.
    plan: stages, schedule and memory. library: the C files. model_file: name of the model's file without its
    directory, "" if there is none. micropython: whether the directory is a Python module for MicroPython too.
    self_test: images of the user's own for the generated self-test, [N, H, W, C] as the C code has them; None for those
    that are made here.
    """

    imported: Graph
    optimized: Graph
    passes: tuple[str, ...]
    plan: Plan
    library: Library
    model_file: str
    micropython: bool = False
    self_test: np.ndarray | None = None

    @property
    def ram_bytes(self) -> int:
        """sizeof the context, all the RAM that the library has; exact."""
        return self.library.context_bytes

    @property
    def flash_bytes(self) -> int:
        """Flash of constants, exact, and of code, estimated."""
        return self.library.constant_bytes + estimate_code_bytes(self.library)

    @property
    def instructions(self) -> int | None:
        """Instructions of one image, predicted; None for a target that was not measured."""
        prediction = predict_costs(self.plan)
        return None if prediction is None else prediction.instructions

    @property
    def cycles(self) -> int | None:
        """Cycles of one image by the core's timing table, predicted; None where the target has no cycle model."""
        prediction = predict_costs(self.plan)
        return None if prediction is None else prediction.cycles

    def predict(
        self, images: np.ndarray, *, mean: ArrayLike | None = None, std: ArrayLike | None = None
    ) -> np.ndarray | list[np.ndarray]:
        """What the C code computes of images, in the arithmetic of the reference.

        images: pixels uint8 [N, height, width] or [N, height, width, channels], or what the model's file takes. mean,
        std: as --mean and --std of `mcugen accuracy`, one number, or one a channel. Returns the output as the file
        declares it, [N, classes] of its dtype (so that `.argmax(1)` are classes), or a list of several outputs.

        Raises McugenError if the images do not fit the model.
        """
        from mcugen import reference

        graph, parts = self.imported, []
        for start in range(0, max(len(images), 1), _BATCH):
            stored = self._run(images[start : start + _BATCH], mean, std)
            parts.append(reference.dequantize_outputs(graph, stored))
        outputs = [np.concatenate(part) for part in zip(*parts, strict=True)]
        return outputs if graph.several else outputs[0]

    def detect(
        self,
        images: np.ndarray,
        threshold: float | None = None,
        *,
        mean: ArrayLike | None = None,
        std: ArrayLike | None = None,
    ) -> list[list[Detection]]:
        """The objects that NAME_detect finds in each of the images, the highest score first.

        images, mean, std: as in `predict`. threshold: probability of a cell that is of an object, by default the
        library's own, or 0.5 where it has no NAME_detect. Scores are int8, as the C code has them. Raises McugenError
        if the images do not fit the model, or its output is no map of probabilities.
        """
        detector = self.library.detector
        if detector is None or threshold is not None:
            detector = make_detector(self.imported, 0.5 if threshold is None else threshold)
        maps = (self._run(images[start : start + _BATCH], mean, std) for start in range(0, max(len(images), 1), _BATCH))
        return [objects_of(values, detector) for batch in maps for values in batch]

    def predict_rows(
        self, image: np.ndarray, *, mean: ArrayLike | None = None, std: ArrayLike | None = None
    ) -> Iterator[tuple[int, int, np.ndarray]]:
        """The finished rows of the outputs of one image, as the C code of output_rows hands them to its function.

        image, mean, std: as in `predict`, without N. Yields (number of the output, y, int8 [width, channels]), one
        output after the other; the C code gives the rows of several outputs as they get ready. Raises McugenError if
        the image does not fit the model.
        """
        values = self._run(np.asarray(image)[np.newaxis], mean, std).reshape(-1).astype(np.int8)
        for number, output in enumerate(self.imported.outputs):
            tensor = output.tensor
            for y, row in enumerate(values[output.start : output.start + tensor.size].reshape(tensor.shape)):
                yield number, y, row

    def _run(self, images: np.ndarray, mean: ArrayLike | None, std: ArrayLike | None) -> np.ndarray:
        """The output of images, int8 [N, height, width, channels], several of them joined."""
        from mcugen import reference
        from mcugen.data import prepare

        numbers = (np.atleast_1d(0.0 if mean is None else mean), np.atleast_1d(1.0 if std is None else std))
        given = mean is not None or std is not None
        normalization = (
            Normalization(mean=tuple(numbers[0].tolist()), deviation=tuple(numbers[1].tolist())) if given else None
        )
        border = prepare(self.imported, images, normalization)
        return reference.run(self.imported, reference.quantize_input(self.imported, border))

    def __repr__(self) -> str:
        return (
            f"<Compiled {self.library.name} for {self.plan.target.name}: RAM {self.ram_bytes:,} bytes, "
            f"flash about {self.flash_bytes:,} bytes>"
        )

    def _repr_html_(self) -> str:
        """What notebooks show."""
        time = "not predicted for this target" if self.instructions is None else f"{self.instructions:,} instructions"
        if self.cycles is not None:
            time += f", {self.cycles:,} cycles"
        rows = {
            "model": self.imported.name,
            "target": self.plan.target.name,
            "input": "x".join(map(str, self.imported.input_tensor.shape)),
            "output": "x".join(map(str, self.imported.output_tensor.shape)),
            "RAM": f"{self.ram_bytes:,} bytes",
            "flash": f"about {self.flash_bytes:,} bytes",
            "time": time,
        }
        body = "".join(f"<tr><th>{name}</th><td>{escape(one_line(text))}</td></tr>" for name, text in rows.items())
        return f"<table>{body}</table>"

    def files(self) -> dict[str, str | bytes]:
        """The text or bytes of every file by path: C, test vectors, build systems, manifest, README, Python module."""
        from mcugen.codegen.package import package_files

        return package_files(
            self.imported,
            self.library,
            self.passes,
            self.model_file,
            micropython=self.micropython,
            self_test=self.self_test,
        )

    def write(self, directory: str | os.PathLike[str], *, force: bool = False) -> None:
        """Writes the directory, whole or not at all; raises McugenError if it holds something else (see `output`)."""
        from mcugen.output import write_directory

        write_directory(Path(directory), self.files(), force=force)


def compile_model(
    model: str | os.PathLike[str] | Graph | ExportedProgram,
    *,
    target: str | Target = "generic",
    name: str | None = None,
    fold_constants: bool = True,
    resident_image: bool = False,
    trace: bool = False,
    micropython: bool = False,
    external_data: bool = False,
    labels: Sequence[str] | None = None,
    output_rows: bool = False,
    detect: float | None = None,
    pixels: str | Normalization | None = None,
    camera: Camera | CameraOptions | None = None,
    bands: BandOptions | None = None,
) -> Compiled:
    """Compiles a model file (.tflite, .onnx, .pt2), a quantized torch.export.ExportedProgram, or a graph.

    target: a core by name, see `mcugen.targets`. name: of the C library, by default made of the model's name.
    fold_constants: False keeps channels that are constant whatever the image. trace: the C code hands every finished
    row to a hook. micropython: the directory is a Python module for MicroPython too. external_data: an .onnx file may
    keep tensors in other files beneath its folder. labels: names of the classes, in the place of the file's own.
    output_rows: the C code hands every finished row of an output to a function of the program, and holds no output.
    detect: the C code finds objects in the output, cells of at least this probability. pixels: how images were prepared
    for the net, as `--pixels` says it or as numbers; NAME_invoke_u8 does so. camera: whose rows the C code takes by
    NAME_camera_row. bands: compute several rows for each reading of a layer's weights, where RAM allows.

    Raises McugenError: no such file, damaged, unsupported, a name that C cannot have, not a label for each class,
    output_rows of outputs without rows, detect of outputs that are no map of probabilities, pixels or a camera
    that do not fit the input.
    """
    graph, model_file = _import(model, external_data)
    if labels is not None:
        graph = _labelled(graph, tuple(labels))
    if pixels is not None:
        graph = replace(graph, pixels=parse_pixels(pixels, graph) if isinstance(pixels, str) else pixels)
    if camera is not None:
        made = camera.of(graph.input_tensor.shape) if isinstance(camera, CameraOptions) else camera
        graph = _with_camera(graph, made, resident_image)
    chosen = find_target(target) if isinstance(target, str) else target
    identifier = library_name(graph.name) if name is None else c_identifier(name)
    if output_rows:
        _check_rows(graph)
    detector = None if detect is None else make_detector(graph, detect)
    optimized, passes = run_passes(graph, chosen, fold_constants=fold_constants, output_rows=output_rows)
    plan = make_plan(optimized, chosen, resident=resident_image)
    if bands is not None:
        plan = with_bands(plan, bands, context_bytes_of(plan))
    library = make_library(plan, identifier, trace=trace, external_constants=micropython)
    if detector is not None:
        library = with_detection(library, detector)
    return Compiled(graph, optimized, passes, plan, library, model_file, micropython)


def _check_rows(graph: Graph) -> None:
    if all(output.tensor.height == 1 for output in graph.outputs):
        shapes = ", ".join("x".join(map(str, output.tensor.shape)) for output in graph.outputs)
        raise McugenError(
            f"no output of the model has rows: {shapes}",
            "leave out --output-rows, which saves memory where a map comes out",
        )


def _with_camera(graph: Graph, camera: Camera, resident_image: bool) -> Graph:
    if camera.output != graph.input_tensor.shape:
        shapes = ["x".join(map(str, shape)) for shape in (camera.output, graph.input_tensor.shape)]
        raise McugenError(f"the camera makes images of {shapes[0]}, the model takes {shapes[1]}")
    pixel_table(graph)
    if camera.needs_frame and not resident_image:
        raise McugenError(
            f"a frame that is rotated by {camera.rotate} degrees begins with other rows than the sensor's first",
            "--resident-image keeps a whole image in the context for it; many sensors turn by 180 degrees themselves",
        )
    return replace(graph, camera=camera)


def _labelled(graph: Graph, labels: tuple[str, ...]) -> Graph:
    classes = graph.output_tensor.channels
    if len(labels) != classes or graph.several:
        outputs = f"{len(graph.several)} outputs" if graph.several else f"{classes} classes"
        raise McugenError(f"{len(labels)} labels for a model with {outputs}", "there is one for each class")
    return replace(graph, labels=labels)


def _import(model: str | os.PathLike[str] | Graph | ExportedProgram, external_data: bool) -> tuple[Graph, str]:
    """(the graph, the name of its file or "")."""
    if isinstance(model, Graph):
        return model, ""
    # Only those who read models pay for the import of the front ends.
    from mcugen.frontend import is_torch_program, load_model

    if is_torch_program(model):
        from mcugen.frontend.torch import from_program

        return from_program(cast("ExportedProgram", model)), ""
    path = Path(cast("str | os.PathLike[str]", model))
    return load_model(path, external_data=external_data), path.name
