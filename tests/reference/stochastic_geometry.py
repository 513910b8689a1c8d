"""Stochastic geometry by definitions: nested adaptive quadrature, and Poisson networks drawn and scored one by one.

Lengths in m, powers in mW. Blocked stations never serve.
"""

from dataclasses import dataclass
from math import atan2, comb, degrees, exp, factorial, pi, sqrt

import numpy as np
from scipy.integrate import quad

# name: the published (a, b), and coverage at 0 dB within 500 m by density (an independent quadrature).
DENSITIES = (0.1, 0.3, 1, 3, 5, 10, 20, 30, 50, 75, 100)
PAIRS = {"suburban": (4.88, 0.43), "urban": (9.61, 0.16), "dense-urban": (12.08, 0.11), "high-rise": (27.23, 0.08)}
COVERAGE_500_M = {
    "suburban": (0.0131, 0.0386, 0.1221, 0.3159, 0.4561, 0.6503, 0.7193, 0.6599, 0.5160, 0.3909, 0.3092),
    "urban": (0.0041, 0.0123, 0.0405, 0.1158, 0.1842, 0.3285, 0.5279, 0.6451, 0.7430, 0.7534, 0.7250),
    "dense-urban": (0.0031, 0.0092, 0.0302, 0.0875, 0.1407, 0.2578, 0.4353, 0.5555, 0.6859, 0.7385, 0.7396),
    "high-rise": (0.0005, 0.0016, 0.0053, 0.0157, 0.0261, 0.0513, 0.0995, 0.1448, 0.2271, 0.3163, 0.3920),
}
SUBURBAN_1000_M = (0.0238, 0.0695, 0.2108, 0.4883, 0.6401, 0.7588, 0.7011, 0.6132, 0.4788, 0.3666, 0.2914)
SOME_1000_M = {
    "urban": {0.1: 0.0106, 10: 0.5933, 20: 0.7238, 30: 0.7271, 100: 0.6305},
    "high-rise": {0.1: 0.0016, 10: 0.1479, 50: 0.5094, 100: 0.6694},
}


@dataclass(frozen=True)
class Network:
    density_per_km2: float
    a: float
    b: float
    farthest: float
    height: float = 20.0
    threshold: float = 1.0
    power: float = 1000.0
    noise: float = 10**-10.4
    gain: tuple = (10**-3.86, 10**-5.95)
    exponent: tuple = (2.0, 3.0)
    shape: tuple = (2, 1)

    @property
    def density(self) -> float:
        return self.density_per_km2 / 1e6

    def sight(self, r: float) -> float:
        return 1 / (1 + self.a * exp(-self.b * (degrees(atan2(self.height, r)) - self.a)))

    def mean(self, r: float, blocked: int = 0) -> float:
        return self.power * self.gain[blocked] * (r * r + self.height**2) ** (-self.exponent[blocked] / 2)


def integral(function, low: float, high: float) -> float:
    """Adaptive, with the scale of the antenna's height as a hint."""
    points = [x for x in (5, 20, 60, 150, 350, 700) if low < x < high]
    return (
        quad(function, low, high, points=points or None, epsabs=1e-7, epsrel=1e-8, limit=200)[0] if low < high else 0.0
    )


def nearest_pdf(net: Network, r: float) -> float:
    """Eq. (7): of the distance to the nearest station in line of sight."""
    around = integral(lambda z: z * net.sight(z), 0.0, r)
    return 2 * pi * net.density * r * net.sight(r) * exp(-2 * pi * net.density * around)


def log_laplace(net: Network, s: complex, r: float, nlos: bool) -> complex:
    """Logarithm of eq. (8), noise included, and with eq. (15) of blocked stations; s may be complex."""

    def area(blocked, low, share):
        shape = net.shape[blocked]

        def ring(z, part):
            return getattr(1 - (1 + s * net.mean(z, blocked) / shape) ** -shape, part) * share(z) * z

        real = integral(lambda z: ring(z, "real"), low, net.farthest)
        return real + 1j * integral(lambda z: ring(z, "imag"), low, net.farthest)

    out = -s * net.noise - 2 * pi * net.density * area(0, r, net.sight)
    if nlos:
        strength = net.gain[1] / net.gain[0] * (r * r + net.height**2) ** (net.exponent[0] / 2)
        nearest = sqrt(max(strength ** (2 / net.exponent[1]) - net.height**2, 0.0))
        out -= 2 * pi * net.density * area(1, nearest, lambda z: 1 - net.sight(z))
    return out


def tail(net: Network, r: float, nlos: bool, form: str) -> float:
    """P(SINR > T) of a server at r: eq. (6) or Alzer's bound."""
    shape, unit = net.shape[0], net.threshold / net.mean(r)
    if form == "alzer":
        kappa = shape * factorial(shape) ** (-1 / shape)
        return sum(
            (-1) ** (k + 1) * comb(shape, k) * np.exp(log_laplace(net, complex(k * kappa * unit), r, nlos)).real
            for k in range(1, shape + 1)
        )
    # (-s)^k L^(k)(s) / k! is the coefficient of u^k in L(s (1 - u)): its mean over a circle around 0.
    circle = 0.5 * np.exp(2j * pi * np.arange(12) / 12)
    value = np.exp([log_laplace(net, shape * unit * (1 - u), r, nlos) for u in circle])
    return float(sum((value / circle**k).mean().real for k in range(shape)))


def coverage(net: Network, *, nlos: bool = False, form: str = "exact", nodes: int = 40) -> float:
    """Eq. (6): the outer integral by a fixed rule in a scale of its own, r = 30 sinh t."""
    t, weight = np.polynomial.legendre.leggauss(nodes)
    end = np.arcsinh(net.farthest / 30)
    total = 0.0
    for x, w in zip((t + 1) * end / 2, weight * end / 2, strict=True):
        r = 30 * np.sinh(x)
        total += w * 30 * np.cosh(x) * nearest_pdf(net, r) * tail(net, r, nlos, form)
    return total


def simulated_coverage(net: Network, networks: int, rng, *, nlos: bool = False) -> tuple[float, float]:
    """Mean and standard error over Poisson networks; the fading of each is averaged over in closed form (m = 2, 1)."""
    assert net.shape == (2, 1)
    score = np.zeros(networks)
    for i in range(networks):
        number = rng.poisson(net.density * pi * net.farthest**2)
        r = net.farthest * np.sqrt(rng.uniform(size=number))
        seen = rng.uniform(size=number) < np.array([net.sight(x) for x in r])
        if not seen.any():
            continue
        server = min(r[seen])
        s = 2 * net.threshold / net.mean(server)
        log_silent, ratio = -s * net.noise, s * net.noise
        for x, in_sight in zip(r, seen, strict=True):
            if x == server or not (in_sight or nlos):
                continue
            shape = net.shape[0 if in_sight else 1]
            strength = s * net.mean(x, 0 if in_sight else 1) / shape
            log_silent -= shape * np.log1p(strength)
            ratio += shape * strength / (1 + strength)
        score[i] = exp(log_silent) * (1 + ratio)
    return float(score.mean()), float(score.std(ddof=1) / sqrt(networks))


def product_p1410(r: float, antenna: float, receiver: float, alpha_beta: float, gamma: float) -> float:
    """ITU-R P.1410: chance that a link of r m clears every row of buildings."""
    rows, out = int(r / 1000 * sqrt(alpha_beta)), 1.0
    for n in range(rows):
        link = antenna - (n + 0.5) * (antenna - receiver) / rows
        out *= 1 - exp(-(link**2) / (2 * gamma**2))
    return out
