"""The smallest circle around points."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import InputError, minimum_enclosing_circle
from reference.circle import smallest_circle

coordinate = st.integers(-6, 6) | st.integers(-1_000_000, 1_000_000)


def assert_smallest(points, offset=0.0):
    (x, y), radius = minimum_enclosing_circle(np.asarray(points, dtype=float) + offset)
    expected_x, expected_y, squared_radius = smallest_circle(points)
    expected = float(squared_radius) ** 0.5
    assert radius == pytest.approx(expected, rel=1e-9, abs=1e-12)
    gap = np.hypot(x - offset - float(expected_x), y - offset - float(expected_y))
    assert gap <= 1e-9 * max(expected, abs(offset), 1)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=7))
def test_equals_exhaustive_search(points):
    assert_smallest(points)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=7))
def test_far_from_the_origin(points):
    assert_smallest(points, offset=500_000.0)


def test_equals_shapely_on_ten_thousand_points():
    rng = np.random.default_rng(4)
    for points in (rng.normal(size=(10_000, 2)), rng.uniform(-1e6, 1e6, (10_000, 2)), _ring_of_points(rng, 10_000)):
        (x, y), radius = minimum_enclosing_circle(points)
        assert radius == pytest.approx(shapely.minimum_bounding_radius(shapely.MultiPoint(points)), rel=1e-9)
        distance = np.hypot(*(points - (x, y)).T)
        assert distance.max() <= radius * (1 + 1e-9)
        assert np.sum(distance >= radius * (1 - 1e-9)) >= 2


def _ring_of_points(rng, number):
    angle = rng.uniform(0, 2 * np.pi, number)
    return 12.5 * np.column_stack([np.cos(angle), np.sin(angle)]) + (3.0, -4.0)


@pytest.mark.parametrize(
    ("points", "centre", "radius"),
    [
        ([(3, 4)], (3, 4), 0),
        ([(3, 4)] * 5, (3, 4), 0),
        ([(0, 0), (2, 0)], (1, 0), 1),
        ([(0, 0), (2, 0), (0, 0), (2, 0)], (1, 0), 1),
        ([(k, 2 * k) for k in range(11)], (5, 10), 125**0.5),
        ([(0, 0), (1e-3, 0), (1e6, 0)], (5e5, 0), 5e5),
        ([(0, 0), (4, 0), (4, 3), (0, 3)], (2, 1.5), 2.5),
        ([(0, 0), (4, 0), (2, 1)], (2, 0), 2),
    ],
)
def test_known_and_degenerate_sets(points, centre, radius):
    (x, y), found = minimum_enclosing_circle(points)
    assert found == pytest.approx(radius, rel=1e-9, abs=1e-12)
    assert (x, y) == pytest.approx(centre, rel=1e-9, abs=1e-9)


def test_the_order_of_points_does_not_matter():
    rng = np.random.default_rng(5)
    points = rng.integers(-20, 20, (200, 2)).astype(float)
    radius = {round(minimum_enclosing_circle(rng.permutation(points))[1], 10) for _ in range(20)}
    assert len(radius) == 1


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.zeros(2), np.zeros((3, 3)), [[0.0, np.nan]], [[np.inf, 0.0]]])
def test_points_that_cannot_be_used(points):
    with pytest.raises(InputError, match="points"):
        minimum_enclosing_circle(points)
