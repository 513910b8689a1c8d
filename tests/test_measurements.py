"""Measurements as a table: columns, cleaning, tiles, and the stations that they are of."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean, median, stdev

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import coverage_map, frame, scene
from radiocore.errors import InputError
from radiocore.measurements import Measurements
from radiocore.network import BaseStations
from radiocore.scene import Scene


def measured(**columns) -> Measurements:
    number = len(columns["x_m"])
    return Measurements(**{"y_m": np.zeros(number), "rsrp_dbm": -90.0 - np.arange(number)} | columns)


# ---- The table -----------------------------------------------------------------------------------


def test_columns_are_spread_checked_and_kept():
    table = measured(x_m=[1, 2], time=np.array(["2022-01-31T23:00", "NaT"], dtype="datetime64"), cell="7", month=[0, 8])
    assert table.month.tolist() == [1, 8] and table.cell.tolist() == ["7", "7"]
    assert np.isnan(table.sinr_db).all() and table.known_columns[-3:] == ("month", "cell", "row")
    assert not any(getattr(table, name).flags.writeable for name in ("x_m", "month", "cell"))
    assert table.select([1]).row.tolist() == [1] and len(table) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rsrp_dbm": [-90.0, 90.0]}, "rsrp_dbm: row 1 is 90; it must be negative"),
        ({"rsrp_dbm": [np.nan, -90.0]}, "rsrp_dbm: row 0 is nan; it must be a finite number"),
        ({"x_m": [1.0, np.inf]}, "x_m: row 1 is inf"),
        ({"x_m": ["a", "b"]}, "x_m: cannot be read as float64"),
        ({"month": [1, 13]}, "month: row 1 is 13"),
        ({"cell": ["1", "2", "3"]}, r"cell: shape \(3,\) does not match the 2 measurements"),
        ({"frequency_mhz": 1.8e9}, "frequency_mhz: row 0 is 1.8e"),
    ],
)
def test_columns_that_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        measured(**{"x_m": [1.0, 2.0]} | change)


def test_several_sectors_where_they_are_needed():
    table = measured(x_m=[1, 2], sector=["A", "A"], cell=["1", ""])
    with pytest.raises(InputError, match="all 2 rows have the sector 'A', and several are needed"):
        table.require_several("sector")
    with pytest.raises(InputError, match="the cell of row 1 is not known .of 1 rows in all.; name the column"):
        table.require_several("cell")
    with pytest.raises(InputError, match="sektor: no such column .*did you mean 'sector'"):
        table.require_several("sektor")
    measured(x_m=[1, 2], sector=["A", "B"]).require_several("sector")


def test_a_table_reads_back(tmp_path):
    town = scene()
    table = measured(
        x_m=[1.25, 2.5], time=np.datetime64("2022-08-01T01:02:03.004"), cell=["007", "x,y"], frame=town.frame
    )
    table.to_table().to_csv(tmp_path / "out.csv", index=False)
    again = Measurements.read(tmp_path / "out.csv", scene=town)
    for name in table.known_columns:
        if name != "row":
            np.testing.assert_array_equal(getattr(again, name), getattr(table, name), err_msg=name)


def test_features_go_where_their_rows_go(tmp_path):
    table = measured(x_m=[1.0, 1.0, 1.0, 11.0], rsrp_dbm=[-90, -90, -90, -80], features={"roof": [3, 3, 6, 1]})
    assert table.cleaned(hampel=None).features["roof"].tolist() == [3, 6, 1]
    assert table.select([3, 0]).features["roof"].tolist() == [1, 3]
    assert table.binned(10.0).means.features["roof"].tolist() == [4, 1]
    table.to_table().to_csv(tmp_path / "out.csv", index=False)
    assert Measurements.read(tmp_path / "out.csv", features=["roof"]).features["roof"].tolist() == [3, 3, 6, 1]
    for features, message in (
        ({"x_m": [1] * 4}, "a column of its own; pass it as that argument, not as a feature"),
        ({"a": [1]}, "has shape"),
        ({"a": [np.nan] * 4}, "row 0"),
    ):
        with pytest.raises(InputError, match=message):
            measured(x_m=[1.0, 1.0, 1.0, 11.0], features=features)


def test_validate_takes_measurements():
    chart = coverage_map()
    rows = {"x_m": [11.0, 12.0, 99.0], "y_m": [5.0] * 3, "rsrp_dbm": [-90.0, -141.0, -92.0]}
    table = Measurements.from_table(rows, scene=chart.scene)
    by_table, by_columns = chart.validate(table), chart.validate(rows)
    pandas.testing.assert_frame_equal(by_table.table, by_columns.table)
    assert by_table.left_out == by_columns.left_out
    cleaned = chart.validate(table.cleaned(hampel=None))
    assert cleaned.rmse_db == by_table.rmse_db and cleaned.rows_read == 3
    assert sum(cleaned.left_out.values()) == 2
    with pytest.raises(InputError, match="in another frame than the map"):
        chart.validate(measured(x_m=[1.0]))


# ---- Cleaning ------------------------------------------------------------------------------------


def typical(values, threshold=4.5):
    """Hampel's rule in plain numbers."""
    if not values:
        return []
    middle = median(values)
    spread = median([abs(value - middle) for value in values])
    return [spread == 0 or abs(value - middle) <= threshold * spread for value in values]


@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), min_size=1, max_size=40))
def test_hampel_goes_north_first_then_east(places):
    kept = [place for place, keep in zip(places, typical([y for _, y in places]), strict=True) if keep]
    expected = [place for place, keep in zip(kept, typical([x for x, _ in kept]), strict=True) if keep]
    x_m, y_m = zip(*places, strict=True)
    found = measured(x_m=x_m, y_m=y_m).cleaned(duplicates=False)
    assert list(zip(found.x_m, found.y_m, strict=True)) == expected
    assert found.report.rows_kept == len(found)


def test_each_step_is_counted_in_its_order():
    town = scene()
    table = Measurements(
        x_m=[10, 10, 20, 30, 40, 999, 50, 50],
        y_m=[10, 10, 10, 11, 12, 13, 10, 10],
        rsrp_dbm=[-90, -90, -141, -92, -93, -94, -95, -96],
        sinr_db=[np.nan, np.nan, 1, 1, 1, 1, 1, 1],
        frame=town.frame,
    )
    found = table.cleaned(town)
    assert found.report.left_out == {
        "without a value (-141 dBm and below)": 1,
        "exact duplicates of an earlier row": 1,
        "outside the scene": 1,
        "far to the north or south of the rest (Hampel)": 0,
        "far to the east or west of the rest (Hampel)": 0,
    }
    assert found.row.tolist() == [0, 3, 4, 6, 7]
    assert found.report.lines()[0] == "Measurements: 5 of 8 rows of arguments"
    assert found.report.to_dict()["rows_kept"] == 5
    assert found.cleaned(town).report.left_out == found.report.left_out, "a second time finds nothing"
    assert len(table.cleaned(sentinel_dbm=None, duplicates=False, hampel=None)) == 8


def test_cleaning_that_is_refused():
    with pytest.raises(InputError, match="no measurement is left after cleaning\nMeasurements: 0 of 2 rows"):
        measured(x_m=[1, 2], rsrp_dbm=-150.0).cleaned()
    with pytest.raises(InputError, match="scene: the measurements are in another frame"):
        measured(x_m=[1, 2]).cleaned(scene())
    with pytest.raises(InputError, match="hampel: -1 must be positive"):
        measured(x_m=[1, 2]).cleaned(hampel=-1)


# ---- Tiles ---------------------------------------------------------------------------------------

samples = st.lists(
    st.tuples(st.integers(-25, 25), st.integers(-25, 25), st.integers(-120, -60), st.sampled_from("AB")),
    min_size=1,
    max_size=60,
)


@given(samples)
def test_tiles_and_bins(rows):
    x_m, y_m, rsrp_dbm, sector = zip(*rows, strict=True)
    table = Measurements(x_m=x_m, y_m=y_m, rsrp_dbm=np.array(rsrp_dbm, dtype=float), sector=sector)
    found = table.binned(10.0)
    expected = defaultdict(list)
    for x, y, level, name in rows:
        expected[(10 * math.floor(x / 10) + 5, 10 * math.floor(y / 10) + 5, name)].append(level)
    assert len(expected) == len(found.means)
    squared, freedom = 0.0, 0
    for row in range(len(found.means)):
        means = found.means
        levels = expected[(means.x_m[row], means.y_m[row], means.sector[row])]
        assert means.rsrp_dbm[row] == pytest.approx(fmean(levels)) and found.samples[row] == len(levels)
        if len(levels) > 1:
            assert found.deviation_db[row] == pytest.approx(stdev(levels), abs=1e-9)
            squared, freedom = squared + stdev(levels) ** 2 * (len(levels) - 1), freedom + len(levels) - 1
        else:
            assert np.isnan(found.deviation_db[row])
    assert found.noise_db == pytest.approx(math.sqrt(squared / freedom) if freedom else math.nan, nan_ok=True, abs=1e-9)
    moved = found.at_centres(table)
    np.testing.assert_array_equal(moved.x_m, found.means.x_m[found.bin])
    np.testing.assert_array_equal(moved.rsrp_dbm, table.rsrp_dbm)
    assert len(found.tile_xy_m) == len({(x, y) for x, y, _ in expected})


def test_what_differs_within_a_bin_is_not_known():
    table = measured(x_m=[1, 2, 11], month=[1, 8, 8], device=["a", "b", "b"], sinr_db=[2.0, np.nan, np.nan])
    means = table.binned(by=()).means
    assert means.month.tolist() == [0, 8] and means.device.tolist() == ["", "b"]
    np.testing.assert_array_equal(means.sinr_db, [2.0, np.nan])
    assert len(table.binned().means) == 3, "months stay apart"


@pytest.mark.parametrize("side_m", [0.0, -1.0, np.nan, 0.0005, 1e9])
def test_tiles_that_are_refused(side_m):
    with pytest.raises(InputError, match="tile_m: "):
        measured(x_m=[1]).binned(side_m)
    with pytest.raises(InputError, match="by: 'sectr' is no column .*did you mean 'sector'"):
        measured(x_m=[1]).binned(by=["sectr"])


# ---- Association ---------------------------------------------------------------------------------


@pytest.fixture
def town():
    """Two masts of three sectors 100 m apart, the second turned, and an isotropic one far off."""
    stations = BaseStations(
        x_m=[0.0] * 3 + [100.0] * 3 + [1000.0],
        y_m=0.0,
        azimuth_deg=[240, 0, 120, 60, 180, 300, np.nan],
        id=["w3", "w1", "w2", "east", "east", "east", "far"],
        frame=frame(),
    )
    return Scene(scene().buildings, stations)


def test_by_bearing(town):
    table = measured(x_m=[0, 20, -20, 110, 100, 90, 900], y_m=[30, -10, -10, 5, -9, 5, 0], cell="", frame=town.frame)
    found = table.associated(town)
    assert found.station.tolist() == [1, 2, 0, 3, 4, 5, 6]
    assert found.measurements.sector.tolist() == ["A", "B", "C", "A", "B", "C", ""]
    assert found.measurements.cell.tolist() == ["w1", "w2", "w3", "east", "east", "east", "far"]
    assert not found.by_cell.any()
    np.testing.assert_allclose(found.distance_m[:2], [30, math.hypot(20, 10)])
    np.testing.assert_allclose(found.bearing_deg[:3], [0, 90 + math.degrees(math.atan2(10, 20)), 243.434949], atol=1e-6)
    np.testing.assert_allclose(found.off_boresight_deg[[0, 2, 6]], [0, 3.434949, np.nan], atol=1e-6)


def test_by_cell(town):
    table = measured(x_m=[500, 500, 90], y_m=[0, 0, 5], cell=["w3", "", "east"], sector=["", "", "Z"], frame=town.frame)
    found = table.associated(town)
    assert found.station.tolist() == [0, 3, 5] and found.by_cell.tolist() == [True, False, True]
    assert found.measurements.sector.tolist() == ["C", "A", "Z"], "what the file tells stays"
    assert table.associated(town, by="bearing").station.tolist() == [3, 3, 5]


def test_the_order_of_stations_does_not_matter(town):
    rng = np.random.default_rng(3)
    table = measured(x_m=rng.integers(-50, 150, 200), y_m=rng.integers(-50, 50, 200), frame=town.frame)
    order = rng.permutation(len(town.base_stations))
    other = Scene(town.buildings, town.base_stations.select(order))
    np.testing.assert_array_equal(order[table.associated(other).station], table.associated(town).station)


def test_cells_that_are_unknown(town):
    table = measured(x_m=[1, 2, 3], cell=["w1", "w9", ""], frame=town.frame)
    with pytest.raises(
        InputError, match=r"the cell 'w9' of row 1 is not in the scene \(1 cells, 1 rows\).*did you mean"
    ):
        table.associated(town)
    found = table.associated(town, unknown="leave-out")
    assert found.measurements.row.tolist() == [0, 2]
    assert found.measurements.report.left_out == {"of a cell that is not in the scene": 1}
    assert table.associated(town, by="cell", unknown="leave-out").station.tolist() == [1]
    with pytest.raises(InputError, match="row 0 names no cell; associate by bearing"):
        measured(x_m=[1], frame=town.frame).associated(town, by="cell")


def test_a_cell_at_several_places():
    stations = BaseStations(x_m=[0, 100], y_m=0, id="7", carrier=["LTE a", "LTE b"], frame=frame())
    place = Scene(scene().buildings, stations)
    table = measured(x_m=[1, 2], cell="7", carrier=["LTE b", "LTE a"], frame=place.frame)
    assert table.associated(place).station.tolist() == [1, 0]
    with pytest.raises(
        InputError, match=r"the cell '7' stands at several places in the scene .carriers \['LTE a', 'LTE b'\].; name"
    ):
        measured(x_m=[1], cell="7", frame=place.frame).associated(place)


def test_cells_of_a_site_that_is_one_station():
    """As the reader of stations merges cells without azimuth."""
    names = ["LTE o2 eNB 50367", "LTE o2 eNB 50367", "LTE tmobile eNB 50367", "LTE o2 eNB 5036"]
    carriers = ["LTE o2 850 MHz", "LTE o2 1845 MHz", "LTE tmobile 1815 MHz", "LTE o2 850 MHz"]
    stations = BaseStations(x_m=[0, 0, 100, 200], y_m=0, id=names, carrier=carriers, frame=frame())
    place = Scene(scene().buildings, stations)
    cell = 50367 * 256 + 2
    table = measured(x_m=[50] * 3, cell=[cell, cell, cell], carrier=["o2", "TMobile", carriers[1]], frame=place.frame)
    assert table.associated(place).station.tolist() == [0, 2, 1]
    with pytest.raises(InputError, match=f"the cell '{cell + 256}' of row 0 is not in the scene"):
        measured(x_m=[50], cell=str(cell + 256), frame=place.frame).associated(place)


def test_no_measurements_at_all(town):
    nothing = measured(x_m=[], frame=town.frame)
    assert len(nothing.cleaned(town)) == len(nothing.binned().means) == len(nothing.associated(town).station) == 0
    assert np.isnan(nothing.binned().noise_db)


@pytest.mark.parametrize("option", [{"by": "cells"}, {"unknown": "drop"}])
def test_options_of_association(option, town):
    with pytest.raises(InputError, match="is not one of"):
        measured(x_m=[1], frame=town.frame).associated(town, **option)
    with pytest.raises(InputError, match="in another frame"):
        measured(x_m=[1]).associated(town)
