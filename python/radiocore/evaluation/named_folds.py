"""Splits of measurements by name, strict unless a name says otherwise, and guarded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import InputError, nearest_name
from ..measurements import COLUMNS, Measurements
from ..measuring.association import site_of_cell
from .folds import MOST_FOLDS, Folds, duplicates_of, label_folds, leave_one_out, random_folds
from .geohash_split import geohash_cells
from .split import PLAIN, RANDOM

NAMES = (RANDOM, "geohash6", "area", "operator", "tower")


def named_folds(
    measurements: Measurements, name: str, *, plain: bool = False, towers=None, k: int = MOST_FOLDS, seed: int = 0
) -> Folds:
    """Folds of measurements that do not flatter, or whose caption says that they do.

    Parameters
    ----------
    name : {"geohash6", "area", "operator", "tower", "random"}
        What is held out whole: cells of the map, shared out to ``k`` folds; or one area, operator or tower a fold.
        Random rows are held out only where that name is asked for.
    plain : bool
        Take the rows as they are. By default every radio cell and tower that a held-out row has leaves the rows that
        are learned from.
    towers : (N,) array_like, optional
        The tower of each row; by default the site that the cell's number tells, as in LTE.

    Returns
    -------
    Folds
        Checked: neither duplicates nor, unless it is random or plain, cells and towers stand on both sides.

    Raises
    ------
    InputError
        The name is unknown, the column that it needs is not known in some row, or nothing would be left to learn from.
    """
    if name not in NAMES:
        raise InputError(f"split: {name!r} is not one of {NAMES}{nearest_name(name, NAMES)}")
    copies = copies_of(measurements)
    if name == RANDOM:
        folds = random_folds(len(measurements), k, seed, together=copies)
        folds.check_no_leak(copies)
        return folds
    apart = {} if plain else {"cells": cells_of(measurements), "towers": towers_of(measurements, towers)}
    labels = np.stack([*apart.values()]) if apart else None
    if name == "geohash6":
        places = geohash_cells(measurements.frame, measurements.x_m, measurements.y_m)
        folds = label_folds(places, k, seed, kind="geohash6 cells", apart=labels)
    elif name == "area":
        measurements.require_several("area")
        folds = leave_one_out(measurements.area, name, apart=labels)
    elif name == "operator":
        folds = leave_one_out(operators_of(measurements), name, apart=labels)
    else:
        folds = leave_one_out(towers_of(measurements, towers), name, apart=labels)
    if plain:
        folds = replace(folds, kind=folds.kind + PLAIN)
    for training, held_out in folds:
        if not training.any():
            raise InputError(
                f"split: nothing is left to learn from where row {measurements.row[held_out][0]} is held out, as every "
                "other row shares a cell or tower with what is; hold out less, or take the plain variant"
            )
    folds.check_no_leak(copies, **apart)
    return folds


def copies_of(measurements: Measurements) -> np.ndarray:
    """(N,) equal for rows that are exact copies in all that is known of them."""
    columns = {name: getattr(measurements, name) for name in COLUMNS if name != "row"}
    return duplicates_of(columns, *measurements.features.values())


def operators_of(measurements: Measurements) -> np.ndarray:
    """(N,) the network of each row where that is known, or else its carrier.

    Raises
    ------
    InputError
        It is not known in some row, or the same in all.
    """
    name = "network" if measurements.is_known("network").any() else "carrier"
    measurements.require_several(name)
    return getattr(measurements, name)


def cells_of(measurements: Measurements) -> np.ndarray:
    """(N,) number of each row's cell; those of two networks or carriers are two.

    Raises
    ------
    InputError
        The cell of a row is not known: nobody can say that it is not on the other side.
    """
    known = measurements.is_known("cell")
    if not known.all():
        raise InputError(
            f"{measurements.report.source}: the cell of row {measurements.row[np.argmin(known)]} is not known "
            f"({int((~known).sum()):,} rows in all), so it cannot be kept on one side of a split; leave such rows out, "
            "or take the plain variant"
        )
    return duplicates_of({name: getattr(measurements, name) for name in ("network", "carrier", "cell")})


def towers_of(measurements: Measurements, towers=None) -> np.ndarray:
    """(N,) number of each row's tower: as given, or the site of its cell where that is a number of LTE, or the cell.

    Raises
    ------
    InputError
        The cell of a row is not known, or not every row has a tower.
    """
    if towers is not None:
        given = np.asarray(towers)
        if given.shape != (len(measurements),):
            raise InputError(f"towers: shape {given.shape} does not match the {len(measurements)} measurements")
        return np.unique(given, return_inverse=True)[1].reshape(-1)
    cells_of(measurements)
    names, which = np.unique(measurements.cell, return_inverse=True)
    sites = np.array([site_of(name) for name in names])[which]
    # A carrier tells an operator where the network is not known; cells of a register are carriers of their own.
    owner = np.where(measurements.network == "", measurements.carrier, measurements.network)
    return duplicates_of({"owner": owner, "site": sites})


def site_of(cell: str) -> str:
    """The site of a cell of LTE by its number, or else the cell itself."""
    return f"site {site}" if (site := site_of_cell(cell)) else f"cell {cell}"
