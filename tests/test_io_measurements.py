"""Files of measurements: every format, names and units of columns, what broken files get, and real ones."""

from __future__ import annotations

import gzip
from dataclasses import replace

import geopandas
import numpy as np
import pandas
import pytest

from maps import frame, scene
from phone_logs import LOGS
from radiocore.errors import ConfigError, FileFormatError, InputError
from radiocore.io.measurements import formats
from radiocore.measurements import Measurements, Points
from radiocore.scene import Scene

UTM = "EPSG:32632"


def drive() -> pandas.DataFrame:
    """Six rows near Dortmund, one of them without RSRP and one without SINR."""
    return pandas.DataFrame(
        {
            "lon": [7.41, 7.411, 7.412, 7.413, 7.414, 7.415],
            "lat": [51.49, 51.491, 51.4905, 51.4915, 51.492, 51.4925],
            "unix_s": [1544432926 + 86400 * 30 * step for step in range(6)],
            "cell": [13828122, 13828122, 13828123, 13828123, 13828124, 13828124],
            "rsrp_dbm": [-98.25, -101.0, np.nan, -77.5, -80.125, -90.0],
            "sinr_db": [1.5, np.nan, 3.0, 4.0, 5.0, 6.0],
            "mood": list("abcdef"),
        }
    )


def as_points(frame: pandas.DataFrame, crs: str = "EPSG:4326") -> geopandas.GeoDataFrame:
    points = geopandas.points_from_xy(frame.lon, frame.lat, crs="EPSG:4326")
    return geopandas.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=points).to_crs(crs)


WRITERS = {
    "drive.csv": lambda frame, path: frame.to_csv(path, index=False),
    "drive.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "semicolons.txt": lambda frame, path: frame.to_csv(path, index=False, sep=";"),
    "drive.parquet": lambda frame, path: frame.to_parquet(path),
    "points.parquet": lambda frame, path: as_points(frame).to_parquet(path),
    "drive.gpkg": lambda frame, path: as_points(frame).to_file(path, driver="GPKG"),
}


@pytest.fixture(params=WRITERS)
def path(request, tmp_path):
    WRITERS[request.param](drive(), tmp_path / request.param)
    return tmp_path / request.param


@pytest.fixture
def write(tmp_path):
    def write_text(text: str, name: str = "drive.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write_text


# ---- The contract of formats ---------------------------------------------------------------------


def test_every_format_is_written_here(tmp_path):
    heads = []
    for name, writer in (WRITERS | LOGS).items():
        writer(drive(), tmp_path / name)
        content = (tmp_path / name).read_bytes()
        heads.append((gzip.decompress(content) if name.endswith(".gz") else content)[:65536])
    for item in formats():
        assert any(item.matches(head) for head in heads), f"{item.name}: write a file of it in WRITERS"
    for head in heads:
        assert sum(item.matches(head) for item in formats()) == 1, "a file is of one format"


def test_equal_rows_whatever_the_format(path):
    found = Measurements.read(path)
    kept = drive().dropna(subset="rsrp_dbm")
    np.testing.assert_array_equal(found.rsrp_dbm, kept.rsrp_dbm)
    np.testing.assert_array_equal(found.sinr_db, kept.sinr_db)
    assert found.cell.tolist() == kept.cell.astype(str).tolist()
    assert found.time[0] == np.datetime64("2018-12-10T09:08:46")
    assert found.month.tolist() == [12, 1, 3, 4, 5]
    longitude, latitude = found.frame.to_lonlat(found.x_m, found.y_m)
    np.testing.assert_allclose(longitude, kept.lon, atol=1e-9)
    np.testing.assert_allclose(latitude, kept.lat, atol=1e-9)
    report = found.report
    assert (report.rows_read, report.rows_kept, len(found)) == (6, 5, 5)
    assert report.left_out == {"without a position": 0, "without an rsrp_dbm": 1}
    assert "not used: mood" in str(report)
    first = {"drive.csv": 2, "drive.csv.gz": 2, "semicolons.txt": 2}.get(path.name, 1)
    assert (found.row - first).tolist() == [0, 1, 3, 4, 5]


@pytest.mark.parametrize("name", WRITERS)
def test_features_are_taken_as_they_are(name, tmp_path):
    rows = drive().assign(**{"Building Height": [3.5, 0.0, 7.0, np.nan, -2.0, 1e-3], "clutter_ft": [1, 2, 3, 4, 5, 6]})
    WRITERS[name](rows, tmp_path / name)
    found = Measurements.read(tmp_path / name, features=("building height", "clutter_ft"))
    assert {key: value.tolist() for key, value in found.features.items()} == {
        "building height": [3.5, 0.0, -2.0, 1e-3],
        "clutter_ft": [1, 2, 5, 6],
    }
    assert found.report.left_out["without a 'building height'"] == 1 and found.report.rows_kept == len(found)
    assert "not used: mood" in str(found.report)
    mapping = tmp_path / "columns.toml"
    mapping.write_text('features = ["clutter_ft"]')
    assert list(Measurements.read(tmp_path / name, columns=mapping).features) == ["clutter_ft"]


def test_features_that_are_refused(write):
    path = write("x_m,y_m,RSRP,height,word\n0,0,-90,1,a\n1,1,-91,2,b\n")
    columns = {"rsrp_dbm": "RSRP"}
    for features, message in (
        (["heigth"], "no column 'heigth' .did you mean 'height'.*name another feature"),
        (["word"], "line 2: word is 'a', which is not a finite number"),
        (["RSRP"], "the feature 'RSRP' already is rsrp_dbm"),
        (["x_m"], "features: 'x_m' is a column of its own"),
        (["height", "height"], "features: 'height' is named twice"),
    ):
        with pytest.raises(InputError, match=message):
            Measurements.read(path, columns=columns, features=features)


def test_points_need_no_level(write):
    path = write("lon,lat,cell,rsrp_dbm\n7.41,51.49,1,\n7.42,51.49,2,-90\n")
    found = Points.read(path, frame=Measurements.read(path).frame)
    assert found.cell.tolist() == ["1", "2"] and np.isnan(found.rsrp_dbm).tolist() == [True, False]
    assert isinstance(found.select([0]), Points)
    assert "rsrp_dbm" not in Points.read(write("x_m,y_m\n0,0\n1,1\n")).known_columns
    with pytest.raises(FileFormatError, match="column 'lon' is missing"):
        Points.read(write("rsrp_dbm\n-90\n"))


@pytest.mark.parametrize("name", ["points.parquet", "drive.gpkg"])
def test_points_of_another_crs(name, tmp_path):
    frame = as_points(drive(), UTM)
    frame.to_parquet(tmp_path / name) if name.endswith("parquet") else frame.to_file(tmp_path / name, driver="GPKG")
    found = Measurements.read(tmp_path / name)
    assert found.frame.input_crs == UTM
    np.testing.assert_allclose(found.frame.to_lonlat(found.x_m, found.y_m)[1], drive().lat[[0, 1, 3, 4, 5]], atol=1e-9)


@pytest.mark.parametrize("name", WRITERS)
def test_broken_files(name, tmp_path):
    WRITERS[name](drive(), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=name):
        Measurements.read(tmp_path / name)


@pytest.mark.parametrize("name", WRITERS)
def test_no_rows(name, tmp_path):
    WRITERS[name](drive()[:0], tmp_path / name)
    with pytest.raises(FileFormatError, match=f"{name}: it holds no measurements"):
        Measurements.read(tmp_path / name)


@pytest.mark.parametrize("name", WRITERS)
def test_a_positive_level_is_named_by_row(name, tmp_path):
    WRITERS[name](drive().assign(rsrp_dbm=[-90.0, -91.0, 92.0, -93.0, -94.0, -95.0]), tmp_path / name)
    unit = {"gpkg": "feature 3", "parquet": "row 3"}.get(name.split(".")[1], "line 4")
    with pytest.raises(FileFormatError, match=f"{name}, {unit}: rsrp_dbm is '92(.0)?'; it must be negative"):
        Measurements.read(tmp_path / name)


def test_parquet_tells_nan_from_nothing(tmp_path):
    import pyarrow
    import pyarrow.parquet

    columns = {"x_m": [1.0, 2.0, 3.0], "y_m": [1.0, 2.0, 3.0], "rsrp_dbm": [-90.0, None, float("nan")]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "drive.parquet")
    with pytest.raises(FileFormatError, match="row 3: rsrp_dbm is 'nan', which is not a finite number"):
        Measurements.read(tmp_path / "drive.parquet")
    found = Measurements.read(tmp_path / "drive.parquet", missing=["nan"])
    assert found.report.left_out["without an rsrp_dbm"] == 2


def test_a_layer_of_lines(tmp_path):
    import shapely

    frame = geopandas.GeoDataFrame({"rsrp_dbm": [-90.0]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=UTM)
    frame.to_file(tmp_path / "drive.gpkg", driver="GPKG")
    with pytest.raises(FileFormatError, match="one layer of points is wanted, it has none"):
        Measurements.read(tmp_path / "drive.gpkg")
    frame.to_parquet(tmp_path / "drive.parquet")
    with pytest.raises(FileFormatError, match="row 1: is a LineString; a measurement is a point"):
        Measurements.read(tmp_path / "drive.parquet")


# ---- Names and units -----------------------------------------------------------------------------

ODD = "Time [ms],Long,Lat,RSRP (dBm),F_GHz\n1544432926500,7.41,51.49,-90,1.8\n1544432926600,7.42,51.49,-91,0.8\n"
TOML = """
missing = ["2147483647"]

[columns]
time = "Time [ms]"
lon = "long"
rsrp_dbm = { column = "RSRP (dBm)", unit = "dBm" }
frequency_mhz = "F_GHz"

[constants]
month = 3
carrier = "LTE o2"
"""


def test_a_toml_file_names_the_columns(write):
    mapping = write(TOML, "columns.toml")
    found = Measurements.read(write(ODD + "1544432926700,7.43,51.49,2147483647,1.8\n"), columns=mapping)
    assert found.rsrp_dbm.tolist() == [-90, -91]
    assert found.time[0] == np.datetime64("2018-12-10T09:08:46.500")
    np.testing.assert_allclose(found.frequency_mhz, [1800, 800])
    assert found.month.tolist() == [3, 3] and set(found.carrier) == {"LTE o2"}


def test_constants_are_read_as_columns_are(write):
    mapping = write("[constants]\nnetwork = 302220\ntime = 1700000000\ncell = '77'\n", "columns.toml")
    found = Measurements.read(write("lon,lat,rsrp_dbm\n7,51,-90\n7,51,-91\n"), columns=mapping)
    assert set(found.network) == {"302-220"} and set(found.cell) == {"77"}
    assert found.time.tolist() == [np.datetime64("2023-11-14T22:13:20", "ms").item()] * 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[column]\na = 1", r"columns.toml: column: .*did you mean 'columns'"),
        ("[columns]\nrsrp = 'RSRP'", r"'rsrp' is no column of measurements \(did you mean 'rsrp_dbm'"),
        ("[columns]\nlon = 'longitude'", r"drive.csv: there is no column 'longitude' \(did you mean 'Long'"),
        ("[columns]\nlon = 7", r"columns.toml: columns.lon"),
        ("[columns]\nlon = {colum = 'Long'}", r"columns.toml: columns.lon.column"),
        ("[constants]\nrsrp_dbm = -90", "constants.rsrp_dbm: it is a column of the file"),
        (
            "[columns]\nlon = 'Long'\nrsrp_dbm = 'RSRP (dBm)'\n[constants]\nmonth = 1.7",
            "constant month: .* '1.7'; it must",
        ),
        (
            "[columns]\nlon = 'Long'\nrsrp_dbm = 'RSRP (dBm)'\n[constants]\ntime = 'noon'",
            "time is 'noon', which is no ti",
        ),
        ("columns = ", "is not a TOML file"),
    ],
)
def test_mappings_that_are_refused(text, message, write):
    with pytest.raises((ConfigError, FileFormatError), match=message):
        Measurements.read(write(ODD), columns=write(text, "columns.toml"))
    with pytest.raises(ConfigError, match="nowhere.toml: cannot be read"):
        Measurements.read(write(ODD), columns="nowhere.toml")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"rsrp_dbm": "level_mw"}, "the column 'level_mw' is in mw, and rsrp_dbm is wanted in dbm; convert it first"),
        ({"rsrp_dbm": {"column": "level", "unit": "W"}}, "the column 'level' is in W"),
        ({"rsrp_dbm": "level"}, "line 2: rsrp_dbm .column 'level'. is '1e-9'; it must be negative"),
    ],
)
def test_units_are_checked(columns, message, write):
    name = "level_mw" if "level_mw" in str(columns) else "level"
    with pytest.raises(InputError, match=message):
        Measurements.read(write(f"x_m,y_m,{name}\n1,2,1e-9\n2,2,2e-9\n"), columns=columns)


def test_units_are_converted(write):
    found = Measurements.read(
        write("x [km],y [km],rsrp_dbm\n1.5,2,-90\n2,2,-91\n"), columns={"x": "x [km]", "y": "y [km]"}
    )
    assert found.x_m.tolist() == [1500, 2000] and found.y_m.tolist() == [2000, 2000]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("1544432926.25", "2018-12-10T09:08:46.250"),
        ("2018-12-10T10:08:46+01:00", "2018-12-10T09:08:46"),
        ("2018-12-10 09:08:46", "2018-12-10T09:08:46"),
    ],
)
def test_times(time, expected, write):
    found = Measurements.read(write(f"x_m,y_m,time,rsrp_dbm\n1,2,{time},-90\n1,2,,-91\n"))
    assert found.time[0] == np.datetime64(expected) and np.isnat(found.time[1])
    assert found.month.tolist() == [12, 0]


def test_coordinates_of_a_crs_and_of_none(write):
    text = "x,y,rsrp_dbm\n388765,3396040,-90\n388775,3396040,-91\n"
    assert Measurements.read(write(text), crs=UTM).frame.input_crs == UTM
    found = Measurements.read(write(text))
    assert found.frame.crs is None
    assert (found.x_m[1] - found.x_m[0], found.y_m[0] + found.frame.origin_y_m) == (10, 3396040)


# ---- What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "drive.csv: is empty"),
        (" \n\n", "drive.csv: is empty"),
        (
            "<xml>",
            "is no format of .* that is read: CSV, GeoPackage, OpenCelliD measurements, Parquet, phone",
        ),
        ("lon,lat,rsrp_dbm\n", "it holds no measurements"),
        ("lon,lat,rsrp\n7,51,-90\n", r"'rsrp_dbm' is missing from 'lon', 'lat', 'rsrp' \(did you mean 'rsrp'\?\)"),
        ("lon,latt,rsrp_dbm\n7,51,-90\n", r"'lat' is missing .*did you mean 'latt'"),
        ("rsrp_dbm\n-90\n", "'lon' is missing"),
        ("7.0,51.0,-90\n7.1,51.0,-91\n", "line 1 holds numbers.*add a header"),
        (
            "lon,lat,rsrp_dbm\n7,51,-90\n7,51,\n7,51,nan\n",
            "line 4: rsrp_dbm is 'nan', which is not a finite number; leave",
        ),
        ("lon,lat,rsrp_dbm\n7,51,-90\n7,51,inf\n", "line 3: rsrp_dbm is 'inf'"),
        ("lon;lat;rsrp_dbm\n7;51;-90,5\n", "line 2: rsrp_dbm is '-90,5'.*decimals with a point"),
        ("lon,lat,rsrp_dbm\n7,51,-90\n7,51,90\n", "line 3: rsrp_dbm is '90'; it must be negative, a level in dBm"),
        ("lon,lat,rsrp_dbm\n7,51,0\n", "line 2: rsrp_dbm is '0'"),
        ("lon,lat,rsrp_dbm,rsrq_db\n7,51,-90,2147483647\n", "line 2: rsrq_db is '2147483647'; it must be a ratio"),
        (
            "lon,lat,rsrp_dbm,rsrq_db\n7,51,-90,-41\n",
            "line 2: rsrq_db is '-41'; .* ratio in dB, from -40 to 3; is it what",
        ),
        ("lon,lat,rsrp_dbm,month\n7,51,-90,13\n", "line 2: month is '13'; it must be a month"),
        ("lon,lat,rsrp_dbm\n7,51,-90\n7,51,-90\n", "all 2 rows have the rsrp_dbm -90"),
        ("lon,lat,rsrp_dbm\n7,51,-90\n7,51\n", "line 3: has 2 fields where line 1 names 3; is the file cut short"),
        ("lon,lat,rsrp_dbm\n7,51,\n,51,-90\n", "none of its 2 rows.*: 1 without a position, 1 without an rsrp_dbm"),
        ("lon,lat,rsrp_dbm\n51.5,-107.4,-90\n", "line 2: longitude 51.5, latitude -107.4 .*look swapped"),
        ("lon,lat,rsrp_dbm\n388000,5700000,-90\n", "not degrees; metres go into columns x and y"),
        ("lon,lat,x,y,rsrp_dbm\n7,51,1,2,-90\n", "lon, lat and also x, y; drop one of the two pairs"),
        ("lon,lat,time,rsrp_dbm\n7,51,noon,-90\n", "line 2: time is 'noon', which is no time; write"),
        ("lon,lat,time,rsrp_dbm\n7,51,1544432926000,-90\n", "not between 1990 and 2100; state its unit"),
        ("lon,lat,rsrp_dbm,rsrp_dbm\n7,51,-90,-91\n", "names the column 'rsrp_dbm' twice"),
    ],
)
def test_files_that_are_refused(text, message, write):
    with pytest.raises(InputError, match=message):
        Measurements.read(write(text))


def test_axes_swapped_and_places_elsewhere_are_told_by_the_scene(write):
    town = scene("EPSG:32632")
    west, south, east, north = town.receiver_bounds_m
    longitude, latitude = town.frame.to_lonlat(np.linspace(west, east, 5)[1:4], np.linspace(south, north, 5)[1:4])
    rows = [f"{lon:.8f},{lat:.8f},{-90 - row}" for row, (lon, lat) in enumerate(zip(longitude, latitude, strict=True))]
    found = Measurements.read(write("lon,lat,rsrp_dbm\n" + "\n".join(rows)), scene=town)
    assert found.frame == town.frame and ((found.x_m > west) & (found.x_m < east)).all()
    with pytest.raises(FileFormatError, match="the columns lon and lat look swapped: 0 of 3 rows lie in the scene"):
        Measurements.read(write("lat,lon,rsrp_dbm\n" + "\n".join(rows)), scene=town)
    far = write(f"lon,lat,rsrp_dbm\n{longitude[0] + 0.01},{latitude[0]},-90\n{longitude[0] + 0.02},{latitude[0]},-91\n")
    with pytest.raises(InputError, match=r"none of its 2 measurements lies in the scene; the nearest is 0\.\d km"):
        Measurements.read(far, scene=town)


def test_metres_of_a_scene_that_was_made_from_degrees(write):
    town = Scene.synthetic(side_m=100)
    bare = write("x,y,rsrp_dbm\n10,20,-90\n20,20,-91\n")
    assert Measurements.read(bare, scene=town).x_m.tolist() == [10, 20]
    local = replace(frame(), input_crs="EPSG:4326")
    stations = replace(scene().base_stations, frame=local)
    town = Scene(replace(scene().buildings, frame=local), stations, receiver_bounds_m=(0, 0, 60, 40))
    with pytest.raises(InputError, match=r"x, y need crs= \(the map is in degrees\)"):
        Measurements.read(bare, scene=town)


def test_a_crs_for_degrees(write):
    with pytest.raises(InputError, match="crs: .* has lon and lat, which need none"):
        Measurements.read(write("lon,lat,rsrp_dbm\n7,51,-90\n"), crs=UTM)


# ---- Real files ----------------------------------------------------------------------------------

DORTMUND = """
[columns]
area = "env"
carrier = "mno"
cell = "eci"
time = { column = "unix_s", unit = "s" }
"""
DTU = """
[columns]
cell = "pci"
frequency_mhz = { column = "freq_mhz", unit = "MHz" }
"""
HUAWEI = """
[columns]
x = { column = "X", unit = "m" }
y = { column = "Y", unit = "m" }
cell = "Cell Index"
rsrp_dbm = { column = "RSRP", unit = "dBm" }
frequency_mhz = { column = "Frequency Band", unit = "MHz" }
"""
SENTINELS, DUPLICATES = "without a value (-141 dBm and below)", "exact duplicates of an earlier row"
NORTH, EAST = "far to the north or south of the rest (Hampel)", "far to the east or west of the rest (Hampel)"


def test_dortmund(shared_data, write):
    found = Measurements.read(
        shared_data("dortmund_multimno/measurements.csv.gz"), columns=write(DORTMUND, "columns.toml")
    )
    assert (found.report.rows_read, len(found)) == (71027, 68334)
    assert found.report.left_out == {"without a position": 0, "without an rsrp_dbm": 2693}
    assert sorted(set(found.carrier)) == ["o2", "tmobile", "vodafone"] and len(set(found.area)) == 4
    assert set(found.month) == {12, 1} and found.rsrp_dbm.min() == -141
    cleaned = found.cleaned()
    assert len(cleaned) == 68318
    assert [cleaned.report.left_out[step] for step in (SENTINELS, DUPLICATES, NORTH, EAST)] == [6, 10, 0, 0]


def test_dortmund_campus(shared_data):
    """Phones and cells in the scene of the campus; cells of a site are one station there."""
    town = Scene.read(
        buildings=shared_data("dortmund_multimno/tudo_campus_2018.osm.gz"),
        base_stations=shared_data("dortmund_multimno/cells_nolicence.csv"),
        columns={"network": "mno"},
        stations_margin_m=20_000,
    )
    path, names = shared_data("dortmund_multimno/measurements.csv.gz"), {"carrier": "mno", "cell": "eci"}
    found = Measurements.read(path, scene=town, columns=names).cleaned(town)
    assert found.report.left_out["outside the scene"] == 58107
    placed = found.associated(town)
    assert len(placed.measurements) == len(found) == 10211 and placed.by_cell.all()
    west, south, east, north = town.receiver_bounds_m
    x_m, y_m = (column[placed.station] for column in (town.base_stations.x_m, town.base_stations.y_m))
    on_campus = (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)
    assert on_campus.sum() == 4371, "near the 4,356 in the box of the map"
    with pytest.raises(FileFormatError, match="the columns lon and lat look swapped"):
        Measurements.read(path, scene=town, columns=names | {"lon": "lat", "lat": "lon"})


def test_dtu(shared_data, write):
    found = Measurements.read(shared_data("dtu_rsrp/dtu_rsrp.csv.gz"), columns=write(DTU, "columns.toml"))
    assert len(found) == found.report.rows_read == 52902
    assert sorted(set(found.cell)) == ["302", "64", "65"] and sorted(set(found.frequency_mhz)) == [811, 2630]
    kept = found.cleaned(sentinel_dbm=None).report.left_out  # of a scanner, which measures below -141 dBm
    assert SENTINELS not in kept and kept[DUPLICATES] == 1393


def test_huawei(shared_data, write):
    found = Measurements.read(shared_data("huawei2019_jeske/cell_108401.csv"), columns=write(HUAWEI, "columns.toml"))
    assert len(found) == found.report.rows_read == 2861
    assert set(np.diff(np.unique(found.x_m))) <= {5.0, *np.arange(10.0, 3000.0, 5.0)}, "a grid of 5 m"
    assert found.cleaned(hampel=None).report.rows_kept == 2861
    with pytest.raises(InputError, match="all 2,861 rows have the cell '108401', and several are needed"):
        found.require_several("cell")
