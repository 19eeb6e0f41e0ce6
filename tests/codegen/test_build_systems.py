"""The generated directory as a library of other build systems: built where they can be had, else by their rules."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mcugen.camera import Camera
from mcugen.codegen.build_systems import cmake_target
from mcugen.compiler import compile_model
from mcugen.fixedpoint import Rounding
from mcugen.reference.pixels import offset_normalization
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip, run, zoo
from tests.support.needs import module
from tests.support.random_graphs import Block, build

CMAKE_FLAGS = " ".join(flag for flag in STRICT_FLAGS if flag.startswith("-W"))


def self_test(name: str) -> str:
    """A program that runs the test vectors of the library of this name."""
    return f"""
#include <stdio.h>
#include <string.h>
#include "{name}_test_vectors.h"
static {name}_ctx ctx;
int main(void)
{{
    int exact = 0;
    for (int i = 0; i < {name.upper()}_TEST_VECTORS; i++) {{
        int8_t scores[{name.upper()}_OUTPUT_BYTES];
        exact += {name}_invoke(&ctx, {name}_test_vectors[i].image, scores) == 0
            && memcmp(scores, {name}_test_vectors[i].scores, sizeof scores) == 0;
    }}
    printf("%d of %d exact", exact, {name.upper()}_TEST_VECTORS);
    return 0;
}}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated directory by the name `net`."""
    directory = tmp_path_factory.mktemp("generated") / "net"
    compile_model(zoo("separable"), name="net").write(directory)
    return directory


def build_with_cmake(directory: Path, lists: str, *definitions: str) -> None:
    """Configures and builds a project of this CMakeLists.txt; any warning of CMake or the compiler is an error."""
    (directory / "CMakeLists.txt").write_text(lists)
    command = ["cmake", "-S", ".", "-B", "build", "-Werror=dev", f"-DCMAKE_C_FLAGS=-Werror {CMAKE_FLAGS}"]
    assert "Warning" not in run([compiler_or_skip("cmake"), *command[1:], *definitions], directory)
    run(["cmake", "--build", "build"], directory)


@pytest.mark.parametrize("name", ["net", "test"])
def test_cmake_as_a_subdirectory(name: str, tmp_path: Path) -> None:
    """CMake keeps `test` for itself: the target is then called otherwise, as the generated README says."""
    compile_model(zoo("separable"), name=name).write(tmp_path / "deep" / name)
    target = cmake_target(name)
    assert f"target_link_libraries(PROGRAM {target})" in (tmp_path / "deep" / name / "README.md").read_text()
    (tmp_path / "main.c").write_text(self_test(name))
    build_with_cmake(
        tmp_path,
        f"""
cmake_minimum_required(VERSION 3.13)
project(consumer LANGUAGES C)
add_subdirectory(deep/{name})
add_executable(program main.c)
target_link_libraries(program {target})
""",
    )
    assert run([str(tmp_path / "build" / "program")], tmp_path) == "2 of 2 exact"


def test_cmake_alone(library: Path, tmp_path: Path) -> None:
    run([compiler_or_skip("cmake"), "-S", str(library), "-B", "build", "-Werror=dev"], tmp_path)
    run(["cmake", "--build", "build"], tmp_path)
    assert (tmp_path / "build" / "libnet.a").exists()


def test_esp_idf_registers_the_component_and_nothing_else(library: Path, tmp_path: Path) -> None:
    """ESP-IDF reads CMakeLists.txt once as a script, in which `project` and `add_library` would be errors."""
    (tmp_path / "script.cmake").write_text(
        f"""
set(ESP_PLATFORM 1)
function(idf_component_register)
    cmake_parse_arguments(component "" "" "SRCS;INCLUDE_DIRS" ${{ARGN}})
    message(STATUS "srcs ${{component_SRCS}}")
    message(STATUS "include ${{component_INCLUDE_DIRS}}")
    message(STATUS "other ${{component_UNPARSED_ARGUMENTS}}")
endfunction()
include({library}/CMakeLists.txt)
"""
    )
    told = run([compiler_or_skip("cmake"), "-P", "script.cmake"], tmp_path)
    expected = sorted(path.name for path in library.glob("*.c"))
    assert told.split("\n")[:3] == [f"-- srcs {';'.join(expected)}", "-- include .", "-- other "]


def test_the_manifest_of_the_esp_component_registry(library: Path) -> None:
    manager = module("idf_component_tools.manager")
    manifest = manager.ManifestManager(str(library), "net")
    assert not manifest.validate().validation_errors
    assert manifest.load().dependencies == {"idf": ">=4.4"}


def test_zephyr_module(library: Path, tmp_path: Path) -> None:
    """Zephyr itself is not to be had from a package registry: its functions are played by ones that build."""
    yaml = module("yaml")
    manifest = yaml.safe_load((library / "zephyr" / "module.yml").read_text())
    assert manifest == {"name": "net", "build": {"cmake": "zephyr", "kconfig": "zephyr/Kconfig"}}
    assert (library / manifest["build"]["kconfig"]).is_file()
    (tmp_path / "main.c").write_text(self_test("net"))
    lists = f"""
cmake_minimum_required(VERSION 3.20)
project(application LANGUAGES C)
function(zephyr_library_named name)
    add_library(${{name}} STATIC)
    set(ZEPHYR_CURRENT_LIBRARY ${{name}} PARENT_SCOPE)
endfunction()
function(zephyr_library_sources)
    target_sources(${{ZEPHYR_CURRENT_LIBRARY}} PRIVATE ${{ARGN}})
endfunction()
add_library(zephyr_interface INTERFACE)
function(zephyr_include_directories directory)
    get_filename_component(path ${{directory}} ABSOLUTE)
    target_include_directories(zephyr_interface INTERFACE ${{path}})
endfunction()
add_subdirectory({library / manifest["build"]["cmake"]} module)
add_executable(program main.c)
target_link_libraries(program zephyr_interface mcugen_net)
"""
    build_with_cmake(tmp_path, lists, "-DCONFIG_MCUGEN_NET=y")
    assert run([str(tmp_path / "build" / "program")], tmp_path) == "2 of 2 exact"


def test_zephyr_configuration(library: Path) -> None:
    kconfiglib = module("kconfiglib")
    configuration = kconfiglib.Kconfig(str(library / "zephyr" / "Kconfig"), warn_to_stderr=False)
    assert configuration.warnings == []
    symbol = configuration.syms["MCUGEN_NET"]
    assert symbol.str_value == "n"
    symbol.set_value("y")
    assert symbol.config_string == "CONFIG_MCUGEN_NET=y\n"


# What follows are rules of the Arduino library specification, revision 2.2, and of arduino-lint, which no package
# registry has.
_REQUIRED = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures")
_KNOWN = {*_REQUIRED, "depends", "dot_a_linkage", "includes", "precompiled", "ldflags", "license"}
_CATEGORIES = (
    "Display",
    "Communication",
    "Signal Input/Output",
    "Sensors",
    "Device Control",
    "Timing",
    "Data Storage",
    "Data Processing",
    "Other",
)
_SKETCH_MAIN = """
#include "Arduino.h"
SerialPort Serial;
void setup();
void loop();
int main() { setup(); loop(); }
"""
_ARDUINO_H = """
#include <stdint.h>
#include <stdio.h>
struct SerialPort {
    void begin(unsigned long) {}
    void print(const char *text) { fputs(text, stdout); }
    void print(long number) { printf("%ld", number); }
    void print(int number) { printf("%d", number); }
    void print(unsigned long number) { printf("%lu", number); }
    void println(const char *text) { puts(text); }
};
extern SerialPort Serial;
inline unsigned long micros() { return 0; }
inline void delay(unsigned long) {}
"""


def _properties(library: Path) -> dict[str, str]:
    lines = (library / "library.properties").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_arduino_properties(library: Path) -> None:
    properties = _properties(library)
    assert set(properties) <= _KNOWN
    assert all(properties[field].strip() for field in _REQUIRED)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}", properties["name"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", properties["version"])
    assert properties["category"] in _CATEGORIES
    assert properties["url"].startswith("https://")
    assert not properties["paragraph"].startswith(properties["sentence"])
    for header in properties["includes"].split(","):
        assert (library / header).is_file()


def test_arduino_layout(library: Path) -> None:
    """Flat: sources in the root are compiled, no src/ that would hide them, no program among them."""
    assert not (library / "src").exists()
    assert not (library / "extras").is_file()
    headers = [path for path in library.iterdir() if path.suffix in (".h", ".hpp")]
    assert library / "net.h" in headers
    assert not any(path.is_symlink() or path.suffix == ".exe" for path in library.rglob("*"))
    sketches = list(library.rglob("*.ino"))
    assert [sketch.relative_to(library).parts for sketch in sketches] == [("examples", "SelfTest", "SelfTest.ino")]
    for source in library.glob("*.c"):
        assert "int main(" not in source.read_text()


def lines_of_example(library: Path, directory: Path) -> list[str]:
    """What the Arduino example of a generated directory prints in one turn of its loop, built in another directory."""
    (directory / "Arduino.h").write_text(_ARDUINO_H)
    (directory / "main.cpp").write_text(_SKETCH_MAIN)
    # As the Arduino builder does: the sketch is C++ that begins with its header; C stays C.
    sketch = library / "examples" / "SelfTest" / "SelfTest.ino"
    (directory / "SelfTest.cpp").write_text("#include <Arduino.h>\n" + sketch.read_text())
    include = ["-I.", f"-I{library}"]
    run(["gcc", "-c", *include, *(str(path) for path in library.glob("*.c"))], directory)
    objects = sorted(path.name for path in directory.glob("*.o"))
    flags = ["-std=gnu++11", "-Wall", "-Wextra", "-Werror"]
    run([compiler_or_skip("g++"), *flags, *include, "main.cpp", "SelfTest.cpp", *objects, "-o", "sketch"], directory)
    return run(["./sketch"], directory).splitlines()


def test_the_arduino_example_runs(library: Path, tmp_path: Path) -> None:
    *vectors, summary = lines_of_example(library, tmp_path)
    assert summary == "2 of 2 test vectors exact"
    assert all(line.endswith(": exact, 0 us") for line in vectors)


@pytest.mark.parametrize("output_rows", [False, True])
def test_the_arduino_example_runs_frames_of_a_camera(output_rows: bool, tmp_path: Path) -> None:
    blocks = [Block("maximum", kernel=(3, 3), padding=(1, 1, 1, 1))]
    graph = build((9, 8, 3), -1, Rounding.DOUBLE, blocks, None, seed=1)
    graph = replace(graph, pixels=offset_normalization(graph))
    camera = Camera("rgb565be", 40, 30, graph.input_tensor.shape)
    directory = tmp_path / "net"
    compile_model(graph, name="net", camera=camera, output_rows=output_rows).write(directory)
    *_, vectors, frames = lines_of_example(directory, tmp_path)
    assert (vectors, frames) == ("2 of 2 test vectors exact", "2 of 2 frames of the camera exact")
    # A frame that is another does not pass for it.
    text = (directory / "net_test_vectors.c").read_text()
    (directory / "net_test_vectors.c").write_text(text.replace('{ "fine", ', '{ "fine", 7 + '))
    assert lines_of_example(directory, tmp_path)[-1] == "1 of 2 frames of the camera exact"


def test_platformio_reads_both_manifests(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parser = module("platformio.package.manifest.parser")
    schema = module("platformio.package.manifest.schema")
    # It fetches the list of licences from the network.
    known = {"licenses": [{"licenseId": "0BSD"}]}
    monkeypatch.setattr(schema.ManifestSchema, "load_spdx_licenses", staticmethod(lambda: known))
    for file in ("library.json", "library.properties"):
        parsed = parser.ManifestParserFactory.new_from_file(str(library / file)).as_dict()
        loaded = schema.ManifestSchema().load_manifest(parsed)
        assert loaded["name"] == "net"
        assert loaded["headers"][0] == "net.h"
        assert loaded["license"] == "0BSD"
    chosen = parser.ManifestParserFactory.new_from_dir(str(library)).as_dict()
    assert chosen["build"] == json.loads((library / "library.json").read_text())["build"]


def test_platformio_builds_what_is_there(library: Path) -> None:
    build = json.loads((library / "library.json").read_text())["build"]
    included = [entry[2:-1] for entry in build["srcFilter"] if entry.startswith("+")]
    assert included == sorted(path.name for path in library.glob("*.c"))
