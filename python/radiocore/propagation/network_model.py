"""What the path-loss models that are a network in a file have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np

from .loss_model import PathLossModel
from .network_file import Network, read_network
from .ranges import Range, RowError, first_of

ROUNDING = 1 + 1e-6
"""By which a column in single precision may lead."""


@dataclass(frozen=True)
class NetworkModel(PathLossModel):
    """A path loss learned from measurements; equal files are equal models.

    Attributes
    ----------
    weights : the file, named by the user; see :func:`radiocore.propagation.network_file.read_network`
    sha256 : of the file
    """

    weights: Path = field(compare=False)
    sha256: str = field(init=False)
    network: Network = field(init=False, repr=False, compare=False)

    names_in_file: ClassVar[tuple[str, ...]]
    """The inputs as the file names them, in the order of ``inputs``."""
    outputs: ClassVar[int] = 1

    def __post_init__(self):
        super().__post_init__()
        network = read_network(self.weights, self.names_in_file, self.outputs)
        for name, value in (("weights", Path(self.weights)), ("network", network), ("sha256", network.sha256)):
            object.__setattr__(self, name, value)

    def _of_network(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        """First output for the columns, whose obstruction is no longer than the link."""
        longer = columns["obstruction_m"] > columns["distance_3d_m"] * ROUNDING
        if longer.any():
            raise RowError("obstruction_m", first_of(longer), "is longer than the link, distance_3d_m")
        return self.network.output([columns[name] for name in self.inputs])

    def settings(self):
        file = {"weights": self.weights.name, "sha256": self.sha256}
        return {"name": self.name, **file, "extrapolate": self.extrapolate}


def verified_ranges(frequency_mhz: tuple[float, float], distance_m: tuple[float, float]) -> tuple[Range, ...]:
    """Of the rows that its publishers verify a network by; what it was trained on spans less."""
    clause = "the reference rows that CRC verifies this network by"
    return Range("frequency_mhz", *frequency_mhz, clause), Range("distance_3d_m", *distance_m, clause)
