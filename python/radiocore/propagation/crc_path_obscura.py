"""CRC Path Obscura: path loss by a network on seven features of the link's profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .network_model import NetworkModel, verified_ranges


@dataclass(frozen=True)
class CrcPathObscura(NetworkModel):
    """The network's path loss.

    Beside frequency, distance and obstruction: ``intersection_depth_m``, ``obstruction_count``, ``terrain_share`` (of
    the obstruction) and ``above_fresnel_count``, as the paper defines them. The weights are public (MIT licence,
    Communications Research Centre Canada) and not part of this package. Source: J. Ethier et al., Path loss prediction
    using machine learning with extended features, arXiv:2501.08306; range: the reference rows of crc-covlib, 250 MHz to
    10 GHz and 25 m to 75 km.
    """

    name: ClassVar[str] = "crc-path-obscura"
    inputs: ClassVar[tuple[str, ...]] = (
        "frequency_mhz",
        "distance_3d_m",
        "obstruction_m",
        "intersection_depth_m",
        "obstruction_count",
        "terrain_share",
        "above_fresnel_count",
    )
    names_in_file: ClassVar[tuple[str, ...]] = (
        "freq_MHz",
        "dist_m",
        "obs_depth_m",
        "intersect_depth_m",
        "obs_block_count",
        "terrain_ratio",
        "above_fz_count",
    )
    outputs: ClassVar[int] = 2
    source: ClassVar[str] = "arXiv:2501.08306"

    @property
    def ranges(self):
        return verified_ranges((250.0, 10_000.0), (25.0, 75_000.0))

    def _loss_db(self, **columns):
        return self._of_network(columns)
