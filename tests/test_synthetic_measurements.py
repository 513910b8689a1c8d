"""Made-up drive tests: their truth against geometry and statistics."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from radiocore import Measurements, Scene, line_of_sight
from radiocore.errors import InputError
from radiocore.measuring.synthetic import drive_test, shadowing_field

SAMPLES = 1500


@pytest.fixture(scope="module")
def town():
    return Scene.synthetic(side_m=600, stations_per_km2=8, seed=5).with_sectors(power_dbm=60.0, height_m=30.0)


@pytest.fixture(scope="module")
def made(town):
    return drive_test(town, SAMPLES, seed=7)


def test_levels_add_up(made, town):
    measurements, truth = made
    assert len(measurements) == SAMPLES and measurements.frame == town.frame
    parts = truth.median_dbm + truth.excess_db + truth.shadowing_db + truth.device_db + truth.month_db
    np.testing.assert_allclose(measurements.rsrp_dbm, parts, atol=1e-9)
    stations = town.base_stations
    plan_m = np.hypot(truth.x_m - stations.x_m[truth.station], truth.y_m - stations.y_m[truth.station])
    law_dbm = 60 - 38.6 - 30 * np.log10(np.hypot(plan_m, 30 - 1.5)) - 10 * np.log10(12 * 50)
    assert (truth.median_dbm <= law_dbm + 1e-9).all(), "the pattern only takes away"
    bearing_deg = np.degrees(
        np.arctan2(truth.x_m - stations.x_m[truth.station], truth.y_m - stations.y_m[truth.station])
    )
    off_deg = (bearing_deg - stations.azimuth_deg[truth.station] + 180) % 360 - 180
    down_deg = np.degrees(np.arctan2(30 - 1.5, plan_m))
    loss_db = sum(np.minimum(12 * (angle_deg / 65) ** 2, 30) for angle_deg in (off_deg, down_deg))
    np.testing.assert_allclose(truth.median_dbm, law_dbm - np.minimum(loss_db, 30), atol=1e-6)


def test_geometry_is_exact(made, town):
    _, truth = made
    is_los = line_of_sight(town, np.column_stack([truth.x_m, truth.y_m]))[np.arange(SAMPLES), truth.station]
    np.testing.assert_array_equal(truth.is_los, is_los)
    np.testing.assert_array_equal(truth.obstruction_m > 0, ~is_los)
    np.testing.assert_allclose(truth.excess_db, -np.minimum(0.15 * truth.obstruction_m, 25.0))
    tree = shapely.STRtree(town.buildings.footprints)
    assert len(tree.query(shapely.points(truth.x_m, truth.y_m), predicate="intersects")[0]) == 0, "outdoors"


def test_shadowing_has_the_covariance_asked_for():
    shift_m = np.array([0.0, 10.0, 25.0, 50.0, 100.0, 200.0])
    first_m = np.repeat(np.random.default_rng(2).uniform(0, 5000, (200, 2)), len(shift_m), axis=0)
    east_m = first_m[:, 0] + np.tile(shift_m, 200)
    products = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        field_db = shadowing_field(east_m, first_m[:, 1], 6.0, 50.0, rng).reshape(200, len(shift_m))
        products.append((field_db[:, :1] * field_db).mean(axis=0))
    np.testing.assert_allclose(np.mean(products, axis=0), 36 * np.exp(-shift_m / 50), atol=1.7)


def test_spreads_of_phones_months_and_places(town):
    measurements, truth = drive_test(town, 4000, seed=1, devices=400)
    assert np.std(truth.device_db) == pytest.approx(3.0, abs=0.4)
    for name in np.unique(measurements.device)[:20]:
        assert len(set(truth.device_db[measurements.device == name])) == 1
    np.testing.assert_array_equal(truth.month_db, np.where(measurements.month == 8, -3.0, 0.0))
    assert (measurements.month == 8).sum() == 2000
    error_m = np.stack([measurements.x_m - truth.x_m, measurements.y_m - truth.y_m])
    assert np.std(error_m) == pytest.approx(5.0, rel=0.05) and abs(np.mean(error_m)) < 0.3


def test_parts_are_recovered_where_the_rest_is_off(town):
    measurements, truth = drive_test(town, SAMPLES, seed=2, shadowing_db=0, device_spread_db=0, month_db={5: 0.0})
    np.testing.assert_array_equal(truth.shadowing_db, 0.0)
    np.testing.assert_allclose(measurements.rsrp_dbm, truth.median_dbm + truth.excess_db)
    exact = drive_test(town, SAMPLES, seed=2, location_error_m=0)[0]
    np.testing.assert_array_equal(exact.x_m, truth.x_m)


def test_sectors_stand_in_place_of_stations():
    town = Scene.synthetic(side_m=200, stations_per_km2=50, seed=1)
    found = town.with_sectors((30.0, 150.0), height_m=25.0).base_stations
    assert len(found) == 2 * len(town.base_stations) and set(found.height_m) == {25.0}
    assert found.id[:3].tolist() == ["synthetic-0001 A", "synthetic-0001 B", "synthetic-0002 A"]
    assert found.azimuth_deg[:3].tolist() == [30, 150, 30] and found.x_m[1] == town.base_stations.x_m[0]


def test_seeds_decide(made, town):
    again = Measurements.synthetic(town, SAMPLES, seed=7)
    other = Measurements.synthetic(town, SAMPLES, seed=8)
    for name in again.known_columns:
        assert getattr(again, name).tobytes() == getattr(made[0], name).tobytes(), name
    assert (other.rsrp_dbm != again.rsrp_dbm).all()


def test_it_is_associated_with_the_stations_that_served_it(made, town):
    measurements, truth = made
    found = measurements.associated(town)
    np.testing.assert_array_equal(found.station, truth.station)
    assert found.by_cell.all()
    np.testing.assert_array_equal(found.measurements.sector, measurements.sector)
    assert set(measurements.sector) == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 0}, "samples: 0 must be a whole number, 1 or more"),
        ({"seed": -1}, "seed: -1"),
        ({"devices": 0}, "devices: 0"),
        ({"shadowing_db": -1}, "shadowing_db: -1 must be 0 or more"),
        ({"shadowing_distance_m": 0}, "shadowing_distance_m: 0 must be positive"),
        ({"resource_blocks": 0}, "resource_blocks: 0 is no number of resource blocks of LTE"),
        ({"month_db": {13: 0}}, "month_db: .* must lead from months"),
    ],
)
def test_settings_that_are_refused(options, message, town):
    with pytest.raises(InputError, match=message):
        Measurements.synthetic(town, **{"samples": 5} | options)


def test_isotropic_stations_are_refused():
    with pytest.raises(InputError, match=r"want sector antennas; take scene.with_sectors\(\)"):
        Measurements.synthetic(Scene.synthetic(side_m=200))
