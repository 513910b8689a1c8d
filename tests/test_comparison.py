"""The difference of two maps, against NumPy on arrays written down here."""

import numpy as np
import pytest

from maps import CELLS, INDOOR_CELL, coverage_map, ramp
from radiocore import InputError, ReceiverGrid, Scene, simulate_manifold
from radiocore.comparison import MapComparison

OUTDOOR = np.arange(CELLS) != INDOOR_CELL


def shifted(thresholds=1, by=0.25):
    """The small map with its coverage lowered, never below zero."""
    return np.maximum(ramp(thresholds) - by, 0.0)


def test_figures_are_those_of_the_outdoor_cells():
    found = coverage_map().compare(coverage_map(coverage=shifted()))
    loss = (ramp() - shifted())[0, OUTDOOR]
    assert found.cells == CELLS - 1
    assert found.mean[0] == pytest.approx(loss.mean())
    assert found.median[0] == pytest.approx(np.median(loss))
    assert found.percentile_95[0] == pytest.approx(np.sort(loss)[-2])  # all the large ones are 0.25
    assert found.maximum == (0.25,)


def test_difference_is_a_map_north_up_and_empty_indoors():
    first = coverage_map()
    difference = first.compare(coverage_map(coverage=shifted())).difference
    assert difference.dims == ("y", "x")
    assert np.isnan(difference.values[::-1].ravel()).tolist() == (~OUTDOOR).tolist()
    assert difference.values[0, -1] == 0.25  # the north-east corner, where the ramp ends
    np.testing.assert_array_equal(difference.x, first.dataset.x)


def test_a_map_is_no_distance_from_itself_and_order_turns_the_sign():
    first, second = coverage_map(), coverage_map(coverage=shifted())
    assert first.compare(first).maximum == (0.0,)
    one, other = first.compare(second), second.compare(first)
    np.testing.assert_array_equal(one.difference, -other.difference)
    assert (one.mean, one.maximum) == (other.mean, other.maximum)


def test_several_thresholds_are_told_apart():
    levels = (0.0, 5.0)
    found = coverage_map(threshold_db=levels).compare(coverage_map(threshold_db=levels, coverage=0 * ramp(2)))
    assert found.difference.dims == ("threshold", "y", "x")
    assert found.maximum == (1.0, 0.5)
    assert "SINR > 5 dB: mean difference 0.2" in str(found)
    assert found.to_dict()["threshold_db"] == levels


def test_cells_that_one_map_does_not_know_are_left_out():
    excluded = np.arange(CELLS) < 4
    found = coverage_map(excluded=excluded).compare(coverage_map(coverage=shifted()))
    assert found.cells == CELLS - 1 - 4
    nothing = coverage_map(inside=np.ones(CELLS, dtype=bool)).compare(coverage_map())
    assert nothing.cells == 0 and nothing.mean == (None,) and nothing.maximum == (None,)
    assert "No cell" in str(nothing)


def test_what_differs_is_named():
    town = Scene.synthetic(side_m=200, seed=1)

    def on(resolution_m=20.0, height_m=1.5, scene=town, **options):
        return simulate_manifold(scene, ReceiverGrid.over(scene, resolution_m, height_m), progress=False, **options)

    first = on()
    half = ReceiverGrid(first.grid.x_m + 2.0, first.grid.y_m)
    wide = ReceiverGrid(first.grid.x_m, first.grid.y_m[:-1])
    for second, complaint in (
        (on(resolution_m=10.0), r"resolution_m is \(20.0, 20.0\) in one map and \(10.0, 10.0\) m"),
        (on(height_m=0.0), "height_m is 1.5 in one map and 0.0 m"),
        (on(threshold_db=3.0), r"threshold_db: one map has \(0.0,\) dB, the other \(3.0,\)"),
        (
            simulate_manifold(town, half, progress=False),
            r"extends over \(0.0, 0.0, 200.0, 200.0\), the other over \(2.0",
        ),
        (simulate_manifold(town, wide, progress=False), r"shape is \(10, 10\) in one map and \(9, 10\) cells"),
    ):
        with pytest.raises(InputError, match=complaint):
            first.compare(second)
    with pytest.raises(InputError, match=r"crs: one map is in WGS 84 / UTM zone 10N, the other in no CRS"):
        coverage_map().compare(coverage_map(crs=None))


def test_plot_shows_the_difference_about_zero():
    from matplotlib.figure import Figure

    found = coverage_map(threshold_db=(0.0, 5.0)).compare(coverage_map(threshold_db=(0.0, 5.0), coverage=shifted(2)))
    axes = found.plot(Figure().add_subplot(), threshold_db=5.0)
    image = axes.images[0]
    assert image.get_clim() == (-1.0, 1.0)
    np.testing.assert_array_equal(image.get_array().filled(np.nan), found.difference.values[1])
    with pytest.raises(InputError, match="the map has 0, 5 dB, not 3"):
        found.plot(threshold_db=3.0)


def test_result_is_frozen():
    found = coverage_map().compare(coverage_map())
    assert isinstance(found, MapComparison)
    with pytest.raises(AttributeError):
        found.cells = 3
