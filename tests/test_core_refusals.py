"""The compiled core refuses what would make it read beyond its arrays or leave the range of its numbers."""

import numpy as np
import pytest

from radiocore import InputError, _core
from radiocore.learned.convolutional import ConvolutionalModel
from towns import LATTICE_LIMIT_MM


def profile_probability(**changes):
    tensors = ConvolutionalModel.default().tensors
    given = {
        **{name: tensors[name] for name in ("kernel", "bias", "weight")},
        "weight_bias": float(tensors["weight_bias"][0]),
        "scale_mm": 4000.0,
        "side": 0.5,
        "certain": 0.0,
        "roof_mm": np.zeros((3, 3), dtype=np.int32),
        "building": np.full((3, 3), -1, dtype=np.int32),
        "distance": np.full((3, 3, 8), 255, dtype=np.uint8),
        "corner_mm": (0, 0),
        "cell_mm": 4000,
        "receivers_mm": np.array([[0, 0, 1500]]),
        "stations_mm": np.array([[90_000, 0, 20_000]]),
        "host_start": np.zeros(2, dtype=np.int64),
        "host_list": np.zeros(0, dtype=np.int32),
        "receiver_building": np.full(1, -1, dtype=np.int32),
        "los": np.zeros((1, 1), dtype=np.uint8),
        "exact_radius_mm": 0,
        "threads": 1,
        **changes,
    }
    return _core.profile_probability(**given)


def test_over_open_ground_a_link_is_in_line_of_sight():
    assert profile_probability() == 1.0


@pytest.mark.parametrize(
    "name, value",
    [
        ("side", np.inf),
        ("side", -0.5),
        ("side", np.nan),
        ("scale_mm", 0.0),
        ("scale_mm", np.inf),
        ("cell_mm", 1),  # more steps than single precision counts
        ("cell_mm", LATTICE_LIMIT_MM),
        ("corner_mm", (0, 2**62)),
        ("kernel", np.full((9, 8), 1e38, dtype=np.float32)),
        ("bias", np.full(8, np.nan, dtype=np.float32)),
        ("weight_bias", np.inf),
        ("exact_radius_mm", 2**62),
        ("roof_mm", np.zeros((1, 3), dtype=np.int32)),
        ("distance", np.zeros((3, 3, 7), dtype=np.uint8)),
        ("building", np.zeros((3, 2), dtype=np.int32)),
        ("host_start", np.array([0, 1])),
        ("los", np.zeros((2, 1), dtype=np.uint8)),
        ("receivers_mm", np.array([[2**30, 0, 0]])),
    ],
)
def test_profiles_out_of_range(name, value):
    with pytest.raises(InputError, match="offsets" if name == "host_start" else name):
        profile_probability(**{name: value})


def test_profiles_of_huge_corners_and_long_links_stay_in_range():
    end = LATTICE_LIMIT_MM - 1
    far = {"receivers_mm": np.array([[-end, -end, 0]]), "stations_mm": np.array([[end, end, end]])}
    assert profile_probability(**far, corner_mm=(-end, end), cell_mm=256) == 1.0


def test_a_grid_model_needs_weights_and_an_even_number_of_cells():
    with pytest.raises(InputError, match="n: must be even, 2 to 256"):
        _core.cell_paths(258)
    with pytest.raises(TypeError):
        _core.LearnedBlock(None, *[None] * 16)
    start, cells = _core.cell_paths(2)
    weight = np.ones((len(cells), 3))
    with pytest.raises(InputError, match="kappa"):
        _core.CellWeights(2, 1000, np.full_like(weight, np.nan))
    with pytest.raises(InputError, match="cell_mm"):
        _core.CellWeights(2, 999, weight)
    model = _core.CellWeights(2, 1000, weight)
    arrays = (np.zeros((0, 3), dtype=np.int64), np.zeros(0), np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    bits = (np.zeros((0, 1), dtype=np.uint8), np.zeros(1, dtype=np.uint8))
    raster = (np.zeros((2, 2), dtype=np.int32), np.full((2, 2), -1, dtype=np.int32))
    cells = np.array([[0, 1]], dtype=np.int32)
    rest = (*arrays, *bits, *raster, cells, cells, 0, 0, False)
    grid = _core.ReceiverGrid(0, 0, 1500, 1000, 1000, 1, 1)
    with pytest.raises(TypeError):
        _core.LearnedBlock(None, grid, 0, 1, *rest)
    weights, server = _core.LearnedBlock(model, grid, 0, 1, *rest).weights(1)
    assert weights.shape == (0, 1) and server.tolist() == [-1]
    with pytest.raises(InputError, match="first, count"):
        _core.LearnedBlock(model, grid, 1, 1, *rest)
    with pytest.raises(InputError, match="row: beyond the raster"):
        _core.LearnedBlock(model, grid, 0, 1, *rest[:8], cells + 1, cells, 0, 0, False)


@pytest.mark.parametrize("terrain", [np.nan, np.inf, -np.inf])
def test_a_table_is_read_within_whatever_the_terrain(terrain):
    axis, where = np.array([0.0, 1.0, 2.0]), np.array([terrain])
    value = np.arange(9.0).reshape(1, 1, 9)
    stations = np.zeros(1, dtype=np.int32)
    found = _core.interpolated_in_table(value, axis, axis, where, where, stations, 1)
    assert found == (8.0 if terrain == np.inf else 0.0)
