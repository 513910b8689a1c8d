"""The grid model of a receiver's surroundings, against the slow reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import InputError
from radiocore.learned.grid_model import GridModel
from reference import learned as reference
from towns import as_buildings, as_scene, random_town

GRIDS = [(2, 40.0), (4, 80.0), (6, 63.0), (10, 400.0)]


def place(grid, cell):
    """(column, row) of a cell's number."""
    return cell % grid.n, cell // grid.n


@pytest.mark.parametrize(("n", "side_m"), GRIDS)
def test_paths_and_shared_parameters_equal_reference(n, side_m):
    grid = GridModel(n, side_m)
    paths, centre = grid.paths, reference.centres(n, grid.cell_mm)
    name_of = {}
    for cell in range(grid.cells):
        cells, here = paths.of_cell(cell)
        found = [place(grid, u) for u in cells]
        assert found == reference.path(n, grid.cell_mm, place(grid, cell))
        for u, row in zip(found, range(here.start, here.stop), strict=True):
            name = reference.alike(centre[place(grid, cell)], centre[u])
            assert name_of.setdefault(row, name) == name
    assert len(name_of) == len(paths.u)
    assert len(paths.v) == n // 2 * (n // 2 + 1) // 2


def test_corner_of_the_papers_four_by_four_grid():
    paths = GridModel(4, 80.0).paths
    cells, here = paths.of_cell(0)
    assert cells.tolist() in ([5, 1, 4, 0], [5, 4, 1, 0])
    np.testing.assert_allclose(20 * paths.fraction[here], [20 / 3, 40 / 3, 40 / 3, 20])
    np.testing.assert_allclose(paths.offset[here], [0, 1, 1, 0])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_station_matrices_equal_reference(data):
    n, side_m = data.draw(st.sampled_from(GRIDS))
    grid = GridModel(n, side_m)
    coordinate = st.integers(-grid.n * grid.cell_mm, grid.n * grid.cell_mm)
    on_border = st.integers(-n, n).map(lambda i: i * (grid.cell_mm // 2))
    point = st.tuples(coordinate | on_border, coordinate | on_border)
    receivers = data.draw(st.lists(point, min_size=1, max_size=3))
    stations = data.draw(st.lists(point, min_size=1, max_size=6))
    count = grid.station_matrix(np.array(receivers), np.array(stations), count=True)
    wanted = np.zeros_like(count)
    for r, receiver in enumerate(receivers):
        for station in stations:
            cell = reference.cell_of(n, grid.cell_mm, receiver, station)
            if cell is not None:
                wanted[r, cell[1], cell[0]] += 1
    np.testing.assert_array_equal(count, wanted)
    np.testing.assert_array_equal(grid.station_matrix(np.array(receivers), np.array(stations)), wanted > 0)


@pytest.mark.parametrize("step_mm", [20_000, 40_000, 5_000, 37_002, 1])
def test_roofs_over_cell_centres_are_exact_for_any_spacing(step_mm):
    prisms = random_town(np.random.default_rng(5), buildings=60, side_mm=200_000)
    city = as_scene(prisms, [[0, 0, 20_000]]).city
    grid = GridModel(6, 120.0)
    x_mm, y_mm = np.arange(3) * step_mm - 11_003, np.arange(2) * step_mm + 7_001
    roofs = grid.roofs(city, x_mm, y_mm)
    for row, column in np.ndindex(2, 3):
        height, building = roofs.matrices(row, column)
        for (i, j), (dx, dy) in reference.centres(6, grid.cell_mm).items():
            wanted = reference.roof_at(prisms, x_mm[column] + dx, y_mm[row] + dy)
            assert (height[j, i], building[j, i]) == wanted
    assert roofs.matrices(np.array([0, 1]), np.array([2, 0]))[0].shape == (2, 6, 6)


def test_roofs_of_corners_and_of_equal_buildings():
    """Points on corners and walls, buildings one over the other: the tallest, then the lowest number."""
    square = ((0, 0), (4, 0), (4, 4), (0, 4))
    prisms = [
        reference.geometry.Prism((square,), 0, roof, building)
        for building, roof in enumerate([5_000, 9_000, 9_000, 7_000])
    ]
    prisms.append(reference.geometry.Prism((((4, 4), (9, 4), (4, 9)),), 2_000, 3_000, 4))
    from radiocore import _core

    town = as_buildings(prisms)
    city = _core.City(
        town.vertices_mm, town.ring_start, town.prism_ring_start, town.base_mm, town.roof_mm, town.prism_building
    )
    axis = np.arange(-1, 11)
    roof, building = city.roofs(axis, axis, 1)
    for (j, y), (i, x) in ((a, b) for a in enumerate(axis) for b in enumerate(axis)):
        assert (roof[j, i], building[j, i]) == reference.roof_at(prisms, int(x), int(y))


def test_spacing_without_a_common_measure_is_refused_when_it_is_too_much():
    city = as_scene(random_town(np.random.default_rng(5), buildings=5, side_mm=200_000), [[0, 0, 20_000]]).city
    with pytest.raises(InputError, match="resolution_m: .*cells of 10 m"):
        GridModel(128, 1280.0).roofs(city, np.arange(90) * 7_301, np.arange(90) * 7_301)


@pytest.mark.parametrize(("n", "side_m"), [(3, 60.0), (0, 10.0), (258, 2580.0), (4, 0.0), (4, 80.001), (4, 1e6)])
def test_grid_model_refuses(n, side_m):
    with pytest.raises(InputError, match="n:|side_m:"):
        GridModel(n, side_m)
