"""Line-of-sight probability of ITU-R P.1410 environments: the fit of Al-Hourani et al. (2014), loop by loop."""

from math import atan2, degrees, exp, pi, sqrt

# Row i: power of alpha beta; column j: power of gamma.
C_A = (
    (9.34e-01, 2.30e-01, -2.25e-03, 1.86e-05),
    (1.97e-02, 2.44e-03, 6.58e-06),
    (-1.24e-04, -3.34e-06),
    (2.73e-07,),
)
C_B = (
    (1.17e00, -7.56e-02, 1.98e-03, -1.78e-05),
    (-5.79e-03, 1.81e-04, -1.65e-06),
    (1.73e-05, -2.02e-07),
    (-2.00e-08,),
)

# name: alpha, buildings per km^2, gamma in m, and the published (a, b).
ENVIRONMENTS = {
    "suburban": (0.1, 750.0, 8.0, 4.88, 0.43),
    "urban": (0.3, 500.0, 15.0, 9.61, 0.16),
    "dense-urban": (0.5, 300.0, 20.0, 12.08, 0.11),
    "high-rise": (0.5, 300.0, 50.0, 27.23, 0.08),
}


def parameters(alpha_beta: float, gamma: float) -> tuple[float, float]:
    """(a, b) of the sigmoid."""
    return tuple(
        sum(c * alpha_beta**i * gamma**j for i, row in enumerate(table) for j, c in enumerate(row))
        for table in (C_A, C_B)
    )


def probability(distance: float, height: float, a: float, b: float) -> float:
    """P(line of sight) at a horizontal distance, for an antenna that much above the receiver."""
    theta = degrees(atan2(height, distance))
    return 1 / (1 + a * exp(-b * (theta - a)))


def terrain(x: float, y: float, radius: float, buildings) -> tuple[float, float, float]:
    """(alpha, beta per km^2, gamma) of the (centre x, centre y, area, height) whose centre is within the radius."""
    near = [(area, height) for cx, cy, area, height in buildings if (cx - x) ** 2 + (cy - y) ** 2 <= radius**2]
    if not near:
        return 0.0, 0.0, 0.0
    disc = pi * radius**2
    gamma = sqrt(sum(height**2 for _, height in near) / (2 * len(near)))
    return min(1.0, sum(area for area, _ in near) / disc), len(near) / (disc / 1e6), gamma
