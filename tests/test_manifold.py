"""The coverage map: layout, look-ups, summary, pictures and files."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import matplotlib
import numpy as np
import pytest
import rasterio
import xarray

from maps import CELLS, INDOOR_CELL, ORIGIN_X_M, ORIGIN_Y_M, coverage_map, ramp, scene
from radiocore.errors import InputError
from radiocore.io.atomic import atomic_path
from radiocore.io.writers import check_output, output_suffixes, writer_for

matplotlib.use("Agg")


def test_import_needs_numpy_only():
    heavy = ("xarray", "pandas", "matplotlib", "rasterio", "rioxarray", "shapely", "pyproj", "fastkml")
    ours = "radiocore.manifold, radiocore.plot, radiocore.validation"
    code = f"import sys, {ours}; print([name for name in {heavy} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# --- layout


def test_rows_run_from_north_to_south_and_columns_from_west_to_east():
    data = coverage_map().dataset
    assert data["coverage"].dims == ("y", "x")
    np.testing.assert_array_equal(data["x"], ORIGIN_X_M + np.arange(5, 60, 10))
    np.testing.assert_array_equal(data["y"], ORIGIN_Y_M + np.arange(35, 0, -10))
    np.testing.assert_array_equal(data["coverage"], ramp()[0].reshape(4, 6)[::-1])


def test_several_thresholds_are_a_dimension():
    chart = coverage_map(threshold_db=(0.0, 5.0), sampled=True)
    assert chart.dataset["coverage"].dims == chart.dataset["standard_error"].dims == ("threshold", "y", "x")
    np.testing.assert_array_equal(chart.dataset["threshold"], [0.0, 5.0])
    assert chart.dataset["threshold"].attrs["units"] == "dB"
    assert chart.coverage.shape == (2, 4, 6)
    assert chart.threshold_db == (0.0, 5.0)


def test_one_threshold_is_a_scalar():
    chart = coverage_map(threshold_db=(3.0,))
    assert float(chart.dataset["threshold"]) == 3.0
    assert chart.coverage.shape == (1, 4, 6)
    assert "standard_error" not in chart.dataset
    assert "carrier" not in chart.dataset


def test_every_variable_has_a_name_and_those_with_units_tell_them():
    for name, variable in coverage_map(sampled=True, carrier=np.zeros(CELLS)).dataset.data_vars.items():
        assert variable.attrs["long_name"], name
        assert "units" in variable.attrs or variable.dtype == bool, name


def test_no_server_is_no_power():
    corner = coverage_map().at_xy(1.0, 1.0)
    assert int(corner["server"]) == -1
    assert np.isnan(corner["server_power_dbm"])
    assert str(corner["station_id"].values) == ""
    assert not corner["server_line_of_sight"]


def test_masked_indoor_cells_have_no_data():
    chart = coverage_map(indoor="masked", sampled=True)
    hidden = np.isnan(chart.coverage[0])
    np.testing.assert_array_equal(hidden, ~chart.dataset["outdoor"].values)
    assert hidden.sum() == 1
    assert hidden[::-1].ravel()[INDOOR_CELL]
    assert chart.dataset["server"].values[hidden] == -1
    assert np.isnan(chart.dataset["standard_error"].values[hidden])


def test_blocked_indoor_cells_keep_their_value_and_stay_out_of_the_summary():
    chart = coverage_map()
    assert not np.isnan(chart.coverage).any()
    assert chart.summary().share_served == pytest.approx((np.delete(ramp()[0], INDOOR_CELL).mean(),))
    assert chart.summary().share_served == coverage_map(indoor="masked").summary().share_served


@pytest.mark.parametrize("indoor", ["blocked", "masked"])
def test_excluded_cells_have_no_data_and_no_share(indoor):
    excluded = np.arange(CELLS) >= 18  # the northern row
    several = {"carriers": ("a", "b", "b"), "carrier": np.zeros(CELLS)}
    chart = coverage_map(excluded=excluded, indoor=indoor, sampled=True, **several)
    top = chart.dataset.isel(y=0)
    for name in ("coverage", "standard_error", "server_power_dbm"):
        assert np.isnan(top[name]).all(), name
    assert (top["server"] == -1).all()
    assert (top["carrier"] == -1).all()
    assert not top["outdoor"].any()
    assert not top["server_line_of_sight"].any()
    told = chart.summary()
    kept = np.delete(ramp()[0][:18], INDOOR_CELL)
    assert told.outdoor_cells == kept.size
    assert told.share_served == pytest.approx((kept.mean(),))
    assert np.isfinite(chart.coverage[0, 1:]).sum() == 18 - (indoor == "masked")


def test_crs_and_provenance_are_inside():
    chart = coverage_map()
    assert chart.dataset.rio.crs.to_epsg() == 32610
    assert chart.dataset.rio.bounds() == chart.extent
    assert chart.provenance == {"version": "1.2.3", "method": "exact", "seed": 7, "noise_dbm": "-inf", "draws": 5}
    json.loads(chart.dataset.attrs["provenance"], parse_constant=pytest.fail)
    assert chart.dataset.attrs["attribution"] == "Buildings: the town; Stations: the operator"


# --- look-ups


def test_at_xy_takes_the_cell_that_holds_the_point():
    chart = coverage_map()
    cell = chart.at_xy(39.9, 10.1)
    assert cell["coverage"].ndim == 0
    assert float(cell["coverage"]) == ramp()[0][1 * 6 + 3]
    assert str(cell["station_id"].values) == "east"


def test_at_finds_what_at_xy_finds():
    chart = coverage_map()
    for x_m, y_m in ((5.0, 5.0), (33.0, 21.0), (60.0, 40.0), (0.0, 0.0)):
        inward = (x_m - 1e-6 * np.sign(x_m - 30), y_m - 1e-6 * np.sign(y_m - 20))
        found = chart.at(*chart.scene.frame.to_lonlat(*inward))
        xarray.testing.assert_identical(found, chart.at_xy(x_m, y_m))


def test_outside_names_the_extent():
    chart = coverage_map()
    with pytest.raises(InputError, match=r"\(61, 20\) lies outside the map, .* \(0, 0\) to \(60, 40\)"):
        chart.at_xy(61, 20)
    with pytest.raises(InputError, match=r"outside the map, .* \(-123\.2\d+, 49\.2\d+\)"):
        chart.at(0.0, 51.0)
    with pytest.raises(InputError, match="outside"):
        chart.at_xy(float("nan"), 20)


def test_swapped_degrees_are_told():
    chart = coverage_map()
    longitude, latitude = (float(degrees) for degrees in chart.scene.frame.to_lonlat(30.0, 20.0))
    with pytest.raises(InputError, match=rf"longitude comes first: at\({longitude}, {latitude}\) lies on it"):
        chart.at(latitude, longitude)
    with pytest.raises(InputError, match=r"\)$"):
        chart.at(longitude + 1, latitude)


@pytest.mark.parametrize("wrong", [[1.0, 2.0], np.array([1.0]), "5", None, True])
def test_look_ups_take_one_point(wrong):
    for look_up in (coverage_map().at, coverage_map().at_xy):
        with pytest.raises(InputError, match="takes one number, .* give one point at a time"):
            look_up(wrong, 5.0)
        with pytest.raises(InputError, match="takes one number"):
            look_up(5.0, wrong)


def test_at_without_crs_is_refused():
    chart = coverage_map(crs=None)
    assert float(chart.at_xy(5, 5)["coverage"]) == 0.0
    with pytest.raises(InputError, match="no CRS"):
        chart.at(0.0, 0.0)


def test_unknown_threshold_names_the_known():
    with pytest.raises(InputError, match="the map has 0, 5 dB, not 3"):
        coverage_map(threshold_db=(0.0, 5.0)).threshold_row(3)


def test_update_simulates_the_changed_scene():
    chart = coverage_map()
    seen = []
    chart = coverage_map(resimulate=lambda changed: seen.append(changed) or chart)
    moved = chart.scene.with_station_moved("west", x_m=6.0)
    chart.update(moved)
    assert seen == [moved]


# --- summary


def test_summary_counts_outdoor_cells():
    told = coverage_map(threshold_db=(0.0, 5.0), sampled=True).summary()
    outdoors = np.delete(ramp(2), INDOOR_CELL, axis=1)
    assert told.share_served == pytest.approx(tuple(outdoors.mean(axis=1)))
    assert told.share_at_half == pytest.approx(tuple((outdoors >= 0.5).mean(axis=1)))
    assert told.share_at_ninety == pytest.approx(tuple((outdoors >= 0.9).mean(axis=1)))
    assert told.outdoor_cells == CELLS - 1
    assert told.outdoor_area_km2 == pytest.approx(23 * 100 / 1e6)
    assert (told.serving_stations, told.stations) == (2, 3)
    assert told.largest_standard_error == 0.01
    assert told.share_line_of_sight == pytest.approx(7 / 23)  # every third of 24 but the one without a server
    assert json.loads(json.dumps(told.to_dict()))["method"] == "exact"
    assert "47.8 % of the outdoor area" not in str(told)
    assert f"{100 * told.share_served[1]:.1f} % of the outdoor area is expected to be served" in str(told)


def test_summary_says_what_an_approximate_method_does_not_know():
    unreached = coverage_map().summary()  # one of 23 outdoor cells has no server
    assert unreached.share_without_server == pytest.approx(1 / 23)
    assert "No station within the method's reach: 4.3 % of the outdoor area" in str(unreached)
    nothing = {"server": np.full(CELLS, -1), "server_los": np.zeros(CELLS, dtype=bool)}
    provenance = {"method": "blind", "outdoor_receivers": 20, "outdoor_receivers_outside_terrain_fit": 5}
    blind = coverage_map(**nothing, provenance=provenance).summary()
    assert blind.share_line_of_sight is None and blind.share_without_server is None
    assert blind.share_outside_terrain_fit == 0.25
    assert "Serving stations: method blind names none" in str(blind)
    assert "Line of sight to the server" not in str(blind)
    assert "outside the range of the line-of-sight model: 25.0 % of the outdoor receivers" in str(blind)
    assert "outside the range" not in str(unreached)


def test_summary_of_several_carriers_says_that_it_is_the_best():
    names = ("LTE a", "LTE b", "LTE b")
    alone = {"LTE a": (0.25, 0.125), "LTE b": (0.75, 0.5)}
    chart = coverage_map(
        threshold_db=(0.0, 5.0), carriers=names, carrier=np.arange(CELLS) % 2, share_served_by_carrier=alone
    )
    told = chart.summary()
    assert "best of 2 carriers at each point" in str(told)
    assert "no single subscriber gets" in str(told)
    assert "no single subscriber gets" not in str(coverage_map().summary())
    assert told.share_served_by_carrier == alone
    assert "75.0 %" in str(told)
    assert list(chart.dataset["carrier_name"].values) == ["LTE a", "LTE b"]
    assert int(chart.at_xy(15, 5)["carrier"]) == 1


def test_summary_without_outdoor_cells():
    told = coverage_map(inside=np.ones(CELLS, dtype=bool), indoor="masked").summary()
    assert told.share_served == (None,)
    assert told.share_line_of_sight is None
    assert "none of the outdoor area" in str(told)


# --- files


def test_the_promised_formats_are_there():
    assert {".kml", ".nc", ".png", ".tif", ".tiff"} <= set(output_suffixes())


@pytest.mark.parametrize("suffix", output_suffixes())
def test_every_format_writes_one_file_with_the_same_bytes_twice(tmp_path, suffix):
    assert suffix in writer_for(f"map{suffix.upper()}").SUFFIXES
    chart = coverage_map(threshold_db=(0.0, 5.0), sampled=True, indoor="masked")
    for name in ("a", "b"):
        check_output(tmp_path / f"{name}{suffix}", chart.scene)
        chart.write(tmp_path / f"{name}{suffix}")
    assert sorted(os.listdir(tmp_path)) == [f"a{suffix}", f"b{suffix}"]
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_unknown_suffix_names_the_known():
    with pytest.raises(InputError, match=r"'\.tfi' is not one of \.kml, \.nc, .* \(did you mean '\.ti"):
        coverage_map().write("map.tfi")


def test_geotiff_is_north_up_and_on_its_place(tmp_path):
    chart = coverage_map(threshold_db=(0.0, 5.0), sampled=True, indoor="masked")
    chart.write(tmp_path / "map.tif")
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert raster.crs.to_epsg() == 32610
        assert tuple(raster.bounds) == (ORIGIN_X_M, ORIGIN_Y_M, ORIGIN_X_M + 60, ORIGIN_Y_M + 40)
        assert (raster.transform.c, raster.transform.f) == (ORIGIN_X_M, ORIGIN_Y_M + 40)
        assert raster.transform.e == -10
        assert raster.descriptions == (
            "P(SINR > 0 dB)",
            "P(SINR > 5 dB)",
            "standard error of P(SINR > 0 dB)",
            "standard error of P(SINR > 5 dB)",
            "mean received power of the server",
        )
        assert raster.units == ("1", "1", "1", "1", "dBm")
        assert set(raster.dtypes) == {"float32"}
        assert np.isnan(raster.nodata)
        assert json.loads(raster.tags()["PROVENANCE"]) == chart.provenance
        assert raster.tags()["TIFFTAG_SOFTWARE"] == "radiocore 1.2.3"
        np.testing.assert_array_equal(raster.read(2), chart.coverage[1].astype(np.float32))
        [value] = raster.sample([(ORIGIN_X_M + 39.9, ORIGIN_Y_M + 10.1)], indexes=1)
        assert value == np.float32(ramp()[0][9])
    assert os.listdir(tmp_path) == ["map.tif"]


def test_geotiff_of_another_crs_keeps_values_in_place(tmp_path):
    chart = coverage_map()
    chart.to_geotiff(tmp_path / "map.tif", crs="EPSG:4326")
    longitude, latitude = chart.scene.frame.to_lonlat(35.0, 15.0)
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        [value] = raster.sample([(float(longitude), float(latitude))], indexes=1)
        assert value == np.float32(ramp()[0][9])
        np.testing.assert_array_less(np.nan_to_num(raster.read(1)), 1.0001)
    with pytest.raises(InputError, match="not a CRS"):
        chart.to_geotiff(tmp_path / "bad.tif", crs="EPSG:0")
    with pytest.raises(InputError, match="no CRS"):
        coverage_map(crs=None).to_geotiff(tmp_path / "bad.tif", crs="EPSG:4326")
    assert os.listdir(tmp_path) == ["map.tif"]


def test_netcdf_round_trip(tmp_path):
    chart = coverage_map(threshold_db=(0.0, 5.0), sampled=True, indoor="masked")
    chart.to_netcdf(tmp_path / "map.nc")
    with xarray.open_dataset(tmp_path / "map.nc", decode_coords="all") as back:
        xarray.testing.assert_equal(back.load(), chart.dataset)
        assert back.attrs == chart.dataset.attrs
        assert back.attrs["Conventions"] == "CF-1.11"
        for name in ("outdoor", "server_line_of_sight"):
            assert back[name].dtype == back[name].attrs["flag_values"].dtype == np.int8
        assert back.rio.crs.to_epsg() == 32610
    with xarray.open_dataset(tmp_path / "map.nc", decode_cf=False) as raw:
        assert not any("_FillValue" in raw[name].attrs for name in ("x", "y", "threshold"))
        assert not any("dtype" in variable.attrs for variable in raw.variables.values())
        assert raw["outdoor"].attrs["grid_mapping"] == "spatial_ref"


def test_a_suffix_of_another_format_is_refused(tmp_path):
    for name in ("map.xyz", "map.png", "map"):
        with pytest.raises(InputError, match=r"map"):
            coverage_map().to_geotiff(tmp_path / name)
    with pytest.raises(InputError, match=r"is named \.tif or \.tiff, not '\.nc'"):
        coverage_map().to_geotiff(tmp_path / "map.nc")
    coverage_map().to_geotiff(tmp_path / "map.tiff")
    assert os.listdir(tmp_path) == ["map.tiff"]


@pytest.mark.parametrize("suffix", [".tif", ".nc", ".png"])
def test_without_crs_written_in_scene_metres(tmp_path, suffix):
    coverage_map(crs=None).write(tmp_path / f"map{suffix}")
    if suffix == ".tif":
        with rasterio.open(tmp_path / "map.tif") as raster:
            assert raster.crs is None
            assert tuple(raster.bounds) == (0, 0, 60, 40)
    if suffix == ".nc":
        with xarray.open_dataset(tmp_path / "map.nc") as back:
            np.testing.assert_array_equal(back["x"], np.arange(5, 60, 10))


def test_kml_covers_every_cell_once_and_names_the_stations(tmp_path):
    import shapely
    from fastkml import KML, Folder, Placemark
    from fastkml.utils import find_all

    chart = coverage_map(threshold_db=(0.0, 5.0), indoor="masked")
    chart.to_kml(tmp_path / "map.kml")
    document = KML.parse(tmp_path / "map.kml")
    folders = {folder.name: folder for folder in find_all(document, of_type=Folder)}
    assert list(folders) == ["P(SINR > 0 dB)", "P(SINR > 5 dB)", "Base stations"]
    masts = {place.name: place.geometry for place in find_all(folders["Base stations"], of_type=Placemark)}
    assert set(masts) == {"west", "east", "far"}
    np.testing.assert_allclose(masts["far"].coords[0], chart.scene.frame.to_lonlat(90.0, 20.0), atol=1e-7)
    classes = {place.name: place for place in find_all(folders["P(SINR > 0 dB)"], of_type=Placemark)}
    styles = {style.id for style in document.features[0].styles}
    area_m2 = 0.0
    for name, place in classes.items():
        assert place.style_url.url[1:] in styles
        flat = shapely.transform(
            shapely.geometry.shape(place.geometry.__geo_interface__),
            lambda pairs: np.column_stack(chart.scene.frame.from_lonlat(*pairs.T)),
        )
        assert flat.is_valid
        area_m2 += flat.area
        low = int(name.split()[0]) / 100
        cells = (chart.coverage[0] >= low) & (chart.coverage[0] < low + 0.1 + (low == 0.9))
        assert flat.area == pytest.approx(100 * cells.sum(), rel=1e-2)
    assert area_m2 == pytest.approx(100 * (CELLS - 1), rel=1e-3)


def test_kml_needs_a_crs(tmp_path):
    with pytest.raises(InputError, match="needs a CRS"):
        coverage_map(crs=None).write(tmp_path / "map.kml")
    with pytest.raises(InputError, match="needs a CRS"):
        check_output(tmp_path / "map.kml", scene(crs=None))
    assert not os.listdir(tmp_path)


# --- written whole or not at all


def test_a_failing_writer_leaves_nothing_and_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "map.tif").write_bytes(b"old")

    def fail(manifold, path, **options):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("radiocore.io.manifold_geotiff.write", fail)
    with pytest.raises(KeyboardInterrupt):
        coverage_map().write(tmp_path / "map.tif")
    assert os.listdir(tmp_path) == ["map.tif"]
    assert (tmp_path / "map.tif").read_bytes() == b"old"


def test_a_full_disk_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"map\.tif: cannot be written: No space left"):
        with atomic_path(tmp_path / "map.tif"):
            raise OSError(28, "No space left on device")
    assert not os.listdir(tmp_path)


def test_a_link_is_followed_and_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "map.bin").symlink_to(tmp_path / "real" / "map.bin")
    with atomic_path(tmp_path / "map.bin") as temporary:
        temporary.write_bytes(b"new")
    assert (tmp_path / "map.bin").is_symlink()
    assert (tmp_path / "real" / "map.bin").read_bytes() == b"new"


def test_destinations_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        coverage_map().write(tmp_path / "nowhere" / "map.tif")
    with pytest.raises(InputError, match="is a folder"):
        (tmp_path / "map.tif").mkdir()
        coverage_map().to_geotiff(tmp_path / "map.tif")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_is_read_only(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="not writable"):
        coverage_map().write(tmp_path / "map.tif")


# --- pictures


def test_plot_shows_the_map_its_buildings_stations_and_sources():
    chart = coverage_map(threshold_db=(0.0, 5.0))
    figure = matplotlib.figure.Figure()
    ax = chart.plot(figure.add_subplot(), threshold_db=5.0)
    [image] = ax.images
    np.testing.assert_array_equal(image.get_array(), chart.coverage[1])
    assert image.get_extent() == [0, 60, 0, 40]
    assert (image.norm.vmin, image.norm.vmax) == (0, 1)
    words = " ".join(text.get_text() for text in [*ax.texts, *ax.get_legend().get_texts(), ax.title])
    assert "SINR > 5 dB (one of 0, 5 dB)" in words
    assert "method exact" in words
    assert "base station (2, 1 more beyond the edge)" in words
    assert "Stations: the operator" in words
    [buildings] = ax.collections
    [hall] = buildings.get_paths()
    assert hall.contains_point((25, 15))
    assert (hall.codes == hall.MOVETO).sum() == 2  # the outline and its courtyard
    assert not chart.plot(figure.add_subplot(), show_buildings=False).collections
    first = chart.plot(figure.add_subplot())
    assert any("SINR > 0 dB (first of 0, 5 dB)" in text.get_text() for text in first.texts)
    with pytest.raises(InputError, match="threshold_db"):
        chart.plot(figure.add_subplot(), threshold_db=1.0)


@pytest.mark.parametrize("name", ["10 m      N", "the operator"])
def test_scale_bar_and_sources_lie_below_the_map(name):
    ax = coverage_map().plot(matplotlib.figure.Figure(layout="constrained").add_subplot())
    ax.figure.draw_without_rendering()
    [text] = [text for text in ax.texts if name in text.get_text()]
    assert text.get_window_extent().y1 < ax.get_window_extent().y0


def test_plot_makes_its_own_figure():
    from matplotlib import pyplot

    ax = coverage_map(crs=None, indoor="masked").plot()
    ax.figure.canvas.draw()
    pyplot.close(ax.figure)


def test_png_is_a_picture_with_its_provenance(tmp_path):
    import matplotlib.image

    chart = coverage_map()
    chart.to_png(tmp_path / "map.png")
    picture = matplotlib.image.imread(tmp_path / "map.png")
    assert min(picture.shape[:2]) > 400
    assert b"1.2.3" in (tmp_path / "map.png").read_bytes()
