"""Which file format a map is written in: every module ``manifold_*`` beside this one is a writer.

A writer has ``SUFFIXES``, ``NEEDS_CRS`` and ``write(manifold, path, **options)``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import InputError, nearest_name
from ..scene import Scene
from .atomic import atomic_path, check_destination


def write_manifold(manifold, path: str | Path, *, suffix: str | None = None, **options) -> None:
    """Write a map, whole or not at all; the path's suffix chooses the format.

    Raises
    ------
    InputError
        The path's suffix is unknown, or is not of the format that ``suffix`` asks for; the file cannot be written.
    """
    writer = writer_for(path)
    if suffix is not None and suffix not in writer.SUFFIXES:
        allowed = " or ".join(_writers()[suffix].SUFFIXES)
        raise InputError(f"{path}: a file of this format is named {allowed}, not {Path(path).suffix!r}")
    _check_crs(writer, path, manifold.scene)
    with atomic_path(path) as temporary:
        writer.write(manifold, temporary, **options)


def output_suffixes() -> tuple[str, ...]:
    """Suffixes of the files that a map can be written to."""
    return tuple(sorted(_writers()))


def writer_for(path: str | Path):
    """The module of :mod:`radiocore.io` that writes files of this suffix.

    Raises
    ------
    InputError
        There is none; the message names the known ones.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _writers():
        known = output_suffixes()
        raise InputError(f"{path}: the suffix {suffix!r} is not one of {', '.join(known)}{nearest_name(suffix, known)}")
    return _writers()[suffix]


def check_output(path: str | Path, scene: Scene) -> None:
    """Refuse, before anything is computed, an output that could not be written afterwards.

    Raises
    ------
    InputError
        The suffix is unknown, the folder cannot be written to, or the format needs a CRS.
    """
    _check_crs(writer_for(path), path, scene)
    check_destination(path)


@cache
def _writers() -> dict[str, Any]:
    """Writer by suffix: every module ``manifold_*`` of :mod:`radiocore.io`."""
    folder = [str(Path(__file__).parent)]
    names = [item.name for item in pkgutil.iter_modules(folder) if item.name.startswith("manifold_")]
    modules = [importlib.import_module(f"{__package__}.{name}") for name in names]
    return {suffix: module for module in modules for suffix in module.SUFFIXES}


def _check_crs(writer, path, scene: Scene) -> None:
    if writer.NEEDS_CRS and scene.frame.crs is None:
        raise InputError(f"{path}: this format needs a CRS and the scene has none; give crs= when reading the scene")
