"""What the radio-metric models know of links: the columns of Tables I and II of CRC-ML-4G, and of the time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from ..errors import InputError, nearest_name
from ..grid import DEFAULT_RECEIVER_HEIGHT_M
from ..measurements import Measurements
from ..propagation.antenna_gain import antenna_attenuation_db
from .inputs import FROM_BUILDINGS as CROSSED
from .inputs import NO_BUILDINGS, NO_STATIONS, Inputs, association_of, crossed_by

PENETRATION = "building_penetration_length_m"
FROM_BUILDINGS = (*CROSSED, PENETRATION)
TABLE_1 = (
    "downlink_frequency",
    "distance_to_transmitter_km",
    "tx_height_m",
    "ue_altitude_ag_m",
    "line_of_sight",
    PENETRATION,
    "total_obstruction_length_3d_m",
)
"""Frequency in MHz; distance along the straight link; heights above ground; line of sight 1 or 0."""

TABLE_2 = (*TABLE_1, "distance_x_km", "distance_y_km", "tx_power_dbm", "building_intersection_count_3d")
"""Distances from the transmitter, x east and y north."""

TIME = ("day_of_week", "hour_of_day")
"""0 = Monday; 0 to 23, UTC."""

ANTENNA = "antenna_attenuation_db"
"""How much less the serving antenna radiates towards the link than where its gain is largest."""

BETA = "beta_dbm"
"""Stage one's estimate of RSRP; see :mod:`radiocore.models.estimate`."""


def link_inputs(
    measurements: Measurements,
    scene=None,
    *,
    ue_altitude_ag_m: float = DEFAULT_RECEIVER_HEIGHT_M,
    as_given: Iterable[str] = (),
    threads: int | None = None,
    progress: bool | None = None,
) -> Inputs:
    """All that is known of links: the columns of :meth:`Inputs.of`, and those of Tables I and II and of the time.

    Parameters
    ----------
    measurements : Measurements, N rows
        A feature ``ue_altitude_ag_m`` of them holds the height of each, as of phones on floors.
    scene : Scene, optional
        With the stations that the measurements' cells are among, and the buildings between. Without it, or without
        buildings, the columns that need them are left out, and named with the reason.
    ue_altitude_ag_m : float
        Where the measurements do not tell it.
    as_given : names, optional
        Columns that the measurements' own features tell; they are taken as they are instead of being computed.
    threads, progress
        As of :func:`radiocore.link_features.link_features`.

    Raises
    ------
    InputError
        A cell is not in the scene; a link has no length; a feature has the name of a computed column and is not said
        to be taken as it is; or what should be taken as it is is not there.
    """
    as_given = tuple(as_given)
    _check_features(measurements, as_given)
    association = association_of(measurements, scene)
    columns, left_out = _of_time(measurements)
    given = measurements.features.get("ue_altitude_ag_m")
    columns["ue_altitude_ag_m"] = np.full(len(measurements), float(ue_altitude_ag_m)) if given is None else given
    if association is None:
        needed = (*TABLE_2, "frequency_mhz", ANTENNA)
        left_out |= {name: NO_STATIONS for name in needed if name not in columns}
    else:
        columns |= _of_stations(association, scene.base_stations, columns["ue_altitude_ag_m"], left_out)
    crossed = crossed_by(association, scene, columns["ue_altitude_ag_m"], threads=threads, progress=progress)
    inputs = Inputs.of_links(measurements, association, crossed)
    frequency_mhz = columns.pop("frequency_mhz", inputs.columns.get("frequency_mhz"))
    if frequency_mhz is not None:
        columns |= {"frequency_mhz": frequency_mhz, "downlink_frequency": frequency_mhz}
    if crossed is not None:
        columns[PENETRATION] = crossed.building_penetration_length_m.astype(float)
    elif association is not None:
        left_out[PENETRATION] = NO_BUILDINGS
    columns |= {name: measurements.features[name] for name in as_given}
    out = inputs.with_columns(columns)
    reasons = {**out.left_out, **left_out}
    return replace(out, left_out={name: why for name, why in reasons.items() if name not in out})


def _check_features(measurements: Measurements, as_given: tuple[str, ...]) -> None:
    computed = {*TABLE_2, *TIME, ANTENNA} - {"ue_altitude_ag_m"}
    for name in as_given:
        if name not in measurements.features:
            hint = nearest_name(name, measurements.features)
            raise InputError(f"as_given: the measurements have no feature {name!r}{hint}")
    for name in measurements.features:
        if name in computed and name not in as_given:
            raise InputError(
                f"features: {name!r} is computed; name it in as_given to take it as it is, or leave it out of the file"
            )


def _of_time(measurements: Measurements) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    known = measurements.is_known("time")
    if not known.all():
        why = "the time of some rows is not known" if known.any() else "the time is not known"
        return {}, dict.fromkeys(TIME, why)
    hours = measurements.time.astype("datetime64[h]").astype(np.int64)
    # 1 January 1970 was a Thursday.
    return {"day_of_week": ((hours // 24 + 3) % 7).astype(float), "hour_of_day": (hours % 24).astype(float)}, {}


def _of_stations(
    association, stations, ue_altitude_ag_m: np.ndarray, left_out: dict[str, str]
) -> dict[str, np.ndarray]:
    measurements, row = association.measurements, association.station
    x_m, y_m = measurements.x_m - stations.x_m[row], measurements.y_m - stations.y_m[row]
    rise_m = ue_altitude_ag_m - stations.height_m[row]
    distance_m = np.sqrt(x_m**2 + y_m**2 + rise_m**2)
    if (distance_m == 0).any():
        at = measurements.row[np.argmax(distance_m == 0)]
        raise InputError(f"ue_altitude_ag_m: row {at} stands where its transmitter is; a link needs a length")
    columns = {
        "distance_to_transmitter_km": distance_m / 1000,
        "tx_height_m": stations.height_m[row],
        "distance_x_km": x_m / 1000,
        "distance_y_km": y_m / 1000,
        "tx_power_dbm": stations.power_dbm[row],
        ANTENNA: antenna_attenuation_db(
            stations, row, np.stack([measurements.x_m, measurements.y_m, ue_altitude_ag_m], axis=1)
        ),
    }
    own = measurements.frequency_mhz
    frequency_mhz = np.where(np.isnan(own), stations.frequency_mhz[row], own)
    if np.isnan(frequency_mhz).any():
        left_out["downlink_frequency"] = "it is not known in some rows, nor of their stations"
    else:
        columns["frequency_mhz"] = frequency_mhz
    return columns
