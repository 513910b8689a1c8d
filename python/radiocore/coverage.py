"""P(SINR > threshold) of given links: in closed form, mixed over line-of-sight states, or sampled."""

from __future__ import annotations

import numpy as np

from . import _core
from .cuda import GivenOnDevice, device_of, open_kernels
from .device import resolve_device, resolve_threads
from .device_array import DeviceArray, is_device_array
from .errors import InputError
from .units import db_to_linear, is_whole

THRESHOLD_LIMIT_DB = 60.0
DEFAULT_DRAWS = 2000
MOST_DRAWS = 2**31


def coverage_probability(
    mean_power_mw, fading_m, *, noise_mw: float, threshold_db, device: str = "auto"
) -> np.ndarray | DeviceArray:
    """P(SINR > threshold) of each receiver under independent Nakagami-m fading, in closed form.

    Parameters
    ----------
    mean_power_mw : (R, S) array_like
        Mean received power of each link, mW. Zero means the station is off. An array of float64 on a
        GPU (CuPy, torch, or any with ``__cuda_array_interface__`` or DLPack) is worked at where it lies.
    fading_m : array_like, broadcast to (R, S)
        Nakagami shape of each link; the serving link's must be a whole number from 1 to 64.
    noise_mw : float
        Noise power, mW; zero is allowed.
    threshold_db : float or (T,) array_like
        SINR thresholds, dB, within +-60 dB.
    device : {"auto", "cpu", "cuda"}
        "auto": where the powers lie.

    Returns
    -------
    (R,) or (T, R) ndarray in [0, 1]
        Zero where every station is off. A :class:`DeviceArray` for powers on a GPU.

    Raises
    ------
    InputError
        A power is negative or not finite, a shape is not positive, or a serving shape is not whole.
    DeviceUnavailableError

    Notes
    -----
    The server is the strongest mean, ties to the lower column. With s = m0 T / S the answer is a
    Poisson / negative-binomial tail; every term is positive, so nothing cancels. Cost O(S) for
    whole shapes up to 4 with a server of 1 or 2, else O(S m0^2). Equal on every device.
    """
    threshold, scalar = as_thresholds(threshold_db)
    noise_mw = _as_noise(noise_mw)
    kernels = _kernels_for(mean_power_mw, fading_m, device)
    if kernels is not None:
        return coverage_by_kernels(kernels, mean_power_mw, fading_m, noise_mw, threshold, scalar)
    mean = _as_links(mean_power_mw, "mean_power_mw")
    shape = _as_shapes(fading_m, mean.shape)
    threads = resolve_threads(None)
    server = _core.associate(mean, threads)
    load = np.ones(mean.shape[0])
    out = _core.closed_form(mean, shape, None, (1.0, 1.0), load, server, noise_mw, threshold, threads)
    return out[0] if scalar else out


def mixture_coverage_probability(
    mean_power_los_mw, mean_power_nlos_mw, los_probability, fading_m_los, fading_m_nlos, *, noise_mw, threshold_db
) -> np.ndarray:
    """P(SINR > threshold) where line of sight is only known in probability, averaged over all states.

    Parameters
    ----------
    mean_power_los_mw, mean_power_nlos_mw : (R, S) array_like
        Mean received power of each link in either state, mW.
    los_probability : (R, S) array_like in [0, 1]
        Independent probability of line of sight of each link; 0 or 1 where it is known.
    fading_m_los, fading_m_nlos : int
        Nakagami shapes, whole numbers from 1 to 64.
    noise_mw, threshold_db
        As in :func:`coverage_probability`.

    Returns
    -------
    (R,) or (T, R) ndarray in [0, 1]

    Notes
    -----
    In each state of the city the strongest mean serves (ties to the lower column). The average over
    the 2^S states is taken exactly by the rank of the candidate that serves, O(S^2) at worst.
    """
    mean_los = _as_links(mean_power_los_mw, "mean_power_los_mw")
    mean_nlos = _as_links(mean_power_nlos_mw, "mean_power_nlos_mw")
    probability = _as_links(los_probability, "los_probability")
    if not (mean_los.shape == mean_nlos.shape == probability.shape):
        raise InputError("mean_power_los_mw, mean_power_nlos_mw and los_probability must have one shape (R, S)")
    if (probability > 1).any():
        raise InputError("los_probability: a value is above 1")
    threshold, scalar = as_thresholds(threshold_db)
    out, _, _ = _core.mixture(
        mean_nlos,
        mean_los,
        (float(fading_m_nlos), float(fading_m_los)),
        probability,
        np.ones(mean_los.shape[0]),
        _as_noise(noise_mw),
        threshold,
        resolve_threads(None),
    )
    return out[0] if scalar else out


def simulated_coverage_probability(
    mean_power_mw,
    fading_m,
    *,
    noise_mw,
    threshold_db,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    threads: int | None = None,
    device: str = "auto",
) -> tuple[np.ndarray, np.ndarray] | tuple[DeviceArray, DeviceArray]:
    """P(SINR > threshold) of each receiver by Monte Carlo over Nakagami-m fading.

    Parameters are those of :func:`coverage_probability`; any positive real shape may serve.

    Returns
    -------
    coverage, standard_error : (R,) or (T, R) ndarray, or DeviceArray for powers on a GPU
        The error is the posterior standard deviation of the probability under a uniform prior,
        which stays positive where all draws agree.

    Notes
    -----
    Draws are keyed by (seed, receiver, station, draw): the same bytes for any number of threads and
    on every device. Algorithm 3, steps 18-26, of arXiv:2312.01826.
    """
    threshold, scalar = as_thresholds(threshold_db)
    noise_mw, seed, draws = _as_noise(noise_mw), as_seed(seed), as_draws(draws)
    threads = resolve_threads(threads)
    kernels = _kernels_for(mean_power_mw, fading_m, device)
    if kernels is not None:
        return sampled_by_kernels(kernels, mean_power_mw, fading_m, noise_mw, threshold, scalar, seed, draws)
    mean = _as_links(mean_power_mw, "mean_power_mw")
    shape = _as_shapes(fading_m, mean.shape)
    hits = _core.monte_carlo_hits(
        mean,
        shape,
        None,
        (1.0, 1.0),
        np.ones(mean.shape[0]),
        _core.associate(mean, threads),
        noise_mw,
        threshold,
        seed,
        draws,
        0,
        "automatic",
        threads,
    )
    coverage, error = share_and_error(hits, draws)
    return (coverage[0], error[0]) if scalar else (coverage, error)


def share_and_error(hits: np.ndarray, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Share of hits, and the posterior standard deviation of the probability (uniform prior)."""
    posterior_mean = (hits + 1.0) / (draws + 2.0)
    return hits / float(draws), np.sqrt(posterior_mean * (1.0 - posterior_mean) / (draws + 3.0))


def coverage_by_kernels(kernels, mean_power_mw, fading_m, noise_mw: float, threshold: np.ndarray, scalar: bool):
    """:func:`coverage_probability` by the kernels of a device."""
    given, findings, receivers = _given(kernels, mean_power_mw, fading_m)
    receiver = findings.broken_server()
    if receiver is not None:
        raise InputError(
            f"fading_m: the closed form needs a whole number from 1 to 64 for the serving link of receiver {receiver}"
        )
    found = kernels.cover_given(given, findings, noise_mw, threshold)
    return _answer(found, np.float64, len(threshold), receivers, scalar)


def sampled_by_kernels(
    kernels, mean_power_mw, fading_m, noise_mw: float, threshold: np.ndarray, scalar: bool, seed: int, draws: int
):
    """:func:`simulated_coverage_probability` by the kernels of a device."""
    given, findings, receivers = _given(kernels, mean_power_mw, fading_m)
    hits = kernels.hits_of_given(given, findings, noise_mw, threshold, seed, draws, 0)
    on_host = isinstance(hits, np.ndarray)
    pair = share_and_error(hits, draws) if on_host else kernels.share_and_error(hits, draws)
    return tuple(_answer(found, np.float64, len(threshold), receivers, scalar) for found in pair)


def _kernels_for(mean_power_mw, fading_m, device: str) -> _core.DeviceKernels | None:
    """The kernels of the GPU where it is asked for, or holds the powers; None: the engines of the CPU."""
    wanted = resolve_device(device)
    on_gpu = [name for name, values in _named(mean_power_mw, fading_m) if is_device_array(values)]
    if on_gpu and device == "cpu":
        raise InputError(f'{on_gpu[0]}: lies on a GPU, and device is "cpu"; copy it to the host, or leave device out')
    return open_kernels() if on_gpu or wanted == "cuda" else None


def _named(mean_power_mw, fading_m):
    return ("mean_power_mw", mean_power_mw), ("fading_m", fading_m)


def _given(kernels, mean_power_mw, fading_m):
    """(GivenLinks, LinkFindings, R): links on the device where they lie, or on the host, checked."""
    if is_device_array(mean_power_mw, device_of(kernels)):
        columns = GivenOnDevice.of(kernels, mean_power_mw, fading_m)
        return columns.given, columns.findings, columns.receivers
    if is_device_array(fading_m, device_of(kernels)):
        raise InputError("fading_m: lies on a GPU and mean_power_mw does not; move both to one device")
    mean = _as_links(mean_power_mw, "mean_power_mw")
    given = _core.GivenLinks.on_host(mean, _as_shapes(fading_m, mean.shape))
    return given, kernels.inspect(given), mean.shape[1]


def _answer(found, dtype, thresholds: int, receivers: int, scalar: bool):
    """(T, R), or (R,) for a single threshold, where the links lie."""
    if isinstance(found, np.ndarray):
        return found[0] if scalar else found
    return DeviceArray(found, dtype, (receivers,) if scalar else (thresholds, receivers))


def as_thresholds(threshold_db) -> tuple[np.ndarray, bool]:
    """Linear thresholds (T,), and whether a single number was given."""
    try:
        threshold_db = np.asarray(threshold_db, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"threshold_db: {threshold_db!r} is not a number or a list of numbers") from None
    if threshold_db.ndim > 1 or threshold_db.size == 0:
        raise InputError(f"threshold_db: shape {threshold_db.shape}, wanted a number or a list of numbers")
    if not (np.abs(threshold_db) <= THRESHOLD_LIMIT_DB).all():
        raise InputError(f"threshold_db: {threshold_db.tolist()} must lie within +-{THRESHOLD_LIMIT_DB:g} dB")
    if np.unique(threshold_db).size < threshold_db.size:
        raise InputError(f"threshold_db: {threshold_db.tolist()} names a threshold twice")
    return np.atleast_1d(db_to_linear(threshold_db)), threshold_db.ndim == 0


def as_seed(seed: int) -> int:
    """A seed that fits the generator's 64-bit key."""
    if not (is_whole(seed) and 0 <= seed < 2**64):
        raise InputError(f"seed: {seed!r} must be a whole number from 0 to 2^64 - 1")
    return int(seed)


def as_draws(draws: int) -> int:
    """A number of draws that fits the generator's counter."""
    if not (is_whole(draws) and 1 <= draws <= MOST_DRAWS):
        raise InputError(f"draws: {draws!r} must be a whole number from 1 to {MOST_DRAWS}")
    return int(draws)


def _as_links(values, name: str) -> np.ndarray:
    """(S, R) contiguous copy of (R, S) non-negative finite numbers: the core runs station by station."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2:
        raise InputError(f"{name}: shape {values.shape}, wanted (R, S)")
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        receiver, station = np.argwhere(bad)[0]
        raise InputError(
            f"{name}: receiver {receiver}, station {station} is {values[receiver, station]:g}; "
            "it must be finite and not negative"
        )
    return np.ascontiguousarray(values.T)


def _as_shapes(fading_m, shape: tuple[int, int]) -> np.ndarray:
    fading_m = np.asarray(fading_m, dtype=np.float64)
    try:
        fading_m = np.broadcast_to(fading_m, shape[::-1])
    except ValueError:
        raise InputError(f"fading_m: shape {fading_m.shape} does not match the links {shape[::-1]}") from None
    if not (np.isfinite(fading_m) & (fading_m > 0)).all():
        raise InputError("fading_m: a shape is not a positive finite number")
    return np.ascontiguousarray(fading_m.T)


def _as_noise(noise_mw: float) -> float:
    noise_mw = float(noise_mw)
    if not (np.isfinite(noise_mw) and noise_mw >= 0):
        raise InputError(f"noise_mw: {noise_mw} must be finite and not negative")
    return noise_mw
