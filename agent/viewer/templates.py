"""The template engine of all reports: strict, and with the look that they share (`look.css`)."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def templates(*packages: str, autoescape: bool = True) -> Environment:
    """The templates beside the packages' modules, which may include what lies here."""
    return Environment(
        loader=ChoiceLoader([PackageLoader(package, ".") for package in (*packages, "agent.viewer")]),
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
