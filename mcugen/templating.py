"""Where templates are: in the wheel's package data or, in a checkout, beside the package."""

from __future__ import annotations

from pathlib import Path


def template_directory() -> Path:
    """The directory of all templates."""
    package = Path(__file__).resolve().parent
    return next(d for d in (package / "templates", package.parent / "templates") if d.is_dir())
