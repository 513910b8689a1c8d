"""A path-loss network of the form of CRC-MLPL that users train themselves.

Source of the form: arXiv:2405.10006.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..io.atomic import atomic_path
from ..measuring.rssi import blocks_db
from ..propagation.crc_mlpl import CrcMlpl
from ..propagation.free_space import free_space_path_loss_db
from .estimate import DEFAULT_BLOCKS, per_element_db
from .inputs import Inputs
from .link_inputs import ANTENNA
from .network_weights import weights_of
from .residual_network import ResidualNetwork, check_widths

UNITS = {"downlink_frequency": 1.0, "distance_to_transmitter_km": 1000.0, "total_obstruction_length_3d_m": 1.0}
"""What it sees of links, and by how much that is multiplied in a file of weights: MHz, m and m."""


@dataclass
class PathLossNetwork(ResidualNetwork):
    """RSRP by free-space loss and an excess loss that a network of 3, 32, 32 and 1 learns from measurements.

    The target is RSRP in dBm of links that tell their ``tx_power_dbm`` and, where it is known, their
    ``antenna_attenuation_db``. :meth:`save_weights` writes what it learned as weights of
    :class:`radiocore.propagation.crc_mlpl.CrcMlpl`, which any scene can be computed with.

    Attributes
    ----------
    hidden : widths of its hidden layers
    resource_blocks : where the links have no column ``resource_blocks``
    """

    name = "path-loss network"

    hidden: tuple[int, ...] = (32, 32)
    resource_blocks: int = DEFAULT_BLOCKS

    def __post_init__(self):
        super().__post_init__()
        self.hidden = tuple(self.hidden)
        check_widths(hidden=self.hidden)
        blocks_db(self.resource_blocks)

    @property
    def columns(self):
        return tuple(UNITS)

    @property
    def widths(self):
        return self.hidden

    def estimate(self, inputs: Inputs) -> np.ndarray:
        free_space_db = free_space_path_loss_db(
            inputs["downlink_frequency"], 1000 * inputs["distance_to_transmitter_km"]
        )
        level_dbm = inputs["tx_power_dbm"] - free_space_db - per_element_db(inputs, self.resource_blocks)
        # Stage one takes the antenna's pattern away itself; an excess loss that held it would count it twice.
        return level_dbm - inputs[ANTENNA] if ANTENNA in inputs else level_dbm

    def save_weights(self, path: str | Path) -> Path:
        """Write the excess loss as the JSON that :func:`radiocore.propagation.network_file.read_network` takes.

        A column that was constant in the training rows stands there with weights of zero: the network says nothing of
        other values.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        place = {name: at for at, name in enumerate(self.encoding.names)}
        mean, scale = np.zeros(len(UNITS)), np.ones(len(UNITS))
        arrays = [array.astype(np.float64) for array in weights_of(self._network).values()]
        layers = [{"W": weight.T, "b": bias} for weight, bias in zip(arrays[::2], arrays[1::2], strict=True)]
        first = np.zeros((len(UNITS), layers[0]["W"].shape[1]))
        for row, (name, unit) in enumerate(UNITS.items()):
            if name in place:
                mean[row], scale[row] = unit * self.encoding.mean[place[name]], unit * self.encoding.scale[place[name]]
                first[row] = layers[0]["W"][place[name]]
        layers[0]["W"] = first
        # The network tells by how much RSRP is more than in free space; a loss is the opposite.
        last = layers[-1]
        last["W"] = -self._scale * last["W"][:, :1]
        last["b"] = -self._scale * last["b"][:1] - self._centre
        document = {
            "name": "path-loss network, trained with radiocore",
            "inputs": list(CrcMlpl.names_in_file),
            "output": "excess loss over free space, dB (path loss = free space + output)",
            "standardise": {"mean": mean.tolist(), "std": scale.tolist()},
            "layers": [{key: array.tolist() for key, array in layer.items()} for layer in layers],
        }
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(document) + "\n", encoding="utf-8")
        return Path(path)
