"""A scene: buildings and base stations in one frame."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from .buildings import Buildings
from .errors import InputError, nearest_name
from .network import _COLUMNS as STATION_COLUMNS
from .network import BaseStations
from .units import as_number

HOST_RULES = ("transparent", "literal", "raise")
DEFAULT_MARGIN_M = 1000.0
MOST_MARGIN_M = 300_000.0
"""A local frame is metric that far; no link is longer."""


@dataclass(frozen=True, eq=False, repr=False)
class Scene:
    """Buildings and base stations in one local frame, and the area that the map is for.

    Attributes
    ----------
    buildings, base_stations : the city and the network; the stations are moved to the buildings' frame
    host_building : {"transparent", "literal", "raise"}
        A building whose outline contains an antenna never blocks that antenna's own links
        (default), blocks them like any other, or is an error.
    receiver_bounds_m : (x_min, y_min, x_max, y_max), optional
        Where receivers may be; defaults to the extent of the buildings (of the stations, where
        there are no buildings).
    bbox : (west, south, east, north), optional
        The box in degrees that the bounds came from; a map leaves out cells outside it.
    """

    buildings: Buildings
    base_stations: BaseStations
    host_building: str = "transparent"
    receiver_bounds_m: tuple[float, float, float, float] | None = None
    bbox: tuple[float, float, float, float] | None = None

    def __post_init__(self):
        if self.host_building not in HOST_RULES:
            hint = nearest_name(self.host_building, HOST_RULES)
            raise InputError(f"host_building: {self.host_building!r} is not one of {HOST_RULES}{hint}")
        object.__setattr__(self, "base_stations", self.base_stations.to_frame(self.buildings.frame))
        if self.receiver_bounds_m is None:
            object.__setattr__(self, "receiver_bounds_m", self._default_bounds_m())
        else:
            object.__setattr__(self, "receiver_bounds_m", _as_bounds_m(self.receiver_bounds_m))
        if self.host_building == "raise" and (hosted := np.flatnonzero(np.diff(self.host_start))).size:
            station = int(hosted[0])
            building = str(self.buildings.ids[self.host_list[self.host_start[station]]])
            raise InputError(
                f"base stations: row {station} stands in the outline of building {building!r} "
                '(host_building="raise"); move it, or choose host_building="transparent"'
            )

    @classmethod
    def read(
        cls,
        *,
        buildings: str | Path,
        base_stations: str | Path,
        bbox: Sequence[float] | None = None,
        stations_margin_m: float = DEFAULT_MARGIN_M,
        host_building: str = "transparent",
        crs=None,
        station_crs=None,
        **options,
    ) -> Scene:
        """Read a scene from a building map and a station file.

        Parameters
        ----------
        bbox : (west, south, east, north), optional
            Where receivers are: degrees, or metres where the map has no CRS. Buildings and
            stations are taken from it and ``stations_margin_m`` around it. Default: the extent of
            the buildings.
        stations_margin_m : float
            How far around the receivers stations (and buildings) still count, m.
        crs, station_crs : anything pyproj takes, optional
            For files that carry no CRS.
        **options
            Further options of :meth:`Buildings.read` and of
            :func:`radiocore.io.stations.read_stations`, e.g. ``height_column`` or ``radio``.

        Raises
        ------
        FileFormatError, InputError
            Names the file, the row or id, and the remedy.
        """
        if not 0 <= stations_margin_m <= MOST_MARGIN_M:
            raise InputError(f"stations_margin_m: {stations_margin_m} must lie between 0 and {MOST_MARGIN_M:.0f} m")
        of_buildings, of_stations = _split_options(options)
        town = Buildings.read(
            buildings,
            crs=crs,
            bbox=None if bbox is None else tuple(bbox),
            margin_m=stations_margin_m,
            **of_buildings,
        )
        bounds_m = town.bounds_m if bbox is None else bbox_in_frame(bbox, town.frame)
        network = BaseStations.read(
            base_stations,
            frame=town.frame,
            bounds_m=bounds_m,
            margin_m=stations_margin_m,
            crs=station_crs,
            **of_stations,
        )
        box = None if bbox is None or town.frame.crs is None else tuple(float(value) for value in bbox)
        return cls(town, network, host_building=host_building, receiver_bounds_m=bounds_m, bbox=box)

    @classmethod
    def synthetic(
        cls, environment: str = "urban", side_m: float = 1000.0, stations_per_km2: float = 20.0, seed: int = 0
    ) -> Scene:
        """A made-up city of an ITU-R P.1410 environment; see :mod:`radiocore.synthetic`."""
        from .synthetic import synthetic_scene

        return synthetic_scene(environment, side_m=side_m, stations_per_km2=stations_per_km2, seed=seed)

    def __repr__(self) -> str:
        return f"<Scene: {len(self.buildings)} buildings, {len(self.base_stations)} base stations>"

    @property
    def frame(self):
        return self.buildings.frame

    @property
    def carriers(self) -> tuple[str, ...]:
        return self.base_stations.carriers

    @cached_property
    def city(self):
        """The buildings as the compiled core holds them."""
        from . import _core

        town = self.buildings
        return _core.City(
            town.vertices_mm, town.ring_start, town.prism_ring_start, town.base_mm, town.roof_mm, town.prism_building
        )

    @cached_property
    def _hosts(self) -> tuple[np.ndarray, np.ndarray]:
        return self.city.host_buildings(self.base_stations.position_mm)

    @property
    def host_start(self) -> np.ndarray:
        """(S + 1,) start of each station's hosts in :attr:`host_list`."""
        return self._hosts[0]

    @property
    def host_list(self) -> np.ndarray:
        """Buildings whose outline contains an antenna, station by station."""
        return self._hosts[1]

    def with_carrier(self, carrier: str) -> Scene:
        """The scene with the stations of one carrier only."""
        if carrier not in self.carriers:
            hint = nearest_name(carrier, self.carriers)
            raise InputError(f"carrier: {carrier!r} is not among {list(self.carriers)}{hint}")
        return self._with_stations(self.base_stations.select(self.base_stations.carrier == carrier))

    def with_station_moved(self, station: int | str, *, x_m=None, y_m=None, lon=None, lat=None, height_m=None) -> Scene:
        """The scene after one mast moved, to scene metres or to a longitude and latitude; what is not given stays."""
        row = self.base_stations.index_of(station)
        if lon is not None or lat is not None:
            x_m, y_m = self._metres_of(x_m, y_m, lon, lat)
        changes = {}
        for name, value in (("x_m", x_m), ("y_m", y_m), ("height_m", height_m)):
            if value is not None:
                column = np.array(getattr(self.base_stations, name))
                column[row] = as_number(value, name)
                changes[name] = column
        return self._with_stations(replace(self.base_stations, **changes))

    def with_station_added(self, x_m=None, y_m=None, *, lon=None, lat=None, **columns) -> Scene:
        """The scene with one more station, in scene metres or degrees; columns as of :class:`BaseStations`."""
        x_m, y_m = self._metres_of(x_m, y_m, lon, lat)
        if len(self.carriers) == 1:
            columns.setdefault("carrier", self.carriers[0])
        elif "carrier" not in columns and self.carriers:
            raise InputError(f"carrier: say which of {list(self.carriers)} the new station transmits on")
        _require_columns(columns)
        new = BaseStations(x_m=[x_m], y_m=[y_m], frame=self.frame, **columns)
        joined = {
            name: np.concatenate([getattr(self.base_stations, name), getattr(new, name)]) for name in STATION_COLUMNS
        }
        return self._with_stations(replace(self.base_stations, **joined))

    def with_sectors(self, azimuth_deg: Sequence[float] = (0.0, 120.0, 240.0), **columns) -> Scene:
        """The scene with a sector antenna in each direction in place of each station; further columns of all change.

        As ``scene.with_sectors(downtilt_deg=6, antenna="pattern.msi")``. Ids get a letter a sector, as ``mast A``.
        """
        _require_columns(columns)
        try:
            azimuth_deg = np.atleast_1d(np.asarray(azimuth_deg, dtype=np.float64))
        except (TypeError, ValueError):
            raise InputError(f"azimuth_deg: {azimuth_deg!r} is not a list of directions in degrees") from None
        stations, number = self.base_stations, len(azimuth_deg)
        each = {name: np.repeat(getattr(stations, name), number) for name in STATION_COLUMNS}
        letters = [chr(ord("A") + place) for place in range(number)] * len(stations)
        each["id"] = [f"{name} {letter}" if name else "" for name, letter in zip(each["id"], letters, strict=True)]
        each["azimuth_deg"] = np.tile(azimuth_deg, len(stations))
        return self._with_stations(replace(stations, **each | columns))

    def with_station_removed(self, station: int | str) -> Scene:
        """The scene without one station."""
        keep = np.arange(len(self.base_stations)) != self.base_stations.index_of(station)
        return self._with_stations(self.base_stations.select(keep))

    def _metres_of(self, x_m, y_m, lon, lat) -> tuple[float, float]:
        """Scene metres of a place given either way, whole."""
        in_metres = x_m is not None and y_m is not None and lon is None and lat is None
        in_degrees = lon is not None and lat is not None and x_m is None and y_m is None
        if not (in_metres or in_degrees):
            raise InputError("x_m, y_m, lon, lat: give x_m and y_m, or lon and lat")
        if in_metres:
            return x_m, y_m
        x_m, y_m = self.frame.from_lonlat(as_number(lon, "lon"), as_number(lat, "lat"))
        return float(x_m), float(y_m)

    def report(self):
        """What was read, assumed and left out, and what it does to the answer."""
        from .report import SceneReport

        return SceneReport.of(self)

    def _with_stations(self, base_stations: BaseStations) -> Scene:
        scene = replace(self, base_stations=base_stations)
        if "city" in self.__dict__:
            scene.__dict__["city"] = self.city  # the buildings did not change
        return scene

    def _default_bounds_m(self) -> tuple[float, float, float, float]:
        if len(self.buildings):
            return self.buildings.bounds_m
        if len(self.base_stations) == 0:
            raise InputError("scene: it has neither buildings nor base stations; give receiver_bounds_m")
        x_m, y_m = self.base_stations.x_m, self.base_stations.y_m
        return (float(x_m.min()), float(y_m.min()), float(x_m.max()), float(y_m.max()))


def _require_columns(names) -> None:
    if unknown := sorted(set(names) - set(STATION_COLUMNS)):
        raise InputError(f"{unknown[0]}: no such column of a station{nearest_name(unknown[0], STATION_COLUMNS)}")


def _as_bounds_m(bounds_m) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(value) for value in bounds_m)
    except (TypeError, ValueError):
        raise InputError(f"receiver_bounds_m: {bounds_m!r} is not four numbers x_min, y_min, x_max, y_max") from None
    if not (np.isfinite([west, south, east, north]).all() and west <= east and south <= north):
        raise InputError(f"receiver_bounds_m: {bounds_m!r} must ascend: x_min <= x_max and y_min <= y_max, all finite")
    return west, south, east, north


def _split_options(options: dict) -> tuple[dict, dict]:
    """Options of the building reader and of the station reader; any other is an error."""
    from .io.stations import read_stations

    known = {}
    for which, reader in enumerate((Buildings.read, read_stations)):
        for name in inspect.signature(reader).parameters:
            known.setdefault(name, which)
    for name in ("path", "frame", "bounds_m", "margin_m", "bbox", "crs"):
        known.pop(name, None)
    split: tuple[dict, dict] = ({}, {})
    for name, value in options.items():
        if name not in known:
            raise InputError(f"{name}: no such option of the readers{nearest_name(name, known)}")
        split[known[name]][name] = value
    return split


def bbox_in_frame(bbox: Sequence[float], frame) -> tuple[float, float, float, float]:
    """Scene metres of a (west, south, east, north) box: degrees where the frame has a CRS.

    Raises
    ------
    InputError
        The box is not four ascending finite numbers, or lies outside longitude and latitude.
    """
    try:
        west, south, east, north = (float(value) for value in bbox)
    except (TypeError, ValueError):
        raise InputError(f"bbox: {bbox!r} is not four numbers west, south, east, north") from None
    box = f"bbox: {west:g},{south:g},{east:g},{north:g}"
    if not (np.isfinite([west, south, east, north]).all() and west < east and south < north):
        raise InputError(f"{box} must ascend: west < east and south < north, in the order west, south, east, north")
    if frame.crs is None:
        return (west, south, east, north)
    if not (-180 <= west and east <= 180 and -90 <= south and north <= 90):
        hint = "; it looks like south, west, north, east" if abs(south) > 90 or abs(north) > 90 else ""
        raise InputError(f"{box} must be degrees in the order west, south, east, north{hint}")
    # The sides of a box in degrees are slightly curved in metres: 33 points a side bound them.
    along = np.linspace(0.0, 1.0, 33)
    across, up = west + (east - west) * along, south + (north - south) * along
    longitude = np.concatenate([across, across, np.full(33, west), np.full(33, east)])
    latitude = np.concatenate([np.full(33, south), np.full(33, north), up, up])
    x_m, y_m = frame.from_lonlat(longitude, latitude)
    return (float(x_m.min()), float(y_m.min()), float(x_m.max()), float(y_m.max()))
