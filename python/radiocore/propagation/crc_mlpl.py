"""CRC-MLPL: excess loss over free space by a network on frequency, distance and obstruction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .free_space import free_space_path_loss_db
from .network_model import NetworkModel, verified_ranges


@dataclass(frozen=True)
class CrcMlpl(NetworkModel):
    """Free-space loss plus the network's excess loss.

    The weights are public (MIT licence, Communications Research Centre Canada) and not part of this package. Source: J.
    Ethier, M. Chateauvert, Machine learning-based path loss modeling with simplified features, IEEE Antennas and
    Wireless Propagation Letters (2024), arXiv:2405.10006; range: the reference rows of crc-covlib, 100 MHz to 10 GHz
    and 1 m to 50 km. There the distance is taken in plan and the obstruction counts terrain too.
    """

    name: ClassVar[str] = "crc-mlpl"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "distance_3d_m", "obstruction_m")
    names_in_file: ClassVar[tuple[str, ...]] = ("frequency_MHz", "distance_m", "obstruction_depth_m")
    source: ClassVar[str] = "arXiv:2405.10006"

    @property
    def ranges(self):
        return verified_ranges((100.0, 10_000.0), (1.0, 50_000.0))

    def _loss_db(self, **columns):
        return free_space_path_loss_db(columns["frequency_mhz"], columns["distance_3d_m"]) + self._of_network(columns)
