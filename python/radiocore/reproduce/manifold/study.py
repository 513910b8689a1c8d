"""What the figures of a report share: the towns, the methods, and maps that are computed once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from ...channel import Channel
from ...errors import RadiocoreError
from ...estimators import Estimator, estimator_named, estimators
from ...grid import ReceiverGrid
from ...manifold import CoverageManifold
from ...progress import progress_bar
from ...simulate import simulate_manifold
from .settings import Settings
from .style import METHOD_COLOURS
from .towns import Town


@dataclass(eq=False)
class Study:
    """Towns and methods under one setting and seed.

    Attributes
    ----------
    settings : Settings
    seed : of everything that is drawn
    made_up : cities of the four environments, on which losses are measured
    shown : the town that maps are drawn of, the user's where there is one
    is_real : whether it is the user's
    threads, progress : as of ``simulate_manifold``
    stage : which of how many figures is at work, for the progress bar
    refusals : why a method gave no map of a town, by (town, method)
    map_delay_us, tile_delay_us : processor time a receiver by method, as the figures measure it
    mean_losses : mean over the towns by method, as the comparison of methods finds it
    """

    settings: Settings
    seed: int
    made_up: tuple[Town, ...]
    shown: Town
    is_real: bool
    threads: int | None = None
    progress: bool | None = None
    stage: str = ""
    refusals: dict[tuple[str, str], str] = field(default_factory=dict)
    map_delay_us: dict[str, float] = field(default_factory=dict)
    tile_delay_us: dict[str, float] = field(default_factory=dict)
    mean_losses: dict[str, float] = field(default_factory=dict)
    _maps: dict = field(default_factory=dict, repr=False)
    _counted: dict = field(default_factory=dict, repr=False)

    channel = Channel.paper()

    @property
    def towns(self) -> tuple[Town, ...]:
        """Every town that losses are measured on."""
        return (*self.made_up, self.shown)

    @property
    def methods(self) -> dict[str, Estimator]:
        """The methods in the report's order, with its settings."""
        known = estimators()
        return {name: self.estimator(name) for name in METHOD_COLOURS if name in known}

    def estimator(self, name: str, **options) -> Estimator:
        """A method with this report's draws and radii, unless told otherwise."""
        settings = self.settings
        given = {
            "draws": settings.draws,
            "exact_radius_m": settings.exact_radius_m,
            "neighbourhood_radius_m": settings.neighbourhood_radius_m,
        }
        return estimator_named(name, **(given | options))

    def steps(self, number: int, what: str, unit: str = "maps") -> AbstractContextManager[Callable[[int], None]]:
        """A progress bar over the steps of one stage."""
        return progress_bar(number, f"{what} ({self.stage})" if self.stage else what, self.progress, unit=unit)

    def map_of(self, town: Town, method: Estimator, grid: ReceiverGrid | None = None, **options) -> CoverageManifold:
        """The coverage manifold of a town at its test receivers, or at those of a grid."""
        options = {"threads": self.threads} | options
        return simulate_manifold(
            town.scene,
            town.grid if grid is None else grid,
            method=method,
            channel=self.channel,
            seed=self.seed,
            progress=False,
            device="cpu",
            **options,
        )

    def coverage(self, town: Town, method: Estimator, label: str = "") -> np.ndarray | None:
        """(ny, nx) at a town's test receivers, computed once; None where the method refuses the town.

        A method is known by its settings; one that was trained within the report by its ``label``.
        """
        key = (town.name, method.name, label or repr(method))
        if key not in self._maps:
            try:
                self._maps[key] = self.map_of(town, method)
            except RadiocoreError as refusal:
                self.refusals[town.name, method.name] = str(refusal)
                self._maps[key] = None
        manifold = self._maps[key]
        return None if manifold is None else manifold.coverage[0]

    def exact_map(self, town: Town) -> CoverageManifold:
        """The exact map at a town's test receivers."""
        exact = self.estimator("exact")
        self.coverage(town, exact)
        return self._maps[town.name, exact.name, repr(exact)]

    def counted(self, town: Town) -> np.ndarray:
        """(ny, nx) receivers that losses are over: outdoors, with a station and a building in the neighbourhood."""
        if town.name not in self._counted:
            near = town.has_neighbours(self.settings.neighbourhood_radius_m)
            self._counted[town.name] = self.exact_map(town).dataset["outdoor"].values & near
        return self._counted[town.name]

    def loss(self, town: Town, method: Estimator, truth: str = "exact", *, label: str = "") -> np.ndarray | None:
        """(N,) absolute error of a method's coverage at the counted receivers; None where it refuses."""
        found = self.coverage(town, method, label)
        if found is None:
            return None
        return np.abs(found - self.coverage(town, self.estimator(truth)))[self.counted(town)]

    def mean_loss(self, towns: tuple[Town, ...], method: Estimator) -> float:
        """Mean over the counted receivers of each town, then over the towns."""
        losses = [self.loss(town, method) for town in towns]
        return float(np.mean([loss.mean() for loss in losses if loss is not None and loss.size]))


def cpu_seconds(work: Callable[[], object]) -> float:
    """Processor time that a call takes, all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start
