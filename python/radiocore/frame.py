"""The local metric frame of a scene, and its way back to the user's coordinate reference system."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import InputError

SCALE_TOLERANCE = 1.5e-3
"""A projected CRS is used as it is when its metre is a metre to this share (UTM: 4e-4 to 1e-3)."""


@dataclass(frozen=True)
class LocalFrame:
    """Scene metres = coordinates in ``crs`` minus the origin; x east, y north.

    Attributes
    ----------
    crs : str or None
        WKT of the metric CRS below the scene; None when the scene has no CRS.
    input_crs : str or None
        The CRS that the user's file was in, as an authority code or WKT.
    origin_x_m, origin_y_m : float
        Whole metres, subtracted so that scene coordinates are small.
    """

    crs: str | None = None
    input_crs: str | None = None
    origin_x_m: float = 0.0
    origin_y_m: float = 0.0

    @classmethod
    def around(cls, crs, bounds) -> LocalFrame:
        """The frame of an area: the user's own CRS if it is metric there, else a local one.

        Parameters
        ----------
        crs : anything pyproj takes, or None
            None: the coordinates are metres already, and stay as they are.
        bounds : (x_min, y_min, x_max, y_max)
            The area, in ``crs``.

        Notes
        -----
        A projected CRS in metres whose scale at the area's centre is within 0.15 % of one
        (every UTM zone, most national grids) is kept, so that the map comes out on the user's
        own coordinates. Anything else (longitude and latitude, feet, Web Mercator) gets a
        transverse Mercator projection about the area's centre.
        """
        if crs is None:
            return cls()
        from pyproj import CRS

        crs = CRS.from_user_input(crs)
        x = 0.5 * (bounds[0] + bounds[2])
        y = 0.5 * (bounds[1] + bounds[3])
        if _is_metric_at(crs, x, y):
            return cls(crs.to_wkt(), _name_of(crs), float(round(x)), float(round(y)))
        longitude, latitude = _transformer(crs, "EPSG:4326").transform(x, y)
        if not (np.isfinite(longitude) and np.isfinite(latitude)):
            raise InputError(f"crs: the coordinates around ({x:g}, {y:g}) do not lie in {_name_of(crs)}")
        return cls(_transverse_mercator(longitude, latitude).to_wkt(), _name_of(crs), 0.0, 0.0)

    def from_crs(self, x, y, crs=None) -> tuple[np.ndarray, np.ndarray]:
        """Scene metres of coordinates in ``crs`` (longitude first); None: the frame's own CRS."""
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if crs is not None:
            x, y = _transformer(crs, self._require_crs()).transform(x, y)
        return np.asarray(x) - self.origin_x_m, np.asarray(y) - self.origin_y_m

    def to_crs(self, x_m, y_m, crs=None) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates in ``crs`` (longitude first) of scene metres; None: the frame's own CRS."""
        x = np.asarray(x_m, dtype=np.float64) + self.origin_x_m
        y = np.asarray(y_m, dtype=np.float64) + self.origin_y_m
        if crs is None:
            return x, y
        x, y = _transformer(self._require_crs(), crs).transform(x, y)
        return np.asarray(x), np.asarray(y)

    def from_lonlat(self, longitude, latitude) -> tuple[np.ndarray, np.ndarray]:
        """Scene metres of WGS 84 longitude and latitude in degrees."""
        return self.from_crs(longitude, latitude, "EPSG:4326")

    def to_lonlat(self, x_m, y_m) -> tuple[np.ndarray, np.ndarray]:
        """WGS 84 longitude and latitude in degrees of scene metres."""
        return self.to_crs(x_m, y_m, "EPSG:4326")

    def _require_crs(self) -> str:
        if self.crs is None:
            raise InputError("the scene has no CRS, so it has no longitude and latitude; give crs= when reading")
        return self.crs


def moved(x_m, y_m, source: LocalFrame, target: LocalFrame) -> tuple[np.ndarray, np.ndarray]:
    """Places of one frame in another one.

    Raises
    ------
    InputError
        One frame has a CRS and the other has none.
    """
    if source == target:
        return x_m, y_m
    if (source.crs is None) != (target.crs is None):
        raise InputError("crs: the points or the model's measurements have no CRS and the others have one; give crs=")
    x, y = source.to_crs(x_m, y_m)
    return target.from_crs(x, y, None if source.crs == target.crs else source.crs)


def is_geographic(crs) -> bool:
    """Whether a CRS, as a user names it, counts in degrees; None does not.

    Raises
    ------
    InputError
        It is no CRS.
    """
    if crs is None:
        return False
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(crs).is_geographic
    except CRSError as error:
        raise InputError(f"crs: {crs!r} is not a coordinate reference system: {error}") from None


def _is_metric_at(crs, x: float, y: float) -> bool:
    from pyproj import Proj

    axes = crs.axis_info[:2]
    if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in axes):
        return False
    if {axis.direction for axis in axes} != {"east", "north"}:
        return False
    longitude, latitude = _transformer(crs, "EPSG:4326").transform(x, y)
    if not np.isfinite(longitude) or not np.isfinite(latitude):
        return False
    factors = Proj(crs).get_factors(longitude, latitude)
    scales = np.array([factors.meridional_scale, factors.parallel_scale])
    return bool(np.abs(scales - 1.0).max() <= SCALE_TOLERANCE)


def _transverse_mercator(longitude: float, latitude: float):
    """Transverse Mercator on WGS 84 about a place, which stands in its name."""
    from pyproj.crs import ProjectedCRS
    from pyproj.crs.coordinate_operation import TransverseMercatorConversion

    # A rounded centre gives a short definition; 1e-4 degree is about 10 m.
    longitude, latitude = round(longitude, 4), round(latitude, 4)
    about = TransverseMercatorConversion(latitude_natural_origin=latitude, longitude_natural_origin=longitude)
    name = f"WGS 84 / Transverse Mercator about {latitude:.4f} N {longitude:.4f} E"
    return ProjectedCRS(about, name=name, geodetic_crs="EPSG:4326")


def _name_of(crs) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.to_wkt()


def _transformer(source, target):
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)
