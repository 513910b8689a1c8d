"""A small convolutional network that reads line of sight off the profile of a link.

Its inputs are the grid inputs of arXiv:2312.01826, stations and roofs by cell, and so is the structure of eq. (10): the
probability of line of sight is a product over the cells on the way. Here the cells are small, they are walked along the
link itself, and each factor comes from a convolution over three steps that sees how far the roofs under and beside the
link rise above it. It is trained by cross-entropy on the exact line of sight of synthetic cities and never sees a real
town. PyTorch is needed for training alone; the core computes the probabilities.

What was tried stands in ``convolutional_attempts.csv``: settings, scores on inner synthetic cities, and mean absolute
loss of coverage against the exact map, with microseconds a receiver on one thread, for three real towns with placed
stations (60, 33 and 60) on a grid of 10 m. Smaller cells are more accurate and slower.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .. import _core
from ..errors import InputError
from ..progress import progress_bar
from ..units import MM_PER_M
from .model_file import TrainedModel
from .profile_training import LONGEST_LINK_M, cities, draw_links, train_network
from .roof_cells import RoofCells

HIDDEN = 8
SHAPES = {"kernel": (9, HIDDEN), "bias": (HIDDEN,), "weight": (HIDDEN,), "weight_bias": (1,)}
RECEIVER_RANGE_M = (0.0, 3.0)
ANTENNA_RANGE_M = (8.0, 50.0)


@dataclass(frozen=True, eq=False)
class ConvolutionalModel(TrainedModel):
    """A trained network and the cells that it looks at.

    Attributes
    ----------
    tensors : "kernel" (9, 8): three clearances (under the link, higher side, lower side) of the step before, this one
        and the next; "bias" (8,); "weight" (8,) and "weight_bias" (1,) of the hazard; float32
    cell_m : side of a cell, and the longest step
    scale_m : a roof that much above the link counts as 1, that much below it as -1, like no roof at all
    side : how far beside the link its sides are, cells
    certain : probabilities within this of 0 or 1 are taken for 0 or 1
    training : what it was trained on, plain values
    name : file it came from, "default", or "trained"
    """

    tensors: dict[str, np.ndarray]
    cell_m: float
    scale_m: float
    side: float
    certain: float
    training: dict = field(default_factory=dict)
    name: str = "trained"
    file_kind: ClassVar[str] = "radiocore convolutional line of sight"
    file_version: ClassVar[int] = 1
    default_file: ClassVar[str] = "convolutional.safetensors"
    remedy: ClassVar[str] = "train a model with: ConvolutionalEstimator.fit(...).save(FILE)"

    def __post_init__(self):
        for key, shape in SHAPES.items():
            value = self.tensors.get(key)
            if value is None or value.shape != shape or value.dtype != np.float32 or not np.isfinite(value).all():
                raise InputError(f"{key}: wanted {shape} finite float32 numbers; {self.remedy}")
        _check_settings(self.cell_m, self.scale_m, self.side, self.certain)

    @classmethod
    def train(
        cls,
        scenes=None,
        *,
        cell_m: float = 4.0,
        scale_m: float = 4.0,
        side: float = 0.5,
        certain: float = 0.05,
        towns: int = 48,
        links: int = 1000,
        epochs: int = 10,
        seed: int = 0,
        progress: bool | None = None,
    ) -> ConvolutionalModel:
        """Train on exact line of sight; the last quarter of the towns chooses the epoch that is kept.

        Parameters
        ----------
        scenes : sequence of Scene, optional
            Only their buildings are used. Default: synthetic cities, half of them of the four ITU-R P.1410
            environments, half with parameters of their own.
        cell_m, scale_m, side, certain : as of the model
        towns : int
            Number of synthetic cities, at least 4.
        links : int
            At most so many a town.
        epochs : int
            At most; training stops when three have not improved the inner score.
        seed : int
            The same arguments give the same model.
        progress : bool, optional

        Raises
        ------
        InputError, FitError, MissingExtraError
        """
        settings = {"cell_m": float(cell_m), "scale_m": float(scale_m), "side": float(side), "certain": float(certain)}
        _check_settings(**settings)
        for name, value in (("towns", towns), ("links", links), ("epochs", epochs)):
            if value != int(value) or value < 1:
                raise InputError(f"{name}: {value!r} must be a whole number, 1 or more")
        scenes = cities(int(towns), seed) if scenes is None else list(scenes)
        if len(scenes) < 4:
            raise InputError(f"scenes: {len(scenes)} towns, and at least 4 are needed to judge a network; give more")
        inner = max(1, len(scenes) // 4)
        with progress_bar(len(scenes) + epochs, "Training", progress, unit="steps") as advance:
            sets = [
                draw_links(part, links, settings, ANTENNA_RANGE_M, RECEIVER_RANGE_M, seed + 1 + number, advance)
                for number, part in enumerate((scenes[:-inner], scenes[-inner:]))
            ]
            tensors, score, told = train_network(*sets, HIDDEN, epochs=epochs, seed=seed, advance=advance)
        training = {
            "towns": len(scenes),
            "links": len(sets[0].los),
            "longest_link_m": LONGEST_LINK_M,
            "antenna_height_m": list(ANTENNA_RANGE_M),
            "receiver_height_m": list(RECEIVER_RANGE_M),
            "seed": int(seed),
            "inner_cross_entropy": score[0],
            "inner_mean_error": score[1],
            **told,
        }
        return cls(tensors, **settings, training=training)

    @classmethod
    def _of_file(cls, found, name):
        return cls(found.tensors, **found.config, name=name)

    @property
    def config(self):
        names = ("cell_m", "scale_m", "side", "certain", "training")
        return {name: getattr(self, name) for name in names}

    @property
    def arrays(self):
        return self.tensors

    def roofs(self, scene, threads: int = 0) -> RoofCells:
        """The scene as the network sees it."""
        return RoofCells.of(scene, round(self.cell_m * MM_PER_M), threads)

    def line_of_sight(
        self, roofs, receivers_mm, stations_mm, hosts, building, los=None, *, exact_radius_mm=0, threads=0
    ) -> np.ndarray:
        """(S, R) probability of line of sight of every link.

        Parameters
        ----------
        roofs : RoofCells
            Of :meth:`roofs`.
        receivers_mm : (R, 3) int64
        stations_mm : (S, 3) int64
        hosts : (start (S + 1,), list)
            Buildings that do not block each station.
        building : (R,) int32
            Building that holds each receiver, which then sees nothing; -1 = outdoors.
        los : (S, R) uint8, optional
            Exact line of sight, taken for links of at most ``exact_radius_mm`` in plan.
        """
        if los is None:
            los = np.zeros((len(stations_mm), len(receivers_mm)), dtype=np.uint8)
        network = (self.tensors["kernel"], self.tensors["bias"], self.tensors["weight"])
        return _core.profile_probability(
            *network,
            float(self.tensors["weight_bias"][0]),
            self.scale_m * MM_PER_M,
            self.side,
            self.certain,
            *roofs.columns,
            receivers_mm,
            stations_mm,
            *hosts,
            building,
            los,
            exact_radius_mm,
            threads,
        )


def _check_settings(cell_m: float, scale_m: float, side: float, certain: float) -> None:
    for name, value, low, high in (
        ("cell_m", cell_m, 0.5, 50.0),
        ("scale_m", scale_m, 0.5, 50.0),
        ("side", side, 0.0, 4.0),
        ("certain", certain, 0.0, 0.49),
    ):
        if not low <= value <= high:
            raise InputError(f"{name}: {value} must lie between {low:g} and {high:g}")
