"""Images of links: where things stand on them, exact anti-aliasing, equal bytes, files, and refused input."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import shapely

from radiocore import BaseStations, Buildings, FileFormatError, InputError, Scene
from radiocore.digital_twin import DigitalTwin, read_images, scaled, style
from radiocore.digital_twin.ground import Ground
from radiocore.digital_twin.images import write_blocks
from radiocore.foliage import Foliage
from radiocore.frame import LocalFrame

BOUNDS_M = (-200.0, -200.0, 200.0, 200.0)
HOUSE = shapely.box(-50, -50, 50, 50)
WOOD = shapely.box(-200, 150, -100, 200)
NONE = np.empty(0, dtype=object)
ZOOM_PER_M = 128 / 600


def polygons(*items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def scene_of(*houses, bounds_m=BOUNDS_M):
    town = Buildings.from_polygons(houses, height_m=10.0)
    return Scene(town, BaseStations(x_m=[0.0], y_m=[0.0]), receiver_bounds_m=bounds_m)


def foliage_of(*areas, **more):
    return Foliage(polygons(*areas), np.arange(len(areas)).astype(str), np.full(len(areas), "test"), **more)


@pytest.fixture(scope="module")
def twin():
    return DigitalTwin(scene_of(HOUSE), foliage_of(WOOD))


@pytest.fixture(scope="module")
def city():
    scene = Scene.synthetic("urban", side_m=600, seed=3)
    rng = np.random.default_rng(1)
    west, south, east, north = scene.receiver_bounds_m
    station_m, user_m = rng.uniform((west, south), (east, north), (2, 150, 2))
    return scene, station_m, user_m


# --- layout ---


def test_layout_of_a_link_from_west_to_east(twin):
    (image,) = twin.draw((-150.0, 0.0), [(150.0, 0.0)])
    assert image.shape == (256, 256, 3) and image.dtype == np.uint8
    # The site map: 400 m over 118 of 128 pixels, its middle between rows 127 and 128.
    per_m = 118 / 400
    assert (image[[127, 128], 64] == style.LINK).all()
    assert (image[[122, 133], 64] == style.BUILDING).all()
    assert (image[128, round(64 - 150 * per_m)] == style.BASE_STATION).all()
    assert (image[128, round(64 + 150 * per_m)] == style.USER).all()
    assert (image[round(128 - 175 * per_m), round(64 - 150 * per_m)] == style.FOLIAGE).all(), "north is up"
    assert (image[round(128 + 175 * per_m), round(64 - 150 * per_m)] == style.GROUND).all()
    assert (image[[0, 255], 64] == style.GROUND).all()
    # The zooms: 600 m over 128 pixels, the station above at column 192, row 64, the user below at row 192.
    assert (image[64, 192] == style.BASE_STATION).all() and (image[192, 192] == style.USER).all()
    assert (image[63:65, 200:250] == style.LINK).all() and (image[63:65, 128:185] == style.GROUND).all()
    assert (image[191:193, 134:186] == style.LINK).all() and (image[191:193, 200:256] == style.GROUND).all()
    # The house begins 100 m east of the station and 100 m west of the user.
    near_px, far_px = 100 * ZOOM_PER_M, 200 * ZOOM_PER_M
    assert (image[60, 192 + round(near_px) + 1 : 192 + round(far_px) - 1] == style.BUILDING).all()
    assert (image[188, 192 - round(far_px) + 1 : 192 - round(near_px) - 1] == style.BUILDING).all()
    assert (image[60, 192 + round(far_px) + 1 : 250] == style.GROUND).all()
    assert (image[188, 192 - round(near_px) + 1 : 186] == style.GROUND).all()


def test_zooms_show_what_is_around_either_end(twin):
    (image,) = twin.draw((-80.0, 0.0), [(-120.0, 120.0)])
    house = round(192 + 30 * ZOOM_PER_M)  # its western wall, 30 m east of the station
    assert (image[72, house + 1 : house + 10] == style.BUILDING).all()
    assert (image[72, house - 10 : house - 1] == style.GROUND).all()
    assert (image[192 - 12, 177:192] == style.FOLIAGE).all() and (image[192 + 12, 177:192] == style.GROUND).all()


def test_later_things_lie_over_earlier_ones():
    twin = DigitalTwin(scene_of(HOUSE), foliage_of(shapely.box(-100, -100, 100, 100)))
    (image,) = twin.draw((0.0, 0.0), [(0.0, 0.0)])
    assert (image[192, 192] == style.USER).all(), "over the station, the house and the wood"
    assert (image[192 + 3, 192] == style.BASE_STATION).all()
    assert (image[192 + 8, 192] == style.BUILDING).all()
    assert (image[192 + 16, 192] == style.FOLIAGE).all()


def test_site_map_keeps_proportions_and_shows_the_ground_around():
    wide = (-400.0, -50.0, 400.0, 50.0)
    twin = DigitalTwin(scene_of(shapely.box(-20, 300, 20, 340), HOUSE, bounds_m=wide))
    (image,) = twin.draw((-400.0, -50.0), [(400.0, 50.0)])
    per_m = 118 / 800
    assert (image[round(128 - 320 * per_m), 64] == style.BUILDING).all(), "a house north of the site"
    assert (image[round(128 + 50 * per_m), 5] == style.BASE_STATION).all()
    assert (image[round(128 - 50 * per_m), 123] == style.USER).all()


def test_positions_count_to_a_fraction_of_a_pixel(twin):
    images = twin.draw((0.0, 0.0), [(100.0, 100.0), (100.1, 100.0)])
    assert (images[0] != images[1]).any()
    assert (np.abs(images[0].astype(int) - images[1]).max(axis=2) > 30).mean() < 0.001


# --- anti-aliasing ---


def covered_share(polygon, column, row, pixel_m, pixels):
    """(pixels, pixels) share of each that a polygon covers, by shapely."""
    x_m = (column + np.arange(pixels)) * pixel_m
    y_m = -(row + np.arange(pixels)) * pixel_m
    cells = shapely.box(x_m[None, :], y_m[:, None] - pixel_m, x_m[None, :] + pixel_m, y_m[:, None])
    return shapely.area(shapely.intersection(cells, polygon)) / pixel_m**2


@pytest.mark.parametrize(("column", "row"), [(-64, -64), (-100, -31), (5, -128), (128, 256)])
def test_a_pixel_is_blended_by_the_area_that_is_covered(column, row):
    courtyard = shapely.Polygon([(-40, -33), (55, -20), (47, 60), (-31, 44)], [[(-9, -5), (20, 1), (17, 30), (-4, 21)]])
    trees = shapely.Polygon([(-90, 10), (-45, -80), (90, -60), (60, -40)])
    ground = Ground(polygons(trees), polygons(courtyard, shapely.box(188, -460, 231.3, -401.7)))
    window = ground.window(column, row, 1.5)[..., :3].astype(float)
    expected = np.full(window.shape, style.GROUND, dtype=float)
    for layer, colour in (
        ([trees], style.FOLIAGE),
        ([courtyard, shapely.box(188, -460, 231.3, -401.7)], style.BUILDING),
    ):
        share = covered_share(shapely.union_all(layer), column, row, 1.5, 128)[..., None]
        expected += share * (np.array(colour) - expected)
    assert 0 < (expected < 255).any(axis=2).mean() < 1
    assert np.abs(window - expected).max() <= 4  # of 255: Agg counts in 256ths of a pixel


def test_houses_wall_to_wall_show_no_seam():
    row_of_houses = polygons(
        *(shapely.box(7.3 * i, 0, 7.3 * (i + 1), 40) for i in range(10)), shapely.box(10, 10, 60, 30)
    )
    window = Ground(NONE, row_of_houses).window(2, -24, 1.5)
    assert (window[:22, :45, :3] == style.BUILDING).all()


@pytest.mark.parametrize(("column", "row"), [(0, 0), (-1, -127), (61, 200)])
def test_windows_are_the_ground_drawn_as_a_whole(city, column, row):
    ground = Ground(NONE, shapely.get_parts(city[0].buildings.footprints))
    whole = ground.drawn((column * 1.5, -row * 1.5), 1.5, 128, 128).astype(int)
    assert np.abs(ground.window(column, row, 1.5) - whole).max() <= 2


# --- equal bytes ---


def test_equal_bytes_for_any_order_blocks_threads_and_settings(city, tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    scene, station_m, user_m = city
    expected = DigitalTwin(scene).draw(station_m, user_m)
    assert len(np.unique(expected.reshape(len(expected), -1), axis=0)) == len(expected)

    DigitalTwin(scene).write(tmp_path / "images.npy", station_m, user_m, progress=False)
    np.testing.assert_array_equal(read_images(tmp_path / "images.npy"), expected)

    shuffled = np.random.default_rng(0).permutation(len(user_m))
    np.testing.assert_array_equal(DigitalTwin(scene).draw(station_m[shuffled], user_m[shuffled]), expected[shuffled])

    twin = DigitalTwin(scene)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda rows: twin.draw(station_m[rows], user_m[rows]), np.array_split(np.arange(150), 8))
    np.testing.assert_array_equal(np.concatenate(list(parts)), expected)

    odd = {"path.simplify": False, "path.snap": True, "path.sketch": (3, 100, 2), "lines.antialiased": False}
    odd |= {"patch.antialiased": False, "figure.dpi": 300, "lines.solid_capstyle": "round", "agg.path.chunksize": 101}
    with matplotlib.rc_context(odd):
        np.testing.assert_array_equal(DigitalTwin(scene).draw(station_m, user_m), expected)


def test_one_station_serves_all_users(city):
    scene, station_m, user_m = city
    twin = DigitalTwin(scene)
    each = np.broadcast_to(station_m[0], user_m[:5].shape)
    np.testing.assert_array_equal(twin.draw(station_m[0], user_m[:5]), twin.draw(each, user_m[:5]))


# --- files ---


def test_scaled_spans_minus_one_to_one():
    values = scaled(np.array([0, 51, 255], dtype=np.uint8))
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, np.float32([-1, -0.6, 1]))


def test_images_are_read_as_a_map(twin, tmp_path):
    path = tmp_path / "images.npy"
    twin.write(path, (0.0, 0.0), [(10.0, 10.0)] * 3, progress=False)
    images = read_images(path)
    assert isinstance(images, np.memmap) and images.shape == (3, 256, 256, 3) and not images.flags.writeable
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileFormatError, match="images.npy.*write the images again"):
        read_images(path)


@pytest.mark.parametrize("array", [np.zeros((2, 64, 64, 3), np.uint8), np.zeros((2, 256, 256, 3)), np.array([{}])])
def test_other_arrays_are_refused(array, tmp_path):
    np.save(tmp_path / "other.npy", array)
    with pytest.raises(FileFormatError, match=r"other\.npy"):
        read_images(tmp_path / "other.npy")


@pytest.mark.parametrize(
    ("fault", "raised"), [(OSError(28, "No space left on device"), InputError), (KeyboardInterrupt, None)]
)
def test_a_file_is_written_whole_or_not_at_all(fault, raised, tmp_path):
    path = tmp_path / "images.npy"
    path.write_bytes(b"what was there")

    def blocks():
        yield np.zeros((1, 256, 256, 3), np.uint8)
        raise fault

    with pytest.raises(raised or KeyboardInterrupt):
        write_blocks(path, 2, blocks())
    assert [item.name for item in tmp_path.iterdir()] == ["images.npy"]
    assert path.read_bytes() == b"what was there"


# --- refused input ---


@pytest.mark.parametrize(
    ("station_m", "user_m", "message"),
    [
        ((300.0, 0.0), [(0.0, 0.0)], r"base_station_m: row 0 \(300.0, 0.0\) m lies outside the site.*bounds_m="),
        ((0.0, 0.0), [(0.0, 0.0), (0.0, -200.1)], "user_m: row 1 .* outside"),
        ((np.nan, 0.0), [(0.0, 0.0)], "base_station_m: row 0 .* not finite"),
        ((0.0, 0.0), [(0.0, 0.0), (np.inf, 0.0)], "user_m: row 1 .* not finite"),
        ((0.0, 0.0, 20.0), [(0.0, 0.0)], r"base_station_m: shape \(3,\)"),
        ((0.0, 0.0), np.empty((0, 2)), r"user_m: shape \(0, 2\)"),
        ((0.0, 0.0), [("east", "north")], "user_m: .* other than numbers"),
        ([(0.0, 0.0)] * 2, [(0.0, 0.0)] * 3, "2 stations for 3 users"),
    ],
)
def test_positions_that_cannot_be_drawn(twin, tmp_path, station_m, user_m, message):
    with pytest.raises(InputError, match=message):
        twin.draw(station_m, user_m)
    with pytest.raises(InputError, match=message):
        twin.write(tmp_path / "images.npy", station_m, user_m)
    assert list(tmp_path.iterdir()) == []


def test_a_scene_with_nothing_to_draw():
    empty = Scene(
        Buildings.from_polygons([], height_m=10.0), BaseStations(x_m=[0.0], y_m=[0.0]), receiver_bounds_m=BOUNDS_M
    )
    with pytest.raises(InputError, match="no buildings and no foliage"):
        DigitalTwin(empty)
    with pytest.raises(InputError, match="no buildings and no foliage"):
        DigitalTwin(empty, foliage_of())
    assert len(DigitalTwin(empty, foliage_of(WOOD)).draw((0.0, 0.0), [(1.0, 1.0)])) == 1


def test_foliage_of_another_frame():
    with pytest.raises(InputError, match=r"foliage: .* Foliage.read\(path, scene.frame\)"):
        DigitalTwin(scene_of(HOUSE), foliage_of(WOOD, frame=LocalFrame(origin_x_m=5.0)))


@pytest.mark.parametrize("bounds_m", [(0, 0, 0, 10), (10, 0, 0, 10), (0, 0, np.nan, 10), (0, 0, 10), "site"])
def test_bounds_that_are_none(bounds_m):
    with pytest.raises(InputError, match="bounds_m"):
        DigitalTwin(scene_of(HOUSE), bounds_m=bounds_m)


# --- a real campus ---


def test_dortmund_campus(shared_data):
    pandas = pytest.importorskip("pandas")
    town = Buildings.read(shared_data("dortmund_multimno/tudo_campus_2018.osm.gz"))
    rows = pandas.read_csv(shared_data("dortmund_multimno/measurements.csv.gz")).dropna(subset=["rsrp_dbm"])
    cells = pandas.read_csv(shared_data("dortmund_multimno/cells_nolicence.csv"))
    rows = rows.merge(cells, on=["mno", "eci"], suffixes=("", "_bs"))
    for end in ("", "_bs"):
        rows = rows[rows[f"lat{end}"].between(51.4886, 51.4949) & rows[f"lon{end}"].between(7.402, 7.4211)]
    assert len(rows) == 4356
    station_m = np.column_stack(town.frame.from_lonlat(rows["lon_bs"], rows["lat_bs"]))
    user_m = np.column_stack(town.frame.from_lonlat(rows["lon"], rows["lat"]))
    scene = Scene(town, BaseStations(x_m=station_m[:1, 0], y_m=station_m[:1, 1], frame=town.frame))
    foliage = Foliage.read(shared_data("dortmund_multimno/tudo_campus_2018.osm.gz"), town.frame)
    assert len(foliage) == 28
    twin = DigitalTwin(scene, foliage)
    images = twin.draw(station_m[::50], user_m[::50])
    shares = [(images == colour).all(axis=3).mean() for colour in (style.BUILDING, style.FOLIAGE)]
    assert 0.05 < shares[0] < 0.3 and 0.03 < shares[1] < 0.3
