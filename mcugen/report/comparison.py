"""What differs between two compiled models, or two manifests of generated directories: totals, and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcugen.analysis import analyze
from mcugen.bounded import read_json
from mcugen.compiler import Compiled, compile_model
from mcugen.diagnostics import McugenError
from mcugen.report.matching import LayerShape, Pair, match
from mcugen.report.stages import layer_records, predicted_times
from mcugen.schemas.diff import Change, DiffOutput, LayerChanges, Side, TotalChanges


@dataclass(frozen=True)
class Figures:
    """What is compared of one side. totals, layers: figures by the fields of `TotalChanges` and `LayerChanges`, None
    where they are not known; layers by name, empty where a manifest of an early version has none. kinds: operators by
    the names of layers, None of manifests, which do not say them. compiled: the model, None of manifests."""

    side: Side
    totals: Mapping[str, int | None]
    layers: Mapping[str, Mapping[str, int | None]]
    kinds: Mapping[str, str] | None = None
    compiled: Compiled | None = None

    @property
    def busiest(self) -> str:
        """The layer with the most modelled cycles; "" where no layer's are known."""
        cycles = {name: layer["modelled_cycles"] or 0 for name, layer in self.layers.items()}
        return max(cycles, key=lambda name: cycles[name]) if any(cycles.values()) else ""


_OF_LAYER = ("live_macs", "live_parameters", "instructions", "modelled_cycles")


def load_side(text: str, target: str, *, external_data: bool = False) -> Figures:
    """One side: MODEL, MODEL@TARGET, a generated directory, or its manifest NAME.json.

    Raises McugenError naming the file if it is none of them.
    """
    name, _, own = text.partition("@") if not Path(text).exists() else (text, "", "")
    path = Path(name)
    if path.is_dir():
        return _from_manifest(_manifest_of(path))
    if path.suffix == ".json":
        return _from_manifest(path)
    compiled = compile_model(path, target=own or target, external_data=external_data)
    costs = analyze(compiled)
    layers = layer_records(compiled, costs, predicted_times(costs))
    return Figures(
        Side(compiled.model_file, compiled.plan.target.name),
        totals={
            "ram_bytes": costs.ram_bytes,
            "flash_bytes": costs.flash_bytes,
            "constant_bytes": costs.constant_bytes,
            "code_bytes": costs.code_bytes,
            "macs": costs.macs,
            "live_macs": costs.live_macs,
            "parameters": costs.parameters,
            "instructions": costs.prediction.instructions if costs.prediction else None,
            "modelled_cycles": costs.prediction.cycles if costs.prediction else None,
        },
        layers={layer.name: {key: getattr(layer, key) for key in _OF_LAYER} for layer in layers},
        kinds={layer.name: layer.operator for layer in layers},
        compiled=compiled,
    )


def growth(totals: TotalChanges, most: float) -> tuple[str, ...]:
    """A line for each of RAM, flash, instructions and cycles that grew by more than the share `most`, as far as both
    sides know it."""
    flash = totals.constant_bytes if totals.flash_bytes.change is None else totals.flash_bytes
    figures = {
        "RAM": totals.ram_bytes,
        "flash": flash,
        "instructions": totals.instructions,
        "cycles": totals.modelled_cycles,
    }
    return tuple(
        f"{name} grew from {figure.a:,} to {figure.b:,}, by {figure.b / figure.a - 1:.2%}; {most:.2%} are allowed"
        for name, figure in figures.items()
        if figure.a and figure.b is not None and figure.b > figure.a * (1 + most)
    )


def _manifest_of(directory: Path) -> Path:
    """The manifest among the files of a generated directory."""
    found = [path for path in sorted(directory.glob("*.json")) if (directory / f"{path.stem}.h").is_file()]
    if len(found) != 1:
        count = "no" if not found else f"{len(found)}"
        raise McugenError(f"{directory}: {count} manifests NAME.json beside a NAME.h", "name the manifest itself")
    return found[0]


def _from_manifest(path: Path) -> Figures:
    manifest = read_json(path, "a manifest of mcugen")
    try:
        costs, sizes = manifest["costs"], manifest["sizes"]
        constants = _count(sizes["constant_bytes"])
        # In manifests of early versions the two had other names, and the first ones knew nothing of code.
        code = _count_if_known(sizes.get("code_bytes", sizes.get("code_bytes_estimate")))
        totals = {
            "ram_bytes": _count(sizes["ram_bytes"] if "ram_bytes" in sizes else sizes["context_bytes"]),
            "flash_bytes": None if code is None else constants + code,
            "constant_bytes": constants,
            "code_bytes": code,
            "macs": _count(costs["macs"]),
            "live_macs": _count(costs["live_macs"]),
            "parameters": _count(costs["parameters"]),
            "instructions": _count_if_known(costs.get("instructions")),
            "modelled_cycles": _count_if_known(costs.get("modelled_cycles")),
        }
        # Manifests of the first versions had no layers.
        layers = {
            str(layer["name"]): {key: _count_if_known(layer[key]) for key in _OF_LAYER}
            for layer in manifest.get("layers", [])
        }
        model, target = str(manifest["model"]["file"]), str(manifest["target"]["name"])
    except (KeyError, TypeError, AttributeError) as error:
        raise McugenError(f"{path}: not a manifest of mcugen", "mcugen generate writes NAME.json") from error
    return Figures(Side(model, target), totals, layers)


def _count(value: object) -> int:
    """Raises TypeError where it is no whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _count_if_known(value: object) -> int | None:
    return None if value is None else _count(value)


def compare(a: Figures, b: Figures) -> DiffOutput:
    """Differences b - a. Layers are matched by structure and name (`match`); there are none where a manifest of an
    early version has none."""
    kinds_known = a.kinds is not None and b.kinds is not None
    pairs = match(_shapes(a, kinds_known), _shapes(b, kinds_known)) if a.layers and b.layers else []
    return DiffOutput(
        a=a.side,
        b=b.side,
        totals=TotalChanges(**{key: _change(a.totals[key], b.totals[key]) for key in a.totals}),
        layers=tuple(_layer(a, b, pair) for pair in pairs),
        grown=(),
        over_budget=(),
    )


def _shapes(side: Figures, with_kinds: bool) -> list[LayerShape]:
    kinds = (side.kinds or {}) if with_kinds else {}
    return [
        LayerShape(name, kinds.get(name, ""), layer["live_macs"], layer["live_parameters"])
        for name, layer in side.layers.items()
    ]


def _layer(a: Figures, b: Figures, pair: Pair) -> LayerChanges:
    first, second = pair
    name = first.name if first is not None else second.name if second is not None else ""
    of_a = a.layers[first.name] if first is not None else {}
    of_b = b.layers[second.name] if second is not None else {}
    return LayerChanges(
        name=name,
        in_="b" if first is None else "a" if second is None else "both",
        name_in_b=second.name if second is not None else None,
        **{key: _change(of_a.get(key), of_b.get(key)) for key in _OF_LAYER},
    )


def _change(a: int | None, b: int | None) -> Change:
    return Change(a, b, None if a is None or b is None else b - a)
