"""Base-station files: every format, the rule of sites, the area, and what broken files get."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from radiocore.errors import FileFormatError, InputError
from radiocore.frame import LocalFrame
from radiocore.io.stations import formats
from radiocore.io.stations_opencellid import COLUMNS
from radiocore.io.stations_sites import network_label
from radiocore.network import BaseStations

UBC = (-123.2615, 49.2433, -123.2279, 49.2729)
CELLS = [  # radio, mcc, net, area, cell, lon, lat
    ("LTE", 302, 220, 11006, 12345 * 256 + 1, -123.2500, 49.2600),
    ("LTE", 302, 220, 11006, 12345 * 256 + 2, -123.2500, 49.2620),
    ("LTE", 302, 220, 11006, 12346 * 256 + 1, -123.2400, 49.2600),
    ("LTE", 302, 720, 11006, 12345 * 256 + 1, -123.2450, 49.2650),
    ("UMTS", 302, 220, 7, 1001, -123.2480, 49.2610),
    ("UMTS", 302, 220, 7, 1002, -123.2480, 49.2610),
    ("NR", 302, 220, 9, 5600478 * 4096 + 5, -123.2490, 49.2590),
    ("NR", 302, 220, 9, 5600478 * 4096 + 6, -123.2490, 49.2592),
    ("LTE", 302, 220, 3, 999 * 256, -79.3800, 43.6500),
]


def opencellid(cells=CELLS, *, header: bool = True) -> str:
    lines = [
        f"{radio},{mcc},{net},{area},{cell},0,{lon},{lat},1000,5,1,1343318865,1721917750,0"
        for radio, mcc, net, area, cell, lon, lat in cells
    ]
    return "\n".join(([",".join(COLUMNS)] if header else []) + lines) + "\n"


def points(*features, crs: str | None = None) -> str:
    document = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(at)}, "properties": properties}
            for at, properties in features
        ],
    }
    if crs is not None:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    return json.dumps(document)


@pytest.fixture
def write(tmp_path):
    def write_text(text: str, name: str = "stations.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return write_text


def assert_equal(one: BaseStations, other: BaseStations) -> None:
    for name in ("x_m", "y_m", "height_m", "power_dbm", "load", "azimuth_deg", "frequency_mhz", "cells"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.id.tolist() == other.id.tolist() and one.carrier.tolist() == other.carrier.tolist()
    assert one.frame == other.frame


class TestOpenCellId:
    def test_reads_selects_and_merges(self, write):
        stations = BaseStations.read(write(opencellid()), bbox=UBC)
        assert stations.id.tolist() == [
            "LTE 302-220 eNB 12345",
            "LTE 302-220 eNB 12346",
            "LTE 302-720 eNB 12345",
            "UMTS 302-220 area 7 cell 1001",
            "NR 302-220 gNB 5600478",
        ]
        assert stations.cells.tolist() == [2, 1, 1, 2, 2]
        assert stations.carriers == ("LTE 302-220", "LTE 302-720", "NR 302-220", "UMTS 302-220")
        assert np.isnan(stations.azimuth_deg).all()
        report = stations.report
        assert (report.rows_read, report.rows_selected, report.merged_cells) == (9, 8, 3)
        assert report.left_out == {"outside the area": 1}
        assert report.attribution == "OpenCelliD Project (unwiredlabs), CC BY-SA 4.0"
        said = " ".join(report.notes)
        for words in ("estimates", "isotropic", "20 m", "30 dBm", "24 bits", "merged"):
            assert words in said

    def test_merged_station_stands_at_the_mean(self, write):
        stations = BaseStations.read(write(opencellid(CELLS[:2])), bbox=UBC)
        x_m, y_m = stations.frame.from_lonlat([-123.25, -123.25], [49.26, 49.262])
        assert stations.x_m[0] == pytest.approx(x_m.mean(), abs=1e-6)
        assert stations.y_m[0] == pytest.approx(y_m.mean(), abs=1e-6)
        assert 100 < np.abs(y_m - stations.y_m[0]).max() < 120  # 0.001 degree of latitude

    @pytest.mark.parametrize("name", ["cells.csv", "cells.csv.gz", "cells.txt"])
    def test_header_and_packing_do_not_matter(self, write, name):
        expected = BaseStations.read(write(opencellid(), "reference.csv"), bbox=UBC)
        assert_equal(BaseStations.read(write(opencellid(header=False), name), bbox=UBC), expected)

    def test_row_order_does_not_matter(self, write):
        rng = np.random.default_rng(5)
        cells = [
            ("LTE", 302, 220, 1, 256 * int(rng.integers(900, 906)) + i, *np.round(rng.uniform(UBC[:2], UBC[2:]), 6))
            for i in range(60)
        ]
        one = BaseStations.read(write(opencellid(cells), "one.csv"), bbox=UBC)
        other = BaseStations.read(write(opencellid(cells[::-1]), "other.csv"), bbox=UBC)
        assert_equal(one.select(one.canonical_order), other.select(other.canonical_order))

    def test_sites_at_one_place_are_one_station(self, write):
        cells = [("LTE", 302, 220, 1, 256 * site, -123.25, 49.26) for site in (500, 501)]
        stations = BaseStations.read(write(opencellid(cells)), bbox=UBC)
        assert stations.id.tolist() == ["LTE 302-220 eNB 500"] and stations.cells.tolist() == [2]

    def test_small_cell_ids_tell_no_site(self, write):
        cells = [("LTE", 302, 220, 1, cell, lon, 49.26) for cell, lon in ((1, -123.25), (2, -123.24))]
        stations = BaseStations.read(write(opencellid(cells)), bbox=UBC)
        assert stations.id.tolist() == ["LTE 302-220 area 1 cell 1", "LTE 302-220 area 1 cell 2"]

    def test_every_cell_on_request(self, write):
        stations = BaseStations.read(write(opencellid(CELLS[:4])), bbox=UBC, merge_sites=False)
        assert len(stations) == 4 and stations.report.merged_cells == 0
        assert stations.id[0] == "LTE 302-220 area 11006 cell 3160321"

    def test_equal_cells_are_refused_where_not_merged(self, write):
        with pytest.raises(InputError, match=r"stations\.csv: lines 6 and 7 are the same station.*merge_sites=True"):
            BaseStations.read(write(opencellid()), bbox=UBC, merge_sites=False)

    def test_positions_outside_the_world_are_counted(self, write):
        cells = [*CELLS[:2], ("LTE", 302, 220, 1, 256000, 200.0, 49.0), ("LTE", 302, 220, 1, 256001, 10.0, -91.0)]
        report = BaseStations.read(write(opencellid(cells)), bbox=UBC).report
        assert report.left_out == {"unusable position": 2}
        assert report.rows_read == report.rows_selected + sum(report.left_out.values()) == 4

    @pytest.mark.parametrize(
        ("options", "left"),
        [
            ({"radio": "lte"}, {"other radio": 4}),
            ({"network": "302-220"}, {"other network": 1}),
            ({"network": "302-0220"}, {"other network": 1}),
            ({"carrier": "lte 302-720"}, {"other carrier": 7}),
            ({"radio": "LTE", "network": "302-720"}, {"other radio": 4, "other network": 3}),
        ],
    )
    def test_what_was_not_asked_for_is_counted(self, write, options, left):
        report = BaseStations.read(write(opencellid()), bbox=UBC, **options).report
        assert report.left_out == {"outside the area": 1, **left}
        assert report.rows_read == report.rows_selected + sum(report.left_out.values())

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"radio": "LTEE"}, r"radio: .*'LTEE' \(did you mean 'LTE'\?\); it holds LTE \(5\), NR \(2\), UMTS \(2\)"),
            ({"network": "302-610"}, r"network: .*302-610.*302-220 \(8\)"),
            ({"carrier": "LTE 302-22"}, r"carrier: .*did you mean 'LTE 302-220'"),
        ],
    )
    def test_unknown_choice_names_the_known(self, write, options, message):
        with pytest.raises(InputError, match=message):
            BaseStations.read(write(opencellid()), bbox=UBC, **options)

    @pytest.mark.parametrize("wanted", ["", " ", ["LTE"]])
    @pytest.mark.parametrize("name", ["radio", "network", "carrier"])
    def test_choice_that_is_no_name(self, write, name, wanted):
        with pytest.raises(InputError, match=f"^{name}: .* is no name of a {name}; give one, or leave it out"):
            BaseStations.read(write(opencellid()), bbox=UBC, **{name: wanted})

    def test_text_in_a_number_column(self, write):
        with pytest.raises(FileFormatError, match=r"stations\.csv, line 3: lon is .east., which is not a finite"):
            BaseStations.read(write(opencellid().replace("-123.25,49.262", "east,49.262")), bbox=UBC)


class TestArea:
    def test_margin_is_exact_in_metres(self, write):
        frame = LocalFrame.around("EPSG:4326", UBC)
        lon, lat = frame.to_lonlat([1999.0, 2001.0], [0.0, 0.0])
        path = write(f"lon,lat,id\n{lon[0]:.9f},{lat[0]:.9f},in\n{lon[1]:.9f},{lat[1]:.9f},out\n")
        stations = BaseStations.read(path, frame=frame, bounds_m=(-1000, -1000, 1000, 1000), margin_m=1000)
        assert stations.id.tolist() == ["in"] and stations.frame == frame
        assert stations.report.left_out == {"outside the area": 1}

    def test_country_without_area(self, write):
        with pytest.raises(InputError, match=r"9 stations span 3,\d{3} km.*bbox=.*Scene\.read"):
            BaseStations.read(write(opencellid()))

    def test_town_without_area(self, write):
        assert len(BaseStations.read(write(opencellid(CELLS[:8])))) == 5

    def test_far_away(self, write):
        message = r"none of its 9 rows lies in the area; the nearest is 6,\d{3}\.\d km.*LTE \(5\).*302-220 \(8\)"
        with pytest.raises(InputError, match=message):
            BaseStations.read(write(opencellid()), bbox=(7.0, 51.0, 7.2, 51.2))

    def test_chosen_ones_are_far_away(self, write):
        with pytest.raises(InputError, match=r"\(radio LTE\); the nearest of these is 0\.\d km"):
            BaseStations.read(
                write(opencellid()), bbox=(-123.2491, 49.2589, -123.2489, 49.2593), margin_m=0, radio="LTE"
            )

    def test_swapped_within_the_world(self, write):
        with pytest.raises(InputError, match="look swapped"):
            BaseStations.read(write("lon,lat\n51.49,7.41\n"), bbox=(7.4, 51.48, 7.42, 51.5))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"bounds_m": (0, 0, 1, 1)}, "bounds_m: scene metres need the frame"),
            ({"bounds_m": (0, 0, 1, 1), "bbox": UBC}, "not both"),
            ({"bbox": UBC, "margin_m": -1}, "margin_m: -1"),
            ({"bbox": UBC, "margin_m": np.nan}, "margin_m: nan"),
            ({"bbox": (1, 2, 3)}, "bbox: .*four numbers"),
            ({"frame": LocalFrame(), "bounds_m": (0, 0, 1, 1)}, "buildings: they have no CRS.*crs="),
        ],
    )
    def test_contradictory_arguments(self, write, options, message):
        with pytest.raises(InputError, match=message):
            BaseStations.read(write(opencellid()), **options)


class TestCsv:
    TABLE = (
        "ID,Longitude,Latitude,height_m,power_dbm,azimuth_deg,frequency_mhz,load,radio,network\n"
        "A1,7.41,51.49,25,43,120,1800,0.5,LTE,262-01\n"
        "A2,7.41,51.49,25,43,240,1800,0.5,LTE,262-01\n"
        "B,7.42,51.49,30,40,,811,1,LTE,262-01\n"
    )

    def test_named_columns(self, write):
        stations = BaseStations.read(write(self.TABLE))
        assert stations.id.tolist() == ["A1", "A2", "B"]
        assert stations.carrier.tolist() == ["LTE 262-01 1800 MHz"] * 2 + ["LTE 262-01 811 MHz"]
        np.testing.assert_array_equal(stations.azimuth_deg, [120, 240, np.nan])
        np.testing.assert_array_equal(stations.height_m, [25, 25, 30])
        np.testing.assert_array_equal(stations.power_dbm, [43, 43, 40])
        np.testing.assert_array_equal(stations.frequency_mhz, [1800, 1800, 811])
        np.testing.assert_array_equal(stations.load, [0.5, 0.5, 1])
        assert stations.report.merged_cells == 0
        said = " ".join(stations.report.notes)
        assert "1 of 3 stations have no azimuth" in said and "assumed" not in said

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    def test_other_delimiters(self, write, delimiter):
        expected = BaseStations.read(write(self.TABLE, "reference.csv"))
        assert_equal(BaseStations.read(write(self.TABLE.replace(",", delimiter))), expected)

    def test_byte_order_mark_blank_lines_and_crlf(self, write):
        text = "\ufeff" + self.TABLE.replace("\n", "\r\n") + "\r\n\r\n"
        assert_equal(BaseStations.read(write(text)), BaseStations.read(write(self.TABLE, "reference.csv")))

    def test_renamed_columns(self, write):
        path = write("Laengengrad,Breitengrad,EIRP\n7.41,51.49,46\n")
        columns = {"lon": "laengengrad", "lat": "Breitengrad", "power_dbm": "EIRP"}
        assert BaseStations.read(path, columns=columns).power_dbm.tolist() == [46]

    def test_local_metres(self, write):
        stations = BaseStations.read(write("x,y\n100,200\n-50,10\n"), height_m=12.5, power_dbm=33)
        assert stations.frame == LocalFrame()
        assert stations.x_m.tolist() == [100, -50] and stations.y_m.tolist() == [200, 10]
        assert stations.height_m.tolist() == [12.5] * 2 and stations.power_dbm.tolist() == [33] * 2
        assert stations.carriers == ("",) and stations.id.tolist() == ["", ""]

    def test_metres_of_a_crs(self, write):
        stations = BaseStations.read(write("easting,northing\n389000,5706000\n"), crs="EPSG:32632")
        lon, lat = stations.frame.to_lonlat(stations.x_m, stations.y_m)
        assert stations.frame.input_crs == "EPSG:32632"
        assert (lon[0], lat[0]) == (pytest.approx(7.398, abs=1e-2), pytest.approx(51.494, abs=1e-2))

    def test_power_of_a_merged_site_is_the_mean_in_mw(self, write):
        text = "lon,lat,enb,power_dbm,height_m,id\n7.41,51.49,1000,30,20,a\n7.41,51.49,1000,40,30,b\n"
        stations = BaseStations.read(write(text))
        assert stations.power_dbm[0] == pytest.approx(10 * np.log10(5500)) and stations.height_m[0] == 25
        assert stations.id.tolist() == ["LTE eNB 1000"]

    @pytest.mark.parametrize(
        ("text", "ids"),
        [
            ("radio,gnb_id\nNR,1234\n,1235\n", ["NR gNB 1234", "NR gNB 1235"]),
            ("radio,enb_id,gnb_id\n,12,\n,,1234\n", ["LTE eNB 12", "NR gNB 1234"]),
            ("radio,enb_id,gnb_id\nLTE,12,77\nNR,12,1234\n", ["LTE eNB 12", "NR gNB 1234"]),
            ("radio,enb\nLTE,12\nNR,1234\n", ["LTE eNB 12", "NR gNB 1234"]),
        ],
    )
    def test_sites_of_lte_and_nr(self, write, text, ids):
        head, *rows = text.splitlines()
        rows = [f"{row},{7.41 + 0.01 * number:.2f},51.49" for number, row in enumerate(rows)]
        stations = BaseStations.read(write("\n".join([head + ",lon,lat", *rows])))
        assert stations.id.tolist() == ids
        assert stations.carrier.tolist() == [name.partition(" ")[0] for name in ids]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("lon,lattitude\n7,51\n", r"no column 'lat'.*'lon', 'lattitude' \(did you mean 'lattitude'\?\).*columns="),
            ("a,b\n7,51\n", r"no column 'lon' \(nor 'x' and 'y' in metres\); the file has 'a', 'b'"),
            ("x,b\n7,51\n", r"no column 'y'"),
            ("lon,lat\n7.4,51.4\n7.4,\n", r"line 3: lat is empty"),
            ("lon,lat\n7.4,51.4\n\n7.4\n", r"line 4: has 1 fields where line 1 names 2; is the file cut short\?"),
            ("lon,lat,azimuth\n7.4,51.4\n7.5,51.4,\n", r"line 2: has 2 fields where line 1 names 3"),
            ("lon,lat\n7.4,51.4\n\n7.4,nan\n", r"line 4: lat is 'nan', which is not a finite number"),
            ("lon,lat\n7.4,inf\n", r"line 2: lat is 'inf'"),
            ("lon;lat\n7,4;51.4\n", r"line 2: lon is '7,4'.*decimals with a point"),
            ("lon,lat,power_dbm\n7.4,51.4,43 dBm\n", r"line 2: power_dbm is '43 dBm'"),
            ("lon,lat,height_m\n7.4,51.4,\n", r"line 2: height_m is empty"),
            ("lon,lat,height_m\n7.4,51.4,20\n7.5,51.4,-5\n", r"line 3: height_m is -5; it must be above ground"),
            ("lon,lat,height_m\n7.4,51.4,1403\n", r"line 2: height_m is 1403; it must be above ground, .* sea level"),
            ("lon,lat,freq_mhz\n7.4,51.4,\n7.5,51.4,1.8\n", "line 3: freq_mhz is 1.8; .*MHz; this looks like GHz"),
            ("lon,lat,frequency_mhz\n7.4,51.4,1800000\n", "line 2: frequency_mhz is 1.8e.06; .* this looks like kHz"),
            ("lon,lat,frequency_mhz\n7.4,51.4,8.11e8\n", "line 2: frequency_mhz is 8.11e.08; .* this looks like Hz"),
            ("lon,lat,load\n7.4,51.4,1.5\n", r"line 2: load is 1.5; it must lie in \[0, 1\]"),
            ("lon,lat,azimuth\n7.4,51.4,400\n", r"line 2: azimuth is 400"),
            ("lon,lat,enb\n7.4,51.4,1.5\n", r"line 2: enb is 1.5; it must be a whole number"),
            ("lon,lat\n51.49,-123.2\n", r"line 2: .*look swapped"),
            ("lon,lat\n389000,5706000\n", r"line 2: .*metres go into columns x and y"),
            ("lon,lat\n7.4,51.4,9,9\n", r", line 2: has 4 fields where line 1 has 2; .*in quotes"),
            ("latitude_x,b\n7.4,51.4\n", r"no column 'lon'.*the file has 'latitude_x', 'b'; name it"),
            ("lon_wgs84,lat\n7.4,51.4\n", r"no column 'lon'.*\(did you mean 'lon_wgs84'\?\)"),
            ("7.4,51.4\n7.5,51.4\n", r"line 1 holds numbers"),
            ("lon,lat,lat\n7.4,51.4,51.4\n", r"names the column 'lat' twice"),
            ("lon,lat\n", r"holds no stations"),
            ("", r"is empty"),
            ("\n \n", r"is empty"),
            ("<VRTDataset/>", r"no format of base stations.*CSV, GeoJSON, OpenCelliD CSV"),
            ("a\0b", r"no format of base stations"),
        ],
    )
    def test_broken_files(self, write, text, message):
        with pytest.raises(FileFormatError, match=r"stations\.csv.*(?:" + message + ")"):
            BaseStations.read(write(text))

    def test_not_utf8(self, tmp_path):
        path = tmp_path / "latin.csv"
        path.write_bytes("lon,lat,name\n7.4,51.4,Süd\n".encode("latin-1"))
        with pytest.raises(FileFormatError, match="save it as UTF-8"):
            BaseStations.read(path)

    def test_duplicate_sectors(self, write):
        text = "lon,lat,azimuth_deg\n7.4,51.4,120\n7.5,51.4,120\n7.4,51.4,120\n"
        with pytest.raises(InputError, match="lines 2 and 4 are the same station.*remove one"):
            BaseStations.read(write(text))

    def test_sectors_of_one_site_apart(self, write):
        text = "lon,lat,radio,cell,azimuth_deg\n7.4,51.4,LTE,25601,120\n7.41,51.4,LTE,25602,120\n"
        message = "lines 2 and 3 both are 'LTE eNB 100' on one carrier and the azimuth 120, .* with merge_sites=False"
        with pytest.raises(InputError, match=message):
            BaseStations.read(write(text))
        assert BaseStations.read(write(text), merge_sites=False).id.tolist() == ["LTE cell 25601", "LTE cell 25602"]
        with pytest.raises(
            InputError, match="lines 2 and 3 both are 'A' on one carrier and no azimuth, .*their azimuths$"
        ):
            BaseStations.read(write("lon,lat,id\n7.4,51.4,A\n7.41,51.4,A\n"))

    def test_unknown_names_in_columns(self, write):
        with pytest.raises(InputError, match=r"columns: 'lonn' is no column of stations \(did you mean 'lon'"):
            BaseStations.read(write(self.TABLE), columns={"lonn": "Longitude"})
        with pytest.raises(FileFormatError, match=r"no column 'Longitud' \(did you mean 'Longitude'"):
            BaseStations.read(write(self.TABLE), columns={"lon": "Longitud"})

    def test_radio_of_a_file_that_says_none(self, write):
        with pytest.raises(InputError, match="does not say the radio"):
            BaseStations.read(write("lon,lat\n7.4,51.4\n"), radio="LTE")

    @pytest.mark.parametrize("crs", ["EPSG:32632", "EPSG:nonsense"])
    def test_crs_that_does_not_fit(self, write, crs):
        with pytest.raises(InputError, match="crs: "):
            BaseStations.read(write(self.TABLE), crs=crs)

    @pytest.mark.parametrize("path", ["http://example.org/cells.csv", "/vsicurl/http://example.org/cells.csv"])
    def test_only_local_files(self, path):
        with pytest.raises(FileFormatError, match="only local files"):
            BaseStations.read(path)

    def test_metres_beside_degrees(self, write):
        path = write("lon,lat,Easting,Northing\n7.41,51.49,100,200\n")
        stations = BaseStations.read(path, columns={"x": "Easting", "y": "Northing"})
        assert stations.frame.crs is None
        assert stations.report.notes[0] == "columns of the file that were not used: lon, lat"
        stations = BaseStations.read(path)
        assert stations.frame.input_crs == "EPSG:4326"
        assert stations.report.notes[0] == "columns of the file that were not used: Easting, Northing"
        with pytest.raises(FileFormatError, match="no column 'y'"):
            BaseStations.read(write("lon,lat,E\n7.41,51.49,100\n", "half.csv"), columns={"x": "E"})
        with pytest.raises(InputError, match="columns: they name lon, lat and also x, y"):
            BaseStations.read(path, columns={"x": "Easting", "lon": "lon"})

    def test_metres_on_a_map_in_degrees(self, write):
        path, degrees = write("x,y\n389000,5706000\n"), LocalFrame.around("EPSG:4326", (7.40, 51.49, 7.42, 51.50))
        with pytest.raises(InputError, match=r"x, y need crs= \(the map is in degrees\): name their CRS, or give lon"):
            BaseStations.read(path, frame=degrees)
        x_m, y_m = degrees.from_crs(389000, 5706000, "EPSG:32632")
        stations = BaseStations.read(path, frame=degrees, crs="EPSG:32632")
        np.testing.assert_allclose([stations.x_m[0], stations.y_m[0]], [x_m, y_m])

    def test_metres_on_a_map_that_is_projected_again(self, write):
        with pytest.raises(InputError, match=r"x, y need crs= \(the map is in WGS 84 / Pseudo-Mercator\)"):
            BaseStations.read(
                write("x,y\n823000,6706000\n"), frame=LocalFrame.around("EPSG:3857", (823000, 6706000, 824000, 6707000))
            )

    def test_metres_of_the_map(self, write):
        frame = LocalFrame.around("EPSG:32632", (389000, 5706000, 389100, 5706100))
        stations = BaseStations.read(write("x,y\n389000,5706000\n"), frame=frame)
        assert (stations.x_m[0], stations.y_m[0]) == (-50, -50)

    @pytest.mark.parametrize(
        ("frame", "crs", "message"),
        [
            (LocalFrame(), None, "x, y are taken as coordinates of the map: .* name their CRS with crs="),
            (
                LocalFrame.around("EPSG:32632", (389000, 5706000, 389100, 5706100)),
                "EPSG:32601",
                "EPSG:32601 the CRS of",
            ),
        ],
    )
    def test_metres_far_off_the_map(self, write, frame, crs, message):
        path = write("x,y\n389000,5706000\n")
        with pytest.raises(InputError, match=r"the nearest is \d,\d{3}\.\d km outside it.*" + message):
            BaseStations.read(path, frame=frame, bounds_m=(0, 0, 100, 100), crs=crs)

    def test_missing_file(self, tmp_path):
        with pytest.raises(FileFormatError, match="no such file"):
            BaseStations.read(tmp_path / "absent.csv")

    def test_cut_off_gzip(self, tmp_path):
        path = tmp_path / "cut.csv.gz"
        path.write_bytes(gzip.compress(self.TABLE.encode())[:-20])
        with pytest.raises(FileFormatError, match=r"cut\.csv\.gz"):
            BaseStations.read(path)


class TestGeoJson:
    FEATURES = (
        ((7.41, 51.49), {"radio": "LTE", "network": "o2", "enb": 50367, "height_m": 25.5, "lat": "ignored"}),
        ((7.42, 51.49, 80.0), {"radio": "LTE", "network": "o2", "enb": 50368, "height_m": 30, "azimuth_deg": None}),
    )

    @pytest.mark.parametrize("name", ["stations.geojson", "stations.geojson.gz"])
    def test_properties_are_columns(self, write, name):
        stations = BaseStations.read(write(points(*self.FEATURES), name))
        assert stations.id.tolist() == ["LTE o2 eNB 50367", "LTE o2 eNB 50368"]
        assert stations.height_m.tolist() == [25.5, 30] and stations.carriers == ("LTE o2",)
        lon, lat = stations.frame.to_lonlat(stations.x_m, stations.y_m)
        np.testing.assert_allclose([lon, lat], [[7.41, 7.42], [51.49, 51.49]], atol=1e-8)

    def test_equals_csv(self, write):
        text = "lon,lat,network,radio,enb,height_m\n7.41,51.49,o2,LTE,50367,25.5\n7.42,51.49,o2,LTE,50368,30\n"
        assert_equal(BaseStations.read(write(points(*self.FEATURES), "a.json")), BaseStations.read(write(text)))

    def test_stated_crs(self, write):
        path = write(points(((389000, 5706000), {}), crs="urn:ogc:def:crs:EPSG::32632"), "utm.geojson")
        assert BaseStations.read(path).frame.input_crs == "EPSG:32632"
        assert BaseStations.read(path, crs="EPSG:32632").frame.input_crs == "EPSG:32632"
        with pytest.raises(FileFormatError, match=r"utm.geojson: is in WGS 84 / UTM zone 32N, but .* 33N was given"):
            BaseStations.read(path, crs="EPSG:32633")
        bare = write(points(((389000, 5706000), {})), "bare.geojson")
        assert BaseStations.read(bare, crs="EPSG:32632").frame.input_crs == "EPSG:32632"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"type": "FeatureCollection", "features": [', "is not JSON"),
            ('{"type": "Topology"}', "type 'Topology', not a GeoJSON FeatureCollection"),
            (points(), "holds no stations"),
            (points(((7.4, 51.4), {}), ((7.4, None), {})), "feature 2: y is empty"),
            (points(((7.4, 51.4), {"height_m": "tall"})), "feature 1: height_m is 'tall'"),
            (points(((7.4, 51.4), {}), ((7.4,), {})), "feature 2: its coordinates"),
            (points(((389000, 5706000), {})), "feature 1: .*CRS: name it with crs="),
            (points(((7, 51), ["a"])), "feature 1: its properties"),
            (points(((7, 51), {})).replace("51", "9" * 5000), "is not JSON"),
            (points(((7, 51), {})).replace("Point", "LineString"), "feature 1: its geometry is LineString"),
        ],
    )
    def test_broken_files(self, write, text, message):
        with pytest.raises(FileFormatError, match=r"broken\.geojson.*" + message):
            BaseStations.read(write(text, "broken.geojson"))


@pytest.mark.parametrize(
    ("name", "label"),
    [("302-220", "302-220"), ("302-0220", "302-220"), ("262-1", "262-01"), ("26201", "262-01"), ("o2", "o2"), ("", "")],
)
def test_network_labels(name, label):
    assert network_label(name) == label


def test_one_file_a_format():
    assert [item.name for item in formats()] == ["CSV", "GeoJSON", "OpenCelliD CSV"]


@pytest.fixture(scope="module")
def ubc(shared_data):
    """The frame of the UBC buildings and their box in it."""
    with gzip.open(shared_data("ubc_vancouver_buildings/ubcv_buildings.geojson.gz")) as file:
        features = json.load(file)["features"]
    corners = np.array([point[:2] for item in features for point in _positions(item["geometry"]["coordinates"])])
    frame = LocalFrame.around("EPSG:4326", (*corners.min(axis=0), *corners.max(axis=0)))
    x_m, y_m = frame.from_lonlat(*corners.T)
    return frame, (x_m.min(), y_m.min(), x_m.max(), y_m.max())


def _positions(nested):
    if isinstance(nested[0], int | float):
        return [nested]
    return [point for item in nested for point in _positions(item)]


class TestRealFiles:
    @pytest.mark.parametrize(("margin_m", "all_radios", "lte"), [(1000.0, 71, 70), (0.0, 62, 61)])
    def test_ubc_cells(self, ubc, shared_data, margin_m, all_radios, lte):
        frame, bounds_m = ubc
        path = shared_data("opencellid_canada/opencellid_302_2026-01.csv.gz")
        every = BaseStations.read(path, frame=frame, bounds_m=bounds_m, margin_m=margin_m).report
        assert (every.rows_read, every.rows_selected) == (50862, all_radios)
        chosen = BaseStations.read(path, frame=frame, bounds_m=bounds_m, margin_m=margin_m, radio="LTE")
        assert chosen.report.rows_selected == lte == chosen.cells.sum()
        assert chosen.report.left_out == {"outside the area": 50862 - all_radios, "other radio": all_radios - lte}
        assert chosen.carriers == ("LTE 302-220",)

    def test_dortmund(self, shared_data):
        stations = BaseStations.read(shared_data("dortmund_multimno/cells_nolicence.csv"))
        assert stations.report.rows_read == stations.cells.sum() == 218
        assert len(stations.carriers) == 10 and "LTE o2 850 MHz" in stations.carriers
        assert len(set(stations.id)) == 103  # eNBs


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"frequency_mhz": [1800, 2.6]}, "^frequency_mhz: row 1 is 2.6; it must be .* MHz; this looks like GHz: conv"),
        ({"frequency_mhz": [np.nan, 8e8]}, "^frequency_mhz: row 1 is 8e.08; it must be .* this looks like Hz"),
        ({"frequency_mhz": [1800, -1]}, "^frequency_mhz: row 1 is -1; it must be a carrier frequency in MHz$"),
    ],
)
def test_slips_of_unit_in_arguments(columns, message):
    with pytest.raises(InputError, match=message):
        BaseStations([0, 50], [0, 0], **columns)
