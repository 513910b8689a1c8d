"""Building files: counted rows on real files, round trips, heights, and one contract for every format."""

import json

import numpy as np
import pytest
import shapely

from building_files import BOW_TIE, SQUARE, UTM, WRITERS, at, box, feature, tag_xml, town_frame
from radiocore.buildings import Buildings, rayleigh_scale_m
from radiocore.errors import FileFormatError
from radiocore.io import sniff
from radiocore.io.footprints import format_of, formats
from radiocore.io.heights import metres

# --- real files ---

REAL_FILES = (
    "ubc_vancouver_buildings/ubcv_buildings.geojson.gz",
    "helsinki_osm_pbf/Helsinki.osm.pbf",
    "dortmund_multimno/tudo_campus_2018.osm.gz",
    "luxembourg_lust_polygons/lust.poly.xml.gz",
    "toronto_odb_footprints/toronto_west_end.geojson.gz",
)


@pytest.mark.parametrize("name", REAL_FILES)
def test_rings_are_open_clean_and_valid(shared_data, name):
    town = Buildings.read(shared_data(name))
    ring = np.repeat(np.arange(len(town.ring_start) - 1), np.diff(town.ring_start))
    following = np.arange(len(ring)) + 1
    following[town.ring_start[1:] - 1] = town.ring_start[:-1]
    assert (town.vertices_mm[following] != town.vertices_mm).any(axis=1).all()
    assert np.diff(town.ring_start).min() >= 3
    polygons = np.array([town._prism_polygon(prism) for prism in range(town.number_of_prisms)])
    assert shapely.is_valid(polygons).all() and (shapely.area(polygons) > 0).all()
    assert (town.base_mm < town.roof_mm).all()
    assert len(set(town.ids)) == len(town) == town.prism_building.max() + 1 == len(np.unique(town.prism_building))


def test_ubc_campus(shared_data):
    town = Buildings.read(shared_data("ubc_vancouver_buildings/ubcv_buildings.geojson.gz"), height_column="BLDG_HEIGHT")
    assert len(town) == town.report.outlines_read == 443
    assert town.report.height_sources == {"column BLDG_HEIGHT": 442, "imputed-rayleigh": 1}
    assert town.report.refused == ()
    rings_a_prism = np.diff(town.prism_ring_start)
    assert town.number_of_prisms == 634 and (rings_a_prism > 1).sum() == 8
    known = town.height_m[town.height_source == "column BLDG_HEIGHT"]
    assert f"{rayleigh_scale_m(known):.1f} m" in town.report.notes[-1]


def test_helsinki_pbf(shared_data):
    town = Buildings.read(shared_data("helsinki_osm_pbf/Helsinki.osm.pbf"))
    report = town.report
    incomplete = [name for name, reason in report.refused if "extract" in reason]
    assert report.outlines_read - len(incomplete) == 572
    assert report.counts["building parts"] == 126
    assert report.counts["open structures left out"] == 11
    assert "OpenStreetMap" in report.attribution and "ODbL" in report.attribution
    assert {"height", "levels", "imputed-rayleigh"} == set(report.height_sources)
    kept_prisms = (
        572 - report.counts["outlines replaced by their parts"] - report.counts["outlines that a relation repeats"]
    )
    assert sum(report.height_sources.values()) == len(town) < kept_prisms


def test_dortmund_osm_gz(shared_data):
    town = Buildings.read(shared_data("dortmund_multimno/tudo_campus_2018.osm.gz"))
    assert town.report.outlines_read == 402
    assert town.report.height_sources["levels"] == 24
    assert "most heights are made up" in town.report.notes[-1]


def test_luxembourg_sumo(shared_data):
    town = Buildings.read(shared_data("luxembourg_lust_polygons/lust.poly.xml.gz"))
    # 13,567 elements are of type building; 15 of them are points.
    assert len(town) == 13552
    assert town.report.counts == {"polygons of other types left out": 618, "building points without outline": 15}
    longitude, latitude = town.frame.to_lonlat(*np.array(town.bounds_m).reshape(2, 2).T)
    assert 6.03 < longitude[0] < longitude[1] < 6.22 and 49.54 < latitude[0] < latitude[1] < 49.66


def test_toronto_holes(shared_data):
    west_end = Buildings.read(shared_data("toronto_odb_footprints/toronto_west_end.geojson.gz"))
    assert len(west_end) == 9602 and (np.diff(west_end.prism_ring_start) > 1).sum() == 9
    courtyards = Buildings.read(shared_data("toronto_odb_footprints/toronto_buildings_with_holes.geojson.gz"))
    # 17 of its 70 features are in it twice, under other numbers.
    assert len(courtyards) == 53 and (np.diff(courtyards.prism_ring_start) > 1).all()
    assert courtyards.report.counts == {"duplicate outlines": 17}


def test_bbox_does_not_change_imputed_heights(shared_data):
    path = shared_data("helsinki_osm_pbf/Helsinki.osm.pbf")
    whole = Buildings.read(path, seed=3)
    part = Buildings.read(path, seed=3, bbox=(24.940, 60.168, 24.945, 60.172), margin_m=20.0)
    row = {name: i for i, name in enumerate(whole.ids)}
    assert 0 < len(part) < len(whole) and part.report.outlines_outside > 0
    np.testing.assert_array_equal(part.height_m, whole.height_m[[row[name] for name in part.ids]])
    other = Buildings.read(path, seed=4)
    assert (other.height_m != whole.height_m)[whole.height_source == "imputed-rayleigh"].all()


# --- round trips ---


@pytest.mark.parametrize("name", WRITERS)
def test_round_trip_gives_equal_vertices(tmp_path, name):
    frame = town_frame()
    expected = Buildings.from_polygons(list(frame.geometry), frame.height, UTM, ids=frame["id"])
    WRITERS[name](frame, tmp_path / name)
    town = Buildings.read(tmp_path / name)
    assert [sorted(map(tuple, ring)) for ring in rings(town)] == [sorted(map(tuple, ring)) for ring in rings(expected)]
    np.testing.assert_array_equal(town.prism_ring_start, expected.prism_ring_start)
    np.testing.assert_array_equal(town.roof_mm, expected.roof_mm)
    np.testing.assert_array_equal(town.ids, expected.ids)
    assert set(town.height_source) == {"height"} and set(expected.height_source) == {"argument"}
    assert town.frame.origin_x_m == expected.frame.origin_x_m


def rings(town):
    return np.split(town.vertices_mm, town.ring_start[1:-1])


# --- polygons ---


def test_from_polygons_layout_without_crs():
    town = Buildings.from_polygons(
        [
            shapely.Polygon([(0, 0), (0, 0), (10.0004, 0), (10, 10), (0, 10)], [[(2, 2), (4, 2), (4, 4)]]),
            shapely.box(20, 0, 30, 5),
        ],
        [12, 6.5],
        base_m=[0, 2],
    )
    np.testing.assert_array_equal(town.ring_start, [0, 4, 7, 11])
    np.testing.assert_array_equal(town.prism_ring_start, [0, 2, 3])
    np.testing.assert_array_equal(town.vertices_mm[:4], [[0, 0], [10000, 0], [10000, 10000], [0, 10000]])
    np.testing.assert_array_equal(town.roof_mm, [12000, 6500])
    np.testing.assert_array_equal(town.base_mm, [0, 2000])
    assert town.vertices_mm.dtype == np.int64 and town.prism_building.dtype == np.int32
    assert town.frame.crs is None and list(town.ids) == ["0", "1"]


def test_no_polygons_make_an_empty_town():
    assert len(Buildings.from_polygons([], [])) == 0


def test_area_of_a_courtyard():
    pytest.importorskip("radiocore._core")
    town = Buildings.from_polygons([shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))], 5.0)
    np.testing.assert_allclose(town.area_m2, [96.0])


def test_repair_keeps_both_halves():
    town = Buildings.from_polygons([BOW_TIE], 10.0, invalid="repair")
    assert town.report.repaired == ("0",) and town.number_of_prisms == 2 and len(town) == 1


def test_outline_that_rounding_breaks_is_mended():
    needle = shapely.Polygon([(0, 0), (10, 0), (10, 10), (5, 10), (5, 0.0004), (4.9996, 10), (0, 10)])
    assert shapely.is_valid(needle)
    town = Buildings.from_polygons([needle], 10.0)
    assert town.report.repaired == ("0",) and len(town) == 1


def test_duplicates_are_kept_once_and_counted(geojson):
    turned = at(SQUARE[2:] + SQUARE[1:3])
    path = geojson(
        feature([at(SQUARE)], "a", height=5),
        feature([turned], "again", height=5.0001),
        feature([at(SQUARE)], "taller", height=6),
        feature([at(SQUARE)], "above", height=5, min_height=1),
        feature([at(SQUARE, 400020)], "unknown"),
        feature([at(SQUARE, 400020)], "unknown too"),
    )
    town = Buildings.read(path)
    assert list(town.ids) == ["a", "taller", "above", "unknown"]
    assert town.report.counts == {"duplicate outlines": 2} and town.report.outlines_read == 6
    assert len(Buildings.from_polygons([shapely.box(0, 0, 1, 1)] * 2, 5.0)) == 2  # the caller's own rows stay


# --- heights ---


@pytest.mark.parametrize(
    "text, value",
    [
        ("22", 22), ("22 m", 22), ("22m", 22), (" 7.5 metres", 7.5), ("72 ft", 21.9456), ("72'", 21.9456),
        ("72'6\"", 22.098), ("7' 4''", 2.2352), (12, 12), (np.float64(3.5), 3.5), ("1e1", 10),
    ],
)  # fmt: skip
def test_lengths(text, value):
    assert metres(text) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    "text",
    ["tall", "12,5", "10-12", "5 km", True, "22 m?", "nan", "1e400", pytest.param(10**400, id="huge"), np.nan, np.inf],
)
def test_no_lengths(text):
    with pytest.raises(ValueError, match="no length"):
        metres(text)


def test_height_order_and_sources(geojson):
    square = [at(SQUARE)]
    path = geojson(
        feature(square, "user", roof="9 m", Height=5, LEVELS=2),
        feature(square, "known", Height="30 ft", LEVELS=2),
        feature(square, "levels", **{"LEVELS": "4", "roof:levels": 1, "min_level": 1}),
        feature(square, "none", Height="tall"),
    )
    town = Buildings.read(path, height_column="roof", metres_per_level=3.5, impute="constant", constant_height_m=11)
    np.testing.assert_array_equal(town.roof_mm, [9000, 9144, 17500, 11000])
    np.testing.assert_array_equal(town.base_mm, [0, 0, 3500, 0])
    assert list(town.height_source) == ["column roof", "height", "levels", "imputed-constant"]
    assert any("'tall'" in note and "none" in note for note in town.report.notes)


def test_rayleigh_draws(geojson):
    path = geojson(*[feature([at(SQUARE, 400000 + 20 * i)], f"b{i}") for i in range(4000)])
    town = Buildings.read(path, rayleigh_scale_m=10.0, seed=7)
    assert rayleigh_scale_m(town.height_m) == pytest.approx(10.0, rel=4 / np.sqrt(4000))
    reverse = json.loads(path.read_text())
    reverse["features"].reverse()
    path.write_text(json.dumps(reverse))
    again = Buildings.read(path, rayleigh_scale_m=10.0, seed=7)
    np.testing.assert_array_equal(again.height_m[::-1], town.height_m)


def test_scale_comes_from_the_file_with_thirty_known(geojson):
    def town(known):
        rows = [feature([at(SQUARE, 400000 + 20 * i)], f"b{i}", height=40) for i in range(known)]
        return Buildings.read(geojson(*rows, feature([at(SQUARE)], "new")))

    assert "15.0 m" in town(29).report.notes[-1]
    assert "28.3 m" in town(30).report.notes[-1]


# --- OpenStreetMap ---


def test_parts_replace_their_outline(osm):
    path = osm(
        {
            1: (box(0, 0, 10, 10), {"building": "yes", "height": "20"}),
            2: (box(0, 0, 5, 10), {"building:part": "yes"}),
            3: (
                box(5, 0, 10, 10),
                {"building:part": "yes", "height": "72'6\"".replace("'", "&apos;"), "min_level": "1"},
            ),
            4: (box(20, 0, 30, 10), {"building": "yes", "building:levels": "3"}),
            5: (box(20, 0, 23, 10), {"building:part": "yes", "height": "30"}),
            6: (box(40, 0, 50, 10), {"building": "roof"}),
            7: (box(60, 0, 70, 10), {"building": "no"}),
            8: (box(80, 0, 90, 10), {"building": "yes", "location": "underground"}),
            9: (box(100, 0, 110, 10), {"building:part": "yes", "building:levels": "2"}),
        }
    )
    town = Buildings.read(path)
    assert list(town.ids) == ["way/1", "way/4", "way/9"]
    np.testing.assert_array_equal(town.prism_building, [0, 0, 1, 2])
    np.testing.assert_array_equal(town.roof_mm, [20000, 22098, 30000, 6000])
    np.testing.assert_array_equal(town.base_mm, [0, 3000, 0, 0])
    assert town.report.counts == {
        "building parts": 4,
        "outlines replaced by their parts": 2,
        "underground structures left out": 1,
        "open structures left out": 1,
    }
    assert any("less than 90 %" in note and "way/4" in note and "way/1," not in note for note in town.report.notes)
    assert "way/6" in Buildings.read(path, open_structures=True).ids


def test_relations(osm):
    members = "<member type='way' ref='1' role='outer'/><member type='way' ref='2' role='inner'/>"
    courtyard_tags = {"type": "multipolygon", "building": "yes", "height": "9"}
    path = osm(
        {
            1: (box(0, 0, 10, 10), {"building": "yes"}),
            2: (box(4, 4, 6, 6), {}),
            3: (box(20, 0, 30, 10), {"building": "yes", "height": "10"}),
            4: (box(31, 0, 35, 10), {"building:part": "yes"}),
        },
        f"<relation id='7' version='1'>{members}{tag_xml(courtyard_tags)}</relation>"
        "<relation id='8' version='1'><member type='way' ref='3' role='outline'/>"
        f"<member type='way' ref='4' role='part'/>{tag_xml({'type': 'building'})}</relation>"
        "<relation id='9' version='1'><member type='way' ref='99' role='outer'/>"
        f"{tag_xml({'type': 'multipolygon', 'building': 'yes'})}</relation>",
    )
    town = Buildings.read(path)
    assert sorted(town.ids) == ["relation/7", "way/3"]
    courtyard = list(town.ids).index("relation/7")
    prism = list(town.prism_building).index(courtyard)
    assert np.diff(town.prism_ring_start)[prism] == 2
    assert town.report.counts["outlines that a relation repeats"] == 1
    np.testing.assert_array_equal(np.sort(town.roof_mm), [9000, 10000])
    assert [name for name, _ in town.report.refused] == ["relation/9"]


# --- SUMO ---


def test_sumo_polygons(tmp_path):
    path = tmp_path / "town.poly.xml"
    path.write_text(
        "<additional><location netOffset='-400000,-5500000' projParameter='+proj=utm +zone=32 +datum=WGS84'/>"
        "<poly id='a' type='building.yes' shape='0,0 10,0 10,10 0,10'><param key='height' value='7 m'/></poly>"
        "<poly id='b' type='building.roof' shape='20,0 30,0 30,10'/>"
        "<poly id='c' type='building' shape='20,0 nonsense'/>"
        "<poly id='d' type='water' shape='0,0 1,0 1,1'/></additional>"
    )
    town = Buildings.read(path)
    assert list(town.ids) == ["a"] and town.height_m == [7.0]
    assert [name for name, _ in town.report.refused] == ["c"]
    assert town.report.counts == {"polygons of other types left out": 1, "open structures left out": 1}
    x, y = town.frame.to_crs(*np.array(town.bounds_m[:2]), crs=UTM)
    assert (x, y) == (pytest.approx(400000), pytest.approx(5500000))
    degrees = path.read_text().replace("<poly id='a'", "<poly id='a' geo='1'")
    path.write_text(degrees)
    with pytest.raises(FileFormatError, match="mixes polygons"):
        Buildings.read(path)


# --- every format ---


@pytest.mark.parametrize("item", formats(), ids=lambda item: item.name)
def test_format_contract(item, tmp_path):
    assert item.name and item.suffixes and all(suffix.startswith(".") for suffix in item.suffixes)
    for content in (b"", b"\x00" * 200, b"plain text", b"[1, 2]", b"<html></html>", b"PK\x03\x04"):
        assert item.matches(content) is False
    for other in formats():
        assert item is other or item.name != other.name


def test_each_file_has_one_format(tmp_path, osm, geojson):
    paths = [
        osm({1: (box(0, 0, 1, 1), {"building": "yes"})}),
        geojson(feature([at(SQUARE)], height=1), name="x.geojson"),
    ]
    for name, write in WRITERS.items():
        write(town_frame(), tmp_path / name)
        paths.append(tmp_path / name)
    sumo = tmp_path / "s.poly.xml"
    sumo.write_text("<?xml version='1.0'?><additional/>")
    found = {format_of(path).name for path in [*paths, sumo]}
    assert found == {item.name for item in formats()}
    for path in [*paths, sumo]:
        assert sum(item.matches(sniff.read_head(path)) for item in formats()) == 1


def test_errors_are_of_the_file(tmp_path):
    (tmp_path / "a.osm").write_text("<osm version='0.6'></osm>")
    with pytest.raises(FileFormatError, match="holds no closed outline"):
        Buildings.read(tmp_path / "a.osm")


@pytest.mark.parametrize("name", WRITERS)
def test_columns_that_were_not_read_are_named_where_heights_are_made_up(tmp_path, name):
    frame = town_frame().rename(columns={"height": "HEIGHT_M"})
    WRITERS[name](frame, tmp_path / name)
    (note,) = Buildings.read(tmp_path / name).report.notes
    assert note.endswith("Columns that were not read: HEIGHT_M; name the heights' one with height_column=.")
    assert not Buildings.read(tmp_path / name, height_column="HEIGHT_M").report.notes
