"""Which station and sector each measurement is of: by its cell, or by where it lies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import _core
from ..errors import InputError, nearest_name
from ..measurements import Measurements
from ..units import to_lattice_mm

BY = ("auto", "cell", "bearing")
UNKNOWN = ("raise", "leave-out")
CELLS_PER_SITE = 256
"""The lowest 8 bits of a cell's identity in LTE number the cells of a site (3GPP TS 36.413, clause 9.2.1.38)."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, eq=False)
class Association:
    """N measurements with their stations.

    Attributes
    ----------
    measurements : the same rows, with cell and sector where the file did not tell them
    station : (N,) row in ``scene.base_stations``
    by_cell : (N,) bool, told by the cell; else by distance and bearing
    distance_m : (N,) from the foot of the mast
    bearing_deg : (N,) from the mast, clockwise from north, [0, 360)
    off_boresight_deg : (N,) bearing less the sector's azimuth, [-180, 180); NaN where the station is isotropic
    """

    measurements: Measurements
    station: np.ndarray
    by_cell: np.ndarray
    distance_m: np.ndarray
    bearing_deg: np.ndarray
    off_boresight_deg: np.ndarray


def associate(measurements: Measurements, scene, *, by: str = "auto", unknown: str = "raise") -> Association:
    """Find the station and sector of each measurement.

    Parameters
    ----------
    by : {"auto", "cell", "bearing"}
        "cell": the station whose id is the measurement's cell, or the site ("eNB 1234") that an LTE cell is one of; of
        several sectors of that id at one place, the one whose azimuth is nearest to the bearing.
        "bearing": the nearest site, and of its sectors the one whose azimuth is nearest.
        "auto": by the cell where it is told, else by the bearing.
    unknown : {"raise", "leave-out"}
        What becomes of rows of a cell that the scene does not have (or, with "cell", of rows that name none).

    Raises
    ------
    InputError
        A cell is not in the scene, or is one of several places; no row is left; the frames differ.

    Notes
    -----
    A measurement's carrier (or its network, where it tells no carrier), where the scene has one of that name (or with
    that word in it, as "o2" in "LTE o2"), limits the choice to it; where a cell stands at several places, so does the
    tracking area behind it. Ties go to the station that comes first in canonical order. The nearest site need not be
    the serving one: trust "bearing" for one site, or where sites are far apart.
    """
    for name, value, known in (("by", by, BY), ("unknown", unknown, UNKNOWN)):
        if value not in known:
            raise InputError(f"{name}: {value!r} is not one of {known}{nearest_name(value, known)}")
    if scene.frame != measurements.frame:
        raise InputError("scene: the measurements are in another frame; read them for it, with scene=")
    stations = scene.base_stations
    if len(stations) == 0:
        raise InputError("base stations: there are none to associate measurements with")
    station = np.full(len(measurements), -1, dtype=np.int64)
    cell = measurements.cell if by != "bearing" else np.full(len(measurements), "")
    for carrier, network, tac, name, rows in _groups(measurements, cell):
        if name == "" and by == "cell":
            continue
        candidates = _candidates(stations, carrier or network, tac, name, measurements.report.source)
        if candidates.size:
            station[rows] = _nearest(stations, candidates, measurements.x_m[rows], measurements.y_m[rows])
    if (station < 0).any():
        measurements, cell, station = _without_unknown(measurements, cell, station, stations, unknown)
    distance_m, bearing_deg, off_deg = _seen_from(stations, station, measurements.x_m, measurements.y_m)
    told = measurements.select(
        slice(None),
        cell=np.where(measurements.cell == "", stations.id[station], measurements.cell),
        sector=np.where(measurements.sector == "", sector_names(stations)[station], measurements.sector),
    )
    return Association(told, station, cell != "", distance_m, bearing_deg, off_deg)


def site_of_cell(cell: str) -> int | None:
    """The site of a cell that is a number, as in LTE; 0: a local number, which tells no site. None: it is no number."""
    return int(cell) // CELLS_PER_SITE if cell.isascii() and cell.isdigit() else None


def sector_names(stations) -> np.ndarray:
    """(S,) A, B, C, ... by ascending azimuth within a site and carrier; "" for an isotropic station."""
    out = np.full(len(stations), "", dtype=object)
    sites: dict[tuple, list[int]] = {}
    direction = stations.azimuth_deg % 360.0
    for row in np.argsort(direction, kind="stable"):
        if not np.isnan(direction[row]):
            sites.setdefault((stations.carrier[row], *stations.position_mm[row, :2]), []).append(row)
    for rows in sites.values():
        for place, row in enumerate(rows):
            out[row] = LETTERS[place] if place < len(LETTERS) else str(place + 1)
    return out.astype(str)


def _groups(measurements: Measurements, cell: np.ndarray):
    """(carrier, network, tac, cell, rows) of each distinct four."""
    import pandas

    columns = [measurements.carrier, measurements.network, measurements.tac, cell]
    group, names = pandas.MultiIndex.from_arrays(columns).factorize()
    return [(*own, np.flatnonzero(group == number)) for number, own in enumerate(names)]


def _candidates(stations, carrier: str, tac: str, cell: str, source: str) -> np.ndarray:
    """Rows of the stations, in canonical order, that measurements of a carrier, or network, and cell may be of."""
    order = stations.canonical_order
    for is_of in (stations.carrier == carrier, _has_word(stations.carrier, carrier)):
        if carrier and is_of.any():
            order = order[is_of[order]]
            break
    if cell == "":
        return order
    # Cells of a site that have no azimuth of their own are one station, named after the site.
    site = site_of_cell(cell)
    for is_of in (stations.id == cell, _has_word(stations.id, cell if site is None else f"eNB {site}")):
        if is_of[order].any():
            order = order[is_of[order]]
            break
    else:
        return order[:0]
    if tac and _places(stations, order) > 1:
        is_of = _has_word(stations.carrier[order], f"{carrier} {tac}".strip())
        order = order[is_of] if is_of.any() else order
    if _places(stations, order) > 1:
        known = sorted(set(stations.carrier[order].tolist()))
        raise InputError(
            f"{source}: the cell {cell!r} stands at several places in the scene (carriers {known}); name the carrier "
            "of the measurements as the scene does, or the cells apart"
        )
    return order


def _places(stations, rows: np.ndarray) -> int:
    return len(np.unique(stations.position_mm[rows, :2], axis=0))


def _has_word(names: np.ndarray, word: str) -> np.ndarray:
    """(S,) bool, the names that have a word, or some in a row, whatever their case."""
    return np.char.find(np.char.lower(np.char.add(np.char.add(" ", names), " ")), f" {word.lower()} ") >= 0


def _nearest(stations, candidates: np.ndarray, x_m: np.ndarray, y_m: np.ndarray) -> np.ndarray:
    """(n,) of the candidates at the nearest place, that whose azimuth is nearest to the bearing."""
    place, site = np.unique(stations.position_mm[candidates, :2], axis=0, return_inverse=True)
    first = np.array([np.flatnonzero(site.reshape(-1) == number)[0] for number in range(len(place))])
    place, site = place[np.argsort(first)], np.argsort(np.argsort(first))[site.reshape(-1)]
    at_mm = np.stack([to_lattice_mm(x_m, "x_m"), to_lattice_mm(y_m, "y_m")], axis=1)
    chosen = ((at_mm[:, None, :] - place) ** 2).sum(axis=2).argmin(axis=1)
    out = np.empty(len(x_m), dtype=np.int64)
    for number in np.unique(chosen):
        rows, sectors = np.flatnonzero(chosen == number), candidates[site == number]
        pairs = np.tile(sectors, len(rows)), np.repeat(x_m[rows], len(sectors)), np.repeat(y_m[rows], len(sectors))
        off_deg = np.abs(np.nan_to_num(_seen_from(stations, *pairs)[2])).reshape(len(rows), len(sectors))
        out[rows] = sectors[off_deg.argmin(axis=1)]
    return out


def _seen_from(stations, station: np.ndarray, x_m: np.ndarray, y_m: np.ndarray):
    """(N,) distance, bearing and angle off the boresight of places, each from its station."""
    east_m, north_m = x_m - stations.x_m[station], y_m - stations.y_m[station]
    from_axis_deg = np.degrees(np.asarray(_core.atan2(np.abs(east_m), np.abs(north_m))))  # it knows one quadrant
    bearing_deg = np.where(north_m < 0, 180.0 - from_axis_deg, from_axis_deg)
    bearing_deg = np.where(east_m < 0, 360.0 - bearing_deg, bearing_deg) % 360.0
    off_deg = (bearing_deg - stations.azimuth_deg[station] + 180.0) % 360.0 - 180.0
    return np.hypot(east_m, north_m), bearing_deg, off_deg


def _without_unknown(measurements: Measurements, cell, station, stations, unknown: str):
    lost = station < 0
    if unknown == "raise" or lost.all():
        at = int(np.argmax(lost))
        source, example = measurements.report.source, str(stations.id[0])
        if cell[at] == "":
            raise InputError(
                f"{source}: row {measurements.row[at]} names no cell; associate by bearing instead (by='auto'), or "
                "leave such rows out (unknown='leave-out')"
            )
        raise InputError(
            f"{source}: the cell {str(cell[at])!r} of row {measurements.row[at]} is not in the scene "
            f"({len(np.unique(cell[lost])):,} cells, {int(lost.sum()):,} rows), whose ids are like {example!r}"
            f"{nearest_name(cell[at], stations.id)}; read stations with ids as the measurements have them "
            "(columns={'id': ...}, merge_sites=False), or leave such rows out (unknown='leave-out')"
        )
    counts = {**measurements.report.left_out, "of a cell that is not in the scene": int(lost.sum())}
    report = replace(measurements.report, left_out=counts)
    return measurements.select(~lost, report=report), cell[~lost], station[~lost]
