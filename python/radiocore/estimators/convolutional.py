"""Line of sight from the profile of each link by a small trained network, the fading in closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from ..units import LATTICE_LIMIT_MM, MM_PER_M
from .base import average_coverage
from .exact import require_whole_shapes
from .trained import TrainedEstimator


@dataclass(frozen=True)
class ConvolutionalEstimator(TrainedEstimator):
    """Exact line of sight nearby, that of a convolutional network over the roofs on the way beyond.

    Coverage is averaged over all states and the fading in closed form, the strongest mean serving in each state; the
    server named is the likeliest one. Stations may differ in height, power, load and direction.

    Attributes
    ----------
    model : ConvolutionalModel, path of a model file, or None
        None takes the one in the package. :meth:`fit` trains one.
    traced_radius_m : links up to this horizontal distance are decided exactly; 0 = none
    """

    model: Any = None
    traced_radius_m: float = 640.0
    name: ClassVar[str] = "convolutional"

    def __post_init__(self):
        if not 0 <= self.traced_radius_m < LATTICE_LIMIT_MM / MM_PER_M:
            raise InputError(
                f"traced_radius_m: {self.traced_radius_m} must be a finite length of 0 m or more; "
                'for every link choose method="exact"'
            )

    @classmethod
    def model_class(cls):
        from ..learned.convolutional import ConvolutionalModel

        return ConvolutionalModel

    @property
    def trace_distance_mm(self) -> int | None:
        return round(self.traced_radius_m * MM_PER_M) or None

    def prepare(self, scene, channel, receiver_height_m):
        require_whole_shapes(channel)
        if channel.max_interferer_distance_m is not None:
            raise InputError('max_interferer_distance_m: not with method="convolutional"; choose method="exact"')
        model, stations = self.trained, scene.base_stations
        trained = model.training
        for name, values, row_of in (
            ("receiver_height_m", np.array([receiver_height_m]), "the receivers'"),
            ("antenna_height_m", stations.height_m, "base station row {row}:"),
        ):
            low, high = trained.get(name, (-np.inf, np.inf))
            outside = (values < low) | (values > high)
            if outside.any():
                row = int(np.argmax(outside))
                raise InputError(
                    f"height_m: {row_of.format(row=row)} {values[row]:g} m lies outside {low:g} to {high:g} m, on "
                    f'which the model {model.name!r} was trained; choose method="exact"'
                )
        return model, model.roofs(scene)

    def describe(self, prepared, receivers, threads, counts):
        """The model and the roofs, the same for every block."""
        return prepared

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        model, roofs = block.place
        probability = model.line_of_sight(
            roofs,
            block.receivers.position_mm,
            stations.position_mm,
            (stations.host_start, stations.host_list),
            np.where(block.receivers.outdoors, -1, 0).astype(np.int32),
            block.los,
            exact_radius_mm=round(self.traced_radius_m * MM_PER_M),
            threads=threads,
        )
        return average_coverage(block, stations, channel, threshold, probability, threads=threads)
