"""Algorithm 4 of arXiv:2312.01826: closed forms fitted to the full expression, terrain by terrain."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..channel import Channel
from ..errors import InputError
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM
from ..progress import progress_bar
from ..propagation.air_to_ground import ALPHA_BETA_BOX, AirToGround, a2g_parameters, line_of_sight_probability
from ..units import mw_to_dbm
from .closed_form import ClosedForm, fit_closed_form, fit_densities
from .database import Conditions, Database, Fits, Pair
from .expression import CoverageExpression
from .pairs import pairs_on_curve, plane_axes

PLANE_SHAPE = (15, 15)
PLANE_TERMS = 4
PAPER_TERMS = 2
DENSITY_RANGE_PER_KM2 = (0.1, 100.0)


def train_plane(shape: tuple[int, int] = PLANE_SHAPE, *, most_terms: int = PLANE_TERMS, **options) -> Database:
    """A database over the plane of alpha beta and gamma, made to be interpolated.

    Parameters
    ----------
    shape : (rows of alpha beta, columns of gamma)
    most_terms : int
        Of a closed form; a third and fourth are added where two leave errors above 2e-4.
    **options
        As of :func:`train`.
    """
    alpha_beta, gamma_m = plane_axes(shape)
    model, terrains = AirToGround(), [(x, y) for x in alpha_beta for y in gamma_m]
    sigmoids = [a2g_parameters(1.0, max(x, ALPHA_BETA_BOX[0]), y) for x, y in terrains]

    def sight(pair: int, height_m: float):
        x, y = terrains[pair]
        return lambda distance_m: model.probability(distance_m, height_m, alpha_beta=x, gamma_m=y)

    return train(sigmoids, sight, layout="plane", axes=(alpha_beta, gamma_m), most_terms=most_terms, **options)


def train_curve(pairs: int, *, most_terms: int = PAPER_TERMS, **options) -> Database:
    """The paper's database: pairs on the curve b = f(a), with the closed form's two terms."""
    sigmoids = pairs_on_curve(pairs)

    def sight(pair: int, height_m: float):
        return lambda distance_m: line_of_sight_probability(distance_m, height_m, *sigmoids[pair])

    return train(sigmoids, sight, layout="curve", axes=((), ()), most_terms=most_terms, **options)


def train(
    sigmoids: list[tuple[float, float]],
    sight: Callable[[int, float], Callable[[np.ndarray], np.ndarray]],
    *,
    layout: str,
    axes: tuple[tuple[float, ...], tuple[float, ...]],
    most_terms: int,
    name: str = "trained",
    channel: Channel | None = None,
    power_dbm: float = DEFAULT_POWER_DBM,
    antenna_height_m=(DEFAULT_HEIGHT_M,),
    threshold_db=(0.0,),
    max_distance_m: float = 500.0,
    density_per_km2: tuple[float, float] = DENSITY_RANGE_PER_KM2,
    nlos_interference: bool = False,
    progress: bool | None = None,
) -> Database:
    """Fit the coverage of every pair, antenna height and threshold.

    Parameters
    ----------
    sigmoids : (a, b) of each pair
    sight : callable
        From a pair's number and an antenna height to its probability of line of sight over distance.
    layout, axes, most_terms
        As in :class:`Database`, and :func:`fit_closed_form`.
    channel : Channel, optional
        Defaults to Table III. Its threshold is not looked at.
    power_dbm : float
    antenna_height_m : tuple of float
        Heights of the stations above the receivers.
    threshold_db : tuple of float
    max_distance_m : float
        Radius of the neighbourhood in which stations count.
    density_per_km2 : (least, most)
    nlos_interference : bool
    progress : bool, optional

    Raises
    ------
    InputError
        A number is out of range.
    FitError
    """
    channel = Channel() if channel is None else channel
    low, high = density_per_km2
    if not (0 < low < high < np.inf):
        raise InputError(f"density_per_km2: {density_per_km2} must be two positive numbers that ascend")
    heights_m, thresholds_db = (
        tuple(sorted({float(value) for value in np.atleast_1d(values)})) for values in (antenna_height_m, threshold_db)
    )
    for argument, values in (("antenna_height_m", heights_m), ("threshold_db", thresholds_db)):
        if not values or not np.isfinite(values).all():
            raise InputError(f"{argument}: {values} must be one or more finite numbers")
    if channel.noise_mw == 0:
        raise InputError("noise_dbm: a database needs a positive noise power")
    expressions = [
        CoverageExpression(channel, height, power_dbm, max_distance_m, nlos_interference) for height in heights_m
    ]
    density = fit_densities((low, high))

    def fitted(sight_at: Callable[[float], Callable], before: list[list[ClosedForm]] | None) -> list[list[ClosedForm]]:
        out = []
        for h, expression in enumerate(expressions):
            curves = expression.of(density, sight_at(expression.antenna_height_m), threshold_db=thresholds_db)
            starts = [None] * len(curves) if before is None else before[h]
            out.append(
                [
                    fit_closed_form(density, curve, most_terms=most_terms, start=start)
                    for curve, start in zip(curves, starts, strict=True)
                ]
            )
        return out

    open_ground = fitted(lambda height_m: lambda distance_m: np.ones_like(distance_m), None)
    pairs, forms = [], None
    with progress_bar(len(sigmoids), "Training", progress, unit="pairs") as advance:
        for number, (a, b) in enumerate(sigmoids):
            forms = fitted(lambda height_m, pair=number: sight(pair, height_m), forms)
            pairs.append(Pair(a=a, b=b, fits=_plain(forms)))
            advance(1)
    law = {name: getattr(channel, name) for name in Conditions.model_fields if hasattr(channel, name)}
    conditions = Conditions(
        **{
            **law,
            "noise_dbm": round(float(mw_to_dbm(channel.noise_mw)), 9),
            "power_dbm": float(power_dbm),
            "antenna_height_m": heights_m,
            "threshold_db": thresholds_db,
            "max_distance_m": float(max_distance_m),
            "density_per_km2": (float(low), float(high)),
            "nlos_interference": nlos_interference,
            "line_of_sight_model": AirToGround.name,
        }
    )
    return Database(
        name=name,
        conditions=conditions,
        layout=layout,
        alpha_beta=axes[0],
        gamma_m=axes[1],
        open_ground=_plain(open_ground),
        pairs=tuple(pairs),
    )


def _plain(forms: list[list[ClosedForm]]) -> Fits:
    return tuple(tuple((form.weight_km2, form.decay_km2) for form in row) for row in forms)
