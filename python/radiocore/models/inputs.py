"""What models know of N links: columns of numbers and of names, and why others are missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError, nearest_name
from ..grid import DEFAULT_RECEIVER_HEIGHT_M
from ..link_features import LinkFeatures, link_features
from ..measurements import Measurements
from ..measuring.association import Association

PLAIN = ("x_m", "y_m", "sector", "month")
"""The features of the plain network, arXiv:2207.00166, eq. (5)."""

FROM_MEASUREMENTS = ("x_m", "y_m", "month", "frequency_mhz", "cell", "sector", "carrier", "device", "area")
FROM_STATIONS = ("distance_m", "log10_distance", "direction_east", "direction_north", "off_boresight_deg")
"""Plan distance from the foot of the mast, and its logarithm from 1 m on; the unit vector from there; the angle off the
sector's azimuth."""

NEAREST_M = 1.0
"""Nearer than this no law of distance has a meaning; such links count as this far."""

FROM_BUILDINGS = ("line_of_sight", "total_obstruction_length_3d_m", "building_intersection_count_3d")
"""Exact, of the straight link to the antenna; see :func:`radiocore.link_features.link_features`."""

NO_STATIONS = "no base stations were given"
NO_BUILDINGS = "the scene has no buildings"


class MissingColumnError(InputError):
    """Links have no column of this ``name``."""

    def __init__(self, message: str, name: str = ""):
        super().__init__(message)
        self.name = name


def latent_names(number: int) -> tuple[str, ...]:
    """z1, z2, ...: the columns of so many features of a link's image."""
    return tuple(f"z{place}" for place in range(1, number + 1))


@dataclass(frozen=True, eq=False)
class Inputs:
    """N links as models see them.

    Attributes
    ----------
    columns : name to (N,) array, float64 or str; units in the names
    left_out : name of a column that was looked for, and why it is not there
    vocabulary : of each column of names those that there are, in ascending order; a selection of rows keeps it, so that
        a model can give a name a place that no row has where it learns. Default: of these rows
    """

    columns: Mapping[str, np.ndarray]
    left_out: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self):
        if not self.columns:
            raise InputError("inputs: there are no columns")
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"inputs: the columns differ in length: {lengths}")
        names = (name for name, column in self.columns.items() if is_label(column) and name not in self.vocabulary)
        own = {name: tuple(sorted(set(self.columns[name].tolist()))) for name in names}
        object.__setattr__(self, "vocabulary", {**self.vocabulary, **own})

    @classmethod
    def of(cls, measurements: Measurements, scene=None) -> Inputs:
        """All that is known of measurements, and with a scene of base stations of the way to the serving one.

        Parameters
        ----------
        measurements : Measurements
        scene : Scene, optional
            With the stations that the measurements' cells are among, and the buildings between.

        Raises
        ------
        InputError
            A cell is not in the scene, or the frames differ.
        """
        association = association_of(measurements, scene)
        height_m = np.full(len(measurements), DEFAULT_RECEIVER_HEIGHT_M)
        return cls.of_links(measurements, association, crossed_by(association, scene, height_m, progress=False))

    @classmethod
    def of_links(
        cls, measurements: Measurements, association: Association | None, crossed: LinkFeatures | None
    ) -> Inputs:
        """The same of links that were traced already.

        Parameters
        ----------
        measurements : Measurements
            Those of the association count instead, where there is one: with the cells that it found.
        association : Association, optional
            Of :func:`association_of`.
        crossed : LinkFeatures, optional
            Of :func:`crossed_by`.
        """
        left_out: dict[str, str] = {}
        if association is None:
            columns = {}
            left_out |= dict.fromkeys((*FROM_STATIONS, *FROM_BUILDINGS), NO_STATIONS)
        else:
            measurements = association.measurements
            columns = _from_stations(association, left_out)
            if crossed is None:
                left_out |= dict.fromkeys(FROM_BUILDINGS, NO_BUILDINGS)
            else:
                columns |= _from_buildings(crossed)
        known = set(measurements.known_columns)
        for name in FROM_MEASUREMENTS:
            if name in known and measurements.is_known(name).all():
                columns[name] = getattr(measurements, name)
            else:
                left_out[name] = "it is not known in some rows" if name in known else "it is not known"
        columns |= measurements.features
        return cls(columns, left_out)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            reason = self.left_out.get(name)
            remedy = f": {reason}; give what tells it, or take a model that does without"
            why = remedy if reason else nearest_name(name, self.columns)
            raise MissingColumnError(f"{name}: there is no such column of links{why}", name)
        return self.columns[name]

    def select(self, rows) -> Inputs:
        """The links picked by a mask or by indices."""
        return Inputs({name: column[rows] for name, column in self.columns.items()}, self.left_out, self.vocabulary)

    def with_columns(self, columns: Mapping[str, np.ndarray]) -> Inputs:
        """These links with further columns, or others in place of some."""
        left_out, vocabulary = (
            {name: value for name, value in told.items() if name not in columns}
            for told in (self.left_out, self.vocabulary)
        )
        return Inputs({**self.columns, **columns}, left_out, vocabulary)


def association_of(measurements: Measurements, scene) -> Association | None:
    """The stations of measurements; None where there is no scene, or none with stations.

    Raises
    ------
    InputError
        A cell is not in the scene, or the frames differ.
    """
    return None if scene is None or len(scene.base_stations) == 0 else measurements.associated(scene)


def crossed_by(association: Association | None, scene, height_m: np.ndarray, **options) -> LinkFeatures | None:
    """What the straight links to (N,) heights above ground meet; None where there is no station or no building.

    The options are those of :func:`radiocore.link_features.link_features`.
    """
    if association is None or len(scene.buildings) == 0:
        return None
    measurements = association.measurements
    receiver_m = np.column_stack([measurements.x_m, measurements.y_m, height_m])
    return link_features(scene, association.station, receiver_m, **options)


def is_label(column: np.ndarray) -> bool:
    """Whether a column holds names."""
    return column.dtype.kind in "UO"


def _from_stations(association, left_out: dict[str, str]) -> dict[str, np.ndarray]:
    distance_m, bearing = association.distance_m, np.radians(association.bearing_deg)
    columns = {
        "distance_m": distance_m,
        "log10_distance": np.log10(np.maximum(distance_m, NEAREST_M)),
        "direction_east": np.sin(bearing),
        "direction_north": np.cos(bearing),
    }
    if np.isnan(association.off_boresight_deg).any():
        left_out["off_boresight_deg"] = "a serving station has no azimuth"
    else:
        columns["off_boresight_deg"] = association.off_boresight_deg
    return columns


def _from_buildings(crossed: LinkFeatures) -> dict[str, np.ndarray]:
    columns = (crossed.is_los, crossed.total_obstruction_length_3d_m, crossed.building_intersection_count_3d)
    return {name: column.astype(np.float64) for name, column in zip(FROM_BUILDINGS, columns, strict=True)}
