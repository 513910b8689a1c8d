"""Patterns of antennas, one file a pattern or a format of pattern files."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from ..errors import InputError, nearest_name
from .element import SectorElement
from .isotropic import Isotropic
from .pattern import AntennaPattern

IN_THE_CORE = (Isotropic.name, SectorElement.name)
"""Patterns that the compiled core computes itself, in its single pass and on a GPU."""


def antenna_named(name: str) -> AntennaPattern:
    """A pattern of this folder, or the pattern that a file holds; one file is read once until it changes.

    Raises
    ------
    InputError
        It is neither; or the file is not there, or broken: names file and line.
    """
    known, readers = _patterns(), _readers()
    if name in known:
        return known[name]()
    suffix = Path(name).suffix.lower()
    if suffix not in readers:
        raise InputError(
            f"antenna: {name!r} is neither one of {', '.join(sorted(known))} nor a pattern file "
            f"({', '.join(sorted(readers))}){nearest_name(name, known)}"
        )
    try:
        status = Path(name).stat()
        return _read(name, suffix, status.st_mtime_ns, status.st_size)
    except OSError as error:
        raise InputError(f"antenna: {name}: {error.strerror}; give the path of a pattern file") from None


def pattern_files(names: Iterable[str]) -> list[Path]:
    """The files among names of patterns, each once, sorted."""
    return [Path(name) for name in sorted(set(names)) if Path(name).suffix.lower() in _readers()]


@lru_cache(maxsize=256)
def _read(name: str, suffix: str, mtime_ns: int, size: int) -> AntennaPattern:
    return _readers()[suffix](Path(name))


@lru_cache(maxsize=1)
def _modules() -> tuple:
    return tuple(importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))


def _patterns() -> dict[str, type[AntennaPattern]]:
    """The patterns that need no file, by name."""
    items = [item for module in _modules() for item in vars(module).values() if inspect.isclass(item)]
    return {item.name: item for item in items if issubclass(item, AntennaPattern) and "name" in vars(item)}


def _readers() -> dict[str, Callable[[Path], AntennaPattern]]:
    """The readers of pattern files, by suffix."""
    return {suffix: module.read for module in _modules() for suffix in getattr(module, "SUFFIXES", ())}
