"""Which tower of a register each measurement is of, by what its cell is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError, nearest_name
from ..measurements import Measurements
from ..network import BaseStations
from .towers import Towers

KEY = ("network", "tac", "cell")
FARTHEST_M = 35_000.0
"""Cells reach as far in practice; the registers' errors begin there."""
ANOTHER_CONTINENT_M = 1_000_000.0
MOST_FAR = 0.5
"""Of the joined rows; where more are too far, the register is wrong and not some of its rows."""


@dataclass(frozen=True, eq=False)
class TowerJoin:
    """N measurements with their towers.

    Attributes
    ----------
    measurements : the rows that have a tower; the report counts the others, and tells the share that was joined. Their
        carrier is left open: in a scene of :attr:`base_stations` network, tracking area and cell say which is theirs
    towers : the register
    tower : (N,) row of it
    distance_m : (N,) along the ground, on the ellipsoid
    share_joined : of the rows that were given
    """

    measurements: Measurements
    towers: Towers
    tower: np.ndarray
    distance_m: np.ndarray
    share_joined: float

    @property
    def base_stations(self) -> BaseStations:
        """The towers that were found, for a scene in the measurements' frame."""
        return self.towers.base_stations(np.unique(self.tower), self.measurements.frame)


def join_towers(
    measurements: Measurements, towers: Towers, *, by: Sequence[str] | None = None, farthest_m: float = FARTHEST_M
) -> TowerJoin:
    """Join measurements with the towers of the same network, tracking area and cell.

    Parameters
    ----------
    measurements : Measurements
        With a CRS.
    by : of "network", "tac" and "cell"
        Default: the first and the last, and "tac" where some of the measurements and of the towers tell it. In LTE a
        cell's number is unique within its network: without "tac" rows of moved borders are joined too.
    farthest_m : float
        Longer links are left out.

    Returns
    -------
    TowerJoin
        Rows whose cell is not told, is not in the register, stands at several places in it, or is too far away are
        left out, each counted in the report.

    Raises
    ------
    InputError
        No row is joined, or most of the joined ones are too far from their towers, as on another continent.
    """
    if by is None:
        by = KEY if measurements.is_known("tac").any() and (towers.tac != "").any() else ("network", "cell")
    if not by or not set(by) <= set(KEY):
        raise InputError(f"by: {tuple(by)} must be some of {KEY}")
    if not farthest_m > 0:
        raise InputError(f"farthest_m: {farthest_m} must be positive")
    told = np.all([measurements.is_known(name) for name in by], axis=0)
    tower, ambiguous = _matches(measurements, towers, tuple(by))
    known = told & (tower >= 0) & ~ambiguous
    if not known.any():
        _refuse_no_match(measurements, towers, tuple(by), told, ambiguous)
    distance_m = np.full(len(measurements), np.nan)
    distance_m[known] = _distance_m(measurements.select(known), towers, tower[known])
    far = known & (distance_m > farthest_m)
    if far.sum() > MOST_FAR * known.sum():
        _refuse_far(measurements, towers, tower, distance_m, far, int(known.sum()), farthest_m)
    away = far & (distance_m > ANOTHER_CONTINENT_M)
    counts = {
        f"without {', '.join(by)}": ~told,
        "of a cell that is not in the register": told & (tower < 0),
        "of a cell that stands at several places": told & ambiguous,
        f"farther than {farthest_m / 1000:g} km from their tower": far & ~away,
        f"of a tower in another part of the world (beyond {ANOTHER_CONTINENT_M / 1000:,.0f} km)": away,
    }
    kept = known & ~far
    share = float(kept.mean())
    report = measurements.report
    found = np.unique(tower[kept])
    note = (
        f"{kept.sum():,} of {len(kept):,} rows ({share:.1%}) were joined by {', '.join(by)} with {len(found):,} of the "
        f"{len(towers):,} cells of {towers.source}; half of the links are shorter than "
        f"{np.median(distance_m[kept]) / 1000:.2f} km, the longest has {distance_m[kept].max() / 1000:.2f} km"
    )
    left_out = {**report.left_out, **{reason: int(rows.sum()) for reason, rows in counts.items()}}
    joined = measurements.select(
        kept,
        carrier=np.full(int(kept.sum()), ""),
        report=replace(report, left_out=left_out, notes=(*report.notes, note, *towers.notes)),
    )
    return TowerJoin(joined, towers, tower[kept], distance_m[kept], share)


def _matches(measurements: Measurements, towers: Towers, by: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the first tower with the key of each row, -1 = none, and whether others have it at other places."""
    import pandas

    keys = pandas.MultiIndex.from_arrays([getattr(towers, name) for name in by])
    group, names = keys.factorize()
    first = np.full(len(names), len(towers))
    np.minimum.at(first, group, np.arange(len(towers)))
    moved = (towers.longitude != towers.longitude[first[group]]) | (towers.latitude != towers.latitude[first[group]])
    several = np.zeros(len(names), dtype=bool)
    several[group[moved]] = True
    asked = pandas.MultiIndex.from_arrays([getattr(measurements, name) for name in by])
    which = names.get_indexer(asked)
    return np.where(which >= 0, first[which], -1), (which >= 0) & several[which]


def _distance_m(measurements: Measurements, towers: Towers, tower: np.ndarray) -> np.ndarray:
    from pyproj import Geod

    longitude, latitude = measurements.frame.to_lonlat(measurements.x_m, measurements.y_m)
    ends = (np.atleast_1d(longitude), np.atleast_1d(latitude), towers.longitude[tower], towers.latitude[tower])
    return np.asarray(Geod(ellps="WGS84").inv(*ends)[2])


def _refuse_no_match(
    measurements: Measurements, towers: Towers, by: tuple[str, ...], told: np.ndarray, ambiguous: np.ndarray
) -> None:
    source = measurements.report.source
    if not told.any():
        lacking = [name for name in by if not measurements.is_known(name).any()]
        what = " and ".join(lacking) or "all of " + ", ".join(by)
        raise InputError(
            f"{source}: no row tells {what}; name the columns that hold them with columns=, or join by less: by="
        )
    for name in by:
        asked = getattr(measurements, name)[told]
        if not np.isin(asked, getattr(towers, name)).any():
            hint = nearest_name(asked[0], np.unique(getattr(towers, name)).tolist())
            raise InputError(
                f"{source}: no {name} of its rows is in {towers.source}; row {measurements.row[told][0]} has "
                f"{str(asked[0])!r}{hint}; take the register of that network, or join by less: by="
            )
    if (told & ambiguous).any():
        at = int(np.argmax(told & ambiguous))
        key = ", ".join(f"{name} {getattr(measurements, name)[at]}" for name in by)
        remedy = "" if "tac" in by else ", or join by tac as well: by="
        raise InputError(
            f"{source}: no row is joined with {towers.source} by {', '.join(by)}; the cell of row "
            f"{measurements.row[at]} ({key}) stands at several places in it; clean the register{remedy}"
        )
    raise InputError(
        f"{source}: no row is joined with {towers.source} by {', '.join(by)}, though some have each of them; join by "
        "less: by=('network', 'cell')"
    )


def _refuse_far(measurements, towers, tower, distance_m, far, joined: int, farthest_m: float) -> None:
    at = int(np.argmax(far))
    place = towers.longitude[tower[at]], towers.latitude[tower[at]]
    swapped = replace(towers, longitude=towers.latitude, latitude=np.clip(towers.longitude, -90, 90))
    rows = measurements.select(far)
    near = _distance_m(rows, swapped, tower[far]) <= farthest_m
    hint = "its longitude and latitude look swapped" if near.all() else "is it the register of this country?"
    raise InputError(
        f"{towers.source}: {int(far.sum()):,} of {joined:,} joined rows are farther than {farthest_m / 1000:g} km from "
        f"their towers; row {measurements.row[at]} is {distance_m[at] / 1000:,.0f} km from the tower of line "
        f"{towers.row[tower[at]]} at {place[0]:g}, {place[1]:g}; {hint}"
    )
