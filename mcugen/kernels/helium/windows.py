"""The Helium copy of windows into columns in assembly: of neighbouring pixels whose windows lie in the image."""

from __future__ import annotations

from mcugen.kernels.assembly import Assembly
from mcugen.kernels.helium.shapes import FARTHEST, VALUES, HeliumWindows
from mcugen.kernels.helium.steps import add


def windows(shape: HeliumWindows) -> tuple[str, ...]:
    """Lines of the function that takes the places of the first window's rows, columns, and how many pixels."""
    a = Assembly("armv8.1-m", "places of the window's rows", "columns", "pixels")
    places, columns, pixels = a.arguments
    a.enter()
    rows = [a.hold(f"r{3 + i}", f"row {i} of a window") for i in range(shape.rows)]
    a(f"ldm {places}, {{{', '.join(map(str, rows))}}}")
    a.drop(places)
    whole, rest = divmod(shape.row_values, VALUES)
    if rest:
        with a.holding(r0="values behind the last whole vector") as (values,):
            a(f"mov {values}, #{rest}")
            a(f"vctp.8 {values}", "predicate: as many bytes")
    turns = a.hold("lr", "pixels to go")
    a(f"dls {turns}, {pixels}")
    a.drop(pixels)
    moves = not whole and shape.step <= FARTHEST
    with a.loop("a pixel") as next_pixel:
        for row in rows:
            with a.holding(q0="values of a window") as (vector,):
                for _ in range(whole):
                    a(f"vldrb.u8 {vector}, [{row}], #{VALUES}")
                    a(f"vstrb.8 {vector}, [{columns}], #{VALUES}")
                if rest:
                    a("vpstt", "the next load and store by the predicate")
                    a(f"vldrbt.u8 {vector}, [{row}]{f', #{shape.step}' if moves else ''}")
                    a(f"vstrbt.8 {vector}, [{columns}], #{rest}")
            if not moves:
                add(a, row, shape.step - VALUES * whole, "the next window")
        a(f"le {turns}, {next_pixel}")
    a.leave()
    return a.lines()
