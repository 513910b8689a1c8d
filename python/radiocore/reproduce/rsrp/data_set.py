"""Measurements of one place, with what is known of the links."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...blockage import line_of_sight
from ...foliage import Foliage
from ...grid import DEFAULT_RECEIVER_HEIGHT_M
from ...measurements import DEFAULT_TILE_M, Measurements
from ...measuring.association import Association
from ...models.inputs import Inputs
from ...predictor.image_tier import link_ends
from ...scene import Scene
from ..thinning import spread_rows

AT_ONCE = 2000
"""Receivers whose lines of sight to all stations are held."""


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
    is_thinned : rows were left out to save time; the last note says so
    """

    name: str
    title: str
    measurements: Measurements
    scene: Scene
    foliage: Foliage | None = None
    is_real: bool = True
    notes: tuple[str, ...] = ()
    is_thinned: bool = False

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
        receivers_m = np.column_stack([self.user_m, np.full(len(self), DEFAULT_RECEIVER_HEIGHT_M)])
        out = np.empty(len(self), dtype=bool)
        for first in range(0, len(self), AT_ONCE):
            here = slice(first, first + AT_ONCE)
            to_all = line_of_sight(self.scene, receivers_m[here], engine="index", device="cpu")
            out[here] = to_all[np.arange(len(to_all)), self.association.station[here]]
        return out

    @cached_property
    def groups(self) -> dict[tuple[str, str], np.ndarray]:
        """Rows of each (month, sector), in that order; "" where no month is known."""
        month, sector = self.measurements.month, self.measurements.sector
        pairs = sorted(set(zip(month.tolist(), sector.tolist(), strict=True)))
        return {
            (calendar.month_abbr[number], name): np.flatnonzero((month == number) & (sector == name))
            for number, name in pairs
        }

    def thinned(self, rows: int | None, seed: int) -> DataSet:
        """At most so many rows, as many of each tile's and cell's as that allows, drawn at random, and a note of it.

        Every place that was measured stays: between places that are left out whole, models that learn from neighbours
        would have none.
        """
        if rows is None or len(self) <= rows:
            return self
        keep, most = spread_rows(self.measurements.binned().bin, rows, seed)
        kept = f"{int(keep.sum()):,} of {len(self):,} rows"
        notes = (*self.notes, f"thinned to {kept}, {most} of each tile of {DEFAULT_TILE_M:g} m and cell")
        return replace(self, measurements=self.measurements.select(keep), notes=notes, is_thinned=True)


def cleaning_notes(measurements: Measurements) -> tuple[str, ...]:
    """What was left out on reading and in cleaning."""
    report = measurements.report
    left_out = ", ".join(f"{number:,} {step}" for step, number in report.left_out.items() if number)
    return (
        f"{report.rows_kept:,} of {report.rows_read:,} rows kept" + (f"; left out: {left_out}" if left_out else ""),
    )
