"""A trained grid model: its weights, what it was trained on, its file.

The defaults come from :func:`radiocore.learned.sweep.sweep`, models of 200 samples on towns of 1.5 km with 50 stations
per km^2, 20 m above ground, that they never saw; receivers 20 m apart. Mean loss against the exact map, and processor
time a receiver, what every map costs at the start included:

| cells, side   | suburban     | urban        | dense urban  | high-rise    |
|---------------|--------------|--------------|--------------|--------------|
| 64, 1280 m    | .185,  56 us | .079,  44 us | .055,  31 us | .048,  26 us |
| 128, 1280 m   | .113, 100 us | .058,  53 us | .038,  41 us | .030,  35 us |
| 192, 960 m    | .077,  94 us | .045,  51 us | .032,  40 us | .027,  34 us |
| 256, 1280 m   | .077, 148 us | .041,  92 us | .025,  53 us | .021,  44 us |

Cells of 5 m rather than 20 m see the small buildings; a square beyond 960 m costs more than it gives. With 1,000
samples 192 cells over 960 m reach .076, .045, .031 and .026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from .. import _core
from ..errors import InputError, nearest_name
from ..synthetic import ENVIRONMENTS, STATION_HEIGHT_M, synthetic_city
from .grid_model import GridModel
from .model_file import TrainedModel
from .samples import draw_samples
from .weights import LAYOUTS, Kinds, train_weights

DEFAULT_CELLS = 192
DEFAULT_SIDE_M = 960.0
DEFAULT_SAMPLES = 1000
TOWN_SIDE_M = 2000.0
"""Of the made-up towns that a model is trained on where no scene is given."""
RECEIVER_HEIGHT_M = 1.5


@dataclass(frozen=True, eq=False)
class CellWeightModel(TrainedModel):
    """Chances of line of sight by cell, learned from the roofs on the way. arXiv:2312.01826, section V.

    Attributes
    ----------
    grid : GridModel
    layout : which pairs of cells share parameters, see ``radiocore.learned.weights``
    theta : (K, 3) kappa, tau over the height of the link, rho of each kind of pair; heights count from the receiver
        in heights of the antenna above it, so the model holds for every antenna height
    training : what it was trained on, plain values
    name : file it came from, "default", or "trained"
    """

    grid: GridModel
    layout: str
    theta: np.ndarray
    training: dict = field(default_factory=dict)
    name: str = "trained"
    file_kind: ClassVar[str] = "radiocore learned manifold"
    file_version: ClassVar[int] = 1
    default_file: ClassVar[str] = "default.safetensors"
    remedy: ClassVar[str] = "train a model with: radiocore train learned --output FILE"

    def __post_init__(self):
        if self.layout not in LAYOUTS:
            raise InputError(
                f"layout: {self.layout!r} is not one of {list(LAYOUTS)}{nearest_name(self.layout, LAYOUTS)}"
            )
        theta = np.asarray(self.theta, dtype=np.float64)
        kappa, tau, rho = theta.T if theta.ndim == 2 and theta.shape[1] == 3 else (np.empty(0),) * 3
        usable = len(theta) == self.kinds.number == len(kappa) and np.isfinite(theta).all()
        if not usable or not ((kappa > 0) & (tau > 0) & (rho >= 0) & (rho <= 1)).all():
            raise InputError(
                f"theta: wanted ({self.kinds.number}, 3) numbers, kappa and tau positive, rho a probability; "
                f"{self.remedy}"
            )
        object.__setattr__(self, "theta", theta)

    @classmethod
    def train(
        cls,
        towns: Sequence | None = None,
        *,
        n: int = DEFAULT_CELLS,
        side_m: float = DEFAULT_SIDE_M,
        samples: int = DEFAULT_SAMPLES,
        antenna_height_m: float = STATION_HEIGHT_M,
        receiver_height_m: float = RECEIVER_HEIGHT_M,
        seed: int = 0,
        threads: int = 0,
        progress: bool | None = None,
    ) -> CellWeightModel:
        """Train on exact line of sight over scenes whose heights are regenerated again and again.

        Parameters
        ----------
        towns : sequence of Scene or of Buildings, optional
            Of scenes only the buildings are used. Default: a made-up town of 2 km of each ITU-R P.1410 environment.
        n, side_m : the grid model
        samples : int
            Receivers, each with its surroundings and 48 links; ten on a map.
        antenna_height_m, receiver_height_m : float
            Above ground, of the samples.
        seed : int
            The same arguments give the same model.
        threads : int
            0 = all.
        progress : bool, optional

        Raises
        ------
        InputError, FitError, MissingExtraError
        """
        grid = GridModel(n, side_m)
        if samples != int(samples) or samples < 1:
            raise InputError(f"samples: {samples!r} must be a whole number, 1 or more")
        if towns is None:
            source = list(ENVIRONMENTS)
            towns = [synthetic_city(*ENVIRONMENTS[name], side_m=TOWN_SIDE_M, seed=seed + 1000) for name in source]
        else:
            towns = [getattr(town, "buildings", town) for town in towns]
            source = [f"town {number}: {len(town)} buildings" for number, town in enumerate(towns)]
        drawn = draw_samples(
            towns,
            grid,
            int(samples),
            antenna_height_m=antenna_height_m,
            receiver_height_m=receiver_height_m,
            seed=seed,
            threads=threads,
            progress=progress,
        )
        layout, theta, told = train_weights(drawn, progress=progress)
        training = {
            "towns": source,
            "samples": int(samples),
            "links": len(drawn),
            "antenna_height_m": float(antenna_height_m),
            "receiver_height_m": float(receiver_height_m),
            "roof_scale_m": [float(np.sqrt(np.mean(town.height_m**2) / 2.0)) for town in towns],
            "seed": int(seed),
            **told,
        }
        return cls(grid, layout, theta, training)

    @classmethod
    def _of_file(cls, found, name):
        config = found.config
        grid = GridModel(config["n"], config["side_m"])
        return cls(grid, config["layout"], found.tensors["theta"], config["training"], name)

    @property
    def config(self):
        return {"n": self.grid.n, "side_m": self.grid.side_m, "layout": self.layout, "training": self.training}

    @property
    def arrays(self):
        return {"theta": self.theta}

    @cached_property
    def kinds(self) -> Kinds:
        """Kinds of the pairs of cells of the grid."""
        return Kinds.by(self.layout, self.grid.paths)

    @cached_property
    def core(self) -> _core.CellWeights:
        """The model as the compiled core holds it."""
        weight = np.ascontiguousarray(self.kinds.spread(self.theta))
        return _core.CellWeights(self.grid.n, self.grid.cell_mm, weight)
