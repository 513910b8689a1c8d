"""Weights of the grid model and their training. arXiv:2312.01826, eq. (10) and section V-B.

The weight of a cell, its chance of line of sight, is a product over the cells on the way to it,
W = prod chance(H_u; kappa, tau, rho). The formula of the chance, with its source, stands in
cpp/include/radiocore/coverage/cell_weight.hpp; here it has its derivatives.

The paper fits a kappa and a tau to every pair of cells that symmetry leaves apart. That suits its 4 x 4 cells; on a
grid as fine as buildings need there are a hundred thousand pairs. Here pairs share them by *kind*: how far from the
link the cell lies, and whether it is the receiver's, the antenna's or one between. tau is a factor of the kind times
the height of the link over the cell, which is the paper's initial value by similar triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import FitError, InputError, require
from ..progress import progress_bar
from .grid_model import Paths
from .samples import Samples

KAPPA_RANGE = (0.25, 40.0)
TAU_FACTOR_RANGE = (0.1, 1.5)
RHO_RANGE = (0.0, 0.995)
START = (4.0, 1.0, 0.7)
"""kappa, tau / height of the link, and rho from which the fit starts."""
MOST_ROUNDS = 60

LAYOUTS = {"one": (1, False), "offset": (5, False), "offset-and-place": (5, True)}
"""How pairs of cells share parameters: bins of the offset, and whether the first and the last cell stand apart."""
INNER_SHARE = 0.25
"""Of the maps, left out to choose the layout."""


@dataclass(frozen=True)
class Kinds:
    """Which parameters each pair of cells has.

    Attributes
    ----------
    of : (Q,) kind of each cell of a grid's paths
    number : how many kinds there are
    fraction : (Q,) height of the link over the cell, as a share of the antenna's
    """

    of: np.ndarray
    number: int
    fraction: np.ndarray

    @classmethod
    def by(cls, layout: str, paths: Paths) -> Kinds:
        """The kinds of a layout on the paths of a grid."""
        bins, places = LAYOUTS[layout]
        kind = np.minimum((paths.offset * bins).astype(np.int64), bins - 1)
        v, u = np.repeat(paths.v, np.diff(paths.start), axis=0), paths.u
        if places:
            antenna, receiver = (u == v).all(axis=1), (np.abs(u) == 1).all(axis=1)
            kind = 3 * kind + np.where(antenna, 2, np.where(receiver, 1, 0))
        return cls(kind, bins * (3 if places else 1), paths.fraction)

    def spread(self, theta: np.ndarray) -> np.ndarray:
        """(Q, 3) kappa, tau, rho out of (K, 3) kappa, tau factor, rho of the kinds."""
        weight = theta[self.of]
        weight[:, 1] *= self.fraction
        return weight


def chance_to_pass(height, kappa, tau, rho):
    """1 - rho (1 - phi) at heights above 0, and its derivatives by kappa, tau and rho."""
    at_ground = np.exp(-2.0 * kappa * tau)
    above = np.exp(np.minimum(2.0 * kappa * (height - tau), 700.0))
    per_above = 1.0 / (1.0 + above)
    phi = (1.0 + at_ground) * per_above
    slope = phi * above * per_above
    by_kappa = 2.0 * (-tau * at_ground * per_above - slope * (height - tau))
    by_tau = 2.0 * kappa * (slope - at_ground * per_above)
    return 1.0 - rho * (1.0 - phi), rho * by_kappa, rho * by_tau, phi - 1.0


def weights_of_links(samples: Samples, weight: np.ndarray) -> np.ndarray:
    """(N,) W of the links of samples by (Q, 3) parameters."""
    chance = chance_to_pass(samples.height, *weight[samples.parameter].T)[0]
    return np.exp(np.bincount(samples.link, np.log(chance), minlength=len(samples)))


def fit(samples: Samples, kinds: Kinds, advance=lambda count: None) -> np.ndarray:
    """(K, 3) parameters of the kinds: least squares of W - line of sight by trust-region-reflective steps.

    Raises
    ------
    FitError
        The fit gives no finite numbers.
    """
    optimize = require("scipy.optimize", "ml")
    kind, fraction = kinds.of[samples.parameter], kinds.fraction[samples.parameter]
    number, links = kinds.number, len(samples)
    column = samples.link.astype(np.int64) * number + kind

    def residual_and_jacobian(theta):
        kappa, factor, rho = theta.reshape(number, 3)[kind].T
        chance, *slopes = chance_to_pass(samples.height, kappa, factor * fraction, rho)
        slopes[1] = slopes[1] * fraction
        product = np.exp(np.bincount(samples.link, np.log(chance), minlength=links))
        relative = [np.bincount(column, slope / chance, minlength=links * number) for slope in slopes]
        jacobian = np.stack(relative, axis=1).reshape(links, -1) * product[:, None]
        advance(1)
        return product - samples.los, jacobian

    known: dict = {}

    def at(theta):
        key = theta.tobytes()
        if key not in known:
            known.clear()
            known[key] = residual_and_jacobian(theta)
        return known[key]

    low, high = np.tile(np.column_stack([KAPPA_RANGE, TAU_FACTOR_RANGE, RHO_RANGE]), number)
    found = optimize.least_squares(
        lambda theta: at(theta)[0],
        np.tile(START, number),
        jac=lambda theta: at(theta)[1],
        bounds=(low, high),
        method="trf",
        x_scale=np.tile(START, number),
        ftol=1e-5,
        xtol=1e-5,
        max_nfev=MOST_ROUNDS,
    )
    if not np.isfinite(found.x).all():
        raise FitError("weights: the least-squares fit gave no finite numbers; train on more samples")
    return found.x.reshape(number, 3)


def train_weights(samples: Samples, *, progress: bool | None = None) -> tuple[str, np.ndarray, dict]:
    """Fit the weights of a grid model to samples, in the layout that does best on maps left out meanwhile.

    Returns
    -------
    layout : str
        One of ``LAYOUTS``.
    theta : (K, 3) ndarray
        kappa, tau / height of the link, rho of each of its kinds.
    told : dict
        Mean squared error of the candidates on the maps left out, and that of the mean alone.

    Raises
    ------
    InputError
        The samples are of fewer than two maps.
    FitError
    """
    maps = np.unique(samples.map)
    if len(maps) < 2:
        raise InputError("samples: all are of one map, and at least two are needed to judge a fit; use more samples")
    inner = np.isin(samples.map, maps[-max(1, round(INNER_SHARE * len(maps))) :])
    training, left_out = samples.select(~inner), samples.select(inner)
    paths, score = samples.grid.paths, {}
    with progress_bar((len(LAYOUTS) + 1) * MOST_ROUNDS, "Training", progress, unit="rounds") as advance:
        for layout in LAYOUTS:
            kinds = Kinds.by(layout, paths)
            weight = kinds.spread(fit(training, kinds, advance))
            score[layout] = float(np.mean(np.square(weights_of_links(left_out, weight) - left_out.los)))
        chosen = min(score, key=score.get)
        theta = fit(samples, Kinds.by(chosen, paths), advance)
    of_mean = float(np.mean(np.square(training.los.mean() - left_out.los)))
    return chosen, theta, {"inner_squared_error": score, "inner_squared_error_of_mean": of_mean}
