"""Foliage from OSM files."""

import gzip
from collections import Counter

import pytest
import shapely

from radiocore import Buildings, FileFormatError, InputError
from radiocore.foliage import Foliage
from radiocore.frame import LocalFrame

FRAME = LocalFrame.around("EPSG:4326", (10.0, 50.0, 10.001, 50.001))
UNIT = [(0, 0), (4, 0), (4, 4), (0, 4)]  # 1e-4 degree: 28.7 m x 44.5 m
BOW_TIE = [(0, 0), (4, 4), (4, 0), (0, 4)]


def moved(corners, x):
    return [(corner_x + x, y) for corner_x, y in corners]


def test_woods_scrub_parks_and_gardens_and_nothing_else(osm):
    path = osm(
        {
            1: (UNIT, {"landuse": "forest"}),
            2: (moved(UNIT, 5), {"natural": "scrub", "name": "Heide"}),
            3: (moved(UNIT, 10), {"leisure": "park"}),
            4: (moved(UNIT, 15), {"landuse": "grass"}),
            5: (moved(UNIT, 20), {"leisure": "pitch"}),
            6: (moved(UNIT, 25), {"building": "yes"}),
            7: (moved(UNIT, 30), {"landuse": "grass", "natural": "wood"}),
        }
    )
    foliage = Foliage.read(path, FRAME)
    assert foliage.id.tolist() == ["way/1", "way/2", "way/3", "way/7"]
    assert foliage.kind.tolist() == ["landuse=forest", "natural=scrub", "leisure=park", "natural=wood"]
    assert foliage.frame == FRAME and "OpenStreetMap" in foliage.report.attribution
    west, south, east, north = foliage.polygon[1].bounds
    assert east - west == pytest.approx(28.7, abs=0.1) and north - south == pytest.approx(44.5, abs=0.1)
    x_m, y_m = FRAME.from_lonlat(10.0005, 50.0)
    assert (west, south) == pytest.approx((float(x_m), float(y_m)), abs=0.05)


def relation(number, members, kind="forest"):
    rows = "".join(f"<member type='way' ref='{ref}' role='{role}'/>" for ref, role in members)
    tags = f"<tag k='type' v='multipolygon'/><tag k='landuse' v='{kind}'/>"
    return f"<relation id='{number}' version='1'>{rows}{tags}</relation>"


def test_clearings_crossed_outlines_and_what_cannot_be_closed(osm):
    ways = {
        1: ([(0, 0), (9, 0), (9, 9), (0, 9)], {}),
        2: ([(3, 3), (6, 3), (6, 6), (3, 6)], {}),
        3: (moved(BOW_TIE, 20), {"natural": "wood"}),
    }
    open_way = "<way id='4' version='1'><nd ref='1'/><nd ref='2'/><tag k='natural' v='wood'/></way>"
    more = open_way + relation(8, [(1, "outer"), (2, "inner")]) + relation(9, [(1, "outer"), (77, "outer")])
    foliage = Foliage.read(osm(ways, more), FRAME)
    assert sorted(set(foliage.id)) == ["relation/8", "way/3"]
    wood = foliage.polygon[foliage.id == "relation/8"][0]
    assert len(wood.interiors) == 1
    assert shapely.area(wood) == pytest.approx(72 * 28.7 * 44.5 / 16, rel=0.01)
    assert foliage.report.repaired == ("way/3",) and shapely.is_valid(foliage.polygon).all()
    assert sorted(name for name, _ in foliage.report.refused) == ["relation/9", "way/4"]


def test_a_town_without_trees(osm):
    foliage = Foliage.read(osm({1: (UNIT, {"building": "yes"})}), FRAME)
    assert len(foliage) == 0 and repr(foliage) == "<Foliage: 0 polygons>"


def test_gzipped_is_the_same(osm, tmp_path):
    path = osm({1: (UNIT, {"landuse": "forest"})})
    packed = tmp_path / "packed.osm.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert Foliage.read(packed, FRAME).polygon[0].equals(Foliage.read(path, FRAME).polygon[0])


def test_files_that_are_no_maps(tmp_path, osm, geojson):
    with pytest.raises(FileFormatError, match="no OpenStreetMap file"):
        Foliage.read(geojson(), FRAME)
    cut = tmp_path / "cut.osm"
    cut.write_text(osm({1: (UNIT, {"landuse": "forest"})}).read_text()[:-40])
    with pytest.raises(FileFormatError, match="is the download complete"):
        Foliage.read(cut, FRAME)
    with pytest.raises(InputError, match="absent.osm"):
        Foliage.read(tmp_path / "absent.osm", FRAME)
    with pytest.raises(InputError, match="no CRS"):
        Foliage.read(osm({1: (UNIT, {"landuse": "forest"})}), LocalFrame())


def test_dortmund_campus(shared_data):
    path = shared_data("dortmund_multimno/tudo_campus_2018.osm.gz")
    foliage = Foliage.read(path, Buildings.read(path).frame)
    assert Counter(foliage.kind.tolist()) == {
        "landuse=forest": 2,
        "landuse=garden": 3,
        "leisure=garden": 4,
        "leisure=park": 4,
        "natural=scrub": 14,
        "natural=wood": 1,
    }
    assert [name for name, _ in foliage.report.refused] == ["relation/7022871"]
