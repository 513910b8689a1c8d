"""A made-up crowd: its truth against geometry, statistics and 3GPP TS 36.214."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from radiocore import line_of_sight
from radiocore.errors import InputError
from radiocore.evaluation.named_folds import named_folds
from radiocore.measuring.crowd import METRICS, crowd, load_of
from radiocore.measuring.crowd_cities import CITIES, made_up_cities
from radiocore.models.estimate import Estimate
from radiocore.models.link_inputs import TABLE_2, TIME, link_inputs
from radiocore.propagation.log_distance import LogDistance

SAMPLES = 1800
QUIET = {"shadowing_db": 0, "building_spread_db": 0, "device_spread_db": 0, "interference_spread_db": 0}


@pytest.fixture(scope="module")
def cities():
    return made_up_cities(side_m=600, seed=3)


@pytest.fixture(scope="module")
def made(cities):
    return crowd(cities, SAMPLES, seed=5)


def test_levels_add_up(made):
    found, truth = made.measurements, made.truth
    losses_db = truth.path_loss_db + truth.entry_loss_db + truth.excess_db + 7
    chance_db = truth.shadowing_db + truth.building_db + truth.device_db
    np.testing.assert_allclose(found.rsrp_dbm, truth.emitted_dbm - losses_db + chance_db, atol=1e-9)
    np.testing.assert_allclose(truth.expected["rsrp_dbm"], truth.emitted_dbm - losses_db, atol=1e-9)


def test_ratios_are_those_of_the_definition(made):
    """RSSI is all that N blocks hold, and RSRQ = N RSRP / RSSI, but for the phone's offset, which both levels have."""
    found, truth = made.measurements, made.truth
    blocks = found.features["resource_blocks"]
    assert set(blocks) <= {50, 75, 100}
    np.testing.assert_allclose(found.rssi_dbm, found.rsrp_dbm + 10 * np.log10(blocks) - found.rsrq_db, atol=1e-9)
    element_mw = 10 ** ((found.rsrp_dbm - truth.device_db) / 10)
    used = 2 + 10 * truth.load
    block_mw = (element_mw + 10 ** (truth.interference_dbm / 10)) * used + 12 * 10 ** ((-174 + 41.76 + 9) / 10)
    np.testing.assert_allclose(found.rsrq_db, 10 * np.log10(element_mw / block_mw), atol=1e-9)
    assert (found.rsrq_db < -3).all(), "no more than reference symbols alone would have"


def test_geometry_is_exact(made, cities):
    found, truth, scene = made.measurements, made.truth, cities.scene
    assert found.frame == scene.frame
    at = shapely.points(found.x_m, found.y_m)
    row, building = shapely.STRtree(scene.buildings.footprints).query(at, predicate="within")
    inside = np.full(len(found), -1)
    inside[row] = building
    np.testing.assert_array_equal(truth.building, inside)
    height_m = found.features["ue_altitude_ag_m"]
    assert set(height_m[~truth.is_indoors]) == {1.5}
    assert (height_m[truth.is_indoors] < scene.buildings.height_m[truth.building[truth.is_indoors]]).all()
    assert set((height_m - 1.5) % 3) == {0} and height_m.max() > 10
    outdoors = ~truth.is_indoors
    places = np.column_stack([found.x_m, found.y_m])[outdoors]
    seen = line_of_sight(scene, places)[np.arange(len(places)), truth.station[outdoors]]
    np.testing.assert_array_equal(truth.is_los[outdoors], seen)
    assert not truth.is_los[truth.is_indoors].any()
    np.testing.assert_array_equal(truth.excess_db[truth.is_los], 0)


def test_indoor_rows_lose_more(made):
    truth = made.truth
    assert 0.4 < truth.is_indoors.mean() < 0.6
    assert (truth.entry_loss_db > 0).tolist() == truth.is_indoors.tolist()
    assert truth.entry_loss_db[truth.is_indoors].min() > 8
    level_dbm = made.measurements.rsrp_dbm
    assert level_dbm[truth.is_indoors].mean() < level_dbm[~truth.is_indoors].mean() - 3
    free = truth.is_indoors & (truth.excess_db == 0)
    walled_db, free_db = (truth.path_loss_db[rows].mean() for rows in (truth.is_indoors & ~free, free))
    assert free.any() and free_db < walled_db - 20, "the path loss is that of the way up to the wall"


def test_cities_differ(made, cities):
    found, truth = made.measurements, made.truth
    assert cities.names == tuple(CITIES) and set(found.area) == set(CITIES)
    seen, excess_db = (
        [value[(found.area == name) & ~truth.is_indoors].mean() for name in CITIES]
        for value in (truth.is_los, truth.excess_db)
    )
    assert seen[0] > seen[1] + 0.1 > seen[2] + 0.1 and excess_db[0] < excess_db[1] < excess_db[2]
    for name, (west, south, east, north) in zip(cities.names, cities.bounds_m, strict=True):
        here = found.area == name
        assert (found.x_m[here] >= west).all() and (found.x_m[here] <= east).all()
        assert (found.y_m[here] >= south).all() and (found.y_m[here] <= north).all()
    folds = named_folds(found, "area")
    assert len(folds) == 3 and all((training ^ held_out).all() for training, held_out in folds), "nothing is shared"
    assert set(np.unique(named_folds(found, "operator").number)) == {0, 1}


def test_noise_is_what_chance_does(made, cities):
    truth = made.truth
    outdoors, indoors = made.noise_db(rows=~truth.is_indoors), made.noise_db(rows=truth.is_indoors)
    assert outdoors == pytest.approx(np.hypot(5, 2), abs=1.0) and indoors > outdoors
    assert made.noise_db() == pytest.approx(np.std(truth.shadowing_db + truth.building_db + truth.device_db), abs=1e-9)
    quiet = crowd(cities, 300, seed=5, **QUIET)
    for name in METRICS:
        assert quiet.noise_db(name) == pytest.approx(0, abs=1e-9) and made.noise_db(name) > 0.5
    with pytest.raises(InputError, match="metric: 'sinr_db'"):
        made.noise_db("sinr_db")


def test_the_strongest_mast_of_the_own_network_serves(cities):
    law = LogDistance(exponent_los=2.0, exponent_nlos=2.0)
    made = crowd(cities, 300, seed=1, path_loss=law, indoor_share=0, excess_db_per_m=0, **QUIET)
    found, stations = made.measurements, cities.scene.base_stations
    apart_m = np.sqrt(
        (found.x_m[:, None] - stations.x_m) ** 2
        + (found.y_m[:, None] - stations.y_m) ** 2
        + (1.5 - stations.height_m) ** 2
    )
    blocks = np.select([stations.frequency_mhz == f for f in (740, 1960)], [50, 75], 100)
    level_dbm = (
        stations.power_dbm
        - 10 * np.log10(12 * blocks)
        - (20 * np.log10(apart_m) + 20 * np.log10(stations.frequency_mhz) + 20 * np.log10(4e6 * np.pi / 299_792_458))
    )
    level_dbm[found.network[:, None] != stations.carrier] = -np.inf
    np.testing.assert_array_equal(made.truth.station, level_dbm.argmax(axis=1))
    np.testing.assert_allclose(found.rsrp_dbm, level_dbm.max(axis=1) - 7, atol=1e-3)


def test_the_evening_is_busier(cities):
    hours = np.datetime64("2022-03-07T00", "ms") + 3_600_000 * np.arange(7 * 24)
    load = load_of(hours).reshape(7, 24)
    assert (load.argmax(axis=1) == 20).all() and (load.argmin(axis=1) == 8).all()
    assert (load[5:] < load[0]).all() and 0.15 < load.min() and load.max() < 0.6
    quiet = crowd(cities, 300, seed=5, **QUIET)
    loud = quiet.measurements.rsrp_dbm > -90
    assert np.corrcoef(quiet.truth.load[loud], quiet.measurements.rsrq_db[loud])[0, 1] < -0.9


def test_the_chain_knows_all_links(made, cities):
    inputs = link_inputs(made.measurements, cities.scene)
    assert {*TABLE_2, *TIME, "resource_blocks"} <= set(inputs.columns)
    np.testing.assert_array_equal(inputs["line_of_sight"] == 1, made.truth.is_los)
    np.testing.assert_array_equal(inputs["building_penetration_length_m"] > 0, made.truth.is_indoors)
    error_db = made.measurements.rsrp_dbm - Estimate.default(inputs).beta_dbm(inputs)
    for name in CITIES:
        here = made.measurements.area == name
        assert np.sqrt(np.mean(error_db[here] ** 2)) > made.noise_db(rows=here) / 0.7, "there is something to correct"


def test_a_function_of_the_seed(cities, made):
    again, other = crowd(cities, SAMPLES, seed=5), crowd(cities, SAMPLES, seed=6)
    for name in ("x_m", "rsrp_dbm", "rsrq_db", "rssi_dbm", "time", "cell", "device"):
        np.testing.assert_array_equal(getattr(again.measurements, name), getattr(made.measurements, name))
    assert not np.array_equal(other.measurements.x_m[:50], made.measurements.x_m[:50])
    twin = made_up_cities(side_m=600, seed=3)
    np.testing.assert_array_equal(twin.scene.base_stations.position_mm, cities.scene.base_stations.position_mm)


def test_what_is_refused(cities):
    for options, message in (
        ({"samples": 0}, "samples: 0 must be a whole number"),
        ({"seed": -1}, "seed"),
        ({"indoor_share": 1.2}, "indoor_share"),
        ({"shadowing_db": -1}, "shadowing_db"),
        ({"shadowing_distance_m": 0}, "shadowing_distance_m"),
        ({"terminal_loss_db": 200}, "no phone hears its network"),
    ):
        with pytest.raises(InputError, match=message):
            crowd(cities, **{"samples": 30, **options})
    with pytest.raises(InputError, match="metric: 'rsrp' is not one of"):
        crowd(cities, 30).noise_db("rsrp")
    with pytest.raises(InputError, match="must be some of"):
        made_up_cities(names=("Ayton",))
