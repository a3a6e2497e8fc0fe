"""Which version of Deixis this is, for records."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """The installed version; says so when a checkout runs that is not installed."""
    try:
        return version("deixis")
    except PackageNotFoundError:
        return "not installed"
