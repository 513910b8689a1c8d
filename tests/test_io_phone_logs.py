"""Logs of phones and crowds: what is read, left out and refused."""

from __future__ import annotations

import numpy as np
import pytest

from phone_logs import EXPORTED, LOGS, OPENCELLID, PHONE
from radiocore.errors import FileFormatError, InputError
from radiocore.io.points_table import write_back
from radiocore.measurements import Measurements, Points


@pytest.fixture
def read(tmp_path):
    def read_text(text: str, **options):
        (tmp_path / "log.csv").write_text(text)
        return Measurements.read(tmp_path / "log.csv", **options)

    return read_text


def test_what_network_cell_info_exports(read):
    found = read(OPENCELLID)
    assert found.report.format == "OpenCelliD measurements"
    assert found.rsrp_dbm.tolist() == [-89, -93, -101] and found.row.tolist() == [2, 3, 6]
    assert found.network.tolist() == ["302-720", "302-720", "302-220"]
    assert found.tac.tolist() == ["29100", "29100", "10100"] and found.cell[0] == "9567049"
    assert found.time[0] == np.datetime64("2021-01-09T16:32:11.784")
    np.testing.assert_allclose(found.frame.to_lonlat(found.x_m, found.y_m)[0][0], -75.6717506, atol=1e-9)
    assert found.report.left_out == {
        "of another radio than LTE": 1,
        "without a signal in dBm": 1,
        "without a position": 0,
        "without an rsrp_dbm": 0,
    }
    assert found.report.rows_read == 5 and found.report.rows_kept == len(found) == 3


def test_what_opencellid_exports(tmp_path):
    LOGS["export.csv.gz"](None, tmp_path / "export.csv.gz")
    found = Measurements.read(tmp_path / "export.csv.gz")
    assert found.network.tolist() == ["262-01"] * 2 and found.tac.tolist() == ["77"] * 2
    assert found.time[0] == np.datetime64("2018-12-10T09:08:46")
    assert set(found.area) == {""}, "their area is the tracking area"


def test_rows_of_no_told_radio_are_noted(read):
    text = "\n".join(line.rpartition(",")[0] for line in EXPORTED.splitlines())
    assert "all are taken for LTE" in str(read(text).report)
    with pytest.raises(FileFormatError, match="holds no measurements: 2 of another radio than LTE"):
        read(EXPORTED.replace("LTE", "GSM"))


def test_a_phone_log(read):
    found = read(PHONE, features=("altitude",))
    assert found.report.format == "phone log"
    assert found.rsrp_dbm.tolist() == [-112, -110] and found.row.tolist() == [4, 6]
    assert found.rsrq_db[0] == -9 and np.isnan(found.rsrq_db[1]) and found.sinr_db.tolist() == [-1, 3]
    assert found.network.tolist() == ["310-260"] * 2 and found.tac[0] == "12345" and found.cell[0] == "12345678"
    assert found.time[0] == np.datetime64("2025-10-10T17:58:27.603")
    assert found.report.left_out["of neighbouring cells"] == 1 and found.report.left_out["without an rsrp_dbm"] == 1
    assert "not used: " in str(found.report) and "note" in str(found.report)


def test_a_mapping_goes_before_the_layout(read):
    text = PHONE.replace("note", "level").replace(",a\n", ",-70\n").replace(",c\n", ",-71\n").replace(",d\n", ",-72\n")
    assert read(text, columns={"rsrp_dbm": "level"}).rsrp_dbm.tolist() == [-70, -71, -72]


def test_a_network_out_of_two_columns(read):
    text = "x_m,y_m,rsrp_dbm,mcc,mnc,tac\n0,0,-90,262,1,7\n1,1,-91,262,,7\n"
    found = read(text)
    assert found.network.tolist() == ["262-01", ""] and found.tac.tolist() == ["7", "7"]
    assert "not used" not in str(found.report)
    again = Measurements.from_table(found.to_table())
    assert again.network.tolist() == found.network.tolist() and again.tac.tolist() == found.tac.tolist()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("rsrp_dbm", "2147483647", "must be negative.*what a phone writes for .not known"),
        ("rsrp_dbm", "0", "what a phone writes for"),
        ("rsrq_db", "255", "a ratio in dB.*what a phone writes for .not known"),
        ("rsrq_db", "-99", "a ratio in dB.*name it with missing="),
        ("frequency_mhz", "1.8", "carrier frequency in MHz; this looks like GHz"),
        ("frequency_mhz", "1800000000", "this looks like Hz"),
        ("frequency_mhz", "1800000", "this looks like kHz"),
        ("frequency_mhz", "-5", "must be a carrier frequency in MHz$"),
    ],
)
def test_sentinels_and_units(column, value, message, read):
    others = "" if column == "rsrp_dbm" else ",rsrp_dbm"
    level = "" if column == "rsrp_dbm" else ",-90"
    with pytest.raises(InputError, match=f"line 2: {column} is '{value}'; it .*{message}"):
        read(f"x_m,y_m,{column}{others}\n0,0,{value}{level}\n")
    with pytest.raises(InputError, match=message):
        Measurements(**{"x_m": [0.0], "y_m": [0.0], "rsrp_dbm": [-90.0]} | {column: [float(value)]})


def test_sentinels_that_are_named(read):
    found = read("x_m,y_m,rsrp_dbm,rsrq_db\n0,0,-90,-99\n1,1,-91,-7\n", missing=["-99"])
    assert np.isnan(found.rsrq_db[0]) and found.rsrq_db[1] == -7
    assert (read("x_m,y_m,rsrp_dbm\n0,0,-141\n1,1,-91\n").cleaned(hampel=None).rsrp_dbm == [-91]).all()


def test_heights_above_sea_level(read):
    head = "x_m,y_m,rsrp_dbm,ue_altitude_ag_m\n"
    options = {"features": ["ue_altitude_ag_m"]}
    assert "sea level" not in str(read(head + "0,0,-90,1.5\n1,1,-91,90\n", **options).report)
    report = str(read(head + "0,0,-90,95\n1,1,-91,97\n", **options).report)
    assert "no ue_altitude_ag_m is below 30 m (the lowest is 95 m): are they heights above sea level?" in report
    for height in ("1200", "-3"):
        with pytest.raises(InputError, match="ue_altitude_ag_m: row 3 is .*height above ground.*above sea level"):
            read(head + f"0,0,-90,1.5\n1,1,-91,{height}\n", **options)


def test_a_log_is_written_back_as_points(tmp_path):
    """Its lines of comment stand before the names of its columns, also when it is read again."""
    source = tmp_path / "phone.csv"
    LOGS["phone.csv"](None, source)
    points = Points.read(source)
    write_back(tmp_path / "out.csv", source, points, {"level_dbm": -80.0 - np.arange(len(points))})
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].endswith(",note,level_dbm") and len(lines) == 1 + len(PHONE.splitlines()) - 3
    told = {line.split(",")[-2]: line.split(",")[-1] for line in lines[1:]}
    assert [name for name, level in told.items() if level] == [PHONE.splitlines()[row - 1][-1] for row in points.row]
