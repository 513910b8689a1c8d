"""A scene as plain values and arrays, for the files of models that need it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from ..buildings import BuildingReport, Buildings
from ..frame import LocalFrame
from ..network import _COLUMNS as STATION_COLUMNS
from ..network import BaseStations, StationReport
from ..scene import Scene

BUILDING_ARRAYS = ("vertices_mm", "ring_start", "prism_ring_start", "base_mm", "roof_mm", "prism_building")


def scene_state(scene: Scene) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What :func:`scene_of` makes the scene of again."""
    town, stations = scene.buildings, scene.base_stations
    config = {
        "frame": asdict(scene.frame),
        "host_building": scene.host_building,
        "receiver_bounds_m": [float(value) for value in scene.receiver_bounds_m],
        "buildings": {
            "ids": town.ids.tolist(),
            "height_source": town.height_source.tolist(),
            "source": town.report.source,
            "attribution": town.report.attribution,
        },
        "base_stations": {
            **{name: getattr(stations, name).tolist() for name, kind in STATION_COLUMNS.items() if kind is str},
            "source": stations.report.source,
            "attribution": stations.report.attribution,
        },
    }
    arrays = {f"buildings.{name}": getattr(town, name) for name in BUILDING_ARRAYS}
    numbers = (name for name, kind in STATION_COLUMNS.items() if kind is not str)
    return config, arrays | {f"base_stations.{name}": getattr(stations, name) for name in numbers}


def scene_of(config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Scene:
    """The scene that :func:`scene_state` told."""
    frame, town, stations = LocalFrame(**config["frame"]), config["buildings"], config["base_stations"]
    texts = {name: np.array(stations[name], dtype=str) for name, kind in STATION_COLUMNS.items() if kind is str}
    numbers = {name: arrays[f"base_stations.{name}"] for name, kind in STATION_COLUMNS.items() if kind is not str}
    return Scene(
        Buildings(
            **{name: arrays[f"buildings.{name}"] for name in BUILDING_ARRAYS},
            ids=np.array(town["ids"], dtype=str),
            height_source=np.array(town["height_source"], dtype=str),
            frame=frame,
            report=BuildingReport(source=town["source"], attribution=town["attribution"]),
        ),
        BaseStations(
            **texts,
            **numbers,
            frame=frame,
            report=StationReport(source=stations["source"], attribution=stations["attribution"]),
        ),
        host_building=config["host_building"],
        receiver_bounds_m=tuple(config["receiver_bounds_m"]),
    )
