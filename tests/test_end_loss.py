"""Path losses with what one end of a link adds: clutter, or a building to enter."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from radiocore import (
    BaseStations,
    Channel,
    ConfigError,
    InputError,
    ReceiverGrid,
    Scene,
    line_of_sight,
    simulate_manifold,
)
from radiocore.config import RunConfig
from radiocore.estimators import AcceleratedSimulation, ExactCoverage, TraditionalSimulation
from radiocore.propagation import loss_model_named, loss_models
from radiocore.propagation.free_space import FreeSpace
from radiocore.propagation.itu_p2108 import ClutterLoss
from radiocore.propagation.itu_p2109 import BuildingEntryLoss
from radiocore.propagation.loss_model import PathLossModel
from radiocore.propagation.tr38901_entry import Tr38901EntryLoss
from radiocore.propagation.tr38901_uma import UrbanMacro
from radiocore.propagation.with_end_loss import WithEndLoss
from radiocore.radio_metrics.links import estimate_for
from radiocore.simulate import received_power_dbm
from towns import same_bytes

FREQUENCY_MHZ = 2100.0
FAR = [[900.0, 1100.0, 1.5], [-700.0, 250.0, 12.0], [1300.0, -900.0, 1.5]]
"""250 m and more from the town."""

MODELS = [
    WithEndLoss(FreeSpace(), ClutterLoss(extrapolate=True)),
    WithEndLoss(UrbanMacro(extrapolate=True), BuildingEntryLoss("thermally-efficient"), location_share=0.9),
    WithEndLoss(FreeSpace(), Tr38901EntryLoss("high"), indoor_distance_m=5.0),
]


@pytest.fixture(scope="module")
def town():
    scene = Scene.synthetic("urban", side_m=400.0, stations_per_km2=30.0, seed=4)
    return replace(scene, base_stations=replace(scene.base_stations, azimuth_deg=np.nan, frequency_mhz=FREQUENCY_MHZ))


def of_links(scene, places):
    """Plan distance, straight distance and elevation from each place (row) to each station (column)."""
    stations_m = scene.base_stations.position_mm.tolist()
    links = [
        [[s / 1000 - p for s, p in zip(station, place, strict=True)] for station in stations_m] for place in places
    ]
    plan_m = np.array([[math.hypot(x, y) for x, y, _ in row] for row in links])
    straight_m = np.array([[math.hypot(*link) for link in row] for row in links])
    elevation_deg = np.array([[math.degrees(math.asin(link[2] / math.hypot(*link))) for link in row] for row in links])
    return plan_m, straight_m, elevation_deg


def power_less(scene, loss_db):
    return scene.base_stations.power_dbm - loss_db


# ---- The sum -------------------------------------------------------------------------------------


def test_free_space_and_median_clutter(town):
    plan_m, straight_m, _ = of_links(town, FAR)
    loss_db = FreeSpace().loss_db(frequency_mhz=FREQUENCY_MHZ, distance_3d_m=straight_m)
    loss_db += ClutterLoss().loss_db(frequency_mhz=FREQUENCY_MHZ, distance_2d_m=plan_m, location_share=0.5)
    found = received_power_dbm(town, FAR, channel=Channel(path_loss=WithEndLoss(FreeSpace(), ClutterLoss())))
    np.testing.assert_allclose(found, power_less(town, loss_db), atol=1e-9)


def test_urban_macro_and_building_entry_at_the_angle_of_each_link(town):
    places = [*FAR, [100.3, 100.7, 1.5], [220.0, 180.0, 90.0]]
    plan_m, _, elevation_deg = of_links(town, places)
    assert elevation_deg.min() < -10 and elevation_deg.max() > 10
    path_loss = UrbanMacro(extrapolate=True)
    loss_db = path_loss.loss_db(
        frequency_mhz=FREQUENCY_MHZ,
        distance_2d_m=plan_m,
        transmitter_height_m=town.base_stations.height_m,
        receiver_height_m=np.array(places)[:, 2:],
        is_los=line_of_sight(town, places),
    )
    loss_db += BuildingEntryLoss("thermally-efficient").loss_db(
        frequency_mhz=FREQUENCY_MHZ, location_share=0.8, elevation_deg=elevation_deg
    )
    model = WithEndLoss(path_loss, BuildingEntryLoss("thermally-efficient"), location_share=0.8)
    found = received_power_dbm(town, places, channel=Channel(path_loss=model))
    np.testing.assert_allclose(found, power_less(town, loss_db), atol=1e-9)


def test_elevation_is_seen_from_the_receiver_and_reaches_the_zenith(town):
    """A path loss may ask for it as well; straight below a mast it is 90 degrees, and nothing beyond."""

    class Elevation(PathLossModel):
        inputs = ("elevation_deg",)
        source = "nowhere"

        def _loss_db(self, elevation_deg):
            return elevation_deg

    Elevation.name = "elevation"  # not in the class, or it would be one of the folder
    x_m, y_m, mast_m = town.base_stations.position_mm[0] / 1000
    places = [[x_m, y_m, 1.5], [x_m + 10.0, y_m, mast_m - 10.0], [x_m, y_m - 40.0, mast_m], [x_m, y_m, mast_m + 9.0]]
    found = town.base_stations.power_dbm[0] - received_power_dbm(town, places, channel=Channel(path_loss=Elevation()))
    assert found[:, 0] == pytest.approx([90.0, 45.0, 0.0, -90.0], abs=1e-9)
    below = Channel(path_loss=WithEndLoss(FreeSpace(), BuildingEntryLoss()))
    assert np.isfinite(received_power_dbm(town, places, channel=below)).all()


def test_a_room_adds_the_same_everywhere(town):
    alone, inside = (
        received_power_dbm(town, FAR, channel=Channel(path_loss=model)) for model in (FreeSpace(), MODELS[2])
    )
    entry_db = float(Tr38901EntryLoss("high").loss_db(frequency_mhz=FREQUENCY_MHZ, indoor_distance_m=5.0))
    np.testing.assert_allclose(alone - inside, entry_db, atol=1e-9)


def test_inputs_are_those_of_both_parts_that_are_not_held():
    assert [set(model.inputs) for model in MODELS] == [
        {"frequency_mhz", "distance_3d_m", "distance_2d_m"},
        {*UrbanMacro.inputs, "elevation_deg"},
        {"frequency_mhz", "distance_3d_m"},
    ]
    assert MODELS[0].name == "free-space + p2108" and MODELS[0].name not in loss_models()
    assert [model.extrapolate for model in MODELS] == [True, True, False]
    assert WithEndLoss(FreeSpace(), ClutterLoss()) == WithEndLoss(FreeSpace(), ClutterLoss(), location_share=0.5)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize(
    "method",
    [
        ExactCoverage(),
        TraditionalSimulation(draws=20),
        AcceleratedSimulation(draws=20, exact_radius_m=80.0),
        AcceleratedSimulation(far_links="averaged", exact_radius_m=80.0),
    ],
    ids=["exact", "traditional", "drawn", "averaged"],
)
def test_same_bytes_for_any_threads_and_blocks(town, method, model):
    grid = ReceiverGrid.over(town, 25.0)
    options = {"method": method, "channel": Channel(path_loss=model), "progress": False}
    one, two = (
        simulate_manifold(town, grid, threads=threads, block_size=size, **options)
        for threads, size in ((1, None), (2, 64))
    )
    same_bytes(one, two)
    assert 0 < float(one.dataset["coverage"].mean()) < 1


# ---- In a file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_settings_are_plain_and_name_the_model(town, model):
    provenance = simulate_manifold(
        town, ReceiverGrid([0.0], [0.0]), channel=Channel(path_loss=model), progress=False
    ).provenance
    kept = json.loads(json.dumps(provenance["channel"]["path_loss"]))
    assert kept == model.settings()
    again = loss_model_named(**kept)
    assert again == model and hash(again) == hash(model) and again.settings() == kept


def test_what_is_held_is_kept_with_the_end_loss():
    assert MODELS[0].settings() == {
        "name": "free-space",
        "extrapolate": False,
        "end_loss": {"name": "p2108", "extrapolate": True, "location_share": 0.5},
    }
    entry = {"name": "tr38901-entry", "extrapolate": False, "facade": "high", "indoor_distance_m": 5.0}
    assert MODELS[2].settings()["end_loss"] == entry


def config_of(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(f"[channel]\npath_loss = {text}\n")
    return RunConfig.from_toml(path)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('{name = "free-space", end_loss = "p2108"}', WithEndLoss(FreeSpace(), ClutterLoss())),
        (
            '{name = "free-space", end_loss = {name = "p2108", location_share = 0.9, extrapolate = true}}',
            WithEndLoss(FreeSpace(), ClutterLoss(extrapolate=True), location_share=0.9),
        ),
        (
            '{name = "tr38901-uma", extrapolate = true, end_loss = {name = "p2109", building = "thermally-efficient"}}',
            WithEndLoss(UrbanMacro(extrapolate=True), BuildingEntryLoss("thermally-efficient")),
        ),
        (
            '{name = "tr38901-uma", end_loss = {name = "tr38901-entry", indoor_distance_m = 10}}',
            WithEndLoss(UrbanMacro(), Tr38901EntryLoss(), indoor_distance_m=10.0),
        ),
    ],
)
def test_config_reads_and_keeps_it(tmp_path, text, model):
    config = config_of(tmp_path, text)
    assert config.channel == Channel(path_loss=model)
    assert RunConfig(**config.to_dict()) == config


@pytest.mark.parametrize(
    ("end_loss", "said"),
    [
        ('"p2180"', "end_loss: 'p2180' is not one of p2108, p2109, tr38901-entry (did you mean 'p"),
        ('"tr38901-uma"', "end_loss: 'tr38901-uma' is not one of p2108, p2109, tr38901-entry"),
        ("3", 'end_loss: must be the name of a model, or a table like {name = "p2108"}'),
        ("{location_share = 0.5}", "end_loss: must be the name of a model"),
        ('{name = "p2109", building = "brick"}', "end_loss: building: 'brick' is not one of"),
        ('{name = "p2108", location_shar = 0.5}', "end_loss: 'p2108' has no parameter 'location_shar' (did you mean"),
        ('{name = "p2108", location_share = "half"}', "location_share: 'half' is not a finite number"),
        ('"tr38901-entry"', "indoor_distance_m: not given; 'tr38901-entry' takes one value"),
    ],
)
def test_config_refuses_what_is_no_end_loss(tmp_path, end_loss, said):
    with pytest.raises(ConfigError, match=re.escape(f"channel.path_loss: {said}")):
        config_of(tmp_path, f'{{name = "free-space", end_loss = {end_loss}}}')


# ---- Refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end_loss", "held", "said"),
    [
        (ClutterLoss(), {"location_share": 0.0}, "location_share: 0 does not lie between 0 and 1, both excluded"),
        (ClutterLoss(), {"location_share": 1}, "location_share: 1 does not lie between 0 and 1, both excluded"),
        (ClutterLoss(), {"location_share": math.nan}, "location_share: nan is not a finite number"),
        (ClutterLoss(), {"location_share": True}, "location_share: True is not a finite number"),
        (ClutterLoss(), {"location_share": [0.2, 0.5]}, r"location_share: \[0.2, 0.5\] is not a finite number"),
        (ClutterLoss(), {"indoor_distance_m": 3.0}, "indoor_distance_m: 'p2108' does not take it; leave it out"),
        (Tr38901EntryLoss(), {}, "indoor_distance_m: not given; 'tr38901-entry' takes one value"),
        (Tr38901EntryLoss(), {"indoor_distance_m": -1.0}, "indoor_distance_m: -1 is negative"),
        (Tr38901EntryLoss(), {"indoor_distance_m": 30.0}, "indoor_distance_m: 30 m is outside 0 to 25 m .*7.4.3.1"),
        (FreeSpace(), {}, r"end_loss: FreeSpace\(.*\) is not the loss at one end of a link; give e.g. ClutterLoss"),
        ("p2108", {}, "end_loss: 'p2108' is not the loss at one end"),
    ],
)
def test_ends_that_are_none(end_loss, held, said):
    with pytest.raises(InputError, match=f"^{said}"):
        WithEndLoss(FreeSpace(), end_loss, **held)


def test_beyond_the_range_of_an_end_only_when_asked():
    entry = Tr38901EntryLoss(extrapolate=True)
    assert WithEndLoss(FreeSpace(), entry, indoor_distance_m=30.0).settings()["end_loss"]["indoor_distance_m"] == 30.0


def test_path_losses_that_are_none():
    with pytest.raises(InputError, match=r"^path_loss: ClutterLoss\(.*\) is not a path-loss model"):
        WithEndLoss(ClutterLoss(), ClutterLoss())
    with pytest.raises(InputError, match=r"^path_loss: free-space \+ p2108 has an end loss; give free-space alone"):
        WithEndLoss(MODELS[0], BuildingEntryLoss())


@pytest.mark.parametrize(
    ("path_loss", "x_m", "said"),
    [
        (FreeSpace(), 240.0, r"p2108: distance_2d_m: 240 m is outside 250 m and more \(ITU-R P.2108-1, .*extrapolate"),
        (UrbanMacro(), 4.0, "tr38901-uma: distance_2d_m: 4 m is outside 10 to 5000 m"),
    ],
)
def test_links_outside_the_range_of_a_part_name_the_station_and_the_part(town, path_loss, x_m, said):
    scene = replace(town, base_stations=BaseStations([-900.0, 0.0], [0.0, 0.0], height_m=20.0, frequency_mhz=2100.0))
    channel = Channel(path_loss=WithEndLoss(path_loss, ClutterLoss()))
    place = f"base station row 1 to the receiver at x = {x_m:.3f} m, y = 0.000 m"
    with pytest.raises(InputError, match=f"^path_loss: {place}: {said}"):
        simulate_manifold(scene, ReceiverGrid([x_m, x_m + 50.0], [0.0]), channel=channel, progress=False)


def test_an_end_alone_is_refused_with_the_remedy(town):
    said = r'^path_loss: ClutterLoss\(.*WithEndLoss\(FreeSpace\(\), ClutterLoss\(\)\).*end_loss = \{name = "p2108"\}'
    with pytest.raises(InputError, match=said):
        received_power_dbm(town, FAR, channel=Channel(path_loss=ClutterLoss()))


def test_measured_links_have_ends_of_their_own():
    with pytest.raises(InputError, match=r"^path_loss: free-space \+ p2108 is for maps.*give free-space alone"):
        estimate_for(None, MODELS[0])
