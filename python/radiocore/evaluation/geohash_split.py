"""Train, validation and blind rows by whole geohash cells, as in CRC-ML-4G."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest_name, require
from .split import Split, without_like

PRECISION = 6
"""Characters: cells of about 1.2 km by 0.6 km, less to the north."""
LEFT_OUT, TRAIN, VALIDATION, BLIND = range(-1, 3)


def geohash_cells(frame, x_m, y_m, precision: int = PRECISION) -> np.ndarray:
    """(N,) geohash of each place, such as "dpz833".

    Parameters
    ----------
    frame : LocalFrame
        With a CRS.
    x_m, y_m : (N,) array_like, scene metres

    Raises
    ------
    InputError
        The frame has no CRS, or the precision is not from 1 to 12.
    MissingExtraError
        pygeohash is not installed.
    """
    if precision not in range(1, 13):
        raise InputError(f"precision: {precision!r} must be a whole number from 1 to 12")
    encode = require("pygeohash", "ml").encode
    longitude, latitude = frame.to_lonlat(x_m, y_m)
    places = zip(np.atleast_1d(latitude).tolist(), np.atleast_1d(longitude).tolist(), strict=True)
    return np.array([encode(*place, precision) for place in places], dtype=str)


@dataclass(frozen=True, eq=False)
class ThreeWay(Split):
    """N rows to learn from, to choose by, and to be judged on once.

    Iterating gives (training, validation), then (training and validation, blind).

    Attributes
    ----------
    kind : how
    part : (N,) TRAIN, VALIDATION, BLIND, or LEFT_OUT as it is like a row of another part
    """

    kind: str
    part: np.ndarray

    @property
    def rows(self) -> int:
        return len(self.part)

    @property
    def train(self) -> np.ndarray:
        """(N,) bool."""
        return self.part == TRAIN

    @property
    def validation(self) -> np.ndarray:
        """(N,) bool."""
        return self.part == VALIDATION

    @property
    def blind(self) -> np.ndarray:
        """(N,) bool."""
        return self.part == BLIND

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        yield self.train, self.validation
        yield self.train | self.validation, self.blind


def three_way(
    cells,
    *,
    blind: int | Collection[str] = 1,
    validation_share: float = 1 / 3,
    seed: int = 0,
    apart=None,
    kind: str = "geohash6 cells",
) -> ThreeWay:
    """Whole cells of a map to train, to validate and to judge blind.

    Parameters
    ----------
    cells : (N,) array_like
        As of :func:`geohash_cells`.
    blind : int or names
        How many cells are drawn to be judged on, or which.
    validation_share : float in (0, 1)
        About so many of the other rows: cells are drawn until they have them.
    seed : int
        The same arguments give the same parts.
    apart : (N,) or (L, N) array_like, optional
        Labels, as of radio cells and towers, that must not stand in two parts: what is blind keeps its rows, and
        validation keeps them before training.

    Raises
    ------
    InputError
        A name is no cell, or a part is left without rows.
    """
    if not 0 < validation_share < 1:
        raise InputError(f"validation_share: {validation_share!r} must lie between 0 and 1")
    names, cell, rows = np.unique(np.asarray(cells), return_inverse=True, return_counts=True)
    drawn = np.random.default_rng(seed).permutation(len(names))
    judged = _judged(blind, names, drawn)
    others = drawn[~np.isin(drawn, judged)]
    if len(judged) == 0 or len(others) < 2:
        raise InputError(
            f"blind: {len(judged)} of {len(names)} cells; each part needs one: blind, validation and training"
        )
    before = np.cumsum(rows[others]) - rows[others]
    several = int(np.count_nonzero(before < validation_share * rows[others].sum()))
    part_of = np.full(len(names), TRAIN)
    part_of[others[: min(several, len(others) - 1)]] = VALIDATION
    part_of[judged] = BLIND
    part = part_of[cell.reshape(-1)]
    for held in (BLIND, VALIDATION):
        earlier = (part >= TRAIN) & (part < held)
        part = np.where(earlier & ~without_like(earlier, part == held, apart), LEFT_OUT, part)
    for number, name in ((TRAIN, "train"), (VALIDATION, "validate")):
        if not (part == number).any():
            raise InputError(
                f"apart: no row is left to {name} with, as all are like rows that are held out; take smaller parts"
            )
    return ThreeWay(kind, part)


def _judged(blind: int | Collection[str], names: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Numbers of the blind cells."""
    if isinstance(blind, int | np.integer) and not isinstance(blind, bool):
        return drawn[: max(int(blind), 0)]
    wanted = [blind] if isinstance(blind, str) else list(blind)
    for name in wanted:
        if name not in names:
            raise InputError(f"blind: {name!r} is no cell of these rows{nearest_name(name, names)}")
    return np.flatnonzero(np.isin(names, wanted))
