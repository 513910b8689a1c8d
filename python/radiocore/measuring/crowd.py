"""Made-up crowdsourced measurements of which the truth is known: phones outdoors and on floors, RSRP, RSRQ and RSSI.

RSRP = EIRP per resource element - path loss - building entry loss - excess of buildings on the way
       - loss of the phone in its user's hand + shadowing + building + device
RSRQ = RSRP / (RSRP (2 + 10 load) + 12 (interference + noise)), all of one resource element

Two of the twelve resource elements of a block carry reference symbols, the others traffic as the load has it (3GPP TS
36.211, clause 6.10.1); the ratio is that of 3GPP TS 36.214, clause 5.1.3, which also makes the RSSI.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InputError
from ..link_features import link_features, sees_facade
from ..measurements import UE_ALTITUDE, MeasurementReport, Measurements
from ..propagation.itu_p2109 import BuildingEntryLoss
from ..propagation.loss_model import PathLossModel
from ..propagation.tr38901_entry import Tr38901EntryLoss
from ..propagation.tr38901_uma import UrbanMacro
from ..units import MM_PER_M, db_to_linear, linear_to_db, to_lattice_mm
from .crowd_cities import Cities
from .rssi import SUBCARRIERS_PER_BLOCK, per_element_db, rssi_dbm_of
from .synthetic import MOST_TRIES, check_not_negative, check_whole, generator, shadowing_field

TERMINAL_LOSS_DB = 7.0
"""Assumed: antennas of -3 dBi, and 4 dB in hand and body."""
FLOOR_M = 3.0
PHONE_M = 1.5
"""Above ground, or above a floor."""
REFERENCE_ELEMENTS = 2
NOISE_DBM = -174.0 + 41.76 + 9.0
"""Thermal, in the 15 kHz of a resource element, with a noise figure of 9 dB (assumed)."""
RSRP_DBM, LEAST_RSRQ_DB = (-140.0, -44.0), -34.0
"""What is reported (3GPP TS 36.133, clauses 9.1.4 and 9.1.7)."""

FIRST_DAY = np.datetime64("2022-03-07", "h")
"""A Monday."""
WEEKS = 4
BUSIEST_HOUR = 20
METRICS = ("rsrp_dbm", "rsrq_db", "rssi_dbm")

# One random stream for each purpose, so that none shifts another; those of masts are elsewhere.
_PLACES, _FLOORS, _SHADOWS, _BUILDINGS, _DEVICES, _TIMES, _INTERFERENCE, _NETWORKS = range(101, 109)


@dataclass(frozen=True, eq=False)
class CrowdTruth:
    """What N made-up measurements are made of.

    Attributes
    ----------
    station : (N,) row of the serving station in the scene
    building : (N,) row of the building around the phone, -1 outdoors
    is_los : (N,) bool, exact
    emitted_dbm : (N,) EIRP of a resource element
    path_loss_db, entry_loss_db, excess_db : (N,) to be taken away; the second is 0 outdoors
    terminal_loss_db : the same of every phone
    shadowing_db, building_db, device_db : (N,) chance, to be added
    load : (N,) of the cell and its neighbours, by hour and day
    interference_dbm : (N,) of a resource element, in a full network
    expected : the three metrics without any chance
    """

    station: np.ndarray
    building: np.ndarray
    is_los: np.ndarray
    emitted_dbm: np.ndarray
    path_loss_db: np.ndarray
    entry_loss_db: np.ndarray
    excess_db: np.ndarray
    terminal_loss_db: float
    shadowing_db: np.ndarray
    building_db: np.ndarray
    device_db: np.ndarray
    load: np.ndarray
    interference_dbm: np.ndarray
    expected: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def is_indoors(self) -> np.ndarray:
        """(N,) bool."""
        return self.building >= 0

    @property
    def median_dbm(self) -> np.ndarray:
        """(N,) RSRP without chance."""
        return self.emitted_dbm - self.path_loss_db - self.entry_loss_db - self.excess_db - self.terminal_loss_db

    @property
    def on_air_dbm(self) -> np.ndarray:
        """(N,) RSRP where the phone is; phones read it with an offset of their own."""
        return self.median_dbm + self.shadowing_db + self.building_db


@dataclass(frozen=True, eq=False)
class Crowd:
    """Measurements with their truth, kept apart so that no model is trained on it by mistake."""

    measurements: Measurements
    truth: CrowdTruth

    def noise_db(self, metric: str = "rsrp_dbm", rows=None) -> float:
        """Standard deviation of what chance does to a metric: no model that knows the cities alone can err less.

        Parameters
        ----------
        metric : {"rsrp_dbm", "rsrq_db", "rssi_dbm"}
        rows : mask or indices, optional
            Of some measurements, as those indoors or of one city.

        Raises
        ------
        InputError
            There is no such metric.
        """
        if metric not in METRICS:
            raise InputError(f"metric: {metric!r} is not one of {METRICS}")
        by_chance_db = getattr(self.measurements, metric) - self.truth.expected[metric]
        return float(np.std(by_chance_db if rows is None else by_chance_db[rows]))


def crowd(
    cities: Cities,
    samples: int = 12_000,
    *,
    seed: int = 0,
    indoor_share: float = 0.5,
    path_loss: PathLossModel | None = None,
    excess_db_per_m: float = 0.2,
    most_excess_db: float = 25.0,
    terminal_loss_db: float = TERMINAL_LOSS_DB,
    shadowing_db: float = 5.0,
    shadowing_distance_m: float = 50.0,
    building_spread_db: float | None = None,
    device_spread_db: float = 2.0,
    devices: int = 200,
    interference_dbm: float = -115.0,
    interference_spread_db: float = 2.0,
) -> Crowd:
    """Make up what the phones of a crowd report.

    Parameters
    ----------
    cities : Cities
        As of :func:`radiocore.measuring.crowd_cities.made_up_cities`; each gets the same number of rows, more or less
        one.
    samples, seed : int
        The same arguments give the same measurements.
    indoor_share : float in [0, 1]
        Of the rows; they are uniform over the ground of buildings, and over their floors.
    path_loss : PathLossModel, optional
        Of frequency, distances, heights and line of sight; 3GPP TR 38.901 UMa by default, beyond its range where
        links are.
    excess_db_per_m, most_excess_db : float
        For each metre inside buildings on the way, that of the phone apart; and its limit.
    terminal_loss_db : float
        Of antenna and body of every phone.
    shadowing_db, shadowing_distance_m : float
        As of :func:`radiocore.measuring.synthetic.drive_test`, one field a mast.
    building_spread_db : float, optional
        Standard deviation of buildings from the median entry loss; that of TR 38.901 by default.
    device_spread_db, devices : float, int
        Standard deviation of the phones' offsets, and how many phones there are.
    interference_dbm, interference_spread_db : float
        Mean and standard deviation of what other cells of the carrier add to each resource element at full load.

    Returns
    -------
    Crowd
        Measurements with time, cell, carrier and network, area (the city), device, RSRP, RSRQ and RSSI, and the
        features ``ue_altitude_ag_m`` and ``resource_blocks``.

    Raises
    ------
    InputError
        A number is out of range, or too few phones hear their network.

    Notes
    -----
    Entry loss is the median of ITU-R P.2109 (traditional buildings). A phone is of one network and is served by the
    mast of it that is strongest where it is. What is outside the reporting range is not reported.
    """
    check_whole(1, samples=samples, devices=devices)
    check_whole(0, seed=seed)
    spread_db = Tr38901EntryLoss().spread_db if building_spread_db is None else building_spread_db
    check_not_negative(
        excess_db_per_m=excess_db_per_m, most_excess_db=most_excess_db, terminal_loss_db=terminal_loss_db,
        shadowing_db=shadowing_db, building_spread_db=spread_db, device_spread_db=device_spread_db,
        interference_spread_db=interference_spread_db,
    )  # fmt: skip
    if not 0 <= indoor_share <= 1:
        raise InputError(f"indoor_share: {indoor_share} must lie in [0, 1]")
    if not (np.isfinite(shadowing_distance_m) and shadowing_distance_m > 0):
        raise InputError(f"shadowing_distance_m: {shadowing_distance_m} must be positive")
    scene, stations = cities.scene, cities.scene.base_stations
    place_m, building, city = _places(cities, samples, indoor_share, seed)
    network = generator(seed, _NETWORKS).choice(np.unique(stations.carrier), samples)
    model = UrbanMacro(extrapolate=True) if path_loss is None else path_loss
    made_of = {name: np.zeros(samples) for name in ("path_loss_db", "entry_loss_db", "excess_db", "shadowing_db")}
    emitted_dbm = stations.power_dbm - per_element_db(cities.resource_blocks)
    best_dbm, server, is_los = np.full(samples, -np.inf), np.zeros(samples, np.int64), np.zeros(samples, bool)
    for station in range(len(stations)):
        rows = np.flatnonzero((city == cities.station_city[station]) & (network == stations.carrier[station]))
        if not rows.size:
            continue
        found = link_features(scene, np.full(len(rows), station), place_m[rows], progress=False)
        shadows = generator(seed, _SHADOWS, station)
        losses = {
            "path_loss_db": _path_loss_db(model, stations, station, place_m[rows], found),
            "entry_loss_db": _entry_loss_db(stations, station, place_m[rows], building[rows] >= 0),
            "excess_db": np.minimum(
                excess_db_per_m * (found.total_obstruction_length_3d_m - found.building_penetration_length_m),
                most_excess_db,
            ),
        }
        shadow_db = shadowing_field(*place_m[rows].T[:2], shadowing_db, shadowing_distance_m, shadows)
        level_dbm = emitted_dbm[station] - sum(losses.values()) + shadow_db
        wins = level_dbm > best_dbm[rows]
        best_dbm[rows[wins]], server[rows[wins]], is_los[rows[wins]] = level_dbm[wins], station, found.is_los[wins]
        for name, values in {**losses, "shadowing_db": shadow_db}.items():
            made_of[name][rows[wins]] = values[wins]

    of_building = spread_db * generator(seed, _BUILDINGS).standard_normal(len(scene.buildings))
    chance = generator(seed, _DEVICES)
    device = chance.integers(devices, size=samples)
    time = FIRST_DAY.astype("datetime64[ms]") + generator(seed, _TIMES).integers(WEEKS * 7 * 86_400_000, size=samples)
    other_db = interference_spread_db * generator(seed, _INTERFERENCE).standard_normal(samples)
    truth = CrowdTruth(
        station=server,
        building=building,
        is_los=is_los,
        emitted_dbm=emitted_dbm[server],
        **made_of,
        terminal_loss_db=terminal_loss_db,
        building_db=np.where(building >= 0, of_building[building], 0.0),
        device_db=(device_spread_db * chance.standard_normal(devices))[device],
        load=load_of(time),
        interference_dbm=interference_dbm + other_db,
    )
    blocks = cities.resource_blocks[server]
    expected_db = rsrq_db_on_air(truth.median_dbm, truth.load, interference_dbm)
    truth.expected.update(_metrics(truth.median_dbm, expected_db, blocks))
    rsrq_db = rsrq_db_on_air(truth.on_air_dbm, truth.load, truth.interference_dbm)
    rsrp_dbm = truth.on_air_dbm + truth.device_db
    heard = (rsrp_dbm >= RSRP_DBM[0]) & (rsrp_dbm <= RSRP_DBM[1]) & (rsrq_db >= LEAST_RSRQ_DB)
    if not heard.any():
        raise InputError("cities: no phone hears its network; add stations, or power")
    truth, rows, blocks = _select(truth, heard), np.flatnonzero(heard), blocks[heard]
    measurements = Measurements(
        x_m=place_m[heard, 0],
        y_m=place_m[heard, 1],
        **_metrics(rsrp_dbm[heard], rsrq_db[heard], blocks),
        time=time[heard],
        cell=stations.id[truth.station],
        carrier=stations.carrier[truth.station],
        network=stations.carrier[truth.station],
        frequency_mhz=stations.frequency_mhz[truth.station],
        device=[f"phone-{number + 1}" for number in device[heard]],
        area=np.array(cities.names)[city[heard]],
        row=rows,
        features={UE_ALTITUDE: place_m[heard, 2], "resource_blocks": blocks},
        frame=scene.frame,
        report=MeasurementReport(
            f"made up, seed {seed}", rows_read=samples, left_out={"outside the reporting range": samples - len(rows)}
        ),
    )
    return Crowd(measurements, truth)


def load_of(time: np.ndarray) -> np.ndarray:
    """(N,) share of the traffic's resource elements that are in use: most in the evening, less at weekends."""
    hours = time.astype("datetime64[h]").astype(np.int64)
    weekend = (hours // 24 + 3) % 7 >= 5  # 1 January 1970 was a Thursday
    return (0.4 + 0.15 * np.cos(2 * np.pi * (hours % 24 - BUSIEST_HOUR) / 24)) * np.where(weekend, 0.8, 1.0)


def rsrq_db_on_air(rsrp_dbm, load, interference_dbm) -> np.ndarray:
    """RSRQ of levels of a resource element: interference is that of a full network, and falls with the load."""
    own = REFERENCE_ELEMENTS + (SUBCARRIERS_PER_BLOCK - REFERENCE_ELEMENTS) * load
    others = db_to_linear(np.asarray(interference_dbm) - rsrp_dbm) * own + db_to_linear(
        NOISE_DBM - np.asarray(rsrp_dbm)
    ) * (SUBCARRIERS_PER_BLOCK)
    return -linear_to_db(own + others)


def _metrics(rsrp_dbm: np.ndarray, rsrq_db: np.ndarray, blocks: np.ndarray) -> dict[str, np.ndarray]:
    return {"rsrp_dbm": rsrp_dbm, "rsrq_db": rsrq_db, "rssi_dbm": rssi_dbm_of(rsrp_dbm, rsrq_db, blocks)}


def _places(cities: Cities, samples: int, indoor_share: float, seed: int):
    """(N, 3) places of phones, m, (N,) the building around each, -1 outdoors, and (N,) its city."""
    rng, floors = generator(seed, _PLACES), generator(seed, _FLOORS)
    height_m = cities.scene.buildings.height_m
    place_m, building, city = [], [], []
    for number, rows in enumerate(np.array_split(np.arange(samples), len(cities.names))):
        indoors = round(indoor_share * len(rows))
        at_m, around = _drawn(cities, number, indoors, len(rows) - indoors, height_m, rng)
        levels = np.maximum(np.floor(height_m[around] / FLOOR_M), 1)
        floor = np.where(around >= 0, np.floor(floors.random(len(around)) * levels), 0)
        mixed = rng.permutation(len(around))
        place_m.append(np.column_stack([at_m, PHONE_M + FLOOR_M * floor])[mixed])
        building.append(around[mixed])
        city.append(np.full(len(rows), number))
    return np.concatenate(place_m), np.concatenate(building), np.concatenate(city)


def _drawn(cities: Cities, number: int, indoors: int, outdoors: int, height_m: np.ndarray, rng: np.random.Generator):
    """Places of one city on the lattice, those in buildings of a floor or more first, and the building of each."""
    found: tuple[list, list] = ([], [])
    wanted = (indoors, outdoors)
    west, south, east, north = cities.bounds_m[number]
    for _ in range(MOST_TRIES):
        at_m = np.round(rng.uniform((west, south), (east, north), (2 * (indoors + outdoors), 2)), 3)
        at_mm = np.column_stack([to_lattice_mm(at_m, "samples"), np.full(len(at_m), round(PHONE_M * MM_PER_M))])
        around = np.asarray(cities.scene.city.buildings_at(at_mm, False, 0)).astype(np.int64)
        for kept, rows in zip(found, ((around >= 0) & (height_m[around] >= FLOOR_M), around < 0), strict=True):
            kept.extend(zip(at_m[rows], around[rows], strict=True))
        if all(len(kept) >= number for kept, number in zip(found, wanted, strict=True)):
            chosen = [row for kept, number in zip(found, wanted, strict=True) for row in kept[:number]]
            return np.array([at for at, _ in chosen]), np.array([around for _, around in chosen])
    raise InputError(f"cities: {cities.names[number]} has no place for phones indoors, or none outdoors")


def _path_loss_db(model: PathLossModel, stations, station: int, place_m: np.ndarray, found) -> np.ndarray:
    columns = {
        "frequency_mhz": stations.frequency_mhz[station],
        "distance_2d_m": found.plan_distance_m,
        "distance_3d_m": found.distance_m,
        "transmitter_height_m": stations.height_m[station],
        "receiver_height_m": place_m[:, 2],
        "is_los": sees_facade(found.is_los, found.total_obstruction_length_3d_m, found.building_penetration_length_m),
        "obstruction_m": found.total_obstruction_length_3d_m,
    }
    unknown = [name for name in model.inputs if name not in columns]
    if unknown:
        raise InputError(f"path_loss: {model.name} takes {', '.join(unknown)}, which is not made up; choose another")
    return model.loss_db(**{name: columns[name] for name in model.inputs})


def _entry_loss_db(stations, station: int, place_m: np.ndarray, is_indoors: np.ndarray) -> np.ndarray:
    out = np.zeros(len(place_m))
    plan_m = np.hypot(place_m[:, 0] - stations.x_m[station], place_m[:, 1] - stations.y_m[station])
    elevation_deg = np.degrees(np.arctan2(stations.height_m[station] - place_m[:, 2], plan_m))
    out[is_indoors] = BuildingEntryLoss().loss_db(
        frequency_mhz=stations.frequency_mhz[station], location_share=0.5, elevation_deg=elevation_deg[is_indoors]
    )
    return out


def _select(truth: CrowdTruth, rows: np.ndarray) -> CrowdTruth:
    columns = {name: value[rows] for name, value in vars(truth).items() if isinstance(value, np.ndarray)}
    return replace(truth, **columns, expected={name: value[rows] for name, value in truth.expected.items()})
