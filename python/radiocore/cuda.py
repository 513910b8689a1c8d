"""Scenes on a GPU: a city stays there, and so do the links of a stretch of receivers until they are read.

    scene = DeviceScene.of(city)
    links = scene.trace(cells, stations)            # line of sight of every link, exact
    links.coverage(channel, threshold)              # closed form
    links.hits(channel, threshold, draws=..., ...)  # Monte Carlo

What the CPU answers by its engines the GPU answers by the bodies in cpp/include/radiocore/device/:
line of sight, servers, hits and coverage are equal to the CPU's, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from . import _core
from .channel import Channel
from .device_array import DLPACK_CPU, DLPACK_CUDA, DeviceArray, borrow, is_device_array
from .errors import InputError
from .links import Block, CarrierStations, Estimate, Receivers

BUDGET_BYTES = 256 * 2**20
"""Memory that columns streamed through the GPU may take there at once."""
TEAM_SIZE = 32
"""Members of a team where this processor runs the bodies; no answer depends on it."""


def open_kernels(
    on: str = "cuda", *, threads: int = 0, team_size: int = TEAM_SIZE, budget_bytes: int = BUDGET_BYTES
) -> _core.DeviceKernels:
    """The kernels of the first GPU, or (on="host") their bodies run by this processor, for tests.

    Raises
    ------
    DeviceUnavailableError
        There is no GPU, or none that this build can use.
    """
    return _core.DeviceKernels(on, threads=threads, team_size=team_size, budget_bytes=budget_bytes)


def device_of(kernels: _core.DeviceKernels) -> int:
    """Where the kernels' memory is, as DLPack numbers it."""
    return DLPACK_CUDA if kernels.on_gpu else DLPACK_CPU


@dataclass(frozen=True)
class DeviceScene:
    """A city in the memory of a device."""

    kernels: _core.DeviceKernels
    town: _core.DeviceTown

    @classmethod
    def of(cls, city: _core.City, kernels: _core.DeviceKernels | None = None) -> DeviceScene:
        kernels = open_kernels() if kernels is None else kernels
        return cls(kernels, kernels.upload_city(city))

    def trace(
        self, receivers: np.ndarray | Receivers, stations: CarrierStations, *, max_distance_mm: int = -1
    ) -> TracedLinks:
        """Line of sight of receivers, (R, 3) int64 mm or cells of a grid, to stations.

        Links longer in plan than ``max_distance_mm`` (if 0 or more) are not traced and count as blocked.
        """
        links = self._links(receivers, stations)
        self.kernels.trace(self.town, links, max_distance_mm)
        return TracedLinks(self.kernels, links)

    def traced(self, receivers: np.ndarray | Receivers, stations: CarrierStations, los_bits: np.ndarray) -> TracedLinks:
        """Links whose line of sight (S, ceil(R / 8)) is known from elsewhere."""
        links = self._links(receivers, stations)
        self.kernels.take_line_of_sight(self.town, links, los_bits)
        return TracedLinks(self.kernels, links)

    def exact(
        self,
        block: Block,
        stations: CarrierStations,
        channel: Channel,
        threshold: np.ndarray,
        *,
        double_precision: bool,
    ) -> Estimate:
        """Coverage of a block in closed form: what :class:`ExactCoverage` answers."""
        links = self.traced(block.receivers, stations, block.los_bits)
        return links.coverage(channel, threshold, double_precision=double_precision).estimate()

    def sampled(
        self,
        block: Block,
        stations: CarrierStations,
        channel: Channel,
        threshold: np.ndarray,
        *,
        draws: int,
        seed: int,
        exact_radius_mm: int = -1,
    ) -> Estimate:
        """Coverage of a block by Monte Carlo: what :class:`TraditionalSimulation` answers, or with an exact
        radius (0 or more) :class:`AcceleratedSimulation`, the terrain being ``block.place.terrain``.
        """
        links, first = self.traced(block.receivers, stations, block.los_bits), block.receivers.first
        if exact_radius_mm >= 0:
            terrain = block.place.terrain
            links.draw_far(
                terrain.alpha_beta,
                terrain.gamma_m,
                exact_radius_mm=exact_radius_mm,
                seed=seed,
                first_receiver=first,
            )
        answer = links.hits(channel, threshold, seed=seed, draws=draws, first_receiver=first)
        share, error = (
            DeviceArray(memory, np.float64, answer.value.shape)
            for memory in self.kernels.share_and_error(answer.value.memory, draws)
        )
        return replace(answer, value=share).estimate(error)

    def _links(self, receivers, stations: CarrierStations) -> _core.DeviceLinks:
        columns = (
            stations.position_mm,
            stations.power_mw,
            stations.boresight,
            stations.load,
            stations.host_start,
            stations.host_list,
        )
        if isinstance(receivers, Receivers):
            grid = _core.ReceiverGrid(*receivers.grid.lattice_mm)
            return self.kernels.links_of_grid(grid, receivers.first, receivers.count, *columns)
        return self.kernels.links_of_list(receivers, *columns)


@dataclass(frozen=True)
class Answer:
    """What was computed for R receivers, on the device."""

    value: DeviceArray  # (T, R) float64 coverage, or int64 hits
    server: DeviceArray  # (R,) int32 row among the stations, -1 = none
    server_power_mw: DeviceArray  # (R,) float64
    server_los: DeviceArray  # (R,) uint8

    def estimate(self, standard_error: DeviceArray | None = None) -> Estimate:
        """The same on the host, its value taken for coverage."""
        return Estimate(
            coverage=self.value.numpy(),
            standard_error=None if standard_error is None else standard_error.numpy(),
            server=self.server.numpy(),
            server_power_mw=self.server_power_mw.numpy(),
            server_los=self.server_los.numpy().astype(bool),
        )


@dataclass(frozen=True)
class TracedLinks:
    """R receivers and S stations on the device, and the line of sight between them."""

    kernels: _core.DeviceKernels
    links: _core.DeviceLinks

    @property
    def line_of_sight(self) -> DeviceArray:
        """(S, ceil(R / 8)) uint8, a bit a link, the lowest of a byte first."""
        return DeviceArray(self.links.los, np.uint8, (self.links.stations, -(-self.links.receivers // 8)))

    @property
    def building(self) -> DeviceArray:
        """(R,) int32, the building that holds each receiver, or -1."""
        return DeviceArray(self.links.building, np.int32, (self.links.receivers,))

    def draw_far(
        self, alpha_beta: np.ndarray, gamma_m: np.ndarray, *, exact_radius_mm: int, seed: int, first_receiver: int
    ) -> None:
        """Draw the state of links longer than the exact radius (Algorithm 3), in place of the traced one.

        ``alpha_beta`` and ``gamma_m`` (R,) are the terrain around each receiver, as ``_core.terrain_on_grid`` gives it.
        """
        self.kernels.draw_far(self.links, alpha_beta, gamma_m, exact_radius_mm, seed, first_receiver)

    def coverage(self, channel: Channel, threshold: np.ndarray, *, double_precision: bool = False) -> Answer:
        """P(SINR > T) in closed form at linear thresholds (T,), with the precision of :class:`ExactCoverage`."""
        found = self.kernels.cover_scene(self.links, *_law(channel), threshold, double_precision)
        return self._answer(np.float64, found, threshold)

    def hits(self, channel: Channel, threshold: np.ndarray, *, seed: int, draws: int, first_receiver: int) -> Answer:
        """In how many of the draws SINR > T; ``first_receiver`` is the global index that keys the draws."""
        found = self.kernels.hits_of_scene(self.links, *_law(channel), threshold, seed, draws, first_receiver)
        return self._answer(np.int64, found, threshold)

    def _answer(self, dtype, found, threshold) -> Answer:
        value, server, power, los = found
        receivers = (self.links.receivers,)
        return Answer(
            value=DeviceArray(value, dtype, (len(threshold), *receivers)),
            server=DeviceArray(server, np.int32, receivers),
            server_power_mw=DeviceArray(power, np.float64, receivers),
            server_los=DeviceArray(los, np.uint8, receivers),
        )


@dataclass(frozen=True)
class GivenOnDevice:
    """Mean powers and shapes that lie on a device, looked through for faults there."""

    given: _core.GivenLinks
    findings: _core.LinkFindings
    receivers: int

    @classmethod
    def of(cls, kernels: _core.DeviceKernels, mean_power_mw, fading_m) -> GivenOnDevice:
        """Columns (R, S) of float64 on the device; ``fading_m`` may also be a single number.

        Raises
        ------
        InputError
            A power is negative or not finite, a shape is not positive or does not match.
        """
        place = device_of(kernels)
        mean = borrow(mean_power_mw, "mean_power_mw", device=place)
        if len(mean.shape) != 2:
            raise InputError(f"mean_power_mw: shape {mean.shape}, wanted (R, S)")
        if not is_device_array(fading_m, place):
            if np.ndim(fading_m) != 0:
                raise InputError("fading_m: move it to the device where mean_power_mw lies, or give one number")
            fading_m = DeviceArray(kernels.upload(np.array([fading_m], dtype=np.float64)), np.float64, (1,))
        shape = borrow(fading_m, "fading_m", device=place).broadcast_to(mean.shape, "fading_m")
        given = _core.GivenLinks.on_device(
            kernels,
            (mean.pointer, *mean.strides),
            (shape.pointer, *shape.strides),
            *mean.shape,
            keeper=(mean.keeper, shape.keeper),
        )
        findings = kernels.inspect(given)
        fault = findings.bad_mean(given)
        if fault is not None:
            receiver, station = fault
            raise InputError(
                f"mean_power_mw: receiver {receiver}, station {station} is negative or not finite; "
                "it must be finite and not negative"
            )
        if findings.bad_shape(given) is not None:
            raise InputError("fading_m: a shape is not a positive finite number")
        return cls(given, findings, mean.shape[0])


def _law(channel: Channel) -> tuple:
    """The power law, fading and noise of a channel as the kernels take them."""
    return (*channel.law_by_state, channel.shape_by_state, channel.noise_mw, channel.interferer_reach_mm)
