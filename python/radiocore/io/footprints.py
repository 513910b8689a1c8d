"""Building files to buildings: the format is told by its content, and read by its module."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ..buildings import Buildings
from ..errors import FileFormatError, InputError
from . import sniff
from .footprint_table import BuildingFormat, FootprintTable, ReadOptions, require_choice
from .heights import IMPUTATIONS, impute_heights
from .prisms import INVALID_RULES, build


@cache
def formats() -> tuple[BuildingFormat, ...]:
    """Every format of this folder: a new one is one new file ``buildings_<name>.py``."""
    package = importlib.import_module(__package__)
    names = sorted(item.name for item in pkgutil.iter_modules(package.__path__) if item.name.startswith("buildings_"))
    return tuple(importlib.import_module(f"{__package__}.{name}").FORMAT for name in names)


def format_of(path: Path) -> BuildingFormat:
    """The format that the file's content shows.

    Raises
    ------
    FileFormatError
        It shows none; the message lists the formats.
    """
    head = sniff.read_head(path)
    try:
        found = next((item for item in formats() if item.matches(head)), None)
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from None
    if found is None:
        known = "; ".join(f"{item.name} ({', '.join(item.suffixes)})" for item in formats())
        raise FileFormatError(
            f"{path}: its content is none of the building formats that are read. They are: {known}. "
            "Files that point to other files or to the network (VRT and the like) are not followed"
        )
    return found


def read_footprints(
    path: str | Path,
    *,
    crs=None,
    height_column: str | None = None,
    metres_per_level: float = 3.0,
    impute: str = "rayleigh",
    rayleigh_scale_m: float | None = None,
    constant_height_m: float | None = None,
    seed: int = 0,
    invalid: str = "repair",
    open_structures: bool = False,
    bbox: tuple[float, float, float, float] | None = None,
    margin_m: float = 0.0,
) -> Buildings:
    """Read buildings from a map file; the contract is that of :meth:`radiocore.buildings.Buildings.read`."""
    require_choice(impute, IMPUTATIONS, "impute")
    require_choice(invalid, INVALID_RULES, "invalid")
    _require_positive(metres_per_level, "metres_per_level")
    for name, value, method in (
        ("rayleigh_scale_m", rayleigh_scale_m, "rayleigh"),
        ("constant_height_m", constant_height_m, "constant"),
    ):
        if value is not None:
            _require_positive(value, name)
            if impute != method:
                raise InputError(f"{name}: is used with impute={method!r} only, and impute is {impute!r}")
    if impute == "constant" and constant_height_m is None:
        raise InputError("constant_height_m: impute='constant' needs it, in metres")

    file = sniff.local_file(path)
    found = format_of(file)
    with _library_errors(path):
        table = found.read(file, ReadOptions(crs, height_column, metres_per_level, open_structures))
        height_m, height_source, note = impute_heights(
            table.height_m,
            table.building,
            table.height_source,
            impute=impute,
            scale_m=rayleigh_scale_m,
            constant_m=constant_height_m,
            seed=seed,
            path=file,
            other_columns=table.other_columns if height_column is None else (),
        )
        return build(
            replace(
                table,
                height_m=height_m,
                height_source=height_source,
                notes=(*table.notes, note) if note else table.notes,
            ),
            invalid=invalid,
            bbox=bbox,
            margin_m=margin_m,
            source=str(path),
            format_name=found.name,
        )


@contextmanager
def _library_errors(path: str | Path) -> Iterator[None]:
    """What shapely and pyproj find wrong with a file's content, as an error of that file."""
    from pyproj.exceptions import ProjError
    from shapely.errors import ShapelyError

    try:
        yield
    except (ShapelyError, ProjError) as error:
        raise FileFormatError(f"{path}: holds outlines or a CRS that cannot be used ({error})") from error


def _require_positive(value: float, name: str) -> None:
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{name}: {value} must be a positive number of metres")


__all__ = ["FootprintTable", "build", "format_of", "formats", "read_footprints"]
