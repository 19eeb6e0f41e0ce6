"""`mcugen new`: a PlatformIO project for the user's own application, with a camera, or one that needs no hardware."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from mcugen.camera import CameraOptions
from mcugen.codegen.environment import environment
from mcugen.codegen.test_frames import frames_kept
from mcugen.compiler import Compiled
from mcugen.firmware.placement import DIRECTORY, HEADER, SCRIPT, START, placement_files
from mcugen.firmware.project import environment_options, firmware_files
from mcugen.firmware.sensors import Sensor, sensor_of
from mcugen.frontend.recorded_pixels import pixels_option
from mcugen.ir import Graph, Normalization
from mcugen.reference.pixels import NAMED, OFFSET, offset_normalization, pixel_variables
from mcugen.targets.boards import Board
from mcugen.targets.boards.placement import Placement
from mcugen.text import shell_word
from mcugen.version import __version__

# Options of the firmware's own environments that an application has no use for.
_OWN_OPTIONS = (
    "custom_model", "extra_scripts", "test_framework", "test_build_src", "test_testing_command"
)  # fmt: skip
_COPIED = ("include/port.h", "src/main.c", "src/application.h")
_RUN = {"native": ".pio/build/native/program"}


def application_files(compiled: Compiled, board: Board, placed: Placement) -> dict[str, str | bytes]:
    """The text of every file of the project by its path. placed: the parts of the network in fast memories. The
    library's camera, if it has one, is one that the board's sensor gives frames for (`Sensor.require`)."""
    name = compiled.library.name
    options = {key: value for key, value in environment_options(board).items() if key not in _OWN_OPTIONS}
    port_file = _port_file(options)
    camera = compiled.imported.camera
    sensor = sensor_of(board)
    if camera is not None:
        options = _with_sensor(options, sensor)
    fast = placement_files(name, board, placed)
    if fast:
        options["build_flags"] = " ".join([options["build_flags"], *_placement_flags(fast)])
    variables = {
        "name": name,
        "upper": name.upper(),
        "several": compiled.imported.several,
        "version": __version__,
        "board": board,
        "options": options,
        "camera": camera,
        "frames": frames_kept(compiled.imported),
        "image_options": _image_options(compiled.imported),
        "sensor": sensor,
        "model_file": compiled.model_file,
        "flash_command": _flash_command(compiled, board),
        "input": compiled.imported.input_tensor,
        "pixel_range": pixel_variables(compiled.imported)["pixel_range"],
        "labels": f"{name}_labels" in compiled.library.files[f"{name}.h"],
        "placed": tuple(placed.places),
        "starts": START in fast,
        "context_bytes": compiled.library.context_bytes,
        "run": _RUN.get(board.name, f"python3 scripts/emulate.py {board.name}"),
    }
    files = {f"lib/{name}/{file}": text for file, text in compiled.files().items()}
    own = firmware_files()
    files |= {file: own[file] for file in (*_COPIED, port_file)}
    files |= {file: text for file, text in own.items() if file == f"boards/{board.name}.json"}
    if board.emulator:
        files |= {file: text for file, text in own.items() if file.startswith("platforms/")}
        files["scripts/emulate.py"] = own["scripts/emulate.py"]
    images = ("camera.c", "camera.h") if camera is None else ("sensor.h", f"sensor/{sensor.file}")
    for template in ("platformio.ini", "README.md", "application.c", *images):
        file = PurePosixPath(template).name
        path = file if file in ("platformio.ini", "README.md") else f"src/{file}"
        files[path] = environment().get_template(f"new/{template}.j2").render(variables)
    files |= {_placement_path(file): text for file, text in fast.items()}
    files[".gitignore"] = ".pio/\n"
    return files


def _with_sensor(options: dict[str, str], sensor: Sensor) -> dict[str, str]:
    """With what the sensor's program needs, its file among the sources."""
    added = dict(options)
    if sensor.file.endswith(".cpp"):
        added["build_src_filter"] += f" +<{sensor.file}>"
    for option, value in sensor.options.items():
        added[option] = f"{added[option]} {value}" if option in added else value
    return added


def _image_options(graph: Graph) -> str:
    """What pixels and camera are, as `mcugen generate` takes it, behind a space; "" where nobody said."""
    pixels, camera = graph.pixels, graph.camera
    words = [] if pixels is None else [f"--pixels {_pixels_name(graph, pixels)}"]
    if camera is not None:
        words.append(CameraOptions.from_camera(camera).words_for_code)
    return "".join(f" {word}" for word in words)


def _pixels_name(graph: Graph, pixels: Normalization) -> str:
    """The shortest text of `--pixels` that says it: a name, or numbers."""
    names = {**NAMED, OFFSET: offset_normalization(graph)}
    return next((name for name, known in names.items() if known == pixels), pixels_option(pixels))


def _placement_path(file: str) -> str:
    return f"src/{file}" if file == START else f"{DIRECTORY}/{file}"


def _placement_flags(files: Mapping[str, str]) -> list[str]:
    """-T would take the place of the board's own linker script, in PlatformIO's eyes."""
    script = [f"-Wl,--script={_placement_path(SCRIPT)}"] if SCRIPT in files else []
    return [f"-include {_placement_path(HEADER)}", *script]


def _flash_command(compiled: Compiled, board: Board) -> str:
    """Its firmware takes rows as they come, and so no camera that needs a whole image."""
    graph = compiled.imported
    if graph.camera is not None and graph.camera.needs_frame:
        graph = replace(graph, camera=None)
    port = " --port PORT" if board.is_physical else ""
    return f"mcugen flash {shell_word(compiled.model_file)} --board {board.name}{port}{_image_options(graph)}"


def _port_file(options: dict[str, str]) -> str:
    """src/ports/X, by the environment's filter of sources: +<*.c> +<ports/X>."""
    included = options["build_src_filter"].split()[-1].removeprefix("+<").removesuffix(">")
    return str(PurePosixPath("src") / included)
