"""Every method where there is next to nothing, or it stands in the way: an answer, or a clear refusal."""

import numpy as np
import pytest

from radiocore import BaseStations, InputError, ReceiverGrid, Scene, simulate_manifold
from radiocore.estimators import (
    ConvolutionalEstimator,
    LearnedManifoldEstimator,
    StochasticGeometryEstimator,
    estimators,
)
from radiocore.learned.cell_weight_model import CellWeightModel
from radiocore.learned.grid_model import GridModel
from reference.geometry import Prism
from towns import as_buildings, random_town, same_bytes

SMALL = CellWeightModel(GridModel(16, 320.0), "one", [[4.0, 1.0, 0.7]])
METHODS = {
    **{name: name for name in estimators()},
    "learned": LearnedManifoldEstimator(SMALL),
    "learned by cell": LearnedManifoldEstimator(SMALL, "cells"),
    "learned by draws": LearnedManifoldEstimator(SMALL, monte_carlo_draws=16),
    "convolutional everywhere": ConvolutionalEstimator(traced_radius_m=0.0),
    "stochastic-geometry nearest": StochasticGeometryEstimator(lookup="nearest"),
}
GRID = ReceiverGrid(np.arange(0.5, 90, 9.0), np.arange(0.5, 70, 9.0))
HOUSE = [Prism((((20_000, 20_000), (50_000, 20_000), (50_000, 50_000), (20_000, 50_000)),), 0, 25_000, 0)]
TOWN = random_town(np.random.default_rng(3), 12, 200_000)
ONE, THREE = {"x_m": [10.0], "y_m": [10.0]}, {"x_m": [10.0, 90.0, 50.0], "y_m": [10.0, 80.0, 95.0]}

SCENES = {
    "no buildings": ([], THREE, GRID),
    "one building, one station": (HOUSE, ONE, GRID),
    "one receiver": (HOUSE, THREE, ReceiverGrid([3.0], [4.0])),
    "a station above the only receiver": (HOUSE, ONE, ReceiverGrid([10.0], [10.0])),
    "all indoors": (HOUSE, {"x_m": [35.0], "y_m": [35.0]}, ReceiverGrid([30.0, 35.0, 40.0], [30.0, 35.0])),
    "stations far off": (HOUSE, {"x_m": [5000.0, -3000.0], "y_m": [10.0, -7000.0]}, GRID),
    "receivers on the ground": (HOUSE, THREE, ReceiverGrid(GRID.x_m, GRID.y_m, 0.0)),
    "receivers closer than roofs by cell": (HOUSE, THREE, ReceiverGrid(np.arange(19, 22, 0.3), np.arange(18, 21, 0.3))),
    "carriers": (TOWN, {**THREE, "carrier": np.array(["a", "b", "a"])}, GRID),
}


@pytest.mark.parametrize("what", SCENES)
@pytest.mark.parametrize("name", METHODS)
def test_probabilities_whatever_the_blocks(name, what):
    prisms, stations, grid = SCENES[what]
    scene = Scene(as_buildings(prisms), BaseStations(**stations))

    def simulate(**options):
        return simulate_manifold(
            scene, grid, method=METHODS[name], threshold_db=[-5.0, 0.0, 5.0], progress=False, **options
        )

    found = simulate(threads=1)
    assert np.isfinite(found.coverage).all() and (found.coverage >= 0).all() and (found.coverage <= 1).all()
    for options in ({"threads": 1, "block_size": 1}, {"threads": 2, "block_size": 24}):
        assert same_bytes(simulate(**options), found)


@pytest.mark.parametrize("name", ["accelerated", "learned", "stochastic-geometry"])
def test_antennas_level_with_the_receivers_on_the_lattice_are_refused(name):
    scene = Scene(as_buildings(HOUSE), BaseStations(**ONE, height_m=1.5004))  # higher, but by no millimetre
    with pytest.raises(InputError, match="does not stand above the receivers.*exact"):
        simulate_manifold(scene, GRID, method=METHODS[name], progress=False)
