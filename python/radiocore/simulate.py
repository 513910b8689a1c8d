"""From a scene to its coverage manifold. The only place that knows the order of the stages."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from . import _core
from .blockage import hosts_of, points_mm, trace
from .channel import Channel
from .coverage import as_seed, as_thresholds
from .device import resolve_device, resolve_threads
from .errors import InputError
from .estimators import Estimator, estimator_named
from .estimators.accelerated import DEFAULT_EXACT_RADIUS_M
from .grid import ReceiverGrid
from .links import Block, CarrierStations
from .manifold import CoverageManifold
from .progress import progress_bar
from .propagation.power_law import power_law_mean_mw
from .scene import Scene
from .units import mw_to_dbm

BLOCK_RECEIVERS = 8192
"""Receivers a block: with 80 stations its links take some 10 MB, far below the memory of the map."""
BLOCKS_A_SPAN = 16
MOST_RECEIVERS = 2**32 - 1


def simulate_manifold(
    scene: Scene,
    grid: ReceiverGrid | None = None,
    *,
    resolution_m: float = 5.0,
    method: str | Estimator = "exact",
    channel: Channel | None = None,
    threshold_db=None,
    draws: int = 2000,
    exact_radius_m: float = DEFAULT_EXACT_RADIUS_M,
    neighbourhood_radius_m: float = 500.0,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    progress: bool | None = None,
    block_size: int | None = None,
    provenance: dict | None = None,
) -> CoverageManifold:
    """P(SINR > threshold) at every receiver of a grid over a scene.

    Parameters
    ----------
    scene : Scene
    grid : ReceiverGrid, optional
        Defaults to ``ReceiverGrid.over(scene, resolution_m)``.
    method : {"exact", "traditional", "accelerated"} or Estimator
        "exact": every link exact, fading in closed form. "traditional": every building tested,
        fading by Monte Carlo. "accelerated": Algorithm 3, exact up to ``exact_radius_m``.
    channel : Channel, optional
        Defaults to Table III of the paper.
    threshold_db : float or list of float, optional
        SINR thresholds; defaults to the channel's. A list is computed in one pass.
    draws, exact_radius_m, neighbourhood_radius_m
        Settings of the methods that have them.
    seed : int
        All randomness. Same inputs and seed give the same bytes for any threads and block size.
    device : {"auto", "cpu", "cuda"}
    threads : int, optional
        Defaults to every processor the process may use.
    progress : bool, optional
        Show a bar; None = on a terminal and after one second.
    block_size : int, optional
        Receivers a block; bounds the memory, never changes the answer.
    provenance : dict, optional
        Kept with the map, beside what is known here.

    Returns
    -------
    CoverageManifold

    Raises
    ------
    InputError, DeviceUnavailableError

    Notes
    -----
    Only stations of one carrier interfere. With several carriers in the scene each is computed on
    its own and the map shows the best one at each receiver (highest coverage summed over the
    thresholds, ties to the first name). Source: arXiv:2312.01826; the closed form is derived in
    cpp/include/radiocore/coverage/closed_form.hpp.
    """
    channel = Channel() if channel is None else channel
    estimator = estimator_named(
        method, draws=draws, exact_radius_m=exact_radius_m, neighbourhood_radius_m=neighbourhood_radius_m
    )
    run = _Run(
        grid=ReceiverGrid.over(scene, resolution_m) if grid is None else grid,
        estimator=estimator,
        channel=channel,
        threshold_db=channel.threshold_db if threshold_db is None else threshold_db,
        seed=as_seed(seed),
        device=resolve_device(device),
        threads=resolve_threads(threads),
        progress=progress,
        block_size=block_size,
        provenance=dict(provenance or {}),
    )
    return run.of(scene, traced={})


def received_power_dbm(scene: Scene, receivers, *, channel: Channel | None = None, threads: int | None = None):
    """Mean received power of every link, by exact line of sight and the channel's power law.

    Parameters
    ----------
    receivers : (R, 2) or (R, 3) array_like
        Scene metres; without a height 1.5 m.

    Returns
    -------
    (R, S) ndarray, dBm, stations in the order of ``scene.base_stations``
    """
    channel, threads = channel or Channel(), resolve_threads(threads)
    receivers_mm = points_mm(receivers, "receivers")
    stations = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(len(scene.base_stations)))
    building = scene.city.buildings_at(receivers_mm, True, threads)
    hosts = (stations.host_start, stations.host_list)
    bits = trace(scene.city, receivers_mm, stations.position_mm, hosts, building, threads=threads)
    los = np.unpackbits(bits, axis=1, count=len(receivers_mm))
    mean_mw = power_law_mean_mw(Block(receivers_mm, building, los, 0), stations, channel, los, threads)
    out = np.empty(mean_mw.T.shape)
    out[:, stations.row] = mw_to_dbm(mean_mw.T)
    return out


@dataclass(frozen=True)
class _Run:
    """Settings of one simulation, so that it can be repeated on a changed scene."""

    grid: ReceiverGrid
    estimator: Estimator
    channel: Channel
    threshold_db: float | list
    seed: int
    device: str
    threads: int
    progress: bool | None
    block_size: int | None
    provenance: dict

    def of(self, scene: Scene, traced: dict) -> CoverageManifold:
        """The manifold of a scene; ``traced`` holds the line of sight of stations already known."""
        stations = scene.base_stations
        if len(stations) == 0:
            raise InputError("base stations: there are none, so nothing can be served")
        threshold, _ = as_thresholds(self.threshold_db)
        self._check_memory(len(stations), len(threshold), len(scene.carriers))
        prepared = self.estimator.prepare(scene, self.channel, self.grid.height_m)
        hosts = hosts_of(scene)
        layers = [
            _Layer(CarrierStations.of(stations, hosts, np.flatnonzero(stations.carrier == name)), self.grid.size)
            for name in scene.carriers
        ]
        inside = np.empty(self.grid.size, dtype=bool)
        counts: dict[str, int] = {}
        with progress_bar(self.grid.size * len(layers), "receivers", self.progress) as advance:
            for start in range(0, self.grid.size, self._span()):
                receivers_mm = self.grid.position_mm(start, start + self._span())
                building = scene.city.buildings_at(receivers_mm, True, self.threads)
                inside[start : start + len(receivers_mm)] = building >= 0
                for layer in layers:
                    layer.trace(self, scene, receivers_mm, building, start, traced)
                    for first in range(0, len(receivers_mm), self._block()):
                        last = min(first + self._block(), len(receivers_mm))
                        los = layer.los(slice(start + first, start + last))
                        block = Block(receivers_mm[first:last], building[first:last], los, start + first)
                        estimate = self.estimator.estimate(
                            prepared,
                            block,
                            layer.stations,
                            self.channel,
                            threshold,
                            seed=self.seed,
                            threads=self.threads,
                            counts=counts,
                        )
                        layer.put(block, estimate)
                        advance(len(block.receivers_mm))
        return self._assemble(scene, layers, threshold, inside, counts)

    def _assemble(self, scene, layers, threshold, inside, counts) -> CoverageManifold:
        best, carrier, carrier_coverage = layers[0], None, None
        if len(layers) > 1:
            carrier_coverage = np.stack([layer.coverage for layer in layers])
            carrier = np.argmax(carrier_coverage.sum(axis=1), axis=0).astype(np.int32)
            best = _Layer.chosen(layers, carrier)
        traced = {key: layer.bits[s] for layer in layers for s, key in enumerate(layer.keys)}

        def resimulate(changed: Scene) -> CoverageManifold:
            same = changed.buildings is scene.buildings and changed.host_building == scene.host_building
            return self.of(changed, traced if same else {})

        return CoverageManifold.assemble(
            scene,
            self.grid,
            self.channel,
            threshold_db=self.threshold_db,
            coverage=best.coverage,
            standard_error=best.standard_error,
            server=best.server,
            server_power_mw=best.server_power_mw,
            server_los=best.server_los,
            inside=inside,
            carrier=carrier,
            carrier_coverage=carrier_coverage,
            provenance=self._provenance(scene, counts),
            resimulate=resimulate,
        )

    def _provenance(self, scene: Scene, counts: dict[str, int]) -> dict:
        leaving = _stations_off_the_map(scene)
        return {
            **self.provenance,
            "version": _core.build_info()["version"],
            "method": self.estimator.name,
            "estimator": {name: _finite(value) for name, value in asdict(self.estimator).items()},
            "channel": {name: _finite(value) for name, value in asdict(self.channel).items()},
            "threshold_db": np.asarray(self.threshold_db).tolist(),
            "receiver_height_m": self.grid.height_m,
            "indoor": self.grid.indoor,
            "host_building": scene.host_building,
            "seed": self.seed,
            "device": self.device,
            "carriers": list(scene.carriers),
            "base_stations": len(scene.base_stations),
            "buildings": len(scene.buildings),
            "links": self.grid.size * len(scene.base_stations),
            "share_links_leaving_map": leaving / len(scene.base_stations),
            **counts,
        }

    def _block(self) -> int:
        """Receivers a block: a multiple of 8, so that line of sight packs into whole bytes."""
        if self.block_size is not None:
            if self.block_size < 1:
                raise InputError(f"block_size: {self.block_size} must be at least 1")
            return -(-int(self.block_size) // 8) * 8
        return BLOCK_RECEIVERS

    def _span(self) -> int:
        """Receivers traced at once: a station's walls are sorted once for all of them."""
        return self._block() * (BLOCKS_A_SPAN if self.estimator.engine != "brute-force" else 1)

    def _check_memory(self, stations: int, thresholds: int, carriers: int) -> None:
        receivers = self.grid.size
        if receivers > MOST_RECEIVERS:
            raise InputError(f"grid: {receivers:,} receivers exceed {MOST_RECEIVERS:,}; use a coarser resolution_m")
        # Columns of each carrier, its packed line of sight, and the map laid out a second time.
        per_receiver = carriers * (16 * thresholds + 13) + stations / 8 + 16 * thresholds + 24
        needed = receivers * per_receiver
        free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        if needed > free:
            raise InputError(
                f"grid: {receivers:,} receivers need {needed / 2**30:.1f} GiB of memory and {free / 2**30:.1f} GiB are "
                "free; use a coarser resolution_m or a smaller area"
            )


@dataclass
class _Layer:
    """Answers of one carrier, filled block by block."""

    stations: CarrierStations
    receivers: int
    coverage: np.ndarray | None = None  # (T, R)
    standard_error: np.ndarray | None = None
    server: np.ndarray | None = None  # (R,) row of scene.base_stations
    server_power_mw: np.ndarray | None = None
    server_los: np.ndarray | None = None
    bits: np.ndarray = field(init=False)  # (S, R / 8) line of sight, packed
    keys: list = field(init=False)  # what a station's line of sight depends on

    def __post_init__(self):
        self.bits = np.zeros((len(self.stations), (self.receivers + 7) // 8), dtype=np.uint8)
        self.keys = [tuple(position) for position in self.stations.position_mm.tolist()]

    def trace(self, run: _Run, scene: Scene, receivers_mm, building, start: int, traced: dict) -> None:
        """Line of sight of receivers from ``start`` on; stations found in ``traced`` are taken from there."""
        here = slice(start // 8, (start + len(receivers_mm) + 7) // 8)
        new = []
        for s, key in enumerate(self.keys):
            if key in traced:
                self.bits[s, here] = traced[key][here]
            else:
                new.append(s)
        if new:
            stations = self.stations.select(new)
            self.bits[new, here] = trace(
                scene.city,
                receivers_mm,
                stations.position_mm,
                (stations.host_start, stations.host_list),
                building,
                engine=run.estimator.engine,
                max_distance_mm=run.estimator.trace_distance_mm,
                threads=run.threads,
            )

    def los(self, here: slice) -> np.ndarray:
        """(S, receivers) uint8 line of sight of a block that has been traced."""
        count = here.stop - here.start
        return np.unpackbits(self.bits[:, here.start // 8 : (here.stop + 7) // 8], axis=1, count=count)

    def put(self, block: Block, estimate) -> None:
        here = slice(block.first_receiver, block.first_receiver + len(block.receivers_mm))
        if self.coverage is None:
            thresholds = len(estimate.coverage)
            self.coverage = np.empty((thresholds, self.receivers))
            if estimate.standard_error is not None:
                self.standard_error = np.empty((thresholds, self.receivers))
            self.server = np.empty(self.receivers, dtype=np.int32)
            self.server_power_mw = np.empty(self.receivers)
            self.server_los = np.empty(self.receivers, dtype=bool)
        self.coverage[:, here] = estimate.coverage
        if estimate.standard_error is not None:
            self.standard_error[:, here] = estimate.standard_error
        row = self.stations.row[np.maximum(estimate.server, 0)]
        self.server[here] = np.where(estimate.server >= 0, row, -1)
        self.server_power_mw[here] = estimate.server_power_mw
        self.server_los[here] = estimate.server_los

    @classmethod
    def chosen(cls, layers: list[_Layer], choice: np.ndarray) -> _Layer:
        """The answers of the chosen layer (R,) at each receiver."""

        def pick(name: str):
            columns = [getattr(layer, name) for layer in layers]
            if columns[0] is None:
                return None
            return np.choose(choice, columns)

        names = ("coverage", "standard_error", "server", "server_power_mw", "server_los")
        return replace(layers[0], **{name: pick(name) for name in names})


def _stations_off_the_map(scene: Scene) -> int:
    """Stations outside the buildings' extent: their links cross ground of which nothing is known."""
    if len(scene.buildings) == 0:
        return 0
    west, south, east, north = scene.buildings.bounds_m
    x_m, y_m = scene.base_stations.x_m, scene.base_stations.y_m
    return int((~((x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north))).sum())


def _finite(value):
    """Infinity as text: the provenance is JSON."""
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value
