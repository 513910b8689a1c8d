"""device="cuda" from end to end: on the GPU, or with this processor running its bodies."""

import numpy as np
import pytest

from radiocore import ReceiverGrid, blockage, line_of_sight, simulate, simulate_manifold
from radiocore.cuda import DeviceScene
from towns import town_scene

GRID = ReceiverGrid.covering((-140, -130, 140, 130), 7.0)


@pytest.fixture
def on_a_device(kernels, monkeypatch):
    """What is asked of "cuda" is done by the kernels under test."""
    city_on_device = DeviceScene.of
    monkeypatch.setattr(simulate, "resolve_device", lambda device: device)
    monkeypatch.setattr(blockage, "resolve_device", lambda device: device)
    monkeypatch.setattr(DeviceScene, "of", lambda city: city_on_device(city, kernels()))


@pytest.fixture
def columns_only(monkeypatch):
    """simulate_manifold gives the columns of the map, not their xarray: a bare GPU machine has NumPy only."""
    monkeypatch.setattr(simulate.CoverageManifold, "assemble", lambda *given, **columns: columns)


@pytest.mark.parametrize("method", ["exact", "traditional", "accelerated"])
def test_a_map_computed_on_a_device_is_the_map_of_the_cpu(method, on_a_device, columns_only):
    if method == "accelerated":
        pytest.importorskip("shapely")  # floor areas of buildings of several parts
    scene = town_scene()
    options = {"method": method, "draws": 50, "threshold_db": [0.0, 6.0], "exact_radius_m": 60.0, "block_size": 64}
    here, there = (simulate_manifold(scene, GRID, device=device, **options) for device in ("cpu", "cuda"))
    for name in ("coverage", "standard_error", "server", "server_power_mw", "server_los", "inside"):
        np.testing.assert_array_equal(here[name], there[name], err_msg=name)
    assert (here["provenance"]["device"], there["provenance"]["device"]) == ("cpu", "cuda")


@pytest.mark.parametrize("receivers", [GRID, GRID.position_mm() / 1000], ids=["grid", "scattered"])
def test_line_of_sight_on_a_device_is_that_of_the_cpu(receivers, on_a_device):
    scene = town_scene()
    np.testing.assert_array_equal(line_of_sight(scene, receivers, device="cuda"), line_of_sight(scene, receivers))
