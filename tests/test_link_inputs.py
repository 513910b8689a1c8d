"""The columns of links that the radio-metric models learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from maps import frame, scene
from radiocore.errors import InputError
from radiocore.link_features import link_features
from radiocore.measurements import Measurements
from radiocore.models.estimate import Estimate
from radiocore.models.inputs import Inputs
from radiocore.models.link_inputs import FROM_BUILDINGS, TABLE_2, TIME, link_inputs


def measured(**columns) -> Measurements:
    """Behind the hall, in front of it, and in it, as the station in the west sees them."""
    given = {"x_m": [45.0, 5.0, 25.0], "y_m": [25.0, 30.0, 15.0], "rsrp_dbm": [-90.0, -80.0, -95.0], "cell": "west"}
    return Measurements(**given | columns, frame=frame())


@pytest.fixture(scope="module")
def town():
    town = scene()
    return replace(town, base_stations=replace(town.base_stations, frequency_mhz=np.array([1800.0, 800.0, 800.0])))


def test_the_columns_of_table_2(town):
    """The station stands at (5, 5), 20 m high; the hall is from (20, 10) to (30, 20), 12 m high."""
    inputs = link_inputs(measured(), town, ue_altitude_ag_m=2.0)
    assert set(TABLE_2) <= set(inputs.columns)
    assert inputs["distance_x_km"].tolist() == [0.04, 0.0, 0.02] and inputs["distance_y_km"].tolist() == [
        0.02,
        0.025,
        0.01,
    ]
    np.testing.assert_allclose(inputs["distance_to_transmitter_km"][0], np.sqrt(0.04**2 + 0.02**2 + 0.018**2))
    assert (inputs["tx_height_m"] == 20).all() and (inputs["tx_power_dbm"] == 30).all()
    assert (inputs["downlink_frequency"] == 1800).all() and (inputs["frequency_mhz"] == 1800).all()
    assert inputs["line_of_sight"].tolist() == [0, 1, 0]
    assert inputs["building_intersection_count_3d"].tolist() == [1, 0, 1]
    # Towards (45, 25) the link leaves the hall at x = 30 and comes below its roof at x = 5 + 40 * 8 / 18.
    share = 25 / 40 - 8 / 18
    through_m = share * 1000 * inputs["distance_to_transmitter_km"][0]
    np.testing.assert_allclose(inputs["total_obstruction_length_3d_m"][:2], [through_m, 0], atol=2e-3)
    indoors_m = inputs["building_penetration_length_m"]
    assert indoors_m[:2].tolist() == [0, 0] and indoors_m[2] == inputs["total_obstruction_length_3d_m"][2] > 5
    assert (inputs["ue_altitude_ag_m"] == 2).all() and not set(TABLE_2) & set(inputs.left_out)


def test_the_way_to_an_estimate(town):
    inputs = link_inputs(measured(), town)
    beta_dbm = Estimate.default(inputs).beta_dbm(inputs)
    assert max(beta_dbm[0], beta_dbm[2]) < beta_dbm[1]


def test_the_path_loss_of_a_link_indoors_is_that_up_to_the_wall(town):
    """The third receiver stands in the hall, and nothing else is in its way: TR 38.901 adds the entry to the loss in
    line of sight."""
    inputs = link_inputs(measured(), town)
    estimate = Estimate.default(inputs)
    seen = inputs.with_columns({"line_of_sight": np.ones(3), "building_penetration_length_m": np.zeros(3)})
    outdoors_dbm = estimate.beta_dbm(seen)
    entry_db = outdoors_dbm[2] - estimate.beta_dbm(inputs)[2]
    wanted_db = estimate.entry_loss.loss_db(
        frequency_mhz=inputs["downlink_frequency"][2:],
        indoor_distance_m=inputs["building_penetration_length_m"][2:],
    )
    np.testing.assert_allclose(entry_db, wanted_db)
    behind = inputs.with_columns(
        {"total_obstruction_length_3d_m": inputs["total_obstruction_length_3d_m"] + np.array([0, 0, 5.0])}
    )
    assert estimate.beta_dbm(behind)[2] < estimate.beta_dbm(inputs)[2] - 5
    bare = {name: column for name, column in inputs.columns.items() if name != "total_obstruction_length_3d_m"}
    assert estimate.beta_dbm(Inputs(bare))[2] < estimate.beta_dbm(inputs)[2], "then the wall counts as in the way"


def test_the_pattern_of_a_sector_is_taken_off(town):
    """The station in the west points east and 10 degrees down; the second receiver stands north of it."""
    isotropic = link_inputs(measured(), town)
    assert (isotropic["antenna_attenuation_db"] == 0).all(), "all round"
    stations = replace(town.base_stations, azimuth_deg=90.0, downtilt_deg=10.0)
    sector = link_inputs(measured(), replace(town, base_stations=stations))
    attenuation_db = sector["antenna_attenuation_db"]
    assert (attenuation_db[[0, 2]] < 5).all() and 20 < attenuation_db[1] < 30
    mixed = replace(
        stations, azimuth_deg=np.where(stations.id == "west", 90.0, np.nan), downtilt_deg=10.0 * (stations.id == "west")
    )
    some = link_inputs(measured(cell=["west", "west", stations.id[-1]]), replace(town, base_stations=mixed))
    assert some["antenna_attenuation_db"].tolist() == [*attenuation_db[:2], 0.0]
    estimate = Estimate.default(isotropic)
    np.testing.assert_allclose(estimate.beta_dbm(sector), estimate.beta_dbm(isotropic) - attenuation_db)


def test_heights_of_the_file_and_floors(town):
    high = measured(features={"ue_altitude_ag_m": [2.0, 2.0, 14.0]})
    inputs = link_inputs(high, town)
    assert inputs["ue_altitude_ag_m"].tolist() == [2, 2, 14]
    assert inputs["line_of_sight"].tolist() == [0, 1, 1], "above the roof of the hall"


def test_what_a_file_tells_is_taken_only_when_asked(town):
    told = measured(features={"total_obstruction_length_3d_m": [7.0, 8.0, 9.0]})
    with pytest.raises(InputError, match="'total_obstruction_length_3d_m' is computed; name it in as_given"):
        link_inputs(told, town)
    inputs = link_inputs(told, town, as_given=["total_obstruction_length_3d_m"])
    assert inputs["total_obstruction_length_3d_m"].tolist() == [7, 8, 9]
    assert inputs["building_intersection_count_3d"].tolist() == [1, 0, 1]
    with pytest.raises(InputError, match="as_given: the measurements have no feature 'obstruction'"):
        link_inputs(told, town, as_given=["obstruction"])


def test_day_and_hour():
    """1 January 2024 was a Monday; 29 February 2024 a Thursday; 31 December 1969 a Wednesday."""
    time = np.array(["2024-01-01T00:00", "2024-02-29T23:59:59", "1969-12-31T12:00"], dtype="datetime64[ms]")
    inputs = link_inputs(measured(time=time))
    assert inputs["day_of_week"].tolist() == [0, 3, 2] and inputs["hour_of_day"].tolist() == [0, 23, 12]
    time[1] = "NaT"
    inputs = link_inputs(measured(time=time))
    assert {inputs.left_out[name] for name in TIME} == {"the time of some rows is not known"}


def test_what_is_not_known_is_named(town):
    inputs = link_inputs(measured())
    assert inputs.left_out["tx_power_dbm"] == inputs.left_out["line_of_sight"] == "no base stations were given"
    assert "ue_altitude_ag_m" in inputs
    bare = replace(town, buildings=town.buildings.select(np.zeros(1, dtype=bool)))
    inputs = link_inputs(measured(), bare)
    assert {inputs.left_out[name] for name in FROM_BUILDINGS} == {"the scene has no buildings"}
    unknown = replace(town, base_stations=replace(town.base_stations, frequency_mhz=np.full(3, np.nan)))
    inputs = link_inputs(measured(), unknown)
    assert inputs.left_out["downlink_frequency"] == "it is not known in some rows, nor of their stations"
    own = link_inputs(measured(frequency_mhz=2600.0), town)
    assert (own["downlink_frequency"] == 2600).all() and "frequency_mhz" not in own.left_out


def test_a_link_needs_a_length(town):
    with pytest.raises(InputError, match="ue_altitude_ag_m: row 1 stands where its transmitter is"):
        link_inputs(measured(x_m=[9.0, 5.0, 9.0], y_m=[9.0, 5.0, 9.0]), town, ue_altitude_ag_m=20.0)


def test_links_are_traced_once(town, monkeypatch):
    heights_m = []

    def counted(scene, transmitter, receiver_m, **options):
        heights_m.append(receiver_m[:, 2].tolist())
        return link_features(scene, transmitter, receiver_m, **options)

    monkeypatch.setattr("radiocore.models.inputs.link_features", counted)
    link_inputs(measured(features={"ue_altitude_ag_m": np.array([1.5, 4.0, 9.5])}), town)
    assert heights_m == [[1.5, 4.0, 9.5]]
