"""The answer: a map of P(SINR > threshold), with what is needed to trust and to use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .channel import Channel
from .errors import InputError
from .grid import ReceiverGrid
from .io.writers import write_manifold
from .scene import Scene
from .summary import ManifoldSummary
from .units import mw_to_dbm

if TYPE_CHECKING:
    import matplotlib.axes
    import xarray

    from .comparison import MapComparison
    from .validation import ValidationReport


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CoverageManifold:
    """A coverage map of a scene, with its scene, its settings and where it came from.

    Attributes
    ----------
    dataset : xarray.Dataset
        ``coverage`` (y, x), or (threshold, y, x) for several thresholds; ``standard_error`` of the same
        shape where sampled; ``server`` (row of the station, -1 = none), ``server_power_dbm``,
        ``server_line_of_sight``, ``outdoor`` and, with several carriers, ``carrier``, all (y, x).
        x ascends and y descends, in the frame's CRS. NaN means no data.
    scene, grid, channel : what was simulated
    resimulate : scene -> CoverageManifold, with the same settings
    share_served_by_carrier : mean outdoor coverage of each carrier on its own, (T,); empty for one carrier
    """

    dataset: xarray.Dataset
    scene: Scene
    grid: ReceiverGrid
    channel: Channel
    resimulate: Callable[[Scene], CoverageManifold]
    share_served_by_carrier: dict[str, tuple[float | None, ...]] = field(default_factory=dict)

    @classmethod
    def assemble(
        cls,
        scene: Scene,
        grid: ReceiverGrid,
        channel: Channel,
        *,
        threshold_db: Sequence[float],
        coverage: np.ndarray,
        standard_error: np.ndarray | None,
        server: np.ndarray,
        server_power_mw: np.ndarray,
        server_los: np.ndarray,
        inside: np.ndarray,
        excluded: np.ndarray | None = None,
        carrier: np.ndarray | None = None,
        share_served_by_carrier: dict[str, tuple[float | None, ...]] | None = None,
        provenance: dict[str, Any],
        resimulate: Callable[[Scene], CoverageManifold],
    ) -> CoverageManifold:
        """Lay the columns of a simulation out as a map.

        Parameters
        ----------
        threshold_db : (T,)
        coverage, standard_error : (T, R)
            R receivers in the order of ``grid.position_mm``; standard_error None = not sampled.
        server : (R,) row of ``scene.base_stations``, -1 = none
        server_power_mw : (R,) mean received power of the server, mW
        server_los : (R,) bool
        inside : (R,) bool, the receiver stands in a building
        excluded : (R,) bool, the receiver is outside the area asked for: no data, and in no share
        carrier : (R,) index into ``scene.carriers`` of the best carrier; None for a scene of one carrier
        share_served_by_carrier : mean outdoor coverage of each carrier on its own, (T,)
        provenance : plain values: version, method, seed, inputs, ...
        """
        import xarray

        threshold_db = np.atleast_1d(np.asarray(threshold_db, dtype=np.float64))
        server = np.asarray(server, dtype=np.int32)
        asked = np.ones(grid.size, dtype=bool) if excluded is None else ~np.asarray(excluded, dtype=bool)
        outdoor = asked & ~np.asarray(inside, dtype=bool)
        known = outdoor if grid.indoor == "masked" else asked
        served = known & (server >= 0)

        def column(values, long_name, *, where, nothing=np.nan, **attributes) -> tuple:
            """Dimensions, map with ``nothing`` off ``where``, and attributes of values (R,) or (T, R)."""
            if not where.all():
                values = np.where(where, values, nothing)
            layers = values.reshape(-1, *grid.shape)[:, ::-1]  # north up, and not copied: a map may be large
            dims = ("threshold", "y", "x") if len(layers) > 1 else ("y", "x")
            return dims, layers if len(layers) > 1 else layers[0], {"long_name": long_name, **attributes}

        share = {"where": known, "units": "1"}
        row = {"where": served, "nothing": np.int32(-1), "units": "1"}
        columns = {
            "coverage": column(coverage, "probability that the SINR exceeds the threshold", **share),
            "server": column(server, "row of the serving station in station_id, -1 = none", **row),
            "server_power_dbm": column(
                mw_to_dbm(server_power_mw), "mean received power of the server", where=served, units="dBm"
            ),
            "server_line_of_sight": column(
                np.asarray(server_los, dtype=bool),
                "line of sight to the server",
                where=served,
                nothing=False,
                **_flags("blocked_or_no_server", "line_of_sight"),
            ),
            "outdoor": column(
                outdoor,
                "receiver of the area asked for, outside all buildings",
                where=asked,
                nothing=False,
                **_flags("in_a_building_or_outside_the_area", "outdoors"),
            ),
        }
        if standard_error is not None:
            columns["standard_error"] = column(standard_error, "standard error of the coverage probability", **share)
        if carrier is not None:
            carrier = np.asarray(carrier, dtype=np.int32)
            columns["carrier"] = column(carrier, "row of the best carrier in carrier_name, -1 = none", **row)
        provenance = _plain(provenance)
        coordinates = _coordinates(scene, grid, threshold_db)
        dataset = xarray.Dataset(columns, coords=coordinates, attrs=_attributes(scene, provenance))
        if scene.frame.crs is not None:
            import rioxarray  # noqa: F401  (registers the .rio accessor)
            from rasterio import Affine

            (west, _, _, north), (dx, dy) = _extent(scene, grid), grid.resolution_m
            dataset = dataset.rio.write_crs(scene.frame.crs)
            dataset = dataset.rio.write_transform(Affine(dx, 0, west, 0, -dy, north))
        return cls(
            dataset=dataset,
            scene=scene,
            grid=grid,
            channel=channel,
            resimulate=resimulate,
            share_served_by_carrier=dict(share_served_by_carrier or {}),
        )

    @property
    def threshold_db(self) -> tuple[float, ...]:
        """(T,) thresholds of the map, dB."""
        return tuple(float(value) for value in np.atleast_1d(self.dataset["threshold"].values))

    @property
    def coverage(self) -> np.ndarray:
        """(T, ny, nx) coverage probability, north first, whatever the number of thresholds."""
        return np.reshape(self.dataset["coverage"].values, (-1, *self.grid.shape))

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max), outer edges of the cells, scene metres."""
        dx, dy = self.grid.resolution_m
        x_m, y_m = self.grid.x_m, self.grid.y_m
        return (x_m[0] - dx / 2, y_m[0] - dy / 2, x_m[-1] + dx / 2, y_m[-1] + dy / 2)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """(west, south, east, north), outer edges of the cells in the frame's CRS."""
        return _extent(self.scene, self.grid)

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the map came from: version, inputs, settings, seed, device."""
        return json.loads(self.dataset.attrs["provenance"])

    @property
    def carrier_label(self) -> str:
        """The carrier that the map is of, in words."""
        return _carrier_label(self.scene)

    def threshold_row(self, threshold_db: float | None) -> int:
        """Place of a threshold among the map's; None = the first.

        Raises
        ------
        InputError
            The map was not made for it.
        """
        return row_of_threshold(self.threshold_db, threshold_db)

    def cells_at(self, x_m, y_m) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Row and column in the dataset of the cell that holds each point (scene metres), and whether it is mapped."""
        x_m, y_m = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
        west, south, east, north = self.bounds_m
        mapped = (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)
        ny, nx = self.grid.shape
        dx, dy = self.grid.resolution_m
        # The map's outer edge belongs to it, hence the minimum.
        column = np.minimum((np.where(mapped, x_m, west) - west) // dx, nx - 1).astype(np.int64)
        row = np.minimum((north - np.where(mapped, y_m, north)) // dy, ny - 1).astype(np.int64)
        return row, column, mapped

    def at(self, lon: float, lat: float) -> xarray.Dataset:
        """The map's values at a WGS 84 position in degrees.

        Raises
        ------
        InputError
            The scene has no CRS (use :meth:`at_xy`), the position is outside the map, or it is not one position.
        """
        lon, lat = _number("lon", lon), _number("lat", lat)
        x_m, y_m = self.scene.frame.from_lonlat(lon, lat)
        try:
            return self.at_xy(x_m, y_m)
        except InputError:
            _, _, swapped = self.cells_at(*self.scene.frame.from_lonlat(lat, lon))
            hint = f"; longitude comes first: at({lat}, {lon}) lies on it" if swapped else ""
            x_min, y_min, x_max, y_max = self.bounds_m
            corners = self.scene.frame.to_lonlat([x_min, x_max, x_max, x_min], [y_min, y_min, y_max, y_max])
            (west, east), (south, north) = ((degrees.min(), degrees.max()) for degrees in corners)
            raise InputError(
                f"lon, lat: ({lon}, {lat}) lies outside the map, which extends from "
                f"({west:.5f}, {south:.5f}) to ({east:.5f}, {north:.5f}){hint}"
            ) from None

    def at_xy(self, x_m: float, y_m: float) -> xarray.Dataset:
        """The map's values at a position in scene metres: those of the cell that holds it.

        Raises
        ------
        InputError
            The position is outside the map, or it is not one position.
        """
        x_m, y_m = _number("x_m", x_m), _number("y_m", y_m)
        row, column, mapped = self.cells_at(x_m, y_m)
        if not mapped:
            x_min, y_min, x_max, y_max = self.bounds_m
            raise InputError(
                f"x_m, y_m: ({x_m:g}, {y_m:g}) lies outside the map, which extends from "
                f"({x_min:g}, {y_min:g}) to ({x_max:g}, {y_max:g}) in scene metres"
            )
        cell = self.dataset.isel(y=int(row), x=int(column)).drop_vars(
            ["station_id", "carrier_name", "spatial_ref"], errors="ignore"
        )
        server = int(cell["server"])
        return cell.assign_coords(station_id="" if server < 0 else str(self.scene.base_stations.id[server]))

    def summary(self) -> ManifoldSummary:
        """Shares of the outdoor area that are served, and by what."""
        data, provenance = self.dataset, self.provenance
        sampled = "standard_error" in data
        outdoor = data["outdoor"].values
        coverage = self.coverage[:, outdoor]
        at_half, at_ninety = (_means(coverage >= level) for level in (0.5, 0.9))
        dx, dy = self.grid.resolution_m
        server = data["server"].values[outdoor]
        serving = np.unique(server[server >= 0])
        outside_fit = provenance.get("outdoor_receivers_outside_terrain_fit")
        return ManifoldSummary(
            threshold_db=self.threshold_db,
            share_served=_means(coverage),
            share_at_half=at_half,
            share_at_ninety=at_ninety,
            share_served_by_carrier=dict(self.share_served_by_carrier),
            share_line_of_sight=_means(data["server_line_of_sight"].values[None, outdoor])[0] if serving.size else None,
            share_without_server=_means(server[None] < 0)[0] if serving.size else None,
            share_outside_terrain_fit=outside_fit / provenance["outdoor_receivers"] if outside_fit else None,
            share_links_leaving_map=provenance.get("share_links_leaving_map"),
            outdoor_cells=int(outdoor.sum()),
            cells=self.grid.size,
            outdoor_area_km2=float(outdoor.sum() * dx * dy / 1e6),
            serving_stations=serving.size,
            stations=len(self.scene.base_stations),
            carrier=self.carrier_label,
            method=str(provenance.get("method", "not told")),
            seed=provenance.get("seed"),
            largest_standard_error=float(data["standard_error"].max()) if sampled else None,
        )

    def update(self, scene: Scene) -> CoverageManifold:
        """The map of a changed scene (see ``Scene.with_station_moved`` and its kin), with the same settings."""
        return self.resimulate(scene)

    def validate(self, measurements, **options) -> ValidationReport:
        """Compare the map with measured RSRP and SINR; see :func:`radiocore.validation.validate`."""
        from .validation import validate

        return validate(self, measurements, **options)

    def compare(self, other: CoverageManifold) -> MapComparison:
        """How far this map is from another of the same place; see :func:`radiocore.comparison.compare`."""
        from .comparison import compare

        return compare(self, other)

    def plot(
        self, ax: matplotlib.axes.Axes | None = None, *, threshold_db: float | None = None, show_buildings: bool = True
    ) -> matplotlib.axes.Axes:
        """Draw the map; see :func:`radiocore.plot.plot_coverage`."""
        from .plot import plot_coverage

        return plot_coverage(self, ax, threshold_db=threshold_db, show_buildings=show_buildings)

    def write(self, path: str | Path, **options) -> None:
        """Write the map, whole or not at all; the suffix chooses the format.

        Raises
        ------
        InputError
            The suffix is unknown, the folder cannot be written to, or the format needs a CRS.
        """
        write_manifold(self, path, **options)

    def to_geotiff(self, path: str | Path, crs=None) -> None:
        """Write a float32 GeoTIFF, reprojected to ``crs`` where given; see :mod:`radiocore.io.manifold_geotiff`."""
        write_manifold(self, path, suffix=".tif", crs=crs)

    def to_netcdf(self, path: str | Path) -> None:
        """Write the dataset as netCDF-4 with CF conventions."""
        write_manifold(self, path, suffix=".nc")

    def to_kml(self, path: str | Path) -> None:
        """Write coverage classes of 10 % and the stations as KML; the scene needs a CRS."""
        write_manifold(self, path, suffix=".kml")

    def to_png(self, path: str | Path, *, threshold_db: float | None = None) -> None:
        """Write the map as :meth:`plot` draws it."""
        write_manifold(self, path, suffix=".png", threshold_db=threshold_db)

    def __repr__(self) -> str:
        ny, nx = self.grid.shape
        return f"<CoverageManifold {nx} x {ny} cells, {self.carrier_label}, thresholds {self.threshold_db} dB>"


def row_of_threshold(known_db: Sequence[float], threshold_db: float | None) -> int:
    """Place of a threshold among a map's own; None = the first.

    Raises
    ------
    InputError
        The map was not made for it.
    """
    if threshold_db is None:
        return 0
    wanted_db = _number("threshold_db", threshold_db)
    found = np.flatnonzero(np.isclose(known_db, wanted_db, rtol=0, atol=1e-9))
    if found.size == 0:
        known = ", ".join(f"{value:g}" for value in known_db)
        raise InputError(f"threshold_db: the map has {known} dB, not {wanted_db:g}; simulate it with this one")
    return int(found[0])


def _number(name: str, value: Any) -> float:
    array = np.asarray(value)
    if array.shape != () or array.dtype.kind not in "iuf":
        raise InputError(f"{name}: takes one number, not a {type(value).__name__}; give one point at a time")
    return float(array)


def _coordinates(scene: Scene, grid: ReceiverGrid, threshold_db: np.ndarray) -> dict[str, tuple]:
    x, y = scene.frame.to_crs(grid.x_m, grid.y_m)
    axes = {}
    for name, values, direction in (("x", x, "east"), ("y", y[::-1].copy(), "north")):
        axes[name] = (name, values, {"units": "m", "axis": name.upper(), "long_name": f"cell centre, {direction}"})
        if scene.frame.crs is not None:
            axes[name][2]["standard_name"] = f"projection_{name}_coordinate"
    threshold = (("threshold",), threshold_db) if threshold_db.size > 1 else ((), threshold_db[0])
    station_id = np.array(scene.base_stations.id, dtype=object)
    carrier_name = np.array(scene.carriers, dtype=object)
    return {
        **axes,
        "threshold": (*threshold, {"units": "dB", "long_name": "SINR threshold"}),
        "station_id": ("station", station_id, {"long_name": "id of each station"}),
        "carrier_name": ("carrier_row", carrier_name, {"long_name": "name of each carrier"}),
    }


def _attributes(scene: Scene, provenance: dict[str, Any]) -> dict[str, str]:
    reports = (scene.buildings.report, scene.base_stations.report)
    credits = dict.fromkeys(report.attribution for report in reports if report.attribution)
    return {
        "Conventions": "CF-1.11",
        "title": f"Coverage probability, {_carrier_label(scene)}",
        "source": f"radiocore {provenance.get('version', '')}".rstrip(),
        "attribution": "; ".join(credits),
        "provenance": json.dumps(provenance, sort_keys=True, ensure_ascii=False),
    }


def _carrier_label(scene: Scene) -> str:
    names = scene.carriers
    return (names[0] or "one carrier") if len(names) == 1 else f"best of {len(names)} carriers at each point"


def _extent(scene: Scene, grid: ReceiverGrid) -> tuple[float, float, float, float]:
    dx, dy = grid.resolution_m
    x, y = scene.frame.to_crs(grid.x_m[[0, -1]], grid.y_m[[0, -1]])
    return (float(x[0] - dx / 2), float(y[0] - dy / 2), float(x[1] + dx / 2), float(y[1] + dy / 2))


def _flags(no: str, yes: str) -> dict[str, Any]:
    return {"flag_values": np.array([0, 1], dtype=np.int8), "flag_meanings": f"{no} {yes}"}


def _means(values: np.ndarray) -> tuple[float | None, ...]:
    """Mean of each row of (T, N) values; None where N is zero."""
    return tuple(float(row.mean()) if row.size else None for row in values)


def _plain(value: Any) -> Any:
    """The value in JSON's own types; infinities and NaN become text, because JSON has none."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
