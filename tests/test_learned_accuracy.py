"""What the learned method must reach: against stochastic geometry and accelerated simulation, on towns it never saw."""

import numpy as np
import pytest

from radiocore import ReceiverGrid, Scene, simulate_manifold
from radiocore.estimators import AcceleratedSimulation, LearnedManifoldEstimator
from radiocore.synthetic import ENVIRONMENTS

pytestmark = pytest.mark.slow
GRID = ReceiverGrid.covering((250, 250, 1250, 1250), 20.0)


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def judged(request):
    """A scene with its exact map, and how far another method is from that on the mean."""
    scene = Scene.synthetic(request.param, side_m=1500, stations_per_km2=50, seed=7)
    exact = simulate_manifold(scene, GRID, progress=False)

    def loss(method):
        return simulate_manifold(scene, GRID, method=method, seed=1, progress=False).compare(exact).mean[0]

    return scene, exact, loss


@pytest.fixture(scope="module")
def few_samples():
    return LearnedManifoldEstimator.fit(samples=200, seed=1, progress=False)


def test_two_hundred_samples_beat_stochastic_geometry(judged, few_samples):
    _, _, loss = judged
    assert loss(few_samples) < loss("stochastic-geometry")


def test_a_thousand_samples_beat_accelerated_simulation_at_the_distance_of_association(judged):
    scene, exact, loss = judged
    data = exact.dataset
    server, outdoor = data["server"].values, data["outdoor"].values
    x_m, y_m = np.meshgrid(data["x"].values, data["y"].values)
    stations = scene.base_stations
    distance_m = np.hypot(stations.x_m[server] - x_m, stations.y_m[server] - y_m)[outdoor].mean()
    accelerated = AcceleratedSimulation(exact_radius_m=float(distance_m))
    default = LearnedManifoldEstimator()
    assert default.trained.training["samples"] == 1000
    assert loss(default) < loss(accelerated)
