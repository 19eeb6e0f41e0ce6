"""Fills PlatformIO's core directory with what it would fetch from its registry, for machines that cannot reach it.

    PLATFORMIO_CORE_DIR=... python firmware/scripts/seed_platformio.py

Needs the packages `platformio` and `scons` in the same Python; compilers are those on PATH. A machine with a network
needs none of this. What is there already is replaced only if this script made it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import SCons
from platformio.dependencies import get_core_dependencies
from platformio.package.meta import PackageItem, PackageMetadata, PackageSpec
from platformio.package.version import cast_version_to_semver
from semantic_version import SimpleSpec

_MARK = ".seeded"

_SCONS = """\
from SCons.Script import main

if __name__ == "__main__":
    main()
"""

_NATIVE_PLATFORM = """\
from platformio.public import PlatformBase


class NativePlatform(PlatformBase):
    pass
"""

_NATIVE_BUILDER = """\
from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()
env.Replace(SIZETOOL=None)
Default(env.BuildProgram())
"""


def main() -> None:
    """Writes the packages into $PLATFORMIO_CORE_DIR."""
    core = os.environ.get("PLATFORMIO_CORE_DIR")
    if not core:
        sys.exit("seed_platformio.py: set PLATFORMIO_CORE_DIR to the directory to fill")
    seed(Path(core))
    print(f"{core}: PlatformIO builds offline from here, with SCons {SCons.__version__}")


def seed(core: Path) -> None:
    """Writes tool-scons and the platform `native`."""
    scons = _package_version(SCons.__version__)
    wanted = get_core_dependencies()["tool-scons"]
    if not SimpleSpec(wanted).match(cast_version_to_semver(scons)):
        sys.exit(f"seed_platformio.py: PlatformIO wants tool-scons {wanted}, pip has SCons {SCons.__version__}")
    _write(
        core / "packages" / "tool-scons",
        "tool",
        {"name": "tool-scons", "version": scons, "description": "SCons of pip"},
        "package.json",
        {"scons.py": _SCONS},
    )
    _write(
        core / "platforms" / "native",
        "platform",
        {"name": "native", "version": "1.2.1", "title": "Native", "description": "The host's own compiler"}
        | {"engines": {"platformio": "^6"}, "packages": {}},
        "platform.json",
        {"platform.py": _NATIVE_PLATFORM, "builder/main.py": _NATIVE_BUILDER},
    )


def _package_version(release: str) -> str:
    """4.11.1 as PlatformIO numbers its package: 4.41101.0, the release's digits as the minor version."""
    major, minor, patch = (int(part) for part in release.split("."))
    return f"{major}.{major}{minor:02}{patch:02}.0"


def _write(directory: Path, kind: str, manifest: dict, manifest_name: str, files: dict[str, str]) -> None:
    if directory.exists() and not (directory / _MARK).exists():
        print(f"{directory}: left as it is, it was not made by this script")
        return
    texts = files | {manifest_name: json.dumps(manifest, indent=2) + "\n", _MARK: ""}
    for name, text in texts.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    spec = PackageSpec(owner="platformio", name=manifest["name"])
    item = PackageItem(str(directory), PackageMetadata(kind, manifest["name"], manifest["version"], spec))
    item.dump_meta()


if __name__ == "__main__":
    main()
