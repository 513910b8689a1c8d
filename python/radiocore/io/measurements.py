"""Reading measurements: the format by content, columns by name and unit, positions into the scene."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileFormatError, InputError
from ..frame import LocalFrame, is_geographic
from ..measurements import COLUMNS, UE_ALTITUDE, MeasurementReport, Measurements
from ..units import LATTICE_LIMIT_MM, MM_PER_M, USUAL_UE_ALTITUDE_M, height_notes
from .measurements_mapping import ColumnMapping
from .measurements_table import MeasurementFormat, RawColumn, RawMeasurements, raw_of_table
from .sniff import local_file, read_head
from .stations_area import require_own_crs
from .stations_sites import network_label

NEEDED = "rsrp_dbm"
FAR_KM = 100.0
"""Points may lie beyond all that was measured; with none nearer to the scene they are of another place."""
GIVEN = "measurements"
"""What a table of arguments is called in messages."""


@cache
def formats() -> tuple[MeasurementFormat, ...]:
    """Every format in this folder: the ``FORMAT`` of each module ``measurements_*``."""
    package = importlib.import_module(__package__)
    names = sorted(item.name for item in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{__package__}.{name}") for name in names if name.startswith("measurements_"))
    return tuple(module.FORMAT for module in modules if hasattr(module, "FORMAT"))


def read_measurements(
    path: str | Path,
    *,
    scene=None,
    columns: Mapping[str, Any] | str | Path | None = None,
    crs=None,
    missing: Sequence[str] = (),
    features: Sequence[str] = (),
    frame: LocalFrame | None = None,
    kind: type[Measurements] = Measurements,
) -> Measurements:
    """Read a drive test or MDT file; the format is told by its content.

    Parameters
    ----------
    path : str or Path
        CSV (gzipped or not), Parquet, GeoParquet or GeoPackage (points). Columns are those of
        :data:`radiocore.io.measurements_mapping.ALIASES`: a position and ``rsrp_dbm``, and what else the file has of
        time (Unix seconds, or ISO 8601; UTC where no zone is told), cell, sector, month, ... Logs of phones, and
        measurements for OpenCelliD, are known by their own columns.
    scene : Scene, optional
        Positions go to its frame; else to ``frame``, or to one around them.
    columns : mapping, or path of a TOML file, optional
        Names of the file's columns: ``{"rsrp_dbm": "RSRP"}``, with a unit
        ``{"time": {"column": "t", "unit": "ms"}}``. The TOML file has them as a table ``[columns]``, and optionally
        ``[constants]`` (``month = 1``), ``crs``, ``missing`` and ``features``.
    crs : anything pyproj takes, optional
        CRS of the columns x and y; without it they are coordinates of the scene's CRS, in m.
    missing : texts, optional
        Which mean "not measured", beside the empty one: ``("2147483647", "nan")``.
    features : names of columns of the file, optional
        Further numbers that models may learn from, taken as they are: ``("Building Height",)``.
    frame : LocalFrame, optional
        Where positions go, where there is no scene.
    kind : Measurements, or Points
        What is read; points need no RSRP.

    Returns
    -------
    Measurements, or Points
        Rows without a position, an RSRP or a feature are left out and counted in its report; nothing else is, before
        :meth:`Measurements.cleaned`.

    Raises
    ------
    FileFormatError, InputError, ConfigError
        Names the file, the row, the column and the remedy: an empty file, a missing column, a unit that does not fit,
        a value that is no number or cannot be, longitude and latitude swapped, RSRP equal in all rows, and measurements
        of which none is in the scene.
    """
    file, source = local_file(path), str(path)
    mapping = ColumnMapping.of(columns, crs, missing, features)
    head = read_head(file)
    if not head or head.isspace():
        raise FileFormatError(f"{source}: is empty")
    file_format = next((item for item in formats() if item.matches(head)), None)
    if file_format is None:
        known = ", ".join(item.name for item in formats())
        raise FileFormatError(f"{source}: is no format of measurements that is read: {known} (CSV may be gzipped)")
    raw = file_format.read(file, source)
    if len(raw.row) == 0:
        others = ", ".join(f"{number:,} {reason}" for reason, number in raw.left_out.items() if number)
        raise FileFormatError(f"{source}: it holds no measurements" + (f": {others}" if others else ""))
    found = _measurements(raw, source, file_format.name, mapping, scene, frame, kind)
    _refuse_useless(found, scene)
    return found


def measurements_of_table(
    table,
    *,
    scene=None,
    columns: Mapping[str, Any] | str | Path | None = None,
    crs=None,
    missing: Sequence[str] = (),
    features: Sequence[str] = (),
    frame: LocalFrame | None = None,
    kind: type[Measurements] = Measurements,
) -> Measurements:
    """The same of a DataFrame or a mapping of columns, which may have no usable row; NaN is "not measured" there."""
    import pandas

    try:
        rows = pandas.DataFrame(table)
    except ValueError as error:
        raise InputError(f"{GIVEN}: they are not a table: {error}") from None
    mapping = ColumnMapping.of(columns, crs, missing, features)
    return _measurements(raw_of_table(rows), GIVEN, "", mapping, scene, frame, kind)


def _measurements(
    raw: RawMeasurements, source: str, format_name: str, mapping: ColumnMapping, scene, frame, kind: type[Measurements]
) -> Measurements:
    present = [str(name) for name in raw.columns]
    found = mapping.resolve(present, source, raw.layout)

    def raw_column(name: str) -> RawColumn:
        return RawColumn.of(raw, name, found[name], source, (*mapping.missing, *raw.missing))

    def column(name: str) -> np.ndarray:
        return raw_column(name).values()

    if NEEDED in kind.needed and NEEDED not in found:
        mapping.refuse_missing(NEEDED, found, present, source)
    if raw.position is None:
        pair = mapping.position(found, present, source)
        x, y = (column(name) for name in pair)
        crs = "EPSG:4326" if pair == ("lon", "lat") else mapping.crs
    else:
        pair, crs = ("x", "y"), raw.crs if mapping.crs is None else mapping.crs
        x, y = raw.position.T
    if mapping.crs is not None and pair != ("x", "y"):
        raise InputError(f"crs: {source} has {pair[0]} and {pair[1]}, which need none; leave crs out")
    values = {name: column(name) for name in found if name in COLUMNS and name not in ("x_m", "y_m")}
    for name, value in mapping.constants.items():
        values[name] = np.repeat(RawColumn.constant(name, value, source).values(), len(raw.row))
    if "network" in values:
        values["network"] = np.array([network_label(name) for name in values["network"]], dtype=str)
    elif {"mcc", "mnc"} <= set(found):
        codes = zip(raw_column("mcc").names(), raw_column("mnc").names(), strict=True)
        values["network"] = np.array([network_label(f"{mcc}-{mnc}") if mcc and mnc else "" for mcc, mnc in codes], str)
    chosen = {name: column(name) for name in mapping.features}

    keep = ~np.isnan(x + y)
    left_out = dict(raw.left_out) | {"without a position": int((~keep).sum())}
    level = {"an rsrp_dbm": values[NEEDED]} if NEEDED in kind.needed else {}
    for name, value in (level | {f"a {name!r}": value for name, value in chosen.items()}).items():
        left_out[f"without {name}"] = int((keep & np.isnan(value)).sum())
        keep &= ~np.isnan(value)
    x, y = x[keep], y[keep]
    if is_geographic(crs):
        _refuse_beyond_world(raw, keep, x, y, source)
    if scene is not None:
        frame = scene.frame
    elif frame is None:
        frame = _frame_around(x, y, crs)
    if pair == ("x", "y") and crs is None:
        require_own_crs(frame, source)
    as_they_are = pair == ("x_m", "y_m") or len(x) == 0
    x_m, y_m = (x, y) if as_they_are else frame.from_crs(x, y, crs)
    if scene is not None and not as_they_are:
        _refuse_swapped(scene, x_m, y_m, *frame.from_crs(y, x, crs), pair, source)
    used = {item.column for item in found.values()}
    ignored = ", ".join(name for name in present if name not in used)
    unused = (f"columns of the file that were not used: {ignored}",) if ignored else ()
    report = MeasurementReport(
        source=source,
        format=format_name,
        rows_read=len(raw.row) + sum(raw.left_out.values()),
        left_out=left_out,
        notes=(*raw.notes, *unused, *height_notes(UE_ALTITUDE, chosen.get(UE_ALTITUDE, x[:0]), USUAL_UE_ALTITUDE_M)),
    )
    kept = {name: value[keep] for name, value in values.items()}
    features = {name: value[keep] for name, value in chosen.items()}
    return kind(x_m=x_m, y_m=y_m, row=raw.row[keep], **kept, features=features, frame=frame, report=report)


def _frame_around(x: np.ndarray, y: np.ndarray, crs) -> LocalFrame:
    """A frame for measurements without a scene; metres of no CRS keep their numbers where the lattice reaches."""
    if len(x) == 0:
        return LocalFrame()
    bounds = (x.min(), y.min(), x.max(), y.max())
    if crs is not None:
        return LocalFrame.around(crs, bounds)
    if np.abs(bounds).max() * MM_PER_M < LATTICE_LIMIT_MM:
        return LocalFrame()
    return LocalFrame(origin_x_m=float(round(x.mean())), origin_y_m=float(round(y.mean())))


def _refuse_beyond_world(raw: RawMeasurements, keep: np.ndarray, x: np.ndarray, y: np.ndarray, source: str) -> None:
    wrong = (np.abs(x) > 180) | (np.abs(y) > 90)
    if wrong.any():
        at = int(np.argmax(wrong))
        swapped = abs(x[at]) <= 90 and abs(y[at]) <= 180
        remedy = "they look swapped" if swapped else "metres go into columns x and y, with their crs="
        raise FileFormatError(
            f"{source}, {raw.row_name} {raw.row[keep][at]}: longitude {x[at]:g}, latitude {y[at]:g} are not degrees; "
            f"{remedy}"
        )


def _refuse_swapped(scene, x_m, y_m, swapped_x_m, swapped_y_m, pair: tuple[str, str], source: str) -> None:
    """More rows in the scene with the axes exchanged than as they are: a slip, not another place."""
    inside = _inside(scene, x_m, y_m).sum()
    if _inside(scene, swapped_x_m, swapped_y_m).sum() > inside:
        first, second = pair
        raise FileFormatError(
            f"{source}: the columns {first} and {second} look swapped: {inside:,} of {len(x_m):,} rows lie in the "
            f"scene, and more would the other way round; exchange them, or name them with columns={{{first!r}: ..., "
            f"{second!r}: ...}}"
        )


def _inside(scene, x_m, y_m) -> np.ndarray:
    west, south, east, north = scene.receiver_bounds_m
    return (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)


def _refuse_useless(found: Measurements, scene) -> None:
    """Refuse a file of which nothing can be compared or learned."""
    source = found.report.source
    if len(found) == 0:
        reasons = ", ".join(f"{number:,} {reason}" for reason, number in found.report.left_out.items() if number)
        raise InputError(f"{source}: none of its {found.report.rows_read:,} rows can be used: {reasons}")
    if len(found) > 1 and NEEDED in found.needed and (found.rsrp_dbm == found.rsrp_dbm[0]).all():
        raise InputError(
            f"{source}: all {len(found):,} rows have the rsrp_dbm {found.rsrp_dbm[0]:g}; is it another column that "
            "holds the RSRP? Name it with columns={'rsrp_dbm': ...}"
        )
    if scene is None or _inside(scene, found.x_m, found.y_m).any():
        return
    west, south, east, north = scene.receiver_bounds_m
    away_x_m, away_y_m = found.x_m - np.clip(found.x_m, west, east), found.y_m - np.clip(found.y_m, south, north)
    nearest_km = float(np.hypot(away_x_m, away_y_m).min()) / 1000
    if NEEDED not in found.needed and nearest_km < FAR_KM:
        return
    raise InputError(
        f"{source}: none of its {len(found):,} measurements lies in the scene; the nearest is {nearest_km:,.1f} km "
        "outside it; check the CRS (crs=), or take the buildings of the place where it was measured"
    )
