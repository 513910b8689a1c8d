"""A map against measurements: figures by hand, rows left out, rows refused."""

from __future__ import annotations

import dataclasses
import json

import matplotlib.figure
import numpy as np
import pandas
import pytest

from maps import coverage_map, scene
from radiocore.channel import Channel
from radiocore.errors import FileFormatError, InputError
from radiocore.simulate import received_power_dbm

matplotlib.use("Agg")
LOSS_DB = 10 * np.log10(12 * 50)  # 10 MHz of LTE: 50 blocks of 12 subcarriers


def centres(*cells: int) -> dict[str, np.ndarray]:
    return {"x_m": 5.0 + 10 * (np.array(cells) % 6), "y_m": 5.0 + 10 * (np.array(cells) // 6)}


def power_dbm(x_m, y_m) -> np.ndarray:
    return received_power_dbm(scene(), np.column_stack([x_m, y_m]))


def expected_rsrp_dbm(*cells: int) -> np.ndarray:
    return power_dbm(*centres(*cells).values()).max(axis=1) - LOSS_DB


def renamed(*ids: str, **options):
    """The map with other ids for its three stations."""
    chart = coverage_map(**options)
    stations = dataclasses.replace(chart.scene.base_stations, id=ids)
    return dataclasses.replace(chart, scene=dataclasses.replace(chart.scene, base_stations=stations))


def test_figures_by_hand():
    cells = (5, 10, 12, 20)
    offset_db = np.array([1.0, -2.0, 4.0, 3.0])
    rows = {**centres(*cells), "rsrp_dbm": expected_rsrp_dbm(*cells) - offset_db}
    report = coverage_map().validate(rows)
    np.testing.assert_allclose(report.table["error_db"], offset_db, atol=1e-9)
    assert report.bias_db == pytest.approx(1.5)
    assert report.mae_db == pytest.approx(2.5)
    assert report.rmse_db == pytest.approx(np.sqrt(30 / 4))
    assert report.standard_deviation_db == pytest.approx(np.std(offset_db))
    assert report.baseline_rmse_db == pytest.approx(np.std(rows["rsrp_dbm"]))
    assert report.resource_blocks == 50
    assert report.agreement is None
    assert list(report.table["cell"]) == ["east", "east", "west", "east"]
    assert list(report.by_cell["rows"]) == [3, 1]
    assert report.by_cell.loc[("", "west"), "bias_db"] == pytest.approx(4.0)
    assert "not told by the measurements" in str(report)
    assert json.loads(json.dumps(report.to_dict()))["rows"] == 4


def test_degrees_and_metres_agree_and_the_index_stays():
    chart = coverage_map()
    cells = (3, 9, 21)
    longitude, latitude = chart.scene.frame.to_lonlat(*centres(*cells).values())
    frame = pandas.DataFrame(
        {"lon": longitude, "lat": latitude, "rsrp_dbm": expected_rsrp_dbm(*cells)}, index=["a", "b", "c"]
    )
    report = chart.validate(frame)
    assert list(report.table.index) == ["a", "b", "c"]
    assert report.rmse_db == pytest.approx(0, abs=1e-9)


def test_the_baseline_is_named_when_it_wins():
    rows = {**centres(1, 23), "rsrp_dbm": [-130.0, -130.5]}
    assert "does not beat it" in str(coverage_map().validate(rows))
    rows = {**centres(1, 23), "rsrp_dbm": expected_rsrp_dbm(1, 23)}
    assert "the map beats it" in str(coverage_map().validate(rows))


def test_served_by_sinr_against_the_threshold():
    cells = (2, 4, 20, 22)  # coverage below one half, twice, and above it, twice
    rows = {**centres(*cells), "rsrp_dbm": [-100.0] * 4, "sinr_db": [-3.0, 6.0, 2.0, 9.0]}
    chart = coverage_map(threshold_db=(0.0, 5.0))
    report = chart.validate(rows)
    assert report.confusion == {
        "served_predicted_served": 2,
        "served_predicted_not_served": 1,
        "not_served_predicted_served": 0,
        "not_served_predicted_not_served": 1,
    }
    assert report.agreement == 0.75
    assert "75.0 % agree" in str(report)
    later = chart.validate(rows, threshold_db=5.0)  # half the coverage: nowhere one half
    assert later.agreement == 0.5
    assert later.threshold_db == 5.0


def test_served_by_rsrp_where_no_sinr_was_measured():
    rows = {**centres(2, 22), "rsrp_dbm": [-110.0, -90.0]}
    assert coverage_map().validate(rows, served_rsrp_dbm=-100.0).agreement == 1.0


def test_rows_without_a_number_are_counted_and_left_out():
    rows = {
        "x_m": [15.0, None, 25.0, 35.0],
        "y_m": [5.0, 5.0, 5.0, 5.0],
        "rsrp_dbm": ["-90", "-91", "", "-93"],
        "sinr_db": [3.0, 3.0, 3.0, np.nan],
    }
    report = coverage_map().validate(rows)
    assert list(report.table.index) == [0, 3]
    assert report.left_out["without a position"] == report.left_out["without an rsrp_dbm"] == 1
    assert sum(report.confusion.values()) == 1  # the last row does not tell whether it was served
    assert report.agreement in (0.0, 1.0)
    assert coverage_map().validate(rows | {"sinr_db": None}).agreement is None


def test_a_csv_file(tmp_path):
    frame = pandas.DataFrame({**centres(3, 9), "rsrp_dbm": expected_rsrp_dbm(3, 9), "cell": ["", "east"]})
    for name in ("drive.csv", "drive.csv.gz"):
        frame.to_csv(tmp_path / name, index=False)
        report = coverage_map().validate(tmp_path / name)
        assert report.rmse_db == pytest.approx(0, abs=1e-9)
        assert coverage_map().validate(str(tmp_path / name)).to_dict() == report.to_dict()
    (tmp_path / "drive.bin").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(FileFormatError, match="drive.bin: is no format of measurements"):
        coverage_map().validate(tmp_path / "drive.bin")
    with pytest.raises(FileFormatError, match="no such file"):
        coverage_map().validate("nowhere.csv")


def test_a_named_cell_is_predicted_at_the_measured_position():
    rows = {
        "x_m": [11.0, 12.0, 13.0, 14.0],
        "y_m": [5.0] * 4,
        "rsrp_dbm": [-99.0] * 4,
        "cell": ["far", "west", None, "gone"],
    }
    report = coverage_map().validate(rows)
    power = power_dbm([11.0, 12.0, 13.0], 3 * [5.0])
    np.testing.assert_allclose(
        report.table["predicted_rsrp_dbm"], [power[0, 2] - LOSS_DB, power[1, 0] - LOSS_DB, power[2].max() - LOSS_DB]
    )
    assert list(report.table["cell"]) == ["far", "west", "west"]
    assert report.left_out["of a cell that is not in the scene"] == 1


def test_cells_that_are_all_unknown_are_refused():
    chart = renamed("LTE o2 eNB 1", "LTE o2 eNB 2", "LTE o2 eNB 3")
    with pytest.raises(InputError, match=r"'52410'.* ids are like 'LTE o2 eNB 1'; cells of one site"):
        chart.validate({**centres(1, 2), "rsrp_dbm": [-90.0, -91.0], "cell": [52410, None]})
    with pytest.raises(InputError, match=r"ids are like 'west'$"):
        coverage_map().validate({**centres(1), "rsrp_dbm": [-90.0], "cell": ["gone"]})


def test_several_carriers_need_a_carrier_or_a_cell():
    chart = coverage_map(carriers=("LTE a", "LTE b", "LTE b"))
    rows = {"x_m": [11.0, 12.0, 13.0], "y_m": [5.0] * 3, "rsrp_dbm": [-99.0] * 3, "sinr_db": [1.0] * 3}
    with pytest.raises(InputError, match=r"the scene has 2 carriers \(LTE a, LTE b\): give a carrier column, or"):
        chart.validate(rows)
    with pytest.raises(InputError, match=r"'LTE c' is not among \['LTE a', 'LTE b'\] \(did you mean"):
        chart.validate({**rows, "carrier": ["LTE c", "LTE b", "LTE b"]})
    report = chart.validate({**rows, "carrier": ["LTE b", "LTE a", None], "cell": ["", "", "far"]})
    assert list(report.table["carrier"]) == ["LTE b", "LTE a", "LTE b"]
    assert list(report.table["cell"]) == ["far", "west", "far"]  # the hall blocks "east"
    power = received_power_dbm(chart.scene, np.column_stack([rows["x_m"], rows["y_m"]]))
    np.testing.assert_allclose(
        report.table["predicted_rsrp_dbm"] + LOSS_DB, [power[0, 1:].max(), power[1, 0], power[2, 2]]
    )
    assert "the best of 2 carriers" in str(report)
    told = chart.validate({**rows, "carrier": ["LTE b", "", ""]})
    assert told.left_out["that name neither carrier nor cell"] == 2


def test_an_id_of_several_carriers_needs_the_carrier():
    chart = renamed("7", "7", "8", carriers=("LTE a", "LTE b", "LTE c"))
    # A column of ids with a gap comes as floats.
    rows = {**centres(1, 2), "rsrp_dbm": [-90.0, -91.0], "cell": [7.0, np.nan]}
    with pytest.raises(InputError, match=r"the cell '7' is one of \['LTE a', 'LTE b'\]; give a carrier"):
        chart.validate(rows)
    assert list(chart.validate({**rows, "carrier": ["LTE b", "LTE c"]}).table["station"]) == [1, 2]


def test_rows_left_out_are_counted():
    rows = {
        "x_m": [15.0, 15.0, 999.0, 5.0, 25.0],
        "y_m": [5.0, 5.0, 5.0, 5.0, 15.0],
        "rsrp_dbm": [-90.0, -141.0, -90.0, -90.0, -90.0],
    }
    report = coverage_map(indoor="masked").validate(rows)
    assert (len(report.table), report.rows_read) == (2, 5)
    assert {reason: number for reason, number in report.left_out.items() if number} == {
        "without a value (-141 dBm and below)": 1,
        "outside the map": 1,
        "where the map has no data": 1,
    }
    assert "left out: 1 outside the map" in str(report)
    with pytest.raises(InputError, match="none of the 1 rows can be compared: 1 outside the map"):
        coverage_map().validate({"x_m": [999.0], "y_m": [5.0], "rsrp_dbm": [-90.0]})
    with pytest.raises(InputError, match="none of the 0 rows"):
        coverage_map().validate({"x_m": [], "y_m": [], "rsrp_dbm": []})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rsrp_dbm": [-90.0, "weak"]}, "measurements, row 1: rsrp_dbm is 'weak'"),
        ({"sinr_db": [np.inf, 1.0]}, "measurements, row 0: sinr_db is 'inf'"),
        ({"x_m": [1.0, "n/a"]}, "measurements, row 1: x_m is 'n/a'"),
        ({"rsrp_dbm": None}, "none of the 2 rows can be compared: 2 without an rsrp_dbm"),
        ({"rsrp_dbm": [-90.0, 91.0]}, "measurements, row 1: rsrp_dbm is '91'; it must be negative"),
        ({"lon": [1.0, 2.0]}, "drop one of the two pairs"),
        ({"x_m": [1.0]}, "not a table"),
    ],
)
def test_rows_that_are_refused(change, message):
    rows = {**centres(1, 2), "rsrp_dbm": [-90.0, -91.0], **change}
    with pytest.raises(InputError, match=message):
        coverage_map().validate(rows)


def test_columns_that_are_missing():
    with pytest.raises(InputError, match=r"'rsrp_dbm' is missing .*did you mean 'rsrp'"):
        coverage_map().validate({**centres(1), "rsrp": [-90.0]})
    with pytest.raises(InputError, match="'lon' is missing"):
        coverage_map().validate({"rsrp_dbm": [-90.0]})
    with pytest.raises(InputError, match="not degrees"):
        coverage_map().validate({"lon": [482000.0], "lat": [5456000.0], "rsrp_dbm": [-90.0]})
    with pytest.raises(InputError, match="no CRS"):
        coverage_map(crs=None).validate({"lon": [1.0], "lat": [2.0], "rsrp_dbm": [-90.0]})


def test_resource_blocks():
    rows = {**centres(1), "rsrp_dbm": [-90.0]}
    report = coverage_map().validate(rows, resource_blocks=25)
    expected_dbm = expected_rsrp_dbm(1)[0] + 10 * np.log10(2)
    assert report.table["predicted_rsrp_dbm"].iloc[0] == pytest.approx(expected_dbm)
    of_nr = coverage_map().validate(rows, resource_blocks=273).table["predicted_rsrp_dbm"].iloc[0]
    assert of_nr == pytest.approx(expected_rsrp_dbm(1)[0] - 10 * np.log10(273 / 50))
    chart = coverage_map()
    object.__setattr__(chart, "channel", Channel(bandwidth_hz=7e6))
    with pytest.raises(InputError, match="7 MHz is not one of LTE's"):
        chart.validate(rows)
    for wrong in (0, 2.5, True):
        with pytest.raises(InputError, match="positive whole number"):
            chart.validate(rows, resource_blocks=wrong)


def test_plot():
    cells = (5, 10, 15, 20)
    report = coverage_map().validate({**centres(*cells), "rsrp_dbm": expected_rsrp_dbm(*cells) + [1, 2, -3, 4]})
    figure = matplotlib.figure.Figure()
    scatter, distribution = report.plot(figure.subplots(1, 2))
    assert scatter.get_xlabel() == "measured RSRP, dBm"
    assert len(distribution.lines) == 3
