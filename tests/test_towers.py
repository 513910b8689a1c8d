"""Measurements joined with a register of cells, against a plain dictionary."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, radians, sin, sqrt

import numpy as np
import pandas
import pytest

from radiocore import Towers, join_towers
from radiocore.buildings import Buildings
from radiocore.errors import FileFormatError, InputError
from radiocore.evaluation.named_folds import towers_of
from radiocore.frame import LocalFrame
from radiocore.measurements import Measurements
from radiocore.models.link_inputs import link_inputs
from radiocore.scene import Scene

FRAME = LocalFrame.around("EPSG:4326", (-75.70, 45.40, -75.68, 45.44))
REGISTER = (
    "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
    "LTE,302,720,29100,9567049,0,-75.672,45.416,1000,1,1,1,1,0\n"
    "LTE,302,720,29100,9567050,0,-75.672,45.416,1000,1,1,1,1,0\n"
    "LTE,302,220,10100,5501,0,-75.690,45.420,1000,1,1,1,1,0\n"
    "LTE,302,220,10100,5501,0,-75.600,45.420,1000,1,1,1,1,0\n"
    "LTE,302,720,29100,77,0,-75.672,40.0,1000,1,1,1,1,0\n"
    "LTE,302,720,29100,78,0,151.2,-33.9,1000,1,1,1,1,0\n"
    "GSM,302,720,29100,4,0,-75.672,45.416,1000,1,1,1,1,0\n"
)


def rows(keys, longitude=-75.68, latitude=45.42) -> Measurements:
    """A row for each (network, tac, cell)."""
    network, tac, cell = np.array(keys, dtype=str).T
    x_m, y_m = FRAME.from_lonlat(np.full(len(keys), longitude), np.full(len(keys), latitude))
    level = -80.0 - np.arange(len(keys))
    return Measurements(x_m=x_m, y_m=y_m, rsrp_dbm=level, network=network, tac=tac, cell=cell, frame=FRAME)


def great_circle_m(first, second) -> float:
    """On a sphere, which is within 0.6 % of the ellipsoid."""
    (lon_1, lat_1), (lon_2, lat_2) = (tuple(map(radians, place)) for place in (first, second))
    half = sin((lat_2 - lat_1) / 2) ** 2 + cos(lat_1) * cos(lat_2) * sin((lon_2 - lon_1) / 2) ** 2
    return 2 * 6_371_000 * asin(sqrt(half))


@pytest.fixture
def register(tmp_path):
    (tmp_path / "cells.csv").write_text(REGISTER)
    return Towers.read(tmp_path / "cells.csv")


GOOD = ("302-720", "29100", "9567049")


def test_every_row_is_joined_or_counted(register):
    assert len(register) == 6, "no GSM"
    found = join_towers(
        rows([GOOD] * 6 + [
            ("302-720", "29100", "9567050"), ("302-720", "", "9567050"), ("302-720", "1", "9567050"),
            ("302-220", "10100", "5501"), ("302-720", "29100", "77"), ("302-720", "29100", "78"),
        ]),
        register,
    )  # fmt: skip
    assert found.tower.tolist() == [0] * 6 + [1] and found.measurements.row.tolist() == list(range(7))
    assert found.share_joined == pytest.approx(7 / 12)
    assert found.measurements.report.left_out == {
        "without network, tac, cell": 1,
        "of a cell that is not in the register": 1,
        "of a cell that stands at several places": 1,
        "farther than 35 km from their tower": 1,
        "of a tower in another part of the world (beyond 1,000 km)": 1,
    }
    text = str(found.measurements.report)
    assert "7 of 12 rows (58.3%) were joined by network, tac, cell with 2 of the 6 cells" in text
    assert "OpenCelliD's estimates" in text
    expected = great_circle_m((-75.68, 45.42), (-75.672, 45.416))
    np.testing.assert_allclose(found.distance_m, expected, rtol=6e-3)
    assert join_towers(rows([GOOD, ("302-720", "1", "9567050")]), register, by=("network", "cell")).share_joined == 1


def test_a_moved_border_and_sites(register, tmp_path):
    """A cell in two tracking areas at two places, each row with its own; cells of a site stay one tower of splits."""
    found = join_towers(rows([GOOD, ("302-720", "29100", "9567050")]), register)
    assert (towers_of(found.measurements) == 0).all()
    (tmp_path / "moved.csv").write_text(
        REGISTER + "LTE,302,720,29101,9567049,0,-75.640,45.416,1000,1,1,1,1,0\n"
        "LTE,302,221,29101,9567049,0,-75.645,45.416,1000,1,1,1,1,0\n"
    )
    keys = [GOOD, ("302-720", "29101", "9567049"), ("302-221", "29101", "9567049")]
    found = join_towers(rows(keys), Towers.read(tmp_path / "moved.csv"))
    nothing = replace(Buildings.from_polygons([], []), frame=FRAME)
    scene = Scene(nothing, found.base_stations, receiver_bounds_m=(-1e4, -1e4, 1e4, 1e4))
    np.testing.assert_allclose(found.measurements.associated(scene).distance_m, found.distance_m, rtol=1e-3)
    assert len(set(found.distance_m.round())) == 3


def test_the_join_makes_a_scene(register):
    found = join_towers(rows([GOOD, ("302-720", "29100", "9567050")]), register)
    stations = found.base_stations
    assert stations.id.tolist() == ["9567049", "9567050"] and len(set(stations.carrier)) == 2
    nothing = replace(Buildings.from_polygons([], []), frame=FRAME)
    scene = Scene(nothing, stations, receiver_bounds_m=(-1e4, -1e4, 1e4, 1e4))
    inputs = link_inputs(found.measurements, scene)
    np.testing.assert_allclose(
        1000 * np.hypot(inputs["distance_x_km"], inputs["distance_y_km"]), found.distance_m, rtol=1e-4
    )


@pytest.mark.parametrize(
    ("keys", "options", "message"),
    [
        ([("302-720", "29100", "78")], {}, "1 of 1 joined rows are farther than 35 km .* line 7 .* this country"),
        ([("302-720", "29100", "1")], {}, "no cell of its rows is in .*cells.csv; row 0 has '1'"),
        ([("310-260", "29100", "1")], {}, "no network of its rows is in .*row 0 has '310-260'"),
        ([("302-220", "29100", "9567049")], {}, r"no row is joined .* by=\('network', 'cell'\)"),
        (
            [("302-720", "29100", "1"), ("302-220", "10100", "5501")],
            {"by": ("network", "cell")},
            r"row 1 \(network 302-220, cell 5501\) stands at several places in it; .* by tac as well: by=$",
        ),
        ([("302-220", "10100", "5501")], {}, "several places in it; clean the register$"),
        ([("302-720", "", "1")], {"by": ["network", "tac", "cell"]}, "no row tells tac; name the columns"),
        ([GOOD], {"by": ["eci"]}, "by: .*must be some of"),
        ([GOOD], {"farthest_m": 0}, "farthest_m: 0 must be positive"),
    ],
)
def test_what_cannot_be_joined(keys, options, message, register):
    with pytest.raises(InputError, match=message):
        join_towers(rows(keys), register, **options)


def test_swapped_axes_are_told(register):
    swapped = Towers([45.416], [-75.672], "302-720", "29100", "9567049", source="swapped.csv")
    with pytest.raises(InputError, match=r"swapped.csv: .* look swapped"):
        join_towers(rows([GOOD]), swapped)


def test_towers_that_are_refused(tmp_path):
    for columns, message in (
        ({"height_m": 1300}, "towers, row 0: height_m is 1300; .*above ground.* above sea level"),
        ({"frequency_mhz": 1.8}, "frequency_mhz is 1.8; .*looks like GHz"),
        ({"frequency_mhz": 8e8}, "looks like Hz"),
        ({"height_m": [1, 2]}, "does not match the 1 towers"),
    ):
        with pytest.raises(InputError, match=message):
            Towers([7.0], [51.0], **columns)
    with pytest.raises(InputError, match="no place in degrees; are they swapped"):
        Towers([7.0], [151.0])
    assert "above sea level" in Towers([7.0, 7.1], [51.0, 51.0], height_m=[140.0, 150.0]).notes[0]
    assert Towers([7.0, 7.1], [51.0, 51.0], height_m=[40.0, 150.0]).notes == ()
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(FileFormatError, match="is empty"):
        Towers.read(tmp_path / "empty.csv")
    (tmp_path / "gsm.csv").write_text("\n".join(REGISTER.splitlines()[::7]))
    with pytest.raises(InputError, match="no cell of LTE"):
        Towers.read(tmp_path / "gsm.csv")
    (tmp_path / "metres.csv").write_text("x,y,network,cell\n0,0,302-720,1\n")
    with pytest.raises(InputError, match="have no CRS"):
        Towers.read(tmp_path / "metres.csv")


def test_real_cells_of_ottawa(shared_data, tmp_path):
    """Rows around real cells, some with wrong keys, joined by a dictionary and by us."""
    path = shared_data("opencellid_canada/opencellid_302_2026-01.csv.gz")
    table = pandas.read_csv(path, dtype=str)
    table = table[table.lon.astype(float).between(-76.2, -75.2) & table.lat.astype(float).between(45.1, 45.7)]
    table.to_csv(tmp_path / "ottawa.csv", index=False)
    places: dict[tuple, set] = {}
    for cell in table[table.radio == "LTE"].itertuples():
        key = (f"302-{int(cell.net):02d}", cell.area, cell.cell)
        places.setdefault(key, set()).add((float(cell.lon), float(cell.lat)))
    near = {key for key, found in places.items() if all(abs(x + 75.7) < 0.2 and abs(y - 45.4) < 0.1 for x, y in found)}
    rng = np.random.default_rng(0)
    ours = sorted(near)
    keys = [ours[i] for i in rng.integers(0, len(near), 1500)]
    keys = [
        (a, b, str(int(c) + 1)) if spoilt else (a, b, c)
        for (a, b, c), spoilt in zip(keys, rng.random(1500) < 0.3, strict=True)
    ]
    found = join_towers(rows(keys), Towers.read(tmp_path / "ottawa.csv"))
    expected = [i for i, key in enumerate(keys) if len(places.get(key, ())) == 1
                and great_circle_m((-75.68, 45.42), *places[key]) < 35_000]  # fmt: skip
    assert found.measurements.row.tolist() == expected and len(expected) > 900
    for tower, row in zip(found.tower, expected, strict=True):
        assert places[keys[row]] == {(found.towers.longitude[tower], found.towers.latitude[tower])}
