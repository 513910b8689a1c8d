"""device="cuda" from end to end: on the GPU, or with this processor running its bodies."""

import numpy as np
import pytest

from radiocore import ReceiverGrid, Scene, blockage, line_of_sight, simulate, simulate_manifold
from radiocore.cuda import DeviceScene


@pytest.fixture
def on_a_device(kernels, monkeypatch):
    city_on_device = DeviceScene.of
    monkeypatch.setattr(simulate, "resolve_device", lambda device: device)
    monkeypatch.setattr(blockage, "resolve_device", lambda device: device)
    monkeypatch.setattr(DeviceScene, "of", lambda city: city_on_device(city, kernels()))


@pytest.mark.parametrize("method", ["exact", "traditional", "accelerated"])
def test_a_map_computed_on_a_device_is_the_map_of_the_cpu(method, on_a_device):
    scene = Scene.synthetic("urban", side_m=300, stations_per_km2=120, seed=2)
    grid = ReceiverGrid(x_m=np.arange(20.0, 281.0, 7.0), y_m=np.arange(30.0, 271.0, 7.0))
    options = {"method": method, "draws": 50, "threshold_db": [0.0, 6.0], "exact_radius_m": 60.0, "block_size": 64}
    here, there = (simulate_manifold(scene, grid, device=device, **options) for device in ("cpu", "cuda"))
    for name in here.dataset:
        np.testing.assert_array_equal(here.dataset[name].values, there.dataset[name].values, err_msg=name)
    for receivers in (grid, grid.position_mm() / 1000):
        found = line_of_sight(scene, receivers, device="cuda")
        np.testing.assert_array_equal(found, line_of_sight(scene, receivers))
