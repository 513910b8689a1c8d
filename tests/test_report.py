"""The data report: every count with its unit, and what each assumption does to the answer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from radiocore.buildings import BuildingReport, Buildings
from radiocore.frame import LocalFrame
from radiocore.network import BaseStations, StationReport
from radiocore.report import SceneReport
from radiocore.scene import Scene

NO_CRS = LocalFrame()
TOWN_REPORT = BuildingReport(
    source="town.osm",
    format="OpenStreetMap",
    attribution="OpenStreetMap contributors, ODbL",
    outlines_read=14,
    outlines_outside=3,
    height_sources={"height": 1, "imputed-rayleigh": 1},
    repaired=("way/1",),
    refused=tuple((f"way/{number}", "no area") for number in range(20, 29)),
    counts={"open structures left out": 2},
    notes=("1 of 2 buildings have no height in the file and are drawn.",),
)
CELL_REPORT = StationReport(
    source="cells.csv",
    format="OpenCelliD CSV",
    attribution="OpenCelliD Project (unwiredlabs), CC BY-SA 4.0",
    rows_read=1000,
    rows_selected=6,
    left_out={"outside the area": 990, "other radio": 4},
    merged_cells=2,
    notes=("positions are estimates",),
)


def two_blocks(frame=NO_CRS) -> Buildings:
    """Two squares of 20 m: roofs at 10 m (x 0 to 20 m) and 30 m (x 80 to 100 m)."""
    corners_m = np.array([(0, 0), (20, 0), (20, 20), (0, 20), (80, 0), (100, 0), (100, 20), (80, 20)])
    return Buildings(
        vertices_mm=corners_m * 1000,
        ring_start=np.array([0, 4, 8]),
        prism_ring_start=np.array([0, 1, 2]),
        base_mm=np.zeros(2, dtype=np.int64),
        roof_mm=np.array([10_000, 30_000]),
        prism_building=np.array([0, 1], dtype=np.int32),
        ids=np.array(["low", "high"]),
        height_source=np.array(["height", "imputed-rayleigh"]),
        frame=frame,
        report=TOWN_REPORT,
    )


def four_stations(frame=NO_CRS, report=CELL_REPORT) -> BaseStations:
    """Above, at and below the roof of the building that they stand in, and one 50 m off the map."""
    return BaseStations(
        x_m=[5, 15, 90, 150],
        y_m=[10, 10, 10, 10],
        height_m=[20, 10, 20, 20],
        id=["a", "b", "c", "d"],
        carrier=["LTE 1", "LTE 1", "LTE 2", "LTE 1"],
        cells=[3, 1, 1, 1],
        frame=frame,
        report=report,
    )


@pytest.fixture
def scene() -> Scene:
    pytest.importorskip("radiocore._core", reason="the compiled core is not built")
    return Scene(two_blocks(), four_stations())


def test_counts(scene):
    report = SceneReport.of(scene)
    assert report.number_of_buildings == 2
    assert [(item.name, item.stations, item.cells) for item in report.carriers] == [("LTE 1", 3, 5), ("LTE 2", 1, 1)]
    assert report.hosted == {"above": 1, "at": 1, "below": 1}
    assert report.stations_off_map == 1
    assert report.building_bounds_m == report.receiver_bounds_m == (0.0, 0.0, 100.0, 20.0)
    assert report.station_bounds_m == (5.0, 10.0, 150.0, 10.0)
    assert report == scene.report()


def test_text(scene):
    assert str(scene.report()).splitlines() == [
        "Buildings: 2 in 2 prisms from town.osm (OpenStreetMap)",
        "  outlines read: 14; outside the area: 3",
        "  height from height: 1",
        "  height from imputed-rayleigh: 1",
        "  open structures left out: 2",
        "  outlines repaired: 1: way/1",
        "  outlines refused: 9: way/20 (no area), way/21 (no area), way/22 (no area), way/23 (no area), "
        "way/24 (no area) and 4 more",
        "  attribution: OpenStreetMap contributors, ODbL",
        "Base stations: 4 from cells.csv (OpenCelliD CSV)",
        "  rows read: 1,000; taken: 6",
        "  left out, outside the area: 990",
        "  left out, other radio: 4",
        "  carrier LTE 1: 3 stations, merged from 5 cells",
        "  carrier LTE 2: 1 station",
        "  antennas in a building's outline: 1 above its roof, 1 at its roof, 1 below its roof "
        "(a building never blocks the links of its own antenna)",
        "  attribution: OpenCelliD Project (unwiredlabs), CC BY-SA 4.0",
        "Coordinates: metres without a CRS",
        "  receivers: 100 m x 20 m, x 0 to 100 m, y 0 to 20 m",
        "  buildings: 100 m x 20 m, x 0 to 100 m, y 0 to 20 m",
        "  base stations: 145 m x 0 m, x 5 to 150 m, y 10 to 10 m",
        "Remarks",
        "  - 1 of 2 buildings have no height in the file and are drawn.",
        "  - positions are estimates.",
        "  - the map ends inside the stations' margin (stations outside the buildings' extent: 1 of 4); links to these "
        "cross ground whose buildings are not known and can count as unblocked although something stands there, which "
        "makes them too strong, as servers and as interferers.",
    ]


def test_plain_data(scene):
    data = json.loads(json.dumps(scene.report().to_dict()))
    assert data["base_stations"]["left_out"] == {"outside the area": 990, "other radio": 4}
    assert data["buildings"]["refused"][0] == ["way/20", "no area"]
    assert data["carriers"][0] == {"name": "LTE 1", "stations": 3, "cells": 5}


def test_stations_given_as_arguments(scene):
    bare = replace(scene, base_stations=four_stations(report=StationReport()))
    said = str(bare.report())
    assert "Base stations: 4 from arguments" in said and "rows read" not in said
    assert "4 of 4 stations have no azimuth and are taken as isotropic: served areas come out round" in said


def test_no_buildings():
    empty = two_blocks().select(np.array([False, False]))
    report = SceneReport.of(Scene(empty, four_stations()))
    assert report.building_bounds_m is None and report.stations_off_map == 0
    assert report.hosted == {"above": 0, "at": 0, "below": 0}
    assert "there are no buildings: every link has line of sight" in report.remarks


@pytest.mark.parametrize(
    ("crs", "bounds", "lines"),
    [
        ("EPSG:32632", (389000, 5706000, 389100, 5706020), ["Coordinates: EPSG:32632"]),
        (
            "EPSG:4326",
            (7.40, 51.49, 7.42, 51.50),
            ["Coordinates: EPSG:4326", "  computed in metres of Transverse Mercator about 51.495, 7.41 degrees"],
        ),
    ],
)
def test_coordinates(crs, bounds, lines):
    frame = LocalFrame.around(crs, bounds)
    empty = two_blocks(frame).select(np.array([False, False]))
    said = Scene(empty, four_stations(frame)).report().lines()
    start = said.index(lines[0])
    assert all(said[start + offset].startswith(line) for offset, line in enumerate(lines))
    assert said[start + len(lines)].startswith("  receivers: ")


def test_heights_that_may_be_above_sea_level_are_told():
    town = Buildings.from_polygons([], [])
    low, high = (
        Scene(town, BaseStations([0, 50], [0, 0], height_m=height_m), receiver_bounds_m=(0, 0, 9, 9)).report().remarks
        for height_m in ([20, 512], [131, 512])
    )
    told = [item for item in high if "sea level" in item]
    assert told == ["no antenna is below 100 m (the lowest is 131 m): are they heights above sea level?"]
    assert not any("sea level" in item for item in low)
