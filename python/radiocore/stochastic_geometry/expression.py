"""Coverage of a receiver in a Poisson network with line of sight in probability, by quadrature.

Stations form a Poisson process of some density; each sees the receiver with probability p(r), and the
nearest that does serves. arXiv:2312.01826, eq. (6)-(8) and (15).

All integrals run over t with r = h sinh t, h the antenna height above the receivers. The 3-D distance is then
h cosh t and the elevation a smooth function of t, so Gauss-Legendre panels of equal width in t converge fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import comb, factorial, pi

import numpy as np

from .. import _core
from ..channel import Channel
from ..errors import InputError, nearest_name
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM
from ..units import db_to_linear, dbm_to_mw

FORMS = ("exact", "alzer")
LARGEST_SHAPE = 64
PANELS = 10
"""Between 0 and the farthest distance; twice as many change less than 1e-9."""
MOST_DOUBLINGS = 4
"""Of the panels, for networks so dense that the server is found within a part of one."""
THRESHOLD_LIMIT_DB = 300.0
NODES_A_PANEL = 8
M2_PER_KM2 = 1e6

LineOfSight = Callable[[np.ndarray], np.ndarray]
"""From horizontal distances in m, any shape, to probabilities of line of sight."""


@dataclass(frozen=True)
class CoverageExpression:
    """P(SINR > T) averaged over Poisson networks and fading: eq. (6).

    Attributes
    ----------
    channel : Channel
        Of which the power law, the fading and the noise count; the shape of line-of-sight links must be whole.
    antenna_height_m : height of the stations above the receiver, m
    power_dbm : of every station
    max_distance_m : stations farther in plan neither serve nor interfere
    nlos_interference : whether blocked stations interfere, eq. (15); they never serve
    form : {"exact", "alzer"}
        The derivatives of the Laplace transform, or Alzer's upper bound of the tail of the fading, which the
        paper's closed form grew from; it is at most 0.0262 too high for a shape of 2.
    panels : of the quadrature; dense networks take twice as many, or up to 16 times
    """

    channel: Channel = field(default_factory=Channel)
    antenna_height_m: float = DEFAULT_HEIGHT_M
    power_dbm: float = DEFAULT_POWER_DBM
    max_distance_m: float = 500.0
    nlos_interference: bool = False
    form: str = "exact"
    panels: int = PANELS

    def __post_init__(self):
        for name in ("antenna_height_m", "max_distance_m"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise InputError(f"{name}: {value} must be positive and finite")
        if not np.isfinite(self.power_dbm):
            raise InputError(f"power_dbm: {self.power_dbm} must be finite, in dBm")
        if self.form not in FORMS:
            raise InputError(f"form: {self.form!r} is not one of {FORMS}{nearest_name(self.form, FORMS)}")
        shape = self.channel.fading_m_los
        if shape != int(shape) or shape > LARGEST_SHAPE:
            raise InputError(f"fading_m_los: {shape:g} is not a whole number from 1 to {LARGEST_SHAPE}")

    def of(self, density_per_km2, line_of_sight: LineOfSight, *, threshold_db, breaks_m=()) -> np.ndarray:
        """Coverage at some densities and thresholds.

        Parameters
        ----------
        density_per_km2 : float or (D,) array_like
            Stations per km^2, 0 or more.
        line_of_sight : callable
            From horizontal distances (m, any shape) to probabilities of line of sight.
        threshold_db : float or (T,) array_like
        breaks_m : distances at which the probability jumps or bends, where quadrature panels must end

        Returns
        -------
        ndarray of shape (T, D), without the axis of what was a single number

        Raises
        ------
        InputError
            A density is negative, not finite or too large, a threshold beyond 300 dB, or the callable gives no
            probabilities.
        """
        density = np.asarray(density_per_km2, dtype=np.float64)
        if density.ndim > 1 or not (np.isfinite(density) & (density >= 0)).all():
            raise InputError("density_per_km2: must be a number or a list of numbers, finite and not negative")
        threshold_db = np.asarray(threshold_db, dtype=np.float64)
        if threshold_db.ndim > 1 or not (np.abs(threshold_db) <= THRESHOLD_LIMIT_DB).all():
            raise InputError(f"threshold_db: must be a number or numbers within +-{THRESHOLD_LIMIT_DB:g} dB")
        threshold = db_to_linear(np.atleast_1d(threshold_db))
        mean_m2 = 2.0 * pi * np.atleast_1d(density) / M2_PER_KM2
        found = np.empty((len(threshold), len(mean_m2)))
        doublings = self._doublings(mean_m2)
        for times in np.unique(doublings):
            finer, here = replace(self, panels=self.panels * 2 ** int(times)), doublings == times
            sight = finer._seen(line_of_sight, tuple(breaks_m))
            per_threshold = finer._exact if self.form == "exact" else finer._alzer
            found[:, here] = [per_threshold(sight, mean_m2[here], float(value)) for value in threshold]
        return np.clip(found, 0.0, 1.0).reshape(threshold_db.shape + density.shape)

    # ---- Nodes ---------------------------------------------------------------------------------

    def _doublings(self, mean_m2: np.ndarray) -> np.ndarray:
        """How often the panels are to be halved for each density, 2 pi times it in 1 / m^2, whichever others are asked.

        Near the receiver no station is within t with probability exp(-(t / spread)^2), which eight nodes integrate
        below 1e-9 over panels of up to twice the spread.
        """
        panel = np.arcsinh(self.max_distance_m / self.antenna_height_m) / self.panels
        per_spread = np.sqrt(mean_m2 / 2.0) * self.antenna_height_m
        found = np.ceil(np.log2(np.maximum(panel * per_spread / 2.0, 1.0))).astype(np.int64)
        if (found > MOST_DOUBLINGS).any():
            most = (2.0 ** (MOST_DOUBLINGS + 1) / (panel * self.antenna_height_m)) ** 2 / pi * M2_PER_KM2
            raise InputError(
                f"density_per_km2: more than {most:,.0f} stations at {self.antenna_height_m:g} m are too dense for the "
                "quadrature; give fewer"
            )
        return found

    @cached_property
    def _power_mw(self) -> float:
        return float(dbm_to_mw(self.power_dbm))

    def _seen(self, line_of_sight: LineOfSight, breaks_m: tuple[float, ...]) -> _Seen:
        h = self.antenna_height_m
        end = np.arcsinh(self.max_distance_m / h)
        breaks = np.arcsinh(np.asarray(breaks_m, dtype=np.float64) / h)
        edges = np.union1d(np.linspace(0.0, end, self.panels + 1), breaks[(breaks > 0) & (breaks < end)])

        def nodes(t_edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            """t, r dr in m^2, and the probability there."""
            t, weight = _gauss_legendre(t_edges)
            r = h * np.sinh(t)
            return t, weight * r * h * np.cosh(t), _probability(line_of_sight, r)

        t, area, clear = nodes(edges)
        beyond_t, beyond_area, beyond_clear = nodes(np.maximum(edges, t[:, None]))
        beyond = beyond_area * beyond_clear
        seen = _Seen(
            distance_m=h * np.cosh(t),
            ring_m2=area * clear,
            nearer_m2=area @ clear - beyond.sum(axis=1),
            beyond_distance_m=h * np.cosh(beyond_t),
            beyond_m2=beyond,
        )
        if not self.nlos_interference:
            return seen
        # Nearer than this a blocked station would be the strongest, and by eq. (15) there is none.
        channel = self.channel
        ratio = channel.gain_at_1m_nlos / channel.gain_at_1m_los
        nearest_m = (ratio * seen.distance_m**channel.path_loss_exponent_los) ** (1 / channel.path_loss_exponent_nlos)
        nearest_t = np.arccosh(np.clip(nearest_m / h, 1.0, np.cosh(end)))
        blocked_t, blocked_area, blocked_clear = nodes(np.maximum(edges, nearest_t[:, None]))
        return replace(seen, blocked_distance_m=h * np.cosh(blocked_t), blocked_m2=blocked_area * (1.0 - blocked_clear))

    # ---- Integrals -----------------------------------------------------------------------------

    def _interference(self, seen: _Seen, s: np.ndarray, terms: int) -> list[np.ndarray]:
        """(N,) integrals over the interferers' area, m^2, at the servers' s: minus the logarithm of the Laplace
        transform, then the coefficients of order 1 to ``terms`` - 1 of its series.
        """
        law = self.channel
        clear = (law.gain_at_1m_los, law.path_loss_exponent_los, law.fading_m_los)
        kinds = [(seen.beyond_distance_m, seen.beyond_m2, *clear)]
        if self.nlos_interference:
            blocked = (law.gain_at_1m_nlos, law.path_loss_exponent_nlos, law.fading_m_nlos)
            kinds.append((seen.blocked_distance_m, seen.blocked_m2, *blocked))
        total = [np.zeros(len(s)) for _ in range(terms)]
        for distance_m, area_m2, gain, exponent, shape in kinds:
            x = (s / shape)[:, None] * (self._power_mw * gain * distance_m**-exponent)
            silent = np.exp(-shape * np.log1p(x))
            total[0] += ((1.0 - silent) * area_m2).sum(axis=1)
            term, ratio = silent * area_m2, x / (1.0 + x)
            for n in range(1, terms):
                term = term * ratio * ((shape + n - 1) / n)
                total[n] += term.sum(axis=1)
        return total

    def _s_of_servers(self, seen: _Seen, threshold: float) -> np.ndarray:
        """(N,) T over the mean power of a server at each node, 1 / mW."""
        channel = self.channel
        law = self._power_mw * channel.gain_at_1m_los * seen.distance_m**-channel.path_loss_exponent_los
        return threshold / law

    def _exact(self, seen: _Seen, mean_m2: np.ndarray, threshold: float) -> np.ndarray:
        shape = int(self.channel.fading_m_los)
        s = shape * self._s_of_servers(seen, threshold)
        noise = (s * self.channel.noise_mw)[:, None]
        area, *orders = self._interference(seen, s, shape)
        order = [value[:, None] * mean_m2 for value in orders]
        if order:
            order[0] = order[0] + noise
        # exp of a power series: k e_k = sum n c_n e_(k - n). Every term is positive.
        series = [np.ones((len(s), len(mean_m2)))]
        for k in range(1, shape):
            series.append(sum(n * order[n - 1] * series[k - n] for n in range(1, k + 1)) / k)
        logarithm = -noise - (area + seen.nearer_m2)[:, None] * mean_m2
        return mean_m2 * _summed(seen.ring_m2, _core.exp(logarithm) * sum(series))

    def _alzer(self, seen: _Seen, mean_m2: np.ndarray, threshold: float) -> np.ndarray:
        shape = int(self.channel.fading_m_los)
        kappa = shape * factorial(shape) ** (-1.0 / shape)
        total = np.zeros(len(mean_m2))
        for k in range(1, shape + 1):
            s = k * kappa * self._s_of_servers(seen, threshold)
            (area,) = self._interference(seen, s, 1)
            logarithm = -(s * self.channel.noise_mw)[:, None] - (area + seen.nearer_m2)[:, None] * mean_m2
            total += (-1) ** (k + 1) * comb(shape, k) * _summed(seen.ring_m2, _core.exp(logarithm))
        return mean_m2 * total


@dataclass(frozen=True)
class _Seen:
    """N nodes for the serving station, and for each of them M nodes for the interferers beyond it.

    Areas are r p(r) dr, in which 2 pi times the density is left out, so that they serve every density.
    """

    distance_m: np.ndarray  # (N,) 3-D distance of the server
    ring_m2: np.ndarray  # (N,) its share of the integral
    nearer_m2: np.ndarray  # (N,) area in line of sight that is nearer than it
    beyond_distance_m: np.ndarray  # (N, M)
    beyond_m2: np.ndarray  # (N, M)
    blocked_distance_m: np.ndarray | None = None  # (N, M) of interferers without line of sight
    blocked_m2: np.ndarray | None = None  # (N, M)


def _summed(weight: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(D,) of (N,) and (N, D), node by node, so that no density depends on which others are asked.

    A sum over an axis would add a single column in another order.
    """
    return np.cumsum(weight[:, None] * value, axis=0)[-1]


def _gauss_legendre(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(..., M) nodes and weights of the panels between ascending edges (..., P + 1)."""
    node, weight = np.polynomial.legendre.leggauss(NODES_A_PANEL)
    half = 0.5 * np.diff(edges, axis=-1)[..., None]
    middle = edges[..., :-1, None] + half
    shape = (*edges.shape[:-1], -1)
    return (middle + half * node).reshape(shape), (half * weight).reshape(shape)


def _probability(line_of_sight: LineOfSight, distance_m: np.ndarray) -> np.ndarray:
    found = np.asarray(line_of_sight(distance_m), dtype=np.float64)
    if found.shape != distance_m.shape or not ((found >= 0) & (found <= 1)).all():
        raise InputError("line_of_sight: must give one probability in [0, 1] for each distance")
    return found
