"""Stochastic geometry: coverage of a random network of the density and terrain that a receiver has around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import _core
from ..channel import Channel
from ..errors import InputError, nearest_name
from ..links import Estimate
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM, BaseStations
from ..propagation.air_to_ground import AirToGround, line_of_sight_probability
from ..propagation.line_of_sight_model import LineOfSightModel
from ..propagation.named import DEFAULT_MODEL, check_model, model_for, settings_of
from ..propagation.terrain import Surroundings, Terrain, count_outside_fit, surroundings_of, terrain_around
from ..stochastic_geometry.expression import CoverageExpression
from ..stochastic_geometry.lookup import LOOKUPS, most_stations_trained, table_of_database, table_of_model
from ..units import LATTICE_LIMIT_MM, MM_PER_M
from .base import Estimator, require_antennas_above

if TYPE_CHECKING:
    from ..stochastic_geometry.database import Conditions, Database

DEFAULT_MAX_DISTANCE_M = 500.0
SAME_DB = 1e-6
"""Levels that differ less are one."""
LAW_LOS = ("path_loss_exponent_los", "gain_at_1m_db_los", "fading_m_los")
LAW_NLOS = ("path_loss_exponent_nlos", "gain_at_1m_db_nlos", "fading_m_nlos")


@dataclass(frozen=True)
class StochasticGeometryEstimator(Estimator):
    """Algorithm 5 of arXiv:2312.01826: the number of stations within a radius, and the terrain there, give coverage.

    A receiver is served by line of sight only, so indoors the answer is 0, and 0 where no station is near. No server
    is named: the map's servers are -1. Where the terrain lies outside the box of the line-of-sight fit it is clamped,
    between open ground and the box blended, and counted in the provenance. Stations of a carrier must be alike.

    Attributes
    ----------
    model : path or Database, optional
        Trained coefficients; the default is the database that comes with radiocore.
    lookup : {"interpolated", "nearest"}
        Between the terrains of a database over the plane of alpha beta and gamma, or of the pair (a, b) with the least
        normalised deviation (the paper).
    line_of_sight_model : {"air-to-ground", "p1410", "fitted", "tr38901-uma", "-umi", "-rma"} or LineOfSightModel
        "air-to-ground" is what databases are trained for. With any other the full expression is tabulated when a map
        begins; then no database is asked, and channel and stations need not be those of one.
    max_distance_m : float, optional
        Radius of the neighbourhood. Defaults to that of the database, 500 m without one.
    """

    model: str | Path | Database | None = None
    lookup: str = "interpolated"
    line_of_sight_model: str | LineOfSightModel = DEFAULT_MODEL
    max_distance_m: float | None = None
    name: ClassVar[str] = "stochastic-geometry"
    takes_path_loss: ClassVar[bool] = False
    bytes_a_link: ClassVar[float] = 0.25
    most_receivers: ClassVar[int] = 2**18

    def __post_init__(self):
        if self.lookup not in LOOKUPS:
            raise InputError(f"lookup: {self.lookup!r} is not one of {LOOKUPS}{nearest_name(self.lookup, LOOKUPS)}")
        check_model(self.line_of_sight_model)
        if self._is_trained:
            return
        if self.model is not None or self.lookup != "interpolated":
            raise InputError(
                f'model, lookup: databases hold line_of_sight_model="{DEFAULT_MODEL}"; with another one give neither'
            )
        if self.max_distance_m is not None and not 0 < self.max_distance_m < LATTICE_LIMIT_MM / MM_PER_M:
            raise InputError(f"max_distance_m: {self.max_distance_m} must be positive, in metres")

    @staticmethod
    def expression(
        density_per_km2,
        a: float,
        b: float,
        *,
        max_distance_m: float,
        threshold_db,
        nlos_interference: bool = False,
        form: str = "exact",
        channel: Channel | None = None,
        antenna_height_m: float = DEFAULT_HEIGHT_M,
        power_dbm: float = DEFAULT_POWER_DBM,
    ) -> np.ndarray:
        """The full expression (6) over a terrain (a, b) of the line-of-sight sigmoid.

        Parameters
        ----------
        density_per_km2 : float or (D,) array_like
            Stations per km^2.
        a, b : degrees and 1 / degree
            As from :func:`radiocore.a2g_parameters`.
        max_distance_m : float
            Stations farther in plan do not count.
        threshold_db : float or (T,) array_like
        nlos_interference : bool
            Let blocked stations interfere, eq. (15).
        form : {"exact", "alzer"}
            Derivatives of the Laplace transform, or Alzer's upper bound.
        channel : Channel, optional
            Defaults to Table III.
        antenna_height_m : height of the stations above the receiver, m
        power_dbm : of every station

        Returns
        -------
        ndarray in [0, 1] of shape (T, D), without the axis of what was a single number

        Raises
        ------
        InputError

        Notes
        -----
        Quadrature by Gauss-Legendre panels; halving them changes less than 1e-9. For any whole Nakagami shape.
        """
        whole = CoverageExpression(
            Channel() if channel is None else channel,
            float(antenna_height_m),
            float(power_dbm),
            float(max_distance_m),
            nlos_interference,
            form,
        )

        def sight(distance_m: np.ndarray) -> np.ndarray:
            return line_of_sight_probability(distance_m, antenna_height_m, a, b)

        return whole.of(density_per_km2, sight, threshold_db=threshold_db)

    def settings(self):
        model = self._database.settings() if self._is_trained else None
        return {
            "model": model,
            "lookup": self.lookup,
            "line_of_sight_model": settings_of(self.line_of_sight_model),
            "max_distance_m": self._radius_m,
        }

    @property
    def trace_distance_mm(self) -> None:
        return None

    def prepare(self, scene, channel, receiver_height_m):
        stations, names, radius_m = scene.base_stations, scene.base_stations.carrier, self._radius_m
        reach_m = channel.max_interferer_distance_m
        if reach_m is not None and reach_m < radius_m:
            raise InputError(
                f"max_interferer_distance_m: {reach_m:g} m is less than the {radius_m:g} m within which the "
                'stations of method="stochastic-geometry" count; leave it out, or choose method="exact"'
            )
        require_antennas_above(stations, receiver_height_m, "the line-of-sight probability needs")
        kinds = {name: _kind_of(stations, np.flatnonzero(names == name), receiver_height_m) for name in scene.carriers}
        database, sight = None, None
        if self._is_trained:
            database = self._database
            for kind in kinds.values():
                self._check_trained(database, channel, kind)
        else:
            sight = model_for(self.line_of_sight_model, scene, receiver_height_m)
        return _Prepared(surroundings_of(scene.buildings), names, kinds, radius_m, database, sight)

    def describe(self, prepared, receivers, threads, counts):
        """The terrain around each receiver and, for each carrier, how many of its stations are near."""
        terrain = terrain_around(prepared.surroundings, receivers, prepared.radius_m, threads)
        outdoors = receivers.outdoors
        if prepared.sight is None or prepared.sight.uses_terrain:
            count_outside_fit(counts, terrain[outdoors])
        lattice = _core.ReceiverGrid(*receivers.grid.lattice_mm)
        radius_mm = round(prepared.radius_m * MM_PER_M)
        near = {}
        for name, kind in prepared.kinds.items():
            found = _core.points_within(kind.plan_mm, lattice, receivers.first, receivers.count, radius_mm, threads)
            near[name] = np.where(outdoors, found, 0).astype(np.int32)
        if prepared.database is not None:
            most = most_stations_trained(prepared.database)
            beyond = sum(int((number > most).sum()) for number in near.values())
            key = "outdoor_receivers_beyond_trained_density"
            counts[key] = counts.get(key, 0) + beyond
            near = {name: np.minimum(number, np.int32(most)) for name, number in near.items()}
        return _Place(prepared, terrain, near, receivers.grid.height_m)

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        place, prepared = block.place, block.place.prepared
        name = prepared.names[stations.row[0]]
        kind, near = prepared.kinds[name], place.near[name]
        threshold_db = 10.0 * np.log10(threshold)
        most = int(near.max(initial=0))
        if prepared.database is not None:
            trained = prepared.database.conditions
            height = _row_of(kind.height_m, trained.antenna_height_m)
            rows = _threshold_rows(threshold_db.tolist(), trained, kind)
            table = table_of_database(prepared.database, height, rows, most, self.lookup)
        else:
            expression = CoverageExpression(channel, kind.height_m, kind.power_dbm, prepared.radius_m)
            levels_db = tuple(threshold_db.tolist())
            table = table_of_model(prepared.sight, expression, place.receiver_height_m, levels_db, most)
        receivers = block.receivers.count
        return Estimate(
            coverage=table.coverage(place.terrain, near, threads),
            standard_error=None,
            server=np.full(receivers, -1, dtype=np.int32),
            server_power_mw=np.zeros(receivers),
            server_los=np.zeros(receivers, dtype=bool),
        )

    @property
    def _is_trained(self) -> bool:
        return self.line_of_sight_model == DEFAULT_MODEL or isinstance(self.line_of_sight_model, AirToGround)

    @property
    def _database(self) -> Database:
        from ..stochastic_geometry.database import TRAIN_COMMAND, Database

        if self.model is None:
            database = Database.default()
        else:
            database = self.model if isinstance(self.model, Database) else Database.read(self.model)
        if self.lookup == "interpolated" and database.layout != "plane":
            raise InputError(
                f'lookup: the database {database.name!r} holds pairs on a curve; choose lookup="nearest", or train one '
                "over the plane of terrains"
            )
        radius_m = database.conditions.max_distance_m
        if self.max_distance_m is not None and self.max_distance_m != radius_m:
            raise InputError(
                f"max_distance_m: the database {database.name!r} was trained for {radius_m:g} m; leave it out, or "
                f"train another one: {TRAIN_COMMAND} --output FILE --max-distance {self.max_distance_m:g}"
            )
        return database

    @property
    def _radius_m(self) -> float:
        if self._is_trained:
            return self._database.conditions.max_distance_m
        return DEFAULT_MAX_DISTANCE_M if self.max_distance_m is None else float(self.max_distance_m)

    @staticmethod
    def _check_trained(database: Database, channel: Channel, kind: _Kind) -> None:
        """Only what the expression depends on: noise counts relative to the power."""
        trained = database.conditions
        for name in (*LAW_LOS, *(LAW_NLOS if trained.nlos_interference else ())):
            if abs(getattr(channel, name) - getattr(trained, name)) > SAME_DB:
                raise InputError(
                    f"{name}: {getattr(channel, name):g} is not the {getattr(trained, name):g} that the database "
                    f"{database.name!r} was trained for; train one for this channel: "
                    f"{_train_command(kind)} --config FILE"
                )
        noise_dbm = 10.0 * np.log10(channel.noise_mw) if channel.noise_mw > 0 else -np.inf
        if not abs((kind.power_dbm - noise_dbm) - (trained.power_dbm - trained.noise_dbm)) <= SAME_DB:
            raise InputError(
                f"power_dbm: {kind.power_dbm:g} dBm over a noise of {noise_dbm:g} dBm is not the {trained.power_dbm:g} "
                f"over {trained.noise_dbm:g} dBm that the database {database.name!r} was trained for; train one: "
                f"{_train_command(kind)}"
            )
        if _row_of(kind.height_m, trained.antenna_height_m) < 0:
            raise InputError(
                f"height_m: antennas {kind.height_m:g} m above the receivers; the database {database.name!r} was "
                f"trained for {_listed(trained.antenna_height_m)} m; train one: "
                f"{_train_command(kind)}"
            )


@dataclass(frozen=True)
class _Kind:
    """The stations of a carrier, all alike."""

    plan_mm: np.ndarray  # (S, 2) int64
    height_m: float  # above the receivers
    power_dbm: float


@dataclass(frozen=True)
class _Prepared:
    surroundings: Surroundings
    names: np.ndarray  # (S,) carrier of each station of the scene
    kinds: dict[str, _Kind]
    radius_m: float
    database: Database | None
    sight: LineOfSightModel | None


@dataclass(frozen=True)
class _Place:
    prepared: _Prepared
    terrain: Terrain
    near: dict[str, np.ndarray]  # (R,) int32 stations of each carrier within the radius, 0 indoors
    receiver_height_m: float


def _kind_of(stations: BaseStations, rows: np.ndarray, receiver_height_m: float) -> _Kind:
    """What the stations of a carrier have in common.

    Raises
    ------
    InputError
        They differ, or are of a kind that the method does not know.
    """
    remedy = 'make them alike, or choose method="exact", which takes them as they are'
    for name in ("height_m", "power_dbm"):
        column = getattr(stations, name)[rows]
        other = int(np.argmax(column != column[0]))
        if other > 0:
            raise InputError(
                f"{name}: base stations rows {rows[0]} ({column[0]:g}) and {rows[other]} ({column[other]:g}) differ, "
                f"and stochastic geometry knows one kind of station a carrier; {remedy}"
            )
    for name, odd, what in (
        ("load", stations.load[rows] != 1.0, "are always on"),
        ("azimuth_deg", ~np.isnan(stations.azimuth_deg[rows]), "radiate the same all round"),
    ):
        if odd.any():
            row = rows[int(np.argmax(odd))]
            raise InputError(
                f"{name}: base station row {row} has {getattr(stations, name)[row]:g}, and stochastic geometry knows "
                f"stations that {what}; {remedy}"
            )
    height_m = float(stations.height_m[rows[0]]) - receiver_height_m
    plan_mm = np.ascontiguousarray(stations.position_mm[rows, :2])
    return _Kind(plan_mm, round(height_m, 3), float(stations.power_dbm[rows[0]]))


def _row_of(value: float, known: tuple[float, ...]) -> int:
    """Which of the known numbers a value is, -1 = none."""
    found = np.flatnonzero(np.abs(np.array(known) - value) <= SAME_DB)
    return int(found[0]) if found.size else -1


def _threshold_rows(threshold_db: list[float], trained: Conditions, kind: _Kind) -> list[int]:
    """Which of the trained thresholds those of a map are."""
    rows = [_row_of(value, trained.threshold_db) for value in threshold_db]
    if -1 in rows:
        thresholds = "".join(f" --threshold {value:g}" for value in threshold_db)
        raise InputError(
            f"threshold_db: {threshold_db[rows.index(-1)]:g} is not among the {_listed(trained.threshold_db)} dB that "
            f"the database was trained for; train one: {_train_command(kind)}{thresholds}"
        )
    return rows


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _train_command(kind: _Kind) -> str:
    """What trains a database for such stations; a file of both values at once, so that no second refusal follows."""
    from ..stochastic_geometry.database import TRAIN_COMMAND

    return f"{TRAIN_COMMAND} --output FILE --antenna-height {kind.height_m:g} --power {kind.power_dbm:g}"
