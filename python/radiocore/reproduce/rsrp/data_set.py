"""Measurements of one place, with what is known of the links."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...errors import InputError
from ...evaluation.scores import noise_floor
from ...foliage import Foliage
from ...measurements import DEFAULT_TILE_M, Measurements
from ...measuring.association import Association
from ...models.inputs import Inputs
from ...predictor.image_tier import link_ends
from ...scene import Scene
from ..thinning import spread_rows


@dataclass(frozen=True, eq=False)
class DataSet:
    """N measurements of one place.

    Attributes
    ----------
    name : of its files
    title : how it is called in texts
    measurements : cleaned, with the cell and the sector of each row
    scene : the stations, and the buildings where a map of them is at hand
    foliage : None where no map is at hand
    is_real : measured, not made up
    notes : what was done to the rows, and what stands for what
    all_measurements : before rows were left out to save time; None: none were. The last note says how many
    """

    name: str
    title: str
    measurements: Measurements
    scene: Scene
    foliage: Foliage | None = None
    is_real: bool = True
    notes: tuple[str, ...] = ()
    all_measurements: Measurements | None = None

    def __len__(self) -> int:
        return len(self.measurements)

    @property
    def has_images(self) -> bool:
        """Whether there is a map to draw."""
        return len(self.scene.buildings) > 0

    @cached_property
    def inputs(self) -> Inputs:
        """What models may know of the rows; the sector as one number, as in the paper, so that none is ever unknown."""
        sector = np.unique(self.measurements.sector, return_inverse=True)[1].astype(np.float64)
        return Inputs.of(self.measurements, self.scene).with_columns({"sector": sector})

    @cached_property
    def association(self) -> Association:
        """The station of each row."""
        return self.measurements.associated(self.scene)

    @cached_property
    def station_m(self) -> np.ndarray:
        """(N, 2) where each row's station stands, scene metres."""
        return link_ends(self.scene, self.association)[0]

    @cached_property
    def user_m(self) -> np.ndarray:
        """(N, 2) where each row was measured, scene metres."""
        return link_ends(self.scene, self.association)[1]

    @cached_property
    def is_los(self) -> np.ndarray:
        """(N,) bool, exact line of sight from the reported position to the station; needs buildings."""
        return self.inputs["line_of_sight"] > 0

    @cached_property
    def groups(self) -> dict[tuple[str, str], np.ndarray]:
        """Rows of each (month, sector), in that order; "" where no month is known."""
        return _groups_of(self.measurements)

    @property
    def is_thinned(self) -> bool:
        """Whether rows were left out to save time."""
        return self.all_measurements is not None

    def floor_db(self, group: tuple[str, str] | None = None) -> float | None:
        """Mean absolute error of a model that knows each tile's mean, in all rows or in one of the groups, before any
        were left out; None where no two rows share a tile."""
        measured, bins = self._binned
        rows = slice(None) if group is None else _groups_of(measured)[group]
        try:
            return noise_floor(measured.rsrp_dbm[rows], bins[rows]).mae_db
        except InputError:
            return None

    @cached_property
    def _binned(self) -> tuple[Measurements, np.ndarray]:
        """All measurements, and the bin of each."""
        measured = self.all_measurements if self.is_thinned else self.measurements
        return measured, measured.binned().bin

    def thinned(self, rows: int | None, seed: int) -> DataSet:
        """At most so many rows, as many of each tile's and cell's as that allows, drawn at random, and a note of it.

        Every place that was measured stays: between places that are left out whole, models that learn from neighbours
        would have none.
        """
        if rows is None or len(self) <= rows:
            return self
        keep, most = spread_rows(self.measurements.binned().bin, rows, seed)
        kept = self.measurements.select(keep)
        note = f"thinned to {len(kept):,} of {len(self):,} rows, {most} of each tile of {DEFAULT_TILE_M:g} m and cell"
        notes = (*self.notes, note)
        return replace(self, measurements=kept, notes=notes, all_measurements=self.measurements)


def _groups_of(measurements: Measurements) -> dict[tuple[str, str], np.ndarray]:
    month, sector = measurements.month, measurements.sector
    pairs = sorted(set(zip(month.tolist(), sector.tolist(), strict=True)))
    return {
        (calendar.month_abbr[number], name): np.flatnonzero((month == number) & (sector == name))
        for number, name in pairs
    }


def cleaning_notes(measurements: Measurements) -> tuple[str, ...]:
    """What was left out on reading and in cleaning."""
    report = measurements.report
    left_out = ", ".join(f"{number:,} {step}" for step, number in report.left_out.items() if number)
    return (
        f"{report.rows_kept:,} of {report.rows_read:,} rows kept" + (f"; left out: {left_out}" if left_out else ""),
    )
