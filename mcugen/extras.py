"""Packages that only some commands need: one clear line where they are not installed."""

from __future__ import annotations

import importlib
import shlex
from pathlib import Path
from types import ModuleType

from mcugen.diagnostics import McugenError


def require(module: str, extra: str, purpose: str) -> ModuleType:
    """The module, imported; raises McugenError naming mcugen's extra to install if it is absent.

    purpose: what needs it, as in "training".
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = (error.name or module).partition(".")[0]
        raise McugenError(f"{purpose} needs {missing}, which is not installed", install_command(extra)) from error


def install_command(extra: str) -> str:
    """The command that installs an extra: of the checkout that this package is in, or that it was installed from; of
    the project's name where it came from an index of packages."""
    origin = _checkout() or _installed_from() or "mcugen"
    return f"pip install {shlex.quote(f'{origin}[{extra}]')}"


def _checkout() -> str | None:
    root = Path(__file__).resolve().parents[1]
    return str(root) if (root / "pyproject.toml").is_file() else None


def _installed_from() -> str | None:
    """The folder or wheel that pip installed, as it notes in direct_url.json (PEP 610)."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlparse
    from urllib.request import url2pathname

    try:
        noted = json.loads(distribution("mcugen").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    url = urlparse(str(noted.get("url", "")))
    path = url2pathname(url.path)
    return path if url.scheme == "file" and Path(path).exists() else None
