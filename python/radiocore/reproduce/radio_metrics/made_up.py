"""The made-up crowd in three cities, of which the truth is known."""

from __future__ import annotations

import numpy as np

from ...measuring.crowd import crowd
from ...measuring.crowd_cities import made_up_cities
from ...models.estimate import Estimate
from ...models.link_inputs import link_inputs
from .data_set import NEARBY, DataSet, cells_nearby
from .settings import Settings

NAME = "made_up"


def load(settings: Settings, seed: int) -> DataSet:
    """Phones indoors and outdoors in cities of three kinds; see :mod:`radiocore.measuring.crowd`."""
    cities = made_up_cities(settings.side_m, seed=seed)
    found = crowd(cities, settings.samples, seed=seed)
    measurements, scene = found.measurements, cities.scene
    inputs = link_inputs(measurements, scene, progress=False)
    estimate = Estimate.default(inputs)
    stations = scene.base_stations
    mast_m = np.column_stack([stations.x_m, stations.y_m])
    serving_m = mast_m[measurements.associated(scene).station]
    nearby = cells_nearby(measurements, serving_m, mast_m, stations.carrier)
    of_network = {"operator": measurements.network, "site": measurements.cell, NEARBY: nearby}
    notes = (
        f"{len(measurements):,} rows in three cities of {settings.side_m:g} m x {settings.side_m:g} m, half of them "
        "indoors on floors; chance: shadowing 5 dB with 50 m correlation, buildings 4.4 dB, phones 2 dB, interference "
        "2 dB",
        str(estimate),
    )
    return DataSet(
        NAME,
        "made-up crowd",
        measurements,
        scene,
        estimate.added_to(inputs).with_columns(of_network),
        tower=np.unique(measurements.cell, return_inverse=True)[1],
        is_indoors=found.truth.is_indoors,
        crowd=found,
        notes=notes,
    )
