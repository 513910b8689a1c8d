"""Made-up drive tests of which the truth is known: exact geometry, and chance where nature has it.

RSRP = EIRP per resource element - path loss + sector pattern - excess of buildings + shadowing + device + month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..blockage import hosts_of, trace
from ..channel import Channel
from ..errors import InputError
from ..grid import DEFAULT_RECEIVER_HEIGHT_M
from ..link_features import link_features
from ..links import CarrierStations, unpacked
from ..measurements import MeasurementReport, Measurements
from ..propagation.power_law import mean_power_mw, require_one_metre
from ..units import MM_PER_M, mw_to_dbm, to_lattice_mm
from .association import sector_names
from .rssi import per_element_db

FOLIAGE_DB = {1: 0.0, 8: -3.0}
"""January's bare trees, August's leaves: the months of arXiv:2207.00166."""
YEAR = 2022
WAVES = 512
"""A sum of so many is as good as normal: its excess kurtosis is -1.5 / WAVES."""
PLACES_AT_ONCE = 2048
MOST_TRIES = 100

# One random stream for each purpose, so that none shifts another.
_PLACES, _TIMES, _SHADOWS, _DEVICES, _ERRORS = range(5)


@dataclass(frozen=True, eq=False)
class Truth:
    """What N made-up measurements are made of; the sum of the columns in dB is their RSRP.

    Attributes
    ----------
    x_m, y_m : (N,) where the phone was, before the location error
    station : (N,) row of the serving station in ``scene.base_stations``
    is_los : (N,) bool, exact
    obstruction_m : (N,) length of the link inside buildings
    median_dbm : (N,) by distance and sector pattern alone
    excess_db, shadowing_db, device_db, month_db : (N,) to be added to it
    """

    x_m: np.ndarray
    y_m: np.ndarray
    station: np.ndarray
    is_los: np.ndarray
    obstruction_m: np.ndarray
    median_dbm: np.ndarray
    excess_db: np.ndarray
    shadowing_db: np.ndarray
    device_db: np.ndarray
    month_db: np.ndarray


def drive_test(
    scene,
    samples: int = 5000,
    *,
    seed: int = 0,
    path_loss_exponent: float = 3.0,
    gain_at_1m_db: float = -38.6,
    resource_blocks: int = 50,
    shadowing_db: float = 6.0,
    shadowing_distance_m: float = 50.0,
    excess_db_per_m: float = 0.15,
    most_excess_db: float = 25.0,
    device_spread_db: float = 3.0,
    devices: int = 20,
    location_error_m: float = 5.0,
    month_db: Mapping[int, float] = FOLIAGE_DB,
    height_m: float = DEFAULT_RECEIVER_HEIGHT_M,
) -> tuple[Measurements, Truth]:
    """Make up measurements at places uniform over the ground outdoors, each served by the strongest sector.

    Parameters
    ----------
    scene : Scene
        Of sector antennas; ``scene.with_sectors(power_dbm=60)`` makes three of each mast, as strong as real ones.
    samples : int
    seed : int
        The same arguments give the same measurements.
    path_loss_exponent, gain_at_1m_db : float
        The power law of every link; what buildings do to it is the excess.
    shadowing_db, shadowing_distance_m : float
        Standard deviation of the log-normal shadowing, one field a mast, and the distance over which its correlation
        falls to 1/e (exponential, after Gudmundson).
    excess_db_per_m, most_excess_db : float
        Loss for each metre of a blocked link inside buildings, and its limit.
    device_spread_db, devices : float, int
        Standard deviation of the phones' offsets, and how many phones there are.
    location_error_m : float
        Standard deviation of the error of each coordinate.
    month_db : mapping of month to dB
        Samples are shared out evenly to these months.

    Returns
    -------
    Measurements
        With time, cell, sector, carrier and device; positions with their error.
    Truth
        Kept apart, so that no model is trained on it by mistake.

    Raises
    ------
    InputError
        A station is isotropic, a number is out of range, or the area is all buildings.
    """
    _check(scene, samples, seed, shadowing_distance_m, devices, month_db)
    check_not_negative(
        shadowing_db=shadowing_db, excess_db_per_m=excess_db_per_m, most_excess_db=most_excess_db,
        device_spread_db=device_spread_db, location_error_m=location_error_m,
    )  # fmt: skip
    stations = scene.base_stations
    receivers_mm = _outdoors(scene, samples, height_m, generator(seed, _PLACES))
    receivers_m = receivers_mm / MM_PER_M
    channel = Channel(
        path_loss_exponent_los=path_loss_exponent,
        path_loss_exponent_nlos=path_loss_exponent,
        gain_at_1m_db_los=gain_at_1m_db,
        gain_at_1m_db_nlos=gain_at_1m_db,
    )
    median_dbm, is_los = _medians(scene, receivers_mm, channel)
    median_dbm -= per_element_db(resource_blocks)
    sites, site = _sites(stations)
    obstruction_m = _obstruction_m(scene, receivers_m, is_los, sites)[:, site]
    excess_db = -np.minimum(excess_db_per_m * obstruction_m, most_excess_db)
    shadow_db = np.stack(
        [
            shadowing_field(
                *receivers_m.T[:2], shadowing_db, shadowing_distance_m, generator(seed, _SHADOWS, number)
            )
            for number in range(len(sites))
        ],
        axis=1,
    )[:, site]  # fmt: skip

    rank = stations.canonical_order
    server = rank[(median_dbm + excess_db + shadow_db)[:, rank].argmax(axis=1)]

    def of_server(value):
        return value[np.arange(samples), server]

    chance = generator(seed, _DEVICES)
    device = chance.integers(devices, size=samples)
    device_db = (device_spread_db * chance.standard_normal(devices))[device]
    month, time = _times(samples, month_db, generator(seed, _TIMES))
    error_m = location_error_m * generator(seed, _ERRORS).standard_normal((samples, 2))
    truth = Truth(
        x_m=receivers_m[:, 0],
        y_m=receivers_m[:, 1],
        station=server,
        is_los=of_server(is_los),
        obstruction_m=of_server(obstruction_m),
        median_dbm=of_server(median_dbm),
        excess_db=of_server(excess_db),
        shadowing_db=of_server(shadow_db),
        device_db=device_db,
        month_db=np.array([float(month_db[number]) for number in month]),
    )
    levels_db = (truth.excess_db, truth.shadowing_db, truth.device_db, truth.month_db)
    measurements = Measurements(
        x_m=truth.x_m + error_m[:, 0],
        y_m=truth.y_m + error_m[:, 1],
        rsrp_dbm=sum(levels_db, truth.median_dbm),
        time=time,
        cell=stations.id[server],
        sector=sector_names(stations)[server],
        carrier=stations.carrier[server],
        frequency_mhz=stations.frequency_mhz[server],
        device=[f"phone-{number + 1}" for number in device],
        frame=scene.frame,
        report=MeasurementReport(f"made up, seed {seed}", rows_read=samples),
    )
    return measurements, truth


def shadowing_field(x_m, y_m, deviation_db: float, distance_m: float, rng: np.random.Generator) -> np.ndarray:
    """(N,) Gaussian field of places with covariance deviation^2 exp(-d / distance), dB.

    A sum of plane waves with random phases, whose wave vectors have the spectrum of that covariance in the plane,
    (1 + (k distance)^2)^(-3/2): the share below k is 1 - (1 + (k distance)^2)^(-1/2), which is inverted. A place has
    its value whatever the others are.
    """
    below = rng.random(WAVES)
    wave_number = np.sqrt((1.0 - below) ** -2 - 1.0) / distance_m
    direction, phase = 2 * np.pi * rng.random((2, WAVES))
    east, north = wave_number * np.sin(direction), wave_number * np.cos(direction)
    out = np.empty(len(x_m))
    for first in range(0, len(x_m), PLACES_AT_ONCE):
        here = slice(first, first + PLACES_AT_ONCE)
        out[here] = np.cos(x_m[here, None] * east + y_m[here, None] * north + phase).sum(axis=1)
    return deviation_db * np.sqrt(2.0 / WAVES) * out


def _medians(scene, receivers_mm: np.ndarray, channel: Channel) -> tuple[np.ndarray, np.ndarray]:
    """(R, S) received power by distance and pattern alone, dBm, and exact line of sight, stations as in the scene."""
    stations, threads = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(len(scene.base_stations))), 0
    nowhere = np.full(len(receivers_mm), -1, dtype=np.int32)
    hosts = (stations.host_start, stations.host_list)
    los = unpacked(trace(scene.city, receivers_mm, stations.position_mm, hosts, nowhere), len(receivers_mm))
    require_one_metre(receivers_mm, stations)
    mean_mw = mean_power_mw(scene, receivers_mm, stations, channel, los, threads)
    power_dbm, is_los = np.empty(mean_mw.T.shape), np.empty(mean_mw.T.shape, dtype=bool)
    power_dbm[:, stations.row], is_los[:, stations.row] = mw_to_dbm(mean_mw.T), los.T
    return power_dbm, is_los


def _sites(stations) -> tuple[np.ndarray, np.ndarray]:
    """Row of the first station at each place of an antenna, and (S,) the place of each station."""
    _, first, site = np.unique(stations.position_mm, axis=0, return_index=True, return_inverse=True)
    return first, site.reshape(-1)


def _obstruction_m(scene, receivers_m: np.ndarray, is_los: np.ndarray, sites: np.ndarray) -> np.ndarray:
    """(R, sites) length of the links inside buildings; zero in line of sight."""
    out = np.zeros((len(receivers_m), len(sites)))
    row, column = np.nonzero(~is_los[:, sites])
    out[row, column] = link_features(scene, sites[column], receivers_m[row]).total_obstruction_length_3d_m
    return out


def _outdoors(scene, samples: int, height_m: float, rng: np.random.Generator) -> np.ndarray:
    """(samples, 3) places on the lattice, uniform over the scene's area outside every outline, mm."""
    west, south, east, north = scene.receiver_bounds_m
    found = np.empty((0, 3), dtype=np.int64)
    for _ in range(MOST_TRIES):
        at_m = rng.uniform((west, south), (east, north), (2 * samples, 2))
        at_mm = np.column_stack([to_lattice_mm(at_m, "samples"), np.full(len(at_m), round(height_m * MM_PER_M))])
        found = np.concatenate([found, at_mm[scene.city.buildings_at(at_mm, False, 0) < 0]])
        if len(found) >= samples:
            return found[:samples]
    raise InputError("scene: its area is all buildings; there is no ground to measure on")


def _times(samples: int, month_db: Mapping[int, float], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(N,) month and time within it of each sample, UTC."""
    month = rng.permutation(np.resize(np.array(sorted(month_db)), samples))
    first = np.datetime64(f"{YEAR}-01", "M") + (month - 1)
    start, stop = (value.astype("datetime64[ms]").astype(np.int64) for value in (first, first + 1))
    return month, rng.integers(start, stop).astype("datetime64[ms]")


def _check(scene, samples, seed, shadowing_distance_m, devices, month_db) -> None:
    if len(scene.base_stations) == 0 or np.isnan(scene.base_stations.azimuth_deg).any():
        raise InputError("scene: made-up measurements want sector antennas; take scene.with_sectors()")
    check_whole(1, samples=samples, devices=devices)
    check_whole(0, seed=seed)
    if not (np.isfinite(shadowing_distance_m) and shadowing_distance_m > 0):
        raise InputError(f"shadowing_distance_m: {shadowing_distance_m} must be positive")
    if not month_db or not set(month_db) <= set(range(1, 13)):
        raise InputError(f"month_db: {dict(month_db)} must lead from months (1 to 12) to dB, and have at least one")


def check_whole(least: int, **values: int) -> None:
    """Refuse what is not a whole number, or less than that."""
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"{name}: {value!r} must be a whole number, {least} or more")


def check_not_negative(**values: float) -> None:
    """Refuse numbers that are negative or not finite."""
    for name, value in values.items():
        if not (np.isfinite(value) and value >= 0):
            raise InputError(f"{name}: {value} must be 0 or more")


def generator(seed: int, *purpose: int) -> np.random.Generator:
    """Random numbers of a seed, of their own for each purpose."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(int(seed), spawn_key=purpose)))
