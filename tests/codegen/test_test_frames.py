"""Frames of a camera in the self-test: the C code makes the reference's frames, and what must come out comes out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from mcugen.camera import CameraOptions
from mcugen.camera.pattern import pattern
from mcugen.codegen.test_frames import make_test_frames
from mcugen.codegen.test_vectors import vector_bytes
from mcugen.compiler import Compiled, compile_model
from mcugen.simulate.host import STRICT_FLAGS
from tests.codegen.building import compiler_or_skip
from tests.end_to_end.test_field_models import FIELD
from tests.support.needs import need
from tests.support.small_net import small_network

PROGRAM = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "net_test_vectors.h"

static net_ctx ctx;
static int8_t scores[NET_OUTPUT_BYTES];
static uint8_t row[NET_CAMERA_ROW_BYTES];
KEEP_ROW

int main(int argc, char **argv)
{
    const int32_t off = argc > 1 ? atoi(argv[1]) : 0;
    int exact = 0;
    for (int i = 0; i < NET_TEST_FRAMES; i++) {
        int error = net_camera_begin(BEGUN);
        for (int32_t y = 0; y <= NET_CAMERA_LAST_ROW && error == NET_OK; y++) {
            net_test_frame_row(&net_test_frames[i], y + off, row);
            fwrite(row, 1, sizeof row, stderr);
            error = net_camera_row(&ctx, row);
        }
        error = error == NET_OK ? ENDED : error;
        exact += error == NET_OK && memcmp(scores, net_test_frames[i].scores, sizeof scores) == 0;
    }
    printf("%d", exact);
    return 0;
}
"""
KEEP_ROW = """static void keep_row(void *user, int32_t output, int32_t y, const int8_t *values)
{
    memcpy((int8_t *)user + net_row_start(output, y), values, (size_t)net_row_bytes(output));
}"""


def program(compiled: Compiled, directory: Path) -> Path:
    """A self-test of the library's frames; its argument moves every frame by so many rows."""
    text = PROGRAM
    if compiled.library.by_rows:
        for macro, code in (("KEEP_ROW", KEEP_ROW), ("BEGUN", "&ctx, keep_row, scores"), ("ENDED", "net_end(&ctx)")):
            text = text.replace(macro, code)
    else:
        for macro, code in (("KEEP_ROW", ""), ("BEGUN", "&ctx"), ("ENDED", "net_result(&ctx, scores)")):
            text = text.replace(macro, code)
    for name, content in compiled.files().items():
        if name.endswith((".c", ".h")):
            (directory / name).write_text(str(content))
    (directory / "main.c").write_text(text)
    sources = [path.name for path in directory.glob("*.c")]
    command = [compiler_or_skip("gcc"), *STRICT_FLAGS, "-Wpedantic", *sources, "-o", "program", "-lm"]
    subprocess.run(command, cwd=directory, check=True)
    return directory / "program"


@pytest.mark.parametrize(
    "camera",
    [
        CameraOptions("rgb565be:40x30", mirror=True),
        CameraOptions("gray:21x19", crop="1,2,17,13"),
        CameraOptions("bayer-grbg:40x36", resize="bilinear"),
        CameraOptions("uyvy:30x20", resize="nearest"),
    ],
    ids=lambda camera: camera.text,
)
def test_a_program_proves_the_camera_path(camera: CameraOptions, tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(small_network(softmax=False))
    compiled = compile_model(tmp_path / "small.tflite", name="net", pixels="offset", camera=camera)
    built = program(compiled, tmp_path)
    done = subprocess.run([built], capture_output=True, check=True)
    assert done.stdout == b"2"
    made = compiled.imported.camera
    assert made is not None
    rows = made.window[1] + made.window[3]
    whole = [pattern(made, f.seed, f.rows, f.columns)[:rows] for f in make_test_frames(compiled.imported)]
    assert done.stderr == np.stack(whole).tobytes()
    # What is not the frame does not pass for it.
    assert subprocess.run([built, "1"], capture_output=True, check=True).stdout != b"2"
    assert "2 frames of the camera" in str(compiled.files()["README.md"])
    plain = compile_model(tmp_path / "small.tflite", name="net", pixels="offset")
    assert "frame" not in "".join(str(plain.files()[f"net_test_vectors.{suffix}"]) for suffix in "hc")
    assert vector_bytes(compiled.imported) - vector_bytes(plain.imported) == 2 * 4


def test_outputs_by_rows(tmp_path: Path) -> None:
    need("shared-models")
    model = FIELD / "heads2_r64_rgb.tflite"
    camera = CameraOptions("rgb888:80x64")
    compiled = compile_model(model, name="net", output_rows=True, pixels="offset", camera=camera)
    assert subprocess.run([program(compiled, tmp_path)], capture_output=True, check=True).stdout == b"2"


def test_frames_differ_by_seed_and_fill_all_values() -> None:
    camera = CameraOptions("gray:64x64").of((8, 8, 1))
    one, other = (pattern(camera, seed, 1, 1) for seed in (1, 2))
    assert (one != other).mean() > 0.9
    assert len(np.unique(one)) == 256
    patches = pattern(camera, 1, 8, 16)
    assert np.array_equal(patches[:8, :16], np.tile(patches[:1, :4], (8, 4)))
