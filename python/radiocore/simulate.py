"""From a scene to its coverage manifold. The only place that knows the order of the stages."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from . import _core
from .antennas import IN_THE_CORE, antenna_named
from .blockage import hosts_of, outdoors_on, points_mm, trace, trace_grid
from .channel import Channel
from .coverage import DEFAULT_DRAWS, as_seed, as_thresholds
from .cuda import DeviceScene
from .device import resolve_device, resolve_threads
from .errors import InputError
from .estimators import Estimator, estimator_named
from .estimators.accelerated import DEFAULT_EXACT_RADIUS_M, DEFAULT_NEIGHBOURHOOD_RADIUS_M
from .grid import DEFAULT_RESOLUTION_M, ReceiverGrid
from .links import Block, CarrierStations, Receivers, unpacked
from .manifold import CoverageManifold
from .network import BaseStations
from .progress import progress_bar
from .propagation.path_loss_power import try_path_loss
from .propagation.power_law import in_one_pass, mean_power_mw, require_one_metre
from .scene import Scene
from .units import MM_PER_M, is_whole, mw_to_dbm

BLOCK_BYTES = 40 * 2**20
"""What the links of a block may take, far below the memory of a map."""
FEWEST_RECEIVERS = 256
"""Of a block."""
LINKS_AT_A_TIME = 2 * 10**8
"""Traced between two steps of the progress bar, a tenth of a second, unless every building is asked."""
MOST_RECEIVERS = 2**32 - 1


def simulate_manifold(
    scene: Scene,
    grid: ReceiverGrid | None = None,
    *,
    resolution_m: float = DEFAULT_RESOLUTION_M,
    method: str | Estimator = "exact",
    model=None,
    channel: Channel | None = None,
    threshold_db=None,
    draws: int = DEFAULT_DRAWS,
    exact_radius_m: float = DEFAULT_EXACT_RADIUS_M,
    neighbourhood_radius_m: float = DEFAULT_NEIGHBOURHOOD_RADIUS_M,
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
        Defaults to ``ReceiverGrid.over(scene, resolution_m)``; cells of that side, m.
    method : {"exact", "traditional", "accelerated", "stochastic-geometry", "learned", "convolutional"} or Estimator
        "exact": every link exact, fading in closed form. "traditional": every building tested,
        fading by Monte Carlo. "accelerated": Algorithm 3, exact up to ``exact_radius_m``.
        "stochastic-geometry": Algorithm 5, from density and terrain. "learned": Algorithm 7, exact up
        to the server. "convolutional": far line of sight by a small network.
        An estimator carries its own settings, and none of those below that are a method's.
    model : path, optional
        What a trained method was trained to: the file that ``radiocore train`` wrote. None = the model
        that comes with the method. Refused by methods that are not trained.
    channel : Channel, optional
        Defaults to Table III of the paper.
    threshold_db : float or list of float, optional
        SINR thresholds; defaults to the channel's. A list is computed in one pass.
    draws, exact_radius_m, neighbourhood_radius_m
        Settings of the methods that are named and have them: number, m, m.
    seed : int
        All randomness. Same inputs and seed give the same bytes for any threads and block size.
    device : {"auto", "cpu", "cuda"}
        "auto" is the CPU; a GPU is asked for by name and gives the same bytes.
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
        method, model=model, draws=draws, exact_radius_m=exact_radius_m, neighbourhood_radius_m=neighbourhood_radius_m
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
    """Mean received power of every link, by exact line of sight and the channel's power law or path-loss model.

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
    require_one_metre(receivers_mm, stations)
    mean_mw = mean_power_mw(scene, receivers_mm, stations, channel, unpacked(bits, len(receivers_mm)), threads)
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
        """The manifold of a scene; ``traced`` holds the line of sight of positions already known."""
        stations = scene.base_stations
        if len(stations) == 0:
            raise InputError("base stations: there are none, so nothing can be served")
        threshold, _ = as_thresholds(self.threshold_db)
        bytes_a_link = self._bytes_a_link(stations)
        block_size = self._block_size(len(stations), bytes_a_link)
        self._check_memory(len(stations), len(threshold), block_size, bytes_a_link)
        self._check_path_loss()
        if self.device == "cuda" and stations.has_tables:
            raise InputError(f'antenna: a GPU knows {" and ".join(IN_THE_CORE)} only; choose device="cpu"')
        prepared = self.estimator.prepare(scene, self.channel, self.grid.height_m)
        hosts = hosts_of(scene)
        carriers = [
            CarrierStations.of(stations, hosts, np.flatnonzero(stations.carrier == name)) for name in scene.carriers
        ]
        for members in carriers:
            nearest_mm = _nearest_receivers_mm(self.grid, members.position_mm)
            require_one_metre(nearest_mm, members)
            if self.channel.path_loss is not None:
                farthest_mm = _farthest_receivers_mm(self.grid, members.position_mm)
                try_path_loss(scene, self.channel.path_loss, members, nearest_mm, farthest_mm)
        outdoors = outdoors_on(scene.city, self.grid, self.threads)
        on_device = DeviceScene.of(scene.city) if self.device == "cuda" else None
        masts = _Masts.of(carriers, traced)
        masts.trace(scene.city, self.grid, outdoors, on_device, self.estimator, self.threads, self.progress)
        columns = _Columns(self.grid.size, len(threshold), len(carriers), outdoors)
        excluded = _outside_box(scene, self.grid)
        counts: dict[str, int] = {}
        with progress_bar(self.grid.size * len(carriers), "Coverage", self.progress, unit="receivers") as advance:
            for start in range(0, self.grid.size, block_size):
                count = min(block_size, self.grid.size - start)
                packed = slice(start // 8, (start + count + 7) // 8)
                receivers = Receivers(self.grid, start, count, outdoors[packed])
                place = self.estimator.describe(prepared, receivers, self.threads, counts)
                for carrier, members in enumerate(carriers):
                    block = Block(receivers, masts.los_bits(members, packed), place, on_device, scene)
                    estimate = self.estimator.estimate(
                        block, members, self.channel, threshold, seed=self.seed, threads=self.threads
                    )
                    columns.put(slice(start, start + count), members, carrier, estimate, excluded)
                    advance(count)

        def resimulate(changed: Scene) -> CoverageManifold:
            if changed.buildings is not scene.buildings:
                raise InputError(
                    "update: the scene has other buildings than this map's; update takes the map's own scene with "
                    "stations moved, added or removed, for another scene use simulate_manifold"
                )
            return self.of(changed, masts.bits if changed.host_building == scene.host_building else {})

        several = len(carriers) > 1
        return CoverageManifold.assemble(
            scene,
            self.grid,
            self.channel,
            threshold_db=self.threshold_db,
            coverage=columns.coverage,
            standard_error=columns.standard_error,
            server=columns.server,
            server_power_mw=columns.server_power_mw,
            server_los=columns.server_los,
            inside=columns.inside,
            excluded=excluded,
            carrier=columns.carrier if several else None,
            share_served_by_carrier=columns.share_by_carrier(scene.carriers) if several else {},
            provenance=self._provenance(scene, counts),
            resimulate=resimulate,
        )

    def _check_path_loss(self) -> None:
        if self.channel.path_loss is None:
            return
        if not self.estimator.takes_path_loss:
            raise InputError(
                f'path_loss: method="{self.estimator.name}" knows the power law only; choose method="exact"'
            )
        if self.device == "cuda":
            raise InputError('path_loss: a GPU has the power law only; choose device="cpu"')

    def _provenance(self, scene: Scene, counts: dict[str, int]) -> dict:
        return {
            **self.provenance,
            "version": _core.build_info()["version"],
            "method": self.estimator.name,
            "estimator": self.estimator.settings(),
            "channel": self.channel.settings(),
            "threshold_db": np.asarray(self.threshold_db).tolist(),
            "receiver_height_m": self.grid.height_m,
            "indoor": self.grid.indoor,
            "host_building": scene.host_building,
            "seed": self.seed,
            "device": self.device,
            "carriers": list(scene.carriers),
            "base_stations": len(scene.base_stations),
            "antennas": sorted({antenna_named(name).name for name in scene.base_stations.pattern.tolist()}),
            "buildings": len(scene.buildings),
            "links": self.grid.size * len(scene.base_stations),
            "rounding_error_at_most": self.estimator.rounding_bound(len(scene.base_stations), self.channel),
            "share_links_leaving_map": _share_of_links_leaving(scene, self.grid),
            **counts,
        }

    def _bytes_a_link(self, stations: BaseStations) -> float:
        held = self.estimator.bytes_a_link
        return held if in_one_pass(stations, self.channel) else max(held, Estimator.bytes_a_link)

    def _block_size(self, stations: int, bytes_a_link: float) -> int:
        """Receivers a block: a multiple of 8, so that line of sight packs into whole bytes."""
        if self.block_size is not None:
            if not (is_whole(self.block_size) and self.block_size >= 1):
                raise InputError(f"block_size: {self.block_size!r} must be a whole number of at least 1")
            return -(-int(self.block_size) // 8) * 8
        fitting = int(BLOCK_BYTES / (bytes_a_link * stations)) // 8 * 8
        return max(FEWEST_RECEIVERS, min(self.estimator.most_receivers, fitting))

    def _check_memory(self, stations: int, thresholds: int, block_size: int, bytes_a_link: float) -> None:
        receivers = self.grid.size
        # The columns, laid out a second time as a map, the packed line of sight, and one block's links.
        per_receiver = 2 * (16 * thresholds + 18) + stations / 8
        needed = receivers * per_receiver + stations * block_size * bytes_a_link
        free = available_memory_bytes()
        if needed > free or receivers > MOST_RECEIVERS:
            raise InputError(
                f"grid: {receivers:,} receivers need {needed / 2**30:.1f} GiB of memory and {free / 2**30:.1f} GiB are "
                "free; use a coarser resolution_m or a smaller area"
            )


@dataclass
class _Masts:
    """Line of sight of every receiver to every antenna position, packed: what ``update`` keeps.

    Cells of one mast, and of several carriers on it, share their line of sight.
    """

    bits: dict[tuple, np.ndarray]  # (ceil(R / 8),) uint8 by position in mm
    new: CarrierStations | None  # one station of each position that has to be traced
    together: list[tuple[list[tuple], np.ndarray]] = field(default_factory=list)  # keys and rows of one call each

    @classmethod
    def of(cls, carriers: list[CarrierStations], traced: dict) -> _Masts:
        bits, picks = {}, {}
        for carrier, members in enumerate(carriers):
            for station, key in enumerate(members.keys):
                if key in traced:
                    bits[key] = traced[key]
                else:
                    picks.setdefault(key, (carrier, station))
        new = [carriers[carrier].select([station]) for carrier, station in picks.values()]
        return cls(bits, CarrierStations.joined(new) if new else None)

    def trace(self, city, grid: ReceiverGrid, outdoors, on_device, estimator: Estimator, threads, progress) -> None:
        """Trace the grid to every new position."""
        if self.new is None:
            return
        if estimator.trace_distance_mm is None:
            nothing = np.zeros((grid.size + 7) // 8, dtype=np.uint8)
            self.bits.update((key, nothing) for key in self.new.keys)
            return
        with progress_bar(len(self.new), "Line of sight", progress, unit="stations") as advance:
            step = threads if estimator.engine == "brute-force" else max(threads, LINKS_AT_A_TIME // grid.size)
            for start in range(0, len(self.new), step):
                some = self.new.select(range(start, min(start + step, len(self.new))))
                limit_mm = estimator.trace_distance_mm
                if on_device is not None:
                    everywhere = Receivers(grid, 0, grid.size, outdoors)
                    packed = on_device.trace(everywhere, some, max_distance_mm=limit_mm).line_of_sight.numpy()
                else:
                    packed = trace_grid(
                        city,
                        grid,
                        some.position_mm,
                        (some.host_start, some.host_list),
                        outdoors,
                        engine=estimator.engine,
                        max_distance_mm=limit_mm,
                        threads=threads,
                    )
                self.bits.update(zip(some.keys, packed, strict=True))
                self.together.append((some.keys, packed))
                advance(len(some))

    def los_bits(self, members: CarrierStations, packed: slice) -> np.ndarray:
        """(S, bytes) line of sight of a stretch of receivers."""
        keys = members.keys
        for traced, rows in self.together:
            if traced == keys:
                return np.ascontiguousarray(rows[:, packed])
        return np.stack([self.bits[key][packed] for key in keys])


class _Columns:
    """The answer, receiver by receiver, of the best carrier at each; and the share that each serves alone."""

    def __init__(self, receivers: int, thresholds: int, carriers: int, outdoors: np.ndarray):
        self.coverage = np.empty((thresholds, receivers))
        self.standard_error: np.ndarray | None = None
        self.server = np.empty(receivers, dtype=np.int32)  # row of scene.base_stations
        self.server_power_mw = np.empty(receivers)
        self.server_los = np.empty(receivers, dtype=bool)
        self.carrier = np.zeros(receivers, dtype=np.int32)
        self.inside = unpacked(outdoors, receivers) == 0
        self._outdoor_sum = np.zeros((carriers, thresholds))
        self._outdoor_count = np.zeros(carriers, dtype=np.int64)

    def put(self, here: slice, members: CarrierStations, carrier: int, estimate, excluded: np.ndarray | None) -> None:
        """Take a carrier's estimate of a block wherever it beats the carriers before it."""
        server = np.append(members.row, np.int32(-1))[estimate.server]
        if carrier == 0 and len(server) == len(self.server):  # everything at once: nothing to copy
            self.coverage, self.standard_error = estimate.coverage, estimate.standard_error
            self.server, self.server_power_mw, self.server_los = server, estimate.server_power_mw, estimate.server_los
        else:
            # The first carrier takes everything, and a slice is much faster than a mask.
            better = slice(None)
            if carrier > 0:
                better = estimate.coverage.sum(axis=0) > self.coverage[:, here].sum(axis=0)
                self.carrier[here][better] = carrier
            self.server[here][better] = server[better]
            self.server_power_mw[here][better] = estimate.server_power_mw[better]
            self.server_los[here][better] = estimate.server_los[better]
            self.coverage[:, here][:, better] = estimate.coverage[:, better]
            if estimate.standard_error is not None:
                if self.standard_error is None:
                    self.standard_error = np.empty_like(self.coverage)
                self.standard_error[:, here][:, better] = estimate.standard_error[:, better]
        if len(self._outdoor_count) > 1:
            counted = ~self.inside[here] if excluded is None else ~(self.inside[here] | excluded[here])
            self._outdoor_sum[carrier] += estimate.coverage[:, counted].sum(axis=1)
            self._outdoor_count[carrier] += int(counted.sum())

    def share_by_carrier(self, names: tuple[str, ...]) -> dict[str, tuple[float | None, ...]]:
        """Mean outdoor coverage of each carrier on its own, (T,); None where nothing lies outdoors."""
        return {
            name: tuple(float(value / count) if count else None for value in total)
            for name, total, count in zip(names, self._outdoor_sum, self._outdoor_count, strict=True)
        }


def _nearest_receivers_mm(grid: ReceiverGrid, stations_mm: np.ndarray) -> np.ndarray:
    """(S, 3) the receiver of a grid nearest to each station in plan."""
    x0, y0, z, step_x, step_y, nx, ny = grid.lattice_mm
    first, step, number = np.array([x0, y0]), np.array([step_x, step_y]), np.array([nx, ny])
    cell = np.clip((2 * (stations_mm[:, :2] - first) + step) // (2 * step), 0, number - 1)
    return np.column_stack([first + cell * step, np.full(len(cell), z)])


def _farthest_receivers_mm(grid: ReceiverGrid, stations_mm: np.ndarray) -> np.ndarray:
    """(S, 3) the corner of a grid farthest from each station in plan."""
    x0, y0, z, step_x, step_y, nx, ny = grid.lattice_mm
    first, last = np.array([x0, y0]), np.array([x0 + step_x * (nx - 1), y0 + step_y * (ny - 1)])
    corner = np.where(2 * stations_mm[:, :2] > first + last, first, last)
    return np.column_stack([corner, np.full(len(corner), z)])


def available_memory_bytes() -> int:
    """Memory that can still be had: the kernel's estimate, page cache included."""
    with suppress(OSError), open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _outside_box(scene: Scene, grid: ReceiverGrid) -> np.ndarray | None:
    """(R,) cells whose centre lies outside the scene's box in degrees: its sides are no grid lines."""
    if scene.bbox is None:
        return None
    west, south, east, north = scene.bbox
    out = np.empty(grid.size, dtype=bool)
    step = 65_536
    for start in range(0, grid.size, step):
        centre_m = grid.position_mm(start, start + step)[:, :2] / MM_PER_M
        lon, lat = scene.frame.to_lonlat(*centre_m.T)
        out[start : start + len(lon)] = ~((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))
    return out


def _share_of_links_leaving(scene: Scene, grid: ReceiverGrid) -> float:
    """Share of links with an end outside the buildings' extent: they cross ground of which nothing is known."""
    if len(scene.buildings) == 0:
        return 0.0
    west, south, east, north = scene.buildings.bounds_m
    stations = scene.base_stations
    on_map = (stations.x_m >= west) & (stations.x_m <= east) & (stations.y_m >= south) & (stations.y_m <= north)
    columns = ((grid.x_m >= west) & (grid.x_m <= east)).mean()
    rows = ((grid.y_m >= south) & (grid.y_m <= north)).mean()
    return float(1.0 - on_map.mean() * columns * rows)
