"""A whole run: read the scene of a config, make the map, write its files whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from .antennas import pattern_files
from .buildings import Buildings
from .config import RunConfig
from .errors import ConfigError, InputError
from .estimators import Estimator, estimator_named
from .grid import ReceiverGrid
from .io import manifold_geotiff
from .io.atomic import atomic_path, check_destination
from .io.buildings_shapefile import parts_beside
from .io.sniff import local_file
from .io.writers import check_output, writer_for
from .manifold import CoverageManifold
from .scene import Scene


def run(config: RunConfig, *, progress=None) -> CoverageManifold:
    """The map of a config; its ``output`` files are written, all of them or none.

    Parameters
    ----------
    progress
        As of :func:`radiocore.simulate_manifold`.

    Raises
    ------
    RadiocoreError
        What cannot be read, computed or written; files are checked before any work.
    """
    check_files(config)
    scene = read_scene(config)
    check_files(config, scene)
    manifold = make_map(scene, config, progress=progress)
    write_outputs(manifold, config.output, crs=config.output_crs)
    return manifold


def read_scene(config: RunConfig) -> Scene:
    """The buildings and base stations that a config names."""
    require_keys(config, "buildings", "base_stations")
    return Scene.read(
        buildings=config.buildings,
        base_stations=config.base_stations,
        bbox=config.bbox,
        stations_margin_m=config.stations_margin_m,
        host_building=config.host_building,
        crs=config.crs,
        **building_options(config),
        **station_options(config),
    )


def read_buildings(config: RunConfig) -> Buildings:
    """The building map alone, for a first look at it."""
    require_keys(config, "buildings")
    return Buildings.read(
        config.buildings,
        crs=config.crs,
        bbox=config.bbox,
        margin_m=config.stations_margin_m,
        **building_options(config),
    )


def require_keys(config: RunConfig, *keys: str) -> None:
    """Refuse a config that lacks what the work at hand needs."""
    for key in keys:
        if not getattr(config, key):
            raise ConfigError(f"{key}: not given; name the file")


def building_options(config: RunConfig) -> dict:
    """The options of :meth:`Buildings.read` that a config sets."""
    keys = ("height_column", "metres_per_level", "impute", "rayleigh_scale_m", "constant_height_m", "seed")
    return {key: getattr(config, key) for key in (*keys, "invalid", "open_structures")}


def station_options(config: RunConfig) -> dict:
    """The options of :meth:`BaseStations.read` that a config sets."""
    return {key: getattr(config, key) for key in ("radio", "network", "carrier", "merge_sites")} | {
        "height_m": config.station_height_m,
        "power_dbm": config.station_power_dbm,
        "station_crs": config.station_crs,
        "columns": config.station_columns or None,
    }


def simulation_options(config: RunConfig) -> dict:
    """The options of :func:`radiocore.simulate_manifold` that a config sets, its grid and method apart."""
    return {key: getattr(config, key) for key in ("channel", "threshold_db", "seed", "device", "threads")}


def make_map(scene: Scene, config: RunConfig, *, progress=None) -> CoverageManifold:
    """The coverage manifold of a scene under a config's grid, channel and method."""
    from .simulate import simulate_manifold

    grid = ReceiverGrid.over(scene, config.resolution_m, config.receiver_height_m, indoor=config.indoor)
    return simulate_manifold(
        scene,
        grid,
        method=estimator_of(config),
        progress=progress,
        provenance={
            "config": config.provenance(),
            "inputs": {key: file_identity(path) for key, path in input_files(config, scene).items()},
        },
        **simulation_options(config),
    )


def estimator_of(config: RunConfig) -> Estimator:
    """The method of a config with those of its keys that the method has."""
    keys = ("model", "draws", "exact_radius_m", "neighbourhood_radius_m")
    return estimator_named(config.method, **{key: getattr(config, key) for key in keys})


def input_files(config: RunConfig, scene: Scene | None = None) -> dict[str, Path]:
    """The files that a config reads, by key: also the parts of a shapefile and, of a scene, the antenna patterns."""
    files = {"buildings": config.buildings, "base_stations": config.base_stations, "model": config.model}
    files = with_parts({key: path for key, path in files.items() if path is not None})
    if scene is not None:
        antennas = pattern_files(scene.base_stations.antenna.tolist())
        files |= {f"antenna {number}": path for number, path in enumerate(antennas, start=1)}
    return files


def with_parts(files: dict[str, Path]) -> dict[str, Path]:
    """The files, and what is read beside a shapefile: heights and CRS are not in the .shp."""
    parts = {f"{key} {part.suffix.lower()}": part for key, path in files.items() for part in parts_beside(path)}
    return files | parts


def file_identity(path: Path) -> dict[str, str | int]:
    """Name, size and SHA-256 of a file, so that a map says what it was made from."""
    path = local_file(path)
    with open(path, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}


def check_files(config: RunConfig, scene: Scene | None = None) -> None:
    """Refuse, before any work, an input that is not there or an output that could not be written after it.

    Parameters
    ----------
    scene : Scene, optional
        Once it is read: whether its map can have these formats is checked too.

    Raises
    ------
    InputError
        Names the file: absent, unknown suffix, missing or unwritable folder, output equal to an
        input, a format that needs a CRS, or an ``output_crs`` that cannot be had; or the method and
        its model do not go together.
    """
    inputs = {key: local_file(path) for key, path in input_files(config).items()}
    estimator = estimator_of(config)
    if config.model is not None:
        estimator.settings()  # reads the model, which a town may take minutes to come to
    for path in config.output:
        writer_for(path)
        target = check_destination(path)
        for key, source in inputs.items():
            if target.exists() and target.samefile(source):
                raise InputError(f"output: {path} is the file of {key}; name another")
        if scene is not None:
            check_output(path, scene)
    if config.output_crs is not None:
        if not any(writer_for(path) is manifold_geotiff for path in config.output):
            raise ConfigError("output_crs: it is for GeoTIFF only, and no output ends in .tif")
        if scene is not None:
            _check_output_crs(config.output_crs, scene)


def _check_output_crs(crs: str, scene: Scene) -> None:
    if scene.frame.crs is None:
        raise ConfigError("output_crs: the building map has no CRS to come from; give crs=, or leave output_crs out")
    west, south, east, north = scene.receiver_bounds_m
    x, y = scene.frame.to_crs([west, east, east, west], [south, south, north, north], crs)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ConfigError(f"output_crs: the map does not lie in {crs}; choose a CRS of its region")


def write_outputs(manifold: CoverageManifold, paths: Iterable[Path], *, crs: str | None = None) -> None:
    """Write a map to every path, each format by its suffix: all of them, or none.

    Parameters
    ----------
    crs : str, optional
        Of the GeoTIFF files; the other formats have their own. Default: the map's.
    """
    with ExitStack() as unfinished:  # leaving it well renames every file; leaving it otherwise removes every one
        for path in paths:
            check_output(path, manifold.scene)
            writer = writer_for(path)
            options = {"crs": crs} if writer is manifold_geotiff else {}
            writer.write(manifold, unfinished.enter_context(atomic_path(path)), **options)
