"""Functions by the names that task files give them, each loaded when it is first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


class LazyFunctions(Mapping[str, Function], Generic[Function]):
    """A mapping from names to functions that knows the names without importing the modules."""

    def __init__(self, names_by_module: Mapping[str, str]) -> None:
        """Say where the functions are.

        Args:
            names_by_module: for each module the names of its functions, separated by spaces. A name "a=b" is `a` in
                task files and `b` in the module.
        """
        self._homes: dict[str, tuple[str, str]] = {}
        for module, names in names_by_module.items():
            for entry in names.split():
                name, _, function = entry.partition("=")
                self._homes[name] = module, function or name

    def __getitem__(self, name: str) -> Function:
        module, function = self._homes[name]
        return getattr(importlib.import_module(module), function)

    def __contains__(self, name: object) -> bool:  # the inherited one would import the module
        return name in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)
