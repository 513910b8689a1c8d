"""Small towns for the tests of building files, and how to write them."""

import geopandas
import numpy as np
import shapely

UTM = "EPSG:32632"
SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]


def feature(rings, name="a", kind="Polygon", **properties):
    return {
        "type": "Feature",
        "id": name,
        "properties": properties,
        "geometry": {"type": kind, "coordinates": rings},
    }


def at(ring, x=400000.0, y=5500000.0):
    """A ring in metres, moved to a place that UTM 32N covers."""
    return [[x + east, y + north] for east, north in ring]


def tag_xml(tags):
    return "".join(f"<tag k=\"{key}\" v='{value}'/>" for key, value in tags.items())


def box(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north)]


BOW_TIE = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
with np.errstate(invalid="ignore"):
    NAN_CORNER = shapely.Polygon([(0, 0), (np.nan, 1), (3, 3)])


def town_frame():
    courtyard = shapely.Polygon(
        at([[0, 0], [40, 0], [40, 30], [0, 30]]), [at([[10, 10], [20, 10], [20, 20], [10, 20]])]
    )
    two = shapely.MultiPolygon(
        [shapely.box(*p) for p in ((400100, 5500000, 400110, 5500010), (400120, 5500000, 400130, 5500010))]
    )
    skew = shapely.Polygon(at([[200.1234, 0.5], [233.3333, 7.7777], [215.5, 44.0019]]))
    return geopandas.GeoDataFrame(
        {"id": ["c", "t", "s"], "height": [12.5, 8.0, 30.25]}, geometry=[courtyard, two, skew], crs=UTM
    )


WRITERS = {
    "town.geojson": lambda frame, path: frame.to_file(path, driver="GeoJSON", COORDINATE_PRECISION=15, RFC7946="NO"),
    "town.gpkg": lambda frame, path: frame.to_file(path, driver="GPKG"),
    "town.parquet": lambda frame, path: frame.to_parquet(path),
    "town.shp": lambda frame, path: frame.to_file(path, driver="ESRI Shapefile"),
}
