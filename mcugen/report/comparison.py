"""What differs between two compiled models, or two manifests of generated directories: totals, and layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mcugen.analysis import analyze
from mcugen.bounded import read_json
from mcugen.compiler import compile_model
from mcugen.diagnostics import McugenError
from mcugen.report.stages import layer_views, predicted_times
from mcugen.schemas.diff import Change, DiffOutput, LayerChanges, Side, TotalChanges


@dataclass(frozen=True)
class Figures:
    """What is compared of one side. totals, layers: figures by the fields of `TotalChanges` and `LayerChanges`, None
    where they are not known; layers by name, empty where a manifest of an early version has none."""

    side: Side
    totals: Mapping[str, int | None]
    layers: Mapping[str, Mapping[str, int | None]]


_OF_LAYER = ("live_macs", "live_parameters", "instructions", "modelled_cycles")


def load_side(text: str, target: str, *, external_data: bool = False) -> Figures:
    """One side: MODEL, MODEL@TARGET, or the manifest NAME.json of a generated directory.

    Raises McugenError naming the file if it is neither.
    """
    name, _, own = text.partition("@") if not Path(text).exists() else (text, "", "")
    path = Path(name)
    if path.suffix == ".json":
        return _from_manifest(path)
    compiled = compile_model(path, target=own or target, external_data=external_data)
    costs = analyze(compiled)
    layers = layer_views(compiled, costs, predicted_times(costs))
    return Figures(
        Side(compiled.model_file, compiled.plan.target.name),
        totals={
            "ram_bytes": costs.ram_bytes,
            "flash_constants": costs.constant_bytes,
            "code_estimate": costs.code_estimate,
            "macs": costs.macs,
            "live_macs": costs.live_macs,
            "parameters": costs.parameters,
            "instructions": costs.prediction.instructions if costs.prediction else None,
            "modelled_cycles": costs.prediction.cycles if costs.prediction else None,
        },
        layers={layer.name: {key: getattr(layer, key) for key in _OF_LAYER} for layer in layers},
    )


def _from_manifest(path: Path) -> Figures:
    manifest = read_json(path, "a manifest of mcugen")
    try:
        costs, sizes = manifest["costs"], manifest["sizes"]
        totals = {
            "ram_bytes": _count(sizes["context_bytes"]),
            "flash_constants": _count(sizes["constant_bytes"]),
            "code_estimate": _count_if_known(sizes.get("code_bytes_estimate")),
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
    """Differences b - a. Layers are matched by name; there are none where a manifest of an early version has none."""
    names = list(dict.fromkeys([*a.layers, *b.layers])) if a.layers and b.layers else []
    return DiffOutput(
        a=a.side,
        b=b.side,
        totals=TotalChanges(**{key: _change(a.totals[key], b.totals[key]) for key in a.totals}),
        layers=tuple(
            LayerChanges(
                name=name,
                in_="both" if name in a.layers and name in b.layers else "a" if name in a.layers else "b",
                **{key: _change(_of(a, name, key), _of(b, name, key)) for key in _OF_LAYER},
            )
            for name in names
        ),
    )


def _of(side: Figures, name: str, key: str) -> int | None:
    return side.layers.get(name, {}).get(key)


def _change(a: int | None, b: int | None) -> Change:
    return Change(a, b, None if a is None or b is None else b - a)
