"""Which stations of a country-wide file lie in the scene: a box in metres, found quickly in degrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..frame import LocalFrame
from ..scene import bbox_in_frame
from .stations_table import StationTable

WIDEST_SCENE_M = 500e3
EARTH_RADIUS_M = 6371008.8
SLACK_DEG = 0.01
"""The box in degrees may be this much too large: it only saves work, the box in metres decides."""


@dataclass(frozen=True)
class Area:
    """The scene's frame and the box that stations are taken from.

    Attributes
    ----------
    bounds_m : (x_min, y_min, x_max, y_max) in the frame, margin included; None takes every station.
    """

    frame: LocalFrame
    bounds_m: tuple[float, float, float, float] | None

    @classmethod
    def of(
        cls,
        table: StationTable,
        *,
        frame: LocalFrame | None,
        bounds_m: Sequence[float] | None,
        bbox: Sequence[float] | None,
        margin_m: float,
    ) -> Area:
        """The area that the arguments of ``read_stations`` ask for.

        Raises
        ------
        InputError
            The arguments contradict each other, or without any the stations span a country.
        """
        if not (np.isfinite(margin_m) and margin_m >= 0):
            raise InputError(f"margin_m: {margin_m} must be 0 m or more")
        if bounds_m is not None and bbox is not None:
            raise InputError("bbox: give bounds_m (scene metres) or bbox (degrees), not both")
        if bounds_m is not None and frame is None:
            raise InputError("bounds_m: scene metres need the frame they are in; give frame=, or give bbox= in degrees")
        if frame is None:
            frame = _frame_for(table, bbox)
        if frame.crs is None and table.crs is not None:
            raise InputError(
                f"buildings: they have no CRS, but the stations of {table.source} have one; name the buildings' with "
                "crs="
            )
        if frame.crs is not None and table.crs is None:
            require_own_crs(frame, table.source)
        if bbox is not None:
            bounds_m = bbox_in_frame(bbox, frame)
        if bounds_m is None:
            return cls(frame, None)
        west, south, east, north = (float(value) for value in bounds_m)
        return cls(frame, (west - margin_m, south - margin_m, east + margin_m, north + margin_m))

    def positions_m(self, x, y, crs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scene metres of coordinates in ``crs``, and which lie inside; NaN for those surely outside.

        Returns
        -------
        x_m, y_m : (N,) ndarray
        inside : (N,) bool ndarray
        """
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        x_m, y_m = np.full(x.shape, np.nan), np.full(x.shape, np.nan)
        near = self._is_near(x, y, crs)
        x_m[near], y_m[near] = self.frame.from_crs(x[near], y[near], crs)
        if self.bounds_m is None:
            return x_m, y_m, near
        west, south, east, north = self.bounds_m
        return x_m, y_m, (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)

    def distance_m(self, x, y, crs) -> np.ndarray:
        """(N,) distance of coordinates in ``crs`` from the box, m; along the sphere where far (0.5 %)."""
        west, south, east, north = self.bounds_m
        if self.frame.crs is None:
            x_m, y_m = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
            return np.hypot(x_m - np.clip(x_m, west, east), y_m - np.clip(y_m, south, north))
        lon, lat = _lonlat(x, y, crs if crs is not None else self.frame.crs)
        west, south, east, north = self._box_deg()
        return sphere_distance_m(lon, lat, np.clip(lon, west, east), np.clip(lat, south, north))

    def _box_deg(self) -> tuple[float, float, float, float]:
        west, south, east, north = self.bounds_m
        along = np.linspace(0.0, 1.0, 33)
        x_m = np.concatenate([west + (east - west) * along] * 2 + [np.full(33, west), np.full(33, east)])
        y_m = np.concatenate([np.full(33, south), np.full(33, north)] + [south + (north - south) * along] * 2)
        lon, lat = self.frame.to_lonlat(x_m, y_m)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def _is_near(self, x: np.ndarray, y: np.ndarray, crs) -> np.ndarray:
        if self.bounds_m is None or crs != "EPSG:4326":
            return np.ones(x.shape, dtype=bool)
        west, south, east, north = self._box_deg()
        if not east - west < 180:  # over the antimeridian or a pole
            return np.ones(x.shape, dtype=bool)
        in_width = (x >= west - SLACK_DEG) & (x <= east + SLACK_DEG)
        return in_width & (y >= south - SLACK_DEG) & (y <= north + SLACK_DEG)


def refuse_wide(table: StationTable) -> None:
    """Raise InputError where stations without any given area span more than a scene can."""
    x, y = table.rows.x.to_numpy(), table.rows.y.to_numpy()
    low, high = (x.min(), y.min()), (x.max(), y.max())
    if table.crs is None:
        span_m = float(np.hypot(high[0] - low[0], high[1] - low[1]))
    else:
        lon, lat = _lonlat([low[0], high[0]], [low[1], high[1]], table.crs)
        span_m = float(sphere_distance_m(lon[0], lat[0], lon[1], lat[1]))
    if not span_m <= WIDEST_SCENE_M:
        raise InputError(
            f"{table.source}: its {len(table.rows):,} stations span {span_m / 1000:,.0f} km, too wide for one scene "
            f"({WIDEST_SCENE_M / 1000:.0f} km); give bbox=(west, south, east, north) in degrees, or use Scene.read, "
            "which takes the stations around the buildings"
        )


def sphere_distance_m(lon, lat, other_lon, other_lat):
    """Great-circle distance of points in degrees, m (haversine, mean Earth radius)."""
    lon, lat, other_lon, other_lat = (np.radians(value) for value in (lon, lat, other_lon, other_lat))
    half = np.sin((other_lat - lat) / 2) ** 2
    half = half + np.cos(lat) * np.cos(other_lat) * np.sin((other_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def require_own_crs(frame: LocalFrame, source: str) -> None:
    """Columns x and y may go without a CRS only where the scene keeps the coordinates of the user's map."""
    from pyproj import CRS

    if frame.input_crs is None:
        return
    given = CRS.from_user_input(frame.input_crs)
    if not given.equals(CRS.from_user_input(frame.crs), ignore_axis_order=True):
        unit = "degrees" if given.is_geographic else given.name
        raise InputError(
            f"{source}: x, y need crs= (the map is in {unit}): name their CRS, or give lon, lat in degrees"
        )


def _frame_for(table: StationTable, bbox) -> LocalFrame:
    if bbox is not None:
        bounds = bbox_in_frame(bbox, LocalFrame())
        return LocalFrame.around(None if table.crs is None else "EPSG:4326", bounds)
    refuse_wide(table)
    x, y = table.rows.x, table.rows.y
    return LocalFrame.around(table.crs, (x.min(), y.min(), x.max(), y.max()))


def _lonlat(x, y, crs) -> tuple[np.ndarray, np.ndarray]:
    from pyproj import Transformer

    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)
