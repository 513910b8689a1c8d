"""Broken building files and polygons: one clear error each, naming the file, the row or id, and the remedy."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from building_files import BOW_TIE, NAN_CORNER, SQUARE, UTM, WRITERS, at, box, feature, town_frame
from radiocore.buildings import Buildings
from radiocore.errors import InputError


@pytest.mark.parametrize(
    "polygons, options, words",
    [
        ([BOW_TIE], {}, ["'0'", "Self-intersection", "invalid='repair'"]),
        ([shapely.Polygon([(0, 0), (5, 0), (10, 0)])], {}, ["'0'", "encloses no area"]),
        ([shapely.Point(0, 0)], {}, ["'0'", "not a polygon"]),
        ([None], {}, ["'0'", "no shapely geometry"]),
        (["POLYGON"], {}, ["'0'", "no shapely geometry"]),
        ([NAN_CORNER], {}, ["'0'", "not a finite number"]),
        ([shapely.box(0, 0, 1, 1)], {"height_m": -5}, ["'0'", "negative", "-5"]),
        ([shapely.box(0, 0, 1, 1)], {"base_m": 10}, ["'0'", "underside", "10 m"]),
        ([shapely.box(0, 0, 1, 1)], {"height_m": np.inf}, ["'0'", "finite"]),
        ([shapely.box(0, 0, 2e6, 1)], {}, ["'0'", "1,073 km"]),
        ([shapely.box(0, 0, 1, 1)] * 2, {"ids": ["a", "a"]}, ["'a'", "more than one"]),
        ([shapely.box(0, 0, 1, 1)], {"crs": "EPSG:nonsense"}, ["crs", "nonsense"]),
        ([shapely.box(4e5, 5e6, 4.1e5, 5.1e6)], {"crs": "EPSG:4326"}, ["'0'", "degrees", "crs="]),
        ([shapely.box(0, 0, 1, 1)], {"invalid": "repare"}, ["invalid", "'repair'"]),
    ],
)
def test_from_polygons_names_what_it_refuses(polygons, options, words):
    with pytest.raises(InputError) as caught:
        Buildings.from_polygons(polygons, **{"height_m": 10.0} | options)
    assert all(word in str(caught.value) for word in words), caught.value


def refused(words, path, **options):
    with pytest.raises(InputError) as caught:
        Buildings.read(path, **options)
    message = str(caught.value)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    "path", ["http://example.org/town.geojson", "/vsicurl/http://example.org/a.gpkg", "zip://a.zip!b.shp", "ftp://x/y"]
)
def test_only_local_files(path):
    refused([path, "only local files"], path)
    if "vsi" not in path:
        refused([path, "only local files are read; download it first"], Path(path))


def test_no_path():
    refused(["no file named"], "")


@pytest.mark.parametrize(
    "content",
    [
        b"<OGRVRTDataSource><OGRVRTLayer><SrcDataSource>a.shp</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        b"garbage \x00\x01\x02" * 50,
        b"",
        b"http://example.org/town.geojson",
        b"<kml/>",
        b"SQLite format 3\x00" + bytes(100),
    ],
)
@pytest.mark.parametrize("name", ["town.geojson", "town.gpkg", "town.shp"])
def test_unknown_content_lists_the_formats(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    refused([name, "GeoPackage (.gpkg)", "OpenStreetMap"], tmp_path / name)


@pytest.mark.parametrize("root", ["osm", "additional"])
def test_document_types_are_refused(tmp_path, root):
    path = tmp_path / "town.xml"
    path.write_text(f'<!DOCTYPE {root} [<!ENTITY x SYSTEM "file:///etc/hostname">]><{root}>&x;</{root}>')
    refused(["town.xml", "DOCTYPE"], path)


def test_absent_file_and_folder(tmp_path):
    refused(["nowhere.osm", "no such file"], tmp_path / "nowhere.osm")
    refused(["not a regular file"], tmp_path)


def test_truncated_pbf(shared_data, tmp_path):
    content = shared_data("helsinki_osm_pbf/Helsinki.osm.pbf").read_bytes()
    path = tmp_path / "cut.osm.pbf"
    path.write_bytes(content[: len(content) // 2])
    refused(["cut.osm.pbf", "to its end", "download"], path)


@pytest.mark.parametrize("name", ["town.gpkg", "town.parquet", "town.shp"])
def test_truncated_binary_files(tmp_path, name):
    WRITERS[name](town_frame(), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 3 if name != "town.shp" else 110])
    refused([name], tmp_path / name)
    if name == "town.shp":
        refused(["is cut short", "110", "copy it again"], tmp_path / name)


def test_layer_without_geometries(tmp_path):
    frame = town_frame()
    frame.geometry = [frame.geometry[0], None, None]
    frame.to_file(tmp_path / "town.gpkg", driver="GPKG")
    refused(["2 of its 3 features have no geometry", "cut short"], tmp_path / "town.gpkg")


def test_truncated_gzip_and_text(geojson, tmp_path):
    text = geojson(feature([at(SQUARE)], height=5)).read_bytes()
    (tmp_path / "cut.json").write_bytes(text[:-20])
    refused(["cut.json", "no readable JSON"], tmp_path / "cut.json")
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(text)[:-20])
    refused(["cut.json.gz", "download"], tmp_path / "cut.json.gz")
    (tmp_path / "cut.osm").write_text("<osm version='0.6'><node id='1'")
    refused(["cut.osm"], tmp_path / "cut.osm")
    for broken in ("id='1' lon='7j' lat='50'", "id='@' lon='7' lat='50'"):
        (tmp_path / "broken.osm").write_text(f"<osm version='0.6'><node version='1' {broken}/></osm>")
        refused(["broken.osm", "cannot be read to its end"], tmp_path / "broken.osm")
    (tmp_path / "cut.poly.xml").write_text("<additional><poly id='1' ")
    refused(["cut.poly.xml"], tmp_path / "cut.poly.xml")


def test_packed_binary_file(tmp_path):
    WRITERS["town.gpkg"](town_frame(), tmp_path / "town.gpkg")
    (tmp_path / "town.gpkg.gz").write_bytes(gzip.compress((tmp_path / "town.gpkg").read_bytes()))
    refused(["town.gpkg.gz", "unpack it"], tmp_path / "town.gpkg.gz")


def test_two_crs_without_a_code_conflict(tmp_path):
    town_frame().to_crs("ESRI:102014").to_file(tmp_path / "town.shp")  # Lambert's conical of Europe; 102013: Albers'
    refused(["town.shp", "Albers", "was given; leave crs= out"], tmp_path / "town.shp", crs="ESRI:102013")
    assert len(Buildings.read(tmp_path / "town.shp", crs="ESRI:102014")) == 3


def test_geopackage_with_two_layers(tmp_path):
    path = tmp_path / "town.gpkg"
    town_frame().to_file(path, layer="north", driver="GPKG")
    town_frame().to_file(path, layer="south", driver="GPKG")
    refused(["town.gpkg", "'north'", "'south'"], path)


def test_geopackage_with_a_virtual_table(tmp_path):
    import sqlite3

    path = tmp_path / "town.gpkg"
    town_frame().to_file(path, driver="GPKG")
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIRTUAL TABLE other USING fts4(a)")
    refused(["'other'", "virtual"], path)


def test_incomplete_shapefile(tmp_path):
    town_frame().to_file(tmp_path / "town.shp")
    (tmp_path / "town.prj").unlink()
    refused(["town.shp", "no CRS", "crs="], tmp_path / "town.shp")
    assert len(Buildings.read(tmp_path / "town.shp", crs=UTM)) == 3
    (tmp_path / "town.dbf").unlink()
    refused(["town.shp", ".dbf"], tmp_path / "town.shp")


def test_crs_of_the_file_and_of_the_user(geojson, tmp_path):
    path = geojson(feature([at(SQUARE)], height=5))
    assert Buildings.read(path, crs=UTM).frame.input_crs == UTM
    refused(["town.geojson", "leave crs= out"], path, crs="EPSG:32633")
    bare = geojson(feature([at(SQUARE)], height=5), crs=None, name="bare.geojson")
    refused(["bare.geojson", "'a'", "degrees", "crs="], bare)
    assert Buildings.read(bare, crs=UTM).frame.input_crs == UTM
    sumo = tmp_path / "town.poly.xml"
    sumo.write_text("<additional><poly id='p' type='building' shape='0,0 5,0 5,5'/></additional>")
    refused(["town.poly.xml", "no CRS", "crs="], sumo)


def test_geojson_faults(geojson):
    good = feature([at(SQUARE)], "good", height=5)
    refused(["town.geojson", "no features"], geojson())
    refused(["town.geojson", "no polygons"], geojson(feature([4e5, 55e5], kind="Point")))
    refused(["town.geojson", "'low'", "-3"], geojson(good, feature([at(SQUARE)], "low", height=-3)))
    refused(
        ["town.geojson", "'Hieght'", "did you mean 'Height'"],
        geojson(feature([at(SQUARE)], Height=3)),
        height_column="Hieght",
    )
    refused(
        ["'bow'", "Self-intersection", "repair"],
        geojson(good, feature([at([[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]])], "bow", height=5)),
        invalid="raise",
    )
    refused(
        ["'open'", "last point", "repair"], geojson(good, feature([at(SQUARE[:-1])], "open", height=5)), invalid="raise"
    )
    refused(["1 of 1", "height_column"], geojson(feature([at(SQUARE)])), impute="raise")


def test_nothing_usable(geojson, tmp_path):
    refused(["town.geojson", "'flat'", "underside"], geojson(feature([at(SQUARE)], "flat", height=4, min_height=4)))
    refused(["bbox"], geojson(feature([at(SQUARE)], height=5)), bbox=(100.0, -50.0, 101.0, -49.0))
    (tmp_path / "town.poly.xml").write_text("<additional><location netOffset='1,2,3'/></additional>")
    refused(["town.poly.xml", "netOffset"], tmp_path / "town.poly.xml")
    (tmp_path / "town.poly.xml").write_text("<additional><location projParameter='!'/></additional>")
    refused(["town.poly.xml", "no polygons"], tmp_path / "town.poly.xml", crs=UTM)


def test_geojson_repairs_and_refusals(geojson):
    path = geojson(
        feature([at(SQUARE)], "good", height=5),
        feature([at([[0, 0], [9, 9], [9, 0], [0, 9], [0, 0]])], "bow", height=5),
        feature([at(SQUARE[:-1], 400020)], "open", height=5),
        feature([at([[0, 0], [9, 0], [0, 0], [0, 0]])], "flat", height=5),
        feature([at([[0, 0], [float("nan"), 0], [3, 3], [0, 0]])], "nan", height=5),
        feature([at(SQUARE)], "floating", height=5, min_height=6),
        feature([at([[0, 0], [float("nan"), 0], [3, 3], [0, float("nan")], [float("nan"), 0]])], "nans", height=5),
        feature([at(SQUARE)], "Polygn", kind="Polygn", height=5),
        feature([[[10**400, 0], [1, 0], [1, 1], [10**400, 0]]], "huge", height=5),
        feature([[["a", 0], [1, 0], [1, 1], ["a", 0]]], "text", height=5),
        feature([at([[0, 0]])], "dot", height=5),
        {"type": "Feature", "id": "bare", "properties": None, "geometry": None},
        feature([4e5, 55e5], "pole", kind="Point"),
    )
    town = Buildings.read(path)
    assert list(town.ids) == ["good", "bow", "open"]
    assert town.report.repaired == ("bow", "open")
    reasons = dict(town.report.refused)
    assert set(reasons) == {*("flat", "nan", "nans", "Polygn", "huge", "text", "floating", "dot", "bare")}
    assert "no area" in reasons["flat"] and "finite" in reasons["nan"] and "underside" in reasons["floating"]
    assert town.report.counts == {"features that are no polygons": 1}
    assert town.report.outlines_read == 12


def test_a_height_of_0_is_missing(geojson):
    path = geojson(
        feature([at(SQUARE)], "roof", height=5),
        feature([at(SQUARE, 400020)], "zero", height=0),
        feature([at(SQUARE, 400040)], "text", height="0 m"),
        feature([at(SQUARE, 400060)], "storeys", height=0, levels=2),
    )
    town = Buildings.read(path, impute="constant", constant_height_m=7)
    assert town.roof_mm.tolist() == [5000, 7000, 7000, 6000]
    assert list(town.height_source) == ["height", "imputed-constant", "imputed-constant", "levels"]
    assert "3 outlines have a height of 0, which counts as missing." in town.report.notes
    refused(["2 of 4", "a height of 0 (first: text"], path, impute="raise")


@pytest.mark.parametrize(
    "member, value, words",
    [
        ("properties", ["height"], ["feature 0", "no names with values"]),
        ("geometry", "POLYGON", ["no polygons", "'a'", "cannot be read"]),
        ("geometry", {"type": "GeometryCollection", "geometries": [7]}, ["no polygons", "'a'"]),
        ("geometry", {"type": "Polygon", "coordinates": {"a": 1}}, ["no polygons", "'a'", "cannot be read"]),
        ("geometry", {"type": "Polygon"}, ["no polygons", "'a'", "cannot be read"]),
    ],
)
def test_geojson_of_wrong_types(geojson, member, value, words):
    refused(["town.geojson", *words], geojson(feature([at(SQUARE)], height=5) | {member: value}))


@pytest.mark.parametrize("crs", [{"type": "name", "properties": ["EPSG:32632"]}, {"type": "link"}, "EPSG:32632"])
def test_geojson_crs_of_wrong_type(geojson, crs):
    path = geojson(feature([at(SQUARE)], height=5))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"crs": crs}))
    refused(["town.geojson", "crs member", "crs="], path)


def test_geoparquet_with_broken_geometry(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    town_frame().to_parquet(tmp_path / "town.parquet")
    table = pq.read_table(tmp_path / "town.parquet")
    broken = pa.array([b"\x01\x03\x00\x00", None, None], table.schema.field("geometry").type)
    place = table.schema.get_field_index("geometry")
    pq.write_table(table.set_column(place, table.schema.field("geometry"), broken), tmp_path / "town.parquet")
    refused(["town.parquet"], tmp_path / "town.parquet")


@pytest.mark.parametrize("value", ["tall", "nan", float("nan"), float("inf"), [5], True])
@pytest.mark.parametrize("options", [{}, {"height_column": "height"}])
def test_unreadable_heights(geojson, value, options):
    path = geojson(feature([at(SQUARE)], "good", height=5), feature([at(SQUARE)], "bad", height=value))
    refused(["town.geojson", "building 'bad' has height = ", str(value), "leave it empty (null)"], path, **options)


@pytest.mark.parametrize("columns", [{"height": 1001}, {"height": "4000 ft"}, {"levels": 400}])
def test_heights_in_another_unit(geojson, columns):
    refused(["town.geojson", "'a'", "above 1,000 m", "unit"], geojson(feature([at(SQUARE)], **columns)))


@pytest.mark.parametrize("name", ["town.gpkg", "town.parquet", "town.shp"])
def test_nan_is_the_missing_value_of_binary_files(tmp_path, name):
    frame = town_frame()
    frame["height"] = [12.5, np.nan, 30.0]
    WRITERS[name](frame, tmp_path / name)
    assert Buildings.read(tmp_path / name).report.height_sources == {"height": 2, "imputed-rayleigh": 1}


def test_unreadable_osm_tags_are_counted(osm):
    tags = [{"height": "tall"}, {"height": "nan"}, {"building:levels": "2;3"}]
    ways = {
        number: (box(20 * number, 0, 20 * number + 9, 9), {"building": "yes"} | tag)
        for number, tag in enumerate(tags, 1)
    }
    note = Buildings.read(osm(ways)).report.notes[0]
    assert note.startswith("3 height or level values") and "way/1: height = 'tall'" in note and "way/3" in note


def test_stray_building(geojson):
    town = [feature([at(SQUARE, 400000 + 20 * row)], f"b{row}", height=5) for row in range(5)]
    path = geojson(*town, feature([at(SQUARE, 400000, 5700000)], "stray", height=5))
    refused(["town.geojson", "'stray'", "200 km", "bbox="], path)
    assert len(Buildings.read(path, bbox=(7.61, 49.64, 7.63, 49.66))) == 5
    null_island = feature([[[0, 0], [0.001, 0], [0.001, 0.001], [0, 0]]], "zero", height=5)
    block = [[[7.6, 49.6], [7.601, 49.6], [7.601, 49.601], [7.6, 49.6]]]
    degrees = [feature(block, "a", height=5), feature(block, "b", height=6), null_island]
    refused(["'zero'", "bbox="], geojson(*degrees, crs=None))


def test_values_in_messages_are_plain(geojson):
    for columns in ({"height": -3}, {"height": 2000}, {"height": "tall"}):
        with pytest.raises(InputError) as caught:
            Buildings.read(geojson(feature([at(SQUARE)], **columns)))
        assert "np." not in str(caught.value)


def test_empty_selection_says_where_the_buildings_are(geojson):
    path = geojson(feature([at(SQUARE)], height=5))
    refused(["town.geojson", "bbox", "7.6", "49.6"], path, bbox=(6.0, 50.0, 6.1, 50.1))
    refused(["bbox", "ascend"], path, bbox=(7.7, 49.0, 7.6, 50.0))
    near = Buildings.read(path, bbox=(7.61, 49.646, 7.615, 49.65), margin_m=1000.0)
    assert len(near) == 1


@pytest.mark.parametrize(
    "options, words",
    [
        ({"impute": "raleigh"}, ["impute", "'rayleigh'"]),
        ({"impute": "constant"}, ["constant_height_m"]),
        ({"constant_height_m": 5}, ["constant_height_m", "impute='constant'"]),
        ({"rayleigh_scale_m": -1}, ["rayleigh_scale_m", "-1"]),
        ({"metres_per_level": 0}, ["metres_per_level"]),
        ({"margin_m": -1}, ["margin_m"]),
        ({"crs": "nonsense", "height_column": "height"}, ["crs", "nonsense"]),
    ],
)
def test_options_are_checked(geojson, options, words):
    refused(words, geojson(feature([at(SQUARE)], height=5)), **options)
